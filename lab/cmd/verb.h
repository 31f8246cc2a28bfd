/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verb - one file per verb: lab/cmd/verbs/NAME.c defines verb_NAME, and one
 * line in lab/cmd/local.mk lists it.  The table of all is generated.
 *
 * The same rows drive parsing, help, the manual page and completion.
 */
#ifndef LAB_CMD_VERB_H
#define LAB_CMD_VERB_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG,     /* bool */
	OPT_STRING,   /* const char * */
	OPT_LIST,     /* struct opt_list; a,b and repeated */
	OPT_COUNT,    /* uint32_t, [min, max] */
	OPT_SEED,     /* struct opt_seed */
	OPT_DURATION, /* int64_t nanoseconds, > 0 */
	OPT_CHOICE,   /* int, index into .choices() */
};

/* What a word stands for, so that a shell can offer the words that fit. */
enum opt_words {
	WORDS_NONE,
	WORDS_TOPOLOGIES,
	WORDS_WORKLOADS,
	WORDS_PLANS,
	WORDS_SPECS, /* topologies, workloads, plans and causes */
	WORDS_RUNS,
	WORDS_VERBS,
	WORDS_LISTS, /* what `rstlab list` takes */
	WORDS_FILES,
	WORDS_DIRECTORIES,
};

struct opt_list {
	char **items;
	size_t n;
};

struct opt_seed {
	uint64_t value;
	bool given;
};

struct opt {
	const char *name; /* long name, without -- */
	char letter;	  /* or 0 */
	enum opt_type type;
	size_t offset;	  /* of the value in the options */
	const char *arg;  /* "LIST", for the help; NULL: takes no value */
	const char *help; /* one line */
	int64_t min, max; /* OPT_COUNT */
	const char *const *(*choices)(void); /* NULL-terminated */
	enum opt_words words;
};

struct example {
	const char *command, *what;
};

/* One call of a verb. */
struct call {
	const void *options;   /* of the verb's own struct */
	char *const *operands; /* NULL-terminated */
	size_t n_operands;
	char *const *argv; /* the whole command line */
};

struct verb {
	const char *name;     /* "run" */
	const char *operands; /* "TOPOLOGY [NODE]", or "" */
	const char *summary;  /* one line, no full stop */
	const char *about;    /* paragraphs with an empty line between */
	const struct example *examples; /* ends with .command == NULL */
	const struct opt *opts;		/* ends with .name == NULL */
	size_t options_size;
	const void *defaults; /* of the options, or NULL: all 0 */
	unsigned min_operands, max_operands;
	const char *missing;  /* what to say with fewer than .min_operands */
	bool stop_at_operand; /* what follows the first belongs to a command */
	bool hidden;
	enum opt_words words; /* the first operand */
	/* Returns: the exit status, or a negative errno with @e set. */
	int (*run)(const struct call *c, struct err *e);
};

extern const struct verb *const verbs[]; /* NULL-terminated */
const struct verb *verb_named(const char *name);

#endif
