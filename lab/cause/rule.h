/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule - evidence of one reset -> its cause and how sure that is.  Pure.
 *
 * How it works.  The rules are a table, the best evidence first: what the
 * kernel said, that it said nothing although it was listened to, and then
 * what the wire and the program's own calls show together or alone.  The first
 * that fits decides.  Evidence that contradicts it takes one step of
 * confidence away; nothing is guessed where no rule fits.
 */
#ifndef LAB_CAUSE_RULE_H
#define LAB_CAUSE_RULE_H

#include "lab/cause/cause.h"
#include "lab/flow/flow.h"

#include <stdbool.h>
#include <stdint.h>

/* What the kernel said of the reset. */
struct evidence_event {
	const char *reason; /* "TCP_ABORT_ON_CLOSE" */
	bool active;	    /* a decision; false: the answer to a segment */
	bool unowned;	    /* no program has the socket */
	bool mptcp;	    /* the socket is a subflow of Multipath TCP */
	bool closing;	    /* close() had begun: both directions were shut */
	bool lingers;	    /* SO_LINGER is on with a time of 0 */
	uint8_t state;	    /* TCP_ESTABLISHED, ...; 0: there is no socket */
	uint32_t unread;    /* bytes in the receive queue */
	uint8_t trigger_flags;
	uint32_t trigger_bytes; /* payload of the segment answered */
};

/* What the program at the socket did before, by its own account. */
struct evidence_program {
	bool linger_zero;    /* set SO_LINGER with a time of 0 */
	bool linger2;	     /* set a negative TCP_LINGER2 */
	bool disconnected;   /* connected it to AF_UNSPEC */
	bool destroyed;	     /* had it ended from outside */
	bool closed;	     /* closed the socket, or ended */
	bool redialled;	     /* dialled twice from one port */
	bool never_accepted; /* closed the listener without accept() */
	int64_t read_bytes;  /* -1: not known */
};

/* What the counters of the sender's node grew by since they were last looked
 * at: with this reset and, it may be, others of the same batch; and what was
 * captured of these. */
struct evidence_counters {
	int64_t out_rsts;
	int64_t on_close, on_data, on_linger, on_memory, on_timeout;
	int64_t embryonic, overflows, paws_active;
	int64_t captured;  /* resets that left the node */
	int64_t decisions; /* of these, by their form */
	int64_t ahead;	   /* counted earlier, and not captured then */
};

/* What the packet filter of the node can have done. */
enum evidence_filter {
	FILTER_UNKNOWN, /* its rules cannot be read */
	FILTER_NOT,	/* no rule answers by a reset, or none has counted */
	FILTER_MAY,	/* a rule does, and has no counter */
	FILTER_DID,	/* one has counted since they were last looked at */
};

/* What the kernel told of its socket as that was destroyed. */
struct evidence_death {
	uint32_t unread; /* bytes in the receive queue; a FIN is one more */
	/* by SO_LINGER with a time of 0, connect(AF_UNSPEC), or a listener
	 * closed before accept(); then .unread says nothing */
	bool disconnected;
};

struct evidence {
	const struct connection *connection;
	const struct reset *reset; /* that ended it */
	enum emitter emitter;
	bool listened;	   /* every event of the node it came from was heard */
	bool relayed;	   /* its side of the connection is no program */
	bool user_network; /* it came out of a user-mode network */
	bool earlier_lost; /* the kernel told of one before, never captured */
	bool tracked;	   /* connection tracking told of its entries */
	bool untranslated; /* and the reset carries what one should hide */
	bool entry_gone;   /* and had dropped one of this connection before */
	enum evidence_filter filter;		/* of the node it came from */
	const struct evidence_event *event;	/* NULL: none is known */
	const struct evidence_program *program; /* of its sender; NULL: none */
	const struct evidence_counters *counters; /* of its node; NULL: none */
	const struct evidence_death *death;	  /* NULL: nothing was told */
};

struct verdict {
	enum cause cause;
	enum confidence confidence;
	int64_t unread;	      /* bytes; -1: not known */
	int64_t late;	      /* bytes of the segment answered; -1: not known */
	const char *contrary; /* what does not fit, or NULL */
	const char *reason;   /* that the kernel gave; NULL: it was not heard */
};

struct verdict rule_judge(const struct evidence *e);

#endif
