# SPDX-License-Identifier: GPL-2.0-or-later
"""The IPv4 packets of an Ethernet capture in hex, as text2pcap reads it, behind
the headers of other links.  Usage: import-relink.py CAPTURE DIRECTORY"""
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
        if frame[12:14] == b"\x08\x00":
            yield frame[14:]


for name, (number, head) in LINKS.items():
    with open(f"{sys.argv[2]}/{name}.txt", "w") as out:
        print(f"#{number}", file=out)
        for packet in packets(sys.argv[1]):
            print("000000", *(f"{b:02x}" for b in head + packet), file=out)
