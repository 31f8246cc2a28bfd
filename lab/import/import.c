/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/import.h"

#include "lab/import/jail.h"
#include "lab/import/scan.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { PIPE_BYTES = 1 << 20 };

struct import {
	pid_t child;
	int fd; /* to read from */
	struct record_reader reader;
	struct import_totals totals;
	struct tally *tally; /* borrowed, or NULL */
	bool ended;
	struct record_interface interfaces[RECORD_INTERFACES_MAX];
	char *cut;
	struct err error; /* .code 0: none */
	struct connection connection;
};

/* --- the process that reads ------------------------------------------------
 */

/* Of that process. */
static volatile sig_atomic_t stop_told;

static void on_told(int number)
{
	(void)number;
	stop_told = 1;
}

/* The other process tells when to end, once.  What else comes, as a Ctrl-C to
 * all of a terminal, it hears too: twice told must not be a second request,
 * which would end this one in the middle of a word. */
static void heed_the_other(const sigset_t *mask)
{
	struct sigaction sa = { .sa_handler = on_told };

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
}

static void refuse(struct record_writer *w, const struct err *e)
{
	record_put(w, RECORD_ERROR, e, sizeof(*e));
	record_flush(w);
}

/* Two threads share the work where there are processors for them.  One can do
 * all, as it does for an interface, whose connections end with time too. */
static struct lane *share_work(const struct import_request *q)
{
	struct lane *lane = NULL;
	struct err e;

	if (!q->tap && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		(void)lane_new(&lane, &e);
	return lane;
}

static void run_child(const struct import_request *asked,
		      const struct filter *filter, int fd)
{
	struct record_writer *w = calloc(1, sizeof(*w));
	struct import_request q = *asked;
	struct lane *lane;
	struct err e = { .code = 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!w)
		_exit(1);
	w->fd = fd;
	q.stop = &stop_told;
	if (jail_give_up_rights(&e) < 0) {
		refuse(w, &e);
		_exit(0);
	}
	lane = share_work(&q);
	if (jail_confine(&e) < 0)
		refuse(w, &e);
	else
		scan(&q, filter, lane, w);
	_exit(0);
}

/* --- the process that is told ----------------------------------------------
 */

static int start(struct import *m, const struct import_request *q,
		 const struct filter *filter, struct err *e)
{
	sigset_t told, mask;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, "a pipe");
	/* a larger one saves switches; where it may not be, it goes as well */
	(void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
	m->fd = m->reader.fd = ends[0];
	m->reader.stop = q->stop;
	(void)fflush(NULL);
	(void)sigemptyset(&told);
	(void)sigaddset(&told, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &told, &mask);
	m->child = fork();
	if (m->child == 0) {
		(void)close(ends[0]);
		(void)sigdelset(&mask, SIGTERM);
		heed_the_other(&mask);
		run_child(q, filter, ends[1]);
	}
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	m->reader.writer = m->child;
	(void)close(ends[1]);
	return m->child < 0 ? err_errno(e, "start the reader") : 0;
}

int import_open(struct import **ret, const struct import_request *q,
		struct err *e)
{
	own_import struct import *m = calloc(1, sizeof(*m));
	own_filter struct filter *filter = NULL;
	int r = 0;

	if (!m)
		return err_no_memory(e);
	m->fd = -1;
	m->tally = q->tally;
	if (q->filter)
		r = filter_new(&filter, q->filter, e);
	if (r == 0)
		r = start(m, q, filter, e);
	if (r == 0)
		*ret = take_ptr(&m);
	return r;
}

void import_close(struct import *m)
{
	if (!m)
		return;
	own_fd_release(&m->fd);
	if (m->child > 0) {
		(void)kill(m->child, SIGKILL);
		(void)waitpid(m->child, NULL, 0);
	}
	free(m->cut);
	free(m);
}

/* A name from a file, where it may become part of another's name. */
static void keep_interface(struct import *m, const struct record *r)
{
	struct record_interface i;

	if (r->n != sizeof(i))
		return;
	memcpy(&i, r->bytes, sizeof(i));
	if (i.number >= RECORD_INTERFACES_MAX)
		return;
	i.name[sizeof(i.name) - 1] = '\0';
	for (char *c = i.name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_+@", *c))
			*c = '_';
	m->interfaces[i.number] = i;
}

/* A terminal must not obey what comes from there. */
static void make_plain(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void keep_error(struct import *m, const struct record *r)
{
	if (r->n != sizeof(m->error))
		return;
	memcpy(&m->error, r->bytes, sizeof(m->error));
	m->error.text[sizeof(m->error.text) - 1] = '\0';
	make_plain(m->error.text);
	if (m->error.code <= 0 || m->error.class < ERR_INPUT ||
	    m->error.class > ERR_BUG)
		m->error.code = 0;
}

static void keep_tally(struct import *m, const struct record *r)
{
	if (r->n != sizeof(*m->tally) || !m->tally)
		return;
	memcpy(m->tally, r->bytes, sizeof(*m->tally));
	if (!tally_is_sane(m->tally))
		memset(m->tally, 0, sizeof(*m->tally));
}

static void keep_totals(struct import *m, const struct record *r)
{
	uint8_t stopped;

	if (r->n != sizeof(m->totals))
		return;
	memcpy(&stopped, r->bytes + offsetof(struct import_totals, stopped), 1);
	if (stopped > 1)
		return;
	memcpy(&m->totals, r->bytes, sizeof(m->totals));
	m->ended = true;
}

static void keep(struct import *m, const struct record *r)
{
	if (r->type == RECORD_INTERFACE) {
		keep_interface(m, r);
	} else if (r->type == RECORD_ERROR) {
		keep_error(m, r);
	} else if (r->type == RECORD_TALLY) {
		keep_tally(m, r);
	} else if (r->type == RECORD_CUT) {
		free(m->cut);
		m->cut = strndup((const char *)r->bytes, r->n);
		if (m->cut)
			make_plain(m->cut);
	} else if (r->type == RECORD_TOTALS) {
		keep_totals(m, r);
	}
}

/* The pipe is at its end.  Was that the reader's wish? */
static int ended(struct import *m, struct err *e)
{
	int status = 0;

	if (m->child > 0)
		(void)waitpid(m->child, &status, 0);
	m->child = 0;
	if (m->error.code) {
		*e = m->error;
		return -e->code;
	}
	if (m->ended)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, ERR_BUG, EPROTO,
			       "the reader of the capture was killed by %s%s",
			       strsignal(WTERMSIG(status)),
			       WTERMSIG(status) == SIGSYS
				       ? ": it did what no reader has to"
				       : "");
	return err_set(e, ERR_BUG, EPROTO,
		       "the reader of the capture ended without a word");
}

int import_next(struct import *m, const struct connection **ret, struct err *e)
{
	struct record r;
	int result;

	while ((result = record_get(&m->reader, &r, e)) > 0) {
		if (r.type != RECORD_CONNECTION) {
			keep(m, &r);
			continue;
		}
		if (!record_get_connection(&r, &m->connection))
			return err_set(e, ERR_BUG, EPROTO,
				       "the reader of the capture told of a "
				       "connection that cannot be");
		*ret = &m->connection;
		return 1;
	}
	return result < 0 ? result : ended(m, e);
}

const struct import_totals *import_totals(const struct import *m)
{
	return &m->totals;
}

const char *import_cut(const struct import *m)
{
	return m->cut;
}

const char *import_interface(const struct import *m, uint16_t interface)
{
	const char *name = interface < RECORD_INTERFACES_MAX
				   ? m->interfaces[interface].name
				   : "";

	return *name ? name : "packets";
}

bool import_has_interface(const struct import *m, uint16_t interface)
{
	return interface < RECORD_INTERFACES_MAX &&
	       m->interfaces[interface].name[0];
}
