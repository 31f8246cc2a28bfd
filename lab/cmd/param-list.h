/* SPDX-License-Identifier: GPL-2.0-or-later */
/* param-list - what a run can vary, as rows of a listing. */
#ifndef LAB_CMD_PARAM_LIST_H
#define LAB_CMD_PARAM_LIST_H

#include "lab/cmd/listing.h"

/**
 * param_list() - the parameters of topologies, then those of the workloads
 * @l:		with columns for form, help, whether "NODE." may stand before
 *		it, and the workloads that know it
 *
 * A workload file with mistakes has no parameters; `rstlab list workloads`
 * names it.
 */
int param_list(struct listing *l, struct err *e);

#endif
