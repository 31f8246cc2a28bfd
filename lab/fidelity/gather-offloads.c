/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offloads by the names that ethtool(8) has for them.
 * Source: linux/ethtool.h, struct ethtool_gfeatures; net/ethtool/ioctl.c */
#include "lab/fidelity/gather.h"

#include "lab/base/own.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { FEATURES_MAX = 128, BITS = 32 };

struct features {
	uint32_t n;
	char names[FEATURES_MAX][ETH_GSTRING_LEN + 1];
};

static int ask(int s, const char *name, void *command)
{
	struct ifreq q = { 0 };

	(void)snprintf(q.ifr_name, sizeof(q.ifr_name), "%s", name);
	q.ifr_data = command;
	return ioctl(s, SIOCETHTOOL, &q);
}

static bool read_names(int s, const char *name, struct features *ret)
{
	union {
		struct ethtool_sset_info info;
		char room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} sets = { .info = { .cmd = ETHTOOL_GSSET_INFO,
			     .sset_mask = 1ULL << ETH_SS_FEATURES } };
	own_mem struct ethtool_gstrings *strings = NULL;

	if (ask(s, name, &sets.info) < 0 || !sets.info.sset_mask)
		return false;
	memcpy(&ret->n, sets.info.data, sizeof(ret->n));
	if (ret->n > FEATURES_MAX)
		return false;
	strings =
		calloc(1, sizeof(*strings) + (size_t)ret->n * ETH_GSTRING_LEN);
	if (!strings)
		return false;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = ret->n;
	if (ask(s, name, strings) < 0)
		return false;
	for (uint32_t i = 0; i < ret->n; i++)
		memcpy(ret->names[i], strings->data + i * ETH_GSTRING_LEN,
		       ETH_GSTRING_LEN);
	return true;
}

static void add_features(const struct gather *g, int s,
			 const struct gather_name *link, struct facts *f)
{
	struct features *names = calloc(1, sizeof(*names));
	own_mem struct features *own_names = names;
	union {
		struct ethtool_gfeatures get;
		char room[sizeof(struct ethtool_gfeatures) +
			  FEATURES_MAX / BITS *
				  sizeof(struct ethtool_get_features_block)];
	} u = { .get = { .cmd = ETHTOOL_GFEATURES,
			 .size = FEATURES_MAX / BITS } };
	char key[VIEW_NAME_MAX + ETH_GSTRING_LEN + 2];

	(void)own_names;
	if (!names || !read_names(s, link->actual, names) ||
	    ask(s, link->actual, &u.get) < 0)
		return; /* a device without features: no fact */
	for (uint32_t i = 0; i < names->n; i++) {
		const uint32_t active = u.get.features[i / BITS].active;

		if (!names->names[i][0])
			continue;
		(void)snprintf(key, sizeof(key), "%s %s", link->normal,
			       names->names[i]);
		facts_add(f, FACT_OFFLOADS, g->node, key,
			  active >> i % BITS & 1 ? "on" : "off");
	}
}

int gather_offloads(const struct gather *g, struct facts *f, struct err *e)
{
	own_fd int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return err_errno(e, "ask for offloads");
	for (size_t i = 0; i < g->n_names; i++)
		add_features(g, s, &g->names[i], f);
	return 0;
}
