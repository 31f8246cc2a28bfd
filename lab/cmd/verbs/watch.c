/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/request.h"
#include "lab/cmd/session.h"

#include <errno.h>

enum { CONNECTIONS_DEFAULT = 20000 };

static const struct import_options watch_defaults = {
	.no_store = true,
	.connections_max = CONNECTIONS_DEFAULT,
};

#define AT(member) .offset = offsetof(struct import_options, member)

static const struct opt watch_opts[] = {
	{ .name = "interface",
	  .letter = 'i',
	  .type = OPT_STRING,
	  AT(interface),
	  .arg = "NAME",
	  .help = "the interface, or any" },
	OPT_ROW_PORT(AT(port)),
	OPT_ROW_AS(AT(as)),
	OPT_ROW_FILTER(AT(filter), "capture only what"),
	OPT_ROW_BESIDE(AT(beside)),
	{ .name = "connections",
	  .type = OPT_COUNT,
	  AT(connections_max),
	  .arg = "N",
	  .min = 100,
	  .max = 100000000,
	  .help = "follow so many at a time (20000 unless said otherwise); "
		  "beyond, those that were silent longest are given up" },
	OPT_ROW_FORMAT(
		AT(format), request_formats,
		"the form; csv has a row for each connection, soon after it "
		"has ended"),
	OPT_ROW_JSON(AT(json),
		     "the same as --format json (rstlab.run/1), and a document "
		     "also when something fails (rstlab.error/1)"),
	OPT_ROW_QUIET(AT(quiet), "talk"),
	OPT_ROW_COLOR(AT(color)),
	{ .name = NULL },
};

static const struct example watch_examples[] = {
	{ "sudo rstlab watch -i eth0 --port 443",
	  "how often are these reset, and why?  Ctrl-C prints the table" },
	{ "sudo rstlab watch -i any -f csv | grep rst-ack",
	  "a row for each connection, soon after it has ended" },
	{ .command = NULL },
};

static int watch_run(const struct call *c, struct err *e)
{
	const struct import_options *o = c->options;

	if (!o->interface)
		return err_set(e, ERR_INPUT, EINVAL,
			       "name an interface: rstlab watch -i NAME");
	return session_run(c, e);
}

const struct verb verb_watch = {
	.name = "watch",
	.operands = "",
	.summary = "judge the connections of a running interface",
	.about = "Captures on an interface until Ctrl-C, and then prints what "
		 "`rstlab import` prints of a file; with --format csv each "
		 "connection when it has ended. Memory is bounded however long "
		 "it runs: what was not followed to its end is counted apart. "
		 "Nothing is stored.\n"
		 "\n"
		 "Needs root or CAP_NET_RAW to begin; packets are read by a "
		 "process without rights.",
	.examples = watch_examples,
	.opts = watch_opts,
	.options_size = sizeof(struct import_options),
	.defaults = &watch_defaults,
	.run = watch_run,
};
