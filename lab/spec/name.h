/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name - the forms that names and the like must have.  Private to spec/.
 *
 * All fit spec_field.parse of a SPEC_STRING: NULL, or what it must be.
 */
#ifndef LAB_SPEC_NAME_H
#define LAB_SPEC_NAME_H

/* Of a topology, workload, node, link or sync: also fit for a host name. */
const char *name_check(const char *text, void *unused);

/* Of an interface: what the kernel takes. */
const char *name_check_interface(const char *text, void *unused);

/* One line of text. */
const char *name_check_line(const char *text, void *unused);

/* A unicast MAC address in lower case. */
const char *name_check_mac(const char *text, void *unused);

/* Is @name the file name of @path without ".yaml"? */
int name_is_of_file(const char *name, const char *path);

#endif
