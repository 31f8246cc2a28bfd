/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  netem wants a struct tc_netem_qopt and attributes behind it.
 * They are put together here, because the setters of libnl-route 3.7 take
 * microseconds as int, and know neither a rate, nor Gilbert and Elliott's
 * model, nor a seed.
 *
 * Source: include/uapi/linux/pkt_sched.h, net/sched/sch_netem.c; Linux 6.18
 */
#include "lab/net/rtnl-qdisc.h"

#include "lab/net/rtnl-request.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

enum {
	PPM = 1000000,
	BITS = 8,
	TICK_SHIFT = 6, /* a tick of struct tc_netem_qopt is 64 ns */
	/* Headers before 6.6 lack it; kernels before 6.6 pass over it. */
	PRNG_SEED = 14,
};

/* Netem's shares are parts of 2^32 - 1. */
static uint32_t share(uint32_t ppm)
{
	return (uint32_t)(((uint64_t)ppm * UINT32_MAX + PPM / 2) / PPM);
}

static void put_times(struct request *q, const struct impairment *m)
{
	request_put(q, TCA_NETEM_LATENCY64, &m->delay_ns, sizeof(m->delay_ns));
	request_put(q, TCA_NETEM_JITTER64, &m->jitter_ns, sizeof(m->jitter_ns));
}

/* .loss_ppm is that of the good state then. */
static void put_bursts(struct request *q, const struct impairment *m)
{
	const struct tc_netem_gemodel model = {
		.p = share(m->bad_ppm),
		.r = share(m->good_ppm),
		.h = UINT32_MAX - share(m->bad_loss_ppm), /* what arrives */
		.k1 = share(m->loss_ppm),
	};
	struct nlattr *loss = request_nest(q, TCA_NETEM_LOSS);

	request_put(q, NETEM_LOSS_GE, &model, sizeof(model));
	request_nest_end(q, loss);
}

static void put_reorder(struct request *q, const struct impairment *m)
{
	const struct tc_netem_reorder reorder = { .probability = share(
							  m->reorder_ppm) };

	request_put(q, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
}

static void put_rate(struct request *q, const struct impairment *m)
{
	const uint64_t bytes = (m->rate_bps + BITS - 1) / BITS;
	const struct tc_netem_rate rate = { .rate = bytes < UINT32_MAX
							    ? (uint32_t)bytes
							    : UINT32_MAX };

	request_put(q, TCA_NETEM_RATE, &rate, sizeof(rate));
	if (bytes > UINT32_MAX)
		request_put(q, TCA_NETEM_RATE64, &bytes, sizeof(bytes));
}

static void put_netem(struct request *q, const struct impairment *m,
		      uint64_t seed)
{
	const struct tc_netem_qopt head = {
		.latency = (uint32_t)(m->delay_ns >> TICK_SHIFT),
		.jitter = (uint32_t)(m->jitter_ns >> TICK_SHIFT),
		.limit = RTNL_NETEM_LIMIT,
		.loss = m->bad_ppm ? 0 : share(m->loss_ppm),
		.gap = m->reorder_ppm ? 1 : 0, /* each frame may overtake */
		.duplicate = share(m->duplicate_ppm),
	};

	request_append(q, &head, sizeof(head));
	put_times(q, m);
	if (m->bad_ppm)
		put_bursts(q, m);
	if (m->reorder_ppm)
		put_reorder(q, m);
	if (m->rate_bps)
		put_rate(q, m);
	request_put(q, PRNG_SEED, &seed, sizeof(seed));
}

static struct request qdisc_request(int type, int flags, int index)
{
	const struct tcmsg head = { .tcm_ifindex = index,
				    .tcm_parent = TC_H_ROOT };

	return request_new(type, flags, &head, sizeof(head));
}

int rtnl_add_netem(struct rtnl *rt, int index, const struct impairment *m,
		   uint64_t seed, struct err *e)
{
	own_request struct request q =
		qdisc_request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index);
	struct nlattr *options;
	int r;

	if (m->jitter_ns > IMPAIRMENT_NETEM_JITTER_MAX_NS)
		return err_set(e, ERR_INPUT, ERANGE,
			       "a jitter of more than 2.147s is too much for "
			       "netem");
	request_put_str(&q, TCA_KIND, "netem");
	options = request_nest(&q, TCA_OPTIONS);
	put_netem(&q, m, seed);
	request_nest_end(&q, options);
	r = request_tell(rt, &q, e);
	/* The kernel's word for a kind it does not have helps nobody. */
	if (r == -ENOENT)
		return err_set(e, ERR_HOST, ENOENT, "the kernel has no netem");
	return r;
}

static void on_qdisc(struct nlmsghdr *reply, void *arg)
{
	struct nlattr *tb[TCA_MAX + 1], *stats[TCA_STATS_MAX + 1];
	struct rtnl_qdisc_counts *ret = arg;
	struct gnet_stats_queue queue;

	if (nlmsg_parse(reply, sizeof(struct tcmsg), tb, TCA_MAX, NULL) < 0 ||
	    !tb[TCA_STATS2] ||
	    nla_parse_nested(stats, TCA_STATS_MAX, tb[TCA_STATS2], NULL) < 0 ||
	    !stats[TCA_STATS_QUEUE] ||
	    nla_memcpy(&queue, stats[TCA_STATS_QUEUE], sizeof(queue)) <
		    (int)sizeof(queue))
		return;
	*ret = (struct rtnl_qdisc_counts){ .waiting = queue.qlen,
					   .dropped = queue.drops };
}

int rtnl_read_qdisc(struct rtnl *rt, int index, struct rtnl_qdisc_counts *ret,
		    struct err *e)
{
	/* 6.1 tells only listeners and who wants an echo: net/sched/sch_api.c
	 * qdisc_notify() */
	own_request struct request q =
		qdisc_request(RTM_GETQDISC, NLM_F_ECHO, index);
	struct rtnl_qdisc_counts counts = { .waiting = 0 };
	const int r = request_ask(rt, &q, on_qdisc, &counts, e);

	if (r == 0)
		*ret = counts;
	return r;
}
