/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan - packets -> records.  Runs inside of the jail.  Private to lab/import.
 */
#ifndef LAB_IMPORT_SCAN_H
#define LAB_IMPORT_SCAN_H

#include "lab/import/filter.h"
#include "lab/import/import.h"
#include "lab/import/record.h"

/* Read all of @q and tell @w, failures included.  @filter: or NULL */
void scan(const struct import_request *q, const struct filter *filter,
	  struct record_writer *w);

#endif
