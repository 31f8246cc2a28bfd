/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/verb.h"

#include <stdio.h>

static int version_run(const struct call *c, struct err *e)
{
	(void)c;
	(void)e;
	puts("rstlab " PACKAGE_VERSION);
	return 0;
}

const struct verb verb_version = {
	.name = "version",
	.operands = "",
	.summary = "print the version",
	.run = version_run,
};
