/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of every report, and the manual of the file it is read from. */
#include "tests/unit/sample-run.h"

#include "lab/base/text.h"
#include "lab/store/sockets.h"
#include "lab/store/summary.h"

#include <sqlite3.h>

/*
 * wire/unread-close: one clean trial, one that the server reset
 * wire/linger0:      one that the client reset, with an echo; one invalid
 * nat/unread-close:  one without an RST that failed, one where a router's
 *                    RST ended it
 * nat/linger0:       nothing was measured
 */
static void put_trials(struct sample *s)
{
	struct store_trial t = sample_trial(0, 1, OUTCOME_CLEAN);
	struct connection c = sample_connection();

	sample_put(s, &t, &c);
	t = sample_trial(0, 2, OUTCOME_RESET);
	t.app[SIDE_CLIENT] = "recv ECONNRESET";
	c = sample_reset();
	sample_put(s, &t, &c);

	t = sample_trial(1, 1, OUTCOME_RESET);
	c.resets[0].side = SIDE_CLIENT;
	c.resets[0].emitter_node = 0;
	c.resets[1] = c.resets[0];
	c.resets[1].echo = true;
	c.n_resets = 2;
	sample_put(s, &t, &c);
	t = sample_trial(1, 2, OUTCOME_INVALID);
	t.why = "the capture lost frames";
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));

	t = sample_trial(2, 1, OUTCOME_OTHER);
	t.app[SIDE_CLIENT] = "connect ETIMEDOUT";
	t.app[SIDE_SERVER] = NULL;
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	t = sample_trial(2, 2, OUTCOME_RESET);
	c = sample_reset();
	c.resets[0].emitter_node = 1;
	sample_put(s, &t, &c);
}

static void put_books(struct sample *s, int64_t counted)
{
	const struct store_books b[] = {
		{ { "wire", NULL, "server" }, 1, counted, 0, "{}" },
		{ { "wire", NULL, "client" }, 2, 2, 0, "{\"OutRsts\":2}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		SAMPLE_OK(s, store_put_books(s->store, &b[i], &s->e));
}

static void write_whole_run(struct sample *s, int64_t counted)
{
	sample_begin(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	put_trials(s);
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
	put_books(s, counted);
	sample_finish(s, true);
}

static struct summary *whole_run(struct sample *s, int64_t counted)
{
	struct summary *m;

	write_whole_run(s, counted);
	SAMPLE_OK(s, summary_read(s->dir, &m, &s->e));
	return m;
}

static void the_run_is_what_was_put(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);

	assert_string_equal(m->id, "20261121-074512-7341");
	assert_string_equal(m->tool, "rstlab 0.1.0");
	assert_string_equal(m->kernel, "6.18.0");
	assert_string_equal(m->command, "rstlab run -n 2");
	assert_string_equal(m->started, "2026-11-21T07:45:12Z");
	assert_string_equal(m->ended, "2026-11-21T07:45:13Z");
	assert_null(m->stopped);
	assert_string_equal(m->environment, "{\"cpus\": 2}");
	assert_true(m->seed == UINT64_MAX);
	assert_true(m->complete);
	assert_int_equal(m->packets, 100);
	assert_int_equal(m->dropped, 0);
	assert_int_equal(m->trials, 6);
	assert_int_equal(m->invalid, 1);
	assert_int_equal(m->duration_ns, 1500); /* 1000 to 2000 + 500 */
}

static void names_come_in_the_order_of_the_plan(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);

	assert_int_equal(m->n_topologies, 2);
	assert_string_equal(m->topologies[0], "wire");
	assert_string_equal(m->topologies[1], "nat");
	assert_int_equal(m->n_workloads, 2);
	assert_string_equal(m->workloads[0], "unread-close");
	assert_string_equal(m->workloads[1], "linger0");
}

static void a_rate_is_resets_over_judged_trials(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_cell *c = sample_cell(m, "wire", "unread-close");

	assert_non_null(c);
	assert_int_equal(c->trials, 2);
	assert_int_equal(c->judged, 2);
	assert_int_equal(c->connections, 2);
	assert_int_equal(c->resets, 1);
	assert_true(c->rate == 0.5);
	/* Wilson for 1 of 2 */
	assert_true(c->interval.low > 0.0945 && c->interval.low < 0.0946);
	assert_true(c->interval.high > 0.9054 && c->interval.high < 0.9055);
}

static void invalid_and_other_trials_are_not_judged(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_cell *c = sample_cell(m, "wire", "linger0");

	assert_int_equal(c->trials, 2);
	assert_int_equal(c->outcomes[OUTCOME_INVALID], 1);
	assert_int_equal(c->judged, 1);
	assert_true(c->rate == 1.0);
	c = sample_cell(m, "nat", "unread-close");
	assert_int_equal(c->outcomes[OUTCOME_OTHER], 1);
	assert_int_equal(c->outcomes[OUTCOME_RESET], 1);
	assert_int_equal(c->judged, 1);
}

static void a_cell_that_was_not_measured_has_no_rate(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_cell *c = &m->cells[3];

	assert_int_equal(m->n_cells, 4);
	assert_string_equal(c->params, "{\"mtu\": 1400}");
	assert_int_equal(c->trials, 0);
	assert_int_equal(c->judged, 0);
	assert_true(c->rate == 0);
	assert_true(c->interval.low == 0 && c->interval.high == 1);
	assert_int_equal(c->endings.n, 0);
	/* it has parameters: not found by name alone */
	assert_null(sample_cell(m, "nat", "linger0"));
}

static void an_echo_is_not_counted_again(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_cell *c = sample_cell(m, "wire", "linger0");

	assert_int_equal(c->resets, 1);
	assert_int_equal(c->emitters[EMITTER_CLIENT], 1);
	assert_int_equal(c->emitters[EMITTER_SERVER], 0);
	assert_int_equal(c->emitters[EMITTER_MIDDLE], 0);
}

static void a_router_is_in_the_middle(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_cell *c = sample_cell(m, "nat", "unread-close");

	assert_int_equal(c->emitters[EMITTER_MIDDLE], 1);
	assert_int_equal(c->emitters[EMITTER_SERVER], 0);
}

static void the_most_frequent_comes_first_then_by_name(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_cell *c = sample_cell(m, "wire", "unread-close");

	assert_int_equal(c->endings.n, 2);
	assert_string_equal(c->endings.items[0].name, "fin-both");
	assert_string_equal(c->endings.items[1].name, "rstack");
	assert_int_equal(c->app[SIDE_SERVER].n, 1);
	assert_string_equal(c->app[SIDE_SERVER].items[0].name, "ok");
	assert_int_equal(c->app[SIDE_SERVER].items[0].n, 2);
	assert_int_equal(c->app[SIDE_CLIENT].n, 2);
	assert_string_equal(c->app[SIDE_CLIENT].items[1].name,
			    "recv ECONNRESET");
}

static void senders_are_told_apart_by_what_they_sent(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);
	const struct summary_sender *d = m->senders;

	assert_int_equal(m->n_senders, 3);
	assert_string_equal(d[0].topology, "wire");
	assert_string_equal(d[0].emitter, "client");
	assert_string_equal(d[0].node, "client");
	assert_string_equal(d[0].form, "rst-ack");
	assert_string_equal(d[0].phase, "data");
	assert_string_equal(d[0].ending, "rstack");
	assert_int_equal(d[0].connections, 1);
	assert_int_equal(d[0].echoes, 1);
	assert_string_equal(d[1].emitter, "server");
	assert_int_equal(d[1].echoes, 0);
	assert_string_equal(d[2].topology, "nat");
	assert_string_equal(d[2].emitter, "middle");
	assert_string_equal(d[2].node, "router");
}

static void books_balance_when_every_node_does(void **state)
{
	own_summary struct summary *m = whole_run(*state, 1);

	assert_int_equal(m->n_books, 2);
	assert_string_equal(m->books[0].node, "client");
	assert_int_equal(m->books[0].rst_counted, 2);
	assert_string_equal(m->books[0].counters, "{\"OutRsts\":2}");
	assert_true(m->balanced);
}

static void one_node_is_enough_to_unbalance_them(void **state)
{
	own_summary struct summary *m = whole_run(*state, 7);

	assert_false(m->balanced);
}

static void parameters_keep_senders_and_books_apart(void **state)
{
	struct sample *s = *state;
	const struct store_books b = {
		.place = { "nat", "{\"mtu\": 1400}", "router" },
	};
	const struct connection c = sample_reset();
	struct store_trial t = sample_trial(2, 1, OUTCOME_RESET);
	own_summary struct summary *m = NULL;

	sample_begin(s);
	sample_put(s, &t, &c);
	t = sample_trial(3, 1, OUTCOME_RESET);
	sample_put(s, &t, &c);
	SAMPLE_OK(s, store_put_books(s->store, &b, &s->e));
	sample_finish(s, true);
	SAMPLE_OK(s, summary_read(s->dir, &m, &s->e));
	assert_int_equal(m->n_topologies, 2);
	assert_int_equal(m->n_variants, 3);
	assert_int_equal(m->n_senders, 2);
	assert_string_equal(m->senders[0].params, "{}");
	assert_string_equal(m->senders[1].params, "{\"mtu\": 1400}");
	assert_int_equal(m->senders[1].connections, 1);
	assert_string_equal(m->books[0].params, "{\"mtu\": 1400}");
}

static void a_run_without_books_does_not_balance(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *m = NULL;

	sample_begin(s);
	sample_finish(s, false);
	SAMPLE_OK(s, summary_read(s->dir, &m, &s->e));
	assert_false(m->balanced);
	assert_false(m->complete);
	assert_string_equal(m->stopped, "interrupted");
	assert_int_equal(m->trials, 0);
	assert_int_equal(m->duration_ns, 0);
}

/* All rows as CSV, an empty field for NULL. */
static int add_row(const struct connection_row *row, void *arg, struct err *e)
{
	struct text *t = arg;

	(void)e;
	for (size_t i = 0; i < row->n; i++)
		text_addf(t, "%s%s", i ? "," : "",
			  row->values[i] ? row->values[i] : "");
	text_add(t, "\n");
	return 0;
}

static void a_stray_counts_in_no_cell(void **state)
{
	struct sample *s = *state;
	const struct connection c = sample_reset();
	own_summary struct summary *m = NULL;
	own_text struct text t = { .s = NULL };

	sample_begin(s);
	SAMPLE_OK(s, sample_try_connection(s, 0, 0, &c, &sample_names));
	sample_finish(s, true);
	SAMPLE_OK(s, summary_read(s->dir, &m, &s->e));
	for (size_t i = 0; i < m->n_cells; i++) {
		assert_int_equal(m->cells[i].connections, 0);
		assert_int_equal(m->cells[i].endings.n, 0);
		assert_int_equal(m->cells[i].emitters[EMITTER_SERVER], 0);
	}
	assert_int_equal(m->n_senders, 0);
	/* but it is listed */
	SAMPLE_OK(s, summary_each_connection(s->dir, add_row, &t, &s->e));
	assert_string_equal(t.s,
			    "1,,,,10.0.0.2,40000,10.0.0.1,80,1000,400,10,192,"
			    "rstack,RSTR,ShADr,47,1,server,rst-ack,data,"
			    "close-unread,strong,,1,\n");
}

static void a_run_can_be_read_while_it_is_written(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_CLEAN);
	own_summary struct summary *m = NULL;

	sample_begin(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, summary_read(s->dir, &m, &s->e));
	assert_int_equal(m->trials, 1);
	assert_false(m->complete);
}

static void assert_refused(struct sample *s, int code, const char *fmt)
{
	struct summary *m = NULL;
	own_text struct text want = { .s = NULL };

	assert_int_equal(summary_read(s->dir, &m, &s->e), -code);
	for (; *fmt; fmt++) /* @ stands for the directory */
		if (*fmt == '@')
			text_add(&want, s->dir);
		else
			text_addf(&want, "%c", *fmt);
	assert_string_equal(s->e.text, text_str(&want));
	assert_int_equal(s->e.class, ERR_INPUT);
	assert_null(m);
}

static void a_directory_without_a_run_is_named(void **state)
{
	assert_refused(*state, ENOENT,
		       "no run in @: there is no @/run.db; name the directory "
		       "that rstlab run wrote");
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct sample *s = *state;
	FILE *f = fopen(s->path, "we");

	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		(void)fputs("not a database\n", f);
	(void)fclose(f);
	assert_refused(s, EILSEQ, "@/run.db is not a database of rstlab");
}

static void write_sql(const struct sample *s, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), sql);
	(void)sqlite3_close(db);
}

static void a_database_of_another_program_is_refused(void **state)
{
	write_sql(*state, "CREATE TABLE run (id)");
	assert_refused(*state, EILSEQ, "@/run.db is not a database of rstlab");
}

static int no_socket(const struct stored_socket *socket, void *arg,
		     struct err *e)
{
	(void)socket;
	(void)arg;
	return err_set(e, ERR_BUG, EEXIST, "there is a socket");
}

static void a_newer_format_is_refused(void **state)
{
	struct sample *s = *state;

	sample_begin(s);
	sample_finish(s, true);
	write_sql(s, "PRAGMA user_version = 4");
	assert_refused(s, EPROTO,
		       "@/run.db was written by a newer rstlab (format 4); "
		       "this one reads up to 3");
}

static void what_an_older_rstlab_did_not_keep_is_empty(void **state)
{
	static const char *const added[] = {
		"look",	  "socket",  "destroyed", "cause",    "frame",
		"growth", "program", "source",	  "mismatch", "observed",
	};
	struct sample *s = *state;
	own_summary struct summary *m = NULL;
	own_text struct text t = { .s = NULL };

	write_whole_run(s, 1);
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		text_addf(&t, "DROP TABLE %s;", added[i]);
	write_sql(s, text_str(&t));
	SAMPLE_OK(s, summary_read(s->dir, &m, &s->e));
	assert_int_equal(m->cells[0].resets, 1);
	assert_int_equal(m->checks.n_sources, 0);
	assert_int_equal(m->observed.n, 0);
	SAMPLE_OK(s, stored_sockets_each(s->dir, 1, no_socket, NULL, &s->e));
}

static void a_database_without_a_run_says_so(void **state)
{
	struct sample *s = *state;

	SAMPLE_OK(s, store_create(&s->store, s->path, &s->e));
	store_close(take_ptr(&s->store));
	assert_refused(s, ENODATA,
		       "@/run.db holds no run: it was killed before the first "
		       "block was measured");
}

static void connections_are_listed_in_the_columns_of_the_contract(void **state)
{
	struct sample *s = *state;
	own_text struct text t = { .s = NULL };

	write_whole_run(s, 1);
	for (size_t i = 0; connection_columns[i]; i++)
		text_addf(&t, "%s%s", i ? "," : "", connection_columns[i]);
	text_add(&t, "\n");
	SAMPLE_OK(s, summary_each_connection(s->dir, add_row, &t, &s->e));
	assert_string_equal(
		t.s,
		"id,topology,workload,trial,client,client_port,server,"
		"server_port,start_ns,duration_ns,packets,bytes,ending,"
		"zeek_state,zeek_history,completeness,rst_count,"
		"first_rst_side,first_rst_form,phase,cause,confidence,frame,"
		"judged,params\n"
		"1,wire,unread-close,1,10.0.0.2,40000,10.0.0.1,80,1000,400,"
		"10,192,fin-both,SF,ShADadFf,31,0,,,,,,,1,{}\n"
		"2,wire,unread-close,2,10.0.0.2,40000,10.0.0.1,80,1000,400,"
		"10,192,rstack,RSTR,ShADr,47,1,server,rst-ack,data,close-unread,strong,,1,{}\n"
		"3,wire,linger0,1,10.0.0.2,40000,10.0.0.1,80,1000,400,"
		"10,192,rstack,RSTR,ShADr,47,2,client,rst-ack,data,close-unread,strong,,1,{}\n"
		"4,nat,unread-close,2,10.0.0.2,40000,10.0.0.1,80,1000,400,"
		"10,192,rstack,RSTR,ShADr,47,1,server,rst-ack,data,close-unread,strong,,1,{}\n");
}

static int stop_at_second(const struct connection_row *row, void *arg,
			  struct err *e)
{
	(void)row;
	if (++*(int *)arg == 2)
		return err_set(e, ERR_SYSTEM, EPIPE, "enough");
	return 0;
}

static void a_listing_stops_when_its_reader_does(void **state)
{
	struct sample *s = *state;
	int n = 0;

	write_whole_run(s, 1);
	assert_int_equal(
		summary_each_connection(s->dir, stop_at_second, &n, &s->e),
		-EPIPE);
	assert_int_equal(n, 2);
	assert_string_equal(s->e.text, "enough");
}

/* docs/result-format.md, whole. */
static void read_manual(struct text *t)
{
	const char *src = getenv("srcdir");
	own_text struct text path = { .s = NULL };
	own_file FILE *f = NULL;
	char line[512];

	text_addf(&path, "%s/docs/result-format.md", src ? src : ".");
	f = fopen(path.s, "re");
	if (!f)
		fail_msg("%s is missing", path.s);
	while (fgets(line, sizeof(line), f))
		text_add(t, line);
}

static void every_query_of_the_manual_runs(void **state)
{
	struct sample *s = *state;
	own_text struct text manual = { .s = NULL };
	sqlite3 *db;
	char *at, *end;
	int queries = 0;

	write_whole_run(s, 1);
	read_manual(&manual);
	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	for (at = manual.s; (at = strstr(at, "```sql\n")); at = end + 3) {
		char *error = NULL;

		at += strlen("```sql\n");
		end = strstr(at, "```");
		assert_non_null(end);
		*end = '\0';
		if (sqlite3_exec(db, at, NULL, NULL, &error) != SQLITE_OK)
			fail_msg("%s: %s", error, at);
		queries++;
	}
	assert_true(queries >= 5);
	(void)sqlite3_close(db);
}

/* Each column is a word in backquotes in the section of its table. */
static void every_column_is_in_the_manual(void **state)
{
	struct sample *s = *state;
	own_text struct text manual = { .s = NULL };
	sqlite3 *db;
	sqlite3_stmt *q;
	int columns = 0;

	write_whole_run(s, 1);
	read_manual(&manual);
	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT t.name, c.name"
					    " FROM pragma_table_list t,"
					    " pragma_table_info(t.name) c"
					    " WHERE t.schema = 'main'"
					    " AND t.name NOT LIKE 'sqlite_%'",
					    -1, &q, NULL),
			 SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(q, 0);
		const char *column = (const char *)sqlite3_column_text(q, 1);
		char heading[64], word[64], *section, *next, *found;

		(void)snprintf(heading, sizeof(heading), "\n### `%s`", table);
		(void)snprintf(word, sizeof(word), "`%s`", column);
		section = strstr(manual.s, heading);
		if (!section)
			fail_msg("no section '%s'", heading + 1);
		next = strstr(section + strlen(heading), "\n##");
		found = strstr(section + strlen(heading), word);
		if (!found || (next && found > next))
			fail_msg("%s.%s is not explained", table, column);
		columns++;
	}
	assert_true(columns > 60);
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		SAMPLE_CASE(the_run_is_what_was_put),
		SAMPLE_CASE(names_come_in_the_order_of_the_plan),
		SAMPLE_CASE(a_rate_is_resets_over_judged_trials),
		SAMPLE_CASE(invalid_and_other_trials_are_not_judged),
		SAMPLE_CASE(a_cell_that_was_not_measured_has_no_rate),
		SAMPLE_CASE(an_echo_is_not_counted_again),
		SAMPLE_CASE(a_router_is_in_the_middle),
		SAMPLE_CASE(the_most_frequent_comes_first_then_by_name),
		SAMPLE_CASE(senders_are_told_apart_by_what_they_sent),
		SAMPLE_CASE(books_balance_when_every_node_does),
		SAMPLE_CASE(one_node_is_enough_to_unbalance_them),
		SAMPLE_CASE(parameters_keep_senders_and_books_apart),
		SAMPLE_CASE(a_run_without_books_does_not_balance),
		SAMPLE_CASE(a_stray_counts_in_no_cell),
		SAMPLE_CASE(a_run_can_be_read_while_it_is_written),
		SAMPLE_CASE(a_directory_without_a_run_is_named),
		SAMPLE_CASE(a_file_that_is_no_database_is_refused),
		SAMPLE_CASE(a_database_of_another_program_is_refused),
		SAMPLE_CASE(a_newer_format_is_refused),
		SAMPLE_CASE(what_an_older_rstlab_did_not_keep_is_empty),
		SAMPLE_CASE(a_database_without_a_run_says_so),
		SAMPLE_CASE(
			connections_are_listed_in_the_columns_of_the_contract),
		SAMPLE_CASE(a_listing_stops_when_its_reader_does),
		SAMPLE_CASE(every_query_of_the_manual_runs),
		SAMPLE_CASE(every_column_is_in_the_manual),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
