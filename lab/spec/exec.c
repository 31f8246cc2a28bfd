/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/exec.h"

#include "lab/base/clock.h"
#include "lab/spec/exec-param.h"
#include "lab/spec/name.h"

#include <assert.h>
#include <string.h>

#define GRACE_NS NS_PER_S

const struct exec_value_info exec_values[] = {
	[EXEC_HOST] = { "host", "RSTLAB_HOST",
			"the address: the client dials it, the server listens "
			"at it" },
	[EXEC_PORT] = { "port", "RSTLAB_PORT", "its port" },
	[EXEC_ADDRESS] = { "address", "RSTLAB_ADDRESS",
			   "both: 10.0.0.1:8080, [fd00::1]:8080" },
	[EXEC_NODE] = { "node", "RSTLAB_NODE",
			"the node in which the program runs" },
	[EXEC_TOPOLOGY] = { "topology", "RSTLAB_TOPOLOGY",
			    "the name of the topology" },
	[EXEC_WORKLOAD] = { "workload", "RSTLAB_WORKLOAD",
			    "the name of the workload" },
	[EXEC_SEED] = { "seed", "RSTLAB_SEED", "the seed of the run" },
	[EXEC_CONNECTIONS] = { "connections", "RSTLAB_CONNECTIONS",
			       "how many connections a client is to make" },
	[EXEC_TRIAL] = { "trial", "RSTLAB_TRIAL",
			 "the number of the trial in its cell, from 1" },
	[EXEC_LIBEXEC] = { "libexec", "RSTLAB_LIBEXEC",
			   "the directory of rstlab's own programs" },
};
static_assert(ARRAY_SIZE(exec_values) == EXEC_VALUES, "one row per value");

const char *const exec_lifetimes[] = { "trial", "lab", NULL };

static const struct spec_field word_fields[] = {
	{ "word", SPEC_STRING, .offset = offsetof(struct exec_word, text),
	  .at_offset = offsetof(struct exec_word, at) },
};
static const struct spec_table word_table = {
	.what = "word",
	.size = sizeof(struct exec_word),
	.fields = word_fields,
	.n_fields = ARRAY_SIZE(word_fields),
};

static const struct spec_field exec_fields[] = {
	{ "client", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct exec, words[SIDE_CLIENT]),
	  .at_offset = offsetof(struct exec, words_at[SIDE_CLIENT]),
	  .item = &word_table,
	  .help = "command of the client, a list of words" },
	{ "server", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct exec, words[SIDE_SERVER]),
	  .at_offset = offsetof(struct exec, words_at[SIDE_SERVER]),
	  .item = &word_table,
	  .help = "command of the server; none: nobody "
		  "listens" },
	{ "server-lifetime", SPEC_CHOICE,
	  .offset = offsetof(struct exec, server_lifetime),
	  .choices = exec_lifetimes,
	  .help = "a new server for each trial, or one for all of a lab" },
	{ "connections", SPEC_COUNT,
	  .offset = offsetof(struct exec, connections), .min = 1, .max = 100000,
	  .help = "connections that each client makes; fewer are a failure" },
	{ "server-grace", SPEC_DURATION,
	  .offset = offsetof(struct exec, grace_ns), .min = NS_PER_MS,
	  .max = 60 * NS_PER_S,
	  .help = "for the server to close when the client has ended" },
	{ "user", SPEC_STRING, .offset = offsetof(struct exec, user),
	  .help = "who runs both, when rstlab is run by root; rstlab: "
		  "who runs rstlab" },
	{ "family", SPEC_STRING, .offset = offsetof(struct exec, family),
	  .at_offset = offsetof(struct exec, family_at), .parse = name_check,
	  .help = "servers of one family serve each other's clients" },
	{ "server-of", SPEC_STRING, .offset = offsetof(struct exec, server_of),
	  .at_offset = offsetof(struct exec, server_of_at), .parse = name_check,
	  .help = "whose server it is, of the family; instead of server" },
	{ "params", SPEC_MAP,
	  .offset = offsetof(struct exec, params[EXEC_PARAMS_SHARED]),
	  .help = "what both programs must know: NAME: 'VALUE|VALUE' or TIME" },
	{ "own-params", SPEC_MAP,
	  .offset = offsetof(struct exec, params[EXEC_PARAMS_OWN]),
	  .help = "what each program may know by itself" },
	{ "check", SPEC_CUSTOM_LIST, .offset = offsetof(struct exec, check),
	  .item = &word_table,
	  .help = "command that succeeds where the programs can run" },
	{ "install", SPEC_STRING, .offset = offsetof(struct exec, install),
	  .parse = name_check_line,
	  .help = "command that makes them run, for who lacks them" },
};
const struct spec_table exec_table = {
	.what = "exec",
	.size = sizeof(struct exec),
	.fields = exec_fields,
	.n_fields = ARRAY_SIZE(exec_fields),
};

/* --- words in braces -------------------------------------------------------
 */

/* The length of the word in braces that @text begins with, or 0: "{host}".
 * Only letters, '_' and '-', so that code and JSON pass. */
static size_t braced(const char *text)
{
	size_t n;

	if (text[0] != '{')
		return 0;
	n = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_-");
	return n && text[n + 1] == '}' ? n : 0;
}

static bool is_name(const char *known, const char *name, size_t n)
{
	return strlen(known) == n && !strncmp(known, name, n);
}

/* What the first @n bytes of @name stand for, or NULL. */
static const char *meaning(const struct exec_meanings *m, const char *name,
			   size_t n)
{
	for (int i = 0; i < EXEC_VALUES; i++)
		if (is_name(exec_values[i].name, name, n))
			return m->of[i];
	for (size_t i = 0; i < m->n_params; i++)
		if (is_name(m->params[i].key, name, n))
			return m->params[i].value;
	return NULL;
}

static void add_bytes(struct text *out, const char *s, size_t n)
{
	text_addf(out, "%.*s", (int)n, s);
}

const char *exec_expand(const char *text, const struct exec_meanings *m,
			struct text *out, size_t *ret_n)
{
	while (*text) {
		const size_t plain = strcspn(text, "{");
		size_t n;

		add_bytes(out, text, plain);
		text += plain;
		if (!*text)
			break;
		n = braced(text + 1);
		if (n && text[n + 3] == '}') { /* {{host}} */
			add_bytes(out, text + 1, n + 2);
			text += n + 4;
			continue;
		}
		n = braced(text);
		if (n) {
			const char *value = meaning(m, text + 1, n);

			*ret_n = n;
			if (!value)
				return text + 1;
			text_add(out, value);
			text += n + 2;
		} else {
			text_add(out, "{");
			text++;
		}
	}
	return NULL;
}

/* What exec_expand() will find, for the check: "" stands for any value. */
static void know_values(const struct exec *x, int side, struct exec_meanings *m)
{
	for (int i = 0; i < EXEC_VALUES; i++)
		m->of[i] = "";
	if (side == SIDE_SERVER && x->server_lifetime == EXEC_PER_LAB)
		m->of[EXEC_TRIAL] = NULL;
	if (!x->connections)
		m->of[EXEC_CONNECTIONS] = NULL;
}

/* Has one of the maps that name? */
static bool is_param(const struct exec *x, const char *name)
{
	return exec_param_form(x, name, NULL) != NULL;
}

static void refuse_value(const struct exec *x, const struct exec_word *w,
			 const char *name, struct spec_diags *d)
{
	const char *known[EXEC_VALUES + 1] = { NULL };

	for (int i = 0; i < EXEC_VALUES; i++)
		known[i] = exec_values[i].name;
	if (!strcmp(name, "trial"))
		spec_error(d, w->at,
			   "{trial}: a server that lives as long as the lab "
			   "has no trial of its own");
	else if (!strcmp(name, "connections") && !x->connections)
		spec_error(d, w->at,
			   "{connections}: say how many, with the key "
			   "connections");
	else
		spec_error_word(d, w->at, name, known,
				"unknown word {%s}; {{%s}} stands for {%s} "
				"itself",
				name, name, name);
}

static void check_word(const struct exec *x, int side,
		       const struct exec_word *w, struct spec_diags *d)
{
	own_text struct text unused = { .s = NULL };
	struct exec_meanings m = { .params = NULL };
	const char *unknown = w->text;
	char name[64];
	size_t n;

	know_values(x, side, &m);
	while (unknown && (unknown = exec_expand(unknown, &m, &unused, &n))) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, unknown);
		if (!is_param(x, name)) {
			refuse_value(x, w, name, d);
			break;
		}
		unknown += n + 1;
	}
}

/* Only who rstlab is, and where, is known before any lab is. */
static void check_check(const struct exec *x, struct spec_diags *d)
{
	const struct exec_meanings m = { .of = { [EXEC_LIBEXEC] = "" } };
	const struct exec_word *words = x->check.items;

	for (size_t i = 0; i < x->check.n; i++) {
		own_text struct text unused = { .s = NULL };
		size_t n;

		if (words[i].text &&
		    exec_expand(words[i].text, &m, &unused, &n))
			spec_error(d, words[i].at,
				   "a check knows {libexec} only");
	}
}

static void check_family(const struct exec *x, struct spec_diags *d)
{
	if (x->server_of && !x->family)
		spec_error(d, x->server_of_at, "server-of needs a family");
	if (x->server_of && x->words_at[SIDE_SERVER].line)
		spec_error(d, x->server_of_at,
			   "the server is that of another workload, or a "
			   "command, not both");
}

void exec_check(struct exec *x, struct spec_diags *d)
{
	if (!x->words_at[SIDE_CLIENT].line)
		spec_error(d, x->at, "exec needs a client");
	for (int side = 0; side < SIDES; side++) {
		const struct exec_word *words = x->words[side].items;

		if (x->words_at[side].line && !x->words[side].n)
			spec_error(d, x->words_at[side],
				   "the %s has no command", side_names[side]);
		if (x->words[side].n > EXEC_WORDS_MAX)
			spec_error(d, x->words_at[side],
				   "a command has at most %d words",
				   EXEC_WORDS_MAX);
		for (size_t i = 0; i < x->words[side].n; i++)
			check_word(x, side, &words[i], d);
	}
	check_family(x, d);
	check_check(x, d);
	exec_params_check(x, d);
	if (!x->grace_ns)
		x->grace_ns = GRACE_NS;
}

/* --- a command line --------------------------------------------------------
 */

/* One word while its letters are gathered. */
struct splitter {
	const char *at;
	char *word; /* room for the whole line */
	size_t n;
	bool begun; /* '' is a word as well */
};

/* Take what stands in quotes.  Returns: is the quote closed? */
static bool take_quoted(struct splitter *s)
{
	const char quote = *s->at++;

	s->begun = true;
	while (*s->at && *s->at != quote) {
		/* POSIX sh, 2.2.3: what a backslash quotes inside of "" */
		if (quote == '"' && s->at[0] == '\\' && s->at[1] &&
		    strchr("\"\\$`", s->at[1]))
			s->at++;
		s->word[s->n++] = *s->at++;
	}
	return *s->at++ == quote;
}

static int take_word(struct splitter *s, struct err *e)
{
	const char *line = s->at;

	s->n = 0;
	s->begun = false;
	while (*s->at && !strchr(" \t\n", *s->at)) {
		if (*s->at == '\'' || *s->at == '"') {
			const char quote = *s->at;

			if (!take_quoted(s))
				return err_set(e, ERR_INPUT, EINVAL,
					       "the quote %c is not closed in: "
					       "%s",
					       quote, line);
			continue;
		}
		if (*s->at == '\\' && !*++s->at)
			return err_set(e, ERR_INPUT, EINVAL,
				       "a \\ at the end quotes nothing: %s",
				       line);
		s->word[s->n++] = *s->at++;
		s->begun = true;
	}
	s->word[s->n] = '\0';
	return 0;
}

static int keep_word(const struct splitter *s, struct spec_list *words,
		     struct err *e)
{
	struct exec_word *items = words->items;

	if (words->n == EXEC_WORDS_MAX)
		return err_set(e, ERR_INPUT, E2BIG,
			       "a command has at most %d words",
			       EXEC_WORDS_MAX);
	items[words->n] = (struct exec_word){ .text = strdup(s->word) };
	if (!items[words->n].text)
		return err_no_memory(e);
	words->n++;
	return 0;
}

static int split(const char *line, struct spec_list *words, struct err *e)
{
	own_mem char *room = malloc(strlen(line) + 1);
	struct splitter s = { .at = line, .word = room };
	int r = 0;

	words->items = calloc(EXEC_WORDS_MAX, sizeof(struct exec_word));
	if (!room || !words->items)
		return err_no_memory(e);
	for (;;) {
		s.at += strspn(s.at, " \t\n");
		if (!*s.at)
			break;
		r = take_word(&s, e);
		if (r == 0 && s.begun)
			r = keep_word(&s, words, e);
		if (r < 0)
			return r;
	}
	return words->n ? 0
			: err_set(e, ERR_INPUT, EINVAL, "the command is empty");
}

void exec_words_done(struct spec_list *words)
{
	struct exec_word *items = words->items;

	for (size_t i = 0; i < words->n; i++)
		free(items[i].text);
	free(items);
	*words = (struct spec_list){ .items = NULL };
}

int exec_split(const char *line, struct spec_list *ret, struct err *e)
{
	struct spec_list words = { .items = NULL };
	const int r = split(line, &words, e);

	if (r < 0)
		exec_words_done(&words);
	else
		*ret = words;
	return r;
}
