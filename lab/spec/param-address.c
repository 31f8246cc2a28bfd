/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Behind a published port the client dials one port and the
 * server listens at another; port=N makes both N, as `docker run -p N:N` does:
 * in the endpoints of the topology and of its processes, and in the rules
 * wherever one of the two stands as a port.  Rules that have it in a form
 * which is not known here are refused: half of a translation leads nowhere.
 */
#include "lab/base/num.h"
#include "lab/base/text.h"
#include "lab/spec/param-parts.h"

#include <string.h>

/* --- family ---------------------------------------------------------------
 */

/* ::ffff:a.b.c.d, also of 0.0.0.0: Linux takes it for all IPv4 addresses of an
 * IPv6 socket.  Source: RFC 4291 2.5.5.2; __inet6_bind(), Linux 6.18 */
static void map_address(struct ip_addr *a)
{
	struct ip_addr mapped = { .family = 6, .bytes = { [10] = 0xff, 0xff } };

	memcpy(mapped.bytes + 12, a->bytes, 4);
	*a = mapped;
}

static int use_ipv6(const struct param_change *c, struct err *e)
{
	struct topology *t = c->t;

	if (!t->connect6.addr.family || !t->listen6.addr.family)
		return param_refuse(c, e,
				    "has no IPv6: no connect6 and listen6");
	t->connect = t->connect6;
	t->connect_at = t->connect6_at;
	t->listen = t->listen6;
	t->listen_at = t->listen6_at;
	return 0;
}

int param_apply_family(const struct param_change *c, struct err *e)
{
	struct topology *t = c->t;
	const bool six = !strcmp(c->value, "6");
	const bool mapped = !strcmp(c->value, "4mapped");

	if (!six && !mapped && strcmp(c->value, "4") != 0)
		return param_must_be(c, "4, 6 or 4mapped", e);
	if (six && t->localhost == LOCALHOST_6)
		return 0; /* so it is already */
	if (t->connect.addr.family == 6)
		return param_refuse(
			c, e, "has one family only: its client dials IPv6");
	if (mapped) {
		map_address(&t->connect.addr);
		map_address(&t->listen.addr);
	}
	return six ? use_ipv6(c, e) : 0;
}

/* --- port -----------------------------------------------------------------
 */

/* Which ports become which. */
struct move {
	uint16_t from[2], to; /* what the client dials, where the server
			       * listens */
};

static bool moves(const struct move *m, uint16_t port)
{
	return port == m->from[0] || port == m->from[1];
}

static void move_endpoint(const struct move *m, struct ip_endpoint *ep)
{
	if (ep->addr.family && moves(m, ep->port))
		ep->port = m->to;
}

static void move_process(const struct move *m, struct process *p)
{
	struct forward *forwards = p->forwards.items;

	move_endpoint(m, &p->listen);
	move_endpoint(m, &p->connect);
	for (size_t i = 0; i < p->forwards.n; i++) {
		move_endpoint(m, &forwards[i].listen);
		move_endpoint(m, &forwards[i].connect);
	}
}

static bool read_port(const char *s, size_t n, int64_t *ret)
{
	char word[8];

	if (n >= sizeof(word))
		return false;
	(void)snprintf(word, sizeof(word), "%.*s", (int)n, s);
	return num_parse(word, 0, UINT16_MAX, ret);
}

static bool is_port(const struct move *m, const char *s, size_t n)
{
	int64_t port;

	return read_port(s, n, &port) && moves(m, (uint16_t)port);
}

/* "80-90", with one of the two in it? */
static bool is_range(const struct move *m, const char *s, size_t n)
{
	const char *dash = memchr(s, '-', n);
	const size_t at = dash ? (size_t)(dash - s) : 0;
	int64_t first, last;

	if (!dash || !read_port(s, at, &first) ||
	    !read_port(dash + 1, n - at - 1, &last))
		return false;
	return (m->from[0] >= first && m->from[0] <= last) ||
	       (m->from[1] >= first && m->from[1] <= last);
}

/* "172.17.0.2:80", "[fd00::2]:80", ":80": the length in front of the port, or
 * 0.  An IPv6 address without brackets has no port. */
static size_t before_port(const char *word, size_t n)
{
	const char *colon = memrchr(word, ':', n);
	const size_t at = colon ? (size_t)(colon - word) : n;

	if (!colon || (at && word[at - 1] != ']' && memchr(word, ':', at)))
		return 0;
	return at + 1;
}

static bool is_port_word(const char *word, size_t n)
{
	return n == 5 &&
	       (!strncmp(word, "dport", n) || !strncmp(word, "sport", n));
}

/* What a range behind it is of: the client's port. */
static bool is_source_nat(const char *word, size_t n)
{
	return (n == 4 && !strncmp(word, "snat", n)) ||
	       (n == 10 && !strncmp(word, "masquerade", n));
}

/* The rules of one piece.  Returns: false: a port stands there on its own, or
 * in a range. */
static bool move_rules(const struct move *m, const char *rules,
		       struct text *out)
{
	static const char ends[] = " \t\n,;{}\"#";
	bool after_port_word = false, source_nat = false, all = true;

	while (*rules) {
		const size_t gap = strspn(rules, ends);
		const char *word = rules + gap;
		const size_t n = strcspn(word, ends);
		const size_t front = before_port(word, n);
		const bool whole = is_port(m, word, n);

		text_addf(out, "%.*s", (int)gap, rules);
		source_nat = is_source_nat(word, n) ||
			     (source_nat && !memchr(rules, '\n', gap));
		all &= (!whole || after_port_word) &&
		       (source_nat || !is_range(m, word + front, n - front));
		if (whole || (front && is_port(m, word + front, n - front)))
			text_addf(out, "%.*s%u", (int)front, word, m->to);
		else
			text_addf(out, "%.*s", (int)n, word);
		after_port_word = is_port_word(word, n);
		rules = word + n;
	}
	return all;
}

static int move_node(const struct param_change *c, const struct move *m,
		     struct topology_node *node, struct err *e)
{
	struct nft_piece *pieces = node->nft.items;

	for (size_t i = 0; i < node->nft.n; i++) {
		own_text struct text rules = { .s = NULL };

		if (!move_rules(m, pieces[i].text, &rules))
			return err_set(
				e, ERR_INPUT, EINVAL,
				"topology '%s' has port %u or %u in the rules "
				"of '%s' where port=%s cannot change it",
				c->t->name, m->from[0], m->from[1], node->name,
				c->value);
		if (rules.failed)
			return err_no_memory(e);
		free(pieces[i].text);
		pieces[i].text = take_ptr(&rules.s) ?: strdup("");
	}
	return 0;
}

int param_apply_port(const struct param_change *c, struct err *e)
{
	struct topology *t = c->t;
	struct ip_endpoint *const ends[] = { &t->connect, &t->listen,
					     &t->connect6, &t->listen6 };
	struct move m = { .from = { t->connect.port, t->listen.port } };
	struct topology_node *nodes = t->nodes.items;
	struct process *processes = t->processes.items;
	int64_t port;

	if (!num_parse(c->value, 1, UINT16_MAX, &port))
		return param_must_be(c, "a port from 1 to 65535", e);
	m.to = (uint16_t)port;
	for (size_t i = 0; i < t->nodes.n; i++) {
		const int r = move_node(c, &m, &nodes[i], e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < t->processes.n; i++)
		move_process(&m, &processes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		move_endpoint(&m, ends[i]);
	return 0;
}

/* --- localhost ------------------------------------------------------------
 */

static int no_name(const struct param_change *c, struct err *e)
{
	char buf[IP_TEXT_MAX];

	return err_set(e, ERR_INPUT, EINVAL,
		       "the client of topology '%s' dials %s, which is not "
		       "localhost",
		       c->t->name, ip_addr_text(&c->t->connect.addr, buf));
}

int param_apply_localhost(const struct param_change *c, struct err *e)
{
	struct topology *t = c->t;
	int which = LOCALHOST_4;
	int r = 0;

	while (localhost_names[which] &&
	       strcmp(localhost_names[which], c->value) != 0)
		which++;
	if (!localhost_names[which])
		return param_must_be(c, "4, 6 or both", e);
	if (!ip_addr_is_loopback(&t->connect.addr))
		return no_name(c, e);
	if (which == LOCALHOST_4 && t->connect.addr.family == 6)
		return no_name(c, e);
	if (which == LOCALHOST_6 && t->connect.addr.family == 4)
		r = use_ipv6(c, e);
	t->localhost = which;
	return r;
}
