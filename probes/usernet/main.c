/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usernet guest=ADDRESS/LENGTH gateway=ADDRESS [guest6=... gateway6=...]
 *         [restrict=1] [forward=LISTEN,CONNECT]...
 *
 * A guest's network as sockets of the node, as QEMU's `-netdev user` and
 * VirtualBox's NAT have it; the guest is behind the tap that is descriptor 4
 * and has a static address.  `gateway` is how it sees the node; the name
 * server is the third address of its network.
 *
 *   usernet guest=10.0.2.15/24 gateway=10.0.2.2 \
 *           forward=127.0.0.1:2222,10.0.2.15:22
 *
 * With restrict nothing gets out, and in comes only what is forwarded.
 * Started by rstlab as probes/control.h says.
 */
#include "lab/base/own.h"
#include "probes/control.h"
#include "probes/signals.h"
#include "probes/usernet/usernet.h"

#include <errno.h>
#include <string.h>

static bool parse_forward(const char *value, struct usernet *u)
{
	struct usernet_forward *f = &u->forwards[u->n_forwards];
	const char *comma = strchr(value, ',');
	char listen[IP_TEXT_MAX];

	if (!comma || (size_t)(comma - value) >= sizeof(listen) ||
	    u->n_forwards == USERNET_FORWARDS_MAX)
		return false;
	*(char *)mempcpy(listen, value, (size_t)(comma - value)) = '\0';
	if (!ip_endpoint_parse(listen, &f->listen) ||
	    !ip_endpoint_parse(comma + 1, &f->connect))
		return false;
	u->n_forwards++;
	return true;
}

static bool parse_guest(const char *value, struct usernet *u)
{
	return ip_prefix_parse(value, &u->guest) && u->guest.addr.family == 4;
}

static bool parse_gateway(const char *value, struct usernet *u)
{
	return ip_addr_parse(value, &u->gateway) && u->gateway.family == 4;
}

static bool parse_guest6(const char *value, struct usernet *u)
{
	return ip_prefix_parse(value, &u->guest6) && u->guest6.addr.family == 6;
}

static bool parse_gateway6(const char *value, struct usernet *u)
{
	return ip_addr_parse(value, &u->gateway6) && u->gateway6.family == 6;
}

static bool parse_restrict(const char *value, struct usernet *u)
{
	u->restricted = !strcmp(value, "1");
	return u->restricted || !strcmp(value, "0");
}

static const struct {
	const char *key;
	bool (*parse)(const char *value, struct usernet *u);
} settings[] = {
	{ "guest=", parse_guest },     { "gateway=", parse_gateway },
	{ "guest6=", parse_guest6 },   { "gateway6=", parse_gateway6 },
	{ "forward=", parse_forward }, { "restrict=", parse_restrict },
};

static bool parse_word(const char *word, struct usernet *u)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const size_t n = strlen(settings[i].key);

		if (!strncmp(word, settings[i].key, n))
			return settings[i].parse(word + n, u);
	}
	return false;
}

static int run(int argc, char **argv, struct err *e)
{
	static struct usernet u;

	for (int i = 1; i < argc; i++)
		if (!parse_word(argv[i], &u))
			return err_set(e, ERR_BUG, EINVAL,
				       "'%s' is no setting of a user-mode "
				       "network",
				       argv[i]);
	if (u.guest6.addr.family != u.gateway6.family ||
	    u.guest.addr.family != u.gateway.family)
		return err_set(e, ERR_BUG, EINVAL,
			       "a guest's address and its gateway go together");
	return usernet_run(&u, e);
}

int main(int argc, char **argv)
{
	struct err e = { .code = 0 };

	probe_ignore_signals();
	return control_end("usernet", run(argc, argv, &e), &e);
}
