#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the captures of this folder with the running kernel.

Needs root (or `unshare -r`), tcpdump and tshark.  Everything happens over lo
in a network namespace of its own:

    unshare -n python3 tests/golden/flow/make.py DIR

Per scenario one NAME.pcap, and on standard output its name and what
`tshark -2` says of tcp.completeness.
"""
import os
import signal
import socket
import struct
import subprocess
import sys

LINGER0 = struct.pack("ii", 1, 0)


def pair():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    listener.close()
    return client, server


def wait_for(sock, state):
    """Wait until tcp_info says that the socket is in the state."""
    while sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != state:
        os.sched_yield()


CLOSE_WAIT, CLOSE = 8, 7


def exchange(client, server):
    client.sendall(b"request")
    server.recv(100)
    server.sendall(b"17 bytes response")


def clean_close_client(client, server):
    exchange(client, server)
    client.recv(100)
    client.close()
    server.recv(100)
    server.close()


def clean_close_server(client, server):
    exchange(client, server)
    client.recv(100)
    server.close()
    client.recv(100)
    client.close()


def unread_close(client, server):
    exchange(client, server)
    client.recv(1, socket.MSG_PEEK)
    client.close()
    wait_for(server, CLOSE)
    server.close()


def linger0(client, server):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER0)
    client.close()
    wait_for(server, CLOSE)
    server.close()


def late_data(client, server):
    client.sendall(b"request")
    server.recv(100)
    client.close()
    wait_for(server, CLOSE_WAIT)
    server.sendall(b"17 bytes response")
    wait_for(server, CLOSE)
    server.close()


def late_data_and_fin(client, server):
    """The server's FIN leaves together with what the client refuses."""
    client.sendall(b"request")
    server.recv(100)
    client.close()
    wait_for(server, CLOSE_WAIT)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    server.sendall(b"17 bytes response")
    server.close()


def shutdown_unread(client, server):
    exchange(client, server)
    client.recv(1, socket.MSG_PEEK)
    client.shutdown(socket.SHUT_WR)
    wait_for(server, CLOSE_WAIT)
    client.close()
    wait_for(server, CLOSE)
    server.close()


def peer_fin_unread(client, server):
    exchange(client, server)
    server.close()
    wait_for(client, CLOSE_WAIT)
    client.close()


def server_killed(client, server):
    client.sendall(b"never read")
    pid = os.fork()
    if pid == 0:
        client.close()
        signal.pause()
    server.close()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_for(client, CLOSE)
    client.close()


def refused(client, server):
    """The pair is not used: its port is asked for once it is free."""
    address = server.getsockname()
    for end in (client, server):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER0)
        end.close()
    try:
        socket.create_connection(address)
    except ConnectionRefusedError:
        pass


SCENARIOS = [clean_close_client, clean_close_server, unread_close, linger0,
             late_data, late_data_and_fin, shutdown_unread, peer_fin_unread,
             server_killed, refused]


def mark_end(path):
    """A datagram behind all else; once it is in the file, so is the rest."""
    mark = b"end of scenario"
    socket.socket(type=socket.SOCK_DGRAM).sendto(mark, ("127.0.0.1", 9))
    while True:
        with open(path, "rb") as capture:
            if mark in capture.read():
                return


def record(directory, scenario):
    path = f"{directory}/{scenario.__name__.replace('_', '-')}.pcap"
    dump = subprocess.Popen(
        ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-Z", "root",
         "-w", path, "tcp or udp port 9"], stderr=subprocess.PIPE, text=True)
    while "listening" not in dump.stderr.readline():
        pass
    scenario(*pair())
    mark_end(path)
    dump.send_signal(signal.SIGINT)
    dump.wait()
    out = subprocess.run(
        ["tshark", "-2", "-r", path, "-T", "fields",
         "-Y", "tcp", "-e", "tcp.stream", "-e", "tcp.completeness"],
        capture_output=True, text=True, check=True).stdout
    last = dict(line.split("\t") for line in out.splitlines())
    print(scenario.__name__, *last.values())


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for scenario in SCENARIOS:
        record(sys.argv[1], scenario)


main()
