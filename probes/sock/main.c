/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock - plays the client's or the server's side of socket scripts.
 *
 * Started by rstlab, which talks to it as probes/protocol.h says; waits for its
 * messages in recv(2) and ends when the control socket closes.
 */
#include "probes/sock/trial.h"

#include "lab/base/own.h"
#include "probes/signals.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { EXIT_USAGE = 2, EXIT_BUG = 70 };

/* A day: an absolute time cannot overflow by it. */
#define DEADLINE_MAX_NS (24 * 3600 * INT64_C(1000000000))

static bool defined[PROBE_SCRIPTS_MAX];
static struct script scripts[PROBE_SCRIPTS_MAX][SIDES];
static struct cast cast = {
	.own = { .listener = -1, .scripts = scripts },
	.other = { .listener = -1, .scripts = scripts, .loan = &cast.loan },
};

/* --- what a message may hold -----------------------------------------------
 */

static bool number_fits(enum step_argument argument, int64_t number)
{
	static const int64_t largest[] = {
		[STEP_ARG_NONE] = 0,
		[STEP_ARG_BYTES] = 64 * 1024 * 1024,
		[STEP_ARG_SECONDS] = 3600,
		[STEP_ARG_LIMIT] = 3600,
		[STEP_ARG_DURATION] = DEADLINE_MAX_NS,
		[STEP_ARG_WORD] = SCRIPT_STEPS_MAX - 1,
		[STEP_ARG_HOW] = SHUT_RDWR,
		[STEP_ARG_FAULT] = FAULT_COUNT - 1,
		[STEP_ARG_FRAME] = FRAME_COUNT - 1,
		[STEP_ARG_SEGMENT] = SEGMENT_COUNT - 1,
		[STEP_ARG_SYSCTL] = (SYSCTL_COUNT << 16) - 1,
	};

	return number >= (argument == STEP_ARG_LIMIT ? -1 : 0) &&
	       number <= largest[argument];
}

static bool script_fits(const struct script *s, int side)
{
	if (s->n_steps > SCRIPT_STEPS_MAX)
		return false;
	for (size_t i = 0; i < s->n_steps; i++) {
		const struct step *step = &s->steps[i];

		if (step->id >= STEP_COUNT ||
		    !(step_rows[step->id].sides & (1 << side)) ||
		    !number_fits(step_rows[step->id].argument, step->number))
			return false;
	}
	return true;
}

static bool trial_fits(const struct probe_trial *t)
{
	for (int side = 0; side < SIDES; side++)
		if (t->addresses[side].addr.family != 4 &&
		    t->addresses[side].addr.family != 6)
			return false;
	return t->script < PROBE_SCRIPTS_MAX && defined[t->script] &&
	       t->deadline_ns > 0 && t->deadline_ns <= DEADLINE_MAX_NS &&
	       (t->apart || !scripts_apart(scripts[t->script]));
}

/* --- messages --------------------------------------------------------------
 */

static bool answer(uint32_t kind, uint32_t number)
{
	const struct probe_message m = { .kind = kind, .number = number };

	return send(PROBE_CONTROL_FD, &m, offsetof(struct probe_message, batch),
		    MSG_NOSIGNAL) >= 0;
}

/* Each returns NULL, or what is wrong with the message. */
static const char *define(const struct probe_message *m, size_t bytes)
{
	if (bytes < offsetof(struct probe_message, scripts) +
			    sizeof(m->scripts) ||
	    m->number >= PROBE_SCRIPTS_MAX)
		return "no such script";
	for (int side = 0; side < SIDES; side++) {
		if (!script_fits(&m->scripts[side], side))
			return "a step does not fit";
		scripts[m->number][side] = m->scripts[side];
	}
	defined[m->number] = true;
	return NULL;
}

static const char *run(const struct probe_message *m, size_t bytes)
{
	if (m->n_trials > PROBE_BATCH_MAX ||
	    bytes < offsetof(struct probe_message, batch) +
			    m->n_trials * sizeof(m->batch[0]))
		return "a batch does not fit";
	for (size_t i = 0; i < m->n_trials; i++)
		if (!trial_fits(&m->batch[i]))
			return "a trial does not fit";
	trial_play_batch(&cast, m->batch, m->n_trials);
	return answer(PROBE_DONE, m->number) ? NULL : "nobody hears the answer";
}

static const char *handle(const struct probe_message *m, size_t bytes)
{
	if (bytes < offsetof(struct probe_message, batch))
		return "a message is cut";
	if (m->kind == PROBE_DEFINE)
		return define(m, bytes);
	if (m->kind == PROBE_RUN)
		return run(m, bytes);
	return "a message of unknown kind";
}

/* Returns: NULL when the lab closed the control socket. */
static const char *serve(void)
{
	static struct probe_message m;

	for (;;) {
		const ssize_t n = recv(PROBE_CONTROL_FD, &m, sizeof(m), 0);
		const char *wrong;

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return NULL;
		wrong = n < 0 ? strerror(errno) : handle(&m, (size_t)n);
		if (wrong)
			return wrong;
	}
}

static int set_up(int side)
{
	const int r = pace_init(&cast.own.pace, PROBE_SHARED_FD, side);

	cast.own.side = side;
	cast.other.side = !side;
	cast.other.pace = cast.own.pace;
	cast.other.pace.side = !side;
	return r;
}

int main(int argc, char **argv)
{
	int side = 0;
	const char *wrong;
	int r;

	while (side < SIDES &&
	       (argc != 2 || strcmp(argv[1], side_names[side]) != 0))
		side++;
	if (side == SIDES) {
		(void)fprintf(stderr, "usage: sock client|server "
				      "(started by rstlab)\n");
		return EXIT_USAGE;
	}
	probe_ignore_signals();
	r = set_up(side);
	if (r < 0)
		wrong = strerror(-r);
	else if (!answer(PROBE_HELLO, 0))
		wrong = strerror(errno);
	else
		wrong = serve();
	if (!wrong)
		return 0;
	(void)fprintf(stderr, "sock %s: %s\n", side_names[side], wrong);
	return EXIT_BUG;
}
