/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/casting.h"

#include "lab/spec/exec-param.h"
#include "lab/spec/param.h"

#include <string.h>

static const char server_suffix[] = "-server";

bool casting_is_server(const struct workload *w, const char *name)
{
	const char *family = w->exec.family;

	return family && !strncmp(name, family, strlen(family)) &&
	       !strcmp(name + strlen(family), server_suffix);
}

static bool declares(const struct workload *w, const char *name)
{
	return exec_given(&w->exec) && exec_param_form(&w->exec, name, NULL);
}

bool casting_knows(const struct workload *w, const char *name)
{
	if (declares(w, name) || casting_is_server(w, name))
		return true;
	for (size_t i = 0; i < w->n_partners; i++)
		if (declares(&w->partners[i], name))
			return true;
	return false;
}

/* Has @w the server that its family calls @name? */
static bool is_called(const struct workload *w, const char *family,
		      const char *name)
{
	const size_t n = strlen(family);

	return w->exec.words_at[SIDE_SERVER].line &&
	       !strncmp(w->name, family, n) && w->name[n] == '-' &&
	       !strcmp(w->name + n + 1, name);
}

static const struct workload *partner(const struct workload *w,
				      const char *name)
{
	if (is_called(w, w->exec.family, name))
		return w;
	for (size_t i = 0; i < w->n_partners; i++)
		if (is_called(&w->partners[i], w->exec.family, name))
			return &w->partners[i];
	return NULL;
}

const struct workload *casting_server(const struct workload *w,
				      const struct topology *t)
{
	own_text struct text name = { .s = NULL };
	own_mem char *value = NULL;

	if (!w->exec.family)
		return w;
	text_addf(&name, "%s%s", w->exec.family, server_suffix);
	value = param_value(t, text_str(&name));
	if (value)
		return partner(w, value);
	return w->exec.server_of ? partner(w, w->exec.server_of) : w;
}

/* --- parameters ------------------------------------------------------------
 */

void casting_params_done(struct spec_list *params)
{
	struct spec_pair *pairs = params->items;

	for (size_t i = 0; i < params->n; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
	free(pairs);
	*params = (struct spec_list){ .items = NULL };
}
#define own_params OWN(casting_params_done)

/* One that the program does not know so keeps its default: it is one of the
 * other program's. */
static int add_param(struct spec_list *list, const struct spec_pair *declared,
		     const struct topology *t, struct err *e)
{
	own_mem char *given = param_value(t, declared->key);
	own_text struct text value = { .s = NULL };
	struct spec_pair *pair = (struct spec_pair *)list->items + list->n;

	if (!exec_param_value(declared->value, given, &value))
		(void)exec_param_value(declared->value, NULL, &value);
	*pair = (struct spec_pair){ .key = strdup(declared->key),
				    .value = take_ptr(&value.s) };
	list->n++;
	return pair->key && pair->value ? 0 : err_no_memory(e);
}

int casting_params(const struct workload *of, const struct topology *t,
		   struct spec_list *ret, struct err *e)
{
	own_params struct spec_list list = { .items = NULL };
	size_t n = 0;

	for (int kind = 0; kind < EXEC_PARAMS; kind++)
		n += of->exec.params[kind].n;
	list.items = calloc(n + 1, sizeof(struct spec_pair));
	if (!list.items)
		return err_no_memory(e);
	for (int kind = 0; kind < EXEC_PARAMS; kind++) {
		const struct spec_pair *pairs = of->exec.params[kind].items;

		for (size_t i = 0; i < of->exec.params[kind].n; i++) {
			const int r = add_param(&list, &pairs[i], t, e);

			if (r < 0)
				return r;
		}
	}
	*ret = list;
	list = (struct spec_list){ .items = NULL };
	return 0;
}

bool casting_client_stays(const struct workload *w, const struct topology *t)
{
	static const char name[] = "client-lifetime";
	const char *form = exec_param_form(&w->exec, name, NULL);
	own_mem char *given = param_value(t, name);
	own_text struct text value = { .s = NULL };

	return form && exec_param_value(form, given, &value) &&
	       !strcmp(text_str(&value), "lab");
}

/* --- checks ----------------------------------------------------------------
 */

static int refuse_server(const struct workload *w, const char *value,
			 struct err *e)
{
	return err_set(e, ERR_INPUT, ENOENT,
		       "workload '%s' has no server '%s': there must be a "
		       "workload '%s-%s' with a server",
		       w->name, value, w->exec.family, value);
}

static int refuse_value(const struct workload *of, const char *form,
			const char *name, const char *value, struct err *e)
{
	return err_set(e, ERR_INPUT, EINVAL,
		       "workload '%s' cannot have %s=%s, only %s", of->name,
		       name, value, form);
}

static int unknown(const struct workload *w, const char *name, struct err *e)
{
	return err_set(e, ERR_INPUT, EINVAL,
		       "workload '%s' has no parameter '%s'; leave it out of "
		       "-w, or the parameter away",
		       w->name, name);
}

/* What is of both must be known to both; else one is enough. */
static int check_value(const struct workload *w, const struct workload *server,
		       const char *name, const char *value, struct err *e)
{
	const struct workload *const programs[] = { w, server };
	const struct workload *shared = NULL, *without = NULL;
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const struct workload *of = programs[i];
		own_text struct text unused = { .s = NULL };
		enum exec_params kind = EXEC_PARAMS_OWN;
		const char *form = exec_param_form(&of->exec, name, &kind);

		if (!form) {
			without = of;
			continue;
		}
		if (!exec_param_value(form, value, &unused))
			return refuse_value(of, form, name, value, e);
		known = true;
		if (kind == EXEC_PARAMS_SHARED)
			shared = of;
	}
	if (!known)
		return unknown(w, name, e);
	return shared && without ? unknown(without, name, e) : 0;
}

int casting_check(const struct workload *w, const struct topology *t,
		  const char *name, struct err *e)
{
	own_mem char *value = param_value(t, name);
	const struct workload *server;

	if (!value)
		return err_no_memory(e);
	if (!exec_given(&w->exec))
		return unknown(w, name, e);
	server = casting_server(w, t);
	if (casting_is_server(w, name))
		return server ? 0 : refuse_server(w, value, e);
	return server ? check_value(w, server, name, value, e) : 0;
}
