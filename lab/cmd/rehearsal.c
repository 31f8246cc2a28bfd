/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/rehearsal.h"

#include "lab/cmd/inside.h"
#include "lab/net/net.h"
#include "lab/run/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { REASON_MAX = sizeof(((struct err *)NULL)->text) };

/* Both processes see it. */
struct stage {
	const struct selection *selection;
	const char *libexec;
	int result; /* of inside_run() */
	struct err err;
	char reasons[][REASON_MAX]; /* of each topology; "": it can be built */
};

static size_t stage_bytes(const struct selection *s)
{
	return sizeof(struct stage) + s->n_topologies * REASON_MAX;
}

static int build(const struct topology *t, const char *libexec, struct err *e)
{
	struct process_set *processes = NULL;
	own_net struct net *net = NULL;
	int r = net_build(t, &net, e);

	if (r == 0)
		r = process_start(&processes, net, libexec, 0, e);
	process_stop(processes);
	return r;
}

static int build_all(void *arg, struct err *e)
{
	struct stage *stage = arg;
	const struct selection *s = stage->selection;

	(void)e; /* what went wrong is a result */
	for (size_t i = 0; i < s->n_topologies; i++) {
		struct err why = { .code = 0 };

		if (build(&s->topologies[i], stage->libexec, &why) < 0 &&
		    why.class == ERR_HOST)
			(void)snprintf(stage->reasons[i], REASON_MAX, "%s",
				       why.text);
	}
	return 0;
}

/* A process enters private namespaces once, and this one has a run before it:
 * another does it.  Returns: as inside_run() */
static int play(struct stage *stage, struct err *e)
{
	const pid_t parent = getpid(), child = fork();
	int status;

	if (child < 0)
		return err_errno(e, "try which topologies can be built");
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			stage->result =
				inside_run(build_all, stage, &stage->err);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	*e = stage->err;
	return stage->result;
}

/* Those that can be built first; both parts keep their order. */
static int part(struct rehearsal *r, struct selection *s,
		const struct stage *stage, struct err *e)
{
	const size_t n = s->n_topologies;
	own_mem struct topology *sorted = calloc(n + 1, sizeof(*sorted));
	size_t next = 0;

	r->reasons = calloc(n + 1, sizeof(*r->reasons));
	if (!sorted || !r->reasons)
		return err_no_memory(e);
	for (size_t i = 0; i < n; i++)
		if (!stage->reasons[i][0])
			sorted[next++] = s->topologies[i];
	r->n_built = next;
	for (size_t i = 0; i < n; i++) {
		if (!stage->reasons[i][0])
			continue;
		sorted[next++] = s->topologies[i];
		r->reasons[r->n_reasons] = strdup(stage->reasons[i]);
		if (!r->reasons[r->n_reasons++])
			return err_no_memory(e);
	}
	memcpy(s->topologies, sorted, n * sizeof(*sorted));
	return 0;
}

int rehearsal_run(struct rehearsal *ret, struct selection *s,
		  const char *libexec, struct err *e)
{
	struct stage *stage = inside_alloc(stage_bytes(s), e);
	int r;

	if (!stage)
		return -e->code;
	stage->selection = s;
	stage->libexec = libexec;
	r = play(stage, e);
	if (r == 0)
		r = part(ret, s, stage, e);
	inside_free(stage, stage_bytes(s));
	return r;
}

void rehearsal_done(struct rehearsal *r)
{
	for (size_t i = 0; i < r->n_reasons; i++)
		free(r->reasons[i]);
	free(r->reasons);
	*r = (struct rehearsal){ .n_built = 0 };
}
