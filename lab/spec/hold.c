/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/hold.h"

#include <stdio.h>
#include <string.h>

static bool looks(const struct script *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].id == STEP_HOLD ||
		    s->steps[i].id == STEP_WAIT_FORGOTTEN)
			return true;
	return false;
}

bool hold_wanted(const struct workload *w)
{
	return w->states || looks(&w->scripts[SIDE_CLIENT]) ||
	       looks(&w->scripts[SIDE_SERVER]);
}

const char *hold_name(const struct workload *w, int64_t number,
		      char buf[HOLD_NAME_MAX])
{
	const struct script *s = &w->scripts[SIDE_CLIENT];
	char *const *lines = w->steps_text[SIDE_CLIENT].items;

	(void)snprintf(buf, HOLD_NAME_MAX, "?");
	for (size_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].id == STEP_HOLD && s->steps[i].number == number)
			(void)sscanf(lines[i], "%*s %63s", buf);
	return buf;
}
