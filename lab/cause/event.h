/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event - what the kernel programs say of one reset.  Also compiled for BPF:
 * plain types only, the same layout on both sides.
 */
#ifndef LAB_CAUSE_EVENT_H
#define LAB_CAUSE_EVENT_H

#include <linux/types.h>

enum kernel_event_kind {
	KERNEL_ACTIVE = 1, /* sent by a decision: close(), a timer */
	KERNEL_PASSIVE,	   /* sent as the answer to a segment */
	KERNEL_RECEIVED,   /* honoured by the socket it was sent to */
};

/* Addresses and ports as in the segment that leaves, sender first; for
 * KERNEL_RECEIVED those of the socket.  Sequence numbers are the kernel's own:
 * absolute, and before any NAT. */
struct kernel_event {
	__u64 time_ns; /* monotonic; an active one is told after it was sent */
	__u64 cookie;  /* of the socket, or 0 */
	__u64 fin_ns;  /* when our FIN was queued, or 0 */
	__u32 netns;   /* inode number */
	__u32 reason;  /* enum sk_rst_reason of this kernel */
	__u32 unread;  /* bytes received and not read; a FIN is none */
	__u32 copied_seq, rcv_nxt, snd_nxt, snd_una;
	__u32 trigger_seq, trigger_end, trigger_ack;
	__u32 pid; /* meaningful for KERNEL_ACTIVE in a system call only */
	__u16 sport, dport;
	__u16 family;
	__u8 kind;
	__u8 has_socket, has_trigger;
	__u8 unowned; /* no program ever had it: it waited to be accepted */
	__u8 state;   /* enum bpf_tcp_state when it was told */
	__u8 state_before; /* the state that it came from, or 0 */
	__u8 trigger_flags;
	__u8 mptcp;   /* the socket is a subflow of Multipath TCP */
	__u8 shut;    /* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2: by close() both */
	__u8 lingers; /* SO_LINGER with a time of 0 */
	__u8 saddr[16], daddr[16];
};

#endif
