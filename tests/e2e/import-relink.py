# SPDX-License-Identifier: GPL-2.0-or-later
"""The TCP in IPv4 of an Ethernet capture in hex, as text2pcap reads it, behind
the headers of other links: in IPv4, in IPv6 with the family numbers of macOS
and the BSDs, and with sequence numbers that wrap within the first bytes.
Usage: import-relink.py CAPTURE DIRECTORY"""
import struct
import sys

LINKS = {
    "raw": (101, b""),
    "null": (0, struct.pack("<I", 2)),
    "loop": (108, struct.pack(">I", 2)),
    "ppp": (9, b"\xff\x03\x00\x21"),
    # struct pktap_header of xnu, then what lo0 has: a family
    "pktap": (258, struct.pack("<III24sIIII", 108, 1, 0, b"lo0", 0, 2, 4, 0)
              .ljust(108, b"\0") + struct.pack("<I", 2)),
}


def packets(path):
    data = open(path, "rb").read()
    at = 24
    while at < len(data):
        _, _, captured, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        if frame[12:14] == b"\x08\x00" and frame[23] == 6:
            yield frame[14:]


# AF_INET6 of macOS, FreeBSD, and OpenBSD and NetBSD
LINKS_6 = {
    "null-macos6": (0, struct.pack("<I", 30)),
    "null-freebsd6": (0, struct.pack("<I", 28)),
    "null-big6": (0, struct.pack(">I", 30)),
    "loop-openbsd6": (108, struct.pack(">I", 24)),
    "raw6": (101, b""),
}


def in_ipv6(ip):
    ends = b"".join(b"\xfd" + b"\0" * 11 + ip[i:i + 4] for i in (12, 16))
    return (b"\x60\0\0\0" + struct.pack(">HBB", len(ip) - 20, 6, ip[8])
            + ends + ip[20:])


def wrapped(packets):
    """Each side's first sequence number becomes 2^32 - 3."""
    packets = list(packets)
    add = {}
    for ip in packets:
        port, peer, seq, ack = struct.unpack_from(">HHII", ip, 20)
        if ip[33] & 2:
            add.setdefault(port, 0xfffffffd - seq)
    for ip in packets:
        port, peer, seq, ack = struct.unpack_from(">HHII", ip, 20)
        seq += add[port]
        ack += add[peer] if ip[33] & 16 else 0
        yield ip[:24] + struct.pack(">II", seq & 0xffffffff,
                                    ack & 0xffffffff) + ip[32:]


def write(name, number, head, packets):
    with open(f"{sys.argv[2]}/{name}.txt", "w") as out:
        print(f"#{number}", file=out)
        for packet in packets:
            print("000000", *(f"{b:02x}" for b in head + packet), file=out)


for name, (number, head) in LINKS.items():
    write(name, number, head, packets(sys.argv[1]))
for name, (number, head) in LINKS_6.items():
    write(name, number, head, map(in_ipv6, packets(sys.argv[1])))
write("wrapped", 101, b"", wrapped(packets(sys.argv[1])))
