/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/side.h"

#include "lab/base/own.h"

#include <assert.h>

const char *const side_names[] = {
	[SIDE_CLIENT] = "client",
	[SIDE_SERVER] = "server",
};
static_assert(ARRAY_SIZE(side_names) == SIDES, "a name for each");
