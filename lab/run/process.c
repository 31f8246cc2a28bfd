/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Every process is started before the first one is waited for.
 * What each is told is in process-job.c, its descriptors are as
 * probes/control.h says.  One that cannot begin says why in a sentence on its
 * control socket, one that ends before its time on standard error, which comes
 * here.
 *
 * A wire belongs to no node: it runs in the lab's own namespace, on all
 * processors, as a cable or a vhost thread would.
 */
#include "lab/run/process.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "lab/run/child.h"
#include "lab/run/process-job.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define START_NS    (5 * NS_PER_S)    /* a process starts in milliseconds */
#define FAREWELL_NS (200 * NS_PER_MS) /* and ends in one */
#define REST_NS	    (100 * NS_PER_MS) /* or waits for its turn as long */

struct running {
	char name[128]; /* "relay in node 'host'", "wire 'uplink'" */
	pid_t pid;	/* 0: not running */
	int pidfd, control;
	int words;	   /* where its standard error comes out */
	struct spec_at at; /* where the file asks for it */
};

struct process_set {
	const struct net *net;
	const char *libexec;
	struct rng rng;
	int home; /* namespace of the wires */
	struct running *items;
	struct pollfd *polls; /* of each, to ask all at once */
	size_t n;
	char why[256]; /* what died, or "" */
};

/* --- starting ------------------------------------------------------------- */

/* What may be missing from an installation, and where it comes from. */
static const struct {
	const char *program, *fix;
} optional[] = {
	{ "usernet", "rstlab was built without libslirp: install libslirp-dev "
		     "and build it again" },
};

static int check_installed(const char *path, const char *program, struct err *e)
{
	const char *fix = "the installation is not complete";

	if (access(path, F_OK) == 0 || errno != ENOENT)
		return 0; /* what else is wrong is said when it starts */
	for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
		if (!strcmp(optional[i].program, program))
			fix = optional[i].fix;
	return err_set(e, ERR_HOST, ENOENT, "there is no program '%s': %s",
		       path, fix);
}

static int launch(const struct process_set *s, struct running *p,
		  const struct process_job *job, struct err *e)
{
	char path[4096];
	own_fd int theirs = -1, words = -1;
	int pair[2], r;
	struct child_spec child = {
		.node = job->node,
		.rights = job->rights,
		.path = path,
		.argv = job->args.v,
	};

	(void)snprintf(path, sizeof(path), "%s/%s", s->libexec, job->args.v[0]);
	r = check_installed(path, job->args.v[0], e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(e, "make its control socket");
	p->control = pair[0];
	theirs = pair[1];
	/* must not make it wait, once nobody reads any more */
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(e, "make a pipe");
	p->words = pair[0];
	words = pair[1];
	child.error_fd = words;
	child.fds[child.n_fds++] = theirs;
	for (size_t i = 0; i < job->n_taps; i++)
		child.fds[child.n_fds++] = job->taps[i];
	r = child_start(&child, &p->pidfd, e);
	p->pid = r < 0 ? 0 : r;
	return r < 0 ? r : 0;
}

static int blame(const struct process_set *s, const struct running *p,
		 struct err *e)
{
	const struct topology *t = s->net->topology;
	const char *path = p->at.path ? p->at.path
			   : t->path  ? t->path
				      : t->name;

	(void)err_add(e, "%s", p->name);
	return p->at.line
		       ? err_add(e, "%s:%u:%u", path, p->at.line, p->at.column)
		       : err_add(e, "%s", path);
}

/* Room for one more: not running. */
static struct running *add_one(struct process_set *s)
{
	struct running *p = &s->items[s->n++];

	*p = (struct running){ .pidfd = -1, .control = -1, .words = -1 };
	return p;
}

static int start(struct process_set *s, struct running *p,
		 const struct process_job *job, struct err *e)
{
	int r;

	p->at = job->at;
	memcpy(p->name, job->name, sizeof(p->name));
	if (job->args.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "%s: out of memory",
			       p->name);
	r = launch(s, p, job, e);
	return r < 0 ? blame(s, p, e) : 0;
}

/* Not of a node, so that it shares no processor with a small guest. */
static int start_wire(struct process_set *s, const struct link *link,
		      const struct net_tap *taps, struct err *e)
{
	static char lab[] = "lab";
	static const struct topology_node nowhere = { .name = lab };
	const struct net_node home = { .spec = &nowhere, .netns = s->home };
	own_process_job struct process_job job = { .n_taps = 0 };

	process_job_wire(&job, link, taps, rng_next(&s->rng));
	job.node = &home;
	return start(s, add_one(s), &job, e);
}

static int start_wires(struct process_set *s, struct err *e)
{
	const struct net *net = s->net;

	for (size_t i = 0; i + 1 < net->n_taps; i += 2) {
		const struct interface *spec =
			process_tap_spec(net, &net->taps[i]);
		int r;

		if (spec->kind == INTERFACE_TAP)
			break; /* wires come first */
		r = start_wire(s, topology_link(net->topology, spec->link),
			       &net->taps[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int start_process(struct process_set *s, struct running *at,
			 const struct process *p, struct err *e)
{
	own_process_job struct process_job job = { .n_taps = 0 };
	int r = process_job_make(&job, s->net, p, e);

	return r < 0 ? r : start(s, at, &job, e);
}

static int start_all(struct process_set *s, struct err *e)
{
	const struct spec_list *list = &s->net->topology->processes;
	const struct process *processes = list->items;
	int r = start_wires(s, e);

	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = start_process(s, add_one(s), &processes[i], e);
	return r;
}

/* --- waiting -------------------------------------------------------------- */

static enum err_class class_of(int status)
{
	static const enum err_class classes[] = { ERR_INPUT, ERR_HOST };

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const struct err like = { .class = classes[i] };

		if (err_exit_status(&like) == status)
			return classes[i];
	}
	return ERR_SYSTEM;
}

/* How it ended: its own last words, or its status. */
static const char *last_words(const struct running *p, int status, char *buf,
			      size_t bytes)
{
	const ssize_t n = read(p->words, buf, bytes - 1);
	char *text = buf;

	if (n <= 0)
		return child_status_text(status, buf);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	/* "relay: listen at ...": the program's name is said already */
	if (strstr(text, ": "))
		text = strstr(text, ": ") + strlen(": ");
	return text;
}

/* It did not begin.  @said: why, or "" */
static int say_failed(const struct process_set *s, struct running *p,
		      const char *said, struct err *e)
{
	char how[512];
	const int status =
		child_end(p->pid, p->pidfd, clock_now_ns() + FAREWELL_NS);

	p->pid = 0;
	(void)err_set(e, class_of(status), ECANCELED, "%s",
		      *said ? said : last_words(p, status, how, sizeof(how)));
	return blame(s, p, e);
}

static int wait_ready(const struct process_set *s, struct running *p,
		      int64_t limit_ns, struct err *e)
{
	struct pollfd fd = { .fd = p->control, .events = POLLIN };
	int64_t left_ns;

	while ((left_ns = limit_ns - clock_now_ns()) > 0) {
		char said[512];
		ssize_t n;

		(void)poll(&fd, 1, (int)(left_ns / NS_PER_MS) + 1);
		n = recv(p->control, said, sizeof(said) - 1, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n == 1)
			return 0; /* the byte that says that it is ready */
		said[n > 0 ? n : 0] = '\0';
		return say_failed(s, p, said, e);
	}
	(void)err_set(e, ERR_SYSTEM, ETIMEDOUT, "it does not start");
	return blame(s, p, e);
}

static int wait_all(struct process_set *s, struct err *e)
{
	const int64_t limit_ns = clock_now_ns() + START_NS;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = wait_ready(s, &s->items[i], limit_ns, e);
	for (size_t i = 0; i < s->n; i++)
		s->polls[i] = (struct pollfd){ .fd = s->items[i].pidfd,
					       .events = POLLIN };
	return r;
}

static int set_new(struct process_set **ret, const struct net *net,
		   struct err *e)
{
	const size_t n = net->n_taps + net->topology->processes.n;
	struct process_set *s = calloc(1, sizeof(*s));

	if (!s)
		return err_errno(e, "processes");
	*ret = s;
	s->net = net;
	s->items = calloc(n + 1, sizeof(*s->items));
	s->polls = calloc(n + 1, sizeof(*s->polls));
	s->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (!s->items || !s->polls || s->home < 0)
		return err_errno(e, "processes");
	return 0;
}

int process_start(struct process_set **ret, const struct net *net,
		  const char *libexec, uint64_t seed, struct err *e)
{
	struct process_set *s = NULL;
	int r = set_new(&s, net, e);

	if (r == 0) {
		s->libexec = libexec;
		s->rng = (struct rng){ seed };
		r = start_all(s, e);
	}
	if (r == 0)
		r = wait_all(s, e);
	if (r < 0) {
		process_stop(s);
		return r;
	}
	*ret = s;
	return 0;
}

const char *process_check(struct process_set *s)
{
	char how[128];

	if (!*s->why && s->n && poll(s->polls, s->n, 0) <= 0)
		return NULL;
	for (size_t i = 0; !*s->why && i < s->n; i++) {
		struct running *p = &s->items[i];

		if (!s->polls[i].revents)
			continue;
		(void)snprintf(
			s->why, sizeof(s->why), "%s: %s", p->name,
			last_words(p, child_wait(p->pid), how, sizeof(how)));
		p->pid = 0;
	}
	return *s->why ? s->why : NULL;
}

/* --- faults --------------------------------------------------------------- */

/* Those of the topology's list were started last. */
static size_t place_of(const struct process_set *s, size_t i)
{
	return s->n - s->net->topology->processes.n + i;
}

/* Returns when it stands still, or has ended: process_check() will tell. */
static int await_stop(const struct running *p, struct err *e)
{
	siginfo_t how;

	while (waitid(P_PID, (id_t)p->pid, &how, WSTOPPED | WEXITED | WNOWAIT) <
	       0)
		if (errno != EINTR)
			return err_errno(e, "%s: stop it", p->name);
	return 0;
}

int process_pause(struct process_set *s, bool on, struct err *e)
{
	const size_t n = s->net->topology->processes.n;
	int r = n ? 0 : EOPNOTSUPP;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct running *p = &s->items[place_of(s, i)];

		if (p->pid <= 0)
			continue;
		if (syscall(SYS_pidfd_send_signal, p->pidfd,
			    on ? SIGSTOP : SIGCONT, NULL, 0) < 0)
			return err_errno(e, "%s: %s it", p->name,
					 on ? "stop" : "continue");
		r = on ? await_stop(p, e) : 0;
	}
	return r;
}

bool process_await_rest(const struct process_set *s)
{
	const int64_t limit_ns = clock_now_ns() + REST_NS;
	bool all = true;

	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].pid > 0)
			all &= child_await_rest(s->items[i].pid, limit_ns);
	return all;
}

static bool is_relay_of(const struct process *p, const char *node)
{
	return p->kind == PROCESS_RELAY && !strcmp(p->node, node);
}

static void end(struct running *p, int64_t limit_ns)
{
	own_fd_release(&p->control);
	if (p->pid > 0)
		(void)child_end(p->pid, p->pidfd, limit_ns);
	p->pid = 0;
	own_fd_release(&p->pidfd);
	own_fd_release(&p->words);
}

void process_end_relays(struct process_set *s, const char *node)
{
	const struct spec_list *list = &s->net->topology->processes;
	const struct process *processes = list->items;

	for (size_t i = 0; i < list->n; i++) {
		if (!is_relay_of(&processes[i], node))
			continue;
		end(&s->items[place_of(s, i)], clock_now_ns() + FAREWELL_NS);
		s->polls[place_of(s, i)].fd = -1;
	}
}

int process_begin_relays(struct process_set *s, const char *node, struct err *e)
{
	const struct spec_list *list = &s->net->topology->processes;
	const struct process *processes = list->items;
	const int64_t limit_ns = clock_now_ns() + START_NS;
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++) {
		struct running *p = &s->items[place_of(s, i)];

		if (!is_relay_of(&processes[i], node) || p->pid > 0)
			continue;
		r = start_process(s, p, &processes[i], e);
		if (r == 0)
			r = wait_ready(s, p, limit_ns, e);
		s->polls[place_of(s, i)].fd = p->pidfd;
	}
	return r;
}

/* --- ending --------------------------------------------------------------- */

void process_stop(struct process_set *s)
{
	const int64_t limit_ns = clock_now_ns() + FAREWELL_NS;

	if (!s)
		return;
	for (size_t i = 0; s->items && i < s->n; i++)
		own_fd_release(&s->items[i].control);
	for (size_t i = 0; s->items && i < s->n; i++)
		end(&s->items[i], limit_ns);
	own_fd_release(&s->home);
	free(s->items);
	free(s->polls);
	free(s);
}
