/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const *terminal_color_names(void)
{
	static const char *const names[] = { "auto", "always", "never", NULL };

	return names;
}

static const char *environment(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

bool terminal_color(enum terminal_color wanted, FILE *f)
{
	const char *force = environment("CLICOLOR_FORCE");

	if (wanted != COLOR_AUTO)
		return wanted == COLOR_ALWAYS;
	if (*environment("NO_COLOR"))
		return false;
	if (*force && strcmp(force, "0") != 0)
		return true;
	return terminal_moves(f);
}

bool terminal_moves(FILE *f)
{
	return isatty(fileno(f)) && strcmp(environment("TERM"), "dumb") != 0;
}

size_t terminal_columns(FILE *f)
{
	struct winsize size = { .ws_col = 0 };

	if (ioctl(fileno(f), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

bool terminal_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
