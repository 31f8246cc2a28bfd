#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Put the connection of a golden capture into the place of a run's first one.

    transplant.py CAPTURE RUN

The run is of one trial on the topology host.  Its capture becomes CAPTURE, and
its database says of the connection what CAPTURE shows: so `rstlab explain` has
traffic to read that no workload makes.
"""
import json
import shutil
import sqlite3
import struct
import sys

HEADER, RECORD, RST = 24, 16, 4


def packets(path):
    """Yields (time_ns, source, source port, target, target port, flags)."""
    with open(path, "rb") as file:
        data = file.read()[HEADER:]
    while data:
        seconds, ns, kept, _ = struct.unpack("IIII", data[:RECORD])
        frame, data = data[RECORD:RECORD + kept], data[RECORD + kept:]
        source, target = (".".join(map(str, frame[i:i + 4])) for i in (26, 30))
        ports = struct.unpack(">HH", frame[34:38])
        yield (seconds * 10**9 + ns, source, ports[0], target, ports[1],
               frame[47])


def transplant(capture, run):
    shutil.copy(capture, run + "/captures/host.machine.lo.pcapng")
    seen = list(packets(capture))
    start, client, client_port, server, server_port, _ = seen[0]
    rst = next((p[0] for p in seen if p[5] & RST), None)
    db = sqlite3.connect(run + "/run.db")
    clock, = db.execute("SELECT json_extract(environment,"
                        " '$.capture_clock_ns') FROM run").fetchone()
    leg = [["machine", "lo", client, client_port, server, server_port, 0,
            len(seen)]]
    db.execute("UPDATE connection SET client = ?, client_port = ?, server = ?,"
               " server_port = ?, start_ns = ?, duration_ns = ?, legs = ?",
               (client, client_port, server, server_port, start - clock,
                max(p[0] for p in seen) - start, json.dumps(leg)))
    if rst:
        db.execute("UPDATE reset SET time_ns = ?", (rst - clock,))
        db.execute("UPDATE sighting SET time_ns = ?", (rst - clock,))
    db.commit()


transplant(*sys.argv[1:])
