/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/own.h"
#include "lab/fidelity/engine-parts.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define UNIX_SCHEME "unix://"

/* --- Docker --------------------------------------------------------------- */

static int find_docker(struct engine *g, struct err *e)
{
	const char *host = getenv("DOCKER_HOST");

	if (!host || !*host)
		host = UNIX_SCHEME "/var/run/docker.sock";
	if (strncmp(host, UNIX_SCHEME, strlen(UNIX_SCHEME)) != 0)
		return err_set(e, ERR_HOST, EREMOTE,
			       "DOCKER_HOST is '%s': containers are looked "
			       "into, so the daemon must run on this machine: "
			       "name its socket, " UNIX_SCHEME "/PATH",
			       host);
	(void)snprintf(g->socket, sizeof(g->socket), "%s",
		       host + strlen(UNIX_SCHEME));
	return 0;
}

static int explain_docker(const struct engine *g, struct err *e)
{
	const int code = e->code;
	const bool right = code == EACCES || code == EPERM;

	if (code == EREMOTEIO || code == EPROTO)
		return -code;
	return err_set(
		e, ERR_HOST, code, "no Docker daemon is reached at %s: %s; %s",
		g->socket, strerror(code),
		right ? "run `sudo rstlab ...`"
		      : "start it (`sudo systemctl start docker`), or "
			"name its socket in DOCKER_HOST=" UNIX_SCHEME "/PATH");
}

static int open_docker(struct engine *g, struct err *e)
{
	int r = find_docker(g, e);

	if (r < 0)
		return r;
	r = engine_ask_version(g, e);
	return r < 0 ? explain_docker(g, e) : 0;
}

/* --- Podman --------------------------------------------------------------- */

/* The service is given a socket that listens already (sd_listen_fds(3)), so
 * nobody has to wait for it.  A directory of our id may be there: of another
 * process of ours that was killed. */
static int listen_for_service(struct engine *g, int *ret_fd, struct err *e)
{
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *tmp = getenv("TMPDIR");
	const size_t room = sizeof(at.sun_path);

	if (snprintf(g->dir, sizeof(g->dir), "%s/%s",
		     tmp && *tmp ? tmp : "/tmp",
		     g->id) >= (int)sizeof(g->dir) ||
	    snprintf(g->socket, sizeof(g->socket), "%s/podman", g->dir) >=
		    (int)room)
		return err_set(e, ERR_HOST, ENAMETOOLONG,
			       "TMPDIR is too long for the name of a socket");
	if (mkdir(g->dir, 0700) < 0 && errno != EEXIST) {
		(void)err_errno(e, "make '%s' for podman's socket", g->dir);
		g->dir[0] = '\0';
		return -e->code;
	}
	(void)unlink(g->socket);
	memcpy(at.sun_path, g->socket, strlen(g->socket) + 1);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 16) < 0)
		return err_errno(e, "listen at %s", g->socket);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Never returns.  In a session of its own: Ctrl-C is not for it.  It ends with
 * us; the containers do not.  What it writes to a temporary file it leaves
 * there (Podman 4.3, pkg/api/handlers/libpod/images.go, ImagesLoad()), so that
 * is our directory. */
static void become_service(const char *dir, int listener, int said)
{
	enum { FIRST = 3 }; /* SD_LISTEN_FDS_START */
	char pid[16];

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)setsid();
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)setenv("TMPDIR", dir, 1);
	if (dup2(said, STDERR_FILENO) < 0 || dup2(said, STDOUT_FILENO) < 0 ||
	    dup2(listener, FIRST) < 0)
		_exit(127);
	if (listener == FIRST) /* dup2() left it closed on exec */
		(void)dup2(dup(listener), FIRST);
	(void)execlp("podman", "podman", "system", "service", "--time=0",
		     (char *)NULL);
	_exit(127);
}

static pid_t take_pid(pid_t *pid)
{
	const pid_t taken = *pid;

	*pid = 0;
	return taken;
}

static int no_podman(struct engine *g, struct err *e)
{
	int status = 0;

	/* one that has ended does not hear the signal */
	(void)kill(g->service, SIGTERM);
	(void)waitpid(take_pid(&g->service), &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(e, ERR_HOST, ENOENT,
			       "there is no podman: install it (Debian: "
			       "`sudo apt-get install podman`)");
	return err_set(e, ERR_HOST, e->code,
		       "`podman system service` does not answer: %s",
		       strerror(e->code));
}

/* When the service ends without an accept, the socket that only it holds goes
 * and the question is answered with a reset. */
static int open_podman(struct engine *g, struct err *e)
{
	own_fd int listener = -1;
	own_fd int said = memfd_create("podman", MFD_CLOEXEC);
	int r = listen_for_service(g, &listener, e);

	if (r < 0)
		return r;
	(void)fflush(NULL);
	g->service = fork();
	if (g->service < 0) {
		g->service = 0;
		return err_errno(e, "start podman");
	}
	if (g->service == 0)
		become_service(g->dir, listener, said);
	(void)close(take_fd(&listener));
	r = engine_ask_version(g, e);
	return r < 0 ? no_podman(g, e) : 0;
}

int engine_open(struct engine *g, enum engine_kind kind, const char *id,
		struct err *e)
{
	int r;

	*g = (struct engine){ .kind = kind };
	(void)snprintf(g->id, sizeof(g->id), "%s", id);
	r = kind == ENGINE_DOCKER ? open_docker(g, e) : open_podman(g, e);
	if (r < 0)
		engine_close(g);
	return r;
}

static void remove_dir(const char *path)
{
	own_dir DIR *d = opendir(path);
	const struct dirent *entry;

	/* "." and ".." are no files, and stay */
	while (d && (entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)rmdir(path);
}

void engine_close(struct engine *g)
{
	if (g->service) {
		(void)kill(g->service, SIGTERM);
		(void)waitpid(take_pid(&g->service), NULL, 0);
	}
	if (g->dir[0]) {
		remove_dir(g->dir);
		g->dir[0] = '\0';
	}
}
