# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts `rstlab import -` once, while whoever writes into the pipe goes on.
Usage: import-interrupt.py WHOM BYTES RSTLAB CAPTURE; the first BYTES of the capture
are written before.  WHOM: all, as Ctrl-C does; rstlab, the process that was started
alone; reader, its child alone, and then all of the capture is written"""
import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios

whom, first, rstlab, capture = sys.argv[1:]


def prepare():
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def unread(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return f.read().split()


data = open(capture, "rb").read()
source, sink = os.pipe()
process = subprocess.Popen([rstlab, "import", "-", "--no-store"], stdin=source,
                           preexec_fn=prepare)
os.write(sink, data[:int(first)])
while not children(process.pid) or unread(source):
    assert process.poll() is None
if whom == "all":
    os.killpg(process.pid, signal.SIGINT)
elif whom == "rstlab":
    process.send_signal(signal.SIGINT)
else:
    os.kill(int(children(process.pid)[0]), signal.SIGINT)
    os.write(sink, data[int(first):])
    os.close(sink)
sys.exit(process.wait())
