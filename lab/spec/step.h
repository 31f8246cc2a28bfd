/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step - what a script is made of, as the tables steps.def, faults.def,
 * frames.def, segments.def and sysctls.def say.
 *
 * Scripts are plain values without pointers: they travel to the probes as
 * they are.
 */
#ifndef LAB_SPEC_STEP_H
#define LAB_SPEC_STEP_H

#include "lab/base/side.h"

#include <stddef.h>
#include <stdint.h>

enum step_id {
#define STEP(id, name, argument, sides, needs, does, who, help) STEP_##id,
#include "lab/spec/steps.def"
#undef STEP
	STEP_COUNT
};

enum step_argument {
	STEP_ARG_NONE,
	STEP_ARG_BYTES,	   /* number = bytes */
	STEP_ARG_SECONDS,  /* number = seconds */
	STEP_ARG_LIMIT,	   /* number = seconds, or -1 */
	STEP_ARG_DURATION, /* number = nanoseconds */
	STEP_ARG_WORD,	   /* number = index of the sync or hold, from 0 */
	STEP_ARG_HOW,	   /* number = SHUT_RD, SHUT_WR or SHUT_RDWR */
	STEP_ARG_FAULT,	   /* number = enum fault_id */
	STEP_ARG_FRAME,	   /* number = enum frame_id */
	STEP_ARG_SEGMENT,  /* number = enum segment_id */
	STEP_ARG_SYSCTL,   /* number = enum sysctl_id << 16 | value */
};

enum { STEP_CLIENT = 1, STEP_SERVER = 2, STEP_BOTH = 3 };

/* What must be open where a step stands. */
enum step_needs {
	STEP_NEEDS_NOTHING,
	STEP_NEEDS_LISTENER,
	STEP_NEEDS_CONNECTION,
	STEP_NEEDS_COUNT
};

/* What it does to what its side holds. */
enum step_does {
	STEP_STAYS,
	STEP_LISTENS,
	STEP_UNLISTENS,
	STEP_CONNECTS,
	STEP_ACCEPTS,
	STEP_REDIALS,
	STEP_CLOSES,
	STEP_ENDS,
	STEP_AWAITS, /* the end of the other side */
	STEP_DOES_COUNT
};

struct step_info {
	const char *name;
	enum step_argument argument;
	int sides; /* STEP_CLIENT, STEP_SERVER or both */
	enum step_needs needs;
	enum step_does does;
	int own_process; /* 1: its side needs one */
	const char *help;
};
extern const struct step_info step_infos[STEP_COUNT];

enum fault_id {
#define FAULT(id, name, needs, help) FAULT_##id,
#include "lab/spec/faults.def"
#undef FAULT
	FAULT_COUNT
};

struct fault_info {
	const char *name;
	int needs_connection;
	const char *help;
};
extern const struct fault_info fault_infos[FAULT_COUNT];

enum frame_id {
#define FRAME(id, name, type, flags, stream, help) FRAME_##id,
#include "lab/spec/frames.def"
#undef FRAME
	FRAME_COUNT
};

/* Type, flags and stream as RFC 9113 section 4.1 has them. */
struct frame_info {
	const char *name;
	uint8_t type, flags;
	uint32_t stream;
	const char *help;
};
extern const struct frame_info frame_infos[FRAME_COUNT];

enum segment_id {
#define SEGMENT(id, name, from, flags, seq, ack, bytes, quirk, help) \
	SEGMENT_##id,
#include "lab/spec/segments.def"
#undef SEGMENT
	SEGMENT_COUNT
};

/* Bits of the 14th byte of a TCP header.  Source: RFC 9293 3.1 */
enum segment_flag {
	SEGMENT_IS_FIN = 0x01,
	SEGMENT_IS_SYN = 0x02,
	SEGMENT_IS_RST = 0x04,
	SEGMENT_IS_ACK = 0x10
};
enum segment_from { SEGMENT_SELF, SEGMENT_PEER };
enum segment_quirk { SEGMENT_PLAIN, SEGMENT_CORRUPT, SEGMENT_ECHO };

/* What each field is says segments.def. */
struct segment_info {
	const char *name;
	enum segment_from from;
	uint8_t flags;
	int32_t seq_offset, ack_offset;
	uint16_t bytes;
	enum segment_quirk quirk;
	const char *help;
};
extern const struct segment_info segment_infos[SEGMENT_COUNT];

enum sysctl_id {
#define SYSCTL(id, name, most, help) SYSCTL_##id,
#include "lab/spec/sysctls.def"
#undef SYSCTL
	SYSCTL_COUNT
};

struct sysctl_info {
	const char *name; /* below net.ipv4 */
	uint16_t most;
	const char *help;
};
extern const struct sysctl_info sysctl_infos[SYSCTL_COUNT];

/* The two halves of the number of a STEP_ARG_SYSCTL. */
static inline uint32_t step_sysctl_id(int64_t number)
{
	return (uint32_t)(number >> 16);
}

static inline uint32_t step_sysctl_value(int64_t number)
{
	return (uint32_t)number & 0xffff;
}

enum { SCRIPT_STEPS_MAX = 32 };

struct step {
	uint8_t id; /* enum step_id */
	int64_t number;
};

struct script {
	uint8_t n_steps;
	struct step steps[SCRIPT_STEPS_MAX];
};

/**
 * step_parse() - the number that the argument of a step stands for
 * @text:	its only word, or ""
 *
 * A name of a sync (STEP_ARG_WORD) gives none: which one it is follows from
 * the whole script.
 *
 * Returns: NULL, or what it takes instead: "a number of seconds from 0 to 3600"
 */
const char *step_parse(enum step_argument argument, const char *text,
		       int64_t *ret);

/* The @i-th of what such an argument can name, faults, frames, segments or
 * settings; NULL: there are no more, or it names none. */
const char *step_argument_name(enum step_argument argument, size_t i);
enum { STEP_NAMES_MAX = FAULT_COUNT + FRAME_COUNT + SEGMENT_COUNT };

/* What the argument of @s names, a fault, frame, segment or setting; or NULL.
 */
const char *step_named(const struct step *s);

/* Do these scripts, by side, need a process for each side? */
int scripts_apart(const struct script *scripts);

#endif
