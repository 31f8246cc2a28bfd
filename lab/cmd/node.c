/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/node.h"

#include "lab/base/text.h"
#include "lab/cmd/inside.h"
#include "lab/cmd/selection.h"
#include "lab/net/net.h"
#include "lab/run/child.h"

#include <signal.h>
#include <string.h>

struct visit {
	struct topology topology;
	const char *node;
	char *const *argv;
	char **envp;
};

/* A shell that shows where it is and reads no start-up file that would hide
 * it. */
static char *const *shell_argv(void)
{
	static char bash[] = "/bin/bash", norc[] = "--norc",
		    noprofile[] = "--noprofile", sh[] = "/bin/sh";
	static char *const with_bash[] = { bash, norc, noprofile, NULL };
	static char *const without[] = { sh, NULL };

	return access(bash, X_OK) == 0 ? with_bash : without;
}

static enum privilege_set rights_in(const struct topology_node *n)
{
	return n->isolation == ISOLATION_DOCKER ? PRIVILEGE_DOCKER
						: PRIVILEGE_LAB;
}

/* The terminal's signals are for the program; the lab waits for its end. */
static void leave_signals_to_program(void)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
}

/*
 * Away from the terminal's session, the lab leaves the program's process group
 * orphaned, and the kernel then passes over Ctrl-Z for all of it: nobody would
 * wake what it stopped.  A shell's own job control works as ever.
 *
 * Source: POSIX.1-2017, 2.4.3 Signal Actions
 */
static void leave_session(void)
{
	(void)setsid();
}

/* As a shell does: 127 when there is no such program, 126 when it cannot be
 * executed; both are told here, because main() knows the class only. */
static int not_started(struct err *e)
{
	const int status = e->code == ENOENT ? 127 : 126;

	if (e->class != ERR_INPUT)
		return -e->code;
	fprintf(stderr, "rstlab: %s\n", e->text);
	e->code = 0;
	return status;
}

static int body(void *arg, struct err *e)
{
	const struct visit *v = arg;
	own_net struct net *net = NULL;
	struct child_spec child = {
		.argv = v->argv ? v->argv : shell_argv(),
		.envp = v->envp,
		.foreground = true,
	};
	pid_t pid;
	int r = net_build(&v->topology, &net, e);

	if (r < 0)
		return r;
	child.node = net_node(net, v->node);
	child.rights = rights_in(child.node->spec);
	pid = child_start(&child, NULL, e);
	if (pid < 0)
		return not_started(e);
	leave_signals_to_program();
	leave_session();
	return child_wait(pid);
}

static int unknown_node(const struct topology *t, const char *word,
			struct err *e)
{
	const struct topology_node *nodes = t->nodes.items;
	own_mem const char **names = calloc(t->nodes.n + 1, sizeof(*names));
	own_text struct text all = { .s = NULL };
	const char *near;

	if (!names)
		return err_no_memory(e);
	for (size_t i = 0; i < t->nodes.n; i++) {
		names[i] = nodes[i].name;
		text_addf(&all, "%s%s", i ? ", " : "", nodes[i].name);
	}
	near = text_nearest(word, names);
	if (near)
		return err_set(e, ERR_INPUT, ENOENT,
			       "topology '%s' has no node '%s' (did you mean "
			       "'%s'?)",
			       t->name, word, near);
	return err_set(e, ERR_INPUT, ENOENT,
		       "topology '%s' has no node '%s'; its nodes are %s",
		       t->name, word, text_str(&all));
}

/* The caller's environment with the node's prompt: "client@docker-lo# ". */
static int make_envp(struct visit *v, struct text *prompt, struct err *e)
{
	size_t n = 0, kept = 0;

	while (environ[n])
		n++;
	v->envp = calloc(n + 2, sizeof(*v->envp));
	text_addf(prompt, "PS1=%s@%s# ", v->node, v->topology.name);
	if (!v->envp || prompt->failed)
		return err_no_memory(e);
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "PS1=", 4) != 0)
			v->envp[kept++] = environ[i];
	v->envp[kept] = prompt->s;
	return 0;
}

static int visit(struct visit *v, struct err *e)
{
	own_text struct text prompt = { .s = NULL };
	int r;

	if (!v->node)
		v->node = v->topology.client;
	if (!topology_node(&v->topology, v->node))
		return unknown_node(&v->topology, v->node, e);
	r = make_envp(v, &prompt, e);
	return r < 0 ? r : inside_run(body, v, e);
}

int node_program(const char *topology, const char *node, char *const *argv,
		 struct err *e)
{
	struct visit v = { .node = node, .argv = argv };
	int r = selection_topology(&v.topology, topology, e);

	if (r == 0)
		r = visit(&v, e);
	free(v.envp);
	topology_done(&v.topology);
	return r;
}
