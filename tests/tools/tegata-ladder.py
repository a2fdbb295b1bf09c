#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whose ladder tegata listen tells of, where others send in the peer's name.
tegata-ladder.py TEGATA. TAP."""

import re
import sys

import tegata_rig as rig
from tegata_rig import check, contains, equal

ALERT = bytes([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 48])  # fatal, unknown_ca


def hello(first):
    """A ClientHello as far as one who only looks can tell, and of a random of its own."""
    body = bytes([0xfe, 0xfd]) + bytes([first] * 32) + bytes([0, 0, 0, 2, 0xc0, 0x2b, 1, 0])
    length = len(body).to_bytes(3, "big")
    message = bytes([1]) + length + bytes(5) + length + body
    return bytes([22, 0xfe, 0xfd]) + bytes(8) + len(message).to_bytes(2, "big") + message


def noise_behind(bench, listener, relay, *datagrams):
    """In the name of who came by the relay, and come as far as the listener has looked:
    what is sent behind it, from the same port, was handled by then."""
    upstream, = relay.upstreams.values()
    for datagram in datagrams:
        upstream.sendto(datagram, listener.address())


def end_of(listener, caller):
    """Both closed, by who called."""
    caller.connected()    # who is in the handshake still has no closing to say
    caller.stop()
    listener.wait_for(r"^closed: by the peer")
    return listener.stop()


def noise_is_no_ladder_of_who_is_connected(bench):
    svg = bench.path("ladder.svg")
    listener = bench.listen("--ladder", svg)
    relay = bench.relay(listener.address())
    caller = bench.call(listener, port=relay.port)
    caller.connected()
    listener.connected()
    before = svg.read_text()
    contains(before, "ClientKeyExchange")
    noise_behind(bench, listener, relay, hello(1), *[ALERT] * 5)
    end_of(listener, caller)
    equal(svg.read_text(), before)
    equal(listener.out().count("ClientKeyExchange"), 1, listener.story())
    check("unknown_ca" not in listener.out(), listener.story())


def who_comes_back_has_a_ladder_of_its_own(bench):
    svg, path, port = bench.path("ladder.svg"), bench.cert("caller.pem"), rig.free_port()
    listener = bench.listen("--ladder", svg)
    arguments = ["--cert", path, "--bind", port]
    caller = bench.call(listener, *arguments)
    listener.connected()
    caller.child.kill()
    caller.child.wait()
    before = svg.read_text()
    caller = bench.call(listener, *arguments)
    listener.connected(count=2)
    after = svg.read_text()
    check(after != before, "there is no other one")
    end_of(listener, caller)
    equal(svg.read_text(), after)
    for text, count in ((after, 1), (listener.out(), 2)):
        equal(text.count("ClientKeyExchange"), count, listener.story())
        equal(text.count("HelloVerifyRequest"), count, listener.story())
        check("begins anew" not in text, listener.story())


def who_comes_back_is_told_in_order(bench):
    """The end of the first one, the whole handshake of the second, and then who it is."""
    path, port = bench.cert("caller.pem"), rig.free_port()
    listener = bench.listen()
    arguments = ["--cert", path, "--bind", port]
    caller = bench.call(listener, *arguments)
    listener.connected()
    caller.child.kill()
    caller.child.wait()
    caller = bench.call(listener, *arguments)
    listener.connected(count=2)
    end_of(listener, caller)
    second = listener.out().split("connected: ", 1)[1]
    at = [second.find(part) for part in ("total: ", "closed: by a new handshake", "HelloVerify",
                                         "|-- ChangeCipherSpec, Finished -", "connected: ")]
    check(-1 not in at and at == sorted(at), at, listener.story())


def who_fails_has_one(bench):
    svg = bench.path("ladder.svg")
    listener = bench.listen("--ladder", svg)
    stranger = bench.tegata("connect", "%s:%d" % listener.address(), "--peer-fingerprint",
                            f"@{listener.mine}", "--fingerprint-out", bench.path("unread"))
    listener.theirs.write_text(f"sha-256 {':'.join(['00'] * 32)}\n")
    listener.wait_for(r"wrong fingerprint", stream="err")
    listener.stop()
    contains(svg.read_text(), "ClientKeyExchange")
    equal(listener.out().count("ClientKeyExchange"), 1, listener.story())
    stranger.kill()


def a_stranger_does_not_overwrite_the_one_of_a_peer(bench):
    svg = bench.path("ladder.svg")
    listener = bench.listen("--ladder", svg)
    caller = bench.call(listener)
    caller.connected()
    listener.connected()
    before = svg.read_text()
    bench.tegata("connect", "%s:%d" % listener.address(), "-p", f"@{listener.mine}")
    listener.wait_for(r"wrong fingerprint", stream="err")
    equal(svg.read_text(), before)
    end_of(listener, caller)
    equal(svg.read_text(), before)
    equal(listener.out().count("ClientKeyExchange"), 2, listener.story())


def fail_together(bench, listener, where, count):
    """All wait for the fingerprint, and it is none of theirs."""
    for _ in range(count):
        bench.tegata("connect", where, "-p", f"@{listener.mine}")
    listener.wait_for(r"the handshake is complete", count=count)
    listener.theirs.write_text(f"sha-256 {':'.join(['00'] * 32)}\n")
    listener.wait_for(r"wrong fingerprint", stream="err")
    listener.stop()


def strangers_who_fail_together_are_counted(bench):
    """All but one, and fewer where it takes longer than a second."""
    listener = bench.listen()
    fail_together(bench, listener, "%s:%d" % listener.address(), 5)
    told = listener.err().count("wrong fingerprint")
    check(1 <= told < 5, listener.story())
    untold = sum(int(count) for count in
                 re.findall(r"^note: and (\d+) more callers? failed$", listener.out(), re.M))
    equal(told + untold, 5, listener.story())
    equal(listener.out().count("ClientKeyExchange"), told, listener.story())
    equal(listener.out().count("total: "), told + 1, listener.story())


def strangers_who_fail_together_are_counted_as_json(bench):
    listener = bench.listen("--json")
    fail_together(bench, listener, listener.wait_event("ready")["listening"], 5)
    told = len(listener.events("failed"))
    check(1 <= told < 5, listener.story())
    untold = sum(int(re.fullmatch(r"and (\d+) more callers? failed", event["message"]).group(1))
                 for event in listener.events("note"))
    equal(told + untold, 5, listener.story())


if __name__ == "__main__":
    rig.main("tegata-ladder", sys.argv[1], [
        noise_is_no_ladder_of_who_is_connected, who_comes_back_has_a_ladder_of_its_own,
        who_comes_back_is_told_in_order, who_fails_has_one,
        a_stranger_does_not_overwrite_the_one_of_a_peer,
        strangers_who_fail_together_are_counted,
        strangers_who_fail_together_are_counted_as_json])
