/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst */
#include "lab/import/jail.h"

#include "lab/base/own.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
enum { ARCH = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCH = (int)AUDIT_ARCH_AARCH64 };
#else
enum { ARCH = 0 }; /* refused below */
#endif

static const int allowed[] = {
	/* the capture and the pipe */
	SYS_read, SYS_write, SYS_close, SYS_lseek, SYS_fstat, SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
	/* a packet socket's state, for live captures */
	SYS_recvfrom, SYS_getsockopt,
	/* memory */
	SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk,
	/* the C library's locks, clocks and seeds */
	SYS_futex, SYS_clock_gettime, SYS_getrandom, SYS_sched_yield,
	/* signals, and the end; AddressSanitizer takes a thread's stack for
	 * signals back before it ends */
	SYS_sigaltstack, SYS_rt_sigreturn, SYS_rt_sigprocmask,
	SYS_restart_syscall, SYS_exit_group, SYS_exit,
	/* abort() says who it was */
	SYS_getpid, SYS_gettid, SYS_tgkill
};

enum { ALLOWED = ARRAY_SIZE(allowed) };

static int no_filter(struct err *e)
{
	return err_set(e, ERR_HOST, errno,
		       "this kernel lets no program confine itself "
		       "(CONFIG_SECCOMP_FILTER), and a capture is not read "
		       "without that");
}

/* One comparison for each row, each of which jumps to the last but one. */
int jail_confine(struct err *e)
{
	struct sock_filter code[ALLOWED + 6];
	const struct sock_fprog program = { .len = ARRAY_SIZE(code),
					    .filter = code };
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						 (uint32_t)ARCH, 0,
						 (uint8_t)(ALLOWED + 1));
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ALLOWED; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i],
			(uint8_t)(ALLOWED - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_KILL_PROCESS);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		return no_filter(e);
	return 0;
}

static int drop_capabilities(struct err *e)
{
	cap_t none = cap_init();
	int r = 0;

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!none || cap_set_proc(none) < 0)
		r = err_errno(e, "give up the rights to read a capture");
	(void)cap_free(none);
	return r;
}

int jail_give_up_rights(struct err *e)
{
	int r = drop_capabilities(e);

	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = err_errno(e, "give up the rights to read a capture");
	return r;
}
