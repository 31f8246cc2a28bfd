/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/drawing.h"

const struct drawing drawing_yaml = {
	.name = "yaml",
};
