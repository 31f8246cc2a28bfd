#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the captures of this folder with a real gRPC over the running kernel.

Needs root (or `unshare -r`) and Debian's python3-grpcio.  Everything
happens over lo in a network namespace of its own:

    unshare -n python3 tests/golden/http2/make.py DIR

Per scenario one NAME.pcap, snap length 262144 but where its name says other.
"""
import os
import socket
import struct
import subprocess
import sys

import grpc
from concurrent import futures

SO_TIMESTAMPNS = 35


class Greeter(grpc.GenericRpcHandler):
    """helloworld.Greeter, its messages as the bytes they are."""

    def service(self, details):
        if details.method == "/helloworld.Greeter/SayHello":
            return grpc.unary_unary_rpc_method_handler(self.say)
        if details.method == "/helloworld.Greeter/SayHelloAgain":
            return grpc.unary_stream_rpc_method_handler(self.say_often)
        if details.method == "/helloworld.Greeter/Refuse":
            return grpc.unary_unary_rpc_method_handler(self.refuse)
        return None

    def say(self, request, context):
        context.send_initial_metadata((("x-greeter", "one"),))
        return b"\n\x0bHello " + request[2:]

    def say_often(self, request, context):
        for _ in range(3):
            yield b"\n\x0bHello " + request[2:]

    def refuse(self, request, context):
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "not 50 % of it")


def serve():
    """Returns a server and its address."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Greeter(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, "127.0.0.1:%d" % port


NAME = b"\n\x05world"


def unary(channel):
    channel.unary_unary("/helloworld.Greeter/SayHello")(NAME, timeout=10)


def stream(channel):
    for _ in channel.unary_stream("/helloworld.Greeter/SayHelloAgain")(NAME):
        pass


def error(channel):
    try:
        channel.unary_unary("/helloworld.Greeter/Refuse")(
            NAME, metadata=(("x-who", "a" * 40),))
    except grpc.RpcError:
        pass


def unknown(channel):
    try:
        channel.unary_unary("/helloworld.Greeter/Nothing")(NAME)
    except grpc.RpcError:
        pass


def many(channel):
    for _ in range(3):
        unary(channel)


def gzip(channel):
    channel.unary_unary("/helloworld.Greeter/SayHello")(
        b"\n\x64" + b"w" * 100, compression=grpc.Compression.Gzip)


SCENARIOS = {
    "unary": (unary, 262144),
    "stream": (stream, 262144),
    "error": (error, 262144),
    "unknown": (unknown, 262144),
    "many": (many, 262144),
    "gzip": (gzip, 262144),
    "snap-200": (many, 200),
}


def start_capture():
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setblocking(False)
    return sock


def frames(sock):
    """Each packet on lo once: it is seen as it leaves and as it arrives."""
    while True:
        try:
            data, extra, _, address = sock.recvmsg(1 << 17, 64)
        except BlockingIOError:
            return
        if address[2] != socket.PACKET_OUTGOING:
            yield struct.unpack("qq", extra[0][2]), data


def write_capture(path, sock, snap):
    with open(path, "wb") as file:
        file.write(struct.pack("IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, snap, 1))
        for (seconds, ns), data in frames(sock):
            kept = data[:snap]
            file.write(struct.pack("IIII", seconds, ns, len(kept), len(data)))
            file.write(kept)


def wait_for_ends():
    """Until every connection is closed or in TIME-WAIT."""
    while any(line.split()[3] not in ("06", "0A")
              for line in open("/proc/net/tcp").readlines()[1:]):
        os.sched_yield()


def capture(directory, name):
    scenario, snap = SCENARIOS[name]
    sock = start_capture()
    server, address = serve()
    channel = grpc.insecure_channel(address)
    scenario(channel)
    channel.close()
    del channel
    server.stop(0).wait()
    del server
    wait_for_ends()
    write_capture(os.path.join(directory, name + ".pcap"), sock, snap)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name in SCENARIOS:
        # a process each: gRPC keeps channels that are alike
        pid = os.fork()
        if not pid:
            capture(sys.argv[1], name)
            os._exit(0)
        os.waitpid(pid, 0)


main()
