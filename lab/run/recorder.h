/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder - frames -> captures/TOPOLOGY.NODE.INTERFACE.pcapng, one file per
 * point, because one file that shows a segment at several hops is read as
 * full of retransmissions.
 *
 * How it works.  Why an RST was sent is known only when its batch has been
 * analysed, and a file cannot be changed in its middle.  So a file holds back
 * from the first RST of a batch on, and writes that with the reasons when the
 * batch is over.  Writing the files anew at the end of the run would need the
 * disk twice and the time too, and leave a run that was killed without any;
 * this costs the memory of a batch's tail, of which there is a limit, and
 * nothing where nothing is reset.
 */
#ifndef LAB_RUN_RECORDER_H
#define LAB_RUN_RECORDER_H

#include "lab/base/err.h"
#include "lab/base/text.h"
#include "lab/flow/flow.h"
#include "lab/run/lab.h"

/* What the comment for programs begins with; a JSON object follows. */
#define RECORDER_MACHINE "rstlab:"

/* Held back in all files together; what is more is written without reasons. */
enum { RECORDER_HELD_MAX = 32 << 20 };

struct recorder;

/* Borrowed for the call. */
struct recorder_options {
	const char *dir; /* of the run; `captures` is made in it */
	const char *id, *command;
	uint64_t seed;
	uint32_t snap_bytes; /* of the frames that will come; 0:
			      * LIVE_SNAP_BYTES */
};
int recorder_new(struct recorder **ret, const struct recorder_options *o,
		 struct err *e);

/* What is added to monotonic times in the files; NULL for no recorder. */
const int64_t *recorder_clock_ns(const struct recorder *rec);

/* Add the name of a file in `captures`: "host+cpus=1.machine.lo.pcapng".
 * @label:	topology and parameters, as param_label() has them */
void recorder_add_file_name(struct text *t, const char *label, const char *node,
			    const char *interface);

/* Append one frame of node number @node of @lab; @rst: it is an RST. */
int recorder_write(struct recorder *rec, const struct lab *lab, uint16_t node,
		   const struct frame *f, bool rst, struct err *e);

/* Say of every sighting of @r, in the lab that is settled next, why it was
 * sent; the texts become the recorder's. */
int recorder_note(struct recorder *rec, const struct reset *r, char *human,
		  char *machine, struct err *e);

/* The batch of @lab is over: write what was held back, with the notes. */
int recorder_settle(struct recorder *rec, const struct lab *lab, struct err *e);

/* Close all files; a full disk is reported here at the latest. */
int recorder_finish(struct recorder *rec, struct err *e);
void recorder_free(struct recorder *rec);
OWN_DEFINE(recorder, struct recorder, recorder_free)
#define own_recorder OWN(own_recorder_release)

#endif
