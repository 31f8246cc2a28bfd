/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/programs-parts.h"

#include "lab/store/program.h"

#include <string.h>

static bool lives(const struct program *p)
{
	return p->pid > 0 && !p->ended;
}

bool programs_went_well(const struct programs *p)
{
	const struct program *client = &p->sides[SIDE_CLIENT];
	const struct program *server = &p->sides[SIDE_SERVER];

	return p->clients_turn && !p->timed_out && !p->server_failed &&
	       !p->stopped[SIDE_CLIENT] && !p->stopped[SIDE_SERVER] &&
	       p->client_of && p->listened && lives(client) && lives(server) &&
	       client->outputs[PROGRAM_OUT].bytes <= PROGRAMS_ANSWER_BYTES &&
	       client->outputs[PROGRAM_ERR].bytes == 0 &&
	       server->outputs[PROGRAM_OUT].bytes == 0 &&
	       server->outputs[PROGRAM_ERR].bytes == 0;
}

void programs_remember(struct programs *p)
{
	const struct program_output *o =
		&p->sides[SIDE_CLIENT].outputs[PROGRAM_OUT];
	struct past *past = &p->past[p->n_past];

	memcpy(past->results, p->results, sizeof(past->results));
	past->n = o->bytes;
	memcpy(past->answer, o->head, past->n);
}

static int keep_past_side(const struct programs *p, enum side side,
			  const struct past *past, struct store *store,
			  int64_t trial, struct err *e)
{
	struct store_program row = {
		.trial = trial,
		.side = side,
		.command = text_str(&p->shown[side]),
		.stopped = true, /* it lives on: there is no status */
	};

	for (int i = 0; i < PROGRAM_STREAMS; i++)
		row.outputs[i].bytes = "";
	if (side == SIDE_CLIENT) {
		row.outputs[PROGRAM_OUT].bytes = past->answer;
		row.outputs[PROGRAM_OUT].n = past->n;
		row.outputs[PROGRAM_OUT].printed = past->n;
	}
	return store_put_program(store, &row, e);
}

int programs_keep_past(const struct programs *p, size_t i, struct store *store,
		       int64_t trial, struct err *e)
{
	const struct past *past = &p->past[i];
	const int r = keep_past_side(p, SIDE_SERVER, past, store, trial, e);

	return r < 0 ? r
		     : keep_past_side(p, SIDE_CLIENT, past, store, trial, e);
}
