/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/request.h"
#include "lab/cmd/session.h"

enum { FILES_MAX = 1000 };

#define AT(member) .offset = offsetof(struct import_options, member)

static const struct opt import_opts[] = {
	OPT_ROW_PORT(AT(port)),
	OPT_ROW_AS(AT(as)),
	OPT_ROW_FILTER(AT(filter), "only packets that"),
	OPT_ROW_BESIDE(AT(beside)),
	OPT_ROW_FORMAT(
		AT(format), request_formats,
		"the form; csv has a row for each connection, written when it "
		"has ended"),
	OPT_ROW_JSON(AT(json),
		     "the same as --format json (rstlab.run/1), and a document "
		     "also when something fails (rstlab.error/1)"),
	OPT_ROW_RUN_DIRECTORY(AT(output)),
	{ .name = "no-store",
	  .type = OPT_FLAG,
	  AT(no_store),
	  .help = "keep no run: nothing to report or explain later, and faster "
		  "by far for millions of connections" },
	OPT_ROW_QUIET(AT(quiet), "talk"),
	OPT_ROW_COLOR(AT(color)),
	{ .name = NULL },
};

static const struct example import_examples[] = {
	{ "rstlab import mac.pcapng --port 50051 --as mac-dev",
	  "how often, by whom and why were these connections reset?" },
	{ "rstlab import prod.pcap.zst --beside latest",
	  "the same, as a row above those of the newest run" },
	{ "tcpdump -w - 'tcp port 443' | rstlab import - --no-store -f csv",
	  "a row for each connection, as it ends" },
	{ .command = NULL },
};

const struct verb verb_import = {
	.name = "import",
	.operands = "FILE...",
	.summary = "analyse captures that were made elsewhere",
	.about =
		"FILE is a capture in pcap or pcapng, compressed by gzip or "
		"zstd or not, of any system; - is standard input. Several are "
		"read as one, in the order of time. Connections are followed "
		"and judged as those of a run: the result is a row of a table, "
		"and a run of its own for `rstlab report` and `rstlab "
		"explain`.\n"
		"\n"
		"A rate is of the connections that were seen whole. Those that "
		"were open when the capture began or ended, of which bytes "
		"are missing or only one direction was captured, are counted "
		"apart. Packets alone seldom prove a cause: it says how sure "
		"it is.\n"
		"\n"
		"The file is read by a process without rights that can open "
		"nothing. The exit status is 5 when a file was cut off or "
		"damaged, after the result of what came before; 2 when it is "
		"no capture; 4 when there is nothing in it.",
	.examples = import_examples,
	.opts = import_opts,
	.options_size = sizeof(struct import_options),
	.min_operands = 1,
	.max_operands = FILES_MAX,
	.missing = "name a capture: rstlab import FILE",
	.words = WORDS_FILES,
	.run = session_run,
};
