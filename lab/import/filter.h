/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter - an expression of pcap-filter(7), for each link type that a capture
 * may have.
 *
 * It is compiled before the capture is opened, because names in it are looked
 * up, and who reads the capture may do no such thing.
 */
#ifndef LAB_IMPORT_FILTER_H
#define LAB_IMPORT_FILTER_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/capture/reader.h"

struct filter;

/* Errors:	ERR_INPUT: no expression, with libpcap's sentence */
int filter_new(struct filter **ret, const char *expression, struct err *e);
void filter_free(struct filter *f);
OWN_DEFINE(filter, struct filter, filter_free)
#define own_filter OWN(own_filter_release)

/* Returns: 1: @p is wanted, 0, or a negative errno.
 * Errors:	ERR_INPUT: there is no such filter for that link type */
int filter_wants(const struct filter *f, const struct reader_packet *p,
		 struct err *e);

#endif
