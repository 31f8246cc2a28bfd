/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/runtime.h"

#include "lab/cmd/ask.h"
#include "lab/report/json-text.h"
#include "lab/spec/casting.h"

#include <string.h>

enum { SAID_MAX = 200 };

/* What is known of one workload's programs. */
struct runtime {
	const char *name; /* of the workload */
	bool missing;
	char said[SAID_MAX]; /* the last line of the check */
};

/* Each is looked at once, whoever's partner it is. */
struct runtimes {
	struct runtime *items;
	size_t n;
	const char *libexec;
	struct text *notes;
};

static void runtimes_done(struct runtimes *r)
{
	free(r->items);
}

/* --- one check -------------------------------------------------------------
 */

static void free_words(char ***words)
{
	for (size_t i = 0; *words && (*words)[i]; i++)
		free((*words)[i]);
	free(*words);
}

/* @text with the directory of the probes in it. */
static char *expand(const char *text, const char *libexec)
{
	const struct exec_meanings m = { .of = { [EXEC_LIBEXEC] = libexec } };
	struct text out = { .s = NULL };
	size_t n;

	text_add(&out, "");
	(void)exec_expand(text, &m, &out, &n);
	return out.s;
}

static char **make_argv(const struct spec_list *list, const char *libexec)
{
	const struct exec_word *words = list->items;
	char **argv = calloc(list->n + 1, sizeof(*argv));

	for (size_t i = 0; argv && i < list->n; i++) {
		argv[i] = expand(words[i].text, libexec);
		if (argv[i])
			continue;
		free_words(&argv);
		return NULL;
	}
	return argv;
}

static int check(const struct workload *w, const char *libexec,
		 struct runtime *ret, struct err *e)
{
	OWN(free_words) char **argv = make_argv(&w->exec.check, libexec);
	own_mem struct answer *a = calloc(1, sizeof(*a));
	int r;

	if (!argv || !a)
		return err_no_memory(e);
	r = ask_command((const char *const *)argv, a, e);
	if (r < 0)
		return r;
	ret->missing = a->error || !a->in_time || a->status != 0;
	ask_last_line(a, ret->said, SAID_MAX);
	if (a->error)
		(void)snprintf(ret->said, SAID_MAX, "%s: %s", argv[0],
			       strerror(a->error));
	else if (!a->in_time)
		(void)snprintf(ret->said, SAID_MAX,
			       "its check did not end within %d s",
			       ASK_SECONDS);
	else if (ret->missing && !*ret->said)
		(void)snprintf(ret->said, SAID_MAX,
			       "its check failed and said nothing");
	return 0;
}

/* --- all of them -----------------------------------------------------------
 */

static void note(struct runtimes *all, const struct workload *w,
		 const struct runtime *r)
{
	own_mem char *install = NULL;

	if (!r->missing) {
		text_addf(all->notes, "%s: %s\n", w->name, r->said);
		return;
	}
	text_addf(all->notes, "%s is left out: %s", w->name, r->said);
	if (w->exec.install)
		install = expand(w->exec.install, all->libexec);
	if (install)
		text_addf(all->notes, "; to install it: %s", install);
	text_add(all->notes, "\n");
}

/* {"grpc-c": "gRPC C core 29.0.0"} */
static int add_versions(const struct runtimes *all, struct text *out,
			struct err *e)
{
	json_t *object = json_object();
	own_mem char *dump = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct runtime *r = &all->items[i];

		if (!r->missing &&
		    json_object_set_new(object, r->name, json_text(r->said)))
			break;
	}
	dump = json_dumps(object, JSON_SORT_KEYS);
	json_decref(object);
	if (!dump)
		return err_no_memory(e);
	text_add(out, dump);
	return out->failed ? err_no_memory(e) : 0;
}

/* Returns: 1: its programs can run; 0: they cannot; or a negative errno. */
static int can_run(struct runtimes *all, const struct workload *w,
		   struct err *e)
{
	struct runtime *more, *new;
	int r;

	if (!w->exec.check.n)
		return 1;
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->items[i].name, w->name))
			return !all->items[i].missing;
	more = reallocarray(all->items, all->n + 1, sizeof(*more));
	if (!more)
		return err_no_memory(e);
	all->items = more;
	new = &more[all->n++];
	*new = (struct runtime){ .name = w->name };
	r = check(w, all->libexec, new, e);
	if (r < 0)
		return r;
	note(all, w, new);
	return !new->missing;
}

/* As can_run(), for both programs. */
static int can_play(struct runtimes *all, const struct workload *w,
		    const struct topology *t, struct err *e)
{
	const int r = can_run(all, w, e);

	return r > 0 ? can_run(all, casting_server(w, t) ?: w, e) : r;
}

/* Look at the workload at @at, which becomes the one at @to.  Returns: 1: it
 * can be played somewhere; 0: nowhere; or a negative errno. */
static int look_at(struct runtimes *all, const struct selection *s, size_t at,
		   bool *playable, struct err *e)
{
	int r = 0, any = 0;

	for (size_t i = 0; r >= 0 && i < s->n_topologies; i++) {
		r = can_play(all, &s->workloads[at], &s->topologies[i], e);
		playable[i * s->n_workloads + at] = r > 0;
		any |= r > 0;
	}
	return r < 0 ? r : any;
}

/* Drop the workloads that can be played nowhere, with their columns. */
static size_t drop(struct selection *s, const bool *kept, bool *playable)
{
	const size_t before = s->n_workloads;
	size_t n = 0, to = 0;

	for (size_t i = 0; i < s->n_topologies; i++)
		for (size_t j = 0; j < before; j++)
			if (kept[j])
				playable[to++] = playable[i * before + j];
	for (size_t j = 0; j < before; j++)
		if (kept[j])
			s->workloads[n++] = s->workloads[j];
		else
			workload_done(&s->workloads[j]);
	s->n_workloads = n;
	return to;
}

int runtime_look(struct selection *s, const char *libexec, struct text *notes,
		 struct text *versions, bool **ret_left_out, struct err *e)
{
	OWN(runtimes_done)
	struct runtimes all = { .libexec = libexec, .notes = notes };
	own_mem bool *cells =
		calloc(s->n_topologies * s->n_workloads + 1, sizeof(*cells));
	own_mem bool *kept = calloc(s->n_workloads + 1, sizeof(*kept));
	size_t n;
	bool any = false;

	if (!cells || !kept)
		return err_no_memory(e);
	for (size_t j = 0; j < s->n_workloads; j++) {
		const int r = look_at(&all, s, j, cells, e);

		if (r < 0)
			return r;
		kept[j] = r > 0;
	}
	n = drop(s, kept, cells);
	for (size_t i = 0; i < n; i++) {
		cells[i] = !cells[i];
		any |= cells[i];
	}
	*ret_left_out = any ? take_ptr(&cells) : NULL;
	if (n)
		return add_versions(&all, versions, e);
	return err_set(e, ERR_HOST, ENOENT,
		       "nothing is left to run on this machine");
}
