/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/hold.h"
#include "lab/spec/workload.h"

#include "tests/unit/spec-test.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define HEAD   "name: t\nsummary: s\n"
#define CLIENT "client: [connect, send 64, close]\n"
#define SERVER "server: [listen, accept, recv-eof]\n"

static int read_workload(const char *path, struct spec_diags *d, struct err *e)
{
	own_workload struct workload w = { .name = NULL };

	return workload_load(&w, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an unknown step, with the column inside the text",
	  HEAD "client: [conect, send 64, close]\n" SERVER,
	  "t.yaml:3:10: error: unknown step 'conect' (did you mean 'connect'?)\n"
	  "    3 | client: [conect, send 64, close]\n"
	  "      |          ^\n" },
	{ "an unknown step in quotes",
	  HEAD "client: [connect, '  sned 64']\n" SERVER,
	  "t.yaml:3:22: error: unknown step 'sned' (did you mean 'send'?)\n"
	  "    3 | client: [connect, '  sned 64']\n"
	  "      |                      ^\n" },
	{ "a step of the other side",
	  HEAD "client: [listen, connect]\n" SERVER,
	  "t.yaml:3:10: error: the client has no step 'listen'\n"
	  "    3 | client: [listen, connect]\n"
	  "      |          ^\n" },
	{ "a step without its argument",
	  HEAD "client: [connect, send]\n" SERVER,
	  "t.yaml:3:23: error: send needs a number of bytes from 1 to 64M, such as 17, 4K or 1M\n"
	  "    3 | client: [connect, send]\n"
	  "      |                       ^\n" },
	{ "a step with an argument that it does not take",
	  HEAD "client: [connect, close now]\n" SERVER,
	  "t.yaml:3:25: error: close takes nothing, not 'now'\n"
	  "    3 | client: [connect, close now]\n"
	  "      |                         ^\n" },
	{ "a step with two arguments",
	  HEAD "client: [connect, send 64 bytes]\n" SERVER,
	  "t.yaml:3:27: error: one argument is enough, 'bytes' is left over\n"
	  "    3 | client: [connect, send 64 bytes]\n"
	  "      |                           ^\n" },
	{ "no bytes at all",
	  HEAD "client: [connect, send 0]\n" SERVER,
	  "t.yaml:3:24: error: send takes a number of bytes from 1 to 64M, such as 17, 4K or 1M, not '0'\n"
	  "    3 | client: [connect, send 0]\n"
	  "      |                        ^\n" },
	{ "more bytes than 64 MiB",
	  HEAD "client: [connect, send 65M]\n" SERVER,
	  "t.yaml:3:24: error: send takes a number of bytes from 1 to 64M, such as 17, 4K or 1M, not '65M'\n"
	  "    3 | client: [connect, send 65M]\n"
	  "      |                        ^\n" },
	{ "bytes with an unknown suffix",
	  HEAD "client: [connect, recv 4Q]\n" SERVER,
	  "t.yaml:3:24: error: recv takes a number of bytes from 1 to 64M, such as 17, 4K or 1M, not '4Q'\n"
	  "    3 | client: [connect, recv 4Q]\n"
	  "      |                        ^\n" },
	{ "a time of linger that is too long",
	  HEAD "client: [connect, linger 3601]\n" SERVER,
	  "t.yaml:3:26: error: linger takes a number of seconds from 0 to 3600, not '3601'\n"
	  "    3 | client: [connect, linger 3601]\n"
	  "      |                          ^\n" },
	{ "a sleep without a unit",
	  HEAD "client: [connect, sleep 5]\n" SERVER,
	  "t.yaml:3:25: error: sleep takes a time with a unit, such as 150us, 20ms or 2s, not '5'\n"
	  "    3 | client: [connect, sleep 5]\n"
	  "      |                         ^\n" },
	{ "a patience longer than the deadline",
	  HEAD "client: [connect, patience 2s]\n" SERVER,
	  "t.yaml:3:19: error: this patience passes the deadline of 2s\n"
	  "    3 | client: [connect, patience 2s]\n"
	  "      |                   ^\n" },
	{ "a sleep longer than the deadline",
	  HEAD "client: [connect, sleep 2s]\n" SERVER,
	  "t.yaml:3:19: error: this sleep passes the deadline of 2s\n"
	  "    3 | client: [connect, sleep 2s]\n"
	  "      |                   ^\n" },
	{ "a shutdown of neither side",
	  HEAD "client: [connect, shutdown both]\n" SERVER,
	  "t.yaml:3:28: error: shutdown takes rd, wr or rdwr, not 'both'\n"
	  "    3 | client: [connect, shutdown both]\n"
	  "      |                            ^\n" },
	{ "a sync that is no name",
	  HEAD "client: [connect, sync A]\n" SERVER,
	  "t.yaml:3:24: error: sync takes a name of at most 63 small letters, digits and '-', not 'A'\n"
	  "    3 | client: [connect, sync A]\n"
	  "      |                        ^\n" },
	{ "a sync that the other side does not have",
	  HEAD "client: [connect, sync ready]\n" SERVER,
	  "t.yaml:3:24: error: sync 'ready' is not in the script of the server\n"
	  "    3 | client: [connect, sync ready]\n"
	  "      |                        ^\n" },
	{ "syncs in another order",
	  HEAD "client: [connect, sync one, sync two]\n"
	  "server: [listen, sync two, sync one]\n",
	  "t.yaml:4:23: error: sync 'two' meets sync 'one' of the client: neither would go on\n"
	  "    4 | server: [listen, sync two, sync one]\n"
	  "      |                       ^\n" },
	{ "a sync twice",
	  HEAD "client: [connect, sync one, sync one]\n"
	  "server: [listen, sync one]\n",
	  "t.yaml:3:34: error: sync 'one' a second time (first in line 3)\n"
	  "    3 | client: [connect, sync one, sync one]\n"
	  "      |                                  ^\n" },
	{ "a hold that the other side takes for a sync",
	  HEAD "client: [connect, hold half]\n"
	  "server: [listen, sync half]\n",
	  "t.yaml:4:23: error: sync 'half' meets hold 'half' of the client: neither would go on\n"
	  "    4 | server: [listen, sync half]\n"
	  "      |                       ^\n" },
	{ "a hold that the other side does not have",
	  HEAD "client: [connect, hold ready]\n" SERVER,
	  "t.yaml:3:24: error: hold 'ready' is not in the script of the server\n"
	  "    3 | client: [connect, hold ready]\n"
	  "      |                        ^\n" },
	{ "a close without a connection",
	  HEAD "client: [close, connect]\n" SERVER,
	  "t.yaml:3:10: error: close: there is no open connection here\n"
	  "    3 | client: [close, connect]\n"
	  "      |          ^\n" },
	{ "a close after a close",
	  HEAD "client: [connect, close, close]\n" SERVER,
	  "t.yaml:3:26: error: close: there is no open connection here\n"
	  "    3 | client: [connect, close, close]\n"
	  "      |                          ^\n" },
	{ "a send after a close",
	  HEAD "client: [connect, close, send 1]\n" SERVER,
	  "t.yaml:3:26: error: send: there is no open connection here\n"
	  "    3 | client: [connect, close, send 1]\n"
	  "      |                          ^\n" },
	{ "a second connection",
	  HEAD "client: [connect, close, connect]\n" SERVER,
	  "t.yaml:3:26: error: connect: a script has one connection\n"
	  "    3 | client: [connect, close, connect]\n"
	  "      |                          ^\n" },
	{ "an accept without a listener",
	  HEAD CLIENT "server: [accept]\n",
	  "t.yaml:4:10: error: accept: there is no listener here\n"
	  "    4 | server: [accept]\n"
	  "      |          ^\n" },
	{ "a second listener",
	  HEAD CLIENT "server: [listen, listen]\n",
	  "t.yaml:4:18: error: listen: a script listens once\n"
	  "    4 | server: [listen, listen]\n"
	  "      |                  ^\n" },
	{ "a listener closed twice",
	  HEAD CLIENT "server: [listen, close-listener, close-listener]\n",
	  "t.yaml:4:34: error: close-listener: there is no listener here\n"
	  "    4 | server: [listen, close-listener, close-listener]\n"
	  "      |                                  ^\n" },
	{ "a step after kill",
	  HEAD CLIENT "server: [listen, accept, kill, close, close]\n",
	  "t.yaml:4:32: error: nothing can follow kill\n"
	  "    4 | server: [listen, accept, kill, close, close]\n"
	  "      |                                ^\n" },
	{ "a step after wait-peer",
	  HEAD CLIENT "server: [listen, wait-peer, close-listener]\n",
	  "t.yaml:4:29: error: nothing can follow wait-peer\n"
	  "    4 | server: [listen, wait-peer, close-listener]\n"
	  "      |                             ^\n" },
	{ "two sides that wait for each other's end",
	  HEAD "client: [connect, wait-peer]\nserver: [wait-peer]\n",
	  "t.yaml:4:9: error: both sides end with wait-peer: neither would end\n"
	  "    4 | server: [wait-peer]\n"
	  "      |         ^\n" },
	{ "a listener of the other kind beside one",
	  HEAD CLIENT "server: [listen-full, listen]\n",
	  "t.yaml:4:23: error: listen: a script listens once\n"
	  "    4 | server: [listen-full, listen]\n"
	  "      |                       ^\n" },
	{ "an unknown fault",
	  HEAD "client: [connect, fault link-dwn]\n" SERVER,
	  "t.yaml:3:25: error: unknown fault 'link-dwn' (did you mean 'link-down'?)\n"
	  "    3 | client: [connect, fault link-dwn]\n"
	  "      |                         ^\n" },
	{ "a fault without a name",
	  HEAD "client: [connect, fault]\n" SERVER,
	  "t.yaml:3:24: error: fault needs a fault of `rstlab list faults`\n"
	  "    3 | client: [connect, fault]\n"
	  "      |                        ^\n" },
	{ "an unknown frame",
	  HEAD "client: [connect, frame pink]\n" SERVER,
	  "t.yaml:3:25: error: unknown frame 'pink' (did you mean 'ping'?)\n"
	  "    3 | client: [connect, frame pink]\n"
	  "      |                         ^\n" },
	{ "a frame without a name",
	  HEAD "client: [connect, recv-frame]\n" SERVER,
	  "t.yaml:3:29: error: recv-frame needs a frame of `rstlab list frames`\n"
	  "    3 | client: [connect, recv-frame]\n"
	  "      |                             ^\n" },
	{ "a segment of no connection",
	  HEAD "client: [fault segment-ahead, connect]\n" SERVER,
	  "t.yaml:3:10: error: fault segment-ahead: there is no open connection here\n"
	  "    3 | client: [fault segment-ahead, connect]\n"
	  "      |          ^\n" },
	{ "a client that does nothing",
	  HEAD "client: []\n" SERVER,
	  "t.yaml:3:9: error: the client needs a connect\n"
	  "    3 | client: []\n"
	  "      |         ^\n" },
	{ "a script of more than 32 steps",
	  HEAD "client:\n"
	  "  - connect\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n"
	  "  - send 1\n" SERVER,
	  "t.yaml:36:5: error: a script has at most 32 steps\n"
	  "   36 |   - send 1\n"
	  "      |     ^\n" },
	{ "no server",
	  HEAD CLIENT,
	  "t.yaml:1:1: error: workload has no 'server' (steps of the server)\n"
	  "    1 | name: t\n"
	  "      | ^\n" },
	{ "a deadline of nothing",
	  HEAD CLIENT "server: [listen, accept, recv-eof]\n"
	  "deadline: 0s\n",
	  "t.yaml:5:11: error: deadline must be from 1ms to 1h, not '0s'\n"
	  "    5 | deadline: 0s\n"
	  "      |           ^\n" },
	{ "a limit below none",
	  HEAD "client: [connect, linger2 -2]\n" SERVER,
	  "t.yaml:3:27: error: linger2 takes a number of seconds from -1 to 3600, "
	  "not '-2'\n"
	  "    3 | client: [connect, linger2 -2]\n"
	  "      |                           ^\n" },
	{ "too many processes",
	  HEAD CLIENT "server: [listen, accept, recv-eof]\n"
	  "processes: 3\n",
	  "t.yaml:5:12: error: processes must be a whole number from 1 to 2, not '3'\n"
	  "    5 | processes: 3\n"
	  "      |            ^\n" },
	{ "a step that is a mapping",
	  HEAD "client: [connect, {send: 64}]\n" SERVER,
	  "t.yaml:3:19: error: step must be one value\n"
	  "    3 | client: [connect, {send: 64}]\n"
	  "      |                   ^\n" },
	{ "a name that is not the name of the file",
	  "name: u\n"
	  "summary: s\n"
	  "client: [connect, send 64, close]\n" SERVER,
	  "t.yaml:1:7: error: name 'u' must be the file's name without .yaml\n"
	  "    1 | name: u\n"
	  "      |       ^\n" },
	{ "mistakes in both scripts",
	  HEAD "client: [connect, snd 64]\n"
	  "server: [listen, accept, recv many, bind]\n",
	  "t.yaml:3:19: error: unknown step 'snd' (did you mean 'send'?)\n"
	  "    3 | client: [connect, snd 64]\n"
	  "      |                   ^\n"
	  "t.yaml:4:31: error: recv takes a number of bytes from 1 to 64M, such as 17, 4K or 1M, not 'many'\n"
	  "    4 | server: [listen, accept, recv many, bind]\n"
	  "      |                               ^\n"
	  "t.yaml:4:37: error: unknown step 'bind' (did you mean 'send'?)\n"
	  "    4 | server: [listen, accept, recv many, bind]\n"
	  "      |                                     ^\n" },
};
/* clang-format on */

static void load(const char *yaml, struct workload *w)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	spec_test_write(yaml);
	if (workload_load(w, "t.yaml", &d, &e) < 0)
		fail_msg("%s", text_str(&d.text));
}

static void every_step_is_read(void **state)
{
	static const struct step client[] = {
		{ STEP_CONNECT, 0 },
		{ STEP_SEND, 64 },
		{ STEP_RECV, 4096 },
		{ STEP_WAIT_READABLE, 1 << 20 },
		{ STEP_SYNC, 0 },
		{ STEP_SHUTDOWN, SHUT_WR },
		{ STEP_LINGER, 0 },
		{ STEP_SLEEP, 150000 },
		{ STEP_SYNC, 1 },
		{ STEP_PATIENCE, 300000000 },
		{ STEP_SEND_UNTIL_ERROR, 0 },
		{ STEP_PEEK, 17 },
		{ STEP_RCVBUF, 4096 },
		{ STEP_SNDBUF, 1 },
		{ STEP_KEEPALIVE, 1 },
		{ STEP_USER_TIMEOUT, 1500000000 },
		{ STEP_LINGER2, -1 },
		{ STEP_DUP, 0 },
		{ STEP_UNCONNECT, 0 },
		{ STEP_CLOSE, 0 },
		{ STEP_CLOSE_DUP, 0 },
	};
	static const struct step server[] = {
		{ STEP_LISTEN, 0 }, { STEP_ACCEPT, 0 },
		{ STEP_SYNC, 0 },   { STEP_CLOSE_LISTENER, 0 },
		{ STEP_SYNC, 1 },   { STEP_RECV_EOF, 0 },
		{ STEP_KILL, 0 },
	};
	own_workload struct workload w = { .name = NULL };
	const struct script *s = w.scripts;

	(void)state;
	load("name: t\nsummary: all of them\ndeadline: 5s\n"
	     "client: [connect, send 64, recv 4K, wait-readable 1MiB,\n"
	     "  sync half-way, shutdown wr, linger 0, sleep 150us,\n"
	     "  \"sync end\", patience 300ms, send-until-error,\n"
	     "  peek 17, rcvbuf 4K, sndbuf 1, keepalive 1, user-timeout 1500ms,\n"
	     "  linger2 -1, dup, unconnect, close, close-dup]\n"
	     "server: [listen, accept, ' sync   half-way ', close-listener,\n"
	     "  sync end, recv-eof, kill]\n",
	     &w);
	assert_int_equal(w.deadline_ns, 5000000000);
	assert_int_equal(s[SIDE_CLIENT].n_steps, ARRAY_SIZE(client));
	for (size_t i = 0; i < ARRAY_SIZE(client); i++) {
		assert_int_equal(s[SIDE_CLIENT].steps[i].id, client[i].id);
		assert_int_equal(s[SIDE_CLIENT].steps[i].number,
				 client[i].number);
	}
	assert_int_equal(s[SIDE_SERVER].n_steps, ARRAY_SIZE(server));
	for (size_t i = 0; i < ARRAY_SIZE(server); i++) {
		assert_int_equal(s[SIDE_SERVER].steps[i].id, server[i].id);
		assert_int_equal(s[SIDE_SERVER].steps[i].number,
				 server[i].number);
	}
}

static void a_script_may_ask_for_faults_and_outlast_the_other(void **state)
{
	static const struct step server[] = {
		{ STEP_LISTEN_FULL, 0 },
		{ STEP_FAULT, FAULT_LINK_DOWN },
		{ STEP_WAIT_PEER, 0 },
	};
	own_workload struct workload w = { .name = NULL };
	const struct script *s = w.scripts;

	(void)state;
	load(HEAD
	     "client: [fault pause, connect, wait-acked, fault segment-ack]\n"
	     "server: [listen-full, fault link-down, wait-peer]\n",
	     &w);
	assert_int_equal(s[SIDE_CLIENT].steps[0].number, FAULT_PAUSE);
	assert_int_equal(s[SIDE_CLIENT].steps[2].id, STEP_WAIT_ACKED);
	assert_int_equal(s[SIDE_SERVER].n_steps, ARRAY_SIZE(server));
	for (size_t i = 0; i < ARRAY_SIZE(server); i++) {
		assert_int_equal(s[SIDE_SERVER].steps[i].id, server[i].id);
		assert_int_equal(s[SIDE_SERVER].steps[i].number,
				 server[i].number);
	}
}

static void the_steps_are_kept_as_written(void **state)
{
	own_workload struct workload w = { .name = NULL };
	char **text;

	(void)state;
	load(HEAD CLIENT SERVER, &w);
	assert_string_equal(w.path, "t.yaml");
	assert_string_equal(w.name, "t");
	assert_int_equal(w.deadline_ns, 2000000000);
	assert_int_equal(w.steps_text[SIDE_CLIENT].n, 3);
	text = w.steps_text[SIDE_CLIENT].items;
	assert_string_equal(text[1], "send 64");
	assert_string_equal(((char **)w.steps_text[SIDE_SERVER].items)[2],
			    "recv-eof");
}

static void a_hold_has_a_name_and_a_number_among_the_syncs(void **state)
{
	own_workload struct workload w = { .name = NULL };
	char name[HOLD_NAME_MAX];

	(void)state;
	load(HEAD "client: [connect, sync one, ' hold   half-way ', hold end]\n"
		  "server: [sync one, hold half-way, hold end]\n",
	     &w);
	assert_int_equal(w.scripts[SIDE_CLIENT].steps[2].id, STEP_HOLD);
	assert_int_equal(w.scripts[SIDE_CLIENT].steps[2].number, 1);
	assert_string_equal(hold_name(&w, 1, name), "half-way");
	assert_string_equal(hold_name(&w, 2, name), "end");
	assert_string_equal(hold_name(&w, 0, name), "?");
}

static void states_are_wanted_by_a_hold_or_by_name(void **state)
{
	own_workload struct workload plain = { .name = NULL };
	own_workload struct workload holds = { .name = NULL };
	own_workload struct workload asks = { .name = NULL };

	(void)state;
	load(HEAD CLIENT SERVER, &plain);
	load(HEAD "client: [connect, hold a]\nserver: [hold a]\n", &holds);
	load(HEAD CLIENT SERVER "states: yes\n", &asks);
	assert_false(hold_wanted(&plain));
	assert_true(hold_wanted(&holds));
	assert_true(hold_wanted(&asks));
}

static int apart(const char *client, const char *server)
{
	own_workload struct workload w = { .name = NULL };
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "name: t\nsummary: s\nclient: [%s]\nserver: [%s]\n",
		       client, server);
	load(text, &w);
	assert_int_equal(w.processes, 1);
	return scripts_apart(w.scripts);
}

static void some_steps_need_a_process_for_each_side(void **state)
{
	(void)state;
	assert_false(apart("connect, linger 0, close",
			   "listen, accept, sleep 1ms, recv-eof, wait-peer"));
	assert_true(apart("connect, linger 1, close", ""));
	assert_true(apart("connect, hold it", "hold it"));
	assert_true(apart("connect", "listen, accept, kill"));
	assert_true(apart("connect", "listen, fault pause"));
}

static void a_server_may_do_nothing(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(HEAD "client: [connect]\nserver: []\n", &w);
	assert_int_equal(w.scripts[SIDE_SERVER].n_steps, 0);
	assert_int_equal(w.steps_text[SIDE_SERVER].n, 0);
}

static void a_script_may_have_32_steps(void **state)
{
	own_workload struct workload w = { .name = NULL };
	own_text struct text yaml = { .s = NULL };

	(void)state;
	text_add(&yaml, HEAD SERVER "client:\n  - connect\n");
	for (int i = 0; i < 31; i++)
		text_add(&yaml, "  - send 64M\n");
	load(text_str(&yaml), &w);
	assert_int_equal(w.scripts[SIDE_CLIENT].n_steps, 32);
	assert_int_equal(w.scripts[SIDE_CLIENT].steps[31].number, 64 << 20);
}

/* A run stores it: the file may be another one by then. */
static void the_text_is_kept_as_it_was_read(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(HEAD CLIENT SERVER, &w);
	spec_test_write("another one\n");
	assert_string_equal(w.yaml, HEAD CLIENT SERVER);
}

static void what_was_refused_leaves_nothing_behind(void **state)
{
	own_workload struct workload w = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(HEAD "client: [connect, jump]\n" SERVER);
	assert_true(workload_load(&w, "t.yaml", &d, &e) < 0);
	assert_string_equal(e.text, "t.yaml: 1 error");
	assert_null(w.name);
}

static void every_step_has_a_name_a_side_and_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < STEP_COUNT; i++) {
		assert_non_null(step_infos[i].name);
		assert_in_range(step_infos[i].sides, STEP_CLIENT, STEP_BOTH);
		assert_true(strlen(step_infos[i].help) > 0);
	}
}

static void every_fault_has_a_name_and_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAULT_COUNT; i++) {
		assert_true(strlen(fault_infos[i].name) > 0);
		assert_true(strlen(fault_infos[i].help) > 0);
	}
}

static void the_workloads_of_the_project_are_good(void **state)
{
	char pattern[4096];
	glob_t g;

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/probes/workloads/*.yaml",
		       getenv("srcdir") ?: ".");
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		own_diags struct spec_diags d = { .path = NULL };
		struct err e = { .code = 0 };

		if (read_workload(g.gl_pathv[i], &d, &e) < 0)
			fail_msg("%s", text_str(&d.text));
	}
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest ours[] = {
		cmocka_unit_test(the_workloads_of_the_project_are_good),
		cmocka_unit_test(every_step_has_a_name_a_side_and_help),
		cmocka_unit_test(every_fault_has_a_name_and_help),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_is_read),
		cmocka_unit_test(
			a_script_may_ask_for_faults_and_outlast_the_other),
		cmocka_unit_test(the_steps_are_kept_as_written),
		cmocka_unit_test(the_text_is_kept_as_it_was_read),
		cmocka_unit_test(
			a_hold_has_a_name_and_a_number_among_the_syncs),
		cmocka_unit_test(states_are_wanted_by_a_hold_or_by_name),
		cmocka_unit_test(some_steps_need_a_process_for_each_side),
		cmocka_unit_test(a_server_may_do_nothing),
		cmocka_unit_test(a_script_may_have_32_steps),
		cmocka_unit_test(what_was_refused_leaves_nothing_behind),
	};
	int failed = cmocka_run_group_tests_name("ours", ours, NULL, NULL);

	failed += cmocka_run_group_tests_name("workload", tests,
					      spec_test_enter, spec_test_leave);
	failed +=
		spec_test_bad("bad files", read_workload, bad, ARRAY_SIZE(bad));
	return failed != 0;
}
