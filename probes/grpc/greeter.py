#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""helloworld.Greeter by grpcio, its messages as plain bytes.

    greeter.py version
    greeter.py client|server ADDRESS [KEY=VALUE...]
"""
import os
import sys
import time
from concurrent import futures

try:
    import grpc
except ImportError as error:
    sys.exit(f"{sys.executable} has no grpcio: {error}")

OLDEST = (1, 30)
MESSAGES = 3
DEADLINE_S = 8  # below that of a trial
REQUEST = b"\n\x05world"
ANSWER = b"\n\x0bHello world"
SERVICE = "/helloworld.Greeter/"


def version():
    found = tuple(int(part) for part in grpc.__version__.split(".")[:2])
    if found < OLDEST:
        sys.exit(f"grpcio {grpc.__version__} is too old, 1.30 is needed")
    print(f"grpcio {grpc.__version__}, Python {sys.version.split()[0]}")


def options(given):
    """Arguments of a channel or a server."""
    args = [("grpc.enable_http_proxy", 0)]
    if given["bdp_probe"] == "off":
        args.append(("grpc.http2.bdp_probe", 0))
    keepalive_ns = int(given["keepalive"])
    if keepalive_ns:
        # Shorter than gRPC likes it: both sides must agree to that.
        args += [("grpc.keepalive_time_ms", -(-keepalive_ns // 1000000)),
                 ("grpc.keepalive_permit_without_calls", 1),
                 ("grpc.http2.max_pings_without_data", 0),
                 ("grpc.http2.min_ping_interval_without_data_ms", 1)]
    return args


def answer(request):
    return bytes((10, len(request) + 4)) + b"Hello " + request[2:]


class Greeter(grpc.GenericRpcHandler):
    def service(self, details):
        return {
            SERVICE + "SayHello": grpc.unary_unary_rpc_method_handler(
                lambda request, _: answer(request)),
            SERVICE + "SayHelloStreamReply":
                grpc.unary_stream_rpc_method_handler(
                    lambda request, _: iter([answer(request)] * MESSAGES)),
            SERVICE + "SayHelloBidiStream":
                grpc.stream_stream_rpc_method_handler(
                    lambda requests, _: map(answer, requests)),
        }.get(details.method)


def serve(address, given):
    server = grpc.server(futures.ThreadPoolExecutor(4),
                         options=options(given))
    server.add_generic_rpc_handlers((Greeter(),))
    if given["tls"] == "on":
        pair = (os.environb[b"RSTLAB_TLS_KEY"],
                os.environb[b"RSTLAB_TLS_CERT"])
        port = server.add_secure_port(
            address, grpc.ssl_server_credentials((pair,)))
    else:
        port = server.add_insecure_port(address)
    if not port:
        sys.exit(f"cannot listen at {address}")
    server.start()
    server.wait_for_termination()


def open_channel(address, given):
    if given["tls"] != "on":
        return grpc.insecure_channel(address, options=options(given))
    return grpc.secure_channel(
        address,
        grpc.ssl_channel_credentials(os.environb[b"RSTLAB_TLS_CERT"]),
        options=options(given) + [("grpc.ssl_target_name_override",
                                   "greeter.rstlab")])


def say(channel, call):
    if call == "unary":
        return [channel.unary_unary(SERVICE + "SayHello")(
            REQUEST, timeout=DEADLINE_S)]
    if call == "server-stream":
        return list(channel.unary_stream(SERVICE + "SayHelloStreamReply")(
            REQUEST, timeout=DEADLINE_S))
    return list(channel.stream_stream(SERVICE + "SayHelloBidiStream")(
        iter([REQUEST] * MESSAGES), timeout=DEADLINE_S))


def talk(address, given):
    with open_channel(address, given) as channel:
        answers = say(channel, given["call"])
        think_ns = int(given["think"])
        if think_ns:
            time.sleep(think_ns / 1e9)
    wanted = 1 if given["call"] == "unary" else MESSAGES
    if answers != [ANSWER] * wanted:
        sys.exit(f"{len(answers)} answers, not all of them right")


def stay(address, given):
    """Many trials: a line begins each, and one ends it."""
    for _ in iter(sys.stdin.readline, ""):
        talk(address, given)
        print("ok", flush=True)


def main(args):
    if args == ["version"]:
        return version()
    given = {"call": "unary", "bdp_probe": "on", "think": "0",
             "keepalive": "0", "tls": "off", "client-lifetime": "trial"}
    given.update(word.split("=", 1) for word in args[2:])
    client = stay if given["client-lifetime"] == "lab" else talk
    try:
        {"server": serve, "client": client}[args[0]](args[1], given)
    except grpc.RpcError as error:
        sys.exit(f"grpc-status {error.code().value[0]}: {error.details()}")


main(sys.argv[1:])
