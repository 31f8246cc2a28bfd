/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/exec-param.h"

#include "lab/spec/quantity.h"

#include <inttypes.h>
#include <string.h>

static const char time_form[] = "TIME";

static const struct spec_pair *declared(const struct exec *x, int kind,
					const char *name)
{
	const struct spec_pair *pairs = x->params[kind].items;

	for (size_t i = 0; i < x->params[kind].n; i++)
		if (!strcmp(pairs[i].key, name))
			return &pairs[i];
	return NULL;
}

const char *exec_param_form(const struct exec *x, const char *name,
			    enum exec_params *ret_kind)
{
	for (int kind = 0; kind < EXEC_PARAMS; kind++) {
		const struct spec_pair *p = declared(x, kind, name);

		if (!p)
			continue;
		if (ret_kind)
			*ret_kind = (enum exec_params)kind;
		return p->value;
	}
	return NULL;
}

/* The next of "on|off", from @*at on.  Returns: its length; 0: none is left. */
static size_t next_choice(const char **at)
{
	*at += **at == '|';
	return strcspn(*at, "|");
}

static bool choose(const char *form, const char *given, struct text *out)
{
	const char *at = form;
	size_t n;

	for (; (n = next_choice(&at)) > 0; at += n)
		if (!given || (strlen(given) == n && !strncmp(given, at, n))) {
			text_addf(out, "%.*s", (int)n, at);
			return true;
		}
	return false;
}

bool exec_param_value(const char *form, const char *given, struct text *out)
{
	int64_t ns = 0;

	if (strcmp(form, time_form) != 0)
		return choose(form, given, out);
	if (given && quantity_parse_delay(given, &ns))
		return false;
	text_addf(out, "%" PRId64, ns);
	return true;
}

/* Each alternative once, and none empty. */
static bool is_form(const char *form)
{
	const char *at = form;
	size_t n, total = 0;

	if (!strcmp(form, time_form))
		return true;
	for (; (n = next_choice(&at)) > 0; at += n) {
		const char *rest = at + n;
		size_t m;

		total += n + 1;
		for (; (m = next_choice(&rest)) > 0; rest += m)
			if (m == n && !strncmp(rest, at, n))
				return false;
	}
	return total == strlen(form) + 1;
}

/* As a {word} has it. */
static bool is_name(const char *key)
{
	return *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyz_-")];
}

static bool is_taken(const char *key)
{
	for (int i = 0; i < EXEC_VALUES; i++)
		if (!strcmp(exec_values[i].name, key))
			return true;
	return false;
}

static void check_param(const struct exec *x, int kind,
			const struct spec_pair *p, struct spec_diags *d)
{
	if (!is_name(p->key))
		spec_error(d, p->at,
			   "a parameter is named by small letters, '_' and "
			   "'-', not '%s'",
			   p->key);
	else if (is_taken(p->key))
		spec_error(d, p->at, "{%s} is something else already", p->key);
	else if (kind && declared(x, 0, p->key))
		spec_error(d, p->at,
			   "parameter '%s' is one of both programs already",
			   p->key);
	else if (!is_form(p->value))
		spec_error(d, p->at,
			   "parameter '%s' must be TIME, or values with | "
			   "between them, each once, not '%s'",
			   p->key, p->value);
}

void exec_params_check(const struct exec *x, struct spec_diags *d)
{
	for (int kind = 0; kind < EXEC_PARAMS; kind++) {
		const struct spec_pair *pairs = x->params[kind].items;

		for (size_t i = 0; i < x->params[kind].n; i++)
			check_param(x, kind, &pairs[i], d);
	}
}
