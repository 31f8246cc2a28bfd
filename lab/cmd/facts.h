/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts - what help and the manual page say beyond the verbs. */
#ifndef LAB_CMD_FACTS_H
#define LAB_CMD_FACTS_H

struct fact {
	const char *name, *meaning;
};

extern const struct fact fact_exit_statuses[]; /* end with .name == NULL */
extern const struct fact fact_environment[];
extern const struct fact fact_files[];

extern const char fact_summary[]; /* one line, no full stop */
extern const char fact_about[];	  /* paragraphs, an empty line between */

#endif
