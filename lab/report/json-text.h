/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-text - JSON strings from text that may hold any bytes. */
#ifndef LAB_REPORT_JSON_TEXT_H
#define LAB_REPORT_JSON_TEXT_H

#include <jansson.h>

/**
 * json_text() - a JSON string of @s
 *
 * JSON is UTF-8: a byte that is not becomes U+FFFD.  Paths, and messages cut
 * at the end of a buffer, can hold such bytes.
 *
 * Returns: a new reference; null for NULL; NULL when out of memory
 */
json_t *json_text(const char *s);

#endif
