/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/deaths.h"

#include "lab/base/clock.h"
#include "lab/base/grow.h"
#include "lab/run/lab.h"

#include <netinet/tcp.h>
#include <time.h>

#define AGAIN_NS (100 * NS_PER_US)
/* It is told by a worker of the kernel, which waits for a processor as others
 * do (sock_diag_broadcast_destroy(), net/core/sock_diag.c of 6.18). */
#define LIMIT_NS NS_PER_S

void deaths_done(struct deaths *d)
{
	free(d->items);
	*d = (struct deaths){ .n = 0 };
}

uint64_t deaths_lost(const struct lab *lab)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < lab->n_nodes; i++)
		sum += dying_lost(lab->nodes[i].dying);
	return sum;
}

static int listen_in_all(struct lab *lab, bool on, struct err *e)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		const int r = dying_listen(lab->nodes[i].dying, on, e);

		if (r < 0)
			return err_add(e, "node '%s'",
				       lab->nodes[i].net->spec->name);
		if (r > 0)
			return r;
	}
	return 0;
}

int deaths_begin(struct lab *lab, struct err *e)
{
	const int r = listen_in_all(lab, true, e);

	lab->deaths.n = 0;
	lab->deaths.on = r == 0;
	return r < 0 ? r : 0;
}

int deaths_end(struct lab *lab, struct err *e)
{
	int r;

	if (!lab->deaths.on)
		return 0;
	lab->deaths.n = 0;
	lab->deaths.on = false;
	r = listen_in_all(lab, false, e);
	return r < 0 ? r : 0;
}

struct taking {
	struct deaths *deaths;
	uint16_t node;
};

static int take_one(const struct sockdiag_socket *s, void *arg)
{
	const struct taking *t = arg;
	struct deaths *d = t->deaths;

	if (!GROW(d->items, d->n, d->cap))
		return -ENOMEM;
	d->items[d->n++] = (struct death){ t->node, STORE_ROLES, *s };
	return 0;
}

int deaths_take(struct lab *lab, struct err *e)
{
	for (size_t i = 0; lab->deaths.on && i < lab->n_nodes; i++) {
		struct taking t = { &lab->deaths, (uint16_t)i };
		struct err why = { .code = 0 };
		const int r =
			dying_take(lab->nodes[i].dying, take_one, &t, &why);

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

/* --- whose they are --------------------------------------------------------
 */

/* What stands in the place of a socket: of its death nothing is told. */
static bool is_record(const struct sockdiag_socket *s)
{
	return s->state == TCP_TIME_WAIT || s->timer == SOCKDIAG_TIMER_TIMEWAIT;
}

static bool was_told(const struct deaths *d, uint16_t node, uint64_t cookie)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].node == node &&
		    d->items[i].socket.cookie == cookie)
			return true;
	return false;
}

static bool still_lives(const struct look *last, uint16_t node, uint64_t cookie)
{
	for (size_t i = 0; i < last->n; i++)
		if (last->sockets[i].node == node &&
		    last->sockets[i].socket.cookie == cookie)
			return !is_record(&last->sockets[i].socket);
	return false;
}

/* Is there one that a look has shown, that is gone, and nobody told of? */
static bool is_missing(const struct lab *lab, const struct look *look)
{
	const struct look *last = &lab->looks.items[lab->looks.n - 1];

	for (size_t i = 0; i < look->n; i++) {
		const struct look_socket *s = &look->sockets[i];

		if (s->role != STORE_ROLE_LISTENER &&
		    s->socket.state != TCP_SYN_RECV &&
		    !still_lives(last, s->node, s->socket.cookie) &&
		    !was_told(&lab->deaths, s->node, s->socket.cookie))
			return true;
	}
	return false;
}

static bool has_role(const struct lab *lab, enum store_role role)
{
	const struct look *last = &lab->looks.items[lab->looks.n - 1];

	for (size_t i = 0; i < last->n; i++)
		if (last->sockets[i].role == role &&
		    !is_record(&last->sockets[i].socket))
			return true;
	for (size_t i = 0; i < lab->deaths.n; i++)
		if (lab->deaths.items[i].role == role)
			return true;
	return false;
}

/* @place: of a side that a program never told of nothing is awaited */
static bool all_told(const struct lab *lab, const struct role_place *place)
{
	if ((place->client.port && !has_role(lab, STORE_ROLE_CLIENT)) ||
	    (place->accepted.port && !has_role(lab, STORE_ROLE_SERVER)))
		return false;
	for (size_t i = 0; i < lab->looks.n; i++)
		if (is_missing(lab, &lab->looks.items[i]))
			return false;
	return true;
}

static void name_roles(struct deaths *d, const struct role_place *place)
{
	for (size_t i = 0; i < d->n; i++)
		d->items[i].role = role_of_destroyed(place, d->items[i].node,
						     &d->items[i].socket);
}

int deaths_await(struct lab *lab, const struct role_place *place, struct err *e)
{
	const struct timespec pause = { .tv_nsec = AGAIN_NS };
	const int64_t until_ns = clock_now_ns() + LIMIT_NS;
	int r;

	if (!lab->deaths.on)
		return 0;
	for (;;) {
		r = deaths_take(lab, e);
		name_roles(&lab->deaths, place);
		if (r < 0 || all_told(lab, place) || clock_now_ns() >= until_ns)
			return r;
		(void)nanosleep(&pause, NULL);
	}
}

int deaths_store(const struct lab *lab, struct store *store, int64_t row,
		 struct err *e)
{
	uint32_t number = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < lab->deaths.n; i++) {
		const struct death *d = &lab->deaths.items[i];
		const struct sockdiag_socket *s = &d->socket;

		if (d->role == STORE_ROLES)
			continue;
		r = store_put_destroyed(
			store, row,
			&(struct store_socket){
				.number = ++number,
				.role = d->role,
				.node = lab->nodes[d->node].net->spec->name,
				.receive_queue = s->receive_queue,
				.send_queue = s->send_queue,
				.cookie = s->cookie,
				.local = s->local,
				.remote = s->remote,
			},
			e);
	}
	return r;
}

/* --- that of a reset -------------------------------------------------------
 */

/* How well a socket that died fits; 0: not at all. */
static int likeness(const struct sockdiag_socket *s,
		    const struct ip_endpoint *local,
		    const struct ip_endpoint *remote)
{
	if (s->local.port != local->port)
		return 0;
	if (s->remote.port == remote->port)
		return 2;
	/* disconnected: it has forgotten the peer's port, a listener never
	 * knew one */
	return s->remote.port == 0 && !ip_addr_is_any(&s->remote.addr);
}

const struct death *deaths_find(const struct lab *lab, uint16_t node,
				const struct ip_endpoint *local,
				const struct ip_endpoint *remote)
{
	const struct death *found = NULL;
	int best = 0;

	for (size_t i = 0; i < lab->deaths.n; i++) {
		const struct death *d = &lab->deaths.items[i];
		const int like = d->node == node
					 ? likeness(&d->socket, local, remote)
					 : 0;

		if (like > best) {
			best = like;
			found = d;
		} else if (like && like == best) {
			found = NULL; /* two that are alike */
		}
	}
	return found;
}
