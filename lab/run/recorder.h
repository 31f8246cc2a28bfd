/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder - frames -> captures/TOPOLOGY.NODE.INTERFACE.pcapng, one file per
 * point, because one file that shows a segment at several hops is read as
 * full of retransmissions.
 */
#ifndef LAB_RUN_RECORDER_H
#define LAB_RUN_RECORDER_H

#include "lab/base/err.h"
#include "lab/base/text.h"
#include "lab/run/lab.h"

struct recorder;

/* @dir: of the run; `captures` is made in it.
 * @snap_bytes:	of the frames that will come; 0: LIVE_SNAP_BYTES */
int recorder_new(struct recorder **ret, const char *dir, const char *id,
		 uint32_t snap_bytes, struct err *e);

/* What is added to monotonic times in the files; NULL for no recorder. */
const int64_t *recorder_clock_ns(const struct recorder *rec);

/* Add the name of a file in `captures`: "host+cpus=1.machine.lo.pcapng".
 * @label:	topology and parameters, as param_label() has them */
void recorder_add_file_name(struct text *t, const char *label, const char *node,
			    const char *interface);

/* Append one frame of node number @node of @lab. */
int recorder_write(struct recorder *rec, const struct lab *lab, uint16_t node,
		   const struct frame *f, struct err *e);

/* Close all files; a full disk is reported here at the latest. */
int recorder_finish(struct recorder *rec, struct err *e);
void recorder_free(struct recorder *rec);
OWN_DEFINE(recorder, struct recorder, recorder_free)
#define own_recorder OWN(own_recorder_release)

#endif
