/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/setup.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { MINOR_ANY = 999 };

const char *const engine_names[] = {
	[ENGINE_DOCKER] = "docker",
	[ENGINE_PODMAN] = "podman",
	NULL,
};
const char *const engine_titles[] = {
	[ENGINE_DOCKER] = "Docker",
	[ENGINE_PODMAN] = "Podman",
	NULL,
};
static_assert(ARRAY_SIZE(engine_names) == ENGINES + 1 &&
		      ARRAY_SIZE(engine_titles) == ENGINES + 1,
	      "a name and a title for each");

static const struct setup_network networks[] = {
	{ .word = "user-defined bridge" },
	{ .word = "network create --internal", .internal = true },
	{ .word = "--icc=false", .no_icc = true },
	{ .word = "--network host", .host = true },
};

/* What this machine's engine cannot be asked for. */
static const struct {
	const char *word, *why;
} beyond[] = {
	{ " guest", "it mirrors a virtual machine, and verify starts "
		    "containers only" },
	{ "macvlan", "a macvlan network takes a name of a network interface "
		     "and addresses of the network behind it, which verify "
		     "must not choose" },
};

/* Options of the daemon itself, which verify does not start. */
static const char *const daemon_options[] = {
	"--userland-proxy=false",
};

static int nothing(const struct topology *t, struct err *e, const char *why)
{
	return err_set(e, ERR_EMPTY, ENOENT, "nothing to compare '%s' with: %s",
		       t->name, why);
}

static bool begins_with(const char *s, const char *word)
{
	return s && !strncmp(s, word, strlen(word));
}

static int check_engine(const struct topology *t, enum engine_kind wanted,
			struct err *e)
{
	char why[128];

	for (int k = 0; engine_titles[k]; k++) {
		if (!begins_with(t->mirrors, engine_titles[k]))
			continue;
		if (k == (int)wanted)
			return 0;
		(void)snprintf(why, sizeof(why),
			       "it mirrors %s; say --against %s",
			       engine_titles[k], engine_names[k]);
		return nothing(t, e, why);
	}
	return nothing(t, e, "it mirrors neither Docker nor Podman");
}

/* "20.10" -> 20010; "27" -> 27000, or 27999 as the upper end. */
static const char *read_version(const char *s, unsigned minor_default,
				unsigned *ret)
{
	char *end;
	const unsigned major = (unsigned)strtoul(s, &end, 10);
	unsigned minor = minor_default;

	if (*end == '.' && isdigit((unsigned char)end[1]))
		minor = (unsigned)strtoul(end + 1, &end, 10);
	*ret = major * 1000 + minor;
	return end;
}

/* "Docker 20.10 to 27, ...", "Docker 28 and 29, ...", "Podman 5 rootful". */
static void read_versions(const char *mirrors, struct setup *ret)
{
	const char *p = mirrors + strcspn(mirrors, " ");
	const char *end;

	p += *p == ' ';
	if (!isdigit((unsigned char)*p))
		return;
	(void)read_version(p, 0, &ret->from);
	end = read_version(p, MINOR_ANY, &ret->to);
	if (begins_with(end, " to ") || begins_with(end, " and "))
		(void)read_version(end + strcspn(end, "0123456789"), MINOR_ANY,
				   &ret->to);
}

bool setup_covers(const struct setup *s, const char *version)
{
	unsigned n;

	(void)read_version(version, 0, &n);
	return s->from <= n && n <= s->to;
}

int setup_node(const struct topology *t, enum node_kind kind)
{
	const struct topology_node *nodes = t->nodes.items;

	for (size_t i = 0; i < t->nodes.n; i++)
		if (nodes[i].kind == (int)kind)
			return (int)i;
	return -1;
}

/* A client that dials another address than the server listens at, goes
 * through a published port. */
static void read_ports(const struct topology *t, struct setup *ret)
{
	const struct topology_node *server = topology_node(t, t->server);

	if (server->kind != NODE_CONTAINER ||
	    ip_endpoint_equal(&t->connect, &t->listen))
		return;
	ret->host_port = t->connect.port;
	ret->container_port = t->listen.port;
}

int setup_of(const struct topology *t, enum engine_kind engine,
	     struct setup *ret, struct err *e)
{
	const char *mirrors = t->mirrors ? t->mirrors : "";
	int r = check_engine(t, engine, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
		if (strstr(mirrors, beyond[i].word))
			return nothing(t, e, beyond[i].why);
	if (setup_node(t, NODE_HOST) < 0)
		return nothing(t, e, "it has no node of kind host");
	*ret = (struct setup){ .engine = engine };
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (strstr(mirrors, networks[i].word))
			ret->network = &networks[i];
	for (size_t i = 0; i < ARRAY_SIZE(daemon_options); i++)
		if (strstr(mirrors, daemon_options[i]))
			ret->daemon_option = daemon_options[i];
	read_versions(mirrors, ret);
	read_ports(t, ret);
	return 0;
}
