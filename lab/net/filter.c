/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A rule is a list of expressions that a packet goes through in
 * turn: matches, then perhaps a counter, then what is done with it.  One that
 * ends in an answer or a drop has done so as often as its last counter says.
 */
#include "lab/net/filter.h"

#include "lab/net/netns.h"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <stdalign.h>
#include <string.h>

struct filter {
	struct mnl_socket *socket;
	unsigned port, sequence;
};

enum { REQUEST_BYTES = 64, ANSWER_BYTES = 32768 };

int filter_open(struct filter **ret, int netns, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_filter struct filter *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return err_no_memory(e);
	r = netns_enter(&visit, netns, e);
	if (r < 0)
		return r;
	f->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!f->socket)
		return err_set(e, ERR_HOST, errno,
			       "this kernel has no netlink for netfilter");
	if (mnl_socket_bind(f->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(e, "ask for the rules of the packet filter");
	f->port = mnl_socket_get_portid(f->socket);
	*ret = take_ptr(&f);
	return 0;
}

void filter_close(struct filter *f)
{
	if (!f)
		return;
	if (f->socket)
		(void)mnl_socket_close(f->socket);
	free(f);
}

/* --- a rule ----------------------------------------------------------------
 */

enum deed { DEED_NONE, DEED_RESET, DEED_DROP };

struct rule {
	enum deed deed;
	bool counts;
	uint64_t packets;
	uint8_t family; /* NFPROTO_* */
};

static const struct nlattr *find(const struct nlattr *nest, unsigned type)
{
	/* not const: the macro casts it to char * */
	struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) if (mnl_attr_get_type(a) ==
					      type) return a;
	return NULL;
}

static uint32_t number_of(const struct nlattr *nest, unsigned type)
{
	const struct nlattr *a = find(nest, type);

	return a && mnl_attr_get_payload_len(a) >= sizeof(uint32_t)
		       ? be32toh(mnl_attr_get_u32(a))
		       : UINT32_MAX;
}

static void read_counter(const struct nlattr *data, struct rule *ret)
{
	const struct nlattr *a = find(data, NFTA_COUNTER_PACKETS);

	if (!a || mnl_attr_get_payload_len(a) < sizeof(uint64_t))
		return;
	ret->counts = true;
	ret->packets = be64toh(mnl_attr_get_u64(a));
}

static void read_reject(const struct nlattr *data, struct rule *ret)
{
	if (number_of(data, NFTA_REJECT_TYPE) == NFT_REJECT_TCP_RST)
		ret->deed = DEED_RESET;
}

static void read_verdict(const struct nlattr *data, struct rule *ret)
{
	const struct nlattr *value = find(data, NFTA_IMMEDIATE_DATA);
	const struct nlattr *verdict =
		value ? find(value, NFTA_DATA_VERDICT) : NULL;

	if (verdict && number_of(verdict, NFTA_VERDICT_CODE) == NF_DROP)
		ret->deed = DEED_DROP;
}

/* What iptables-nft wraps: its own REJECT, and what it was told to answer. */
static void read_target(const struct nlattr *data, struct rule *ret)
{
	const struct nlattr *name = find(data, NFTA_TARGET_NAME);
	const struct nlattr *info = find(data, NFTA_TARGET_INFO);
	const uint32_t reset =
		ret->family == NFPROTO_IPV6 ? IP6T_TCP_RESET : IPT_TCP_RESET;
	uint32_t with;

	if (!name || !info || mnl_attr_get_payload_len(info) < sizeof(with) ||
	    strncmp(mnl_attr_get_str(name), "REJECT",
		    mnl_attr_get_payload_len(name)) != 0)
		return;
	memcpy(&with, mnl_attr_get_payload(info), sizeof(with));
	if (with == reset)
		ret->deed = DEED_RESET;
}

static const struct {
	const char *name;
	void (*read)(const struct nlattr *data, struct rule *ret);
} expressions[] = {
	{ "counter", read_counter },
	{ "reject", read_reject },
	{ "immediate", read_verdict },
	{ "target", read_target },
};

static void read_expression(const struct nlattr *nest, struct rule *ret)
{
	const struct nlattr *name = find(nest, NFTA_EXPR_NAME);
	const struct nlattr *data = find(nest, NFTA_EXPR_DATA);

	for (size_t i = 0; name && data && i < ARRAY_SIZE(expressions); i++)
		if (!strncmp(mnl_attr_get_str(name), expressions[i].name,
			     mnl_attr_get_payload_len(name)))
			expressions[i].read(data, ret);
}

static void add(struct filter_counts *all, const struct rule *r)
{
	if (r->deed == DEED_RESET) {
		all->resets += r->packets;
		all->mute_resets |= !r->counts;
	}
	if (r->deed == DEED_DROP)
		all->drops += r->packets;
}

static int take_rule(const struct nlmsghdr *nlh, void *arg)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	struct rule r = { .family = head->nfgen_family };
	struct nlattr *a, *element;

	mnl_attr_for_each(a, nlh, sizeof(*head))
	{
		if (mnl_attr_get_type(a) != NFTA_RULE_EXPRESSIONS)
			continue;
		mnl_attr_for_each_nested(element, a)
			read_expression(element, &r);
	}
	add(arg, &r);
	return MNL_CB_OK;
}

/* --- all of them -----------------------------------------------------------
 */

static int ask(struct filter *f, struct err *e)
{
	alignas(struct nlmsghdr) char buf[REQUEST_BYTES];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *head;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++f->sequence;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	*head = (struct nfgenmsg){ .nfgen_family = NFPROTO_UNSPEC,
				   .version = NFNETLINK_V0 };
	if (mnl_socket_sendto(f->socket, nlh, nlh->nlmsg_len) < 0)
		return err_errno(e, "ask for the rules of the packet filter");
	return 0;
}

/* Rules that were loaded in between leave the dump good enough to count, and
 * libmnl would stop in the middle of it: the next reading would meet the rest.
 */
static void pass_over_changes(void *buf, size_t n)
{
	int left = (int)n;

	for (struct nlmsghdr *nlh = buf; mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left))
		nlh->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
}

int filter_read(struct filter *f, struct filter_counts *ret, struct err *e)
{
	alignas(struct nlmsghdr) char buf[ANSWER_BYTES];
	struct filter_counts all = { .resets = 0 };
	int r = ask(f, e);

	if (r < 0)
		return r;
	r = MNL_CB_OK;
	while (r > MNL_CB_STOP) {
		const ssize_t n =
			mnl_socket_recvfrom(f->socket, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			pass_over_changes(buf, (size_t)n);
		r = n < 0 ? MNL_CB_ERROR
			  : mnl_cb_run(buf, (size_t)n, f->sequence, f->port,
				       take_rule, &all);
	}
	if (r < 0)
		return err_set(e, ERR_HOST, errno,
			       "the rules of the packet filter cannot be read "
			       "(%s)",
			       strerror(errno));
	*ret = all;
	return 0;
}
