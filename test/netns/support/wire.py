"""A wire between two network namespaces that loses, delays and reorders IP packets.

A TUN device in each of them; what one sends comes out of the other. (`tc netem` does the same, but many kernels are built without it.)

    wire.py SEED NAMESPACE DEVICE NAMESPACE DEVICE

The quality is the same both ways. It is changed by a JSON object a line on stdin: lossPercent, delayMs, jitterMs (more or less than the
delay) and reorderPercent (as many overtake the others: they are not delayed); what is left out is 0. Each line is answered by one with
what was counted since the last. Chance comes from the seed. The wire ends with its stdin.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000  # linux/sched.h
TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LONGEST_PACKET = 65_536
# Packets on their way at once; more are lost, as in any queue.
ROOM = 10_000


def open_end(namespace, device):
    """A TUN device belongs to the namespace in which it is opened, and is gone when it is closed."""
    with open(f"/run/netns/{namespace}") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return end


class Wire:
    def __init__(self, seed, ends):
        self.chance = random.Random(seed)
        self.across = {ends[0]: ends[1], ends[1]: ends[0]}
        self.on_their_way = []  # a heap of (when due, number, where to, packet)
        self.number = 0
        self.change({})

    def change(self, quality):
        self.quality = quality
        self.counts = {"passed": 0, "lost": 0, "reordered": 0}

    def send(self, source):
        """Takes one packet from an end: it is lost, or due at its time."""
        packet = os.read(source, LONGEST_PACKET)
        if self.percent("lossPercent") or len(self.on_their_way) >= ROOM:
            self.counts["lost"] += 1
            return
        jitter = self.quality.get("jitterMs", 0)
        delay = max(0, self.quality.get("delayMs", 0) + self.chance.uniform(-jitter, jitter))
        if self.percent("reorderPercent"):
            self.counts["reordered"] += 1
            delay = 0
        self.number += 1
        due = time.monotonic() + delay / 1000
        heapq.heappush(self.on_their_way, (due, self.number, self.across[source], packet))

    def percent(self, what):
        return self.chance.uniform(0, 100) < self.quality.get(what, 0)

    def deliver(self):
        """Hands over what is due, and tells the milliseconds until the next is."""
        while self.on_their_way:
            due, _, target, packet = self.on_their_way[0]
            wait = due - time.monotonic()
            if wait > 0:
                return wait * 1000
            heapq.heappop(self.on_their_way)
            try:
                os.write(target, packet)
                self.counts["passed"] += 1
            except OSError:  # the interface is down
                self.counts["lost"] += 1
        return None


def main():
    seed, first, first_device, second, second_device = sys.argv[1:]
    wire = Wire(int(seed), [open_end(first, first_device), open_end(second, second_device)])
    poll = select.poll()
    for source in [*wire.across, sys.stdin.fileno()]:
        poll.register(source, select.POLLIN)
    print("ready", flush=True)
    while True:
        for source, event in poll.poll(wire.deliver()):
            if source == sys.stdin.fileno():
                line = sys.stdin.readline()
                if not line:
                    return
                counts = wire.counts
                wire.change(json.loads(line))
                print(json.dumps(counts), flush=True)
            elif event & select.POLLIN:
                try:
                    wire.send(source)
                except OSError:  # nothing there after all, or the interface is down
                    pass
            elif event & select.POLLNVAL:
                return


main()
