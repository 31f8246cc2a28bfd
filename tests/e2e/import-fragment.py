# SPDX-License-Identifier: GPL-2.0-or-later
"""The TCP in IPv4 of an Ethernet capture, each packet cut into IP fragments, in IPv4
and in IPv6; every other packet's come in reverse.  Usage:
import-fragment.py CAPTURE DIRECTORY, for frag4.pcap, frag6.pcap and lost.pcap,
in which the last piece of each datagram is missing"""
import struct
import sys

FIRST, NEXT = 40, 8  # bytes in a fragment: the first holds the header of TCP


def packets(data):
    at = 24
    while at < len(data):
        s, us, captured, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        if frame[12:14] == b"\x08\x00" and frame[23] == 6:
            yield s, us, frame[14:14 + struct.unpack(">H", frame[16:18])[0]]


def pieces(n):
    """(offset, bytes, more) of n bytes"""
    at = 0
    while at < n:
        size = min(NEXT if at else FIRST, n - at)
        yield at, size, at + size < n
        at += size


def cut4(ip, number):
    body = ip[20:]
    for at, size, more in pieces(len(body)):
        yield (b"\x02" * 12 + b"\x08\x00" + ip[:2]
               + struct.pack(">HHH", 20 + size, number, more << 13 | at // 8)
               + ip[8:20] + body[at:at + size])


def cut6(ip, number):
    body = ip[20:]
    ends = b"".join(b"\xfd" + b"\0" * 11 + ip[i:i + 4] for i in (12, 16))
    for at, size, more in pieces(len(body)):
        yield (b"\x02" * 12 + b"\x86\xdd\x60\0\0\0"
               + struct.pack(">HBB", 8 + size, 44, 64) + ends
               + struct.pack(">BBHI", 6, 0, at | more, number)
               + body[at:at + size])


def write(name, data, cut, lose=False):
    with open(f"{sys.argv[2]}/{name}", "wb") as out:
        out.write(data[:24])
        for number, (s, us, ip) in enumerate(packets(data), 1):
            frames = list(cut(ip, number))
            if lose and len(frames) > 1:
                frames.pop()
            for f in frames[::-1] if number % 2 else frames:
                out.write(struct.pack("<IIII", s, us, len(f), len(f)) + f)


capture = open(sys.argv[1], "rb").read()
write("frag4.pcap", capture, cut4)
write("frag6.pcap", capture, cut6)
write("lost.pcap", capture, cut4, lose=True)
