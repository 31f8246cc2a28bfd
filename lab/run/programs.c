/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/programs.h"

#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/run/command.h"
#include "lab/run/programs-parts.h"
#include "lab/spec/casting.h"

#include <netinet/tcp.h>
#include <string.h>

#define LOOK_NS (2 * NS_PER_MS)	  /* between two looks at sockets and rings */
#define STOP_NS (500 * NS_PER_MS) /* from SIGTERM to SIGKILL */

/* A trial while it is played. */
struct scene {
	struct play *play;
	struct programs *p;
	const struct workload *workload;
	const struct workload *server; /* whose server plays: often .workload */
	const struct batch_trial *trial;
	bool client_stays; /* it plays all trials that follow each other */
	bool late;	   /* the run has to end: give the trial up */
};

void programs_free(struct programs *p)
{
	if (!p)
		return;
	for (int side = 0; side < SIDES; side++) {
		program_kill(&p->sides[side]);
		text_done(&p->shown[side]);
	}
	text_done(&p->why);
	free(p);
}

void programs_yield(struct lab *lab)
{
	if (!lab->programs)
		return;
	program_kill(&lab->programs->sides[SIDE_SERVER]);
	lab->programs->server_of = NULL;
}

static int get_programs(struct lab *lab, struct programs **ret, struct err *e)
{
	if (!lab->programs) {
		lab->programs = calloc(1, sizeof(*lab->programs));
		if (!lab->programs)
			return err_errno(e, "programs");
	}
	*ret = lab->programs;
	return 0;
}

/* --- waiting ---------------------------------------------------------------
 */

/* Returns: 1: it is so; 0: not yet; a negative errno. */
typedef int (*scene_fn)(struct scene *s, struct err *e);

/* Until a program prints or ends, or it is time to look again. */
static void sleep_for_news(const struct scene *s, int64_t look_ns)
{
	struct pollfd fds[SIDES * PROGRAM_FDS];
	const struct timespec most = { .tv_nsec = look_ns };

	for (int side = 0; side < SIDES; side++)
		program_watch(&s->p->sides[side], &fds[side * PROGRAM_FDS]);
	(void)ppoll(fds, ARRAY_SIZE(fds), &most, NULL);
}

/* Until @is_so or @limit_ns, with a second look after @look_ns, and the others
 * ever later.  Returns: as @is_so; 0 is the limit or .late. */
static int wait_from(struct scene *s, scene_fn is_so, int64_t look_ns,
		     int64_t limit_ns, struct err *e)
{
	int64_t next_ns = clock_now_ns() + LOOK_NS;

	for (;;) {
		int r;

		for (int side = 0; side < SIDES; side++)
			program_take(&s->p->sides[side]);
		r = is_so(s, e);
		if (r || clock_now_ns() >= limit_ns)
			return r;
		if (clock_now_ns() >= next_ns) {
			s->late = s->play->idle(s->play->idle_arg);
			next_ns = clock_now_ns() + LOOK_NS;
		}
		if (s->late)
			return 0;
		sleep_for_news(s, look_ns);
		look_ns = look_ns < LOOK_NS / 2 ? 2 * look_ns : LOOK_NS;
	}
}

/* What the programs do wakes who waits for it. */
static int wait_until(struct scene *s, scene_fn is_so, int64_t limit_ns,
		      struct err *e)
{
	return wait_from(s, is_so, LOOK_NS, limit_ns, e);
}

/* Sockets wake nobody, and most are soon as they should be. */
static int wait_for_sockets(struct scene *s, scene_fn is_so, int64_t limit_ns,
			    struct err *e)
{
	return wait_from(s, is_so, LOOK_NS / 40, limit_ns, e);
}

/* --- starting --------------------------------------------------------------
 */

static struct lab_node *node_of(const struct scene *s, int side)
{
	struct lab *lab = s->play->lab;

	return &lab->nodes[side == SIDE_CLIENT ? lab->client_node
					       : lab->server_node];
}

static int start(struct scene *s, int side, struct err *e)
{
	const struct net_node *node = node_of(s, side)->net;
	const struct workload *of =
		side == SIDE_SERVER ? s->server : s->workload;
	const bool of_lab =
		side == SIDE_SERVER && of->exec.server_lifetime == EXEC_PER_LAB;
	const struct command_place place = {
		.topology = s->play->lab->topology,
		.workload = of,
		.libexec = s->play->options->libexec,
		.seed = s->play->options->seed,
		.trial = of_lab ? 0 : s->trial->number,
	};
	own_command struct command c = { .argv = NULL };
	struct child_spec spec = {
		.node = node,
		.localhost = s->play->lab->topology->localhost,
	};
	int r = command_make(&c, &place, side,
			     (enum isolation)node->spec->isolation, e);

	if (r < 0)
		return r;
	text_done(&s->p->shown[side]);
	s->p->shown[side] = c.shown;
	c.shown = (struct text){ .s = NULL };
	spec.rights = c.rights;
	spec.user = c.has_user ? &c.user : NULL;
	spec.argv = c.argv;
	spec.envp = c.envp;
	return program_start(&s->p->sides[side], &spec,
			     side == SIDE_CLIENT && s->client_stays, e);
}

/* A server that forks away has ended, and listens; one of which nothing is
 * left never will. */
static int listens_or_is_gone(struct scene *s, struct err *e)
{
	struct listeners l;
	int r;

	if (s->p->sides[SIDE_SERVER].pid <= 0)
		return 1;
	r = programs_look(s->play->lab, &l, e);
	return r < 0 ? r : l.found;
}

static void say_not_listening(struct scene *s, const struct listeners *l)
{
	const struct program *server = &s->p->sides[SIDE_SERVER];
	char buf[IP_TEXT_MAX], status[CHILD_STATUS_MAX], limit[32];
	struct text *why = &s->p->why;

	if (server->pid <= 0) {
		text_addf(why, "the server %s before it listened at %s",
			  child_status_text(server->status, status),
			  ip_endpoint_text(l->wanted, buf));
		return;
	}
	text_addf(why, "the server did not listen at %s within %s",
		  ip_endpoint_text(l->wanted, buf),
		  num_duration_text(s->workload->deadline_ns, limit));
	if (l->other.port)
		text_addf(why, "; somebody in its node listens at %s",
			  ip_endpoint_text(&l->other, buf));
}

/* One that lives as long as the lab may have died since the last trial. */
static bool still_serves(const struct scene *s)
{
	struct program *server = &s->p->sides[SIDE_SERVER];

	program_take(server);
	return s->p->listened && s->p->server_of &&
	       !strcmp(s->p->server_of, s->server->name) && server->pid > 0;
}

static int start_server(struct scene *s, struct err *e)
{
	int r;

	programs_yield(s->play->lab);
	r = programs_clear_address(s->play->lab, e);
	if (r == 0)
		r = start(s, SIDE_SERVER, e);
	if (r < 0)
		return r;
	s->p->server_of = s->server->name;
	r = wait_for_sockets(s, listens_or_is_gone,
			     clock_now_ns() + s->workload->deadline_ns, e);
	return r < 0 ? r : 0;
}

/* Returns: 1: a server listens, or none is wanted; 0: it does not. */
static int have_server(struct scene *s, struct err *e)
{
	struct program *server = &s->p->sides[SIDE_SERVER];
	struct listeners l = { .found = false };
	int r;

	if (!s->p->with_server) {
		programs_yield(s->play->lab);
		return 1;
	}
	if (still_serves(s)) {
		program_forget(server);
		return 1;
	}
	r = start_server(s, e);
	if (r == 0 && !s->late)
		r = programs_look(s->play->lab, &l, e);
	s->p->listened = r == 0 && l.found;
	if (r < 0 || s->late || (l.found && server->pid > 0))
		return r < 0 ? r : !s->late;
	s->p->server_failed = true;
	s->p->stopped[SIDE_SERVER] = server->pid > 0;
	say_not_listening(s, &l);
	return 0;
}

/* --- the client's turn, and the end ----------------------------------------
 */

static int client_has_ended(struct scene *s, struct err *e)
{
	const struct program *client = &s->p->sides[SIDE_CLIENT];

	(void)e;
	return client->ended || client->pid <= 0 ||
	       (s->client_stays && program_answered(client));
}

/* It has ended, or its time is over: nothing of it stays. */
static void end_client(struct programs *p)
{
	program_kill(&p->sides[SIDE_CLIENT]);
	p->client_of = NULL;
}

static int have_client(struct scene *s, struct err *e)
{
	struct programs *p = s->p;
	struct program *client = &p->sides[SIDE_CLIENT];
	int r;

	program_take(client);
	if (s->client_stays && p->client_of && client->pid > 0 &&
	    !client->ended && !strcmp(p->client_of, s->workload->name))
		return 0;
	end_client(p);
	r = start(s, SIDE_CLIENT, e);
	if (r >= 0 && s->client_stays)
		p->client_of = s->workload->name;
	return r;
}

/* What the wires show from now on may be the lab's doing. */
static void ends(struct programs *p)
{
	if (!p->stopped_ns)
		p->stopped_ns = clock_now_ns();
}

static int run_client(struct scene *s, struct err *e)
{
	struct programs *p = s->p;
	const int64_t limit_ns = clock_now_ns() + s->workload->deadline_ns;
	int r = have_client(s, e);

	if (r < 0)
		return r;
	p->clients_turn = true;
	if (s->client_stays)
		program_tell(&p->sides[SIDE_CLIENT]);
	r = wait_until(s, client_has_ended, limit_ns, e);
	p->timed_out = r == 0 && !s->late;
	p->stopped[SIDE_CLIENT] = r == 0;
	if (r == 0)
		ends(p);
	if (r <= 0 || !s->client_stays || p->sides[SIDE_CLIENT].ended)
		end_client(p);
	return r < 0 ? r : 0;
}

static int nothing_is_held(struct scene *s, struct err *e)
{
	bool listens = false;
	const int r = programs_hold_nothing(s->play->lab, &listens, e);

	s->p->listened = r > 0 && listens;
	return r;
}

static int server_is_gone(struct scene *s, struct err *e)
{
	(void)e;
	return s->p->sides[SIDE_SERVER].pid <= 0;
}

static int server_has_ended(struct scene *s, struct err *e)
{
	(void)e;
	return s->p->sides[SIDE_SERVER].ended || server_is_gone(s, e);
}

/* What it does from SIGTERM on is not its own doing any more. */
static int stop_server(struct scene *s, struct err *e)
{
	struct program *server = &s->p->sides[SIDE_SERVER];
	int r = 1;

	if (server->pid > 0 && !server->ended)
		s->p->stopped[SIDE_SERVER] = true;
	if (server->pid > 0) {
		ends(s->p);
		program_ask(server);
		r = wait_until(s, server_is_gone, clock_now_ns() + STOP_NS, e);
	}
	programs_yield(s->play->lab);
	return r < 0 ? r : 0;
}

/* Where nobody listens any more, the server is about to end by itself, or
 * died; its status is worth the wait. */
static int end_server(struct scene *s, struct err *e)
{
	const bool of_lab = s->server->exec.server_lifetime == EXEC_PER_LAB;
	struct listeners l;
	int r;

	if (!s->p->with_server)
		return 0;
	r = programs_look(s->play->lab, &l, e);
	s->p->listened = r == 0 && l.found;
	if (r == 0 && !l.found && !s->p->server_failed)
		r = wait_until(s, server_has_ended, clock_now_ns() + STOP_NS,
			       e);
	if (r < 0)
		return r;
	return of_lab && l.found ? 0 : stop_server(s, e);
}

/* Returns: 1: it was played, and nobody holds anything of it any more. */
static int play_turn(struct scene *s, struct err *e)
{
	struct probe_result *results = s->p->results;
	int r = have_server(s, e);

	if (r > 0) {
		results[SIDE_CLIENT].begin_ns = clock_now_ns();
		r = run_client(s, e);
		results[SIDE_CLIENT].end_ns = clock_now_ns();
	}
	results[SIDE_SERVER].begin_ns = results[SIDE_CLIENT].begin_ns;
	results[SIDE_SERVER].end_ns = results[SIDE_CLIENT].end_ns;
	if (r == 0 && s->p->clients_turn && !s->late)
		r = wait_for_sockets(
			s, nothing_is_held,
			clock_now_ns() + s->workload->exec.grace_ns, e);
	return r;
}

/* --- the driver ------------------------------------------------------------
 */

static void begin(struct programs *p)
{
	const int64_t now_ns = clock_now_ns();

	p->timed_out = p->server_failed = p->clients_turn = false;
	p->why.n = 0;
	p->stopped_ns = 0;
	for (int side = 0; side < SIDES; side++) {
		p->stopped[side] = false;
		p->results[side] = (struct probe_result){
			.state = PROBE_TRIAL_RAN,
			.begin_ns = now_ns,
			.end_ns = now_ns,
		};
	}
	program_forget(&p->sides[SIDE_CLIENT]);
}

/* The address must be free: a probe listens on between two trials. */
static int free_address(struct lab *lab, struct err *e)
{
	if (!lab->probes_used)
		return 0;
	lab->probes_used = false;
	return probe_pair_restart(lab->probes, e);
}

static void tell(struct play *play, size_t i,
		 const struct probe_result results[SIDES])
{
	for (int side = 0; side < SIDES; side++)
		play->told[i].app[side] = &results[side];
	play->told[i].in_turn = i > 0;
}

/* One, and as many more as its client has in one go. */
static int play_run(struct scene *s, struct err *e)
{
	const int64_t until_ns = clock_now_ns() + PROGRAMS_RUN_NS;
	struct programs *p = s->p;
	struct play *play = s->play;
	int r;

	for (p->n_past = 0;; p->n_past++) {
		s->trial = &play->trials[p->n_past];
		begin(p);
		r = play_turn(s, e);
		if (r <= 0 || s->late || p->n_past + 1 == play->n ||
		    clock_now_ns() >= until_ns || !programs_went_well(p))
			break;
		programs_remember(p);
		tell(play, p->n_past, p->past[p->n_past].results);
	}
	play->n = p->n_past + 1;
	if (r < 0 || s->late)
		programs_yield(play->lab);
	else
		r = end_server(s, e);
	if (r >= 0 && !s->late)
		tell(play, p->n_past, p->results);
	return r < 0 ? r : 0;
}

static int play_programs(struct play *play, struct err *e)
{
	struct scene s = { .play = play, .trial = &play->trials[0] };
	int r = get_programs(play->lab, &s.p, e);

	if (r == 0)
		r = free_address(play->lab, e);
	if (r < 0)
		return r;
	s.workload = &play->options->workloads[s.trial->workload];
	/* casting_check() has seen that there is one */
	s.server =
		casting_server(s.workload, play->lab->topology) ?: s.workload;
	s.client_stays = casting_client_stays(s.workload, play->lab->topology);
	s.p->with_server = s.server->exec.words_at[SIDE_SERVER].line > 0;
	r = play_run(&s, e);
	if (r < 0)
		return err_add(e, "trial %s/%s:%u", play->lab->topology->name,
			       s.workload->name, s.trial->number);
	return 0;
}

/* Those of one client that lives on, and of a server that does. */
static bool join(const struct lab *lab, const struct lab_options *o,
		 const struct batch_trial *first,
		 const struct batch_trial *next)
{
	const struct workload *w = &o->workloads[first->workload];
	const struct workload *server = casting_server(w, lab->topology) ?: w;

	return next->workload == first->workload &&
	       casting_client_stays(w, lab->topology) &&
	       server->exec.server_lifetime == EXEC_PER_LAB &&
	       server->exec.words_at[SIDE_SERVER].line > 0;
}

const struct driver driver_programs = {
	.most = PROGRAMS_RUN,
	.joins = join,
	.play = play_programs,
	.tell = programs_tell,
	.judge = programs_judge,
	.keep = programs_keep,
	.remark = programs_remark,
};
