/* SPDX-License-Identifier: GPL-2.0-or-later */
/* num - numbers with and without units, from text that a person typed. */
#ifndef LAB_BASE_NUM_H
#define LAB_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value looks like, for "must be ..." messages. */
#define NUM_DURATION_FORM "a time with a unit, such as 150us, 20ms or 2s"

/**
 * num_parse() - a whole decimal number from @min to @max
 *
 * Returns: false, and *@ret untouched, for anything else: empty, spaces,
 * signs other than '-', trailing text, out of range.
 */
bool num_parse(const char *text, int64_t min, int64_t max, int64_t *ret);

/* A duration with a unit (ns us ms s m h); never negative. */
bool num_parse_duration(const char *text, int64_t *ret_ns);

/* The shortest exact form: "150us", "2s".  @buf holds 32 bytes. */
const char *num_duration_text(int64_t ns, char *buf);

/* As a measurement is read: "870 ns", "13 us", "2.1 ms", "14 s". */
enum { NUM_TIME_BYTES = 32 };
const char *num_time_text(int64_t ns, char *buf);

#endif
