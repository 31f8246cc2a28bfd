/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test program starts itself: with the argument "report" it writes what
 * it was given to descriptor 3, with "hang" it waits for its end.
 */
#include "tests/netns/netns-test.h"

#include "lab/run/child.h"
#include "tests/netns/node-test.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define SELF "/proc/self/exe"

/* The masks of /proc/PID/status, in this order. */
static const char *const mask_names[] = { "CapInh:", "CapPrm:", "CapEff:",
					  "CapBnd:", "CapAmb:", "NoNewPrivs:",
					  "SigBlk:", "SigIgn:" };
enum { INH, PRM, EFF, BND, AMB, NNP, BLK, IGN, MASKS };
static_assert(ARRAY_SIZE(mask_names) == MASKS, "a name for each");

struct report {
	uint64_t mask[MASKS];
	uint64_t fds; /* bit n: descriptor n is open */
	uid_t uid;
	gid_t gid;
	int groups, cpus, death_signal;
	pid_t pid;
	ino_t netns;
	bool stdin_is_null;
	char hostname[65];
};

static void read_masks(struct report *r)
{
	own_file FILE *f = fopen("/proc/self/status", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < MASKS; i++)
			if (!strncmp(line, mask_names[i],
				     strlen(mask_names[i])))
				r->mask[i] = strtoull(
					line + strlen(mask_names[i]), NULL, 16);
}

static struct report report_of_self(void)
{
	struct report r = { .uid = geteuid(),
			    .gid = getegid(),
			    .groups = getgroups(0, NULL),
			    .pid = getpid() };
	struct stat st, null;
	cpu_set_t cpus;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			r.fds |= UINT64_C(1) << fd;
	read_masks(&r);
	(void)prctl(PR_GET_PDEATHSIG, &r.death_signal);
	(void)gethostname(r.hostname, sizeof(r.hostname));
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		r.cpus = CPU_COUNT(&cpus);
	if (stat("/proc/self/ns/net", &st) == 0)
		r.netns = st.st_ino;
	r.stdin_is_null = fstat(STDIN_FILENO, &st) == 0 &&
			  stat("/dev/null", &null) == 0 &&
			  st.st_rdev == null.st_rdev;
	return r;
}

/* --- starting --------------------------------------------------------------
 */

static struct node_test here;

static struct child_spec spec_of(enum privilege_set rights, char *const *argv)
{
	return (struct child_spec){ .node = node_test_here(&here, "client"),
				    .rights = rights,
				    .path = SELF,
				    .argv = argv };
}

static pid_t start(const struct child_spec *s)
{
	struct err e = { .code = 0 };
	const pid_t pid = child_start(s, NULL, &e);

	assert_done(pid, &e);
	return pid;
}

/* Start "report" as @s says, and read what it says. */
static struct report report_of(struct child_spec *s)
{
	struct report r = { .pid = 0 };
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	s->fds[0] = fds[1];
	s->n_fds = 1;
	pid = start(s);
	(void)close(fds[1]);
	assert_int_equal(read(fds[0], &r, sizeof(r)), sizeof(r));
	(void)close(fds[0]);
	assert_int_equal(child_wait(pid), 0);
	return r;
}

static char *report_argv[] = { (char[]){ "report" }, NULL };
static char *hang_argv[] = { (char[]){ "hang" }, NULL };

/* capability(7): 0 1 3 4 5 6 7 8 10 13 18 27 29 31, the 14 of Docker as
 * `docker run alpine grep CapBnd /proc/self/status` shows them. */
#define DOCKER_MASK UINT64_C(0xa80425fb)

/* --- cases -----------------------------------------------------------------
 */

static void a_probe_keeps_no_right_and_no_descriptor(void)
{
	struct child_spec s = spec_of(PRIVILEGE_NONE, report_argv);
	const int stray = open("/dev/null", O_RDONLY); /* not close-on-exec */
	struct report r;

	assert_true(stray >= 0);
	r = report_of(&s);
	for (int i = INH; i <= AMB; i++)
		assert_int_equal(r.mask[i], 0);
	assert_int_equal(r.mask[NNP], 1);
	assert_int_equal(r.fds, 0xf);
	assert_true(r.stdin_is_null);
	assert_int_equal(r.death_signal, SIGKILL);
	assert_int_equal(r.mask[BLK], 0);
	/* 32 and 33 are the C library's own: whoever started this test may
	 * ignore them, and no program can tell it not to. */
	assert_int_equal(r.mask[IGN] & ~UINT64_C(0x180000000), 0);
}

static void root_becomes_nobody_where_there_is_a_nobody(void)
{
	struct child_spec s = spec_of(PRIVILEGE_NONE, report_argv);
	own_file FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned inside, outside, count;
	struct report r;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u %u %u", &inside, &outside, &count), 3);
	r = report_of(&s);
	assert_int_equal(r.uid, count > 65534 ? 65534 : 0);
	assert_int_equal(r.gid, count > 65534 ? 65534 : 0);
	if (r.uid)
		assert_int_equal(r.groups, 0);
}

static void a_single_mapped_root_stays_but_has_no_right(void)
{
	struct child_spec s;
	struct report r;
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
	    netns_test_become_root(uid, gid) < 0)
		netns_skip("a user namespace: %s", strerror(errno));
	s = spec_of(PRIVILEGE_NONE, report_argv);
	r = report_of(&s);
	assert_int_equal(r.uid, 0);
	for (int i = INH; i <= AMB; i++)
		assert_int_equal(r.mask[i], 0);
}

static void a_container_keeps_dockers_fourteen_rights(void)
{
	struct child_spec s = spec_of(PRIVILEGE_DOCKER, report_argv);
	struct report r;

	here.spec.isolation = ISOLATION_DOCKER;
	r = report_of(&s);
	assert_int_equal(r.mask[BND], DOCKER_MASK);
	assert_int_equal(r.mask[PRM], DOCKER_MASK);
	assert_int_equal(r.mask[EFF], DOCKER_MASK);
	assert_int_equal(r.mask[INH], 0);
	assert_int_equal(r.mask[AMB], 0);
	assert_int_equal(r.mask[NNP], 1);
	assert_int_equal(r.pid, 1);
	assert_string_equal(r.hostname, "client");
	assert_int_equal(r.fds, 0xf);
}

static void a_probe_in_a_container_keeps_no_right(void)
{
	struct child_spec s = spec_of(PRIVILEGE_NONE, report_argv);
	struct report r;

	here.spec.isolation = ISOLATION_DOCKER;
	r = report_of(&s);
	assert_int_equal(r.mask[BND] | r.mask[PRM] | r.mask[EFF], 0);
	assert_int_equal(r.pid, 1);
}

static void a_program_of_the_host_keeps_what_the_lab_has(void)
{
	struct child_spec s = spec_of(PRIVILEGE_LAB, report_argv);
	const struct report lab = report_of_self();
	const struct report r = report_of(&s);

	assert_int_equal(r.mask[EFF], lab.mask[EFF]);
	assert_int_equal(r.mask[BND], lab.mask[BND]);
	assert_int_equal(r.mask[NNP], lab.mask[NNP]);
	assert_string_equal(r.hostname, lab.hostname);
	assert_int_equal(r.netns, lab.netns);
	assert_int_equal(r.death_signal, SIGKILL);
}

static void a_program_runs_in_the_network_of_its_node(void)
{
	struct child_spec s = spec_of(PRIVILEGE_NONE, report_argv);
	const struct report before = report_of_self();
	struct report r;

	if (unshare(CLONE_NEWNET) < 0)
		netns_skip("a network namespace: %s", strerror(errno));
	r = report_of(&s);
	assert_int_equal(r.netns, before.netns);
	assert_int_not_equal(r.netns, report_of_self().netns);
}

static void a_node_with_one_processor_has_one(void)
{
	struct child_spec s = spec_of(PRIVILEGE_NONE, report_argv);

	here.spec.cpus = 1;
	assert_int_equal(report_of(&s).cpus, 1);
}

static void more_processors_than_there_are_is_refused(void)
{
	struct child_spec s = spec_of(PRIVILEGE_NONE, report_argv);
	struct err e = { .code = 0 };
	char text[256];

	here.spec.cpus = CPU_SETSIZE;
	(void)snprintf(text, sizeof(text),
		       "start 'report' in node 'client': it wants %u "
		       "processors, only %d are allowed",
		       CPU_SETSIZE, report_of_self().cpus);
	assert_true(child_start(&s, NULL, &e) < 0);
	assert_string_equal(e.text, text);
	assert_int_equal(e.class, ERR_HOST);
}

/* A pipe whose ends lie above the descriptors that a program is given. */
static void high_pipe(int *ends)
{
	int low[2];

	assert_int_equal(pipe2(low, O_CLOEXEC), 0);
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 20);
		assert_true(ends[i] >= 20);
		(void)close(low[i]);
	}
}

/* Given are 4 and 3, which must change places. */
static void descriptors_become_3_and_4_in_order(void)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			 (char[]){ "printf three >&3; printf four >&4" },
			 NULL };
	struct child_spec s = spec_of(PRIVILEGE_NONE, argv);
	int three[2], four[2];
	char got[8] = "";

	high_pipe(three);
	high_pipe(four);
	here.node.netns = fcntl(here.node.netns, F_DUPFD_CLOEXEC, 20);
	assert_int_equal(dup2(three[1], 4), 4);
	assert_int_equal(dup2(four[1], 3), 3);
	s.path = NULL;
	s.fds[0] = 4;
	s.fds[1] = 3;
	s.n_fds = 2;
	assert_int_equal(child_wait(start(&s)), 0);
	assert_int_equal(read(three[0], got, sizeof(got)), 5);
	assert_memory_equal(got, "three", 5);
	assert_int_equal(read(four[0], got, sizeof(got)), 4);
	assert_memory_equal(got, "four", 4);
}

static void the_end_of_a_program_is_told(void)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			 (char[]){ "exit 42" }, NULL };
	struct child_spec s = spec_of(PRIVILEGE_NONE, argv);
	struct err e = { .code = 0 };
	int pidfd = -1;
	pid_t pid;

	s.path = NULL;
	assert_int_equal(child_wait(start(&s)), 42);
	argv[2] = (char[]){ "kill -TERM $$" };
	assert_int_equal(child_wait(start(&s)), 128 + SIGTERM);

	argv[2] = (char[]){ "exit 0" };
	pid = child_start(&s, &pidfd, &e);
	assert_done(pid, &e);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, -1), 1);
	assert_int_equal(child_wait(pid), 0);
	assert_int_equal(child_wait(pid), -ECHILD);
}

static void a_program_in_a_private_directory_runs_as_nobody(void)
{
	char dir[] = "/tmp/rstlab-child-XXXXXX", path[64];
	char *copy[] = { (char[]){ "cp" }, (char[]){ "/bin/true" }, path,
			 NULL };
	struct child_spec s = spec_of(PRIVILEGE_LAB, copy);
	pid_t pid;

	assert_non_null(mkdtemp(dir)); /* mode 0700 */
	(void)snprintf(path, sizeof(path), "%s/true", dir);
	s.path = NULL;
	assert_int_equal(child_wait(start(&s)), 0);
	s.path = path;
	s.rights = PRIVILEGE_NONE;
	pid = start(&s);
	(void)unlink(path);
	(void)rmdir(dir);
	assert_int_equal(child_wait(pid), 0);
}

static void write_file(const char *path, const char *text)
{
	own_file FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fchmod(fileno(f), 0755), 0);
}

static void a_script_runs_by_its_interpreter(void)
{
	char path[] = "/tmp/rstlab-script-XXXXXX";
	char *argv[] = { path, NULL };
	struct child_spec s = spec_of(PRIVILEGE_NONE, argv);
	int status;

	(void)close(mkstemp(path));
	write_file(path, "#!/bin/sh\nexit 7\n");
	s.path = NULL;
	status = child_wait(start(&s));
	(void)unlink(path);
	assert_int_equal(status, 7);
}

static void what_cannot_be_executed_is_told_in_the_childs_words(void)
{
	char path[] = "/tmp/rstlab-garbage-XXXXXX", text[256];
	char *argv[] = { (char[]){ "garbage" }, NULL };
	struct child_spec s = spec_of(PRIVILEGE_NONE, argv);
	struct err e = { .code = 0 };
	pid_t pid;

	(void)close(mkstemp(path));
	write_file(path, "neither program nor script");
	s.path = path;
	pid = child_start(&s, NULL, &e);
	(void)unlink(path);
	assert_int_equal(pid, -ENOEXEC);
	(void)snprintf(text, sizeof(text),
		       "start 'garbage' in node 'client': execute '%s': Exec "
		       "format error",
		       path);
	assert_string_equal(e.text, text);
}

static void an_unknown_program_is_named(void)
{
	char *argv[] = { (char[]){ "nosuchprogram" }, NULL };
	struct child_spec s = spec_of(PRIVILEGE_NONE, argv);
	struct err e = { .code = 0 };

	s.path = NULL;
	assert_int_equal(child_start(&s, NULL, &e), -ENOENT);
	assert_string_equal(e.text, "start 'nosuchprogram' in node 'client': "
				    "no program 'nosuchprogram' in PATH");
	assert_int_equal(e.class, ERR_INPUT);
}

/* The pipe closes when the last process that holds it is gone. */
static void a_program_dies_with_its_lab(void)
{
	int held[2];
	char byte;
	pid_t lab;

	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	lab = fork();
	if (lab == 0) {
		struct child_spec s = spec_of(PRIVILEGE_NONE, hang_argv);

		s.fds[0] = held[1];
		s.n_fds = 1;
		(void)start(&s);
		(void)pause();
	}
	(void)close(held[1]);
	assert_int_equal(read(held[0], &byte, 1), 1); /* it runs */
	assert_int_equal(kill(lab, SIGKILL), 0);
	assert_int_equal(read(held[0], &byte, 1), 0);
	assert_int_equal(child_wait(lab), 128 + SIGKILL);
}

static int play(const char *role)
{
	const struct report r = report_of_self();

	if (!strcmp(role, "report"))
		return write(3, &r, sizeof(r)) == sizeof(r) ? 0 : 1;
	if (write(3, "", 1) == 1)
		(void)pause();
	return 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		netns_test(a_probe_keeps_no_right_and_no_descriptor),
		netns_test(root_becomes_nobody_where_there_is_a_nobody),
		netns_test(a_single_mapped_root_stays_but_has_no_right),
		netns_test(a_container_keeps_dockers_fourteen_rights),
		netns_test(a_probe_in_a_container_keeps_no_right),
		netns_test(a_program_of_the_host_keeps_what_the_lab_has),
		netns_test(a_program_runs_in_the_network_of_its_node),
		netns_test(a_node_with_one_processor_has_one),
		netns_test(more_processors_than_there_are_is_refused),
		netns_test(descriptors_become_3_and_4_in_order),
		netns_test(the_end_of_a_program_is_told),
		netns_test(a_program_in_a_private_directory_runs_as_nobody),
		netns_test(a_script_runs_by_its_interpreter),
		netns_test(what_cannot_be_executed_is_told_in_the_childs_words),
		netns_test(an_unknown_program_is_named),
		netns_test(a_program_dies_with_its_lab),
	};

	if (argc == 1 &&
	    (!strcmp(argv[0], "report") || !strcmp(argv[0], "hang")))
		_exit(play(argv[0]));
	return cmocka_run_group_tests(cases, NULL, NULL);
}
