/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/driver.h"

#include "lab/run/evidence.h"
#include "lab/run/fault.h"
#include "lab/run/programs.h"

static void fill(const struct play *p, struct probe_trial *out)
{
	const struct workload *workloads = p->options->workloads;

	for (size_t i = 0; i < p->n; i++)
		out[i] = (struct probe_trial){
			.number = p->lab->last_trial + 1 + (uint32_t)i,
			.script = p->trials[i].workload,
			.apart = workloads[p->trials[i].workload].processes > 1,
			.deadline_ns =
				workloads[p->trials[i].workload].deadline_ns,
		};
}

/* Between two looks at the probes. */
static void while_probes_run(void *arg)
{
	struct play *p = arg;

	if (p->idle(p->idle_arg))
		probe_pair_cancel(p->lab->probes);
}

/*
 * Where nobody listens, a TIME-WAIT of a server that closed first answers the
 * SYN of a client which has drawn its port again, in place of the RST that the
 * trial is about (tcp_v4_rcv(), TCP_TW_SYN, net/ipv4/tcp_ipv4.c, Linux 6.18).
 * The walk costs as much as several trials, so many have it together.
 */
static int clear_address(const struct lab *lab, size_t n, struct err *e)
{
	enum { TOGETHER = 512 };

	return (lab->last_trial + n) / TOGETHER == lab->last_trial / TOGETHER
		       ? 0
		       : programs_clear_address(lab, e);
}

static int play_scripts(struct play *p, struct err *e)
{
	struct lab *lab = p->lab;
	const struct ip_endpoint addresses[SIDES] = { lab->topology->connect,
						      lab->topology->listen };
	struct probe_trial trials[PROBE_BATCH_MAX];
	int r;

	r = clear_address(lab, p->n, e);
	if (r < 0)
		return r;
	programs_yield(lab);
	lab->probes_used = true;
	fill(p, trials);
	r = probe_pair_begin(lab->probes, trials, p->n, addresses, &p->why);
	if (r == 0)
		r = probe_pair_wait(lab->probes, while_probes_run, p, &p->why);
	p->died = lab->probes->broken < SIDES;
	if (r < 0 && !p->died) {
		*e = p->why;
		return r;
	}
	lab->last_trial += (uint32_t)p->n;
	for (size_t i = 0; i < p->n; i++)
		for (int side = 0; side < SIDES; side++)
			p->told[i].app[side] = probe_pair_result(
				lab->probes, side, i, trials[i].number);
	return 0;
}

static const struct script *script_of(const struct play *p, size_t i, int side)
{
	return &p->options->workloads[p->trials[i].workload].scripts[side];
}

static void tell_script(const struct play *p, size_t i, int side,
			int64_t begin_ns, struct text *app, struct text *calls)
{
	const struct probe_result *r = p->told[i].app[side];

	if (!r) {
		text_add(app, "probe died");
		return;
	}
	outcome_app_text(r, app);
	outcome_calls_json(r, script_of(p, i, side), begin_ns, calls);
}

static enum outcome judge_scripts(const struct play *p, size_t i,
				  const struct trial_facts *f,
				  const char **ret_why)
{
	(void)p;
	(void)i;
	return outcome_judge(f, ret_why);
}

static bool account_of_script(const struct play *p, size_t i, int side,
			      struct evidence_program *ret)
{
	const struct probe_result *r = p->told[i].app[side];

	if (!r)
		return false;
	*ret = evidence_account(script_of(p, i, side), r);
	return true;
}

static int mend_probes(struct play *p, struct err *e)
{
	const int r = fault_undo_all(p->lab, e);

	return r < 0 ? r : probe_pair_restart(p->lab->probes, e);
}

const struct driver driver_scripts = {
	.most = PROBE_BATCH_MAX,
	.play = play_scripts,
	.tell = tell_script,
	.judge = judge_scripts,
	.account = account_of_script,
	.mend = mend_probes,
};

const struct driver *driver_of(const struct workload *w)
{
	return exec_given(&w->exec) ? &driver_programs : &driver_scripts;
}
