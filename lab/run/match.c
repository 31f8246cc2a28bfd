/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/match.h"

#include "lab/base/clock.h"

/* A SYN may carry an earlier time than connect() reports: two clocks. */
#define CLOCK_SLACK_NS (200 * NS_PER_US)

/* Does @l lead to where the server listens, in the server's node?  Of two
 * addresses with one name the other is the server's, too: there it refuses. */
static bool is_server_leg(const struct match_place *p, const struct leg *l)
{
	const struct ip_endpoint listen = ip_endpoint_unmapped(&p->listen);

	return l->point.node == p->server_node &&
	       l->server.port == listen.port &&
	       (ip_addr_is_any(&listen.addr) ||
		ip_endpoint_same(&listen, &l->server) ||
		(p->by_name && ip_addr_is_loopback(&l->server.addr)));
}

static size_t legs_of(const struct connection *c)
{
	return c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;
}

/* The client as the server sees it, which NAT may have made another; NULL: it
 * never got there. */
static const struct ip_endpoint *seen_by_server(const struct match_place *p,
						const struct connection *c)
{
	for (size_t i = legs_of(c); i-- > 0;)
		if (is_server_leg(p, &c->legs[i]))
			return &c->legs[i].client;
	return NULL;
}

static bool is_clients(const struct match_trial *t, const struct connection *c)
{
	const struct probe_result *client = t->app[SIDE_CLIENT];

	return client && ip_endpoint_same(&client->local, &c->client);
}

/* Did its server accept @peer? */
static bool is_servers(const struct match_trial *t,
		       const struct ip_endpoint *peer)
{
	const struct probe_result *server = t->app[SIDE_SERVER];

	return server && peer && ip_endpoint_same(&server->peer, peer);
}

static bool began_by(const struct match_trial *t, const struct connection *c)
{
	const struct probe_result *r =
		t->app[SIDE_CLIENT] ? t->app[SIDE_CLIENT] : t->app[SIDE_SERVER];

	return r &&
	       r->begin_ns <= c->start_ns + (t->in_turn ? 0 : CLOCK_SLACK_NS);
}

/* The last that knows it and had begun by then; else the first.
 * @peer: the client as the server sees it, or NULL */
static int known_by(const struct match_trial *trials, size_t n,
		    const struct connection *c, const struct ip_endpoint *peer)
{
	int found = -1;

	for (size_t i = 0; i < n; i++) {
		if (!is_clients(&trials[i], c) && !is_servers(&trials[i], peer))
			continue;
		if (found < 0 || began_by(&trials[i], c))
			found = (int)i;
	}
	return found;
}

/* Source NAT keeps the port where it can. */
static bool kept_port(const struct match_trial *t, const struct connection *c)
{
	const struct probe_result *client = t->app[SIDE_CLIENT];

	return client && client->local.port == c->client.port;
}

/* The last that had begun; better one whose client had the same port. */
static int under_way(const struct match_trial *trials, size_t n,
		     const struct connection *c)
{
	int found = -1, kept = -1;

	for (size_t i = 0; i < n; i++) {
		if (!began_by(&trials[i], c))
			continue;
		found = (int)i;
		if (kept_port(&trials[i], c))
			kept = (int)i;
	}
	return kept >= 0 ? kept : found;
}

/* Of two addresses with one name, a client may try both. */
static bool is_dialled(const struct match_place *p,
		       const struct ip_endpoint *server)
{
	return ip_endpoint_same(&p->connect, server) ||
	       (p->by_name && p->connect.port == server->port &&
		ip_addr_is_loopback(&server->addr));
}

static bool dials_client(const struct match_place *p,
			 const struct connection *c)
{
	return c->n_legs && c->legs[0].point.node == p->client_node &&
	       is_dialled(p, &c->server);
}

static bool leads_beyond(const struct match_place *p,
			 const struct connection *c)
{
	for (size_t i = 0; i < p->n_beyond; i++)
		if (ip_endpoint_same(&p->beyond[i], &c->server))
			return true;
	return false;
}

/* Where nothing else dials, what leaves the client's node towards its server
 * is the client's, also when that node has given it another address. */
static bool is_renamed_client(const struct match_place *p,
			      const struct match_trial *t,
			      const struct connection *c)
{
	return !p->n_beyond && c->n_legs &&
	       c->legs[0].point.node == p->client_node && kept_port(t, c);
}

struct match match_connection(const struct match_place *p,
			      const struct match_trial *trials, size_t n,
			      const struct connection *c)
{
	const struct ip_endpoint *peer = seen_by_server(p, c);
	const bool dialled = dials_client(p, c);
	struct match m = { .trial = known_by(trials, n, c, peer) };

	/* Its beginning was not seen: nothing says who is who. */
	if (c->ending == ENDING_MIDSTREAM) {
		m.program[SIDE_CLIENT] = m.program[SIDE_SERVER] = true;
		return m;
	}
	if (m.trial < 0 && (dialled || peer || leads_beyond(p, c)))
		m.trial = under_way(trials, n, c);
	m.program[SIDE_SERVER] = peer != NULL;
	m.program[SIDE_CLIENT] =
		dialled ||
		(m.trial >= 0 && (is_clients(&trials[m.trial], c) ||
				  is_renamed_client(p, &trials[m.trial], c)));
	return m;
}

void match_trial_time(const struct match_trial *told, int64_t *ret_begin,
		      int64_t *ret_duration)
{
	int64_t begin = INT64_MAX, end = 0;

	for (int side = 0; side < SIDES; side++) {
		const struct probe_result *r = told->app[side];

		if (r && r->begin_ns < begin)
			begin = r->begin_ns;
		if (r && r->end_ns > end)
			end = r->end_ns;
	}
	*ret_begin = end ? begin : clock_now_ns();
	*ret_duration = end ? end - begin : 0;
}
