/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/inside.h"

#include "lab/base/own.h"
#include "lab/run/privilege.h"

#include <sys/mman.h>

struct inside {
	int (*body)(void *arg, struct err *e);
	void *arg;
	struct err err; /* .code is set when the body failed */
};

static int run_body(void *arg)
{
	struct inside *in = arg;
	const int r = in->body(in->arg, &in->err);

	return r < 0 ? err_exit_status(&in->err) : r;
}

void *inside_alloc(size_t bytes, struct err *e)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		(void)err_errno(e, "share memory with the lab's process");
		return NULL;
	}
	return p;
}

void inside_free(void *p, size_t bytes)
{
	if (p)
		(void)munmap(p, bytes);
}

/* Each node takes some ten descriptors, and the lab has already raised the
 * soft limit to the hard one. */
static void explain_too_many_files(struct err *e)
{
	if (e->code != EMFILE)
		return;
	e->class = ERR_HOST;
	(void)err_add(e, "a lab of this size needs more open files: raise "
			 "`ulimit -n`, or run fewer topologies at once");
}

/* LeakSanitizer, where the program is built with it. */
extern void __lsan_do_leak_check(void) __attribute__((weak));

int inside_run(int (*body)(void *arg, struct err *e), void *arg, struct err *e)
{
	struct inside *in = inside_alloc(sizeof(*in), e);
	int r;

	if (!in)
		return -e->code;
	/* A process that made a PID namespace can start no thread any more
	 * (pid_namespaces(7)), and the check at exit needs one. */
	if (__lsan_do_leak_check)
		__lsan_do_leak_check();
	in->body = body;
	in->arg = arg;
	r = privilege_run(run_body, in, e);
	if (r >= 0 && in->err.code) {
		*e = in->err;
		explain_too_many_files(e);
		r = -e->code;
	}
	inside_free(in, sizeof(*in));
	return r;
}
