/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec - a workload whose client and server are programs of the user: what
 * the mapping `exec:` says, and the {words} in their commands.
 */
#ifndef LAB_SPEC_EXEC_H
#define LAB_SPEC_EXEC_H

#include "lab/base/err.h"
#include "lab/base/side.h"
#include "lab/spec/spec.h"

#include <stdbool.h>

/* What a command may ask for, as {host}, and finds in its environment, as
 * RSTLAB_HOST. */
enum exec_value {
	EXEC_HOST,
	EXEC_PORT,
	EXEC_ADDRESS,
	EXEC_NODE,
	EXEC_TOPOLOGY,
	EXEC_WORKLOAD,
	EXEC_SEED,
	EXEC_CONNECTIONS,
	EXEC_TRIAL,
	EXEC_LIBEXEC,
	EXEC_VALUES
};

struct exec_value_info {
	const char *name;     /* in a command */
	const char *variable; /* in the environment */
	const char *help;
};
extern const struct exec_value_info exec_values[EXEC_VALUES];

enum exec_lifetime { EXEC_PER_TRIAL, EXEC_PER_LAB };
extern const char *const exec_lifetimes[]; /* "trial", "lab", NULL */

/* One word of a command. */
struct exec_word {
	char *text;
	struct spec_at at;
};

/* What the runs of a workload may vary: of both programs alike, or of each
 * that knows it. */
enum exec_params { EXEC_PARAMS_SHARED, EXEC_PARAMS_OWN, EXEC_PARAMS };

struct exec {
	struct spec_at at;		/* .line 0: there is no exec */
	struct spec_list words[SIDES];	/* of struct exec_word */
	struct spec_at words_at[SIDES]; /* .line 0: no such command */
	int server_lifetime;		/* enum exec_lifetime */
	uint32_t connections; /* that each client makes; 0: as it likes */
	int64_t grace_ns; /* for the server to close, after the client ended */
	char *user;	  /* or NULL, or EXEC_USER_ITSELF: who runs rstlab */
	/* or NULL: servers of one family serve each other's clients, see
	 * casting.h */
	char *family, *server_of;
	struct spec_at family_at, server_of_at;
	struct spec_list params[EXEC_PARAMS]; /* of struct spec_pair */
	struct spec_list check; /* of struct exec_word, or empty */
	char *install; /* the command that makes .check succeed, or NULL */
};
extern const struct spec_table exec_table;

enum { EXEC_WORDS_MAX = 256 };
#define EXEC_USER_ITSELF "rstlab"

static inline bool exec_given(const struct exec *x)
{
	return x->at.line > 0;
}

/* Report what the table cannot: a client, known {words}; put in defaults. */
void exec_check(struct exec *x, struct spec_diags *d);

/* What the {words} of one command stand for. */
struct exec_meanings {
	const char *of[EXEC_VALUES]; /* NULL: this command has no such value */
	const struct spec_pair *params; /* and these, by .key */
	size_t n_params;
};

/**
 * exec_expand() - put values in the place of {words}
 *
 * {{host}} stands for {host} itself; braces around anything but a small
 * letter's word are left as they are.
 *
 * Returns: NULL, or the unknown word, in @text.  *@ret_n is its length.
 */
const char *exec_expand(const char *text, const struct exec_meanings *m,
			struct text *out, size_t *ret_n);

/**
 * exec_split() - a command line -> words, with the quotes of a shell
 * @ret:	of struct exec_word, of no place; ended with
 * exec_words_done()
 *
 * No shell: $, * and | are letters like others.
 *
 * Errors:	ERR_INPUT: a quote that is not closed, no word at all, too many
 */
int exec_split(const char *line, struct spec_list *ret, struct err *e);
void exec_words_done(struct spec_list *words);

#endif
