/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fault-loss - lose what comes to one side of a trial. */
#ifndef LAB_RUN_FAULT_LOSS_H
#define LAB_RUN_FAULT_LOSS_H

#include <stdint.h>

/*
 * Nft text that loses segments which come to a port, and text that ends that:
 * a side's own end of its connections is the port @port, the listener's at the
 * server, or their far end, at the client.
 */
enum { FAULT_LOSS_RULES = 512 }; /* bytes of a text */
enum fault_loss { FAULT_LOSS_ALL, FAULT_LOSS_ACKS, FAULT_LOSSES };
void fault_loss_rules(enum fault_loss loss, int side, uint16_t port,
		      char ret[FAULT_LOSS_RULES]);
void fault_loss_end_rules(enum fault_loss loss, int side,
			  char ret[FAULT_LOSS_RULES]);

#endif
