/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet-list - the packets of one connection at one point, as tshark's users
 * know them, and below each RST who sent it and what it was about. */
#ifndef LAB_CMD_PACKET_LIST_H
#define LAB_CMD_PACKET_LIST_H

#include "lab/base/text.h"
#include "lab/cmd/trial-view.h"

/* Of more packets those at both ends and around the RSTs are listed. */
enum { PACKET_LIST_ROWS = 60 };

struct packet_list {
	const struct transcript *t; /* that of .point */
	const struct stored_connection *connection;
	const struct stored_leg *leg; /* that of .point */
	const struct view_point *point;
	bool verbose; /* frames with their headers */
	bool all;     /* do not fold */
	bool color;
};

/* Errors: out of memory only. */
int packet_list_add(struct text *out, const struct packet_list *l,
		    struct err *e);

#endif
