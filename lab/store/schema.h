/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema - the tables and views of run.db; docs/result-format.md explains. */
#ifndef LAB_STORE_SCHEMA_H
#define LAB_STORE_SCHEMA_H

/* PRAGMA application_id of a run: "rstl". */
enum { STORE_APPLICATION_ID = 0x7273746c };

/* CREATE statements, NULL-terminated: those a run is written with, and those
 * that only readers want, made when it ends. */
extern const char *const store_schema[];
extern const char *const store_indexes[];

#endif
