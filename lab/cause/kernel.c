/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cause/kernel.h"

#include "lab/cause/kernel.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <sys/stat.h>

#define REASON_PREFIX "SK_RST_REASON_"
enum { REASONS_MAX = 64 };

struct kernel {
	struct kernel_bpf *bpf;
	struct ring_buffer *ring;
	char *reasons[REASONS_MAX];
	kernel_event_fn fn; /* of the kernel_read() that is going on */
	void *arg;
};

static int take_event(void *arg, void *data, size_t bytes)
{
	struct kernel *k = arg;

	if (bytes >= sizeof(struct kernel_event))
		k->fn(data, k->arg);
	return 0;
}

/* What libbpf says goes nowhere: its sentences are about programs and maps. */
static int say_nothing(enum libbpf_print_level level, const char *format,
		       va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int refused(int code, struct err *e)
{
	if (code == EPERM || code == EACCES)
		return err_set(e, ERR_HOST, EPERM,
			       "kernel events need root in the initial "
			       "namespaces (CAP_BPF and CAP_PERFMON)");
	if (code == ENOENT || code == ESRCH || code == EINVAL)
		return err_set(e, ERR_HOST, code,
			       "this kernel does not tell why it sends a "
			       "reset: it needs tracepoints with type "
			       "information (Linux 6.10 or later with "
			       "CONFIG_DEBUG_INFO_BTF)");
	return err_set(e, ERR_HOST, code, "kernel events: %s", strerror(code));
}

static int name_reason(struct kernel *k, const struct btf *btf,
		       const struct btf_enum *row)
{
	const char *name = btf__name_by_offset(btf, row->name_off);
	const size_t prefix = strlen(REASON_PREFIX);

	if (row->val < 0 || row->val >= REASONS_MAX || !name ||
	    strncmp(name, REASON_PREFIX, prefix) != 0)
		return 0;
	k->reasons[row->val] = strdup(name + prefix);
	return k->reasons[row->val] ? 0 : -ENOMEM;
}

static int load_reasons(struct kernel *k, struct err *e)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	int id = -ENOENT, r = 0;

	if (btf)
		id = btf__find_by_name_kind(btf, "sk_rst_reason",
					    BTF_KIND_ENUM);
	if (id > 0) {
		type = btf__type_by_id(btf, (__u32)id);
		for (int i = 0; r == 0 && i < btf_vlen(type); i++)
			r = name_reason(k, btf, &btf_enum(type)[i]);
	}
	btf__free(btf);
	if (id < 0)
		return refused(ENOENT, e);
	return r < 0 ? err_no_memory(e) : 0;
}

static int load(struct kernel *k, struct err *e)
{
	int r;

	k->bpf = kernel_bpf__open();
	if (!k->bpf)
		return refused(errno, e);
	r = kernel_bpf__load(k->bpf);
	if (r == 0)
		r = kernel_bpf__attach(k->bpf);
	if (r < 0)
		return refused(-r, e);
	k->ring = ring_buffer__new(bpf_map__fd(k->bpf->maps.ring), take_event,
				   k, NULL);
	return k->ring ? 0 : refused(errno, e);
}

int kernel_open(struct kernel **ret, struct err *e)
{
	own_kernel struct kernel *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return err_no_memory(e);
	(void)libbpf_set_print(say_nothing);
	r = load_reasons(k, e);
	if (r == 0)
		r = load(k, e);
	if (r < 0)
		return r;
	*ret = take_ptr(&k);
	return 0;
}

int kernel_available(struct err *e)
{
	own_kernel struct kernel *k = NULL;

	return kernel_open(&k, e);
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	ring_buffer__free(k->ring);
	kernel_bpf__destroy(k->bpf);
	for (size_t i = 0; i < REASONS_MAX; i++)
		free(k->reasons[i]);
	free(k);
}

int kernel_netns(int netns, uint32_t *ret, struct err *e)
{
	struct stat st;

	if (fstat(netns, &st) < 0)
		return err_errno(e, "look at a network namespace");
	*ret = (uint32_t)st.st_ino;
	return 0;
}

int kernel_watch(struct kernel *k, int netns, struct err *e)
{
	const uint8_t on = 1;
	uint32_t inode;
	const int r = kernel_netns(netns, &inode, e);

	if (r < 0)
		return r;
	if (bpf_map_update_elem(bpf_map__fd(k->bpf->maps.watched), &inode, &on,
				BPF_ANY) < 0)
		return err_errno(e, "watch a network namespace");
	return 0;
}

int kernel_read(struct kernel *k, kernel_event_fn fn, void *arg, struct err *e)
{
	int n;

	k->fn = fn;
	k->arg = arg;
	n = ring_buffer__consume(k->ring);
	if (n < 0)
		return err_set(e, ERR_SYSTEM, -n, "read kernel events: %s",
			       strerror(-n));
	return n;
}

uint64_t kernel_lost(const struct kernel *k)
{
	return k->bpf->bss->lost;
}

const char *kernel_reason(const struct kernel *k, uint32_t reason)
{
	if (reason >= REASONS_MAX || !k->reasons[reason])
		return "?";
	return k->reasons[reason];
}
