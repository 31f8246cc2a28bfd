/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/reader-parts.h"

#include <string.h>

/* Source: the formats' own descriptions; file(1)'s magic(5) agrees */
static const struct signature {
	const char *bytes;
	uint8_t n;
	const char *name;
} signatures[] = {
	{ "\x1f\x8b", 2, "data compressed by gzip" },
	{ "\x28\xb5\x2f\xfd", 4, "data compressed by zstd" },
	{ "\xfd"
	  "7zXZ",
	  5, "data compressed by xz: unpack it first" },
	{ "BZh", 3, "data compressed by bzip2: unpack it first" },
	{ "\x04\x22\x4d\x18", 4, "data compressed by lz4: unpack it first" },
	{ "PK\x03\x04", 4, "a zip archive: unpack it first" },
	{ "SQLite format 3", 15,
	  "an SQLite database: name the directory of a run, not its run.db" },
	{ "\x7f"
	  "ELF",
	  4, "a program" },
	{ "#!", 2, "a script" },
	{ "snoop\0\0\0", 8, "a capture of snoop: convert it with editcap" },
	{ "RTSS", 4, "a capture of Network Monitor: convert it with editcap" },
	{ "GMBU", 4, "a capture of Network Monitor: convert it with editcap" },
	{ "XCP", 4, "a capture of NetXRay: convert it with editcap" },
	{ "%PDF", 4, "a PDF document" },
	{ "\x89PNG", 4, "a picture" },
	{ "{", 1, "JSON" },
	{ "<", 1, "XML or HTML" },
};

static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' && !strchr("\t\n\r\f\033", p[i]))
			return false;
	return true;
}

const char *reader_looks_like(const uint8_t *head, size_t n)
{
	if (!n)
		return "an empty file";
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (n >= signatures[i].n &&
		    !memcmp(head, signatures[i].bytes, signatures[i].n))
			return signatures[i].name;
	if (memchr(head, 0, n) == NULL && is_text(head, n))
		return "text: tcpdump writes captures with -w";
	return "no format known here";
}
