/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/imported.h"

#include "lab/base/text.h"
#include "lab/run/environment.h"
#include "lab/run/recorder.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Rows of one transaction. */
enum { BLOCK_TRIALS = 10000 };

static const char node_name[] = "capture";

/* Times are those of the capture already. */
static char *environment(const struct imported *m)
{
	json_t *object =
		json_pack("{s:o}", "imported", json_string(m->capture));
	char *dump;

	if (m->path)
		(void)json_object_set_new(object, "capture_clock_ns",
					  json_integer(0));
	dump = json_dumps(object, JSON_SORT_KEYS);
	json_decref(object);
	return dump;
}

static int put_plan(struct imported *m, struct err *e)
{
	own_text struct text kernel = { .s = NULL }, origin = { .s = NULL };
	own_mem char *json = environment(m);
	char now[32];
	int r;

	text_addf(&kernel, "capture %s", m->capture);
	text_addf(&origin, "# imported from %s\n", m->capture);
	if (!json || kernel.failed || origin.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "out of memory");
	r = store_put_run(m->store,
			  &(struct store_run){
				  .id = m->id,
				  .tool = PACKAGE_STRING,
				  .kernel = kernel.s,
				  .command = m->command,
				  .started = environment_now(now),
				  .environment = json,
			  },
			  e);
	if (r == 0)
		r = store_put_topology(m->store, m->topology, origin.s, e);
	if (r == 0)
		r = store_put_workload(m->store, m->workload, origin.s, e);
	if (r == 0)
		r = store_put_cell(m->store, 0, m->topology, m->workload, "{}",
				   e);
	return r == 0 ? store_begin_block(m->store, e) : r;
}

static int begin(struct imported *m, struct err *e)
{
	own_mem char *path = NULL;
	int r;

	undo_note(&m->undo, m->wanted);
	r = rundir_create(m->wanted, 0, m->id, &m->dir, e);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/run.db", m->dir) < 0) {
		path = NULL;
		return err_set(e, ERR_SYSTEM, ENOMEM, "out of memory");
	}
	r = store_create(&m->store, path, e);
	return r == 0 ? put_plan(m, e) : r;
}

static const char *name_of_node(const void *arg, uint16_t node)
{
	(void)arg;
	return node == FLOW_NOBODY ? "-" : node_name;
}

static const char *name_of_interface(const void *arg, struct flow_point p)
{
	const struct imported *m = arg;

	return import_interface(m->import, p.interface);
}

static int put(struct imported *m, const struct connection *c,
	       const struct judgement *j, struct err *e)
{
	const struct store_trial t = {
		.number = ++m->trials,
		.block = (m->trials - 1) / BLOCK_TRIALS,
		.position = (m->trials - 1) % BLOCK_TRIALS,
		.start_ns = c->start_ns,
		.duration_ns = c->end_ns - c->start_ns,
		.outcome = j->outcome,
		.why = reason_texts[j->reason],
	};
	const bool middle = j->was_reset && j->emitter == EMITTER_MIDDLE;
	const struct store_names names = {
		.node = name_of_node,
		.interface = name_of_interface,
		.arg = m,
		.client_node = middle ? FLOW_NOBODY : 0,
		.server_node = middle ? FLOW_NOBODY : 0,
	};
	const int64_t id = store_put_trial(m->store, &t, e);

	if (id < 0)
		return (int)id;
	return store_put_connection(
		m->store,
		&(struct store_connection){
			.trial = id,
			.connection = c,
			.verdict = j->was_reset ? &j->verdict : NULL,
		},
		&names, e);
}

int imported_keep(struct imported *m, const struct connection *c,
		  const struct judgement *j, struct err *e)
{
	int r = m->store ? 0 : begin(m, e);

	if (r == 0)
		r = put(m, c, j, e);
	if (r < 0 || m->trials % BLOCK_TRIALS)
		return r;
	r = store_commit_block(m->store, e);
	return r == 0 ? store_begin_block(m->store, e) : r;
}

/* `rstlab explain` looks for packets where a run has them. */
static int link_captures(const struct imported *m, struct err *e)
{
	own_mem char *target = realpath(m->path, NULL);
	own_text struct text folder = { .s = NULL };
	int r = 0;

	text_addf(&folder, "%s/captures", m->dir);
	if (!target || folder.failed || mkdir(folder.s, 0777) < 0)
		return err_errno(e, "note where '%s' is", m->path);
	for (uint16_t i = 0; r == 0 && import_has_interface(m->import, i);
	     i++) {
		own_text struct text path = { .s = NULL };

		text_addf(&path, "%s/", folder.s);
		recorder_add_file_name(&path, m->topology, node_name,
				       import_interface(m->import, i));
		if (path.failed ||
		    (symlink(target, path.s) < 0 && errno != EEXIST))
			r = err_errno(e, "note where '%s' is", m->path);
	}
	return r;
}

int imported_finish(struct imported *m, const char *stopped, struct err *e)
{
	char now[32];
	int r;

	if (!m->store)
		return 0;
	r = store_commit_block(m->store, e);
	if (r == 0)
		r = store_finish(
			m->store,
			&(struct store_end){
				.complete = !stopped,
				.ended = environment_now(now),
				.stopped = stopped,
				.packets = import_totals(m->import)->packets,
			},
			e);
	return r == 0 && m->path ? link_captures(m, e) : r;
}

void imported_done(struct imported *m)
{
	store_close(m->store);
	free(m->dir);
}
