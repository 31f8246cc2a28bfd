#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""helloworld.Greeter by Debian's python3-grpcio, its messages as plain bytes.

    greeter.py serve ADDRESS
    greeter.py call ADDRESS
"""
import sys
from concurrent import futures

import grpc


class Greeter(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(
            lambda request, _: b"\n\x0bHello " + request[2:])


def serve(address):
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Greeter(),))
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


def call(address):
    with grpc.insecure_channel(address) as channel:
        channel.unary_unary("/helloworld.Greeter/SayHello")(b"\n\x05world")


{"serve": serve, "call": call}[sys.argv[1]](sys.argv[2])
