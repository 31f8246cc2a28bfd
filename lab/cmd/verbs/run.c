/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/run.h"

#include "lab/base/text.h"
#include "lab/capture/live.h"
#include "lab/cmd/certificate.h"
#include "lab/cmd/inside.h"
#include "lab/cmd/job.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/own.h"
#include "lab/cmd/plans.h"
#include "lab/cmd/request.h"
#include "lab/cmd/runtime.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/stop.h"
#include "lab/cmd/terminal.h"
#include "lab/cmd/undo.h"
#include "lab/cmd/verb.h"
#include "lab/report/format.h"
#include "lab/report/json-error.h"
#include "lab/report/report.h"
#include "lab/run/rundir.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { TRIALS_DEFAULT = 50, TRIALS_MAX = 1000000 };

struct run_options {
	struct opt_list topologies, workloads, params;
	uint32_t trials;
	struct opt_seed seed;
	struct own_options own;
	int64_t max_time_ns;
	const char *output;
	uint32_t snap_bytes;
	bool json, no_files, quiet, observer_check;
	int color, progress, evidence;
};

/* In the order of enum evidence_level. */
static const char *const *evidence_names(void)
{
	static const char *const names[] = { "full", "light", "silent", NULL };

	static_assert(ARRAY_SIZE(names) == EVIDENCE_LEVELS + 1, "one each");
	return names;
}

static const struct run_options run_defaults = { .trials = 0 };

#define AT(member) .offset = offsetof(struct run_options, member)

static const struct opt run_opts[] = {
	OPT_ROW_TOPOLOGIES(
		AT(topologies),
		"unless said otherwise those marked `default: yes` in their "
		"files"),
	OPT_ROW_WORKLOADS(AT(workloads),
			  "what client and server do, in the same way"),
	{ .name = "server",
	  .type = OPT_STRING,
	  AT(own.server),
	  .arg = "COMMAND",
	  .help = "a program of yours as the server, in quotes: 'COMMAND "
		  "{host} {port}'; without one nobody listens" },
	{ .name = "client",
	  .type = OPT_STRING,
	  AT(own.client),
	  .arg = "COMMAND",
	  .help = "a program of yours as the client, once for each trial; "
		  "with it, only the workloads of -w run besides" },
	{ .name = "server-lifetime",
	  .type = OPT_CHOICE,
	  AT(own.server_lifetime),
	  .arg = "WHAT",
	  .choices = own_lifetimes,
	  .help = "a new server for each trial, or one for the lab" },
	{ .name = "connections",
	  .type = OPT_COUNT,
	  AT(own.connections),
	  .arg = "N",
	  .min = 1,
	  .max = 100000,
	  .help = "how many connections your client makes, for its "
		  "{connections}; fewer are a failure" },
	{ .name = "deadline",
	  .type = OPT_DURATION,
	  AT(own.deadline_ns),
	  .arg = "TIME",
	  .help = "how long your client may take, and your server to listen; "
		  "10s unless said otherwise" },
	{ .name = "user",
	  .type = OPT_STRING,
	  AT(own.user),
	  .arg = "NAME",
	  .help = "who runs your programs, when rstlab is run by root; who "
		  "called sudo, or nobody, unless said otherwise" },
	{ .name = "param",
	  .letter = 'p',
	  .type = OPT_LIST,
	  AT(params),
	  .arg = "K=V[,V...]",
	  .help = "vary a property of every topology, in every combination "
		  "with the others; may be given again; `rstlab list params` "
		  "shows which" },
	OPT_ROW_TRIALS(
		AT(trials), 1, TRIALS_MAX,
		"trials of each workload in each topology (50 unless said "
		"otherwise)"),
	OPT_ROW_SEED(
		AT(seed),
		"; the same seed gives the same order; a random one unless "
		"said otherwise"),
	{ .name = "max-time",
	  .type = OPT_DURATION,
	  AT(max_time_ns),
	  .arg = "TIME",
	  .help = "stop after the block in which TIME is over, such as 30s or "
		  "5m; exit status 5" },
	OPT_ROW_RUN_DIRECTORY(AT(output)),
	OPT_ROW_JSON(
		AT(json),
		"print one JSON document (rstlab.run/1) instead of the table, "
		"also when something fails (rstlab.error/1)"),
	{ .name = "snap",
	  .type = OPT_COUNT,
	  AT(snap_bytes),
	  .arg = "BYTES",
	  .min = LIVE_SNAP_BYTES,
	  .max = LIVE_SNAP_BYTES_MAX,
	  .help = "capture so much of each frame: 256, and of programs of one's "
		  "own 2048, for `rstlab explain` to read what they said" },
	{ .name = "evidence",
	  .type = OPT_CHOICE,
	  AT(evidence),
	  .arg = "LEVEL",
	  .choices = evidence_names,
	  .help = "how much is gathered, for measuring changes a race: full; "
		  "light leaves out what the kernel tells; silent captures "
		  "nothing, and the counters alone say what was reset" },
	{ .name = "observer-check",
	  .type = OPT_FLAG,
	  AT(observer_check),
	  .help = "between the trials, run as many that nothing watches, and "
		  "say by how much measuring changed the rates" },
	{ .name = "no-files",
	  .type = OPT_FLAG,
	  AT(no_files),
	  .help = "analyse the captures, but write no pcapng files" },
	OPT_ROW_QUIET(AT(quiet), "progress and no talk"),
	OPT_ROW_COLOR(AT(color)),
	OPT_ROW_PROGRESS(AT(progress)),
	{ .name = NULL },
};

static const struct example run_examples[] = {
	{ "rstlab",
	  "the usual workloads in the usual topologies, 50 trials each" },
	{ "rstlab run -t host,'docker-*' -w unread-close,linger0 -n 200",
	  "two workloads, on the host and in all Docker set-ups" },
	{ "rstlab run -t vm-bridged -p cpus=1,2 -p delay=0,2ms",
	  "four variants of one network, as rows of one table" },
	{ "rstlab run --server './server {port}' --client './client {address}'",
	  "your own programs" },
	{ "rstlab run -t ./my-lab.yaml -w late-data --json >result.json",
	  "a topology of your own, the result for a program" },
	{ "rstlab run founding",
	  "a plan: what it runs, beside what was published of it" },
	{ "rstlab run --seed 7341 -n 50", "the order of an earlier run again" },
	{ .command = NULL },
};

/* Everything of one run of the verb, with its end in one place. */
struct session {
	const struct run_options *options;
	struct selection selection;
	struct named_plan plan;			       /* .name NULL: none */
	struct opt_list topologies, workloads, params; /* of the plan */
	struct text command;
	struct undo undo;
	char id[RUNDIR_ID_MAX];
	char *dir, *libexec;
	bool *left_out;
	struct text runtimes, kept_plan; /* as run_request has them */
	struct job job;
};

static void session_done(struct session *s)
{
	inside_free(s->job.result, sizeof(*s->job.result));
	selection_done(&s->selection);
	named_plan_done(&s->plan);
	plans_words_done(&s->topologies);
	plans_words_done(&s->workloads);
	plans_words_done(&s->params);
	text_done(&s->command);
	free(s->dir);
	free(s->libexec);
	free(s->left_out);
	text_done(&s->runtimes);
	text_done(&s->kept_plan);
}
#define own_session OWN(session_done)

static int add_own(struct session *s, struct err *e)
{
	own_workload struct workload w = { .name = NULL };
	const int r = own_make(&s->options->own, &w, e);

	return r < 0 ? r : selection_add_workload(&s->selection, &w, e);
}

/* A plan says what the options do not. */
static int load_plan(struct session *s, const struct call *c, struct err *e)
{
	struct named_plan *p = &s->plan;
	int r;

	if (!c->n_operands)
		return 0;
	r = plans_find(p, c->operands[0], e);
	if (r == 0)
		r = plans_words(&p->topologies, false, &s->topologies, e);
	if (r == 0)
		r = plans_words(&p->workloads, false, &s->workloads, e);
	if (r == 0)
		r = plans_words(&p->params, true, &s->params, e);
	if (r == 0)
		r = plans_json(p, &s->kept_plan, e);
	return r;
}

/* What was given, else what the plan says. */
static const struct opt_list *given(const struct opt_list *option,
				    const struct opt_list *of_plan)
{
	return option->n ? option : of_plan;
}

static int load(struct session *s, struct err *e)
{
	const struct run_options *o = s->options;
	const bool own = own_wanted(&o->own);
	const struct opt_list *t = given(&o->topologies, &s->topologies);
	const struct opt_list *w = given(&o->workloads, &s->workloads);
	const struct opt_list *p = given(&o->params, &s->params);
	own_mem const char **topologies = request_words(t);
	own_mem const char **workloads = request_words(w);
	int r;

	if (!topologies || !workloads)
		return err_no_memory(e);
	if (own && w->n == 0)
		workloads[0] = NULL;
	r = selection_load(&s->selection, topologies, workloads, e);
	if (r == 0 && own)
		r = add_own(s, e);
	if (r < 0)
		return r;
	if (t->n == 0)
		selection_keep_default_topologies(&s->selection);
	if (w->n == 0 && !own)
		selection_keep_default_workloads(&s->selection);
	return selection_vary(&s->selection, (const char *const *)p->items,
			      p->n, e);
}

static uint32_t trials_of(const struct session *s)
{
	if (s->options->trials)
		return s->options->trials;
	return s->plan.trials ? s->plan.trials : TRIALS_DEFAULT;
}

/* What is left out is said also to who wants to be told nothing else. */
static void tell_runtimes(const struct session *s, const char *notes)
{
	while (*notes) {
		const size_t n = strcspn(notes, "\n");

		if (!s->options->quiet ||
		    memmem(notes, n, " is left out: ", 14))
			fprintf(stderr, "rstlab: %.*s\n", (int)n, notes);
		notes += n + 1;
	}
}

static int look_for_runtimes(struct session *s, struct err *e)
{
	own_text struct text notes = { .s = NULL };
	const int r = runtime_look(&s->selection, s->libexec, &notes,
				   &s->runtimes, &s->left_out, e);

	tell_runtimes(s, text_str(&notes));
	return r < 0 ? r : certificate_make(&s->selection, e);
}

static int prepare(struct session *s, const struct call *c, struct err *e)
{
	const struct run_options *o = s->options;
	struct run_request *q = &s->job.request;
	int r;

	request_command(&s->command, c->argv);
	if (o->observer_check && o->evidence == EVIDENCE_SILENT)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--observer-check compares with silent trials: "
			       "leave out --evidence silent");
	r = load_plan(s, c, e);
	if (r == 0)
		r = load(s, e);
	if (r == 0)
		r = request_seed(&o->seed, &q->seed, e);
	if (r == 0)
		r = request_probes(&s->libexec, e);
	if (r == 0)
		r = look_for_runtimes(s, e);
	if (r < 0)
		return r;
	q->left_out = s->left_out;
	q->runtimes = text_str(&s->runtimes);
	q->plan = s->kept_plan.n ? text_str(&s->kept_plan) : NULL;
	q->topologies = s->selection.topologies;
	q->n_topologies = s->selection.n_topologies;
	q->workloads = s->selection.workloads;
	q->n_workloads = s->selection.n_workloads;
	q->trials = trials_of(s);
	q->max_time_ns = o->max_time_ns;
	q->command = text_str(&s->command);
	q->libexec = s->libexec;
	q->no_files = o->no_files;
	q->evidence = (enum evidence_level)o->evidence;
	q->observer_check = o->observer_check;
	q->snap_bytes = o->snap_bytes;
	s->job.progress = (enum progress_mode)o->progress;
	s->job.quiet = o->quiet;
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
	if (r < 0)
		return r;
	q->dir = s->dir;
	q->id = s->id;
	return 0;
}

static void tell_plan(const struct session *s)
{
	const struct run_request *q = &s->job.request;
	const size_t names = s->selection.n_names;
	own_text struct text t = { .s = NULL };

	if (s->options->quiet)
		return;
	text_addf(&t, "%zu topolog%s", names, names == 1 ? "y" : "ies");
	if (q->n_topologies > names)
		text_addf(&t, " in %zu variants", q->n_topologies);
	fprintf(stderr,
		"rstlab: %s, %zu workload%s, %" PRIu32
		" trial%s each, seed %" PRIu64 "\n",
		text_str(&t), q->n_workloads, q->n_workloads == 1 ? "" : "s",
		q->trials, q->trials == 1 ? "" : "s", q->seed);
}

static int print_summary(const struct session *s, const struct summary *summary,
			 struct err *e)
{
	const struct run_options *o = s->options;
	const struct report *report = report_named(o->json ? "json" : "table");
	const struct report_options ro = {
		.color = terminal_color((enum terminal_color)o->color, stdout),
		.columns = terminal_columns(stdout),
		.dir = s->dir,
	};
	const int r = report->write(summary, &ro, stdout, e);

	(void)fflush(stdout);
	return r;
}

static int print_result(const struct session *s, struct err *e)
{
	own_summary struct summary *summary = NULL;
	const int r = summary_read(s->dir, &summary, e);

	return r < 0 ? r : print_summary(s, summary, e);
}

static void tell_where(const struct session *s)
{
	const char *name = s->options->output ? s->dir : "latest";

	if (s->options->quiet)
		return;
	fprintf(stderr,
		"Saved %s%s\n  again   rstlab report %s --format markdown\n"
		"  why     rstlab explain %s\n",
		s->dir, s->options->output ? "" : " (latest)", name, name);
}

/* What the reader can do about it, beside what is stored as the reason. */
static const char *advice(const struct err *e)
{
	return e->code == ENOSPC || e->code == EDQUOT
		       ? ": make room, or choose another place with -o"
		       : "";
}

/* Nothing was measured: the directory goes, and the reason stays. */
static int nothing_measured(const struct session *s, int status, struct err *e)
{
	undo_run(&s->undo, s->dir);
	if (status < 0) {
		(void)strncat(e->text, advice(e),
			      sizeof(e->text) - strlen(e->text) - 1);
		return status;
	}
	(void)err_set(e, ERR_SYSTEM, EINTR,
		      "ended before the first trial; nothing was saved");
	fprintf(stderr, "rstlab: %s\n", e->text);
	if (s->options->json)
		report_json_error(stdout, e, NULL, status);
	return status;
}

/* It failed half-way because of @e: what is stored is worth as much as that of
 * an interrupted run.  The last block may be gone, and with it every trial. */
static int failed_half_way(const struct session *s, struct err *e)
{
	own_summary struct summary *summary = NULL;
	const int status = err_exit_status(e);
	struct err why = { .code = 0 };
	int r = summary_read(s->dir, &summary, &why);

	if (r == 0 && !summary->trials)
		return nothing_measured(s, -e->code, e);
	fprintf(stderr, "rstlab: %s%s\n", e->text, advice(e));
	if (r == 0) {
		if (!summary->stopped)
			summary->stopped = strdup(e->text);
		r = print_summary(s, summary, &why);
	} else if (s->options->json) {
		report_json_error(stdout, e, NULL, status);
	}
	if (r < 0)
		fprintf(stderr, "rstlab: %s\n", why.text);
	tell_where(s);
	return status;
}

/* @r: what job_run() returned */
static int conclude(const struct session *s, int r, struct err *e)
{
	const struct job_result *result = s->job.result;
	int printed;

	if (result->done == 0)
		return nothing_measured(s, r == 0 ? 5 : r, e);
	if (r < 0)
		return failed_half_way(s, e);
	printed = print_result(s, e);
	if (printed == 0 && r == 0)
		r = job_status(result);
	else if (r > 0)
		fputs("rstlab: killed; the result holds the blocks that were "
		      "complete\n",
		      stderr);
	tell_where(s);
	return printed < 0 ? printed : r;
}

static int run_run(const struct call *c, struct err *e)
{
	own_session struct session s = { .options = c->options };
	int r = prepare(&s, c, e);

	if (r == 0)
		r = make_dir(&s, e);
	if (r < 0)
		return r;
	tell_plan(&s);
	r = job_run(&s.job, e);
	return conclude(&s, r, e);
}

const struct verb verb_run = {
	.name = "run",
	.operands = "[PLAN]",
	.summary = "run workloads in topologies and measure their resets",
	.about =
		"Builds all the topologies, runs the trials in random order, "
		"captures every segment in every node, and prints how often a "
		"connection was reset, with a 95 % Wilson interval, and who "
		"sent the first RST. What the captures show is checked against "
		"the kernel's own count.\n"
		"\n"
		"Ctrl-C ends the run after the block of trials at hand; what "
		"was measured until then is kept and printed. Once more ends "
		"it at once.\n"
		"\n"
		"A PLAN names topologies, workloads and parameters, and what "
		"others have published about the same, which then stands "
		"beside what was measured; options say it otherwise. `rstlab "
		"list plans` shows which there are.\n"
		"\n"
		"Names are looked for in `$RSTLAB_PATH` and in the installed "
		"data; `rstlab list` shows them. A word with a slash, or "
		"ending in .yaml, is a file.",
	.examples = run_examples,
	.opts = run_opts,
	.options_size = sizeof(struct run_options),
	.defaults = &run_defaults,
	.max_operands = 1,
	.words = WORDS_PLANS,
	.run = run_run,
};
