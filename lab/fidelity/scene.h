/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scene - run workloads between two namespaces and count what both sides saw.
 */
#ifndef LAB_FIDELITY_SCENE_H
#define LAB_FIDELITY_SCENE_H

#include "lab/base/err.h"
#include "lab/fidelity/behaviour.h"
#include "lab/net/net.h"
#include "lab/spec/workload.h"

struct scene {
	const struct net_node *nodes[SIDES];
	struct ip_endpoint addresses[SIDES]; /* dial, listen */
	const char *libexec;
	const struct workload *workloads;
	size_t n_workloads;
	uint32_t trials; /* of each */
};

/* @ret: by workload, zeroed */
int scene_run(const struct scene *s, struct behaviour *ret, struct err *e);

/* Has one of its steps to be done by the lab, on the network itself? */
bool scene_changes_network(const struct workload *w);

#endif
