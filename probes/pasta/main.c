/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pasta TAP [LISTEN,PORT]...
 *
 * Becomes the pasta of this machine (package passt): the network of the guest
 * whose namespace is descriptor 4, and which has the interface TAP, as sockets
 * of the node.  What comes to LISTEN goes to PORT of the guest.
 *
 *   pasta tap0 0.0.0.0:8080,80
 *
 * How it works.  pasta takes no descriptor and holds to no protocol of ours, so
 * a child stays behind: it hears from pasta's pid file, which is a pipe, that
 * pasta is ready, tells the lab, and kills pasta when the lab has closed the
 * control socket.  The process that the lab knows is pasta itself, so it can
 * stop it and sees it end.
 *
 * Options are those of Podman 5 (containers/common libnetwork/pasta/
 * pasta_linux.go) where they change what TCP does: no mapping of the gateway's
 * address, no forwards but those that are named.  Addresses and routes are not
 * configured (--config-net): the lab did, and they are the node's own.
 */
#include "lab/base/ip.h"
#include "lab/base/own.h"
#include "probes/control.h"
#include "probes/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

enum { NETNS_FD = CONTROL_TAP_FD, FORWARDS_MAX = 16 };

#define FILE_OF_FD "/proc/self/fd/%d"

struct forwards {
	char text[FORWARDS_MAX][2 * IP_TEXT_MAX]; /* as pasta's -t takes them */
	size_t n;
};

/* "0.0.0.0:8080,80" -> "8080:80", "127.0.0.1:8080,80" -> "127.0.0.1/8080:80" */
static bool add_forward(const char *word, struct forwards *f)
{
	const char *comma = strchr(word, ',');
	char listen[IP_TEXT_MAX], addr[IP_TEXT_MAX];
	struct ip_endpoint ep;
	bool any;

	if (!comma || (size_t)(comma - word) >= sizeof(listen) ||
	    f->n == FORWARDS_MAX)
		return false;
	*(char *)mempcpy(listen, word, (size_t)(comma - word)) = '\0';
	if (!ip_endpoint_parse(listen, &ep))
		return false;
	(void)ip_addr_text(&ep.addr, addr);
	any = !strcmp(addr, "0.0.0.0");
	(void)snprintf(f->text[f->n++], sizeof(f->text[0]), "%s%s%u:%s",
		       any ? "" : addr, any ? "" : "/", ep.port, comma + 1);
	return true;
}

/* The last thing that pasta said, but for what it says of a machine without
 * syslog before each sentence. */
static const char *last_sentence(char *text)
{
	const char *last = "it does not start";
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line && strncmp(line, "Failed to send", 14) != 0)
			last = line;
	return last;
}

/* pasta ended before it was ready. */
static void say_why(int words)
{
	struct err e = { .code = 0 };
	char text[2048];
	size_t n = 0;
	ssize_t r;

	while ((r = read(words, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	text[n] = '\0';
	(void)err_set(&e, ERR_HOST, ECANCELED, "%s", last_sentence(text));
	_exit(control_end("pasta", -ECANCELED, &e));
}

/* Until the lab closes the control socket, or pasta ends. */
static void wait_for_end(int words)
{
	struct pollfd fds[] = {
		{ .fd = CONTROL_FD, .events = POLLIN },
		{ .fd = words, .events = POLLIN },
	};
	char ignored[256];

	for (;;) {
		(void)poll(fds, ARRAY_SIZE(fds), -1);
		if (fds[0].revents && control_closed())
			return;
		if (fds[1].revents &&
		    read(words, ignored, sizeof(ignored)) <= 0)
			_exit(0);
	}
}

/* What becomes readable when pasta is ready, and what it says. */
struct ends {
	int pid_file, words;
};

/* Never returns. */
static void mind(pid_t pasta, struct ends from)
{
	struct err e = { .code = 0 };
	char pid[16];

	(void)close(NETNS_FD);
	if (read(from.pid_file, pid, sizeof(pid)) <= 0)
		say_why(from.words);
	if (control_ready(&e) == 0)
		wait_for_end(from.words);
	(void)kill(pasta, SIGKILL);
	_exit(0);
}

static int start_minder(struct ends *ret, struct err *e)
{
	const pid_t self = getpid();
	int pid_file[2], words[2];
	pid_t pid;

	if (pipe2(pid_file, O_CLOEXEC) < 0 || pipe2(words, O_CLOEXEC) < 0)
		return err_errno(e, "make a pipe");
	pid = fork();
	if (pid < 0)
		return err_errno(e, "start the process that minds pasta");
	if (pid == 0) {
		(void)close(pid_file[1]);
		(void)close(words[1]);
		mind(self, (struct ends){ pid_file[0], words[0] });
	}
	(void)close(pid_file[0]);
	(void)close(words[0]);
	*ret = (struct ends){ pid_file[1], words[1] };
	return 0;
}

/* The control socket is the minder's: it would never close. */
static int become_pasta(const char *tap, struct forwards *f, struct ends to,
			struct err *e)
{
	char netns[32], pid_path[32];
	static const char *const fixed[] = {
		"pasta",	"-q",	   "-f",   "-4",
		"--netns-only", "--runas", "0",	   "--no-netns-quit",
		"--no-map-gw",	"-u",	   "none", "-T",
		"none",		"-U",	   "none",
	};
	const char *argv[ARRAY_SIZE(fixed) + 2 * FORWARDS_MAX + 9];
	size_t n = 0;

	(void)snprintf(netns, sizeof(netns), FILE_OF_FD, NETNS_FD);
	(void)snprintf(pid_path, sizeof(pid_path), FILE_OF_FD, to.pid_file);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		argv[n++] = fixed[i];
	argv[n++] = "--netns";
	argv[n++] = netns;
	argv[n++] = "-P";
	argv[n++] = pid_path;
	argv[n++] = "-I";
	argv[n++] = tap;
	for (size_t i = 0; i < f->n; i++) {
		argv[n++] = "-t";
		argv[n++] = f->text[i];
	}
	if (f->n == 0) {
		argv[n++] = "-t";
		argv[n++] = "none";
	}
	argv[n] = NULL;
	(void)fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	/* it takes an ignored SIGPIPE for a failure (pasta of 2023_03_09) */
	(void)signal(SIGPIPE, SIG_DFL);
	(void)fcntl(to.pid_file, F_SETFD, 0);
	(void)dup2(to.words, STDERR_FILENO);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	return err_set(e, ERR_HOST, errno,
		       errno == ENOENT
			       ? "pasta is not installed (Debian: `sudo "
				 "apt-get install passt`)"
			       : "pasta cannot be executed");
}

static int run(int argc, char **argv, struct err *e)
{
	struct forwards f = { .n = 0 };
	struct ends to = { -1, -1 };
	int r;

	if (argc < 2)
		return err_set(e, ERR_BUG, EINVAL, "no tap is named");
	for (int i = 2; i < argc; i++)
		if (!add_forward(argv[i], &f))
			return err_set(e, ERR_BUG, EINVAL, "'%s' is no forward",
				       argv[i]);
	r = start_minder(&to, e);
	return r < 0 ? r : become_pasta(argv[1], &f, to, e);
}

int main(int argc, char **argv)
{
	struct err e = { .code = 0 };

	probe_ignore_signals();
	return control_end("pasta", run(argc, argv, &e), &e);
}
