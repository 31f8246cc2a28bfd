/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/name.h"

#include <net/if.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"

/* A label of a host name.  Source: RFC 1123 2.1 */
enum { NAME_MAX_CHARS = 63 };

const char *name_check(const char *text, void *unused)
{
	const size_t n = strlen(text);

	(void)unused;
	if (n > NAME_MAX_CHARS || strspn(text, LOWER DIGIT "-") != n ||
	    text[0] == '-')
		return "a name of at most 63 small letters, digits and '-'";
	return NULL;
}

/* Narrower than dev_valid_name() in net/core/dev.c, Linux 6.18: nothing that
 * a shell or a terminal would take for its own. */
const char *name_check_interface(const char *text, void *unused)
{
	const size_t n = strlen(text);

	(void)unused;
	if (!n || n >= IFNAMSIZ || strchr("-.", text[0]) ||
	    strspn(text, LOWER DIGIT "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") != n)
		return "an interface name of at most 15 letters, digits, '-', "
		       "'_' and '.'";
	return NULL;
}

const char *name_check_line(const char *text, void *unused)
{
	(void)unused;
	return strchr(text, '\n') ? "one line" : NULL;
}

const char *name_check_mac(const char *text, void *unused)
{
	static const char form[] = "a unicast MAC address in small letters, "
				   "such as 02:42:ac:11:00:02";

	(void)unused;
	if (strlen(text) != 17)
		return form;
	for (int i = 0; i < 17; i++)
		if (!strchr(i % 3 == 2 ? ":" : DIGIT "abcdef", text[i]))
			return form;
	/* the lowest bit of the first byte says multicast */
	return strchr("13579bdf", text[1]) ? form : NULL;
}

int name_is_of_file(const char *name, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const size_t n = strlen(name);

	return !strncmp(base, name, n) && !strcmp(base + n, ".yaml");
}
