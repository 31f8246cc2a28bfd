/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/session.h"
#include "lab/cmd/terminal.h"

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
	{ .name = "port",
	  .type = OPT_COUNT,
	  AT(port),
	  .arg = "N",
	  .min = 1,
	  .max = UINT16_MAX,
	  .help = "only connections from or to port N" },
	{ .name = "as",
	  .type = OPT_STRING,
	  AT(as),
	  .arg = "NAME[/WORKLOAD]",
	  .help = "the name of the row, and of its column; imported/capture "
		  "unless said otherwise" },
	{ .name = "filter",
	  .type = OPT_STRING,
	  AT(filter),
	  .arg = "EXPR",
	  .help = "capture only what EXPR selects, as in tcpdump: "
		  "pcap-filter(7)" },
	{ .name = "beside",
	  .type = OPT_STRING,
	  AT(beside),
	  .arg = "RUN",
	  .words = WORDS_RUNS,
	  .help = "print the rows of RUN too, and say whose causes are most "
		  "like these" },
	{ .name = "connections",
	  .type = OPT_COUNT,
	  AT(connections_max),
	  .arg = "N",
	  .min = 100,
	  .max = 100000000,
	  .help = "follow so many at a time (20000 unless said otherwise); "
		  "beyond, those that were silent longest are given up" },
	{ .name = "format",
	  .letter = 'f',
	  .type = OPT_CHOICE,
	  AT(format),
	  .arg = "FORMAT",
	  .choices = session_formats,
	  .help = "the form; csv has a row for each connection, soon after it "
		  "has ended" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  AT(json),
	  .help = "the same as --format json (rstlab.run/1), and a document "
		  "also when something fails (rstlab.error/1)" },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = OPT_FLAG,
	  AT(quiet),
	  .help = "no talk, only the result and what went wrong" },
	{ .name = "color",
	  .type = OPT_CHOICE,
	  AT(color),
	  .arg = "WHEN",
	  .choices = terminal_color_names,
	  .help = "colours" },
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
