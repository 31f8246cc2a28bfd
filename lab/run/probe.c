/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/probe.h"

#include "lab/base/clock.h"
#include "lab/run/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define HELLO_NS    (5 * NS_PER_S)    /* a probe starts in milliseconds */
#define IDLE_NS	    (2 * NS_PER_MS)   /* between two calls of idle() */
#define SLACK_NS    (1 * NS_PER_S)    /* over the deadlines */
#define FAREWELL_NS (200 * NS_PER_MS) /* an idle probe ends in one */

/* --- shared memory ---------------------------------------------------------
 */

/* Sealed: a probe that shrank it would make the lab die of SIGBUS. */
static int make_shared(struct probe_pair *p, struct err *e)
{
	own_fd int fd =
		memfd_create("rstlab-probes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *mem;

	if (fd < 0 || ftruncate(fd, sizeof(*p->shared)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) <
		    0)
		return err_errno(e, "make shared memory for the probes");
	mem = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	if (mem == MAP_FAILED)
		return err_errno(e, "map shared memory for the probes");
	p->shared = mem;
	p->shared_fd = take_fd(&fd);
	return 0;
}

static void drop_shared(struct probe_pair *p)
{
	if (p->shared)
		(void)munmap(p->shared, sizeof(*p->shared));
	p->shared = NULL;
	if (p->shared_fd >= 0)
		(void)close(take_fd(&p->shared_fd));
}

/* --- one probe -------------------------------------------------------------
 */

/* Say of a probe that let go of its control socket how it ended. */
static int say_ended(struct probe_side *s, int side, struct err *e)
{
	char how[CHILD_STATUS_MAX];
	/* It ends, or has ended; now it cannot take its time. */
	const int status = child_end(s->pid, s->pidfd, 0);

	s->pid = 0;
	return err_set(e, ERR_SYSTEM, EPIPE, "%s probe: %s", side_names[side],
		       child_status_text(status, how));
}

/* A message, and the descriptor that came along, or -1. */
static ssize_t receive(int control, struct probe_message *m, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec part = { m, sizeof(*m) };
	struct msghdr h = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = room.bytes,
			    .msg_controllen = sizeof(room.bytes) };
	const ssize_t n = recvmsg(control, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&h);

	*ret_fd = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return n;
}

/* A probe asks in the middle of a batch: its answer to the batch is still to
 * come. */
static int answer_fault(struct probe_pair *p, int side, uint32_t fault,
			int *connection, struct err *e)
{
	struct probe_message m = { .kind = PROBE_FAULT_DONE,
				   .number = EOPNOTSUPP };
	const int64_t begin_ns = clock_now_ns();
	int r = 0;

	if (p->on_fault)
		r = p->on_fault(p->fault_arg, side, fault, *connection, e);
	/* Before the script goes on: a close is one when nobody else has the
	 * connection. */
	if (*connection >= 0)
		(void)close(take_fd(connection));
	p->limit_ns += clock_now_ns() - begin_ns; /* our time, not theirs */
	if (r < 0)
		return r;
	if (p->on_fault)
		m.number = (uint32_t)r;
	/* a probe that is gone is noticed when it is next heard */
	(void)send(p->sides[side].control, &m,
		   offsetof(struct probe_message, batch), MSG_NOSIGNAL);
	return 0;
}

/*
 * Take the next message.
 *
 * Returns: 1 when it is of @kind and @number; 0 when there is none, or when it
 * was a fault to perform; a negative errno when that cannot go on, or when the
 * probe ended or talks nonsense, and is then .broken.
 */
static int take_answer(struct probe_pair *p, int side, uint32_t kind,
		       uint32_t number, struct err *e)
{
	struct probe_side *s = &p->sides[side];
	struct probe_message m;
	own_fd int fd = -1;
	const ssize_t n = receive(s->control, &m, &fd);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n >= (ssize_t)offsetof(struct probe_message, batch) &&
	    m.kind == PROBE_FAULT && kind == PROBE_DONE)
		return answer_fault(p, side, m.number, &fd, e);
	if (n >= (ssize_t)offsetof(struct probe_message, batch) &&
	    m.kind == kind && m.number == number)
		return 1;
	p->broken = side;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return say_ended(s, side, e);
	return err_set(e, ERR_BUG, EPROTO,
		       "%s probe: an answer that nobody asked for",
		       side_names[side]);
}

static int wait_hello(struct probe_pair *pair, int side, struct err *e)
{
	struct pollfd p = { .fd = pair->sides[side].control, .events = POLLIN };
	const int64_t limit_ns = clock_now_ns() + HELLO_NS;

	for (;;) {
		const int64_t left_ns = limit_ns - clock_now_ns();
		const int r = take_answer(pair, side, PROBE_HELLO, 0, e);

		if (r)
			return r < 0 ? r : 0;
		if (left_ns <= 0)
			return err_set(e, ERR_SYSTEM, ETIMEDOUT,
				       "%s probe: it does not start",
				       side_names[side]);
		(void)poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1);
	}
}

static int start_side(struct probe_pair *p, int side, int peer, struct err *e)
{
	struct probe_side *s = &p->sides[side];
	char path[4096], name[] = "sock", role[16];
	char *const argv[] = { name, role, NULL };
	own_fd int theirs = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(e, "%s probe: make its control socket",
				 side_names[side]);
	s->control = pair[0];
	theirs = pair[1];
	(void)snprintf(path, sizeof(path), "%s/sock", p->libexec);
	(void)snprintf(role, sizeof(role), "%s", side_names[side]);
	const struct child_spec spec = {
		.node = s->node,
		.rights = PRIVILEGE_NONE,
		.path = path,
		.argv = argv,
		.fds = { theirs, p->shared_fd, peer },
		.n_fds = 3,
	};

	pid = child_start(&spec, &s->pidfd, e);
	if (pid < 0)
		return err_add(e, "%s probe", side_names[side]);
	s->pid = pid;
	return 0;
}

static void end_side(struct probe_side *s, int64_t limit_ns)
{
	if (s->pid > 0)
		(void)child_end(s->pid, s->pidfd, limit_ns);
	s->pid = 0;
	if (s->pidfd >= 0)
		(void)close(take_fd(&s->pidfd));
}

/* --- the pair --------------------------------------------------------------
 */

static int start_sides(struct probe_pair *p, struct err *e)
{
	int ends[SIDES], r = make_shared(p, e);

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_errno(e, "make a socket between the probes");
	/* Both come up at the same time. */
	for (int side = 0; side < SIDES; side++) {
		if (r == 0)
			r = start_side(p, side, ends[side], e);
		(void)close(ends[side]);
	}
	for (int side = 0; r == 0 && side < SIDES; side++)
		r = wait_hello(p, side, e);
	return r;
}

static void end_sides(struct probe_pair *p)
{
	const int64_t limit_ns = clock_now_ns() + FAREWELL_NS;

	for (int side = 0; side < SIDES; side++)
		if (p->sides[side].control >= 0)
			(void)close(take_fd(&p->sides[side].control));
	for (int side = 0; side < SIDES; side++)
		end_side(&p->sides[side], limit_ns);
	drop_shared(p);
}

int probe_pair_start(struct probe_pair **ret, const struct net_node *client,
		     const struct net_node *server, const char *libexec,
		     struct err *e)
{
	struct probe_pair *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_errno(e, "probes");
	p->libexec = libexec;
	p->shared_fd = -1;
	p->broken = SIDES;
	p->sides[SIDE_CLIENT] = (struct probe_side){ client, 0, -1, -1 };
	p->sides[SIDE_SERVER] = (struct probe_side){ server, 0, -1, -1 };
	r = start_sides(p, e);
	if (r < 0) {
		probe_pair_stop(p);
		return r;
	}
	*ret = p;
	return 0;
}

void probe_pair_stop(struct probe_pair *p)
{
	if (!p)
		return;
	end_sides(p);
	free(p);
}

/* Send the first @bytes of @m. */
static int tell(struct probe_pair *p, int side, const struct probe_message *m,
		size_t bytes, struct err *e)
{
	if (send(p->sides[side].control, m, bytes, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return say_ended(&p->sides[side], side, e);
	return err_errno(e, "%s probe: cannot be reached", side_names[side]);
}

static int send_scripts(struct probe_pair *p, uint32_t number, struct err *e)
{
	struct probe_message m = { .kind = PROBE_DEFINE, .number = number };
	int r = 0;

	memcpy(m.scripts, p->scripts[number], sizeof(m.scripts));
	for (int side = 0; r == 0 && side < SIDES; side++)
		r = tell(p, side, &m,
			 offsetof(struct probe_message, scripts) +
				 sizeof(m.scripts),
			 e);
	return r;
}

int probe_pair_define(struct probe_pair *p, uint32_t number,
		      const struct script *scripts, struct err *e)
{
	if (number >= PROBE_SCRIPTS_MAX)
		return err_set(e, ERR_INPUT, E2BIG,
			       "at most %d workloads fit in one run",
			       PROBE_SCRIPTS_MAX);
	memcpy(p->scripts[number], scripts, sizeof(p->scripts[number]));
	p->defined[number] = true;
	return send_scripts(p, number, e);
}

int probe_pair_restart(struct probe_pair *p, struct err *e)
{
	int r;

	end_sides(p);
	p->broken = SIDES;
	p->n_trials = 0;
	r = start_sides(p, e);
	for (uint32_t i = 0; r == 0 && i < PROBE_SCRIPTS_MAX; i++)
		if (p->defined[i])
			r = send_scripts(p, i, e);
	return r;
}

/* --- batches ---------------------------------------------------------------
 */

/* Processors that the two sides do not share make them two. */
static bool is_apart(const struct probe_pair *p, const struct probe_trial *t)
{
	return t->apart || scripts_apart(p->scripts[t->script]) ||
	       p->sides[SIDE_CLIENT].node->spec->cpus !=
		       p->sides[SIDE_SERVER].node->spec->cpus;
}

static int send_batch(struct probe_pair *p, int side,
		      const struct probe_trial *trials,
		      const struct ip_endpoint *addresses, struct err *e)
{
	struct probe_message m = { .kind = PROBE_RUN,
				   .number = p->batch,
				   .n_trials = (uint32_t)p->n_trials };

	for (size_t i = 0; i < p->n_trials; i++) {
		m.batch[i] = trials[i];
		m.batch[i].apart = is_apart(p, &trials[i]);
		memcpy(m.batch[i].addresses, addresses,
		       sizeof(m.batch[i].addresses));
	}
	return tell(p, side, &m,
		    offsetof(struct probe_message, batch) +
			    p->n_trials * sizeof(m.batch[0]),
		    e);
}

int probe_pair_begin(struct probe_pair *p, const struct probe_trial *trials,
		     size_t n, const struct ip_endpoint *addresses,
		     struct err *e)
{
	/* the server first: the client waits for it anyway */
	static const int order[] = { SIDE_SERVER, SIDE_CLIENT };
	int64_t longest_ns = 0;

	if (n > PROBE_BATCH_MAX)
		return err_set(e, ERR_BUG, E2BIG, "a batch of %zu trials", n);
	memset(p->shared->results, 0, sizeof(p->shared->results));
	memset(p->results, 0, sizeof(p->results));
	p->n_trials = n;
	p->batch++;
	p->broken = SIDES;
	atomic_store(&p->shared->cancelled, 0);
	for (size_t i = 0; i < n; i++)
		if (trials[i].deadline_ns > longest_ns)
			longest_ns = trials[i].deadline_ns;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const int side = order[i];
		const int r = send_batch(p, side, trials, addresses, e);

		if (r < 0) {
			p->broken = side;
			return r;
		}
	}
	/* A side waits for the trial before, for this one, and plays it. */
	p->patience_ns = 3 * longest_ns + SLACK_NS;
	p->limit_ns = clock_now_ns() + p->patience_ns;
	return 0;
}

/* Copy what makes sense; a probe may still write while we read. */
static void copy_result(const struct probe_result *from,
			struct probe_result *to)
{
	*to = *from;
	if (to->n_calls > SCRIPT_STEPS_MAX || to->state == PROBE_TRIAL_UNUSED ||
	    to->state > PROBE_TRIAL_BROKEN) {
		*to = (struct probe_result){ .state = PROBE_TRIAL_UNUSED };
		return;
	}
	for (size_t i = 0; i < to->n_calls; i++)
		if (to->calls[i].step >= STEP_COUNT)
			to->n_calls = (uint8_t)i;
}

static void copy_results(struct probe_pair *p)
{
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < p->n_trials; i++)
			copy_result(&p->shared->results[side][i],
				    &p->results[side][i]);
}

/* From each probe that has not answered yet; @done says which have. */
static int take_answers(struct probe_pair *p, bool *done, struct err *e)
{
	for (int side = 0; side < SIDES; side++) {
		int r;

		if (done[side])
			continue;
		r = take_answer(p, side, PROBE_DONE, p->batch, e);
		if (r < 0)
			return r;
		done[side] = r > 0;
	}
	return 0;
}

void probe_pair_cancel(struct probe_pair *p)
{
	atomic_store(&p->shared->cancelled, 1);
}

/* Has neither side got on for too long? */
static bool is_stuck(struct probe_pair *p, int64_t now_ns)
{
	const uint64_t progress =
		atomic_load(&p->shared->progress[SIDE_CLIENT]) +
		atomic_load(&p->shared->progress[SIDE_SERVER]);

	if (progress != p->progress) {
		p->progress = progress;
		p->limit_ns = now_ns + p->patience_ns;
	}
	return now_ns >= p->limit_ns;
}

/* The side that is less far has stopped; the other may be waiting for it. */
static int say_hung(struct probe_pair *p, struct err *e)
{
	const uint64_t client = atomic_load(&p->shared->progress[SIDE_CLIENT]);
	const uint64_t server = atomic_load(&p->shared->progress[SIDE_SERVER]);

	p->broken = server < client ? SIDE_SERVER : SIDE_CLIENT;
	return err_set(e, ERR_SYSTEM, ETIMEDOUT,
		       "%s probe: stuck in a trial that is long over its "
		       "deadline",
		       side_names[p->broken]);
}

static int wait_done(struct probe_pair *p, probe_idle_fn idle, void *arg,
		     struct err *e)
{
	bool done[SIDES] = { false };
	int64_t next_idle_ns = clock_now_ns() + IDLE_NS;

	for (;;) {
		struct pollfd fds[SIDES];
		const int r = take_answers(p, done, e);
		int64_t now_ns, left_ns;

		if (r < 0 || (done[SIDE_CLIENT] && done[SIDE_SERVER]))
			return r;
		now_ns = clock_now_ns();
		if (is_stuck(p, now_ns))
			return say_hung(p, e);
		if (now_ns >= next_idle_ns) {
			if (idle)
				idle(arg);
			next_idle_ns = clock_now_ns() + IDLE_NS;
		}
		for (int i = 0; i < SIDES; i++)
			fds[i] = (struct pollfd){
				.fd = done[i] ? -1 : p->sides[i].control,
				.events = POLLIN,
			};
		left_ns = next_idle_ns - clock_now_ns();
		if (left_ns > 0)
			(void)ppoll(fds, SIDES,
				    &(struct timespec){ .tv_nsec = left_ns },
				    NULL);
	}
}

int probe_pair_wait(struct probe_pair *p, probe_idle_fn idle, void *arg,
		    struct err *e)
{
	const int r = wait_done(p, idle, arg, e);

	copy_results(p);
	if (idle)
		idle(arg);
	return r;
}

/* A probe may write while we read: what it says is compared, not trusted. */
bool probe_pair_ends(const struct probe_pair *p, int side,
		     struct ip_endpoint *ret_local,
		     struct ip_endpoint *ret_peer)
{
	const struct probe_result *r = &p->shared->results[side][0];

	if (!p->n_trials || !r->number)
		return false;
	*ret_local = r->local;
	*ret_peer = r->peer;
	return true;
}

const struct probe_result *probe_pair_result(const struct probe_pair *p,
					     int side, size_t index,
					     uint32_t number)
{
	const struct probe_result *r;

	if (index >= p->n_trials)
		return NULL;
	r = &p->results[side][index];
	return r->state != PROBE_TRIAL_UNUSED && r->number == number ? r : NULL;
}
