# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that behaves as its first argument says, at the port of its second."""
import os
import signal
import socket
import sys
import threading

how, port = sys.argv[1], int(sys.argv[2])


def wait_forever():
    while True:
        signal.pause()


def flood():
    while True:
        os.write(2, b"x" * 65536)


def serve(connection):
    if how == "abort":  # with bytes unread, so that it is an RST
        connection.recv(1, socket.MSG_PEEK)
        os.abort()
    if how == "unread":  # closing with bytes unread makes an RST
        connection.recv(1)
    else:
        connection.recv(100)
    if how == "keep":
        kept.append(connection)
        return
    connection.close()


kept = []
if how == "exit":
    print("cannot go on", file=sys.stderr)
    sys.exit(3)
if how == "silent":
    wait_forever()
if how == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if how == "flood":
    threading.Thread(target=flood, daemon=True).start()
if how == "daemon":
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
listener = socket.socket()
if how != "plain":
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 9999 if how == "elsewhere" else port))
listener.listen()
print("listening", flush=True)
while True:
    serve(listener.accept()[0])
