/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine - the user's Docker or Podman: start containers of ours, and remove
 * them again.
 *
 * How it works.  Docker is spoken to through its socket.  Podman has no
 * daemon: `podman system service` is started on a socket of ours and speaks the
 * same language.  All that is made carries a label with our id, so that it can
 * be found and removed by another process, and no name of the user's is taken.
 *
 * Source: Docker Engine API 1.40, docs.docker.com/engine/api
 */
#ifndef LAB_FIDELITY_ENGINE_H
#define LAB_FIDELITY_ENGINE_H

#include "lab/base/err.h"
#include "lab/fidelity/setup.h"

#include <limits.h>
#include <sys/types.h>

enum { ENGINE_ID_MAX = 24, ENGINE_VERSION_MAX = 64 };

struct engine {
	enum engine_kind kind;
	char socket[PATH_MAX];
	char version[ENGINE_VERSION_MAX]; /* "20.10.24+dfsg1" */
	char id[ENGINE_ID_MAX];		  /* of what we make */
	char image[128];		  /* "sha256:..." */
	char dir[PATH_MAX]; /* podman: of the socket, to be removed; or "" */
	pid_t service;	    /* podman: of the service, or 0 */
};

/**
 * engine_open() - find the engine and ask who it is
 * @id:		of all that will be made; a name that nobody else has
 *
 * Docker: $DOCKER_HOST, which must be a socket of this machine, or
 * /var/run/docker.sock.  Podman: the program in PATH.
 *
 * Errors:	ERR_HOST: it is not there, or refuses us; what to do
 */
int engine_open(struct engine *g, enum engine_kind kind, const char *id,
		struct err *e);

/* End podman's service. */
void engine_close(struct engine *g);

/* A container's image that holds @program and nothing else, as "/pause". */
int engine_make_image(struct engine *g, const char *program, struct err *e);

/* A network of our own, called as our id. */
int engine_make_network(const struct engine *g, const struct setup_network *n,
			struct err *e);

struct engine_container {
	const char *name;    /* of the node; unique */
	const char *network; /* "bridge", "host", or that of our id */
	uint16_t published;  /* port of the container, or 0 */
};

/* The words that its first process has: "/pause", and this. */
void engine_mark(const struct engine *g, const char *name, char *ret,
		 size_t bytes);

/* Make it and start it. */
int engine_start(const struct engine *g, const struct engine_container *c,
		 struct err *e);

/* The port of the host that leads to @container_port. */
int engine_port(const struct engine *g, const char *name,
		uint16_t container_port, uint16_t *ret, struct err *e);

/* The network namespace of its first process; the caller closes it. */
int engine_netns(const struct engine *g, const char *name, int *ret_fd,
		 struct err *e);

/* Remove all that carries our id. */
int engine_remove(const struct engine *g, struct err *e);

#endif
