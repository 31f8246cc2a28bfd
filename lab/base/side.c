/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/side.h"

const char *const side_names[SIDES] = {
	[SIDE_CLIENT] = "client",
	[SIDE_SERVER] = "server",
};
