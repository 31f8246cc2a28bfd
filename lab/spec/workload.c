/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The file is read into lines of text that know where they
 * stand, which script.c makes steps of.
 */
#include "lab/spec/workload.h"

#include "lab/base/clock.h"
#include "lab/spec/name.h"

#include <assert.h>
#include <string.h>

struct workload_file {
	struct workload workload;
	struct spec_at name_at, at[SIDES];
	struct spec_list lines[SIDES]; /* of struct script_line */
};

static const struct spec_field line_fields[] = {
	{ "step", SPEC_STRING, .offset = offsetof(struct script_line, text),
	  .at_offset = offsetof(struct script_line, at),
	  .parse = name_check_line },
};
static const struct spec_table line_table = {
	.what = "step",
	.size = sizeof(struct script_line),
	.fields = line_fields,
	.n_fields = ARRAY_SIZE(line_fields),
};

static const char *const no_yes[] = { "no", "yes", NULL };

static const struct spec_field workload_fields[] = {
	{ "name", SPEC_STRING, .offset = offsetof(struct workload, name),
	  .at_offset = offsetof(struct workload_file, name_at), .required = 1,
	  .parse = name_check, .help = "the file's name without .yaml" },
	{ "summary", SPEC_STRING, .offset = offsetof(struct workload, summary),
	  .required = 1, .parse = name_check_line,
	  .help = "one line for the list" },
	{ "default", SPEC_CHOICE,
	  .offset = offsetof(struct workload, by_default), .choices = no_yes,
	  .help = "yes: part of a run that names no workload" },
	{ "states", SPEC_CHOICE, .offset = offsetof(struct workload, states),
	  .choices = no_yes,
	  .help = "yes: socket states are kept after each trial; a hold does "
		  "that too" },
	{ "client", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct workload_file, lines[SIDE_CLIENT]),
	  .at_offset = offsetof(struct workload_file, at[SIDE_CLIENT]),
	  .item = &line_table, .help = "steps of the client" },
	{ "server", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct workload_file, lines[SIDE_SERVER]),
	  .at_offset = offsetof(struct workload_file, at[SIDE_SERVER]),
	  .item = &line_table, .help = "steps of the server" },
	{ "exec", SPEC_STRUCT, .offset = offsetof(struct workload, exec),
	  .at_offset = offsetof(struct workload, exec.at), .item = &exec_table,
	  .help = "programs as client and server, instead of steps" },
	{ "deadline", SPEC_DURATION,
	  .offset = offsetof(struct workload, deadline_ns), .min = NS_PER_MS,
	  .max = 3600 * NS_PER_S, .help = "how long one trial may take" },
	{ "processes", SPEC_COUNT,
	  .offset = offsetof(struct workload, processes), .min = 1, .max = 2,
	  .help = "2: each side is played by a process of its own" },
	{ "expect", SPEC_STRUCT, .offset = offsetof(struct workload, expects),
	  .at_offset = offsetof(struct workload, expects.at),
	  .item = &expects_table,
	  .help = "what must come of it, for `rstlab selftest`" },
};
static const struct workload_file workload_defaults = {
	.workload.processes = 1,
};
static const struct spec_table workload_table = {
	.what = "workload",
	.size = sizeof(struct workload_file),
	.fields = workload_fields,
	.n_fields = ARRAY_SIZE(workload_fields),
	.defaults = &workload_defaults,
};
/* Unless the file says: for steps, and for programs that have to start. */
#define SCRIPT_DEADLINE_NS (2 * NS_PER_S)
#define EXEC_DEADLINE_NS   (10 * NS_PER_S)

static_assert(offsetof(struct workload_file, workload) == 0,
	      "the rows give offsets in the workload");

static void check_steps_given(const struct workload_file *f,
			      struct spec_diags *d)
{
	const struct spec_at top = { .line = 1, .column = 1 };

	if (d->errors) /* a key that was refused may be the one that is missed
			*/
		return;
	if (!f->at[SIDE_CLIENT].line && !f->at[SIDE_SERVER].line)
		spec_error(d, top,
			   "workload has neither client and server (steps of "
			   "both) nor exec (their commands)");
	else
		for (int side = 0; side < SIDES; side++)
			if (!f->at[side].line)
				spec_error(d, top,
					   "workload has no '%s' (steps of the "
					   "%s)",
					   side_names[side], side_names[side]);
}

static void refuse_steps(const struct workload_file *f, struct spec_diags *d)
{
	for (int side = 0; side < SIDES; side++)
		if (f->at[side].line)
			spec_error(d, f->at[side],
				   "with exec the %s has no steps",
				   side_names[side]);
}

static void check_scripts(struct workload_file *f, struct spec_diags *d)
{
	struct workload *w = &f->workload;
	struct script_source sources[SIDES];

	for (int side = 0; side < SIDES; side++)
		sources[side] = (struct script_source){
			.lines = f->lines[side].items,
			.n = f->lines[side].n,
			.at = f->at[side],
		};
	scripts_read(sources, w->deadline_ns, w->scripts, d);
}

static void check_file(struct workload_file *f, struct spec_diags *d)
{
	struct workload *w = &f->workload;

	if (w->name && !name_is_of_file(w->name, d->path))
		spec_error(d, f->name_at,
			   "name '%s' must be the file's name without .yaml",
			   w->name);
	if (!w->deadline_ns)
		w->deadline_ns = exec_given(&w->exec) ? EXEC_DEADLINE_NS
						      : SCRIPT_DEADLINE_NS;
	expects_check(&w->expects, d);
	if (exec_given(&w->exec)) {
		refuse_steps(f, d);
		exec_check(&w->exec, d);
	} else {
		check_steps_given(f, d);
		check_scripts(f, d);
	}
}

/* Hand the texts of the steps over to the workload, without the places. */
static int keep_texts(struct workload_file *f, struct err *e)
{
	for (int side = 0; side < SIDES; side++) {
		struct spec_list *to = &f->workload.steps_text[side];
		struct script_line *lines = f->lines[side].items;

		if (!f->lines[side].n)
			continue;
		to->items = calloc(f->lines[side].n, sizeof(char *));
		if (!to->items)
			return err_errno(e, "keep the steps");
		for (; to->n < f->lines[side].n; to->n++)
			((char **)to->items)[to->n] =
				take_ptr(&lines[to->n].text);
	}
	return 0;
}

static int load(struct workload_file *f, const char *path, struct spec_diags *d,
		struct err *e)
{
	const unsigned before = d->errors;
	own_mem char *source = NULL;
	int r = spec_load(path, &workload_table, f, d, &source, e);

	if (!source)
		return r; /* nothing was read */
	check_file(f, d);
	d->source = NULL;
	f->workload.yaml = take_ptr(&source);
	if (d->errors > before)
		return spec_refuse(path, d->errors - before, e);
	if (r < 0)
		return r;
	f->workload.path = strdup(path);
	return f->workload.path ? keep_texts(f, e)
				: err_errno(e, "read %s", path);
}

int workload_load(struct workload *w, const char *path, struct spec_diags *d,
		  struct err *e)
{
	struct workload_file f = { .workload = { .path = NULL } };
	int r = load(&f, path, d, e);

	if (r < 0) {
		workload_done(&f.workload);
		memset(&f.workload, 0, sizeof(f.workload));
	}
	*w = f.workload;
	memset(&f.workload, 0, sizeof(f.workload));
	spec_done(&workload_table, &f);
	return r;
}

void workload_done(struct workload *w)
{
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < w->steps_text[side].n; i++)
			free(((char **)w->steps_text[side].items)[i]);
		free(w->steps_text[side].items);
	}
	spec_done(&expects_table, &w->expects);
	spec_done(&exec_table, &w->exec);
	for (size_t i = 0; i < w->n_partners; i++)
		workload_done(&w->partners[i]); /* which have none */
	free(w->partners);
	free(w->path);
	free(w->name);
	free(w->summary);
	free(w->yaml);
	*w = (struct workload){ .path = NULL };
}

int workload_join(struct workload *w, struct workload *partner, struct err *e)
{
	struct workload *more = reallocarray(w->partners, w->n_partners + 1,
					     sizeof(*w->partners));

	if (!more) {
		workload_done(partner);
		return err_errno(e, "join workloads");
	}
	w->partners = more;
	more[w->n_partners++] = *partner;
	*partner = (struct workload){ .name = NULL };
	return 0;
}
