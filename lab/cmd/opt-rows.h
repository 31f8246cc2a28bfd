/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opt-rows - the options that several verbs have: one row each, so that a
 * letter, a word and a limit mean the same wherever they are met.
 *
 * For a table of struct opt.  @at says where the value goes: each verb defines
 * AT(member) as the offset in its own options.  @text is the whole help.
 */
#ifndef LAB_CMD_OPT_ROWS_H
#define LAB_CMD_OPT_ROWS_H

#include "lab/cmd/progress.h"
#include "lab/cmd/terminal.h"
#include "lab/cmd/verb.h"

/* --- what to run -----------------------------------------------------------
 */

/* @unless: which are meant when none is named */
#define OPT_ROW_TOPOLOGIES(at, unless)                                       \
	{                                                                    \
		.name = "topology", .letter = 't', .type = OPT_LIST, at,     \
		.arg = "LIST", .words = WORDS_TOPOLOGIES,                    \
		.help = "networks: names, globs or files, with commas; may " \
			"be given again; " unless                            \
	}

#define OPT_ROW_WORKLOADS(at, text)                                      \
	{                                                                \
		.name = "workload", .letter = 'w', .type = OPT_LIST, at, \
		.arg = "LIST", .words = WORDS_WORKLOADS, .help = text    \
	}

#define OPT_ROW_TRIALS(at, least, most, text)                           \
	{                                                               \
		.name = "trials", .letter = 'n', .type = OPT_COUNT, at, \
		.arg = "N", .min = least, .max = most, .help = text     \
	}

#define OPT_ROW_SEED(at, rest)                                    \
	{                                                         \
		.name = "seed", .type = OPT_SEED, at, .arg = "N", \
		.help = "the order of the trials" rest            \
	}

/* --- what to read ----------------------------------------------------------
 */

#define OPT_ROW_PORT(at)                                                     \
	{                                                                    \
		.name = "port", .type = OPT_COUNT, at, .arg = "N", .min = 1, \
		.max = UINT16_MAX,                                           \
		.help = "only connections from or to port N"                 \
	}

#define OPT_ROW_FILTER(at, what)                                            \
	{                                                                   \
		.name = "filter", .type = OPT_STRING, at, .arg = "EXPR",    \
		.help = what " EXPR selects, as in tcpdump: pcap-filter(7)" \
	}

#define OPT_ROW_AS(at)                                             \
	{                                                          \
		.name = "as", .type = OPT_STRING, at,              \
		.arg = "NAME[/WORKLOAD]",                          \
		.help = "the name of the row, and of its column; " \
			"imported/capture unless said otherwise"   \
	}

#define OPT_ROW_BESIDE(at)                                                 \
	{                                                                  \
		.name = "beside", .type = OPT_STRING, at, .arg = "RUN",    \
		.words = WORDS_RUNS,                                       \
		.help = "print the rows of RUN too, and say whose causes " \
			"are most like these"                              \
	}

/* --- where the result goes, and in which form ------------------------------
 */

#define OPT_ROW_FORMAT(at, names, text)                                  \
	{                                                                \
		.name = "format", .letter = 'f', .type = OPT_CHOICE, at, \
		.arg = "FORMAT", .choices = names, .help = text          \
	}

#define OPT_ROW_JSON(at, text)                                     \
	{                                                          \
		.name = "json", .type = OPT_FLAG, at, .help = text \
	}

#define OPT_ROW_RUN_DIRECTORY(at)                                        \
	{                                                                \
		.name = "output", .letter = 'o', .type = OPT_STRING, at, \
		.arg = "DIR", .words = WORDS_DIRECTORIES,                \
		.help = "a new or empty directory for the run; "         \
			"./rstlab-runs/ID unless said otherwise"         \
	}

/* --- what else is said -----------------------------------------------------
 */

/* @left_out: "talk", or what besides */
#define OPT_ROW_QUIET(at, left_out)                                            \
	{                                                                      \
		.name = "quiet", .letter = 'q', .type = OPT_FLAG, at,          \
		.help = "no " left_out ", only the result and what went wrong" \
	}

#define OPT_ROW_COLOR(at)                                               \
	{                                                               \
		.name = "color", .type = OPT_CHOICE, at, .arg = "WHEN", \
		.choices = terminal_color_names, .help = "colours"      \
	}

#define OPT_ROW_PROGRESS(at)                                              \
	{                                                                 \
		.name = "progress", .type = OPT_CHOICE, at, .arg = "HOW", \
		.choices = progress_mode_names,                           \
		.help = "how far the run is; lines are one every 10 %"    \
	}

#endif
