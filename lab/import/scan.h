/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan - packets -> records.  Runs inside of the jail.  Private to lab/import.
 */
#ifndef LAB_IMPORT_SCAN_H
#define LAB_IMPORT_SCAN_H

#include "lab/import/filter.h"
#include "lab/import/import.h"
#include "lab/import/lane.h"
#include "lab/import/record.h"

/* Read all of @q and tell @w, failures included.
 * @filter:	or NULL
 * @lane:	NULL, or leads to a second thread, which then follows the
 *		connections while this one reads: the result is the same */
void scan(const struct import_request *q, const struct filter *filter,
	  struct lane *lane, struct record_writer *w);

#endif
