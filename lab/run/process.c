/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Every process is started before the first one is waited for.
 * Their command lines are those of probes/relay/main.c, probes/wire/main.c and
 * probes/usernet/main.c, their descriptors as probes/control.h says.  One that
 * cannot begin says why in a sentence on its control socket, one that ends
 * before its time on standard error, which comes here.
 *
 * A wire belongs to no node: it runs in the lab's own namespace, on all
 * processors, as a cable or a vhost thread would.
 */
#include "lab/run/process.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "lab/run/child.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#define START_NS    (5 * NS_PER_S)    /* a process starts in milliseconds */
#define FAREWELL_NS (200 * NS_PER_MS) /* and ends in one */

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

/* --- what to start -------------------------------------------------------- */

/* Words of a command line, ended by NULL. */
struct args {
	char **v;
	size_t n;
	bool failed;
};

static void args_done(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
	free(a->v);
}
#define own_args OWN(args_done)

__attribute__((format(printf, 2, 3))) static void args_add(struct args *a,
							   const char *fmt, ...)
{
	char **v = reallocarray(a->v, a->n + 2, sizeof(*v));
	va_list ap;

	if (!v) {
		a->failed = true;
		return;
	}
	a->v = v;
	va_start(ap, fmt);
	if (vasprintf(&v[a->n], fmt, ap) < 0)
		a->failed = true;
	else
		a->n++;
	va_end(ap);
	v[a->n] = NULL;
}

enum { TAPS_MAX = CHILD_FDS_MAX - 1 };

struct job {
	const struct net_node *node;
	struct spec_at at;
	struct args args; /* the program's name first */
	int taps[TAPS_MAX];
	size_t n_taps;
};

static void add_direction(struct args *a, const char *name,
			  const struct impairment *m)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "delay_ns", (uint64_t)m->delay_ns },
		{ "jitter_ns", (uint64_t)m->jitter_ns },
		{ "loss_ppm", m->loss_ppm },
		{ "bad_ppm", m->bad_ppm },
		{ "good_ppm", m->good_ppm },
		{ "bad_loss_ppm", m->bad_loss_ppm },
		{ "duplicate_ppm", m->duplicate_ppm },
		{ "reorder_ppm", m->reorder_ppm },
		{ "rate_bps", m->rate_bps },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value)
			args_add(a, "%s.%s=%" PRIu64, name, rows[i].key,
				 rows[i].value);
}

static void relay_args(struct args *a, const struct process *p)
{
	char listen[IP_TEXT_MAX], connect[IP_TEXT_MAX];

	args_add(a, "%s", ip_endpoint_text(&p->listen, listen));
	args_add(a, "%s", ip_endpoint_text(&p->connect, connect));
}

/* The tap "node:interface". */
static const struct net_tap *guest_tap(const struct net *net, const char *guest)
{
	for (size_t i = 0; i < net->n_taps; i++) {
		const struct net_tap *tap = &net->taps[i];
		const struct net_node *node = &net->nodes[tap->node];
		const size_t n = strlen(node->spec->name);

		if (!strncmp(guest, node->spec->name, n) && guest[n] == ':' &&
		    !strcmp(guest + n + 1,
			    node->interfaces[tap->interface].name))
			return tap;
	}
	return NULL;
}

static const struct interface *tap_spec(const struct net *net,
					const struct net_tap *tap)
{
	const struct interface *specs =
		net->nodes[tap->node].spec->interfaces.items;

	return &specs[tap->interface - 1]; /* lo has no spec */
}

static bool is_link_local(const struct ip_addr *a)
{
	/* RFC 4291 2.5.6: fe80::/10 */
	return a->family == 6 && a->bytes[0] == 0xfe &&
	       (a->bytes[1] & 0xc0) == 0x80;
}

static const struct ip_prefix *first_address(const struct interface *spec,
					     uint8_t family)
{
	const struct ip_prefix *p = spec->addresses.items;

	for (size_t i = 0; i < spec->addresses.n; i++)
		if (p[i].addr.family == family && !is_link_local(&p[i].addr))
			return &p[i];
	return NULL;
}

/* Where the guest's default route leads; without one the second address of
 * its network, as with QEMU. */
static struct ip_addr gateway_of(const struct topology_node *guest,
				 const struct ip_prefix *own)
{
	const struct route *routes = guest->routes.items;
	const size_t bytes = ip_addr_bytes(own->addr.family);
	struct ip_addr a = own->addr;

	for (size_t i = 0; i < guest->routes.n; i++)
		if (!routes[i].to.length &&
		    routes[i].via.family == own->addr.family)
			return routes[i].via;
	for (size_t bit = own->length; bit < 8 * bytes; bit++)
		a.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	a.bytes[bytes - 1] |= 2;
	return a;
}

static void add_guest(struct args *a, const struct topology_node *guest,
		      const struct ip_prefix *own)
{
	const char *const suffix = own->addr.family == 6 ? "6" : "";
	const struct ip_addr gateway = gateway_of(guest, own);
	char text[IP_TEXT_MAX];

	args_add(a, "guest%s=%s", suffix, ip_prefix_text(own, text));
	args_add(a, "gateway%s=%s", suffix, ip_addr_text(&gateway, text));
}

static void add_forwards(struct args *a, const struct process *p)
{
	const struct forward *forwards = p->forwards.items;
	char listen[IP_TEXT_MAX], connect[IP_TEXT_MAX];

	for (size_t i = 0; i < p->forwards.n; i++)
		args_add(a, "forward=%s,%s",
			 ip_endpoint_text(&forwards[i].listen, listen),
			 ip_endpoint_text(&forwards[i].connect, connect));
}

static int usernet_args(const struct net *net, const struct process *p,
			struct job *job, struct err *e)
{
	static const uint8_t families[] = { 4, 6 };
	const char *guest = p->guest ? p->guest : "";
	const struct net_tap *tap = guest_tap(net, guest);

	if (!tap)
		return err_set(e, ERR_INPUT, ENODEV,
			       "usernet: there is no interface '%s' of kind "
			       "tap",
			       guest);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct ip_prefix *own =
			first_address(tap_spec(net, tap), families[i]);

		if (own)
			add_guest(&job->args, net->nodes[tap->node].spec, own);
	}
	if (p->restrict_)
		args_add(&job->args, "restrict=1");
	add_forwards(&job->args, p);
	job->taps[job->n_taps++] = tap->fd;
	return 0;
}

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
		  const struct job *job, struct err *e)
{
	char path[4096];
	own_fd int theirs = -1, words = -1;
	int pair[2], r;
	struct child_spec child = {
		.node = job->node,
		.rights = PRIVILEGE_NONE,
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

/* @name: of the process, for messages */
static int start(struct process_set *s, const char *name, const struct job *job,
		 struct err *e)
{
	struct running *p = &s->items[s->n++];
	int r;

	*p = (struct running){
		.pidfd = -1, .control = -1, .words = -1, .at = job->at
	};
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	if (job->args.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "%s: no memory", name);
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
	own_args struct args args = { .n = 0 };
	char name[sizeof(s->items->name)];
	struct job job;

	args_add(&args, "wire");
	args_add(&args, "%" PRIu64, rng_next(&s->rng));
	add_direction(&args, "there", &link->there);
	add_direction(&args, "back", &link->back);
	job = (struct job){
		.node = &home,
		.at = link->name_at,
		.args = args,
		.taps = { taps[0].fd, taps[1].fd },
		.n_taps = 2,
	};
	(void)snprintf(name, sizeof(name), "wire '%s'", link->name);
	return start(s, name, &job, e);
}

static int start_wires(struct process_set *s, struct err *e)
{
	const struct net *net = s->net;

	for (size_t i = 0; i + 1 < net->n_taps; i += 2) {
		const struct interface *spec = tap_spec(net, &net->taps[i]);
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

static const struct net_node *node_of(const struct net *net, const char *name)
{
	size_t i = 0;

	while (strcmp(net->nodes[i].spec->name, name) != 0)
		i++;
	return &net->nodes[i];
}

static int start_process(struct process_set *s, const struct process *p,
			 struct err *e)
{
	const char *kind = process_kind_names[p->kind];
	struct job job = { .node = node_of(s->net, p->node), .at = p->node_at };
	char name[sizeof(s->items->name)];
	int r = 0;

	args_add(&job.args, "%s", kind);
	(void)snprintf(name, sizeof(name), "%s in node '%s'", kind, p->node);
	if (p->kind == PROCESS_RELAY)
		relay_args(&job.args, p);
	else
		r = usernet_args(s->net, p, &job, e);
	if (r == 0)
		r = start(s, name, &job, e);
	args_done(&job.args);
	return r;
}

static int start_all(struct process_set *s, struct err *e)
{
	const struct spec_list *list = &s->net->topology->processes;
	const struct process *processes = list->items;
	int r = start_wires(s, e);

	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = start_process(s, &processes[i], e);
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

void process_stop(struct process_set *s)
{
	const int64_t limit_ns = clock_now_ns() + FAREWELL_NS;

	if (!s)
		return;
	for (size_t i = 0; s->items && i < s->n; i++)
		own_fd_release(&s->items[i].control);
	for (size_t i = 0; s->items && i < s->n; i++) {
		if (s->items[i].pid > 0)
			(void)child_end(s->items[i].pid, s->items[i].pidfd,
					limit_ns);
		own_fd_release(&s->items[i].pidfd);
		own_fd_release(&s->items[i].words);
	}
	own_fd_release(&s->home);
	free(s->items);
	free(s->polls);
	free(s);
}
