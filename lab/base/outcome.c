/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/outcome.h"

#include "lab/base/own.h"

#include <assert.h>

const char *const outcome_names[] = {
	[OUTCOME_CLEAN] = "clean",
	[OUTCOME_RESET] = "reset",
	[OUTCOME_OTHER] = "other",
	[OUTCOME_INVALID] = "invalid",
};
static_assert(ARRAY_SIZE(outcome_names) == OUTCOMES, "a name for each");
