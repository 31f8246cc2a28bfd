/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/doctor.h"

#include "lab/base/text.h"
#include "lab/cmd/catalog.h"
#include "lab/cmd/inside.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/places.h"
#include "lab/cmd/verb.h"
#include "lab/run/privilege.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

struct doctor_options {
	bool json;
};

#define AT(member) .offset = offsetof(struct doctor_options, member)

static const struct opt doctor_opts[] = {
	OPT_ROW_JSON(AT(json), "print one JSON document (rstlab.doctor/1)"),
	{ .name = NULL },
};

static const struct example doctor_examples[] = {
	{ "rstlab doctor", "as the user who will run rstlab" },
	{ .command = NULL },
};

/* One line of the answer. */
struct line {
	enum doctor_state state;
	const char *name, *why, *text, *fix; /* .text and .fix: or NULL */
};

enum { LINES_MAX = DOCTOR_CHECKS_MAX + 3 };

struct answer {
	struct line lines[LINES_MAX];
	size_t n;
};

static void add(struct answer *a, struct line line)
{
	if (a->n < LINES_MAX)
		a->lines[a->n++] = line;
}

static int body(void *arg, struct err *e)
{
	(void)e;
	doctor_probe(arg);
	return 0;
}

static void add_findings(struct answer *a, const struct doctor_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct doctor_check *c = &doctor_checks[i];
		const struct doctor_finding *x = &f->findings[i];
		const bool ok = x->state == DOCTOR_OK;

		add(a, (struct line){ .state = x->state,
				      .name = c->name,
				      .why = c->why,
				      .text = ok ? NULL : x->text,
				      .fix = ok ? NULL : c->fix });
	}
}

/* Namespaces first: without them nothing else can be tried. */
static void add_rights(struct answer *a, bool root, int r, const struct err *e)
{
	add(a, (struct line){ .state = r < 0 ? DOCTOR_FAIL : DOCTOR_OK,
			      .name = root ? "private namespaces, as root"
					   : "private namespaces, without root",
			      .why = "labs are built in them",
			      .text = r < 0 ? e->text : NULL });
}

static bool probe_is_there(char *path, size_t bytes)
{
	own_mem char *dir = NULL;
	struct err e = { .code = 0 };

	if (places_libexec(&dir, &e) < 0)
		return false;
	(void)snprintf(path, bytes, "%s/sock", dir);
	return access(path, X_OK) == 0;
}

static bool has_data(enum catalog_kind kind)
{
	own_catalog struct catalog c = { .entries = NULL };
	struct err e = { .code = 0 };

	return catalog_open(&c, kind, &e) == 0 && c.n > 0;
}

/* The parts of rstlab itself. */
static void add_parts(struct answer *a, struct text *missing)
{
	char path[PATH_MAX];
	const bool probe = probe_is_there(path, sizeof(path));
	const bool data =
		has_data(CATALOG_TOPOLOGIES) && has_data(CATALOG_WORKLOADS);

	if (!probe)
		text_addf(missing, "%s is missing", path);
	add(a, (struct line){ .state = probe ? DOCTOR_OK : DOCTOR_FAIL,
			      .name = "socket probe",
			      .why = "plays client and server",
			      .text = probe ? NULL : text_str(missing),
			      .fix = probe ? NULL : "make install" });
	add(a,
	    (struct line){ .state = data ? DOCTOR_OK : DOCTOR_FAIL,
			   .name = "topologies and workloads",
			   .why = "what is run",
			   .text = data ? NULL : "none found",
			   .fix = data ? NULL
				       : "make install, or set RSTLAB_PATH" });
}

static void count(const struct answer *a, unsigned *ret)
{
	for (size_t i = 0; i < a->n; i++)
		ret[a->lines[i].state]++;
}

static void print(const struct answer *a)
{
	unsigned n[DOCTOR_STATES] = { 0 };

	for (size_t i = 0; i < a->n; i++) {
		const struct line *l = &a->lines[i];

		printf("%-5s %s: %s\n", doctor_state_names[l->state], l->name,
		       l->why);
		if (l->text)
			printf("        %s\n", l->text);
		if (l->fix)
			printf("        fix: %s\n", l->fix);
	}
	count(a, n);
	if (n[DOCTOR_FAIL])
		printf("\n%u of %zu missing: the default run cannot work\n",
		       n[DOCTOR_FAIL], a->n);
	else
		printf("\nready: `rstlab` can run\n");
}

static int print_json(const struct answer *a, struct err *e)
{
	json_t *checks = json_array(), *doc;
	unsigned n[DOCTOR_STATES] = { 0 };
	int bad = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct line *l = &a->lines[i];

		bad |= json_array_append_new(
			checks,
			json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "check",
				  l->name, "needed_for", l->why, "state",
				  l->state == DOCTOR_FAIL
					  ? "fail"
					  : doctor_state_names[l->state],
				  "text", l->text, "fix", l->fix));
	}
	count(a, n);
	doc = json_pack("{s:s, s:b, s:o}", "schema", "rstlab.doctor/1", "ready",
			n[DOCTOR_FAIL] == 0, "checks", checks);
	if (bad || !doc || json_dumpf(doc, stdout, JSON_INDENT(2)) < 0) {
		json_decref(doc);
		return err_set(e, ERR_SYSTEM, EIO,
			       "cannot print the answer as JSON");
	}
	json_decref(doc);
	putchar('\n');
	return 0;
}

static int examine(struct doctor_findings *f, bool json, struct err *e)
{
	own_text struct text missing = { .s = NULL };
	const bool root = privilege_has_rights();
	struct answer a = { .n = 0 };
	unsigned n[DOCTOR_STATES] = { 0 };
	struct err inside = { .code = 0 };
	int r = 0;

	add_parts(&a, &missing);
	add_rights(&a, root, inside_run(body, f, &inside), &inside);
	add_findings(&a, f);
	if (json)
		r = print_json(&a, e);
	else
		print(&a);
	count(&a, n);
	if (r < 0)
		return r;
	return n[DOCTOR_FAIL] ? 3 : 0;
}

static int doctor_run(const struct call *c, struct err *e)
{
	const struct doctor_options *o = c->options;
	struct doctor_findings *f = inside_alloc(sizeof(*f), e);
	int r;

	if (!f)
		return -e->code;
	r = examine(f, o->json, e);
	inside_free(f, sizeof(*f));
	return r;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "tell what this machine can do, and how to fix the rest",
	.about =
		"Each feature is really tried, in private namespaces that are "
		"gone afterwards; versions are not compared. A line begins "
		"with ok; info, when nothing needs what is missing; warn, when "
		"some results will differ from the real thing; or FAIL, when "
		"the default run cannot work, which makes the exit status 3.",
	.examples = doctor_examples,
	.opts = doctor_opts,
	.options_size = sizeof(struct doctor_options),
	.run = doctor_run,
};
