/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/skip.h"

#include "lab/base/own.h"

#include <stdio.h>
#include <string.h>

/* Of the first step of that name. */
static const char *first_named(const struct script *s, enum step_id id)
{
	for (size_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].id == id)
			return step_named(&s->steps[i]) ?: "";
	return "";
}

/* Why a step has nothing to do here: before and after what it names. */
static const struct {
	enum step_id id;
	const char *before, *after;
} no_rooms[] = {
	{ STEP_FAULT, "no room for the fault ", " here" },
	{ STEP_INJECT, "no room for the segment ", " here" },
	{ STEP_SYSCTL, "no network namespace has a ", " of its own" },
	{ STEP_DIAL_BACK, "the server has no way to the client here", "" },
};

char *skip_reason(const struct script *s, int side, const char *seen)
{
	const size_t n = strcspn(seen, " ");
	char *reason = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(no_rooms); i++) {
		const char *name = step_infos[no_rooms[i].id].name;

		if (strlen(name) != n || strncmp(seen, name, n) != 0)
			continue;
		return asprintf(&reason, "%s%s%s", no_rooms[i].before,
				first_named(s, no_rooms[i].id),
				no_rooms[i].after) < 0
			       ? NULL
			       : reason;
	}
	return asprintf(&reason, "this kernel cannot: %s %s", side_names[side],
			seen) < 0
		       ? NULL
		       : reason;
}

bool skip_says_no_room(const char *seen)
{
	static const char *const errors[] = { "EOPNOTSUPP", "EPROTONOSUPPORT",
					      "ENOPROTOOPT" };
	const char *error = strrchr(seen, ' ');

	for (size_t i = 0; error && i < ARRAY_SIZE(errors); i++)
		if (!strcmp(error + 1, errors[i]))
			return true;
	return false;
}
