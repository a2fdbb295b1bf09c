#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A viewer whose handshake is attacked from another address connects all the same.

view-attack.py GATEWAY WHEP-VIEW: a proxy reads where both sides receive, and from then on each
of the datagrams that end a handshake of bare libssl goes to these ports, from sockets of
somebody else, until the viewer is connected. TAP.
"""

import functools
import os
import socket
import sys
import threading
import time

from view_rig import Proxy, Viewer, candidates, open_gateway
from tegata_rig import LOOPBACK, WAIT_S, check, equal, main

N_ROUNDS = 10
# to each port, before the viewer even has the answer
N_BEFORE = 2000
# between two rounds of all of them: some ten thousand a second to each port
PAUSE_S = 0.002
STRANGERS = (LOOPBACK, "127.0.0.66")

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, FINISHED = 1, 2, 11, 20
LAST_NUMBER = (1 << 48) - 2


def record(kind, body, epoch=0, number=0):
    """RFC 6347 section 4.1."""
    return (bytes([kind]) + b"\xfe\xfd" + epoch.to_bytes(2, "big") + number.to_bytes(6, "big")
            + len(body).to_bytes(2, "big") + body)


def message(kind, body, claimed=None, number=0):
    """RFC 6347 section 4.2.2, in one fragment."""
    length = len(body) if claimed is None else claimed
    return record(HANDSHAKE, bytes([kind]) + length.to_bytes(3, "big")
                  + number.to_bytes(2, "big") + bytes(3) + len(body).to_bytes(3, "big") + body)


def vector(body, width):
    return len(body).to_bytes(width, "big") + body


def extension(kind, body):
    return kind.to_bytes(2, "big") + vector(body, 2)


def client_hello():
    """One that a server could well accept."""
    extensions = (extension(10, vector(b"\x00\x1d\x00\x17", 2))
                  + extension(13, vector(b"\x04\x03\x08\x04", 2))
                  + extension(14, vector(b"\x00\x07\x00\x01", 2) + b"\x00")
                  + extension(23, b"") + extension(0xff01, b"\x00"))
    return message(CLIENT_HELLO, b"\xfe\xfd" + os.urandom(32) + b"\x00\x00"
                   + vector(b"\xc0\x2b", 2) + b"\x01\x00" + vector(extensions, 2))


def server_hello():
    extensions = extension(23, b"") + extension(0xff01, b"\x00")
    return message(SERVER_HELLO, b"\xfe\xfd" + os.urandom(32) + b"\x00" + b"\xc0\x2b\x00"
                   + vector(extensions, 2))


FORGERIES = {
    "a warning alert": record(ALERT, bytes([1, 90])),
    "a fatal alert": record(ALERT, bytes([2, 40])),
    "close_notify": record(ALERT, bytes([1, 0])),
    "a malformed handshake message": message(SERVER_HELLO, os.urandom(50)),
    "a message of 16 MB": message(CERTIFICATE, os.urandom(100), claimed=0xffffff),
    "an unexpected handshake message": message(FINISHED, os.urandom(12), number=1),
    "application data of epoch 0": record(DATA, b"hello"),
    "an unknown record": record(99, b"hello"),
    "a malformed ChangeCipherSpec": record(CHANGE_CIPHER_SPEC, b"\x02\x02"),
    "a ClientHello": client_hello(),
    "a ServerHello": server_hello(),
    "a record number near 2^48": record(HANDSHAKE, os.urandom(40), number=LAST_NUMBER),
    "the same of epoch 1": record(HANDSHAKE, os.urandom(40), epoch=1, number=LAST_NUMBER),
}


def is_bound(port):
    """Whether somebody receives UDP there: to nobody all could be sent."""
    with open("/proc/net/udp", encoding="ascii") as lines:
        return any(line.split()[1].endswith(f":{port:04X}") for line in list(lines)[1:])


class Attacker:
    def __init__(self):
        self.targets = []
        self.counts = {}
        self.condition = threading.Condition()
        self.is_over = False
        self.sockets = []
        for host in STRANGERS:
            self.sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            self.sockets[-1].bind((host, 0))
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def aim(self, text):
        """At who wrote that description."""
        with self.condition:
            for target in candidates(text):
                check(is_bound(target[1]), f"nobody receives at {target}")
                self.counts.setdefault(target, 0)
                self.targets = list(self.counts)

    def _run(self):
        while not self.is_over:
            for target in self.targets:
                for datagram in FORGERIES.values():
                    for sender in self.sockets:
                        sender.sendto(datagram, target)
                with self.condition:
                    self.counts[target] += len(FORGERIES) * len(self.sockets)
                    self.condition.notify_all()
            # so that the kernel's buffers are not what decides
            time.sleep(PAUSE_S)

    def await_enough(self):
        with self.condition:
            self.condition.wait_for(
                lambda: all(count >= N_BEFORE for count in self.counts.values()), WAIT_S)
            return dict(self.counts)

    def kill(self):
        self.is_over = True
        self.thread.join()
        for each in self.sockets:
            each.close()


def attack(bench, whep_view, gateway):
    attacker = bench.keep(Attacker())
    before = {}

    def see_offer(text):
        attacker.aim(text)
        return text

    def see_answer(text):
        attacker.aim(text)
        before.update(attacker.await_enough())
        return text

    proxy = bench.keep(Proxy(gateway, change_offer=see_offer, change_answer=see_answer))
    viewer = bench.keep(Viewer(whep_view, proxy.url + "whep", "--frames", "10"))
    viewer.await_event("connected")
    sent = dict(attacker.counts)
    seen = viewer.summary()["each"][0]
    attacker.kill()
    equal(len(before), 2, "a port of each side", before)
    check(min(before.values()) >= N_BEFORE, before)
    check(seen["frames"] >= 10 and seen["trouble"] is None, seen)
    return sum(sent.values()), seen


def connects_all_the_same(bench, whep_view):
    gateway = open_gateway(bench)
    for number in range(1, N_ROUNDS + 1):
        n_sent, seen = attack(bench, whep_view, gateway)
        print(f"# round {number}: {n_sent} forged datagrams, connected after "
              f"{seen['connectedMs']:.0f} ms; the viewer refused {seen['refusedBy']}")
        gateway.wait_for(r"^viewer \d+: connected, ", count=number)
    equal(gateway.status()["sessions"]["failed"], 0)


if __name__ == "__main__":
    main("gateway/view-attack", sys.argv[1], [
        functools.update_wrapper(functools.partial(connects_all_the_same,
                                                   whep_view=sys.argv[2]),
                                 connects_all_the_same)])
