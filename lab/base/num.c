/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/num.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const struct {
	const char *suffix;
	int64_t ns;
} units[] = {
	/* largest first, so that printing finds the shortest form */
	{ "h", 3600 * NS_PER_S }, { "m", 60 * NS_PER_S }, { "s", NS_PER_S },
	{ "ms", NS_PER_MS },	  { "us", NS_PER_US },	  { "ns", 1 },
};

/* The number at the start of @text; *@ret_rest is what follows it. */
static bool leading_number(const char *text, int64_t *ret,
			   const char **ret_rest)
{
	const char *digits = text + (*text == '-');
	char *end = NULL;
	long long v;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno)
		return false;
	*ret = v;
	*ret_rest = end;
	return true;
}

bool num_parse(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	const char *rest;
	int64_t v;

	if (!leading_number(text, &v, &rest) || *rest || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

bool num_parse_duration(const char *text, int64_t *ret_ns)
{
	const char *rest;
	int64_t v, ns;

	if (!leading_number(text, &v, &rest) || v < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(rest, units[i].suffix) != 0)
			continue;
		if (__builtin_mul_overflow(v, units[i].ns, &ns))
			return false;
		*ret_ns = ns;
		return true;
	}
	return false; /* a bare number has no unit */
}

const char *num_duration_text(int64_t ns, char *buf)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && (ns == 0 || ns % units[i].ns))
		i++;
	(void)snprintf(buf, 32, "%" PRId64 "%s", ns / units[i].ns,
		       units[i].suffix);
	return buf;
}

const char *num_time_text(int64_t ns, char *buf)
{
	static const struct {
		int64_t ns;
		const char *name;
	} scales[] = { { NS_PER_S, "s" },
		       { NS_PER_MS, "ms" },
		       { NS_PER_US, "us" },
		       { 1, "ns" } };
	size_t i = 0;
	double n;

	while (i < ARRAY_SIZE(scales) - 1 && ns < scales[i].ns)
		i++;
	n = (double)ns / (double)scales[i].ns;
	(void)snprintf(buf, NUM_TIME_BYTES,
		       n < 10 && scales[i].ns > 1 ? "%.1f %s" : "%.0f %s", n,
		       scales[i].name);
	return buf;
}
