/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts - what a topology consists of, found and put into words for all
 * drawings. */
#ifndef LAB_CMD_PARTS_H
#define LAB_CMD_PARTS_H

#include "lab/base/text.h"
#include "lab/spec/topology.h"

/* One interface, by its places in the lists of the file. */
struct part {
	size_t node, interface;
};

const struct topology_node *parts_node(const struct topology *t, size_t i);
const struct interface *parts_interface(const struct topology *t,
					struct part p);

/* The next interface after *@p in the order of the file; false: no more.
 * Begin with PARTS_BEGIN. */
bool parts_next(const struct topology *t, struct part *p);
#define PARTS_BEGIN ((struct part){ .node = 0, .interface = SIZE_MAX })

/* In the order of the file? */
bool parts_is_before(struct part a, struct part b);

/* The other end of the veth @p.  Returns: false when there is none. */
bool parts_peer(const struct topology *t, struct part p, struct part *ret);

/* The interface "node:interface", or of that node. */
bool parts_find(const struct topology *t, const char *name, struct part *ret);
bool parts_find_in(const struct topology *t, size_t node, const char *name,
		   struct part *ret);

/* The entry of the link when it does something to frames, a wire or netem;
 * else NULL. */
const struct link *parts_link(const struct topology *t, const char *link);

/* Add kind and both directions: "wire, delay 2ms", or "netem, there delay 2ms,
 * back as they come". */
void parts_add_link(struct text *out, const struct link *l);

/* Add "relay 127.0.0.1:8080 to 172.17.0.2:80"; "usernet for guest:eth0,
 * 127.0.0.1:2222 to 10.0.2.15:22, restricted". */
void parts_add_process(struct text *out, const struct process *p);

/* Add "198.51.100.1:8080 or [fd00::1]:8080". */
void parts_add_endpoints(struct text *out, const struct ip_endpoint *ep,
			 const struct ip_endpoint *ep6);

#endif
