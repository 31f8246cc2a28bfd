/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Three raw tracepoints with type information; neither fentry
 * nor kprobes, which rewrite kernel text and are refused where that is locked.
 *
 *   tcp_send_reset       a reset leaves: why, from which socket, to what
 *   tcp_receive_reset    a socket honours one
 *   inet_sock_set_state  an active reset is told when the socket is in CLOSE
 *                        already; so the state it came from is remembered
 *
 * Only the namespaces in `watched` are looked at.  Events go into a ring
 * without a wake-up, which would cost more than all the rest.  The kernel's
 * structures are declared as far as they are read, and relocated to those of
 * the running kernel.
 *
 * Source: include/trace/events/tcp.h, include/trace/events/sock.h,
 * include/net/sock.h, include/linux/tcp.h, Linux 6.18
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lab/cause/event.h"

#define KERNELS __attribute__((preserve_access_index))

enum { IPV4 = 2, IPV6 = 10, TCP = 6 }; /* address families, protocol */
/* enum sock_flags: SOCK_DONE, SOCK_LINGER */
enum { SK_FLAG_DONE = 1, SK_FLAG_LINGER = 4 };
enum { WATCHED_MAX = 1024, SOCKETS_MAX = 16384, RING_BYTES = 1 << 20 };

struct ns_common {
	unsigned int inum;
} KERNELS;
struct net {
	struct ns_common ns;
} KERNELS;
typedef struct {
	struct net *net;
} KERNELS possible_net_t;
typedef struct {
	long long counter;
} KERNELS atomic64_t;
struct in6_addr {
	__u8 bytes[16];
};
struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
} KERNELS;
struct sock {
	struct sock_common __sk_common;
	void *sk_socket;
	__u16 sk_protocol;
	__u8 sk_shutdown;
	unsigned long sk_lingertime;
} KERNELS;
struct inet_sock {
	__be16 inet_sport;
} KERNELS;
struct tcp_sock {
	__u32 copied_seq, rcv_nxt, snd_nxt, snd_una;
	bool is_mptcp; /* with CONFIG_MPTCP */
} KERNELS;
struct net_device {
	possible_net_t nd_net;
} KERNELS;
struct sk_buff {
	unsigned char *head, *data;
	unsigned int len;
	__u16 transport_header, network_header;
	struct net_device *dev;
} KERNELS;

/* As on the wire: no kernel relocates these. */
struct tcp_header {
	__be16 source, dest;
	__be32 seq, ack;
	__u8 offset, flags;
};
struct ip_header {
	__u8 version;
	__u8 skip[11];
	__be32 saddr, daddr;
};
struct ip6_header {
	__u8 skip[8];
	struct in6_addr saddr, daddr;
};

struct history {
	__u64 fin_ns;
	__u8 state; /* the one before the newest */
	__u8 pad[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCHED_MAX);
	__type(key, __u32);
	__type(value, __u8);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SOCKETS_MAX);
	__type(key, __u64); /* address of the socket */
	__type(value, struct history);
} histories SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} ring SEC(".maps");

__u64 lost; /* events that the ring had no room for */

char LICENSE[] SEC("license") = "GPL";

static __always_inline __u32 netns_of(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline bool is_watched(__u32 netns)
{
	return bpf_map_lookup_elem(&watched, &netns) != NULL;
}

/* Only a full socket is a tcp_sock. */
static __always_inline bool is_full(__u8 state)
{
	return state != BPF_TCP_TIME_WAIT && state != BPF_TCP_NEW_SYN_RECV;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int from, int to)
{
	const __u64 key = (__u64)(unsigned long)sk;
	struct history next = { 0 };
	const struct history *last;

	if (BPF_CORE_READ(sk, sk_protocol) != TCP || !is_watched(netns_of(sk)))
		return 0;
	/* A new life at an address that may be an old one's. */
	if (to == BPF_TCP_SYN_SENT || to == BPF_TCP_SYN_RECV ||
	    to == BPF_TCP_ESTABLISHED || to == BPF_TCP_LISTEN) {
		bpf_map_delete_elem(&histories, &key);
		return 0;
	}
	last = bpf_map_lookup_elem(&histories, &key);
	if (last)
		next = *last;
	next.state = from;
	if (to == BPF_TCP_FIN_WAIT1 || to == BPF_TCP_LAST_ACK)
		next.fin_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&histories, &key, &next, BPF_ANY);
	return 0;
}

/*
 * Looked at before there is room in the ring for it: while a record is being
 * filled on another processor, who reads stops before it, and what stands
 * behind it is not heard in time.
 */
static __always_inline bool is_ours(const struct sock *sk,
				    const struct sk_buff *skb)
{
	if (sk)
		return is_watched(netns_of(sk));
	return skb && is_watched(BPF_CORE_READ(skb, dev, nd_net.net, ns.inum));
}

static __always_inline struct kernel_event *begin(void)
{
	struct kernel_event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->time_ns = bpf_ktime_get_ns();
	e->pid = bpf_get_current_pid_tgid() >> 32;
	return e;
}

static __always_inline void note_addresses(struct kernel_event *e,
					   const struct sock *sk)
{
	e->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	e->dport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	/* skc_num is 0 once the port was given back; inet_sport stays. */
	e->sport = is_full(e->state)
			   ? bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk,
						     inet_sport))
			   : BPF_CORE_READ(sk, __sk_common.skc_num);
	if (e->family == IPV4) {
		BPF_CORE_READ_INTO((__be32 *)e->saddr, sk,
				   __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)e->daddr, sk,
				   __sk_common.skc_daddr);
		return;
	}
	BPF_CORE_READ_INTO((struct in6_addr *)e->saddr, sk,
			   __sk_common.skc_v6_rcv_saddr);
	BPF_CORE_READ_INTO((struct in6_addr *)e->daddr, sk,
			   __sk_common.skc_v6_daddr);
}

static __always_inline void note_streams(struct kernel_event *e,
					 const struct sock *sk)
{
	const struct tcp_sock *tp = (const void *)sk;
	const unsigned long flags = BPF_CORE_READ(sk, __sk_common.skc_flags);

	e->copied_seq = BPF_CORE_READ(tp, copied_seq);
	e->rcv_nxt = BPF_CORE_READ(tp, rcv_nxt);
	e->snd_nxt = BPF_CORE_READ(tp, snd_nxt);
	e->snd_una = BPF_CORE_READ(tp, snd_una);
	e->unread = e->rcv_nxt - e->copied_seq;
	if (bpf_core_field_exists(tp->is_mptcp))
		e->mptcp = BPF_CORE_READ(tp, is_mptcp);
	e->shut = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_shutdown);
	e->lingers = (flags & (1UL << SK_FLAG_LINGER)) &&
		     !BPF_CORE_READ_BITFIELD_PROBED(sk, sk_lingertime);
	/* close() cuts this tie only after it has sent what it sends. */
	e->unowned = !BPF_CORE_READ(sk, sk_socket);
	/* The peer's FIN has a sequence number and is no byte. */
	if (e->unread && (flags & (1UL << SK_FLAG_DONE)))
		e->unread--;
}

static __always_inline void note_socket(struct kernel_event *e,
					const struct sock *sk)
{
	const __u64 key = (__u64)(unsigned long)sk;
	const struct history *h = bpf_map_lookup_elem(&histories, &key);

	e->has_socket = 1;
	e->netns = netns_of(sk);
	e->cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	e->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	note_addresses(e, sk);
	if (is_full(e->state) && e->state != BPF_TCP_LISTEN)
		note_streams(e, sk);
	if (h) {
		e->state_before = h->state;
		e->fin_ns = h->fin_ns;
	}
}

/* Nobody's socket: the answer goes back the way the segment came. */
static __always_inline void note_way_back(struct kernel_event *e,
					  const struct sk_buff *skb,
					  const struct tcp_header *tcp)
{
	const unsigned char *at =
		BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	struct ip_header ip = { 0 };
	struct ip6_header ip6;

	e->netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	e->sport = bpf_ntohs(tcp->dest);
	e->dport = bpf_ntohs(tcp->source);
	bpf_probe_read_kernel(&ip, sizeof(ip), at);
	if (ip.version >> 4 == 4) {
		e->family = IPV4;
		__builtin_memcpy(e->saddr, &ip.daddr, sizeof(ip.daddr));
		__builtin_memcpy(e->daddr, &ip.saddr, sizeof(ip.saddr));
		return;
	}
	bpf_probe_read_kernel(&ip6, sizeof(ip6), at);
	e->family = IPV6;
	__builtin_memcpy(e->saddr, &ip6.daddr, sizeof(ip6.daddr));
	__builtin_memcpy(e->daddr, &ip6.saddr, sizeof(ip6.saddr));
}

static __always_inline void note_trigger(struct kernel_event *e,
					 const struct sk_buff *skb)
{
	const unsigned char *head = BPF_CORE_READ(skb, head);
	const unsigned char *at = head + BPF_CORE_READ(skb, transport_header);
	const unsigned char *data = BPF_CORE_READ(skb, data);
	struct tcp_header tcp = { 0 };
	__u32 header;

	bpf_probe_read_kernel(&tcp, sizeof(tcp), at);
	/* .len counts from .data, which may be the IP or the TCP header. */
	header = (__u32)(at - data) + (tcp.offset >> 4) * 4;
	e->has_trigger = 1;
	e->trigger_flags = tcp.flags;
	e->trigger_ack = bpf_ntohl(tcp.ack);
	e->trigger_seq = bpf_ntohl(tcp.seq);
	e->trigger_end = e->trigger_seq + BPF_CORE_READ(skb, len) - header;
	if (!e->has_socket)
		note_way_back(e, skb, &tcp);
}

static __always_inline void finish(struct kernel_event *e)
{
	if (is_watched(e->netns))
		bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_send, const struct sock *sk, const struct sk_buff *skb,
	     int reason)
{
	struct kernel_event *e = is_ours(sk, skb) ? begin() : NULL;

	if (!e)
		return 0;
	e->reason = reason;
	e->kind = skb ? KERNEL_PASSIVE : KERNEL_ACTIVE;
	if (sk)
		note_socket(e, sk);
	if (skb)
		note_trigger(e, skb);
	finish(e);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_receive, const struct sock *sk)
{
	struct kernel_event *e = is_ours(sk, NULL) ? begin() : NULL;

	if (!e)
		return 0;
	e->kind = KERNEL_RECEIVED;
	note_socket(e, sk);
	finish(e);
	return 0;
}
