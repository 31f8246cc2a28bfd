/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/facts.h"

#include <stddef.h>

const char fact_summary[] =
	"measure how often TCP connections end in RST, who sends it, and where";

const char fact_about[] =
	"rstlab builds small networks out of Linux namespaces that mirror "
	"Docker, virtual-machine and plain-host set-ups, runs a client and a "
	"server in them, captures every segment, and tabulates how often "
	"connections end in RST in each network, with a 95 % confidence "
	"interval and the side that sent the first one.\n"
	"\n"
	"The network of the machine itself is never touched, and nothing is "
	"left behind, however the program ends. Root is not needed where "
	"user namespaces are allowed; `rstlab doctor` tells.\n"
	"\n"
	"Results go to standard output, everything else to standard error.";

const struct fact fact_exit_statuses[] = {
	{ "0", "all went well" },
	{ "1", "a comparison found a difference: `rstlab selftest` and `rstlab "
	       "verify`" },
	{ "2", "the command line or a file is wrong, or names what does not "
	       "exist" },
	{ "3", "this machine cannot do it; `rstlab doctor` says what to fix" },
	{ "4", "nothing matched what was asked for" },
	{ "5", "incomplete: interrupted, or --max-time was over; what was "
	       "measured is kept" },
	{ "6", "inconclusive: a cell has no trial that could be judged" },
	{ "7", "the measurement failed: frames were lost, resets captured and "
	       "counted differ, most trials of a cell are invalid, or a file "
	       "could not be written" },
	{ "70", "a bug in rstlab" },
	{ "128+n", "ended by signal n" },
	{ "any", "`rstlab exec` and `rstlab shell`: that of the command" },
	{ .name = NULL },
};

const struct fact fact_environment[] = {
	{ "RSTLAB_PATH", "directories, separated by colons, searched first for "
			 "topologies/NAME.yaml, workloads/NAME.yaml and "
			 "plans/NAME.yaml" },
	{ "RSTLAB_LIBEXEC", "the directory that holds the probes" },
	{ "NO_COLOR", "when not empty: no colours" },
	{ "CLICOLOR_FORCE", "when not empty and not 0: colours also in a pipe "
			    "or file" },
	{ "TERM", "`dumb`: no colours and no progress bar" },
	{ .name = NULL },
};

const struct fact fact_files[] = {
	{ "rstlab-runs/ID/run.db", "what a run measured, an SQLite database" },
	{ "rstlab-runs/ID/captures/",
	  "every captured frame, one pcapng file for each interface of a node" },
	{ "rstlab-runs/latest", "a link to the newest run" },
	{ .name = NULL },
};
