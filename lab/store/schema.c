/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/schema.h"

#include <stddef.h>

/* The comments stay in the database: `.schema` in the sqlite3 shell shows
 * them. */
static const char run[] =
	"CREATE TABLE run (\n"
	"  id TEXT NOT NULL,\n"
	"  tool TEXT NOT NULL, kernel TEXT NOT NULL, command TEXT,\n"
	"  started TEXT NOT NULL, -- RFC 3339, UTC\n"
	"  ended TEXT,\n"
	"  seed TEXT NOT NULL, -- decimal; may exceed 2^63\n"
	"  trials_per_cell INTEGER NOT NULL, blocks INTEGER NOT NULL,\n"
	"  environment TEXT NOT NULL, -- JSON object\n"
	"  complete INTEGER NOT NULL DEFAULT 0,\n"
	"  stopped TEXT, -- why it is not complete\n"
	"  packets INTEGER, dropped INTEGER -- NULL: it was killed\n"
	") STRICT";

static const char topology[] =
	"CREATE TABLE topology (\n"
	"  position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,\n"
	"  yaml TEXT NOT NULL\n"
	") STRICT";

static const char workload[] =
	"CREATE TABLE workload (\n"
	"  position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,\n"
	"  yaml TEXT NOT NULL\n"
	") STRICT";

static const char cell[] = "CREATE TABLE cell (\n"
			   "  id INTEGER PRIMARY KEY,\n"
			   "  topology TEXT NOT NULL, workload TEXT NOT NULL,\n"
			   "  params TEXT NOT NULL -- JSON object, sorted\n"
			   ") STRICT";

static const char sysctl[] =
	"CREATE TABLE sysctl (\n"
	"  topology TEXT NOT NULL, params TEXT NOT NULL, -- as in cell\n"
	"  node TEXT NOT NULL,\n"
	"  key TEXT NOT NULL, value TEXT NOT NULL,\n"
	"  PRIMARY KEY (topology, params, node, key)\n"
	") STRICT, WITHOUT ROWID";

static const char trial[] =
	"CREATE TABLE trial (\n"
	"  id INTEGER PRIMARY KEY,\n"
	"  cell INTEGER NOT NULL REFERENCES cell,\n"
	"  number INTEGER NOT NULL, -- in its cell, from 1\n"
	"  block INTEGER NOT NULL, position INTEGER NOT NULL, -- from 0\n"
	"  start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL,\n"
	"  outcome TEXT NOT NULL, -- clean, reset, other, invalid\n"
	"  why TEXT,\n"
	"  client_app TEXT, server_app TEXT,\n"
	"  client_calls TEXT, server_calls TEXT -- JSON arrays\n"
	") STRICT";

static const char connection[] =
	"CREATE TABLE connection (\n"
	"  id INTEGER PRIMARY KEY,\n"
	"  trial INTEGER REFERENCES trial, -- NULL: a stray\n"
	"  cell INTEGER REFERENCES cell, -- NULL: a stray\n"
	"  client TEXT NOT NULL, client_port INTEGER NOT NULL,\n"
	"  server TEXT NOT NULL, server_port INTEGER NOT NULL,\n"
	"  start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL,\n"
	"  packets INTEGER NOT NULL,\n"
	"  client_bytes INTEGER NOT NULL, server_bytes INTEGER NOT NULL,\n"
	"  ending TEXT NOT NULL,\n"
	"  phase TEXT, -- of the first RST; NULL: none\n"
	"  judged INTEGER NOT NULL, -- 0: not all of it was seen\n"
	"  was_reset INTEGER NOT NULL,\n"
	"  resets INTEGER NOT NULL, -- RST segments, echoes included\n"
	"  zeek_state TEXT NOT NULL, zeek_history TEXT NOT NULL,\n"
	"  completeness INTEGER NOT NULL, -- as Wireshark's\n"
	"  legs TEXT NOT NULL, -- JSON; the view leg takes it apart\n"
	"  from_client INTEGER, -- 1: the client's program began it\n"
	"  to_server INTEGER -- 1: the server's program accepted it\n"
	") STRICT";

static const char reset[] =
	"CREATE TABLE reset (\n"
	"  connection INTEGER NOT NULL REFERENCES connection,\n"
	"  number INTEGER NOT NULL, -- from 1, in the order of time\n"
	"  first INTEGER NOT NULL, -- 1: the RST that ended it\n"
	"  echo INTEGER NOT NULL, -- 1: it had ended before\n"
	"  time_ns INTEGER NOT NULL,\n"
	"  side TEXT NOT NULL, -- whose address it carries\n"
	"  emitter TEXT NOT NULL, node TEXT NOT NULL, -- where it was born\n"
	"  form TEXT NOT NULL, phase TEXT NOT NULL,\n"
	"  seq INTEGER NOT NULL, ack INTEGER NOT NULL,\n"
	"  window INTEGER NOT NULL, flags INTEGER NOT NULL,\n"
	"  ttl INTEGER NOT NULL,\n"
	"  sightings INTEGER NOT NULL,\n"
	"  frame INTEGER, -- its number in the capture; NULL: not known\n"
	"  PRIMARY KEY (connection, number)\n"
	") STRICT, WITHOUT ROWID";

static const char sighting[] =
	"CREATE TABLE sighting (\n"
	"  connection INTEGER NOT NULL, reset INTEGER NOT NULL,\n"
	"  number INTEGER NOT NULL, -- from 1, in the order of time\n"
	"  node TEXT NOT NULL, interface TEXT NOT NULL,\n"
	"  direction TEXT, -- in, out; NULL: both at once, as on lo\n"
	"  time_ns INTEGER NOT NULL,\n"
	"  src TEXT NOT NULL, src_port INTEGER NOT NULL,\n"
	"  dst TEXT NOT NULL, dst_port INTEGER NOT NULL,\n"
	"  PRIMARY KEY (connection, reset, number)\n"
	") STRICT, WITHOUT ROWID";

static const char cause[] =
	"CREATE TABLE cause (\n"
	"  connection INTEGER PRIMARY KEY, -- one that was reset\n"
	"  cause TEXT NOT NULL, confidence TEXT NOT NULL,\n"
	"  bytes INTEGER, -- unread, or late; NULL: not known\n"
	"  contrary TEXT, -- what does not fit; NULL: all does\n"
	"  kernel_reason TEXT -- as the kernel names it; NULL: not heard\n"
	") STRICT";

static const char frame[] =
	"CREATE TABLE frame (\n"
	"  connection INTEGER PRIMARY KEY, -- HTTP/2, and reset\n"
	"  what TEXT NOT NULL, -- unread, late, unknown\n"
	"  frames TEXT, -- 'PING(ACK) 17 bytes'; NULL: unknown\n"
	"  bytes INTEGER,\n"
	"  wait_ns INTEGER, -- how long unread; how long after the FIN\n"
	"  why TEXT -- it is unknown\n"
	") STRICT";

static const char books[] =
	"CREATE TABLE books (\n"
	"  topology TEXT NOT NULL, params TEXT NOT NULL, -- as in cell\n"
	"  node TEXT NOT NULL,\n"
	"  rst_wire INTEGER NOT NULL, rst_counted INTEGER NOT NULL,\n"
	"  rst_foreign INTEGER NOT NULL,\n"
	"  counters TEXT NOT NULL, -- JSON object\n"
	"  PRIMARY KEY (topology, params, node)\n"
	") STRICT, WITHOUT ROWID";

static const char look[] =
	"CREATE TABLE look (\n"
	"  id INTEGER PRIMARY KEY,\n"
	"  trial INTEGER NOT NULL REFERENCES trial,\n"
	"  number INTEGER NOT NULL, -- in its trial, from 1\n"
	"  hold TEXT, -- its name; NULL: after both programs were through\n"
	"  time_ns INTEGER NOT NULL\n"
	") STRICT";

static const char socket[] =
	"CREATE TABLE socket (\n"
	"  look INTEGER NOT NULL REFERENCES look,\n"
	"  number INTEGER NOT NULL, -- from 1\n"
	"  role TEXT NOT NULL, -- client, server, middle, listener\n"
	"  node TEXT NOT NULL, state TEXT NOT NULL, -- as ss says it\n"
	"  receive_queue INTEGER NOT NULL, send_queue INTEGER NOT NULL,\n"
	"  local TEXT NOT NULL, local_port INTEGER NOT NULL,\n"
	"  remote TEXT NOT NULL, remote_port INTEGER NOT NULL,\n"
	"  timer TEXT NOT NULL, timer_ms INTEGER NOT NULL,\n"
	"  retransmits INTEGER NOT NULL,\n"
	"  inode INTEGER, uid INTEGER, -- NULL: no descriptor has it\n"
	"  cookie INTEGER NOT NULL, -- one socket's, as long as it lives\n"
	"  PRIMARY KEY (look, number)\n"
	") STRICT, WITHOUT ROWID";

static const char socket_state[] =
	"CREATE VIEW socket_state AS\n"
	"SELECT c.topology, c.params, c.workload, t.number AS trial,\n"
	"  l.number AS look, coalesce(l.hold, 'after exit') AS point,\n"
	"  s.role, s.node, s.state, s.receive_queue, s.send_queue,\n"
	"  s.timer, s.timer_ms, s.inode IS NULL AS orphan, s.cookie\n"
	"FROM look l JOIN trial t ON t.id = l.trial\n"
	"JOIN cell c ON c.id = t.cell\n"
	"LEFT JOIN socket s ON s.look = l.id";

static const char destroyed[] =
	"CREATE TABLE destroyed (\n"
	"  trial INTEGER NOT NULL REFERENCES trial,\n"
	"  number INTEGER NOT NULL, -- from 1, as the kernel told of them\n"
	"  role TEXT NOT NULL, -- client, server, middle\n"
	"  node TEXT NOT NULL,\n"
	"  receive_queue INTEGER, -- bytes that nobody has read\n"
	"  send_queue INTEGER, -- both NULL: disconnected before\n"
	"  local TEXT NOT NULL, local_port INTEGER NOT NULL,\n"
	"  remote TEXT NOT NULL, remote_port INTEGER NOT NULL,\n"
	"  cookie INTEGER NOT NULL, -- as in socket\n"
	"  PRIMARY KEY (trial, number)\n"
	") STRICT, WITHOUT ROWID";

static const char growth[] =
	"CREATE TABLE growth (\n"
	"  cell INTEGER NOT NULL REFERENCES cell, node TEXT NOT NULL,\n"
	"  counter TEXT NOT NULL, value INTEGER NOT NULL,\n"
	"  PRIMARY KEY (cell, node, counter)\n"
	") STRICT, WITHOUT ROWID";

static const char program[] =
	"CREATE TABLE program (\n"
	"  trial INTEGER NOT NULL REFERENCES trial, side TEXT NOT NULL,\n"
	"  command TEXT NOT NULL, -- as a shell reads it\n"
	"  stopped INTEGER NOT NULL, -- 1: ended by the lab\n"
	"  status INTEGER, -- exit status, or 128 + signal; NULL: stopped\n"
	"  out BLOB NOT NULL, out_bytes INTEGER NOT NULL,\n"
	"  err BLOB NOT NULL, err_bytes INTEGER NOT NULL, -- printed\n"
	"  PRIMARY KEY (trial, side)\n"
	") STRICT, WITHOUT ROWID";

static const char source[] = "CREATE TABLE source (\n"
			     "  name TEXT PRIMARY KEY, -- of evidence\n"
			     "  state TEXT NOT NULL, -- used, missing, off\n"
			     "  why TEXT -- it is not used, or not whole\n"
			     ") STRICT, WITHOUT ROWID";

static const char mismatch[] =
	"CREATE TABLE mismatch (\n"
	"  block INTEGER NOT NULL,\n"
	"  topology TEXT NOT NULL, params TEXT NOT NULL, -- as in cell\n"
	"  node TEXT NOT NULL,\n"
	"  what TEXT NOT NULL, -- two sources that should have agreed\n"
	"  expected INTEGER NOT NULL, seen INTEGER NOT NULL,\n"
	"  why TEXT, -- NULL: not known, the block is marked\n"
	"  PRIMARY KEY (block, topology, params, node, what)\n"
	") STRICT, WITHOUT ROWID";

static const char observed[] =
	"CREATE TABLE observed (\n"
	"  block INTEGER NOT NULL, position INTEGER NOT NULL, -- as in trial\n"
	"  cell INTEGER NOT NULL REFERENCES cell,\n"
	"  arm TEXT NOT NULL, -- measured, silent\n"
	"  outcome TEXT NOT NULL, -- by the counters of the nodes\n"
	"  why TEXT,\n"
	"  PRIMARY KEY (block, position)\n"
	") STRICT, WITHOUT ROWID";

static const char rst_rate[] =
	"CREATE VIEW rst_rate AS\n"
	"SELECT c.id AS cell, c.topology, c.workload, c.params,\n"
	"  count(t.id) AS trials,\n"
	"  coalesce(sum(t.outcome = 'reset'), 0) AS reset,\n"
	"  coalesce(sum(t.outcome IN ('clean', 'reset')), 0) AS judged,\n"
	"  sum(t.outcome = 'reset') * 1.0 /\n"
	"    nullif(sum(t.outcome IN ('clean', 'reset')), 0) AS rate\n"
	"FROM cell c LEFT JOIN trial t ON t.cell = c.id GROUP BY c.id";

static const char first_reset[] =
	"CREATE VIEW first_reset AS\n"
	"SELECT c.topology, c.params, c.workload, t.number AS trial,\n"
	"  r.connection,\n"
	"  r.emitter, r.node, r.side, r.form, r.phase, k.ending,\n"
	"  r.time_ns - k.start_ns AS after_ns, r.seq, r.ack, r.ttl\n"
	"FROM reset r JOIN connection k ON k.id = r.connection\n"
	"LEFT JOIN cell c ON c.id = k.cell\n"
	"LEFT JOIN trial t ON t.id = k.trial\n"
	"WHERE r.first";

static const char leg[] = "CREATE VIEW leg AS\n"
			  "SELECT k.id AS connection, l.key + 1 AS number,\n"
			  "  json_extract(l.value, '$[0]') AS node,\n"
			  "  json_extract(l.value, '$[1]') AS interface,\n"
			  "  json_extract(l.value, '$[2]') AS client,\n"
			  "  json_extract(l.value, '$[3]') AS client_port,\n"
			  "  json_extract(l.value, '$[4]') AS server,\n"
			  "  json_extract(l.value, '$[5]') AS server_port,\n"
			  "  json_extract(l.value, '$[6]') AS after_ns,\n"
			  "  json_extract(l.value, '$[7]') AS packets\n"
			  "FROM connection k, json_each(k.legs) l";

static const char connection_csv[] =
	"CREATE VIEW connection_csv AS\n"
	"SELECT k.id, c.topology, c.workload, t.number AS trial,\n"
	"  k.client, k.client_port, k.server, k.server_port,\n"
	"  k.start_ns, k.duration_ns, k.packets,\n"
	"  k.client_bytes + k.server_bytes AS bytes, k.ending,\n"
	"  k.zeek_state, k.zeek_history, k.completeness,\n"
	"  k.resets AS rst_count, r.side AS first_rst_side,\n"
	"  r.form AS first_rst_form, k.phase,\n"
	"  y.cause, y.confidence, r.frame, k.judged,\n"
	"  c.params\n"
	"FROM connection k LEFT JOIN cell c ON c.id = k.cell\n"
	"LEFT JOIN trial t ON t.id = k.trial\n"
	"LEFT JOIN reset r ON r.connection = k.id AND r.number = 1\n"
	"LEFT JOIN cause y ON y.connection = k.id";

const char *const store_schema[] = {
	run,	    topology,	 workload,	 cell,	       sysctl, trial,
	connection, reset,	 sighting,	 cause,	       frame,  books,
	look,	    socket,	 growth,	 rst_rate,     leg,    program,
	destroyed,  first_reset, connection_csv, socket_state, source, mismatch,
	observed,   NULL,
};

const char *const store_indexes[] = {
	"CREATE UNIQUE INDEX trial_of_cell ON trial (cell, number)",
	"CREATE INDEX connection_of_trial ON connection (trial)",
	"CREATE INDEX look_of_trial ON look (trial)",
	NULL,
};
