/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/session.h"

#include "lab/cmd/import-rows.h"
#include "lab/cmd/imported.h"
#include "lab/cmd/request.h"
#include "lab/cmd/stop.h"
#include "lab/cmd/terminal.h"
#include "lab/import/import.h"
#include "lab/import/tally.h"
#include "lab/report/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

struct session {
	const struct import_options *o;
	const struct report *report;
	struct source_file *files;
	size_t n;
	char *topology, *workload;
	struct text command, capture;
	struct tap *tap;
	struct import *import;
	struct imported kept;
	struct import_rows rows;
	struct tally *tally;
	struct summary *beside;	   /* as asked for, or NULL */
	struct summary *reference; /* otherwise, or NULL */
};

static void session_done(struct session *s)
{
	for (size_t i = 0; s->files && i < s->n; i++) {
		if (s->files[i].fd > STDIN_FILENO)
			(void)close(s->files[i].fd);
		if (s->files[i].copy_fd > 0)
			(void)close(s->files[i].copy_fd);
	}
	free(s->topology);
	free(s->workload);
	text_done(&s->command);
	text_done(&s->capture);
	import_close(s->import);
	tap_close(s->tap);
	imported_done(&s->kept);
	free(s->files);
	import_rows_done(&s->rows);
	free(s->tally);
	summary_free(s->beside);
	summary_free(s->reference);
}
#define own_session OWN(session_done)

static bool is_csv(const struct session *s)
{
	return !strcmp(s->report->name, "csv");
}

/* --- before ----------------------------------------------------------------
 */

static int open_file(struct session *s, const char *path, struct err *e)
{
	const bool standard = !strcmp(path, "-");
	const int fd = standard ? STDIN_FILENO
				: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	for (size_t i = 0; standard && i < s->n; i++)
		if (s->files[i].fd == STDIN_FILENO)
			return err_set(
				e, ERR_INPUT, EINVAL,
				"'-' stands twice: standard input can be "
				"read once");
	if (fd < 0)
		return err_set(e, ERR_INPUT, errno, "cannot read '%s': %s",
			       path, strerror(errno));
	if (standard && isatty(fd))
		return err_set(
			e, ERR_INPUT, ENOTTY,
			"standard input is a terminal; pipe a capture "
			"into it, as in: tcpdump -w - | rstlab import -");
	s->files[s->n++] = (struct source_file){
		.name = standard ? "standard input" : path,
		.fd = fd,
	};
	text_addf(&s->capture, "%s%s", s->n > 1 ? " " : "",
		  s->files[s->n - 1].name);
	return 0;
}

static int open_files(struct session *s, const struct call *c, struct err *e)
{
	int r = 0;

	s->files = calloc(c->n_operands, sizeof(*s->files));
	if (!s->files)
		return err_no_memory(e);
	for (size_t i = 0; r == 0 && i < c->n_operands; i++)
		r = open_file(s, c->operands[i], e);
	s->kept.files = s->files;
	s->kept.n_files = s->n;
	return r;
}

static int open_tap(struct session *s, struct err *e)
{
	const int r = tap_open(&s->tap, s->o->interface, s->o->filter, e);

	text_addf(&s->capture, "of %s", s->o->interface);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (r == 0 && !s->o->quiet)
		fprintf(stderr, "rstlab: watching %s; Ctrl-C ends it\n",
			s->o->interface);
	return r;
}

static bool is_name(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
			     strlen(s);
}

/* NAME or NAME/WORKLOAD */
static int name_cell(struct session *s, struct err *e)
{
	const char *as = s->o->as ? s->o->as : "imported";
	const char *slash = strchr(as, '/');

	s->topology = slash ? strndup(as, (size_t)(slash - as)) : strdup(as);
	s->workload = strdup(slash ? slash + 1 : "capture");
	if (!s->topology || !s->workload)
		return err_no_memory(e);
	if (!is_name(s->topology) || !is_name(s->workload))
		return err_set(e, ERR_INPUT, EINVAL,
			       "--as '%s': a name has letters, digits and -_. "
			       "only, as in mac-dev or mac-dev/late-data",
			       as);
	s->kept.topology = s->rows.topology = s->topology;
	s->kept.workload = s->rows.workload = s->workload;
	return 0;
}

static int check_options(const struct session *s, struct err *e)
{
	const struct import_options *o = s->o;

	if (o->json && o->format && strcmp(s->report->name, "json") != 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--json and --format %s are two forms: choose "
			       "one",
			       reports[o->format]->name);
	if (o->no_store && o->output)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--no-store keeps nothing, so --output has no "
			       "use");
	if (o->beside && is_csv(s))
		return err_set(e, ERR_INPUT, EINVAL,
			       "--beside has no use with --format csv, which "
			       "has rows of connections");
	return 0;
}

static int read_beside(struct session *s, struct err *e)
{
	own_mem char *dir = NULL;
	int r = rundir_find(s->o->beside, &dir, e);

	return r < 0 ? r : summary_read(dir, &s->beside, e);
}

static int prepare(struct session *s, const struct call *c, struct err *e)
{
	int r;

	s->report = s->o->json ? report_named("json") : reports[s->o->format];
	s->rows.out = stdout;
	s->kept.wanted = s->o->output;
	request_command(&s->command, c->argv);
	s->tally = calloc(1, sizeof(*s->tally));
	if (!s->tally)
		return err_no_memory(e);
	r = check_options(s, e);
	if (r == 0)
		r = name_cell(s, e);
	if (r == 0 && s->o->beside)
		r = read_beside(s, e);
	if (r == 0 && !s->o->interface)
		r = open_files(s, c, e);
	/* Opening a pipe may wait, and then a signal ends it; from here on
	 * there is something to print, or to take away again. */
	stop_watch();
	if (r == 0 && s->o->interface)
		r = open_tap(s, e);
	s->kept.command = text_str(&s->command);
	s->kept.capture = text_str(&s->capture);
	for (size_t i = 0; r == 0 && !s->o->no_store && i < s->n; i++)
		if (s->files[i].fd == STDIN_FILENO)
			r = imported_open_copy(&s->kept, &s->files[i].copy_fd,
					       e);
	return r;
}

/* --- while it is read ------------------------------------------------------
 */

static int take(struct session *s, const struct connection *c, struct err *e)
{
	struct judgement j;
	int r = 0;

	judge(c, &j);
	tally_add(s->tally, c, &j);
	if (is_csv(s)) {
		if (!s->rows.n)
			r = import_rows_begin(&s->rows, e);
		if (r == 0)
			r = import_rows_add(&s->rows, c, &j, e);
	}
	if (r == 0 && !s->o->no_store)
		r = imported_keep(&s->kept, c, &j, e);
	return r;
}

static int read_all(struct session *s, struct err *e)
{
	const struct connection *c;
	const struct import_request q = {
		.files = s->files,
		.n = s->n,
		.tap = s->tap,
		.connections_max = s->o->connections_max,
		/* the kernel filters what it captures for us */
		.filter = s->tap ? NULL : s->o->filter,
		.port = (uint16_t)s->o->port,
		.stop = &stop_wanted,
		/* nobody wants them one by one */
		.tally = s->o->no_store && !is_csv(s) ? s->tally : NULL,
	};
	int r = import_open(&s->import, &q, e);

	if (r < 0)
		return r;
	s->kept.import = s->import;
	while ((r = import_next(s->import, &c, e)) > 0) {
		r = take(s, c, e);
		if (r < 0)
			break;
	}
	return r;
}

/* --- after -----------------------------------------------------------------
 */

/* Why there is nothing to tell. */
static int nothing(const struct session *s, struct err *e)
{
	const struct import_totals *t = import_totals(s->import);
	own_text struct text why = { .s = NULL };

	if (import_cut(s->import))
		return err_set(e, ERR_INPUT, ENODATA,
			       "%s; it holds no whole connection's packet",
			       import_cut(s->import));
	if (t->unknown_link)
		text_addf(&why,
			  "; %" PRIu64 " of a link type that is not known here "
			  "(%" PRIu32 ")",
			  t->unknown_link, t->linktype);
	if (t->filtered)
		text_addf(&why, "; %" PRIu64 " not selected by %s", t->filtered,
			  s->o->filter ? "--filter" : "--port");
	if (t->other)
		text_addf(&why, "; %" PRIu64 " not TCP", t->other);
	if (t->truncated)
		text_addf(&why,
			  "; %" PRIu64 " cut by the snap length before the "
			  "header of TCP ends: capture with -s 128 or more",
			  t->truncated);
	if (t->malformed || t->fragments)
		text_addf(&why, "; %" PRIu64 " malformed or fragments",
			  t->malformed + t->fragments);
	if (!t->packets && s->tap)
		return err_set(e, ERR_EMPTY, ENODATA,
			       "no packet was captured on '%s'",
			       s->o->interface);
	if (!t->packets && t->stopped)
		return err_set(e, ERR_EMPTY, ENODATA,
			       "interrupted before a packet of %s had come",
			       text_str(&s->capture));
	if (!t->packets)
		return err_set(e, ERR_EMPTY, ENODATA,
			       "%s is a capture without packets: its filter "
			       "selected nothing, or it ended too soon",
			       text_str(&s->capture));
	return err_set(e, ERR_EMPTY, ENODATA,
		       "%s holds no TCP to analyse: %" PRIu64 " packets%s",
		       text_str(&s->capture), t->packets, text_str(&why));
}

static int print(struct session *s, const char *stopped, struct err *e)
{
	own_summary struct summary *summary = NULL;
	own_text struct text kernel = { .s = NULL };
	const struct tally_names names = {
		.id = s->kept.store ? s->kept.id : "not-stored",
		.tool = PACKAGE_STRING,
		.kernel = (text_addf(&kernel, "capture %s",
				     text_str(&s->capture)),
			   text_str(&kernel)),
		.command = text_str(&s->command),
		.topology = s->topology,
		.workload = s->workload,
		.node = "capture",
	};
	const struct report_options ro = {
		.color = terminal_color((enum terminal_color)s->o->color,
					stdout),
		.columns = terminal_columns(stdout),
		.dir = s->kept.dir,
	};
	int r = tally_summary(s->tally, &names, &summary, e);

	if (r == 0 && s->beside)
		r = tally_stand_beside(summary, s->beside, e);
	if (r < 0)
		return r;
	summary->packets = import_totals(s->import)->packets;
	summary->dropped = import_totals(s->import)->dropped;
	summary->complete = !stopped;
	summary->stopped = stopped ? strdup(stopped) : NULL;
	return s->report->write(summary, &ro, stdout, e);
}

/* The newest run of a lab, unless one was named. */
static int read_reference(struct session *s, struct err *e)
{
	own_mem char *dir = NULL;
	int r = s->beside ? 0 : rundir_newest(summary_is_of_lab, &dir, e);

	return r < 0 || !dir ? r : summary_read(dir, &s->reference, e);
}

/* "host, docker-publish and 3 more" */
static void add_topologies(struct text *t, const struct tally_nearest *n)
{
	for (size_t i = 0; i < n->n && i < TALLY_NEAREST_MAX; i++)
		text_addf(t, "%s%s", i ? ", " : "", n->topologies[i]);
	if (n->n > TALLY_NEAREST_MAX)
		text_addf(t, " and %zu more", n->n - TALLY_NEAREST_MAX);
}

static void print_nearest(const struct tally_nearest *n,
			  const struct summary *of)
{
	own_text struct text names = { .s = NULL };

	if (n->distance > 0.995) {
		fprintf(stderr,
			"closest topology: none; no topology of run %s has a "
			"cause in common with these\n",
			of->id);
		return;
	}
	add_topologies(&names, n);
	fprintf(stderr,
		"closest topology: %s (distance of the causes %.2f, from 0 to "
		"1, in run %s)\n",
		text_str(&names), n->distance, of->id);
	if (n->n > 1)
		fputs("  causes alone do not tell these apart\n", stderr);
}

static void tell_nearest(struct session *s)
{
	own_summary struct summary *mine = NULL;
	const struct tally_names names = {
		.topology = s->topology,
		.workload = s->workload,
	};
	const struct summary *of;
	struct tally_nearest nearest;
	struct err ignored;

	if (tally_summary(s->tally, &names, &mine, &ignored) < 0 ||
	    !mine->cells[0].judged || read_reference(s, &ignored) < 0)
		return;
	of = s->beside ? s->beside : s->reference;
	if (!of) {
		fputs("closest topology: unknown; there is no run of a lab "
		      "here to compare with: rstlab run makes one\n",
		      stderr);
		return;
	}
	tally_nearest(mine, of, &nearest);
	if (nearest.n)
		print_nearest(&nearest, of);
}

static void tell_count(uint64_t n, const char *what)
{
	if (n)
		fprintf(stderr, "  %8" PRIu64 "  %s\n", n, what);
}

static void tell_what_is_left_out(const struct session *s)
{
	const struct import_totals *t = import_totals(s->import);

	if (s->tally->reasons[REASON_NONE] < s->tally->connections)
		fputs("outside of the rate:\n", stderr);
	for (size_t i = REASON_NONE + 1; i < REASONS; i++)
		tell_count(s->tally->reasons[i], reason_texts[i]);
	if (t->truncated || t->malformed || t->fragments || t->unknown_link)
		fputs("packets that were not decoded:\n", stderr);
	if (t->dropped)
		fprintf(stderr,
			"%" PRIu64 " packets were lost by the capture: what "
			"they held is unknown\n",
			t->dropped);
	tell_count(t->truncated, "cut by the snap length within the headers");
	tell_count(t->malformed, "malformed");
	tell_count(t->fragments, "IP fragments whose others were not captured");
	tell_count(t->unknown_link, "of a link type that is not known here");
}

static void talk(struct session *s)
{
	if (s->o->quiet)
		return;
	(void)fflush(stdout);
	tell_what_is_left_out(s);
	tell_nearest(s);
	if (!s->kept.dir)
		return;
	fprintf(stderr,
		"Saved %s%s\n  again   rstlab report %s\n"
		"  why     rstlab explain %s:%s/%s\n",
		s->kept.dir, s->o->output ? "" : " (latest)",
		s->o->output ? s->kept.dir : "latest",
		s->o->output ? s->kept.dir : "latest", s->topology,
		s->workload);
}

static int conclude(struct session *s, struct err *e)
{
	const struct import_totals *t = import_totals(s->import);
	const char *stopped = t->stopped && !s->tap ? "interrupted" : NULL;
	int r;

	if (import_cut(s->import))
		stopped = import_cut(s->import);
	if (!s->tally->connections)
		return nothing(s, e);
	r = imported_finish(&s->kept, stopped, e);
	if (r == 0 && !is_csv(s))
		r = print(s, stopped, e);
	if (r < 0)
		return r;
	talk(s);
	if (stopped)
		fprintf(stderr,
			"rstlab: %s; the result is of what came before\n",
			stopped);
	return stopped ? 5 : 0;
}

/* Ctrl-C is how watching ends. */
int session_run(const struct call *c, struct err *e)
{
	own_session struct session s = { .o = c->options };
	int r = prepare(&s, c, e);

	if (r == 0)
		r = read_all(&s, e);
	return r < 0 ? r : conclude(&s, e);
}
