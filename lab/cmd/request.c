/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/request.h"

#include "lab/base/own.h"
#include "lab/base/quote.h"
#include "lab/cmd/places.h"
#include "lab/report/report.h"

#include <string.h>
#include <sys/random.h>

void request_command(struct text *t, char *const *argv)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			text_add(t, " ");
		quote_add(t, argv[i]);
	}
}

int request_seed(const struct opt_seed *wanted, uint64_t *ret, struct err *e)
{
	uint32_t random; /* 32 bits: easy to type again */

	if (wanted->given) {
		*ret = wanted->value;
		return 0;
	}
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_errno(e, "cannot choose a seed; give one with "
				    "--seed");
	*ret = random;
	return 0;
}

enum { FORMATS_MAX = 31 };

const char *const *request_formats(void)
{
	static const char *names[FORMATS_MAX + 1];

	for (size_t i = 0; i < FORMATS_MAX && reports[i]; i++)
		names[i] = reports[i]->name;
	return names;
}

static const char *const everything[] = { "*", NULL };

const char **request_words(const struct opt_list *l)
{
	const char **words = calloc(l->n + 2, sizeof(*words));

	if (!words)
		return NULL;
	if (l->n == 0)
		words[0] = everything[0];
	for (size_t i = 0; i < l->n; i++)
		words[i] = l->items[i];
	return words;
}

int request_probes(char **ret_dir, struct err *e)
{
	own_mem char *probe = NULL;
	int r = places_libexec(ret_dir, e);

	if (r < 0)
		return r;
	if (asprintf(&probe, "%s/sock", *ret_dir) < 0) {
		probe = NULL;
		return err_no_memory(e);
	}
	if (access(probe, X_OK) == 0)
		return 0;
	return err_set(e, ERR_HOST, errno,
		       "the probe '%s' cannot be run: %s; `make install`, or "
		       "name the directory of the probes in RSTLAB_LIBEXEC",
		       probe, strerror(errno));
}
