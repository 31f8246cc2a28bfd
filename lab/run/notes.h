/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notes - what is to be said of frames, by where and when they were seen. */
#ifndef LAB_RUN_NOTES_H
#define LAB_RUN_NOTES_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/flow/flow.h"

/* For a reader, and for a program. */
struct note_text {
	const char *human, *machine; /* machine: or NULL */
};

struct note;
struct kept;

/* Zeroed is empty. */
struct notes {
	struct note *items;
	size_t n, cap;
	struct kept **texts;
	size_t n_texts, texts_cap;
	bool sorted;
};

/* Say it of every sighting of @r.  @human and @machine become the list's, also
 * on failure.  Errors: out of memory only. */
int notes_add(struct notes *list, const struct reset *r, char *human,
	      char *machine, struct err *e);

/* What is said of the frame at that point and time, or NULL. */
const struct note_text *notes_find(struct notes *list, struct flow_point at,
				   int64_t time_ns);

void notes_clear(struct notes *list);
#define own_notes OWN(notes_clear)

#endif
