/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site - the nodes of a topology in one of its two forms: the lab, or what an
 * engine made of it.
 */
#ifndef LAB_FIDELITY_SITE_H
#define LAB_FIDELITY_SITE_H

#include "lab/base/err.h"
#include "lab/fidelity/facts.h"
#include "lab/fidelity/gather.h"
#include "lab/fidelity/setup.h"
#include "lab/net/net.h"

struct site_node {
	struct net_node net; /* .spec and .netns; -1: not there */
	struct view view;
	struct gather_name *names; /* of the interfaces to look at */
	size_t n_names;
};

struct site {
	const struct topology *topology; /* borrowed */
	struct site_node *nodes;	 /* in the order of the file */
	size_t n;
	int host; /* number of the node of kind host */
};

/**
 * site_init() - look at the namespaces
 * @netns:	by node, borrowed; -1: not there
 * @ret:	release with site_done(), also after a failure
 */
int site_init(struct site *ret, const struct topology *t, const int *netns,
	      struct err *e);
void site_done(struct site *s);
#define own_site OWN(site_done)

/* The facts of the host and of all containers. */
int site_facts(const struct site *s, struct facts *f, struct err *e);

enum { SITE_RENAMES_MAX = 64 };

/* What is called otherwise in the real one, and what it stands for. */
struct site_renames {
	struct rename items[SITE_RENAMES_MAX];
	char words[SITE_RENAMES_MAX][2][IP_TEXT_MAX];
	size_t n;
};

/* @port: the real one for @setup's .host_port, or 0 */
void site_renames(const struct site *lab, const struct site *real,
		  const struct setup *setup, uint16_t port,
		  struct site_renames *ret);

/**
 * site_real_addr() - the address in @real that stands for @a
 *
 * Addresses of loopback and those that stand for all stay.
 *
 * Errors:	ERR_HOST: the real network has none for it
 */
int site_real_addr(const struct site *lab, const struct site *real,
		   const struct ip_addr *a, struct ip_addr *ret, struct err *e);

#endif
