/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/param-list.h"

#include "lab/base/text.h"
#include "lab/cmd/catalog.h"
#include "lab/spec/param.h"
#include "lab/spec/workload.h"

#include <string.h>

/* One parameter, and the workloads that declare it with these values. */
struct declared {
	struct text form, help, workloads;
};

struct declarations {
	struct declared *items;
	size_t n;
};

static void declarations_done(struct declarations *all)
{
	for (size_t i = 0; i < all->n; i++) {
		text_done(&all->items[i].form);
		text_done(&all->items[i].help);
		text_done(&all->items[i].workloads);
	}
	free(all->items);
}

/* The row of @form, at the end unless there is one. */
static struct declared *row_of(struct declarations *all, const char *form)
{
	struct declared *more;

	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(text_str(&all->items[i].form), form))
			return &all->items[i];
	more = reallocarray(all->items, all->n + 1, sizeof(*more));
	if (!more)
		return NULL;
	all->items = more;
	more[all->n] = (struct declared){ .form = { .s = NULL } };
	text_add(&more[all->n].form, form);
	return &more[all->n++];
}

static void add_name(struct text *names, const char *separator,
		     const char *name)
{
	text_addf(names, "%s%s", names->n ? separator : "", name);
}

/* --- what workloads declare ------------------------------------------------
 */

static int declare(struct declarations *all, const struct workload *w,
		   const struct spec_pair *p, struct err *e)
{
	own_text struct text form = { .s = NULL };
	struct declared *d;

	text_addf(&form, "%s=%s", p->key, p->value);
	d = row_of(all, text_str(&form));
	if (!d)
		return err_no_memory(e);
	add_name(&d->workloads, ", ", w->name);
	return 0;
}

static int declare_all(struct declarations *all, const struct workload *w,
		       struct err *e)
{
	int r = 0;

	for (int kind = 0; kind < EXEC_PARAMS; kind++) {
		const struct spec_list *list = &w->exec.params[kind];
		const struct spec_pair *pairs = list->items;

		for (size_t i = 0; r == 0 && i < list->n; i++)
			r = declare(all, w, &pairs[i], e);
	}
	return r;
}

/* --- whose server ----------------------------------------------------------
 */

/* What its family calls the server of @w, or NULL: see casting.h. */
static const char *server_name(const struct workload *w)
{
	const size_t n = strlen(w->exec.family);

	if (!w->exec.words_at[SIDE_SERVER].line ||
	    strncmp(w->name, w->exec.family, n) != 0 || w->name[n] != '-')
		return NULL;
	return w->name + n + 1;
}

/* "grpc-server=" collects its values while the workloads are read: .form is
 * its name, .help the values. */
static int add_server(struct declarations *all, const struct workload *w,
		      struct err *e)
{
	own_text struct text form = { .s = NULL };
	struct declared *d;
	const char *name;

	if (!w->exec.family)
		return 0;
	text_addf(&form, "%s-server=", w->exec.family);
	d = row_of(all, text_str(&form));
	if (!d)
		return err_no_memory(e);
	add_name(&d->workloads, ", ", w->name);
	name = server_name(w);
	if (name)
		add_name(&d->help, "|", name);
	return 0;
}

static int read_one(const char *path, struct declarations *servers,
		    struct declarations *all, struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_workload struct workload w = { .name = NULL };
	struct err ignored = { .code = 0 };
	int r;

	if (workload_load(&w, path, &d, &ignored) < 0 || d.errors ||
	    !exec_given(&w.exec))
		return 0;
	r = add_server(servers, &w, e);
	return r < 0 ? r : declare_all(all, &w, e);
}

/* --- rows ------------------------------------------------------------------
 */

/* "cpus=N", "sysctl:KEY=VALUE" */
static int add_param(struct listing *l, const struct param_info *p,
		     struct err *e)
{
	own_text struct text form = { .s = NULL };

	text_addf(&form, "%s%s%s", p->name, p->prefix ? "" : "=", p->value);
	if (form.failed)
		return err_no_memory(e);
	return listing_add(l,
			   (const char *[]){ text_str(&form), p->help,
					     p->of_node ? "yes" : "no", "" },
			   e);
}

static int add_row(struct listing *l, const char *form, const char *what,
		   const struct declared *d, struct err *e)
{
	own_text struct text help = { .s = NULL };

	text_addf(&help, "%s %s", what, text_str(&d->workloads));
	if (help.failed || d->workloads.failed)
		return err_no_memory(e);
	return listing_add(l,
			   (const char *[]){ form, text_str(&help), "no",
					     text_str(&d->workloads) },
			   e);
}

static int add_rows(struct listing *l, const struct declarations *servers,
		    const struct declarations *all, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < servers->n; i++) {
		const struct declared *d = &servers->items[i];
		own_text struct text form = { .s = NULL };

		text_addf(&form, "%s%s", text_str(&d->form),
			  text_str(&d->help));
		r = add_row(l, text_str(&form), "whose server serves", d, e);
	}
	for (size_t i = 0; r == 0 && i < all->n; i++)
		r = add_row(l, text_str(&all->items[i].form), "of",
			    &all->items[i], e);
	return r;
}

int param_list(struct listing *l, struct err *e)
{
	OWN(declarations_done) struct declarations servers = { .n = 0 };
	OWN(declarations_done) struct declarations all = { .n = 0 };
	own_catalog struct catalog c = { .entries = NULL };
	int r = catalog_open(&c, CATALOG_WORKLOADS, e);

	for (size_t i = 0; r == 0 && param_infos[i].name; i++)
		r = add_param(l, &param_infos[i], e);
	for (size_t i = 0; r == 0 && i < c.n; i++)
		r = read_one(c.entries[i].path, &servers, &all, e);
	return r < 0 ? r : add_rows(l, &servers, &all, e);
}
