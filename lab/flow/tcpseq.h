/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcpseq - TCP sequence numbers, which wrap.  Source: RFC 9293 3.4 */
#ifndef LAB_FLOW_TCPSEQ_H
#define LAB_FLOW_TCPSEQ_H

#include <stdbool.h>
#include <stdint.h>

/* Is @a earlier in the stream than @b?  Right while they are less than 2^31
 * bytes apart. */
static inline bool tcpseq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline uint32_t tcpseq_max(uint32_t a, uint32_t b)
{
	return tcpseq_before(a, b) ? b : a;
}

#endif
