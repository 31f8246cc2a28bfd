/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/outcome.h"

const char *const outcome_names[OUTCOMES] = {
	[OUTCOME_CLEAN] = "clean",
	[OUTCOME_RESET] = "reset",
	[OUTCOME_OTHER] = "other",
	[OUTCOME_INVALID] = "invalid",
};
