/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/selftest.h"

#include "lab/base/text.h"
#include "lab/cmd/findings.h"
#include "lab/cmd/inside.h"
#include "lab/cmd/job.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/rehearsal.h"
#include "lab/cmd/request.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/stop.h"
#include "lab/cmd/undo.h"
#include "lab/cmd/verb.h"
#include "lab/net/feature.h"
#include "lab/report/json-error.h"
#include "lab/run/environment.h"
#include "lab/run/rundir.h"

#include <inttypes.h>
#include <string.h>

enum { TRIALS_DEFAULT = 3, TRIALS_MAX = 1000 };

struct selftest_options {
	struct opt_list topologies, workloads;
	uint32_t trials;
	struct opt_seed seed;
	const char *output, *compare;
	bool json, quiet;
	int progress;
};

static const struct selftest_options selftest_defaults = {
	.trials = TRIALS_DEFAULT,
};

#define AT(member) .offset = offsetof(struct selftest_options, member)

static const struct opt selftest_opts[] = {
	OPT_ROW_TOPOLOGIES(AT(topologies), "`host` unless said otherwise"),
	OPT_ROW_WORKLOADS(
		AT(workloads),
		"in the same way; every workload that has an `expect` unless "
		"said otherwise"),
	OPT_ROW_TRIALS(
		AT(trials), 1, TRIALS_MAX,
		"trials of each workload in each topology (3 unless said "
		"otherwise)"),
	OPT_ROW_SEED(AT(seed), ", as for `rstlab run`"),
	{ .name = "compare",
	  .type = OPT_STRING,
	  AT(compare),
	  .arg = "FILE",
	  .words = WORDS_FILES,
	  .help = "say in what this kernel differs from the one whose --json "
		  "is in FILE" },
	OPT_ROW_RUN_DIRECTORY(AT(output)),
	OPT_ROW_JSON(AT(json),
		     "print one JSON document (rstlab.selftest/1), also when "
		     "something fails (rstlab.error/1)"),
	OPT_ROW_QUIET(AT(quiet), "progress and no talk"),
	OPT_ROW_PROGRESS(AT(progress)),
	{ .name = NULL },
};

static const struct example selftest_examples[] = {
	{ "rstlab selftest", "does this kernel behave as documented?" },
	{ "rstlab selftest -t 'docker*' -w unread-close,linger0",
	  "do two scenarios come out as they should in all Docker set-ups?" },
	{ "rstlab selftest --json >6.12.json", "keep what this kernel does" },
	{ "rstlab selftest --compare 6.12.json",
	  "on another kernel: what has changed?" },
	{ .command = NULL },
};

struct session {
	const struct selftest_options *options;
	struct selection selection;
	struct rehearsal rehearsal;
	struct selftest selftest;
	struct text command, kernel;
	struct undo undo;
	uint32_t lacks;
	char id[RUNDIR_ID_MAX];
	char *dir, *libexec;
	json_t *other; /* to compare with, or NULL */
	struct job job;
};

static void session_done(struct session *s)
{
	inside_free(s->job.result, sizeof(*s->job.result));
	selftest_done(&s->selftest);
	rehearsal_done(&s->rehearsal);
	selection_done(&s->selection);
	text_done(&s->command);
	text_done(&s->kernel);
	json_decref(s->other);
	free(s->dir);
	free(s->libexec);
}
#define own_session OWN(session_done)

/* Only those that expect something; one that was named must. */
static int keep_expecting(struct session *s, struct err *e)
{
	const struct opt_list *named = &s->options->workloads;
	struct selection *all = &s->selection;
	size_t n = 0;

	for (size_t i = 0; i < all->n_workloads; i++) {
		struct workload *w = &all->workloads[i];

		if (w->expects.at.line) {
			all->workloads[n++] = *w;
			continue;
		}
		for (size_t k = 0; k < named->n; k++)
			if (!strcmp(named->items[k], w->name) ||
			    !strcmp(named->items[k], w->path))
				return err_set(
					e, ERR_INPUT, EINVAL,
					"workload '%s' has no `expect`, so "
					"there is nothing to compare with",
					w->name);
		workload_done(w);
	}
	all->n_workloads = n;
	return n ? 0
		 : err_set(e, ERR_EMPTY, ENOENT,
			   "no workload here has an `expect`");
}

static int load(struct session *s, struct err *e)
{
	static const char *const host[] = { "host", NULL };
	const struct selftest_options *o = s->options;
	own_mem const char **topologies = request_words(&o->topologies);
	own_mem const char **workloads = request_words(&o->workloads);
	int r;

	if (!topologies || !workloads)
		return err_no_memory(e);
	r = selection_load(&s->selection, o->topologies.n ? topologies : host,
			   workloads, e);
	if (r == 0)
		r = keep_expecting(s, e);
	if (r == 0 && o->compare)
		r = findings_load(o->compare, &s->other, e);
	return r;
}

/* What cannot be built here is not run.  Where nothing can, there is nothing
 * to run, and the first reason says why. */
static int leave_out(struct session *s, struct err *e)
{
	const struct rehearsal *h = &s->rehearsal;
	const struct topology *first = s->selection.topologies + h->n_built;
	int r = 0;

	if (!h->n_built)
		return err_set(e, ERR_HOST, ENOTSUP, "topology '%s': %s",
			       first->name, h->reasons[0]);
	for (size_t i = 0; r == 0 && i < h->n_reasons; i++)
		r = selftest_leave_out(&s->selftest, &first[i], h->reasons[i]);
	return r < 0 ? err_no_memory(e) : 0;
}

/* Which cells are there, and which of them are run? */
static int plan(struct session *s, struct err *e)
{
	int r = rehearsal_run(&s->rehearsal, &s->selection, s->libexec, e);

	if (r)
		return r;
	for (int i = 0; i < FEATURES; i++)
		s->lacks |= feature_present(i) ? 0 : 1U << i;
	r = selftest_init(&s->selftest, s->selection.topologies,
			  s->selection.n_topologies, s->selection.workloads,
			  s->selection.n_workloads, s->lacks);
	return r < 0 ? err_no_memory(e) : leave_out(s, e);
}

static int prepare(struct session *s, const struct call *c, struct err *e)
{
	struct run_request *q = &s->job.request;
	int r;

	request_command(&s->command, c->argv);
	r = load(s, e);
	if (r == 0)
		r = request_seed(&s->options->seed, &q->seed, e);
	if (r == 0)
		r = request_probes(&s->libexec, e);
	if (r == 0)
		r = environment_kernel(&s->kernel, e);
	if (r == 0)
		r = plan(s, e);
	if (r)
		return r;
	*q = (struct run_request){
		.topologies = s->selection.topologies,
		.n_topologies = s->rehearsal.n_built,
		.workloads = s->selection.workloads,
		.n_workloads = s->selection.n_workloads,
		.trials = s->options->trials,
		.seed = q->seed,
		.command = text_str(&s->command),
		.libexec = s->libexec,
		.left_out = s->selftest.left_out,
		.count_cells = true,
	};
	s->job.progress = (enum progress_mode)s->options->progress;
	s->job.quiet = s->options->quiet;
	s->job.result = inside_alloc(sizeof(*s->job.result), e);
	return s->job.result ? 0 : -e->code;
}

static int make_dir(struct session *s, struct err *e)
{
	struct run_request *q = &s->job.request;
	int r;

	/* From here on there is something to take away again. */
	stop_watch();
	undo_note(&s->undo, s->options->output);
	r = rundir_create(s->options->output, q->seed, s->id, &s->dir, e);
	q->dir = s->dir;
	q->id = s->id;
	return r;
}

static int take_trial(const struct fact_trial *t, void *arg, struct err *e)
{
	return selftest_add_trial(arg, t, e);
}

static int take_states(const struct fact_states *f, void *arg, struct err *e)
{
	return selftest_add_states(arg, f, e);
}

static int take_growth(const struct store_growth *g, void *arg, struct err *e)
{
	return selftest_add_growth(arg, g, e);
}

static int judge(struct session *s, struct err *e)
{
	const struct facts_reader reader = { .trial = take_trial,
					     .states = take_states,
					     .growth = take_growth,
					     .arg = &s->selftest };
	const int r = facts_read(s->dir, &reader, e);

	return r < 0 ? r : selftest_judge(&s->selftest, e);
}

/* Returns: in how many ways the two kernels differ. */
static size_t print_comparison(const struct session *s, json_t *doc)
{
	FILE *out = s->options->json ? stderr : stdout;
	size_t n;

	if (!s->other)
		return 0;
	fprintf(out, "\nAgainst %s\n", s->options->compare);
	n = findings_compare(doc, s->other, s->options->compare, out);
	if (!n)
		fputs("  no difference in what both have measured\n", out);
	return n;
}

/* Returns: what the findings stand for, as an exit status. */
static int status_of(const struct selftest *s, size_t other_differs)
{
	if (s->totals[SELFTEST_DIFFERS] || other_differs)
		return 1;
	if (s->totals[SELFTEST_UNJUDGED])
		return 6;
	return s->totals[SELFTEST_PASSED] ? 0 : 3;
}

static int print(const struct session *s, struct err *e)
{
	const struct findings f = {
		.selftest = &s->selftest,
		.id = s->id,
		.run = s->options->output ? s->dir : s->id,
		.tool = PACKAGE_STRING,
		.kernel = text_str(&s->kernel),
		.lacks = s->lacks,
		.complete = s->job.result->verdict.complete,
	};
	json_t *doc = findings_json(&f);
	size_t differs;

	if (!doc)
		return err_no_memory(e);
	if (s->options->json) {
		(void)json_dumpf(doc, stdout,
				 JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		fputc('\n', stdout);
	} else {
		findings_print(&f, stdout);
	}
	differs = print_comparison(s, doc);
	json_decref(doc);
	(void)fflush(stdout);
	return status_of(&s->selftest, differs);
}

/* It came to its end, if only because every cell is left out. */
static bool has_run(const struct job_result *r)
{
	return r->done || (r->finished && r->verdict.complete);
}

/* Returns: the status of what was interrupted, as for a run. */
static int tell_nothing(const struct session *s, struct err *e)
{
	(void)err_set(e, ERR_SYSTEM, EINTR,
		      "ended before the first trial; nothing was saved");
	fprintf(stderr, "rstlab: %s\n", e->text);
	if (s->options->json)
		report_json_error(stdout, e, NULL, 5);
	return 5;
}

/* @r: what job_run() returned */
static int conclude(struct session *s, int r, struct err *e)
{
	int judged, checks;

	if (r < 0 || !has_run(s->job.result)) {
		undo_run(&s->undo, s->dir);
		return r < 0 ? r : tell_nothing(s, e);
	}
	judged = judge(s, e);
	if (judged == 0)
		judged = print(s, e);
	if (judged < 0 || r > 0)
		return judged < 0 ? judged : r;
	checks = job_checks(s->job.result);
	if (!s->options->quiet)
		fprintf(stderr, "Saved %s%s\n", s->dir,
			s->options->output ? "" : " (latest)");
	return checks ?: judged;
}

static int selftest_run(const struct call *c, struct err *e)
{
	own_session struct session s = { .options = c->options };
	int r = prepare(&s, c, e);

	if (r == 0)
		r = make_dir(&s, e);
	if (r)
		return r;
	if (!s.options->quiet)
		fprintf(stderr,
			"rstlab: %zu workload%s with an expectation, %zu "
			"topolog%s, %" PRIu32 " trial%s each, seed %" PRIu64
			"\n",
			s.selection.n_workloads,
			s.selection.n_workloads == 1 ? "" : "s",
			s.selection.n_topologies,
			s.selection.n_topologies == 1 ? "y" : "ies",
			s.options->trials, s.options->trials == 1 ? "" : "s",
			s.job.request.seed);
	return conclude(&s, job_run(&s.job, e), e);
}

const struct verb verb_selftest = {
	.name = "selftest",
	.operands = "",
	.summary = "compare what comes of each workload with what should",
	.about =
		"Runs every workload that says in its `expect` what must come "
		"of it, and prints each way in which a trial came out "
		"otherwise, with the trial in the form that `rstlab explain` "
		"takes. So it answers "
		"whether this kernel behaves as documented.\n"
		"\n"
		"What cannot be done here is skipped, with the reason: a fault "
		"that the topology leaves no room for, a protocol that the "
		"kernel lacks, a filter that lets nothing through, a topology "
		"that this machine cannot build. Then comes "
		"what this kernel does where kernels differ. Two kernels can "
		"be compared by --json on one and --compare on the other.\n"
		"\n"
		"The exit status is 0 when all is as expected, 1 when "
		"something differs, 3 when nothing can be done here, and 6 "
		"when some workload could not be judged.",
	.examples = selftest_examples,
	.opts = selftest_opts,
	.options_size = sizeof(struct selftest_options),
	.defaults = &selftest_defaults,
	.run = selftest_run,
};
