/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/node.h"
#include "lab/cmd/verb.h"

#include <errno.h>
#include <string.h>

static const struct example exec_examples[] = {
	{ "rstlab exec docker-publish host -- nft list ruleset",
	  "the rules of the mirrored Docker host" },
	{ "rstlab exec docker-bridge client -- ip address",
	  "the addresses of the client's container" },
	{ .command = NULL },
};

/* TOPOLOGY NODE [--] CMD..., where NODE may be left out before the "--". */
static int exec_run(const struct call *c, struct err *e)
{
	char *const *rest = c->operands + 1;
	const char *node = NULL;

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
		 "signal that ended it. Without a node before the --, it is "
		 "the one where the client runs. When the command ends, "
		 "everything is gone.",
	.examples = exec_examples,
	.min_operands = 1,
	.max_operands = 1000000,
	.missing = "name a topology, a node and a command",
	.stop_at_operand = true,
	.words = WORDS_TOPOLOGIES,
	.run = exec_run,
};
