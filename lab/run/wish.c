/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/wish.h"

#include "lab/net/netns.h"
#include "lab/run/lab.h"
#include "lab/run/look.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

struct wish {
	struct lab *lab;
	int side;
	uint32_t number; /* what comes after the base of its kind */
	int connection;	 /* borrowed, or -1 */
};

static uint16_t node_of(const struct lab *lab, int side)
{
	return side == SIDE_CLIENT ? lab->client_node : lab->server_node;
}

static int enter(struct netns_visit *visit, const struct lab *lab, int side,
		 struct err *e)
{
	return netns_enter(visit, lab->net->nodes[node_of(lab, side)].netns, e);
}

/* @w.number: of the hold */
static int look(const struct wish *w, struct err *e)
{
	return w->lab->looks.n >= SCRIPT_STEPS_MAX
		       ? EINVAL
		       : look_at(w->lab, w->number, e);
}

/* --- segments --------------------------------------------------------------
 */

static int read_ends(const struct wish *w, struct fault_ends *ret,
		     struct err *e)
{
	const struct wish_memory *m = &w->lab->wishes[w->side];
	const struct ip_endpoint *dialled =
		w->side == SIDE_CLIENT ? &w->lab->topology->connect : NULL;

	if (m->noted) {
		*ret = m->ends;
		return 0;
	}
	return w->connection < 0
		       ? ENOTCONN
		       : fault_ends_read(w->connection, dialled, ret, e);
}

static int note(const struct wish *w, struct err *e)
{
	struct wish_memory *m = &w->lab->wishes[w->side];
	int r;

	m->noted = false;
	r = read_ends(w, &m->ends, e);
	m->noted = r == 0;
	return r;
}

/* It leaves the node as if it were of the node's TCP, which did not count it.
 */
static void book_rst(struct lab_node *node)
{
	node->rst_wire--;
	node->rst_foreign++;
	node->rst_forged++;
}

/* A node that is told 127.0.0.1 by another one would send to itself: somebody
 * translates on the way. */
static bool is_astray(const struct wish *w, const struct fault_ends *ends)
{
	return w->lab->client_node != w->lab->server_node &&
	       ip_addr_is_loopback(&ends->peer.addr);
}

static int send_segment(const struct wish *w, struct err *e)
{
	const struct segment_info *i = &segment_infos[w->number];
	const int from = i->from == SEGMENT_PEER ? !w->side : w->side;
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct fault_ends ends;
	int r = read_ends(w, &ends, e);

	if (r == 0 && i->from == SEGMENT_PEER)
		ends = fault_ends_of_peer(&ends);
	if (r == 0 && from != w->side && is_astray(w, &ends))
		r = EOPNOTSUPP;
	if (r == 0)
		r = enter(&visit, w->lab, from, e);
	if (r == 0)
		r = fault_segment_send(&ends, i, e);
	if (r == 0 && i->flags & SEGMENT_IS_RST)
		book_rst(&w->lab->nodes[node_of(w->lab, from)]);
	if (r == 0)
		lab_drain(w->lab);
	return r;
}

/* --- sockets of the other side ---------------------------------------------
 */

struct search {
	struct ip_endpoint local, remote;
	bool found;
};

static int compare(const struct sockdiag_socket *s, void *arg)
{
	struct search *q = arg;

	q->found = s->state != TCP_LISTEN &&
		   ip_endpoint_same(&s->local, &q->local) &&
		   ip_endpoint_same(&s->remote, &q->remote);
	return q->found;
}

static int forgotten(const struct wish *w, struct err *e)
{
	const int other = !w->side;
	struct search q = { .found = false };
	int r;

	/* it may not have accepted it yet */
	if (!probe_pair_ends(w->lab->probes, other, &q.local, &q.remote) ||
	    !q.local.port || !q.remote.port)
		return EAGAIN;
	r = sockdiag_each(w->lab->nodes[node_of(w->lab, other)].sockdiag,
			  compare, &q, e);
	return r < 0 ? r : q.found ? EAGAIN : 0;
}

/* --- settings --------------------------------------------------------------
 */

static const char *key_of(uint32_t id, char *buf, size_t bytes)
{
	(void)snprintf(buf, bytes, "net.ipv4.%s", sysctl_infos[id].name);
	return buf;
}

/* Before either side set it, for they may share a node. */
static int note_before(const struct wish *w, uint32_t id, const char *key,
		       struct err *e)
{
	struct wish_memory *m = &w->lab->wishes[w->side];
	const struct wish_memory *other = &w->lab->wishes[!w->side];

	if (m->set[id])
		return 0;
	if (w->lab->client_node != w->lab->server_node || !other->set[id])
		return sysctl_get(key, m->before[id], e);
	memcpy(m->before[id], other->before[id], sizeof(m->before[id]));
	return 0;
}

static int set(const struct wish *w, struct err *e)
{
	const uint32_t id = step_sysctl_id(w->number);
	struct wish_memory *m = &w->lab->wishes[w->side];
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char key[64], value[16], now[SYSCTL_VALUE_MAX];
	int r;

	if (id >= SYSCTL_COUNT)
		return EINVAL;
	r = enter(&visit, w->lab, w->side, e);
	if (r < 0)
		return r;
	if (!sysctl_is_present(key_of(id, key, sizeof(key))))
		return EOPNOTSUPP;
	r = note_before(w, id, key, e);
	(void)snprintf(value, sizeof(value), "%u",
		       step_sysctl_value(w->number));
	if (r == 0)
		r = sysctl_set(key, value, now, e);
	m->set[id] |= r >= 0;
	return r < 0 ? r : 0;
}

static int set_back(struct lab *lab, int side, uint32_t id, struct err *e)
{
	struct wish_memory *m = &lab->wishes[side];
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char key[64], now[SYSCTL_VALUE_MAX];
	const int r = enter(&visit, lab, side, e);

	m->set[id] = false;
	return r < 0 ? r
		     : sysctl_set(key_of(id, key, sizeof(key)), m->before[id],
				  now, e);
}

int wish_undo(struct lab *lab, int side, struct err *e)
{
	struct wish_memory *m = &lab->wishes[side];
	int r = 0;

	m->noted = false;
	for (uint32_t id = 0; r >= 0 && id < SYSCTL_COUNT; id++)
		if (m->set[id])
			r = set_back(lab, side, id, e);
	return r < 0 ? err_add(e, "topology '%s'", lab->topology->name) : 0;
}

/* --- the table -------------------------------------------------------------
 */

/* From .base to the base of the next one. */
static const struct {
	uint32_t base;
	int (*grant)(const struct wish *w, struct err *e);
} kinds[] = {
	{ PROBE_LOOK, look },	{ PROBE_SEGMENT, send_segment },
	{ PROBE_NOTE, note },	{ PROBE_FORGOTTEN, forgotten },
	{ PROBE_WISHES, NULL }, { PROBE_SYSCTL, set },
};

int wish_grant(struct lab *lab, int side, uint32_t wish, int connection,
	       struct err *e)
{
	size_t i = ARRAY_SIZE(kinds) - 1;
	int r;

	while (i > 0 && wish < kinds[i].base)
		i--;
	if (!kinds[i].grant)
		return EINVAL;
	r = kinds[i].grant(
		&(struct wish){ lab, side, wish - kinds[i].base, connection },
		e);
	return r < 0 ? err_add(e, "topology '%s'", lab->topology->name) : r;
}
