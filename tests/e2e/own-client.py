# SPDX-License-Identifier: GPL-2.0-or-later
"""A client that behaves as its first argument says, and dials the other two."""
import os
import signal
import socket
import sys

how, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
if how == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        os.write(2, b"x" * 65536)
for _ in range(3 if how in ("three", "rough") else 1):
    connection = socket.create_connection((host, port))
    connection.send(b"hi")
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "hang":
        while True:
            signal.pause()
    try:
        connection.recv(1)
    except OSError as error:
        if how == "rough":
            continue
        print(error.strerror, file=sys.stderr)
        sys.exit(0 if how == "brave" else 1)
    connection.close()
if how == "print":
    os.write(1, b"first" + b"." * 3000000 + b"last")
if how == "fork" and os.fork() == 0:
    while True:
        signal.pause()
if how == "seven":
    sys.exit(7)
