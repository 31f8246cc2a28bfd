/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals - those that the programs of a lab are deaf to. */
#ifndef PROBES_SIGNALS_H
#define PROBES_SIGNALS_H

/* The lab ends its programs: what a terminal or timeout(1) sends to the whole
 * process group must not, while the lab still finishes what it began. */
void probe_ignore_signals(void);

#endif
