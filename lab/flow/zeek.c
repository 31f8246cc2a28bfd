/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/zeek.h"

/* Where a letter goes: upper case for the client's. */
struct pen {
	struct zeek *z;
	enum side side;
};

static void write_letter(const struct pen *p, char letter)
{
	char *history = p->z->history;

	if (p->z->spared || p->z->n_history >= FLOW_HISTORY_MAX - 1)
		return;
	if (p->side == SIDE_SERVER)
		letter = (char)(letter - 'A' + 'a');
	history[p->z->n_history++] = letter;
	history[p->z->n_history] = '\0';
}

static void write_once(const struct pen *p, uint8_t bit, char letter)
{
	struct zeek_end *end = &p->z->end[p->side];

	if (end->written & bit)
		return;
	end->written |= bit;
	write_letter(p, letter);
}

/* Again whenever the sequence number is another one. */
static void write_at(const struct pen *p, uint8_t bit, char letter,
		     uint32_t seq)
{
	struct zeek_end *end = &p->z->end[p->side];
	uint32_t *last = bit == ZEEK_WROTE_SYN	 ? &end->last_syn
			 : bit == ZEEK_WROTE_FIN ? &end->last_fin
						 : &end->last_rst;

	if (!(end->written & bit) || *last != seq)
		write_letter(p, letter);
	end->written |= bit;
	*last = seq;
}

/* The 1st, 10th, 100th, ... time. */
static void write_scaled(const struct pen *p, uint32_t *count, char letter)
{
	uint32_t n = ++*count;

	while (n % 10 == 0)
		n /= 10;
	if (n == 1)
		write_letter(p, letter);
}

static void write_history(const struct pen *p, const struct segment_facts *s)
{
	const bool ack = s->flags & TCP_FLAG_ACK;
	const uint8_t what =
		s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST);

	if (!what && s->payload_bytes)
		write_once(p, ZEEK_WROTE_DATA, 'D');
	else if (!what && ack)
		write_once(p, ZEEK_WROTE_ACK, 'A');
	else if (what == TCP_FLAG_SYN)
		write_at(p, ZEEK_WROTE_SYN, ack ? 'H' : 'S', s->seq);
	else if (what == TCP_FLAG_FIN)
		write_at(p, ZEEK_WROTE_FIN, 'F', s->seq + s->payload_bytes);
	else if (what == TCP_FLAG_RST)
		write_at(p, ZEEK_WROTE_RST, 'R', s->seq);
	else if (what == (TCP_FLAG_FIN | TCP_FLAG_RST))
		write_once(p, ZEEK_WROTE_FIN_RST, 'I');
	else if (what)
		write_once(p, ZEEK_WROTE_MULTI, 'Q');
}

static void set_state(struct zeek_end *end, enum zeek_state state)
{
	end->previous = end->state;
	end->state = (uint8_t)state;
}

static void first_syn(struct zeek_end *end, struct zeek_end *peer,
		      enum side side, bool ack)
{
	if (side == SIDE_CLIENT) {
		set_state(end, ack ? ZEEK_SYN_ACK_SENT : ZEEK_SYN_SENT);
		return;
	}
	if (peer->state == ZEEK_SYN_SENT)
		set_state(peer, ZEEK_ESTABLISHED);
	set_state(end, ZEEK_ESTABLISHED);
}

/* The first segment of an end. */
static void leave_inactive(const struct pen *p, const struct segment_facts *s)
{
	struct zeek_end *end = &p->z->end[p->side];
	struct zeek_end *peer = &p->z->end[1 - p->side];
	const bool ack = s->flags & TCP_FLAG_ACK;

	if (s->flags & TCP_FLAG_SYN)
		first_syn(end, peer, p->side, ack);
	if (s->flags & TCP_FLAG_FIN)
		set_state(end, ZEEK_CLOSED);
	if (s->flags & TCP_FLAG_RST)
		set_state(end, ZEEK_RESET);
	if (end->state != ZEEK_INACTIVE)
		return;
	/* an ACK before the SYN-ACK does not make a partial connection */
	if (p->side == SIDE_SERVER && !s->payload_bytes &&
	    peer->state == ZEEK_SYN_SENT)
		return;
	set_state(end, ack && peer->state == ZEEK_ESTABLISHED ? ZEEK_ESTABLISHED
							      : ZEEK_PARTIAL);
}

/*
 * Two rules hide resets behind "SF": an RST after both FINs changes nothing,
 * and a FIN that crosses the peer's FIN and RST takes the RST back.
 */
static void move_state(const struct pen *p, const struct segment_facts *s)
{
	struct zeek_end *end = &p->z->end[p->side];
	struct zeek_end *peer = &p->z->end[1 - p->side];
	const bool fin = s->flags & TCP_FLAG_FIN, rst = s->flags & TCP_FLAG_RST;

	if (!fin && !rst && end->state != ZEEK_INACTIVE)
		return;
	switch ((enum zeek_state)end->state) {
	case ZEEK_INACTIVE:
		leave_inactive(p, s);
		break;
	case ZEEK_PARTIAL:
	case ZEEK_ESTABLISHED:
		if (fin && !rst) {
			set_state(end, ZEEK_CLOSED);
			if (peer->state == ZEEK_RESET &&
			    peer->previous == ZEEK_CLOSED)
				set_state(peer, ZEEK_CLOSED);
		}
		if (rst)
			set_state(end, ZEEK_RESET);
		break;
	case ZEEK_SYN_SENT:
	case ZEEK_SYN_ACK_SENT:
		if (fin)
			set_state(end, ZEEK_CLOSED);
		if (rst)
			set_state(end, ZEEK_RESET);
		break;
	case ZEEK_CLOSED:
		if (rst && peer->state != ZEEK_CLOSED)
			set_state(end, ZEEK_RESET);
		break;
	case ZEEK_RESET:
		break;
	}
}

void zeek_segment(struct zeek *z, enum side side, const struct segment_facts *s,
		  bool old)
{
	const struct pen p = { z, side };
	struct zeek_end *end = &z->end[side];

	if (z->spared)
		return;
	write_history(&p, s);
	if (!s->window && !(s->flags & TCP_FLAG_RST) &&
	    z->end[1 - side].state != ZEEK_CLOSED && end->state != ZEEK_RESET)
		write_scaled(&p, &end->zero_windows, 'W');
	if (old && s->payload_bytes && end->state != ZEEK_RESET &&
	    !(s->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)))
		write_scaled(&p, &end->retransmissions, 'T');
	move_state(&p, s);
}

void zeek_gap(struct zeek *z, enum side side)
{
	const struct pen p = { z, side };

	write_scaled(&p, &z->end[side].gaps, 'G');
}

void zeek_flipped(struct zeek *z)
{
	const struct pen p = { z, SIDE_CLIENT };

	write_letter(&p, '^');
}

/* "^?S[^HAFGIQ]*R": a client that sent nothing between its SYN and RST. */
static bool gave_up_early(const char *history)
{
	history += *history == '^';
	if (*history != 'S')
		return false;
	for (; *history && *history != 'R'; history++) {
		if (strchr("HAFGIQ", *history))
			return false;
	}
	return *history == 'R';
}

static const char *reset_by_server(enum zeek_state client, bool empty)
{
	switch (client) {
	case ZEEK_SYN_SENT:
	case ZEEK_SYN_ACK_SENT:
		return "REJ";
	case ZEEK_RESET:
		return empty ? "REJ" : "RSTR";
	case ZEEK_INACTIVE:
	case ZEEK_PARTIAL:
		return "RSTRH";
	default:
		return "RSTR";
	}
}

static const char *reset_by_client(enum zeek_state server, const char *history)
{
	if (server != ZEEK_INACTIVE && server != ZEEK_PARTIAL)
		return "RSTO";
	return gave_up_early(history) ? "RSTOS0" : "OTH";
}

const char *zeek_conn_state(const struct zeek *z, bool empty)
{
	const enum zeek_state client = z->end[SIDE_CLIENT].state;
	const enum zeek_state server = z->end[SIDE_SERVER].state;

	if (z->spared)
		return "";
	if (server == ZEEK_RESET)
		return reset_by_server(client, empty);
	if (client == ZEEK_RESET)
		return reset_by_client(server, z->history);
	if (client == ZEEK_CLOSED && server == ZEEK_CLOSED)
		return "SF";
	if (client == ZEEK_CLOSED)
		return server == ZEEK_INACTIVE ? "SH" : "S2";
	if (server == ZEEK_CLOSED)
		return client == ZEEK_INACTIVE ? "SHR" : "S3";
	if (client == ZEEK_SYN_SENT && server == ZEEK_INACTIVE)
		return "S0";
	if (client == ZEEK_ESTABLISHED && server == ZEEK_ESTABLISHED)
		return "S1";
	return "OTH";
}
