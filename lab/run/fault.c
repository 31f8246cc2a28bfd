/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Each fault is a row: how it begins and, where it leaves
 * something broken, how it ends.  What is in force is remembered per side in
 * the lab.  Everything is undone before the next trial, so one trial cannot
 * tell that another one broke something.
 */
#include "lab/run/fault.h"

#include "lab/base/clock.h"
#include "lab/net/netns.h"
#include "lab/net/nft.h"
#include "lab/run/child.h"
#include "lab/run/fault-loss.h"
#include "lab/run/fault-parts.h"
#include "lab/run/lab.h"
#include "lab/run/wish.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* How long a process may take to come to where it waits. */
#define REST_NS (100 * NS_PER_MS)

enum { MB = 1000000 };

struct fault_call {
	struct lab *lab;
	int side;
	uint32_t fault;
	int connection; /* borrowed, or -1 */
};

static struct net_node *node_of(const struct lab *lab, int side)
{
	return &lab->net->nodes[side == SIDE_CLIENT ? lab->client_node
						    : lab->server_node];
}

static bool is_end(const struct lab *lab, size_t node)
{
	return node == lab->client_node || node == lab->server_node;
}

/* --- connection tracking ---------------------------------------------------
 */

static int each_node(const struct fault_call *c, int (*fn)(struct err *e),
		     struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->lab->net->n_nodes; i++) {
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

		r = netns_enter(&visit, c->lab->net->nodes[i].netns, e);
		if (r == 0)
			r = fn(e);
	}
	return r;
}

static int flush(const struct fault_call *c, struct err *e)
{
	return each_node(c, conntrack_flush, e);
}

static int expire(const struct fault_call *c, struct err *e)
{
	return each_node(c, conntrack_expire, e);
}

/* The address that this node masquerades as towards @to: the one it would
 * take itself.  False when it has no way there. */
static bool own_address(const struct ip_endpoint *to, struct ip_addr *ret)
{
	own_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ip_endpoint local = { .port = 0 };
	struct sockaddr_storage sa;
	socklen_t n = ip_endpoint_to_sockaddr(to, &sa);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, n) < 0)
		return false;
	n = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return false;
	ip_endpoint_from_sockaddr(&sa, &local);
	*ret = local.addr;
	return true;
}

/* Every node between the two ends may be the one that translates. */
static int take_ports(const struct fault_call *c, struct err *e)
{
	const struct ip_endpoint to =
		ip_endpoint_unmapped(&c->lab->topology->listen);
	int taken = 0, r;

	if (to.addr.family != 4)
		return EOPNOTSUPP;
	r = flush(c, e);
	for (size_t i = 0; r == 0 && i < c->lab->net->n_nodes; i++) {
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
		struct ip_addr from;

		if (is_end(c->lab, i))
			continue;
		r = netns_enter(&visit, c->lab->net->nodes[i].netns, e);
		if (r < 0 || !own_address(&to, &from))
			continue;
		r = conntrack_take_ports(&from, &to, e);
		taken++;
	}
	return r < 0 || taken ? r : EOPNOTSUPP;
}

/* --- segments --------------------------------------------------------------
 */

static int send_segment(const struct fault_call *c, struct err *e)
{
	static const struct segment_info segments[FAULT_COUNT] = {
		[FAULT_SEGMENT_AHEAD] = { .flags = SEGMENT_IS_ACK,
					  .seq_offset = 50 * MB },
		[FAULT_SEGMENT_BEHIND] = { .flags = SEGMENT_IS_ACK,
					   .seq_offset = -50 * MB },
		[FAULT_SEGMENT_ACK] = { .flags = SEGMENT_IS_ACK,
					.ack_offset = 80 * MB },
	};
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct fault_ends ends;
	int r;

	if (c->connection < 0)
		return ENOTCONN;
	r = netns_enter(&visit, node_of(c->lab, c->side)->netns, e);
	if (r == 0)
		r = fault_ends_read(c->connection, NULL, &ends, e);
	if (r == 0)
		r = fault_segment_send(&ends, &segments[c->fault], e);
	if (r == 0)
		lab_drain(c->lab);
	return r;
}

/* --- sockets ---------------------------------------------------------------
 */

static int abort_socket(const struct fault_call *c, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	int r;

	if (c->connection < 0)
		return ENOTCONN;
	r = netns_enter(&visit, node_of(c->lab, c->side)->netns, e);
	return r < 0 ? r : fault_socket_abort(c->connection, e);
}

static int repair_socket(const struct fault_call *c, struct err *e)
{
	return c->connection < 0 ? ENOTCONN
				 : fault_socket_repair(c->connection, e);
}

/* --- links -----------------------------------------------------------------
 */

static int link_down(const struct fault_call *c, struct err *e)
{
	struct fault_link l;

	/* with both ends in one node segments go over lo */
	if (c->lab->client_node == c->lab->server_node ||
	    !fault_link_of(c->lab->net, node_of(c->lab, c->side), &l))
		return EOPNOTSUPP;
	return fault_link_down(&l, e);
}

static int load_rules(const struct lab *lab, const struct net_node *node,
		      const char *text, struct err *e)
{
	struct nft_piece piece = { .text = NULL };
	struct nft_rules rules = {
		.path = lab->topology->path,
		.node = node->spec->name,
	};
	own_mem char *copy = strdup(text);

	if (!copy)
		return err_errno(e, "rules");
	piece.text = copy;
	rules.pieces = &piece;
	rules.n = 1;
	return nft_load(&rules, e);
}

/*
 * An end hears again before it can speak: its queue begins to work when the
 * kernel has noted the carrier.  An RST of that moment would be counted, and
 * be on no wire.  So both ends are deaf meanwhile, as with the link down.
 * Source: tcp_v4_send_reset(), net/ipv4/tcp_ipv4.c; dev_activate(),
 * net/sched/sch_generic.c; Linux 6.18
 */
static int make_deaf(const struct lab *lab, const struct net_node *node,
		     bool deaf, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const int r = netns_enter(&visit, node->netns, e);

	if (r < 0)
		return r;
	return load_rules(lab, node,
			  deaf ? "table inet rstlab-mend {\n"
				 " chain input {\n"
				 "  type filter hook input priority 300;\n"
				 "  iif != lo meta l4proto tcp drop\n"
				 " }\n"
				 "}\n"
			       : "delete table inet rstlab-mend\n",
			  e);
}

static int make_ends_deaf(const struct lab *lab, const struct fault_link *l,
			  bool deaf, struct err *e)
{
	const int r = make_deaf(lab, l->near.node, deaf, e);

	return r < 0 ? r : make_deaf(lab, l->far.node, deaf, e);
}

static int bring_up(const struct fault_call *c, const struct fault_link *l,
		    struct err *e)
{
	int r = make_ends_deaf(c->lab, l, true, e);

	if (r == 0)
		r = fault_link_up(l, e);
	/* with one that is forgotten goes what waits for its address */
	if (r == 0)
		r = each_node(c, fault_forget_neighbours, e);
	return r < 0 ? r : make_ends_deaf(c->lab, l, false, e);
}

static int link_up(const struct fault_call *c, struct err *e)
{
	struct fault_link l;

	if (!fault_link_of(c->lab->net, node_of(c->lab, c->side), &l))
		return EOPNOTSUPP;
	return bring_up(c, &l, e);
}

/* --- processes -------------------------------------------------------------
 */

static int signal_peer(const struct fault_call *c, int signal, struct err *e)
{
	const struct probe_side *s = &c->lab->probes->sides[!c->side];

	if (syscall(SYS_pidfd_send_signal, s->pidfd, signal, NULL, 0) < 0)
		return err_errno(e, "%s the %s probe",
				 signal == SIGSTOP ? "stop" : "continue",
				 side_names[!c->side]);
	return 0;
}

/*
 * Stop it where its script waits, not on the way there: a trial would not be
 * like the other.  A process that runs on another processor stops when it next
 * comes back from the kernel: wait for that, too.
 */
static int pause_peer(const struct fault_call *c, struct err *e)
{
	const pid_t pid = c->lab->probes->sides[!c->side].pid;
	siginfo_t how;
	int r;

	(void)child_await_rest(pid, clock_now_ns() + REST_NS);
	r = signal_peer(c, SIGSTOP, e);
	if (r < 0)
		return r;
	while (waitid(P_PID, (id_t)pid, &how, WSTOPPED) < 0)
		if (errno != EINTR)
			return err_errno(e, "stop the %s probe",
					 side_names[!c->side]);
	return 0;
}

static int resume_peer(const struct fault_call *c, struct err *e)
{
	return signal_peer(c, SIGCONT, e);
}

static int pause_between(const struct fault_call *c, struct err *e)
{
	return process_pause(c->lab->processes, true, e);
}

static int resume_between(const struct fault_call *c, struct err *e)
{
	return process_pause(c->lab->processes, false, e);
}

/* --- docker network disconnect ---------------------------------------------
 */

/* Where published ports are translated, by who made the rules. */
static const char *const port_chains[] = {
	"ip nat DOCKER",
	"ip docker-bridges nat-prerouting-and-output",
	"inet netavark NETAVARK-HOSTPORT-DNAT",
	"ip nat CNI-HOSTPORT-DNAT",
};

/* The container of the two ends, the server's first. */
static struct net_node *container_of(const struct lab *lab)
{
	if (node_of(lab, SIDE_SERVER)->spec->kind == NODE_CONTAINER)
		return node_of(lab, SIDE_SERVER);
	if (node_of(lab, SIDE_CLIENT)->spec->kind == NODE_CONTAINER)
		return node_of(lab, SIDE_CLIENT);
	return NULL;
}

static int forget_ports(const struct lab *lab, const struct net_node *node,
			struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char text[128];
	struct err none;
	int r = netns_enter(&visit, node->netns, e);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(port_chains); i++) {
		(void)snprintf(text, sizeof(text), "flush chain %s\n",
			       port_chains[i]);
		(void)load_rules(lab, node, text, &none); /* or there is none */
	}
	return r;
}

static int disconnect(const struct fault_call *c, struct err *e)
{
	struct net_node *container = container_of(c->lab);
	struct fault_link l;
	int r;

	if (!container || !fault_link_of(c->lab->net, container, &l))
		return EOPNOTSUPP;
	process_end_relays(c->lab->processes, l.far.node->spec->name);
	r = forget_ports(c->lab, l.far.node, e);
	if (r == 0)
		r = fault_link_down(&l, e);
	return r < 0 ? r : flush(c, e);
}

static int restore_rules(const struct lab *lab, const struct net_node *node,
			 struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct nft_rules rules = {
		.pieces = node->spec->nft.items,
		.n = node->spec->nft.n,
		.path = lab->topology->path,
		.node = node->spec->name,
	};
	int r = netns_enter(&visit, node->netns, e);

	if (r == 0 && rules.n)
		r = load_rules(lab, node, "flush ruleset\n", e);
	return r < 0 || !rules.n ? r : nft_load(&rules, e);
}

static int reconnect(const struct fault_call *c, struct err *e)
{
	struct net_node *container = container_of(c->lab);
	struct fault_link l;
	int r;

	if (!container || !fault_link_of(c->lab->net, container, &l))
		return EOPNOTSUPP;
	r = restore_rules(c->lab, l.far.node, e);
	if (r == 0)
		r = bring_up(c, &l, e);
	return r < 0 ? r
		     : process_begin_relays(c->lab->processes,
					    l.far.node->spec->name, e);
}

/* --- closing at the same time ----------------------------------------------
 */

static int load_in(const struct fault_call *c, const char *text, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct net_node *node = node_of(c->lab, c->side);
	const int r = netns_enter(&visit, node->netns, e);

	return r < 0 ? r : load_rules(c->lab, node, text, e);
}

static int lose_fins(const struct fault_call *c, struct err *e)
{
	char text[FAULT_FIN_RULES];
	const int r = c->connection < 0
			      ? ENOTCONN
			      : fault_fin_rules(c->connection, c->side, text,
						sizeof(text), e);

	return r ? r : load_in(c, text, e);
}

static int find_fins(const struct fault_call *c, struct err *e)
{
	char text[FAULT_FIN_RULES];

	if (!(c->lab->faults[c->side] & UINT32_C(1) << FAULT_FINS_LOST) &&
	    c->fault != FAULT_FINS_LOST)
		return 0; /* none is being lost */
	fault_fin_end_rules(c->side, text, sizeof(text));
	return load_in(c, text, e);
}

/* --- what comes to one side is lost ----------------------------------------
 */

static int lose(const struct fault_call *c, enum fault_loss loss, struct err *e)
{
	const struct topology *t = c->lab->topology;
	char text[FAULT_LOSS_RULES];

	fault_loss_rules(loss, c->side,
			 c->side == SIDE_SERVER ? t->listen.port
						: t->connect.port,
			 text);
	return load_in(c, text, e);
}

static int find(const struct fault_call *c, enum fault_loss loss,
		enum fault_id fault, struct err *e)
{
	char text[FAULT_LOSS_RULES];

	if (!(c->lab->faults[c->side] & UINT32_C(1) << fault) &&
	    c->fault != fault)
		return 0; /* nothing is being lost */
	if (c->fault != fault)
		lab_drain(c->lab); /* what was sent before is lost, too */
	fault_loss_end_rules(loss, c->side, text);
	return load_in(c, text, e);
}

static int lose_segments(const struct fault_call *c, struct err *e)
{
	return lose(c, FAULT_LOSS_ALL, e);
}

static int find_segments(const struct fault_call *c, struct err *e)
{
	return find(c, FAULT_LOSS_ALL, FAULT_SEGMENTS_LOST, e);
}

static int lose_acks(const struct fault_call *c, struct err *e)
{
	return lose(c, FAULT_LOSS_ACKS, e);
}

static int find_acks(const struct fault_call *c, struct err *e)
{
	return find(c, FAULT_LOSS_ACKS, FAULT_ACKS_LOST, e);
}

/* --- the table -------------------------------------------------------------
 */

typedef int (*fault_fn)(const struct fault_call *c, struct err *e);

static const struct {
	fault_fn begin, end;  /* end: or NULL, nothing is left broken */
	enum fault_id undoes; /* itself: nothing */
} rows[] = {
	[FAULT_CONNTRACK_EXPIRE] = { expire, NULL, FAULT_CONNTRACK_EXPIRE },
	[FAULT_CONNTRACK_FLUSH] = { flush, NULL, FAULT_CONNTRACK_FLUSH },
	[FAULT_SEGMENT_AHEAD] = { send_segment, NULL, FAULT_SEGMENT_AHEAD },
	[FAULT_SEGMENT_BEHIND] = { send_segment, NULL, FAULT_SEGMENT_BEHIND },
	[FAULT_SEGMENT_ACK] = { send_segment, NULL, FAULT_SEGMENT_ACK },
	[FAULT_ABORT] = { abort_socket, NULL, FAULT_ABORT },
	[FAULT_REPAIR] = { repair_socket, NULL, FAULT_REPAIR },
	[FAULT_SNAT_EXHAUST] = { take_ports, flush, FAULT_SNAT_EXHAUST },
	[FAULT_LINK_DOWN] = { link_down, link_up, FAULT_LINK_DOWN },
	[FAULT_LINK_UP] = { link_up, NULL, FAULT_LINK_DOWN },
	[FAULT_PAUSE] = { pause_peer, resume_peer, FAULT_PAUSE },
	[FAULT_RESUME] = { resume_peer, NULL, FAULT_PAUSE },
	[FAULT_PAUSE_BETWEEN] = { pause_between, resume_between,
				  FAULT_PAUSE_BETWEEN },
	[FAULT_RESUME_BETWEEN] = { resume_between, NULL, FAULT_PAUSE_BETWEEN },
	[FAULT_RECONNECT] = { reconnect, NULL, FAULT_DISCONNECT },
	[FAULT_DISCONNECT] = { disconnect, reconnect, FAULT_DISCONNECT },
	[FAULT_FINS_LOST] = { lose_fins, find_fins, FAULT_FINS_LOST },
	[FAULT_FINS_FOUND] = { find_fins, NULL, FAULT_FINS_LOST },
	[FAULT_SEGMENTS_LOST] = { lose_segments, find_segments,
				  FAULT_SEGMENTS_LOST },
	[FAULT_SEGMENTS_FOUND] = { find_segments, NULL, FAULT_SEGMENTS_LOST },
	[FAULT_ACKS_LOST] = { lose_acks, find_acks, FAULT_ACKS_LOST },
	[FAULT_ACKS_FOUND] = { find_acks, NULL, FAULT_ACKS_LOST },
};
static_assert(ARRAY_SIZE(rows) == FAULT_COUNT, "a row for every fault");
static_assert(FAULT_COUNT <= 32, "lab.faults has a bit for every fault");

/* A negative answer stops the run; say then what was being done. */
static int blame(const struct fault_call *c, int r, struct err *e)
{
	if (r < 0)
		(void)err_add(e, "topology '%s': fault %s",
			      c->lab->topology->name,
			      fault_infos[c->fault].name);
	return r;
}

static int begin(const struct fault_call *c, struct err *e)
{
	uint32_t *in_force = &c->lab->faults[c->side];
	int r = tracks_take(c->lab, e);

	if (r == 0)
		r = rows[c->fault].begin(c, e);
	*in_force &= ~(UINT32_C(1) << rows[c->fault].undoes);
	if (r <= 0 && rows[c->fault].end)
		*in_force |= UINT32_C(1) << c->fault;
	return blame(c, r, e);
}

static int undo_side(struct lab *lab, int side, struct err *e)
{
	struct fault_call c = { .lab = lab, .side = side, .connection = -1 };
	int r = wish_undo(lab, side, e);

	if (r >= 0 && lab->faults[side])
		r = tracks_take(lab, e);
	for (; r >= 0 && c.fault < FAULT_COUNT; c.fault++) {
		const uint32_t bit = UINT32_C(1) << c.fault;

		if (!(lab->faults[side] & bit))
			continue;
		lab->faults[side] &= ~bit;
		r = blame(&c, rows[c.fault].end(&c, e), e);
	}
	return r < 0 ? r : 0;
}

int fault_perform(void *lab, int side, uint32_t fault, int connection,
		  struct err *e)
{
	const struct fault_call c = { lab, side, fault, connection };

	if (fault >= PROBE_LOOK)
		return wish_grant(lab, side, fault, connection, e);
	return fault == FAULT_COUNT ? undo_side(lab, side, e) : begin(&c, e);
}

int fault_undo_all(struct lab *lab, struct err *e)
{
	int r = 0;

	for (int side = 0; r == 0 && side < SIDES; side++)
		r = undo_side(lab, side, e);
	return r;
}
