# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections of every kind over lo; CAPTURE holds the last of them when this
ends.  Usage: import-traffic.py CAPTURE"""
import os
import socket
import struct
import sys


def listener(family=socket.AF_INET):
    s = socket.socket(family)
    s.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    s.listen()
    return s


def pair(server):
    client = socket.create_connection(server.getsockname()[:2])
    return client, server.accept()[0]


def linger0(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def talk(a, b, n):
    a.sendall(b"x" * n)
    while n:
        n -= len(b.recv(n))


def wait_for_end(s):
    try:
        while s.recv(65536):
            pass
    except ConnectionError:
        pass
    s.close()


def rounds(server):
    for n in (0, 10, 100000):
        a, b = pair(server)
        talk(a, b, n)
        talk(b, a, n)
        a.close()
        wait_for_end(b)
        a, b = pair(server)
        talk(a, b, n)
        linger0(b)
        wait_for_end(a)
    a, b = pair(server)
    a.sendall(b"never read")
    b.close()
    wait_for_end(a)
    a, b = pair(server)
    a.close()
    b.sendall(b"too late")
    wait_for_end(b)


def refused():
    with listener() as s:
        address = s.getsockname()
    try:
        socket.create_connection(address)
    except ConnectionRefusedError:
        pass


# A capture is not written at once; a packet that is in it ends the waiting.
def mark(capture):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    word = b"the end of " + os.urandom(8).hex().encode()
    while True:
        s.sendto(word, ("127.0.0.1", 9))
        with open(capture, "rb") as f:
            if word in f.read():
                return


# The capture may begin later than it says.
def begin(capture):
    while not os.path.exists(capture):
        pass
    mark(capture)


begin(sys.argv[1])
for kind in (socket.AF_INET, socket.AF_INET6):
    with listener(kind) as one:
        rounds(one)
refused()
mark(sys.argv[1])
