/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/imported.h"

#include "lab/base/text.h"
#include "lab/run/captured.h"
#include "lab/run/environment.h"
#include "lab/run/recorder.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Rows of one transaction. */
enum { BLOCK_TRIALS = 10000 };

static const char node_name[] = "capture";
static const char copy_name[] = "standard-input.pcapng";

/* Times are those of the capture already. */
static char *environment(const struct imported *m)
{
	json_t *object =
		json_pack("{s:o}", "imported", json_string(m->capture));
	char *dump;

	if (m->n_files)
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
		return err_no_memory(e);
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
		return err_no_memory(e);
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

static int open_folder(const struct imported *m, int *ret_fd, struct err *e)
{
	own_text struct text folder = { .s = NULL };

	text_addf(&folder, "%s/captures", m->dir);
	if (folder.failed || (mkdir(folder.s, 0777) < 0 && errno != EEXIST))
		return err_errno(e, "a folder for what was captured");
	*ret_fd = open(folder.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno(e, "'%s'", folder.s) : 0;
}

int imported_open_copy(struct imported *m, int *ret_fd, struct err *e)
{
	own_fd int folder = -1;
	int r = m->store ? 0 : begin(m, e);

	if (r == 0)
		r = open_folder(m, &folder, e);
	if (r < 0)
		return r;
	*ret_fd = openat(folder, copy_name,
			 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return *ret_fd < 0 ? err_errno(e, "a copy of standard input") : 0;
}

/* The @i-th file of interface @interface, by the name that captured_read()
 * looks for. */
static int link_capture(const struct imported *m, int folder,
			uint16_t interface, size_t i, struct err *e)
{
	const struct source_file *f = &m->files[i];
	own_mem char *path =
		f->copy_fd ? strdup(copy_name) : realpath(f->name, NULL);
	own_text struct text name = { .s = NULL };

	captured_add_part(&name, i);
	recorder_add_file_name(&name, m->topology, node_name,
			       import_interface(m->import, interface));
	if (!path || name.failed ||
	    (symlinkat(path, folder, name.s) < 0 && errno != EEXIST))
		return err_errno(e, "note where '%s' is", f->name);
	return 0;
}

/* `rstlab explain` looks for packets where a run has them. */
static int link_captures(const struct imported *m, struct err *e)
{
	own_fd int folder = -1;
	int r = open_folder(m, &folder, e);

	for (uint16_t k = 0; r == 0 && import_has_interface(m->import, k); k++)
		for (size_t i = 0; r == 0 && i < m->n_files; i++)
			r = link_capture(m, folder, k, i, e);
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
	return r == 0 && m->n_files ? link_captures(m, e) : r;
}

void imported_done(struct imported *m)
{
	store_close(m->store);
	if (m->dir && !m->trials)
		undo_run(&m->undo, m->dir);
	free(m->dir);
}
