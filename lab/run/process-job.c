/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The command lines are those of probes/relay/main.c,
 * probes/wire/main.c, probes/usernet/main.c and probes/pasta/main.c.
 */
#include "lab/run/process-job.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void
args_add(struct process_args *a, const char *fmt, ...)
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

static void add_direction(struct process_args *a, const char *name,
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

static void relay_args(struct process_args *a, const struct process *p)
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

static const struct ip_prefix *first_address(const struct interface *spec,
					     uint8_t family)
{
	const struct ip_prefix *p = spec->addresses.items;

	for (size_t i = 0; i < spec->addresses.n; i++)
		if (p[i].addr.family == family &&
		    !ip_addr_is_link_local(&p[i].addr))
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

static void add_guest(struct process_args *a, const struct topology_node *guest,
		      const struct ip_prefix *own)
{
	const char *const suffix = own->addr.family == 6 ? "6" : "";
	const struct ip_addr gateway = gateway_of(guest, own);
	char text[IP_TEXT_MAX];

	args_add(a, "guest%s=%s", suffix, ip_prefix_text(own, text));
	args_add(a, "gateway%s=%s", suffix, ip_addr_text(&gateway, text));
}

static void add_forwards(struct process_args *a, const struct process *p)
{
	const struct forward *forwards = p->forwards.items;
	char listen[IP_TEXT_MAX], connect[IP_TEXT_MAX];

	for (size_t i = 0; i < p->forwards.n; i++)
		args_add(a, "forward=%s,%s",
			 ip_endpoint_text(&forwards[i].listen, listen),
			 ip_endpoint_text(&forwards[i].connect, connect));
}

static int usernet_args(const struct net *net, const struct process *p,
			struct process_job *job, struct err *e)
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
			first_address(process_tap_spec(net, tap), families[i]);

		if (own)
			add_guest(&job->args, net->nodes[tap->node].spec, own);
	}
	if (p->restrict_)
		args_add(&job->args, "restrict=1");
	add_forwards(&job->args, p);
	job->taps[job->n_taps++] = tap->fd;
	return 0;
}

/* It enters the guest's namespace and opens the tap there, which takes rights
 * over both; it gives up what it no longer needs by itself. */
static int pasta_args(const struct net *net, const struct process *p,
		      struct process_job *job, struct err *e)
{
	const struct forward *forwards = p->forwards.items;
	const struct net_tap *tap = guest_tap(net, p->guest ? p->guest : "");
	char listen[IP_TEXT_MAX];

	if (!tap)
		return err_set(e, ERR_INPUT, ENODEV,
			       "pasta: there is no interface '%s' of kind tap",
			       p->guest ? p->guest : "");
	args_add(&job->args, "%s", process_tap_spec(net, tap)->name);
	for (size_t i = 0; i < p->forwards.n; i++)
		args_add(&job->args, "%s,%u",
			 ip_endpoint_text(&forwards[i].listen, listen),
			 forwards[i].connect.port);
	job->taps[job->n_taps++] = net->nodes[tap->node].netns;
	job->rights = PRIVILEGE_LAB;
	return 0;
}

void process_job_wire(struct process_job *ret, const struct link *link,
		      const struct net_tap *taps, uint64_t seed)
{
	*ret = (struct process_job){
		.at = link->name_at,
		.taps = { taps[0].fd, taps[1].fd },
		.n_taps = 2,
	};
	(void)snprintf(ret->name, sizeof(ret->name), "wire '%s'", link->name);
	args_add(&ret->args, "wire");
	args_add(&ret->args, "%" PRIu64, seed);
	add_direction(&ret->args, "there", &link->there);
	add_direction(&ret->args, "back", &link->back);
}

static const struct net_node *node_of(const struct net *net, const char *name)
{
	size_t i = 0;

	while (strcmp(net->nodes[i].spec->name, name) != 0)
		i++;
	return &net->nodes[i];
}

int process_job_make(struct process_job *ret, const struct net *net,
		     const struct process *p, struct err *e)
{
	const char *kind = process_kind_names[p->kind];

	*ret = (struct process_job){
		.node = node_of(net, p->node),
		.at = p->node_at,
	};
	(void)snprintf(ret->name, sizeof(ret->name), "%s in node '%s'", kind,
		       p->node);
	args_add(&ret->args, "%s", kind);
	if (p->kind == PROCESS_USERNET)
		return usernet_args(net, p, ret, e);
	if (p->kind == PROCESS_PASTA)
		return pasta_args(net, p, ret, e);
	relay_args(&ret->args, p);
	return 0;
}

void process_job_done(struct process_job *job)
{
	for (size_t i = 0; i < job->args.n; i++)
		free(job->args.v[i]);
	free(job->args.v);
}
