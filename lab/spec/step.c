/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/step.h"

#include "lab/base/num.h"
#include "lab/base/own.h"
#include "lab/spec/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

const struct step_info step_infos[STEP_COUNT] = {
#define NONE	   STEP_ARG_NONE
#define BYTES	   STEP_ARG_BYTES
#define SECONDS	   STEP_ARG_SECONDS
#define LIMIT	   STEP_ARG_LIMIT
#define DURATION   STEP_ARG_DURATION
#define WORD	   STEP_ARG_WORD
#define HOW	   STEP_ARG_HOW
#define FAULT	   STEP_ARG_FAULT
#define FRAME	   STEP_ARG_FRAME
#define SEGMENT	   STEP_ARG_SEGMENT
#define SYSCTL	   STEP_ARG_SYSCTL
#define CLIENT	   STEP_CLIENT
#define SERVER	   STEP_SERVER
#define BOTH	   STEP_BOTH
#define NOTHING	   STEP_NEEDS_NOTHING
#define LISTENER   STEP_NEEDS_LISTENER
#define CONNECTION STEP_NEEDS_CONNECTION
#define STAYS	   STEP_STAYS
#define LISTENS	   STEP_LISTENS
#define UNLISTENS  STEP_UNLISTENS
#define CONNECTS   STEP_CONNECTS
#define ACCEPTS	   STEP_ACCEPTS
#define REDIALS	   STEP_REDIALS
#define CLOSES	   STEP_CLOSES
#define ENDS	   STEP_ENDS
#define AWAITS	   STEP_AWAITS
#define ANY	   0
#define APART	   1
#define STEP(id, name, argument, sides, needs, does, who, help) \
	[STEP_##id] = { name, argument, sides, needs, does, who, help },
#include "lab/spec/steps.def"
#undef STEP
#undef FRAME
#undef FAULT
#undef SEGMENT
#undef SYSCTL
#undef NOTHING
};

const struct fault_info fault_infos[FAULT_COUNT] = {
#define NOTHING			     0
#define CONNECTED		     1
#define FAULT(id, name, needs, help) [FAULT_##id] = { name, needs, help },
#include "lab/spec/faults.def"
#undef FAULT
#undef CONNECTED
#undef NOTHING
};

const struct frame_info frame_infos[FRAME_COUNT] = {
#define FRAME(id, name, type, flags, stream, help) \
	[FRAME_##id] = { name, type, flags, stream, help },
#include "lab/spec/frames.def"
#undef FRAME
};

const struct segment_info segment_infos[SEGMENT_COUNT] = {
#define F	SEGMENT_IS_FIN
#define S	SEGMENT_IS_SYN
#define R	SEGMENT_IS_RST
#define A	SEGMENT_IS_ACK
#define SELF	SEGMENT_SELF
#define PEER	SEGMENT_PEER
#define PLAIN	SEGMENT_PLAIN
#define CORRUPT SEGMENT_CORRUPT
#define ECHO	SEGMENT_ECHO
#define SEGMENT(id, name, from, flags, seq, ack, bytes, quirk, help) \
	[SEGMENT_##id] = { name, from, flags, seq, ack, bytes, quirk, help },
#include "lab/spec/segments.def"
#undef SEGMENT
};

const struct sysctl_info sysctl_infos[SYSCTL_COUNT] = {
#define SYSCTL(id, name, most, help) [SYSCTL_##id] = { name, most, help },
#include "lab/spec/sysctls.def"
#undef SYSCTL
};

enum { WORD_BYTES = 64 };

static const char *parse_none(const char *text, int64_t *ret)
{
	(void)ret;
	return *text ? "nothing" : NULL;
}

static const char *parse_bytes(const char *text, int64_t *ret)
{
	static const struct {
		const char *suffix;
		int64_t factor;
	} units[] = { { "", 1 },
		      { "K", 1024 },
		      { "KiB", 1024 },
		      { "M", 1 << 20 },
		      { "MiB", 1 << 20 } };
	const size_t digits = strspn(text, "0123456789");
	char number[WORD_BYTES];
	int64_t v;

	(void)snprintf(number, sizeof(number), "%.*s", (int)digits, text);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(text + digits, units[i].suffix) &&
		    num_parse(number, 1, (64 << 20) / units[i].factor, &v)) {
			*ret = v * units[i].factor;
			return NULL;
		}
	return "a number of bytes from 1 to 64M, such as 17, 4K or 1M";
}

static const char *parse_seconds(const char *text, int64_t *ret)
{
	return num_parse(text, 0, 3600, ret)
		       ? NULL
		       : "a number of seconds from 0 to 3600";
}

static const char *parse_limit(const char *text, int64_t *ret)
{
	return num_parse(text, -1, 3600, ret)
		       ? NULL
		       : "a number of seconds from -1 to 3600";
}

static const char *parse_duration(const char *text, int64_t *ret)
{
	return num_parse_duration(text, ret) ? NULL : NUM_DURATION_FORM;
}

/* Which sync it is follows from the whole script. */
static const char *parse_word(const char *text, int64_t *ret)
{
	(void)ret;
	return *text ? name_check(text, NULL) : "a name";
}

static const char *parse_how(const char *text, int64_t *ret)
{
	static const char *const hows[] = {
		[SHUT_RD] = "rd",
		[SHUT_WR] = "wr",
		[SHUT_RDWR] = "rdwr",
	};

	for (size_t i = 0; i < ARRAY_SIZE(hows); i++)
		if (!strcmp(text, hows[i])) {
			*ret = (int64_t)i;
			return NULL;
		}
	return "rd, wr or rdwr";
}

const char *step_argument_name(enum step_argument argument, size_t i)
{
	switch (argument) {
	case STEP_ARG_FAULT:
		return i < FAULT_COUNT ? fault_infos[i].name : NULL;
	case STEP_ARG_FRAME:
		return i < FRAME_COUNT ? frame_infos[i].name : NULL;
	case STEP_ARG_SEGMENT:
		return i < SEGMENT_COUNT ? segment_infos[i].name : NULL;
	case STEP_ARG_SYSCTL:
		return i < SYSCTL_COUNT ? sysctl_infos[i].name : NULL;
	default:
		return NULL;
	}
}

static bool find_name(enum step_argument argument, const char *text,
		      int64_t *ret)
{
	const char *name;

	for (size_t i = 0; (name = step_argument_name(argument, i)); i++)
		if (!strcmp(text, name)) {
			*ret = (int64_t)i;
			return true;
		}
	return false;
}

static const char *parse_sysctl(const char *text, int64_t *ret)
{
	for (size_t i = 0; i < SYSCTL_COUNT; i++) {
		const size_t n = strlen(sysctl_infos[i].name);
		int64_t value;

		if (strncmp(text, sysctl_infos[i].name, n) != 0 ||
		    text[n] != '=' ||
		    !num_parse(text + n + 1, 0, sysctl_infos[i].most, &value))
			continue;
		*ret = (int64_t)i << 16 | value;
		return NULL;
	}
	return "NAME=VALUE of `rstlab list sysctls`";
}

static const char *(*const parsers[])(const char *text, int64_t *ret) = {
	[STEP_ARG_NONE] = parse_none,	      [STEP_ARG_BYTES] = parse_bytes,
	[STEP_ARG_SECONDS] = parse_seconds,   [STEP_ARG_LIMIT] = parse_limit,
	[STEP_ARG_DURATION] = parse_duration, [STEP_ARG_WORD] = parse_word,
	[STEP_ARG_HOW] = parse_how,	      [STEP_ARG_SYSCTL] = parse_sysctl,
};

/* Of arguments that are a name and no more, in place of a parser. */
static const char *const names[] = {
	[STEP_ARG_FAULT] = "a fault of `rstlab list faults`",
	[STEP_ARG_FRAME] = "a frame of `rstlab list frames`",
	[STEP_ARG_SEGMENT] = "a segment of `rstlab list segments`",
	[STEP_ARG_SYSCTL] = NULL,
};
static_assert(ARRAY_SIZE(names) == ARRAY_SIZE(parsers), "one each");

const char *step_parse(enum step_argument argument, const char *text,
		       int64_t *ret)
{
	if (names[argument])
		return find_name(argument, text, ret) ? NULL : names[argument];
	return parsers[argument](text, ret);
}

/* close(2) waits for an acknowledgement that the other side may have to make
 * room for. */
static int step_blocks(const struct step *s)
{
	return s->id == STEP_LINGER && s->number > 0;
}

const char *step_named(const struct step *s)
{
	const enum step_argument a = step_infos[s->id].argument;

	return step_argument_name(a, a == STEP_ARG_SYSCTL
					     ? step_sysctl_id(s->number)
					     : (size_t)s->number);
}

int scripts_apart(const struct script *scripts)
{
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < scripts[side].n_steps; i++) {
			const struct step *s = &scripts[side].steps[i];

			if (step_infos[s->id].own_process || step_blocks(s))
				return 1;
		}
	return 0;
}
