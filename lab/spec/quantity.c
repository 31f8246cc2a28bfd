/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/quantity.h"

#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/base/own.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	PPM_PER_PERCENT = 10000,
	FRACTION_DIGITS = 6, /* after the point, at most */
	FRACTION_ONE = 1000000,
	WHOLE_DIGITS = 12, /* before it */
};

#define DELAY_MAX_NS (60 * NS_PER_S)
#define RATE_MAX_BPS UINT64_C(1000000000000)

static const struct {
	const char *suffix;
	uint64_t bps;
} units[] = {
	/* largest first, so that printing finds the shortest form */
	{ "gbit", 1000000000 },
	{ "mbit", 1000000 },
	{ "kbit", 1000 },
	{ "bit", 1 },
};

static size_t digits_at(const char *s)
{
	return strspn(s, "0123456789");
}

/* "12.5REST" -> 12500000 millionths and "REST". */
static bool decimal(const char *text, uint64_t *ret, const char **ret_rest)
{
	const size_t whole = digits_at(text);
	uint64_t v = 0, scale = FRACTION_ONE;
	size_t fraction = 0;

	if (!whole || whole > WHOLE_DIGITS)
		return false;
	for (size_t i = 0; i < whole; i++)
		v = 10 * v + (uint64_t)(text[i] - '0');
	v *= FRACTION_ONE;
	text += whole;
	if (*text == '.') {
		fraction = digits_at(++text);
		if (!fraction || fraction > FRACTION_DIGITS)
			return false;
	}
	for (size_t i = 0; i < fraction; i++) {
		scale /= 10;
		v += scale * (uint64_t)(text[i] - '0');
	}
	*ret = v;
	*ret_rest = text + fraction;
	return true;
}

const char *quantity_parse_share(const char *text, void *slot)
{
	static const char form[] = "a share from 0% to 100% in steps of "
				   "0.0001%, such as 0.5%";
	const uint64_t step = FRACTION_ONE / PPM_PER_PERCENT;
	const char *rest;
	uint64_t v;

	if (!decimal(text, &v, &rest))
		return form;
	if (strcmp(rest, "%") != 0 && (v != 0 || *rest))
		return form;
	if (v > (uint64_t)100 * FRACTION_ONE || v % step)
		return form;
	*(uint32_t *)slot = (uint32_t)(v / step);
	return NULL;
}

const char *quantity_parse_rate(const char *text, void *slot)
{
	static const char form[] = "bits per second with a unit, such as "
				   "512kbit, 100mbit or 1gbit";
	const char *rest;
	uint64_t v;

	if (!decimal(text, &v, &rest))
		return form;
	if (v == 0 && !*rest) {
		*(uint64_t *)slot = 0;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(rest, units[i].suffix) != 0)
			continue;
		if (v / FRACTION_ONE > RATE_MAX_BPS / units[i].bps)
			return "at most 1000gbit";
		v = v / FRACTION_ONE * units[i].bps +
		    v % FRACTION_ONE * units[i].bps / FRACTION_ONE;
		if (v > RATE_MAX_BPS)
			return "at most 1000gbit";
		*(uint64_t *)slot = v;
		return NULL;
	}
	return form;
}

const char *quantity_parse_delay(const char *text, void *slot)
{
	int64_t v = 0;

	if (strcmp(text, "0") != 0 && !num_parse_duration(text, &v))
		return NUM_DURATION_FORM;
	if (v > DELAY_MAX_NS)
		return "at most 60s";
	*(int64_t *)slot = v;
	return NULL;
}

const char *quantity_share_text(uint32_t ppm, char *buf)
{
	int n = snprintf(buf, QUANTITY_TEXT_MAX, "%u.%04u",
			 ppm / PPM_PER_PERCENT, ppm % PPM_PER_PERCENT);

	while (buf[n - 1] == '0')
		n--;
	n -= buf[n - 1] == '.';
	(void)snprintf(buf + n, (size_t)(QUANTITY_TEXT_MAX - n), "%%");
	return buf;
}

const char *quantity_rate_text(uint64_t bps, char *buf)
{
	size_t i = 0;

	if (!bps)
		return "unlimited";
	while (bps % units[i].bps)
		i++;
	(void)snprintf(buf, QUANTITY_TEXT_MAX, "%" PRIu64 "%s",
		       bps / units[i].bps, units[i].suffix);
	return buf;
}
