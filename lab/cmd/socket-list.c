/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/socket-list.h"

#include "lab/base/clock.h"
#include "lab/report/grid.h"
#include "lab/store/sockets.h"

#include <inttypes.h>
#include <string.h>

enum { INDENT = 2, NAME_MAX_BYTES = 64 };

struct listing {
	struct grid grid;
	char last[NAME_MAX_BYTES]; /* point */
	int64_t since_ns;
	size_t n;
};

static void listing_done(struct listing *l)
{
	grid_done(&l->grid);
}

static void add_point(struct listing *l, const struct stored_socket *s)
{
	const bool again = l->n && !strcmp(l->last, s->point);

	(void)snprintf(l->last, sizeof(l->last), "%s", s->point);
	if (again || s->time_ns < 0)
		grid_add(&l->grid, NULL, "%s", "");
	else
		grid_add(&l->grid, NULL, "%+.1f",
			 (double)(s->time_ns - l->since_ns) / NS_PER_US);
	grid_add(&l->grid, NULL, "%s", again ? "" : s->point);
}

static void add_queue(struct listing *l, int64_t bytes)
{
	if (bytes < 0)
		grid_add(&l->grid, NULL, "-");
	else
		grid_add(&l->grid, NULL, "%" PRId64, bytes);
}

static int add_socket(const struct stored_socket *s, void *arg, struct err *e)
{
	struct listing *l = arg;

	(void)e;
	add_point(l, s);
	l->n++;
	if (!s->role) {
		grid_add(&l->grid, NULL, "no socket any more");
		for (size_t i = 3; i < l->grid.n_columns; i++)
			grid_add(&l->grid, NULL, "%s", "");
		return 0;
	}
	grid_add(&l->grid, NULL, "%s", s->state);
	add_queue(l, s->receive_queue);
	add_queue(l, s->send_queue);
	grid_add(&l->grid, NULL, "%s", s->local);
	grid_add(&l->grid, NULL, "%s", s->remote);
	grid_add(&l->grid, NULL, "%s", strcmp(s->timer, "off") ? s->timer : "");
	if (!strcmp(s->role, "middle"))
		grid_add(&l->grid, NULL, "middle (%s)", s->node);
	else
		grid_add(&l->grid, NULL, "%s", s->role);
	return 0;
}

int socket_list_add(struct text *out, const char *dir,
		    const struct stored_trial *t, int64_t since_ns,
		    struct err *e)
{
	static const char *const heads[] = {
		"time µs",
		"point",
		"State",
		"Recv-Q",
		"Send-Q",
		"Local Address:Port",
		"Peer Address:Port",
		"timer",
		"whose",
	};
	OWN(listing_done)
	struct listing l = {
		.grid = { .n_columns = ARRAY_SIZE(heads),
			  .right = 1 << 0 | 1 << 3 | 1 << 4 },
		.since_ns = since_ns,
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&l.grid, NULL, "%s", heads[i]);
	r = stored_sockets_each(dir, t->id, add_socket, &l, e);
	if (r < 0 || !l.n)
		return r;
	text_add(out, "\nThe sockets, as ss -ant lists them\n");
	grid_print(&l.grid, out, INDENT, 0);
	out->failed |= l.grid.failed;
	return 0;
}
