/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum err_class class_of(int code)
{
	switch (code) {
	case EPERM:
	case EACCES:
	case ENOSYS:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return ERR_HOST;
	default:
		return ERR_SYSTEM;
	}
}

int err_set(struct err *e, enum err_class class, int code, const char *fmt, ...)
{
	va_list ap;

	e->class = class;
	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -code;
}

int err_errno(struct err *e, const char *fmt, ...)
{
	const int code = errno ? errno : EIO;
	size_t used;
	va_list ap;

	e->class = class_of(code);
	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	used = strlen(e->text);
	(void)snprintf(e->text + used, sizeof(e->text) - used, ": %s",
		       strerror(code));
	return -code;
}

int err_no_memory(struct err *e)
{
	return err_set(e, ERR_SYSTEM, ENOMEM, "out of memory");
}

int err_add(struct err *e, const char *fmt, ...)
{
	char context[512];
	size_t head, tail;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);

	head = strlen(context) + 2;
	tail = strlen(e->text) + 1;
	if (head + tail <= sizeof(e->text)) {
		memmove(e->text + head, e->text, tail);
		memcpy(e->text, context, head - 2);
		memcpy(e->text + head - 2, ": ", 2);
	}
	return -e->code;
}

int err_exit_status(const struct err *e)
{
	switch (e->class) {
	case ERR_INPUT:
		return 2;
	case ERR_HOST:
		return 3;
	case ERR_EMPTY:
		return 4;
	case ERR_SYSTEM:
		return 7;
	case ERR_BUG:
		break;
	}
	return 70;
}
