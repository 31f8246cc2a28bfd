/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/node.h"
#include "lab/cmd/verb.h"

#include <errno.h>
#include <string.h>

static const struct example exec_examples[] = {
	{ "rstlab exec docker-publish host -- nft list ruleset",
	  "the rules of the mirrored Docker host" },
	{ "rstlab exec docker-bridge app -- ip address",
	  "the addresses of the client's container" },
	{ .command = NULL },
};

/* What was typed where a topology or a node belongs. */
static int check_words(const struct call *c, struct err *e)
{
	const char *first = c->operands[0], *second = c->operands[1];

	if (!strcmp(first, "--") || !strcmp(c->operands[-1], "--"))
		return err_set(e, ERR_INPUT, EINVAL,
			       "name a topology before the --: `rstlab exec "
			       "TOPOLOGY NODE -- COMMAND`");
	if (second && *second == '-' && strcmp(second, "--") != 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "'%s' is no node: `rstlab exec %s NODE -- "
			       "COMMAND`; `rstlab exec --help` explains it",
			       second, first);
	return 0;
}

/* TOPOLOGY NODE [--] CMD..., where NODE may be left out before the "--". */
static int exec_run(const struct call *c, struct err *e)
{
	char *const *rest = c->operands + 1;
	const char *node = NULL;
	int r = check_words(c, e);

	if (r < 0)
		return r;
	if (*rest && strcmp(*rest, "--") != 0)
		node = *rest++;
	if (*rest && !strcmp(*rest, "--"))
		rest++;
	if (!*rest)
		return err_set(e, ERR_INPUT, EINVAL,
			       "say what to run: `rstlab exec %s %s -- "
			       "COMMAND`",
			       c->operands[0], node ? node : "NODE");
	return node_program(c->operands[0], node, rest, e);
}

const struct verb verb_exec = {
	.name = "exec",
	.operands = "TOPOLOGY NODE -- COMMAND...",
	.summary = "bring a topology up and run a command in one of its nodes",
	.about = "The exit status is that of the command, or 128 plus the "
		 "signal that ended it; 127 when there is no such command, 126 "
		 "when it cannot be executed. Without a node before the --, it "
		 "is the one where the client runs. When the command ends, "
		 "everything is gone.\n"
		 "\n"
		 "A node is a network and no image: the command sees the files "
		 "of this machine, in a container too, where what it mounts is "
		 "its own. It has the terminal; Ctrl-C ends it, and Ctrl-Z "
		 "does nothing, because a lab cannot be suspended.",
	.examples = exec_examples,
	.min_operands = 1,
	.max_operands = 1000000,
	.missing = "name a topology, a node and a command",
	.stop_at_operand = true,
	.words = WORDS_TOPOLOGIES,
	.run = exec_run,
};
