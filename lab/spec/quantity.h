/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quantity - shares and bit rates, as in topologies and on the command line.
 *
 * All parsers fit spec_field.parse of a SPEC_CUSTOM: NULL, or what it must be.
 */
#ifndef LAB_SPEC_QUANTITY_H
#define LAB_SPEC_QUANTITY_H

#include <stdint.h>

enum { QUANTITY_TEXT_MAX = 32 };

/* "0.5%" -> 5000 parts per million in a uint32_t; "0" needs no sign. */
const char *quantity_parse_share(const char *text, void *slot);

/* "100mbit" -> bits per second in a uint64_t; a k is 1000; "0": unlimited. */
const char *quantity_parse_rate(const char *text, void *slot);

/* A time -> nanoseconds in an int64_t; "0" needs no unit; at most 60 s. */
const char *quantity_parse_delay(const char *text, void *slot);

/* The shortest exact form; @buf holds QUANTITY_TEXT_MAX bytes. */
const char *quantity_share_text(uint32_t ppm, char *buf);
const char *quantity_rate_text(uint64_t bps, char *buf);

#endif
