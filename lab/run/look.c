/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A program can be at its hold while the segments that it
 * caused are still on their way: in the queue of a busy processor, or in a
 * wire.  So the lab looks again until what it sees fits together: every socket
 * that is open or half open has its other half, nothing waits for an
 * acknowledgement, and no state is one of those that an acknowledgement ends
 * (RFC 9293 3.3.2); and until a relay has done what it had to do meanwhile.
 * Where that does not come to pass, the last look counts: that is what a hold
 * with the link down is made to show.
 */
#include "lab/run/look.h"

#include "lab/base/clock.h"
#include "lab/base/grow.h"
#include "lab/run/lab.h"
#include "lab/run/role.h"
#include "lab/spec/hold.h"

#include <netinet/tcp.h>
#include <time.h>

#define AGAIN_NS (100 * NS_PER_US)
/* A peer may delay its acknowledgement for 200 ms (TCP_DELACK_MAX). */
#define LIMIT_NS (300 * NS_PER_MS)
/* What a user-mode network has under way is in no socket: nothing new for so
 * long, several turns of its loop, and it has come. */
#define STEADY_NS (50 * NS_PER_MS)

/* FNV-1a, 64 bits */
#define DIGEST_FACTOR 1099511628211ULL

/* --- one look --------------------------------------------------------------
 */

struct glance {
	const struct role_place *place;
	struct look *look;
	uint16_t node;
};

static int take_socket(const struct sockdiag_socket *s, void *arg)
{
	const struct glance *g = arg;
	struct look *look = g->look;
	const enum store_role role = role_of(g->place, g->node, s);

	if (role == STORE_ROLES)
		return 0;
	if (!GROW(look->sockets, look->n, look->cap))
		return -ENOMEM;
	look->sockets[look->n++] = (struct look_socket){ role, g->node, *s };
	return 0;
}

static int glance(struct lab *lab, const struct role_place *place,
		  struct look *look, struct err *e)
{
	look->n = 0;
	look->time_ns = clock_now_ns();
	for (size_t i = 0; i < lab->n_nodes; i++) {
		struct glance g = { place, look, (uint16_t)i };
		struct err why = { .code = 0 };
		const int r = sockdiag_each(lab->nodes[i].sockdiag, take_socket,
					    &g, &why);

		if (r < 0 && !why.code)
			return err_no_memory(e);
		if (r < 0) {
			*e = why;
			return err_add(e, "node '%s'",
				       lab->nodes[i].net->spec->name);
		}
	}
	return 0;
}

/* --- does it fit together? -------------------------------------------------
 */

/* A state that lasts until a program acts, and needs its other half. */
static bool is_half(const struct sockdiag_socket *s)
{
	return s->state == TCP_ESTABLISHED || s->state == TCP_CLOSE_WAIT ||
	       s->state == TCP_FIN_WAIT2;
}

/*
 * The kernel writes FIN-WAIT-2 into a closed socket before it puts a record
 * with a timer in its place, or arms the socket's own; a walk on another
 * processor can come between.
 * Source: tcp_rcv_state_process() and __tcp_close(), Linux 6.18
 */
static bool is_between(const struct sockdiag_socket *s)
{
	return s->state == TCP_FIN_WAIT2 && !s->inode &&
	       s->timer == SOCKDIAG_TIMER_OFF;
}

/* Differs where the sockets do, in number, state or queues. */
static uint64_t digest(const struct look *look)
{
	uint64_t sum = look->n;

	for (size_t i = 0; i < look->n; i++) {
		const struct sockdiag_socket *s = &look->sockets[i].socket;
		const uint64_t what =
			(uint64_t)look->sockets[i].role << 8 | s->state;

		sum = (sum ^ what) * DIGEST_FACTOR + s->receive_queue;
		sum = sum * DIGEST_FACTOR + s->send_queue;
	}
	return sum;
}

/* @paired: each has its other half in a socket, not in a user-mode network */
static bool is_settled(const struct look *look, bool paired)
{
	size_t halves = 0;

	for (size_t i = 0; i < look->n; i++) {
		const struct sockdiag_socket *s = &look->sockets[i].socket;

		if (look->sockets[i].role == STORE_ROLE_LISTENER ||
		    s->state == TCP_TIME_WAIT)
			continue;
		if (!is_half(s) || s->send_queue || is_between(s))
			return false;
		halves++;
	}
	return !paired || halves % 2 == 0;
}

/* What waits to be sent again may still get through: until then, and on. */
static int64_t next_try_ns(const struct look *look)
{
	uint32_t most_ms = 0;

	for (size_t i = 0; i < look->n; i++) {
		const struct sockdiag_socket *s = &look->sockets[i].socket;

		if (s->timer == SOCKDIAG_TIMER_ON && s->timer_ms > most_ms)
			most_ms = s->timer_ms;
	}
	return most_ms * NS_PER_MS;
}

/* What a relay was told of may be in no socket any more, and what it makes of
 * that in none yet: when it has nothing to do, nothing may have changed.
 * @rested:	the digest when it had nothing to do last */
static bool is_handled(const struct lab *lab, uint64_t now, uint64_t *rested)
{
	if (!lab->topology->processes.n || *rested == now)
		return true;
	(void)process_await_rest(lab->processes);
	*rested = now;
	return false;
}

static int look_until_settled(struct lab *lab, const struct role_place *place,
			      struct look *look, struct err *e)
{
	const struct timespec pause = { .tv_nsec = AGAIN_NS };
	int64_t until_ns = 0, same_ns = 0;
	uint64_t seen = 0, rested = 0;

	for (;;) {
		const int r = glance(lab, place, look, e);
		const uint64_t now = digest(look);

		if (!same_ns || now != seen) {
			same_ns = look->time_ns;
			rested = 0;
		}
		seen = now;
		if (r == 0 && !until_ns)
			until_ns = look->time_ns + next_try_ns(look) +
				   LIMIT_NS + 2 * lab->silence_ns;
		if (r < 0 || clock_now_ns() >= until_ns)
			return r;
		if (is_settled(look, !lab->n_guests) &&
		    (!lab->n_guests || look->time_ns - same_ns >= STEADY_NS) &&
		    is_handled(lab, now, &rested))
			return r;
		(void)nanosleep(&pause, NULL);
	}
}

/* --- the list --------------------------------------------------------------
 */

static struct look *new_look(struct look_list *l)
{
	if (!GROW(l->items, l->n, l->cap))
		return NULL;
	l->items[l->n] = (struct look){ .n = 0 };
	return &l->items[l->n++];
}

void look_list_done(struct look_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].sockets);
	free(l->items);
	*l = (struct look_list){ .n = 0 };
}

int look_at(struct lab *lab, int64_t hold, struct err *e)
{
	struct role_place place = {
		.client_node = lab->client_node,
		.server_node = lab->server_node,
		.new_ports =
			lab->topology->through & 1U << THROUGH_RANDOM_PORTS,
		.listen = lab->topology->listen,
	};
	struct look *look = new_look(&lab->looks);
	int r;

	if (!look)
		return err_no_memory(e);
	(void)probe_pair_ends(lab->probes, SIDE_CLIENT, &place.client,
			      &place.dialled);
	(void)probe_pair_ends(lab->probes, SIDE_SERVER, &place.server,
			      &place.accepted);
	look->hold = hold;
	r = look_until_settled(lab, &place, look, e);
	if (r == 0 && hold == LOOK_AFTER)
		r = deaths_await(lab, &place, e);
	return r;
}

/* --- storing ---------------------------------------------------------------
 */

static int store_socket(const struct lab *lab, const struct look *look,
			size_t i, struct store *store, int64_t row,
			struct err *e)
{
	const struct look_socket *s = &look->sockets[i];
	const struct sockdiag_socket *k = &s->socket;

	return store_put_socket(
		store, row,
		&(struct store_socket){
			.number = (uint32_t)i + 1,
			.role = s->role,
			.node = lab->nodes[s->node].net->spec->name,
			.state = sockdiag_state_name(k->state),
			.timer = sockdiag_timer_name(k->timer),
			.timer_ms = k->timer_ms,
			.receive_queue = k->receive_queue,
			.send_queue = k->send_queue,
			.retransmits = k->retransmits,
			.inode = k->inode,
			.uid = k->uid,
			.cookie = k->cookie,
			.local = k->local,
			.remote = k->remote,
		},
		e);
}

static int store_look(const struct lab *lab, const struct look *look,
		      const struct store_look *what, struct store *store,
		      struct err *e)
{
	const int64_t row = store_put_look(store, what, e);
	int r = 0;

	if (row < 0)
		return (int)row;
	for (size_t i = 0; r == 0 && i < look->n; i++)
		r = store_socket(lab, look, i, store, row, e);
	return r;
}

int look_store(const struct lab *lab, const struct workload *w,
	       struct store *store, int64_t row, struct err *e)
{
	struct store_look what = { .trial = row };
	char name[HOLD_NAME_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < lab->looks.n; i++) {
		const struct look *look = &lab->looks.items[i];

		what.number++;
		what.time_ns = look->time_ns;
		what.hold = look->hold == LOOK_AFTER
				    ? NULL
				    : hold_name(w, look->hold, name);
		r = store_look(lab, look, &what, store, e);
	}
	return r;
}
