/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same interface in a build without libbpf: it says so. */
#include "lab/cause/kernel.h"

int kernel_available(struct err *e)
{
	return err_set(e, ERR_HOST, EOPNOTSUPP,
		       "this rstlab was built without kernel events "
		       "(./configure --with-bpf; Debian: libbpf-dev, bpftool, "
		       "clang)");
}

int kernel_open(struct kernel **ret, struct err *e)
{
	(void)ret;
	return kernel_available(e);
}

void kernel_close(struct kernel *k)
{
	(void)k;
}

int kernel_watch(struct kernel *k, int netns, struct err *e)
{
	(void)k;
	(void)netns;
	return kernel_available(e);
}

int kernel_netns(int netns, uint32_t *ret, struct err *e)
{
	(void)netns;
	(void)ret;
	return kernel_available(e);
}

int kernel_read(struct kernel *k, kernel_event_fn fn, void *arg, struct err *e)
{
	(void)k;
	(void)fn;
	(void)arg;
	return kernel_available(e);
}

uint64_t kernel_lost(const struct kernel *k)
{
	(void)k;
	return 0;
}

const char *kernel_reason(const struct kernel *k, uint32_t reason)
{
	(void)k;
	(void)reason;
	return "?";
}
