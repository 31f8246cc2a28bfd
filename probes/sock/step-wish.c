/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that ask the lab for what a probe has no right to do. */
#include "probes/sock/step.h"

#include "lab/base/clock.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Between two questions of wait-forgotten. */
#define ASK_NS (5 * NS_PER_MS)

static int send_request(uint32_t number, int connection)
{
	struct probe_message m = { .kind = PROBE_FAULT, .number = number };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room = { .bytes = { 0 } };
	struct iovec part = { &m, offsetof(struct probe_message, batch) };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (connection >= 0) {
		h.msg_control = room.bytes;
		h.msg_controllen = sizeof(room.bytes);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &connection, sizeof(int));
	}
	return sendmsg(PROBE_CONTROL_FD, &h, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/* The lab always answers; without it there is nothing to go on for. */
int step_ask_lab(const struct run *r, uint32_t number)
{
	struct probe_message answer;
	const int error = send_request(number, step_current(r));
	ssize_t n;

	if (error)
		return error;
	do
		n = recv(PROBE_CONTROL_FD, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)offsetof(struct probe_message, batch) ||
	    answer.kind != PROBE_FAULT_DONE)
		return n < 0 ? errno : EPROTO;
	return (int)answer.number;
}

int step_fault(struct run *r, int64_t number)
{
	return step_ask_lab(r, (uint32_t)number);
}

int step_inject(struct run *r, int64_t number)
{
	return step_ask_lab(r, PROBE_SEGMENT + (uint32_t)number);
}

int step_note(struct run *r, int64_t number)
{
	(void)number;
	return step_ask_lab(r, PROBE_NOTE);
}

int step_sysctl(struct run *r, int64_t number)
{
	return step_ask_lab(r, PROBE_SYSCTL + (uint32_t)number);
}

/* A socket that no program has tells nobody that it ends. */
int step_wait_forgotten(struct run *r, int64_t number)
{
	int error = EAGAIN;

	(void)number;
	while (error == EAGAIN) {
		if (wait_overdue(r))
			return ETIMEDOUT;
		error = step_ask_lab(r, PROBE_FORGOTTEN);
		if (error == EAGAIN)
			wait_until(r, clock_now_ns() + ASK_NS);
	}
	return error;
}
