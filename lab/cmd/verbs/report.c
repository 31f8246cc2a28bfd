/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/report.h"

#include "lab/cmd/opt-rows.h"
#include "lab/cmd/request.h"
#include "lab/cmd/terminal.h"
#include "lab/cmd/verb.h"
#include "lab/run/rundir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct report_verb_options {
	int format; /* index into request_formats() */
	bool connections, states, app, causes;
	const char *output;
	int color;
};

#define AT(member) .offset = offsetof(struct report_verb_options, member)

static const struct opt report_opts[] = {
	OPT_ROW_FORMAT(AT(format), request_formats,
		       "the form, the first of these unless said otherwise"),
	{ .name = "connections",
	  .type = OPT_FLAG,
	  AT(connections),
	  .help = "csv: one row for each connection, not for each cell" },
	{ .name = "states",
	  .type = OPT_FLAG,
	  AT(states),
	  .help = "table, csv: the sockets of both ends at each hold and after "
		  "the end, as ss shows them" },
	{ .name = "app",
	  .type = OPT_FLAG,
	  AT(app),
	  .help = "table, csv: what the programs saw beside what was on the "
		  "wire" },
	{ .name = "causes",
	  .type = OPT_FLAG,
	  AT(causes),
	  .help = "table, csv: why connections were reset, topology by "
		  "topology" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPT_STRING,
	  AT(output),
	  .arg = "FILE",
	  .words = WORDS_FILES,
	  .help = "write to FILE instead of standard output" },
	OPT_ROW_COLOR(AT(color)),
	{ .name = NULL },
};

static const struct example report_examples[] = {
	{ "rstlab report latest --format markdown",
	  "the newest run, ready to paste into an issue" },
	{ "rstlab report latest --format csv --connections -o all.csv",
	  "every connection of it, one row each" },
	{ "rstlab report latest --states",
	  "what ss would have shown while a workload held its sockets" },
	{ .command = NULL },
};

struct target {
	const char *path; /* for messages */
	const char *open; /* what is written */
};

static int write_to(const struct target *to, const struct report *report,
		    const struct summary *s, const struct report_options *ro,
		    struct err *e)
{
	FILE *f = fopen(to->open, "we");
	bool failed;
	int r;

	if (!f)
		return err_set(e, ERR_INPUT, errno, "cannot write '%s': %s",
			       to->path, strerror(errno));
	r = report->write(s, ro, f, e);
	failed = ferror(f) != 0;
	failed |= fclose(f) != 0;
	if (r == 0 && failed)
		return err_errno(e, "cannot write '%s'", to->path);
	return r;
}

/* A mask can be read only by setting another. */
static mode_t file_mask(void)
{
	const mode_t mask = umask(022);

	(void)umask(mask);
	return mask;
}

/* Through a file beside it: a reader never meets half a report, and a full
 * disk does not cost the old one.  A device or pipe is written directly. */
static int write_file(const struct report *report, const struct summary *s,
		      const struct report_options *ro, const char *path,
		      struct err *e)
{
	struct target to = { .path = path, .open = path };
	own_mem char *half = NULL;
	own_fd int fd = -1;
	struct stat st;
	int r;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_to(&to, report, s, ro, e);
	if (asprintf(&half, "%s.XXXXXX", path) < 0) {
		half = NULL;
		return err_no_memory(e);
	}
	fd = mkostemp(half, O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_INPUT, errno, "cannot write '%s': %s",
			       path, strerror(errno));
	(void)fchmod(fd, 0666 & ~file_mask());
	to.open = half;
	r = write_to(&to, report, s, ro, e);
	if (r == 0 && rename(half, path) < 0)
		r = err_errno(e, "cannot write '%s'", path);
	if (r < 0)
		(void)unlink(half);
	return r;
}

static bool shows_parts(const char *format)
{
	return !strcmp(format, "table") || !strcmp(format, "csv") ||
	       !strcmp(format, "json");
}

static int check_options(const struct report_verb_options *o, struct err *e)
{
	if (o->connections && strcmp(reports[o->format]->name, "csv") != 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--connections goes with --format csv");
	if (o->connections + o->states + o->app + o->causes > 1)
		return err_set(
			e, ERR_INPUT, EINVAL,
			"--connections, --states, --app and --causes are "
			"four reports: choose one");
	if ((o->states || o->app || o->causes) &&
	    !shows_parts(reports[o->format]->name))
		return err_set(e, ERR_INPUT, EINVAL,
			       "%s goes with --format table, csv or json",
			       o->states ? "--states"
			       : o->app	 ? "--app"
					 : "--causes");
	return 0;
}

static int report_run(const struct call *c, struct err *e)
{
	const struct report_verb_options *o = c->options;
	own_summary struct summary *s = NULL;
	own_mem char *dir = NULL;
	struct report_options ro;
	int r = check_options(o, e);

	if (r == 0)
		r = rundir_find(c->n_operands ? c->operands[0] : "latest", &dir,
				e);
	if (r == 0)
		r = summary_read(dir, &s, e);
	if (r < 0)
		return r;
	ro = (struct report_options){
		.color = o->output ? o->color == COLOR_ALWAYS
				   : terminal_color(o->color, stdout),
		.connections = o->connections,
		.states = o->states,
		.app = o->app,
		.causes = o->causes,
		.columns = o->output ? 0 : terminal_columns(stdout),
		.dir = dir,
	};
	r = o->output ? write_file(reports[o->format], s, &ro, o->output, e)
		      : reports[o->format]->write(s, &ro, stdout, e);
	if (r < 0)
		return r;
	if (!s->complete)
		fprintf(stderr, "rstlab: this run is incomplete: %s\n",
			s->stopped ? s->stopped
				   : "it ended without saying why (killed, or "
				     "the disk was full)");
	return s->complete ? 0 : 5;
}

const struct verb verb_report = {
	.name = "report",
	.operands = "[RUN]",
	.summary = "print the result of a run again, in any format",
	.about = "RUN is a directory that rstlab wrote, the name of one below "
		 "./rstlab-runs, or `latest`, which is also meant when none is "
		 "named. Nothing is measured anew, and no rights are needed. "
		 "The exit status is 5 when the run did not get to its end.",
	.examples = report_examples,
	.opts = report_opts,
	.options_size = sizeof(struct report_verb_options),
	.max_operands = 1,
	.words = WORDS_RUNS,
	.run = report_run,
};
