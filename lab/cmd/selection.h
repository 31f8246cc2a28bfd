/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selection - the topologies and workloads that a command line names, read.
 *
 * The mistakes in the files go to standard error as they are found.
 */
#ifndef LAB_CMD_SELECTION_H
#define LAB_CMD_SELECTION_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

struct selection {
	struct topology *topologies; /* those of one name stand together */
	size_t n_topologies;
	size_t n_names; /* topologies, each name once */
	struct workload *workloads;
	size_t n_workloads;
};
void selection_done(struct selection *s);
#define own_selection OWN(selection_done)

/**
 * selection_load() - find and read
 * @topologies:	words as for catalog_find(); @workloads likewise
 *
 * Errors:	as catalog_find(); ERR_INPUT too when a file is wrong or two
 *		files of one name were asked for
 */
int selection_load(struct selection *s, const char *const *topologies,
		   const char *const *workloads, struct err *e);

/* The mistakes in the file that the last of these functions refused, as they
 * went to standard error; "" when there are none. */
const char *selection_mistakes(void);
/* Drop what does not say that it is part of a run that names nothing. */
void selection_keep_default_topologies(struct selection *s);
void selection_keep_default_workloads(struct selection *s);

/**
 * selection_vary() - make each topology anew for every combination of values
 * @params:	words such as "cpus=1"; one without '=' is one more value of
 *		the word before it, because the command line is split at commas
 *
 * Errors:	ERR_INPUT: as param_axis_parse() and param_apply(), a parameter
 *		twice, or too many combinations
 */
int selection_vary(struct selection *s, const char *const *params, size_t n,
		   struct err *e);

/* Add a workload that is no file; *@w is taken over.  Errors: ERR_INPUT: its
 * name is taken. */
int selection_add_workload(struct selection *s, struct workload *w,
			   struct err *e);

/* One file, already found; @t and @w are zeroed. */
int selection_read_topology(struct topology *t, const char *path,
			    struct err *e);
int selection_read_workload(struct workload *w, const char *path,
			    struct err *e);

/* One topology, by name or path; @t is zeroed. */
int selection_topology(struct topology *t, const char *word, struct err *e);

#endif
