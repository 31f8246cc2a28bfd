/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links - the interfaces of all nodes, made, joined and brought up. */
#ifndef LAB_NET_LINKS_H
#define LAB_NET_LINKS_H

#include "lab/net/build.h"

/* Every device, each directly in its namespace, down. */
int links_make(const struct build *b, struct err *e);

/* Ports into their bridges. */
int links_join(const struct build *b, struct err *e);

/* Everything up, lo included; returns when every link can pass frames. */
int links_up(const struct build *b, struct err *e);

#endif
