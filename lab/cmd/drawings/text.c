/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/drawing.h"
#include "lab/cmd/show.h"

const struct drawing drawing_text = {
	.name = "text",
	.topology = show_topology,
	.workload = show_workload,
	.cause = show_cause,
};
