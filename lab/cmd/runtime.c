/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/runtime.h"

#include "lab/base/clock.h"
#include "lab/spec/casting.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

/* A runtime that has not said its version by then will not do for trials. */
#define CHECK_NS (10 * NS_PER_S)
enum { SAID_MAX = 200 };

/* What is known of one workload's programs. */
struct runtime {
	const char *name; /* of the workload */
	bool missing;
	char said[SAID_MAX]; /* the last line of the check */
};

/* Each is looked at once, whoever's partner it is. */
struct runtimes {
	struct runtime *items;
	size_t n;
	const char *libexec;
	struct text *notes;
};

static void runtimes_done(struct runtimes *r)
{
	free(r->items);
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_SYSTEM, ENOMEM, "out of memory");
}

/* --- one check -------------------------------------------------------------
 */

static void free_words(char ***words)
{
	for (size_t i = 0; *words && (*words)[i]; i++)
		free((*words)[i]);
	free(*words);
}

/* @text with the directory of the probes in it. */
static char *expand(const char *text, const char *libexec)
{
	const struct exec_meanings m = { .of = { [EXEC_LIBEXEC] = libexec } };
	struct text out = { .s = NULL };
	size_t n;

	text_add(&out, "");
	(void)exec_expand(text, &m, &out, &n);
	return out.s;
}

static char **make_argv(const struct spec_list *list, const char *libexec)
{
	const struct exec_word *words = list->items;
	char **argv = calloc(list->n + 1, sizeof(*argv));

	for (size_t i = 0; argv && i < list->n; i++) {
		argv[i] = expand(words[i].text, libexec);
		if (argv[i])
			continue;
		free_words(&argv);
		return NULL;
	}
	return argv;
}

/* The last line that is not empty; what was before it is overwritten. */
static void keep_line(char *said, const char *bytes, size_t n)
{
	size_t end = strlen(said);

	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)bytes[i];
		const bool fresh = end > 0 && said[end - 1] == '\n';

		if (c == '\n' && (end == 0 || fresh))
			continue;
		if (fresh)
			end = 0;
		if (end < SAID_MAX - 2 || c == '\n')
			said[end++] = c == '\n' || c >= ' ' ? (char)c : '?';
		said[end] = '\0';
	}
}

/* Read what it prints until it closes its output.  Returns: in time? */
static bool listen_to(int fd, char *said)
{
	const int64_t limit_ns = clock_now_ns() + CHECK_NS;
	char piece[4096];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		const int64_t left_ns = limit_ns - clock_now_ns();
		ssize_t n;

		if (left_ns <= 0 || poll(&p, 1, (int)(left_ns / NS_PER_MS)) < 1)
			return false;
		n = read(fd, piece, sizeof(piece));
		if (n <= 0)
			return true;
		keep_line(said, piece, (size_t)n);
	}
}

/* In a group of its own, so that whatever it starts ends with it. */
static int start(char *const *argv, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&files);

	if (r)
		return r;
	r = posix_spawnattr_init(&attributes);
	if (r) {
		(void)posix_spawn_file_actions_destroy(&files);
		return r;
	}
	(void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
					       "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	r = posix_spawnp(ret, argv[0], &files, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return r;
}

static void finish(pid_t pid, bool in_time, struct runtime *r)
{
	int status = 0;

	if (!in_time)
		(void)kill(-pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	r->missing = !in_time || status != 0;
	if (!in_time)
		(void)snprintf(r->said, SAID_MAX,
			       "its check did not end within 10s");
	else if (r->missing && !*r->said)
		(void)snprintf(r->said, SAID_MAX,
			       "its check failed and said nothing");
	r->said[strcspn(r->said, "\n")] = '\0';
}

static int check(const struct workload *w, const char *libexec,
		 struct runtime *ret, struct err *e)
{
	OWN(free_words) char **argv = make_argv(&w->exec.check, libexec);
	own_fd int in = -1, out = -1;
	int fds[2], r;
	pid_t pid;

	if (!argv)
		return no_memory(e);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(e, "make a pipe");
	in = fds[0];
	out = fds[1];
	r = start(argv, out, &pid);
	if (r) {
		ret->missing = true;
		(void)snprintf(ret->said, SAID_MAX, "%s: %s", argv[0],
			       strerror(r));
		return 0;
	}
	(void)close(take_fd(&out));
	finish(pid, listen_to(in, ret->said), ret);
	return 0;
}

/* --- all of them -----------------------------------------------------------
 */

static void note(struct runtimes *all, const struct workload *w,
		 const struct runtime *r)
{
	own_mem char *install = NULL;

	if (!r->missing) {
		text_addf(all->notes, "%s: %s\n", w->name, r->said);
		return;
	}
	text_addf(all->notes, "%s is left out: %s", w->name, r->said);
	if (w->exec.install)
		install = expand(w->exec.install, all->libexec);
	if (install)
		text_addf(all->notes, "; to install it: %s", install);
	text_add(all->notes, "\n");
}

/* Returns: 1: its programs can run; 0: they cannot; or a negative errno. */
static int can_run(struct runtimes *all, const struct workload *w,
		   struct err *e)
{
	struct runtime *more, *new;
	int r;

	if (!w->exec.check.n)
		return 1;
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->items[i].name, w->name))
			return !all->items[i].missing;
	more = reallocarray(all->items, all->n + 1, sizeof(*more));
	if (!more)
		return no_memory(e);
	all->items = more;
	new = &more[all->n++];
	*new = (struct runtime){ .name = w->name };
	r = check(w, all->libexec, new, e);
	if (r < 0)
		return r;
	note(all, w, new);
	return !new->missing;
}

/* As can_run(), for both programs. */
static int can_play(struct runtimes *all, const struct workload *w,
		    const struct topology *t, struct err *e)
{
	const int r = can_run(all, w, e);

	return r > 0 ? can_run(all, casting_server(w, t) ?: w, e) : r;
}

/* Look at the workload at @at, which becomes the one at @to.  Returns: 1: it
 * can be played somewhere; 0: nowhere; or a negative errno. */
static int look_at(struct runtimes *all, const struct selection *s, size_t at,
		   bool *playable, struct err *e)
{
	int r = 0, any = 0;

	for (size_t i = 0; r >= 0 && i < s->n_topologies; i++) {
		r = can_play(all, &s->workloads[at], &s->topologies[i], e);
		playable[i * s->n_workloads + at] = r > 0;
		any |= r > 0;
	}
	return r < 0 ? r : any;
}

/* Drop the workloads that can be played nowhere, with their columns. */
static size_t drop(struct selection *s, const bool *kept, bool *playable)
{
	const size_t before = s->n_workloads;
	size_t n = 0, to = 0;

	for (size_t i = 0; i < s->n_topologies; i++)
		for (size_t j = 0; j < before; j++)
			if (kept[j])
				playable[to++] = playable[i * before + j];
	for (size_t j = 0; j < before; j++)
		if (kept[j])
			s->workloads[n++] = s->workloads[j];
		else
			workload_done(&s->workloads[j]);
	s->n_workloads = n;
	return to;
}

int runtime_look(struct selection *s, const char *libexec, struct text *notes,
		 bool **ret_left_out, struct err *e)
{
	OWN(runtimes_done)
	struct runtimes all = { .libexec = libexec, .notes = notes };
	own_mem bool *cells =
		calloc(s->n_topologies * s->n_workloads + 1, sizeof(*cells));
	own_mem bool *kept = calloc(s->n_workloads + 1, sizeof(*kept));
	size_t n;
	bool any = false;

	if (!cells || !kept)
		return no_memory(e);
	for (size_t j = 0; j < s->n_workloads; j++) {
		const int r = look_at(&all, s, j, cells, e);

		if (r < 0)
			return r;
		kept[j] = r > 0;
	}
	n = drop(s, kept, cells);
	for (size_t i = 0; i < n; i++) {
		cells[i] = !cells[i];
		any |= cells[i];
	}
	*ret_left_out = any ? take_ptr(&cells) : NULL;
	if (n)
		return 0;
	return err_set(e, ERR_HOST, ENOENT,
		       "nothing is left to run on this machine");
}
