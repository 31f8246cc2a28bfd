/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/job.h"

#include "lab/base/own.h"
#include "lab/cmd/inside.h"
#include "lab/cmd/stop.h"
#include "lab/store/store.h"

#include <inttypes.h>

struct watcher {
	struct progress progress;
	struct job *job;
};

static void on_progress(const struct run_progress *p, void *arg)
{
	struct watcher *w = arg;

	w->job->result->done = p->done;
	progress_update(&w->progress, p);
}

static void on_note(const char *text, void *arg)
{
	struct watcher *w = arg;

	progress_clear(&w->progress);
	if (!w->job->quiet)
		fprintf(stderr, "rstlab: %s\n", text);
}

static int body(void *arg, struct err *e)
{
	struct job *j = arg;
	struct job_result *result = j->result;
	struct watcher w = { .job = j };
	const struct run_events events = { .progress = on_progress,
					   .note = on_note,
					   .arg = &w };
	int r;

	progress_init(&w.progress, j->quiet ? PROGRESS_NONE : j->progress,
		      stderr);
	r = run_execute(&j->request, &events, &stop_wanted, &result->verdict,
			e);
	progress_clear(&w.progress);
	if (r < 0) {
		struct err ignored;

		if (result->done)
			(void)store_note_stop(j->request.dir, e->text,
					      &ignored);
		return r;
	}
	(void)snprintf(result->stopped, sizeof(result->stopped), "%s",
		       result->verdict.stopped ? result->verdict.stopped : "");
	result->finished = true;
	return 0;
}

int job_run(struct job *j, struct err *e)
{
	int r;

	stop_watch(); /* what comes before the child is there goes to it, too */
	r = inside_run(body, j, e);
	stop_unwatch();

	/* Killed with the bar on the screen: it must not stay there. */
	if (r > 0 && !j->quiet) {
		struct progress p;

		progress_init(&p, j->progress, stderr);
		p.shown = true;
		progress_clear(&p);
	}
	return r;
}

static void reason(int *status, int worse, const char *text)
{
	fprintf(stderr, "rstlab: %s (exit status %d)\n", text, worse);
	if (worse > *status)
		*status = worse;
}

int job_checks(const struct job_result *r)
{
	const struct run_verdict *v = &r->verdict;
	int status = 0;

	if (!v->complete)
		reason(&status, 5,
		       *r->stopped ? r->stopped : "not all trials ran");
	if (v->undecoded)
		reason(&status, 7,
		       "the capture holds TCP frames that cannot be read");
	if (v->dropped)
		reason(&status, 7,
		       "the capture lost frames, so no cell counts as clean");
	if (!v->balanced)
		reason(&status, 7,
		       "the resets captured are not those that the kernel "
		       "counted, see the books");
	return status;
}

int job_status(const struct job_result *r)
{
	const struct run_verdict *v = &r->verdict;
	int status = job_checks(r);

	if (v->trials && !v->judged)
		reason(&status, 6,
		       "no trial could be judged, so there is no rate");
	else if (v->cells_unjudged)
		reason(&status, 6,
		       "some cells have no trial that could be judged, see the "
		       "marks in the table");
	if (v->cells_invalid)
		reason(&status, 7,
		       "in some cells the measurement broke in most trials");
	else if (v->invalid)
		fprintf(stderr,
			"rstlab: %" PRIu64 " of %" PRIu64
			" trials are invalid: their measurement broke, and no "
			"rate counts them\n",
			v->invalid, v->trials);
	return status;
}
