/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/program.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Taken at once from a program that prints without end. */
enum { PIECE_BYTES = 64 << 10, PIECES = 16 };

struct pipe_pair {
	int ours, theirs;
};

static void pipe_pair_done(struct pipe_pair *p)
{
	own_fd_release(&p->ours);
	own_fd_release(&p->theirs);
}
#define own_pipe_pair OWN(pipe_pair_done)

/* Only our end does not block: a program expects that its output does. */
static int open_pipe(struct pipe_pair *ret, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(e, "make a pipe for a program");
	*ret = (struct pipe_pair){ fds[0], fds[1] };
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(e, "make a pipe for a program");
	return 0;
}

/* A pair of sockets: writing to a program that has ended raises no signal. */
static int open_input(bool told, struct pipe_pair *ret, struct err *e)
{
	int fds[2];

	if (!told)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(e, "make a socket for a program");
	*ret = (struct pipe_pair){ fds[0], fds[1] };
	return 0;
}

int program_start(struct program *p, struct child_spec *s, bool told,
		  struct err *e)
{
	own_pipe_pair struct pipe_pair out = { -1, -1 }, error = { -1, -1 };
	own_pipe_pair struct pipe_pair status = { -1, -1 }, in = { -1, -1 };
	int r;

	p->pid = 0;
	p->pidfd = p->input_fd = -1;
	p->ended = false;
	r = open_input(told, &in, e);
	if (r == 0)
		r = open_pipe(&out, e);
	if (r == 0)
		r = open_pipe(&error, e);
	if (r == 0)
		r = open_pipe(&status, e);
	if (r < 0)
		return r;
	s->input_fd = told ? in.theirs : 0;
	s->output_fd = out.theirs;
	s->error_fd = error.theirs;
	s->status_fd = status.theirs;
	r = child_start(s, &p->pidfd, e);
	if (r < 0)
		return r;
	p->pid = r;
	p->status_fd = take_fd(&status.ours);
	p->input_fd = take_fd(&in.ours);
	p->outputs[PROGRAM_OUT].fd = take_fd(&out.ours);
	p->outputs[PROGRAM_ERR].fd = take_fd(&error.ours);
	program_forget(p);
	return 0;
}

void program_tell(const struct program *p)
{
	(void)send(p->input_fd, "\n", 1, MSG_NOSIGNAL);
}

bool program_answered(const struct program *p)
{
	const struct program_output *o = &p->outputs[PROGRAM_OUT];

	return o->bytes && o->tail[(o->bytes - 1) % PROGRAM_KEPT_BYTES] == '\n';
}

/* --- what it prints --------------------------------------------------------
 */

static void keep(struct program_output *o, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && o->bytes + i < PROGRAM_KEPT_BYTES; i++)
		o->head[o->bytes + i] = bytes[i];
	for (size_t i = n > PROGRAM_KEPT_BYTES ? n - PROGRAM_KEPT_BYTES : 0;
	     i < n; i++)
		o->tail[(o->bytes + i) % PROGRAM_KEPT_BYTES] = bytes[i];
	o->bytes += n;
}

static void take_output(struct program_output *o)
{
	char piece[PIECE_BYTES];
	ssize_t n = sizeof(piece);

	for (int i = 0; i < PIECES && n == (ssize_t)sizeof(piece); i++) {
		n = read(o->fd, piece, sizeof(piece));
		if (n > 0)
			keep(o, piece, (size_t)n);
	}
	if (n == 0)
		(void)close(take_fd(&o->fd));
}

static void take_status(struct program *p)
{
	int status;

	if (p->status_fd < 0)
		return;
	if (read(p->status_fd, &status, sizeof(status)) !=
	    (ssize_t)sizeof(status))
		return;
	p->ended = true;
	p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					: WEXITSTATUS(status);
	(void)close(take_fd(&p->status_fd));
}

static void close_all(struct program *p)
{
	for (int i = 0; i < PROGRAM_STREAMS; i++)
		if (p->outputs[i].fd >= 0)
			(void)close(take_fd(&p->outputs[i].fd));
	if (p->status_fd >= 0)
		(void)close(take_fd(&p->status_fd));
	if (p->pidfd >= 0)
		(void)close(take_fd(&p->pidfd));
	if (p->input_fd >= 0)
		(void)close(take_fd(&p->input_fd));
	p->pid = 0;
}

/* The init has ended, and with it all that was below: its last words are in
 * the pipes. */
static void finish(struct program *p)
{
	(void)child_wait(p->pid);
	for (int i = 0; i < PROGRAM_STREAMS; i++)
		if (p->outputs[i].fd >= 0)
			take_output(&p->outputs[i]);
	take_status(p);
	close_all(p);
}

/* Most of the time there is nothing, which one call tells of all. */
void program_take(struct program *p)
{
	struct pollfd fds[PROGRAM_FDS];

	program_watch(p, fds);
	if (p->pid <= 0 || poll(fds, PROGRAM_FDS, 0) <= 0)
		return;
	for (int i = 0; i < PROGRAM_STREAMS; i++)
		if (fds[i].revents)
			take_output(&p->outputs[i]);
	if (fds[PROGRAM_STREAMS].revents)
		take_status(p);
	if (fds[PROGRAM_STREAMS + 1].revents)
		finish(p);
}

void program_watch(const struct program *p, struct pollfd *fds)
{
	const bool live = p->pid > 0;

	for (int i = 0; i < PROGRAM_STREAMS; i++)
		fds[i].fd = live ? p->outputs[i].fd : -1;
	fds[PROGRAM_STREAMS].fd = live ? p->status_fd : -1;
	fds[PROGRAM_STREAMS + 1].fd = live ? p->pidfd : -1;
	for (int i = 0; i < PROGRAM_FDS; i++)
		fds[i].events = POLLIN;
}

void program_ask(struct program *p)
{
	if (p->pid > 0)
		(void)kill(p->pid, SIGTERM);
}

void program_kill(struct program *p)
{
	if (p->pid <= 0)
		return;
	(void)kill(p->pid, SIGKILL);
	finish(p);
}

/* --- what is kept of it ----------------------------------------------------
 */

void program_forget(struct program *p)
{
	for (int i = 0; i < PROGRAM_STREAMS; i++)
		p->outputs[i].bytes = 0;
}

/* The last @n bytes that were printed. */
static size_t get_tail(const struct program_output *o, size_t n, char *buf)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = o->tail[(o->bytes - n + i) % PROGRAM_KEPT_BYTES];
	return n;
}

size_t program_output_get(const struct program_output *o, char *buf)
{
	const size_t head = o->bytes < PROGRAM_KEPT_BYTES ? (size_t)o->bytes
							  : PROGRAM_KEPT_BYTES;
	const uint64_t rest = o->bytes - head;
	size_t n = head;

	memcpy(buf, o->head, head);
	if (rest > PROGRAM_KEPT_BYTES)
		n += (size_t)sprintf(buf + n,
				     "\n[... %" PRIu64 " bytes left out ...]\n",
				     rest - PROGRAM_KEPT_BYTES);
	return n + get_tail(o,
			    rest < PROGRAM_KEPT_BYTES ? (size_t)rest
						      : PROGRAM_KEPT_BYTES,
			    buf + n);
}

void program_last_line(const struct program_output *o, struct text *out)
{
	enum { LINE_MAX_BYTES = 200 };
	char buf[LINE_MAX_BYTES + 1];
	const size_t n = get_tail(o,
				  o->bytes < LINE_MAX_BYTES ? (size_t)o->bytes
							    : LINE_MAX_BYTES,
				  buf);
	size_t end = n, begin;

	while (end > 0 && strchr(" \t\r\n", buf[end - 1]) && buf[end - 1])
		end--;
	for (begin = end; begin > 0 && buf[begin - 1] != '\n'; begin--) {
		const unsigned char c = (unsigned char)buf[begin - 1];

		if (c < ' ' || c == 0x7f)
			buf[begin - 1] = '?';
	}
	buf[end] = '\0';
	text_add(out, buf + begin);
}
