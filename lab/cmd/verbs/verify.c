/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/verify.h"

#include "lab/cmd/inside.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/request.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/verb.h"
#include "lab/cmd/verdict.h"
#include "lab/fidelity/kept.h"
#include "lab/report/json-error.h"
#include "lab/run/privilege.h"

#include <fcntl.h>
#include <string.h>

/* With fewer the intervals of all and none meet: nothing could differ. */
enum { TRIALS_MIN = 4, TRIALS_DEFAULT = 10, TRIALS_MAX = 1000 };

struct verify_options {
	int against; /* enum engine_kind; -1: not given */
	struct opt_list workloads;
	uint32_t trials;
	const char *remote;
	bool json;
};

static const struct verify_options verify_defaults = {
	.against = -1,
	.trials = TRIALS_DEFAULT,
};

static const char *const *engines(void)
{
	return engine_names;
}

#define AT(member) .offset = offsetof(struct verify_options, member)

static const struct opt verify_opts[] = {
	{ .name = "against",
	  .letter = 'a',
	  .type = OPT_CHOICE,
	  AT(against),
	  .arg = "ENGINE",
	  .choices = engines,
	  .help = "what runs the real containers: the daemon behind "
		  "$DOCKER_HOST or /var/run/docker.sock, or the podman "
		  "command" },
	OPT_ROW_WORKLOADS(
		AT(workloads),
		"what client and server do: names, globs or files; unless "
		"said otherwise those marked `default: yes` in their files"),
	OPT_ROW_TRIALS(
		AT(trials), TRIALS_MIN, TRIALS_MAX,
		"trials of each workload in each of the two networks (10 "
		"unless said otherwise)"),
	{ .name = "remote",
	  .type = OPT_STRING,
	  AT(remote),
	  .arg = "NETNS",
	  .help = "a network namespace beside the host's, joined to it by a "
		  "link of yours, where remote programs run: a name of `ip "
		  "netns`, a pid or a path" },
	OPT_ROW_JSON(AT(json),
		     "print one JSON document (rstlab.verify/1), also when "
		     "something fails (rstlab.error/1)"),
	{ .name = NULL },
};

static const struct example verify_examples[] = {
	{ "rstlab verify docker-publish --against docker",
	  "does the published port of this daemon behave as the lab's?" },
	{ "rstlab verify docker-egress --against docker --remote outside",
	  "with the namespace `outside` as the server's machine" },
	{ "rstlab verify podman-bridge --against podman -w 'clean-*' --json",
	  "chosen workloads, the result for a program" },
	{ .command = NULL },
};

struct session {
	const struct verify_options *options;
	struct verify verify;
	struct engine engine;
	struct topology topology;
	struct selection selection;
	char *libexec;
};

static void session_done(struct session *s)
{
	own_fd_release(&s->verify.remote);
	verify_done(&s->verify);
	selection_done(&s->selection);
	topology_done(&s->topology);
	free(s->libexec);
}
#define own_session OWN(session_done)

/* --- the three processes -------------------------------------------------- */

/* In private namespaces. */
static int compare(void *arg, struct err *e)
{
	const struct session *s = arg;
	own_verdict struct verdict d = { .differing = 0 };
	int r = verify_compare(&s->verify, &d, e);

	if (r < 0)
		return r;
	if (s->options->json)
		r = verdict_print_json(stdout, &s->verify, &s->engine, &d, e);
	else
		verdict_print(stdout, &s->verify, &s->engine, &d);
	return r < 0 ? r : d.differing != 0;
}

static int need_rights(struct err *e)
{
	if (privilege_has_rights())
		return 0;
	return err_set(e, ERR_HOST, EPERM,
		       "looking into containers takes root: run `sudo rstlab "
		       "verify ...`");
}

/* On the machine. */
static int work(struct kept *k, void *arg, struct err *e)
{
	struct session *s = arg;
	int r = engine_open(&s->engine, k->kind, k->id, e);

	if (r < 0)
		return r;
	r = need_rights(e);
	if (r == 0) {
		atomic_store(&k->made, true);
		r = verify_stage(&s->verify, &s->engine, e);
	}
	if (r == 0)
		r = inside_run(compare, s, e);
	engine_close(&s->engine);
	return r;
}

/* --- what was asked for --------------------------------------------------- */

static int open_remote(const char *word, int *ret_fd, struct err *e)
{
	own_mem char *path = NULL;
	int n;

	if (strchr(word, '/'))
		n = asprintf(&path, "%s", word);
	else if (word[strspn(word, "0123456789")] == '\0')
		n = asprintf(&path, "/proc/%s/ns/net", word);
	else
		n = asprintf(&path, "/run/netns/%s", word);
	if (n < 0) {
		path = NULL;
		return err_no_memory(e);
	}
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_set(e, ERR_INPUT, errno,
			       "--remote %s: there is no namespace %s: %s",
			       word, path, strerror(errno));
	return 0;
}

/* The operand has to be loaded apart: selection_load() takes workloads too. */
static int load(struct session *s, const char *word, struct err *e)
{
	static const char *const none[] = { NULL };
	own_mem const char **words = request_words(&s->options->workloads);
	int r;

	if (!words)
		return err_no_memory(e);
	r = selection_topology(&s->topology, word, e);
	if (r == 0)
		r = selection_load(&s->selection, none, words, e);
	if (r == 0 && s->options->workloads.n == 0)
		selection_keep_default_workloads(&s->selection);
	return r;
}

static int prepare(struct session *s, const struct call *c, struct err *e)
{
	struct verify *v = &s->verify;
	int r;

	if (s->options->against < 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "say with what to compare: --against docker or "
			       "--against podman");
	r = load(s, c->operands[0], e);
	if (r == 0 && s->options->remote)
		r = open_remote(s->options->remote, &v->remote, e);
	if (r == 0)
		r = request_probes(&s->libexec, e);
	if (r < 0)
		return r;
	v->topology = &s->topology;
	v->workloads = s->selection.workloads;
	v->n_workloads = s->selection.n_workloads;
	v->trials = s->options->trials;
	v->libexec = s->libexec;
	return verify_plan(v, (enum engine_kind)s->options->against, e);
}

/* --- the end -------------------------------------------------------------- */

static int killed(const struct session *s, int status)
{
	struct err e = { .code = 0 };

	if (!s->options->json)
		return status;
	(void)err_set(&e, ERR_SYSTEM, EINTR,
		      "ended before the comparison was over");
	report_json_error(stdout, &e, NULL, status);
	return status;
}

static int verify_run(const struct call *c, struct err *e)
{
	own_session struct session s = { .options = c->options,
					 .verify = { .remote = -1 } };
	struct err trouble = { .code = 0 };
	int r = prepare(&s, c, e);

	if (r < 0)
		return r;
	r = kept_run((enum engine_kind)s.options->against, work, &s, &trouble,
		     e);
	if (trouble.code) {
		fprintf(stderr,
			"rstlab: not all that was started could be removed: "
			"%s\n",
			trouble.text);
		return r > 0 ? r : err_exit_status(r < 0 ? e : &trouble);
	}
	return r >= 128 ? killed(&s, r) : r;
}

const struct verb verb_verify = {
	.name = "verify",
	.operands = "TOPOLOGY",
	.summary = "compare a lab with real containers",
	.about =
		"Starts the containers that the topology mirrors, with an image "
		"of one small program that comes with rstlab, and runs the "
		"same workloads in the lab and between the containers. What "
		"client and server saw is compared, and links, addresses, "
		"routes, offloads, sysctls and rules are. Everything that was "
		"started is removed again. The engine publishes a port of its "
		"choice; no other change is made to the machine's network.\n"
		"\n"
		"The exit status is 0 when client and server saw the same, 1 "
		"when they did not, 3 when there is no such engine here or a "
		"right is missing (it takes root), and 4 when the topology "
		"mirrors nothing that the engine can start. Facts that differ "
		"are printed and change nothing.\n"
		"\n"
		"Without --remote there is no machine beside the host: the "
		"host then dials its own address in the place of a remote "
		"client of a published port, in both networks.",
	.examples = verify_examples,
	.opts = verify_opts,
	.options_size = sizeof(struct verify_options),
	.defaults = &verify_defaults,
	.min_operands = 1,
	.max_operands = 1,
	.missing = "name a topology",
	.words = WORDS_TOPOLOGIES,
	.run = verify_run,
};
