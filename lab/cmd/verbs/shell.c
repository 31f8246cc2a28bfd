/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/node.h"
#include "lab/cmd/verb.h"

static const struct example shell_examples[] = {
	{ "rstlab shell docker-bridge", "a shell where the client runs" },
	{ "rstlab shell docker-publish host",
	  "a shell on the mirrored Docker host: try `nft list ruleset`" },
	{ .command = NULL },
};

static int shell_run(const struct call *c, struct err *e)
{
	return node_program(c->operands[0], c->operands[1], NULL, e);
}

const struct verb verb_shell = {
	.name = "shell",
	.operands = "TOPOLOGY [NODE]",
	.summary = "bring a topology up and open a shell in one of its nodes",
	.about = "The node is the one where the client runs, unless another is "
		 "named. A shell in a container has the rights that Docker "
		 "leaves a container, and sees the files of this machine. "
		 "Leave the shell, and everything is gone.",
	.examples = shell_examples,
	.min_operands = 1,
	.max_operands = 2,
	.missing = "name a topology",
	.words = WORDS_TOPOLOGIES,
	.run = shell_run,
};
