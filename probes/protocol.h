/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol - what the lab and a persistent socket probe say to each other.
 *
 * How it works.  A probe is started once per node and side and lives as long
 * as the lab.  It has four descriptors: a SOCK_SEQPACKET control socket, a
 * shared memory file, a socket to the other probe, and standard error.  The lab
 * defines scripts (one message each), then sends batches: a list of trials that
 * both probes of a lab run in step, one after the other, without another word.
 * Results lie in the shared memory when the probe answers with the batch's
 * number.
 *
 * The two sides of a lab keep in step through .progress: each side stores how
 * far it is, wakes the other with a futex, and waits for the other in the
 * same way, never longer than the trial's deadline.  A side's progress is
 * trial number * PROGRESS_TRIAL + point; points are PROGRESS_READY (server:
 * the listener, if the script has one first, is up; client: begun),
 * PROGRESS_SYNC + i (reached its i-th sync; a hold is two), PROGRESS_DONE
 * (script over, descriptors closed).  The client begins a trial when the server
 * is ready for it, the server when the client is done with the one before, and
 * the deadline runs for each side from its beginning.  A trial number is never
 * used twice by a lab.
 *
 * The listener outlives a trial only where nobody can tell: every connection
 * that the client's script makes was accepted, and the next trial listens at
 * the same address.  The server is then ready for the next trial as soon as
 * it is done with this one.
 *
 * Where a trial is not .apart, the client's probe plays both sides: a row of
 * such trials begins like any other, when the server's probe says that it is
 * ready for the first; from then on that one only makes the sockets (see
 * probes/sock/loan.h), until it is told that the row is over.
 *
 * A step that needs rights is performed by the lab: the probe asks in the
 * middle of a batch, and goes on when the answer is there.
 *
 * Both programs are built together: no versions, host byte order.
 */
#ifndef PROBES_PROTOCOL_H
#define PROBES_PROTOCOL_H

#include "lab/base/ip.h"
#include "lab/spec/workload.h"

#include <stdatomic.h>

enum { PROBE_CONTROL_FD = 3, PROBE_SHARED_FD = 4, PROBE_PEER_FD = 5 };
enum { PROBE_SCRIPTS_MAX = 256, PROBE_BATCH_MAX = 128 };
enum {
	PROGRESS_READY = 1,
	PROGRESS_SYNC = 2,
	PROGRESS_DONE = 255,
	PROGRESS_TRIAL = 256,
};

enum probe_message_kind {
	PROBE_HELLO = 1, /* probe -> lab, once: ready */
	PROBE_DEFINE,	 /* lab -> probe: .scripts are those of .number */
	PROBE_RUN,	 /* lab -> probe: run .batch */
	PROBE_DONE,	 /* probe -> lab: batch .number is done */
	/* probe -> lab: perform fault .number (enum fault_id), or, when it is
	 * FAULT_COUNT, undo what this side asked for, or, from PROBE_LOOK on,
	 * look at the sockets of the trial, which then is alone in its batch,
	 * for the hold .number - PROBE_LOOK, or another wish as below; the
	 * current connection comes along as SCM_RIGHTS, if there is one */
	PROBE_FAULT,
	PROBE_FAULT_DONE, /* lab -> probe: .number = errno, or 0 */
};

/* Wishes of a probe that are no faults, see lab/run/wish.c. */
enum {
	PROBE_LOOK = FAULT_COUNT + 1,
	/* + enum segment_id: send it */
	PROBE_SEGMENT = PROBE_LOOK + SCRIPT_STEPS_MAX,
	/* note the numbers of the connection */
	PROBE_NOTE = PROBE_SEGMENT + SEGMENT_COUNT,
	/* has the other side's node no socket of it any more? else EAGAIN */
	PROBE_FORGOTTEN,
	PROBE_WISHES,
	/* + number of a STEP_ARG_SYSCTL: set it */
	PROBE_SYSCTL = 1 << 24,
};

struct probe_trial {
	uint32_t number; /* rises by 1 from 1; wraps never in practice */
	uint16_t script;
	uint8_t apart; /* 1: each side is played by its own process */
	/* by side: what the client dials, where the server listens */
	struct ip_endpoint addresses[SIDES];
	int64_t deadline_ns; /* how long it may take */
};

struct probe_message {
	uint32_t kind, number;
	uint32_t n_trials;
	union {
		struct script scripts[SIDES]; /* a probe looks at both */
		struct probe_trial batch[PROBE_BATCH_MAX];
	};
};

/* What the application saw of one step. */
struct probe_call {
	uint8_t step;	   /* enum step_id */
	uint8_t timed_out; /* the deadline passed in it */
	/* errno, or 0; ENODATA: FIN came before the bytes that were wanted */
	uint16_t error;
	int64_t result;		  /* bytes moved or read so far, or 0 */
	int64_t begin_ns, end_ns; /* monotonic */
};

enum probe_trial_state {
	PROBE_TRIAL_UNUSED,
	PROBE_TRIAL_RAN,     /* to the end of the script or a failed step */
	PROBE_TRIAL_TIMEOUT, /* the deadline passed */
	PROBE_TRIAL_PEER,    /* the other side ended before a sync */
	PROBE_TRIAL_BROKEN,  /* the probe itself could not (fork, memory) */
};

struct probe_result {
	uint32_t number;
	uint8_t state; /* enum probe_trial_state */
	uint8_t n_calls;
	/* of the newest connection, as known here; client: .peer is dialled */
	struct ip_endpoint local, peer;
	int64_t begin_ns, end_ns;
	struct probe_call calls[SCRIPT_STEPS_MAX];
};

/* One file of shared memory for the two probes of a lab. */
struct probe_shared {
	_Atomic uint64_t progress[SIDES];
	_Atomic uint32_t cancelled;   /* by the lab: begin no further trial */
	_Atomic uint32_t wake[SIDES]; /* futex words: + 1 at each progress */
	_Atomic uint32_t waiting[SIDES]; /* this side may sleep: wake it */
	struct probe_result results[SIDES][PROBE_BATCH_MAX];
};

#endif
