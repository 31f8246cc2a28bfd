/* SPDX-License-Identifier: GPL-2.0-or-later */
/* document - a file's text -> one plain YAML document.  Private to spec/. */
#ifndef LAB_SPEC_DOCUMENT_H
#define LAB_SPEC_DOCUMENT_H

#include "lab/spec/spec.h"

#include <yaml.h>

/**
 * document_read() - read the whole file @path
 * @ret:	its text; the caller frees it
 *
 * Errors:	ERR_INPUT when there is no such file or it is over 1 MiB
 */
int document_read(const char *path, char **ret, struct err *e);

/**
 * document_parse() - parse d->source
 * @ret:	a document with a root; the caller deletes it.  Untouched, and
 *		the mistakes in @d, when it is not one plain YAML document
 *
 * Errors:	ERR_INPUT without text when @d got an error
 */
int document_parse(struct spec_diags *d, yaml_document_t *ret, struct err *e);

/* Where the text of @node begins; see struct spec_at. */
struct spec_at document_at(const struct spec_diags *d, const yaml_node_t *node);

#endif
