/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/http.h"

#include "lab/base/own.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { PATIENCE_S = 120 }; /* an engine may have to remove a lot */

static int dial(const char *path, int *ret_fd, struct err *e)
{
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(e, ERR_INPUT, ENAMETOOLONG,
			       "'%s' is too long for a socket", path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return err_errno(e, "%s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int send_all(int fd, const char *p, size_t n, struct err *e)
{
	while (n) {
		const ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		/* A server that refuses early has answered already. */
		if (sent < 0)
			return errno == EPIPE ? 0 : err_errno(e, "send");
		p += sent;
		n -= (size_t)sent;
	}
	return 0;
}

static int send_request(int fd, const struct http_request *q, struct err *e)
{
	own_text struct text head = { .s = NULL };
	int r;

	text_addf(&head, "%s %s HTTP/1.0\r\nHost: localhost\r\n", q->method,
		  q->path);
	if (q->type)
		text_addf(&head, "Content-Type: %s\r\n", q->type);
	text_addf(&head, "Content-Length: %zu\r\n\r\n", q->n_body);
	if (head.failed)
		return err_no_memory(e);
	r = send_all(fd, head.s, head.n, e);
	return r < 0 ? r : send_all(fd, q->body, q->n_body, e);
}

/* Binary zeros would end it early; engines answer in JSON. */
static int receive_all(int fd, struct text *answer, struct err *e)
{
	char room[4096];
	ssize_t n;

	while ((n = recv(fd, room, sizeof(room) - 1, 0)) > 0) {
		room[n] = '\0';
		text_add(answer, room);
	}
	if (n < 0)
		return err_errno(e, "wait for the answer");
	return answer->failed ? err_no_memory(e) : 0;
}

int http_parse(const char *answer, size_t n, size_t *ret_body)
{
	const char *end = n ? strstr(answer, "\r\n\r\n") : NULL;
	int status;

	if (!end || sscanf(answer, "HTTP/%*d.%*d %d", &status) != 1)
		return -1;
	*ret_body = (size_t)(end - answer) + strlen("\r\n\r\n");
	return status;
}

int http_ask(const struct http_request *q, struct text *ret_body, struct err *e)
{
	own_fd int fd = -1;
	own_text struct text answer = { .s = NULL };
	size_t body;
	int r = dial(q->socket, &fd, e);

	if (r == 0)
		r = send_request(fd, q, e);
	if (r == 0)
		r = receive_all(fd, &answer, e);
	if (r < 0)
		return r;
	r = http_parse(text_str(&answer), answer.n, &body);
	if (r < 0)
		return err_set(
			e, ERR_HOST, EPROTO,
			"%s does not speak HTTP: no engine listens there",
			q->socket);
	text_add(ret_body, answer.s + body);
	return r;
}
