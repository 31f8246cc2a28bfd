/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine-parts - what the files of the engine share. */
#ifndef LAB_FIDELITY_ENGINE_PARTS_H
#define LAB_FIDELITY_ENGINE_PARTS_H

#include "lab/fidelity/engine.h"

#include <stddef.h>

/* A tar archive with the file @program as "pause"; the caller frees it. */
int engine_tar(const char *program, char **ret, size_t *ret_bytes,
	       struct err *e);

int engine_ask_version(struct engine *g, struct err *e);

#endif
