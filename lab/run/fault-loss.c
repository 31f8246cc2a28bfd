/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  As fault-fin.c, but for whatever comes to one side: a rule of
 * the side's own node drops it.  Server and client may share a node, so the
 * port tells the directions apart, and each side has tables of its own.
 */
#include "lab/run/fault-loss.h"

#include "lab/base/side.h"

#include <assert.h>
#include <stdio.h>

static const struct {
	const char *name, *match;
} losses[] = {
	[FAULT_LOSS_ALL] = { "segments", "" },
	[FAULT_LOSS_ACKS] = { "acks", "tcp flags & (syn | rst) == 0 " },
};
static_assert(sizeof(losses) / sizeof(losses[0]) == FAULT_LOSSES,
	      "one row each");

void fault_loss_rules(enum fault_loss loss, int side, uint16_t port,
		      char ret[FAULT_LOSS_RULES])
{
	(void)snprintf(ret, FAULT_LOSS_RULES,
		       "table inet rstlab-%s-%s {\n"
		       " chain input {\n"
		       "  type filter hook input priority 300;\n"
		       "  tcp %s %u %sdrop\n"
		       " }\n"
		       "}\n",
		       losses[loss].name, side_names[side],
		       side == SIDE_SERVER ? "dport" : "sport", port,
		       losses[loss].match);
}

void fault_loss_end_rules(enum fault_loss loss, int side,
			  char ret[FAULT_LOSS_RULES])
{
	(void)snprintf(ret, FAULT_LOSS_RULES,
		       "delete table inet rstlab-%s-%s\n", losses[loss].name,
		       side_names[side]);
}
