/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cause/cause.h"

#include "lab/base/own.h"

#include <assert.h>

const struct cause_info cause_infos[] = {
#define CAUSE(id, name, sentence, help, change) \
	[CAUSE_##id] = { name, sentence, help, change },
#include "lab/cause/causes.def"
#undef CAUSE
};
static_assert(ARRAY_SIZE(cause_infos) == CAUSES, "a row for each cause");

const char *const confidence_names[] = { "unknown", "likely", "strong",
					 "certain" };
static_assert(ARRAY_SIZE(confidence_names) == CONFIDENCES,
	      "a word for each confidence");
