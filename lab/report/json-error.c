/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/json-error.h"

#include "lab/base/text.h"
#include "lab/report/json-text.h"

#include <string.h>

#define SCHEMA "rstlab.error/1"

static const char *class_name(enum err_class class)
{
	switch (class) {
	case ERR_INPUT:
		return "input";
	case ERR_HOST:
		return "host";
	case ERR_EMPTY:
		return "empty";
	case ERR_SYSTEM:
		return "system";
	case ERR_BUG:
		break;
	}
	return "bug";
}

/* The error, then its details without their last newline. */
static json_t *message(const struct err *e, const char *details)
{
	own_text struct text t = { .s = NULL };

	text_add(&t, e->text);
	if (details && *details)
		text_addf(&t, "\n%.*s",
			  (int)(strlen(details) -
				(details[strlen(details) - 1] == '\n')),
			  details);
	return t.failed ? NULL : json_text(text_str(&t));
}

static char *document(const struct err *e, const char *details, int exit_status)
{
	json_t *root =
		json_pack("{s:s, s:{s:s, s:o, s:i}}", "schema", SCHEMA, "error",
			  "class", class_name(e->class), "message",
			  message(e, details), "exit", exit_status);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	return text;
}

void report_json_error(FILE *out, const struct err *e, const char *details,
		       int exit_status)
{
	own_mem char *text = document(e, details, exit_status);

	if (text)
		(void)fprintf(out, "%s\n", text);
	else
		(void)fprintf(out,
			      "{\"schema\": \"" SCHEMA "\", \"error\": "
			      "{\"class\": \"%s\", \"message\": "
			      "\"out of memory\", \"exit\": %d}}\n",
			      class_name(e->class), exit_status);
	(void)fflush(out);
}
