#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tegata listen and tegata connect do for each other: media, fingerprints that come late,
comings and goings. tegata-peers.py TEGATA. TAP."""

import contextlib
import os
import re
import signal
import subprocess
import sys

import tegata_rig as rig
from tegata_rig import LOOPBACK, Skip, check, contains, equal


def send(bench, side, *packets, word="plain"):
    """To its plain port. Returns the socket that it came from."""
    sender = bench.bind()
    for packet in packets:
        sender.sendto(packet, side.address(word))
    return sender


def target(receiver):
    return "%s:%d" % receiver.getsockname()


def media_crosses_both_ways_on_one_port(bench):
    outs = [bench.bind() for _ in range(2)]
    listener, caller = bench.pair(["--plain-in", "0", "--plain-out", target(outs[0])],
                                  ["--plain-in", "0", "--plain-out", target(outs[1])])
    for side, out in ((caller, outs[0]), (listener, outs[1])):
        send(bench, side, rig.rtp(1), rig.rtcp(), rig.rtp(2))
        equal([out.recv(2048) for _ in range(3)], [rig.rtp(1), rig.rtcp(), rig.rtp(2)])
    caller.stop()
    listener.stop()
    for side in (caller, listener):
        contains(side.out(), "(2 RTP, 1 RTCP); received", "plain side: received 3, secured 3")


def media_is_not_in_the_clear(bench):
    out = bench.bind()
    listener = bench.listen("--plain-out", target(out))
    relay = bench.relay(listener.address())
    caller = bench.call(listener, "--plain-in", "0", port=relay.port)
    caller.connected()
    send(bench, caller, rig.rtp(1, b"a secret of some length"))
    equal(out.recv(2048), rig.rtp(1, b"a secret of some length"))
    check(any(datagram[0] >> 6 == 2 for _, datagram in relay.seen), "no SRTP was seen")
    for _, datagram in relay.seen:
        check(b"secret" not in datagram, "it was")


def rtcp_may_have_ports_of_its_own(bench):
    out, rtcp_out = bench.bind(), bench.bind()
    listener, caller = bench.pair(
        ["--plain-out", target(out), "--plain-rtcp-out", target(rtcp_out)],
        ["--plain-in", "0", "--plain-rtcp-in", "0"])
    check(caller.address("plain") != caller.address("plain RTCP"), caller.story())
    send(bench, caller, rig.rtp(), word="plain")
    send(bench, caller, rig.rtcp(), word="plain RTCP")
    equal(out.recv(2048), rig.rtp())
    equal(rtcp_out.recv(2048), rig.rtcp())
    caller.stop()
    listener.stop()


def media_goes_to_this_machine_without_a_host(bench):
    out = bench.bind()
    _, caller = bench.pair(["--plain-out", out.getsockname()[1]], ["--plain-in", "0"])
    send(bench, caller, rig.rtp())
    equal(out.recv(2048), rig.rtp())


def media_comes_from_where_it_is_sent_to(bench):
    """Symmetric RTP."""
    out = bench.bind()
    listener, caller = bench.pair(["--plain-in", "0", "--plain-out", target(out)],
                                  ["--plain-in", "0"])
    send(bench, caller, rig.rtp())
    equal(out.recvfrom(2048), (rig.rtp(), listener.address("plain")))


def media_may_go_out_to_another_family(bench):
    """Which no socket can do for both."""
    try:
        out = bench.bind("::1")
    except OSError as error:
        raise Skip(f"no IPv6 on this machine: {error}") from None
    listener, caller = bench.pair(
        ["--plain-in", "0", "--plain-out", f"[::1]:{out.getsockname()[1]}"], ["--plain-in", "0"])
    equal(listener.address("plain")[0], LOOPBACK)
    send(bench, caller, rig.rtp())
    equal(out.recv(2048), rig.rtp())


def what_goes_out_alone_may_be_answered(bench):
    outs = [bench.bind() for _ in range(2)]
    _, caller = bench.pair(["--plain-out", target(outs[0])],
                           ["--plain-in", "0", "--plain-out", target(outs[1])])
    send(bench, caller, rig.rtp(1))
    packet, source = outs[0].recvfrom(2048)
    equal(packet, rig.rtp(1))
    outs[0].sendto(rig.rtp(2), source)
    equal(outs[1].recv(2048), rig.rtp(2))


def media_before_there_are_keys_is_dropped_and_told_once(bench):
    silent = bench.bind()
    caller = bench.tegata("connect", target(silent), "--plain-in", "0", "--stats", "0.1",
                          "--peer-fingerprint", f"@{bench.path('none')}")
    for n in range(1, 4):
        send(bench, caller, rig.rtp(n))
        caller.wait_for(rf"^stats: .*plain side: received {n}, dropped before there were keys {n}$")
    caller.wait_for(r"^warning: media came in on the plain side, and there is nobody with keys")
    caller.stop()
    equal(caller.out().count("warning: "), 1, caller.story())


def counts_are_told_in_words(bench):
    out = bench.bind()
    listener, caller = bench.pair(["--plain-out", target(out)], ["--plain-in", "0"])
    send(bench, caller, rig.rtp(1), rig.rtp(1), rig.rtp(2))
    equal([out.recv(2048) for _ in range(2)], [rig.rtp(1), rig.rtp(2)])
    contains(caller.stop().out(), "plain side: received 3, secured 2, refused 1 (1 replayed)")
    # one, and more where a slow machine sends a hello again
    listener.stop()
    check(re.search(r"from strangers: [1-9]\d* asked for a cookie", listener.out()), listener.story())
    silent = bench.bind()
    caller = bench.tegata("connect", target(silent), "-p", f"@{bench.path('none')}")
    silent.recv(2048)
    caller.stop()
    check(re.search(r"sent (1 packet|([2-9]|[1-9]\d+) packets), ", caller.out()), caller.story())
    contains(caller.out(), "received 0 packets, ")


def what_is_no_media_is_counted(bench):
    out = bench.bind()
    listener, caller = bench.pair(["--plain-out", target(out)], ["--plain-in", "0"])
    send(bench, caller, b"hello", rig.rtp())
    equal(out.recv(2048), rig.rtp())
    contains(caller.stop().out(), "plain side: received 1, secured 1, not media 1")
    listener.stop()


def a_long_packet_arrives_and_is_told_once(bench):
    """1,400 bytes, with an MTU of 1200."""
    out = bench.bind()
    listener, caller = bench.pair(["--plain-out", target(out)], ["--plain-in", "0"])
    long = [rig.rtp(n, bytes(1388)) for n in range(1, 4)]
    send(bench, caller, *long)
    equal([out.recv(2048) for _ in range(3)], long)
    caller.stop()
    listener.stop()
    equal(caller.out().count("warning: "), 1, caller.story())
    contains(caller.out(), "a packet of 1416 bytes is longer than the MTU of 1200", "It is sent",
             "--mtu")


def nothing_is_told_of_a_long_packet_that_the_mtu_allows(bench):
    out = bench.bind()
    listener, caller = bench.pair(["--plain-out", target(out)],
                                  ["--plain-in", "0", "--mtu", "1500"])
    send(bench, caller, rig.rtp(1, bytes(1388)))
    equal(out.recv(2048), rig.rtp(1, bytes(1388)))
    check("warning" not in caller.stop().out(), caller.story())
    listener.stop()


def a_fingerprint_may_come_in_a_file_later(bench):
    path = bench.path("later.txt")
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "--peer-fingerprint", f"@{path}",
                            "--fingerprint-out", bench.path("own.txt"))
    caller = bench.tegata("connect", "%s:%d" % listener.address(), "--peer-fingerprint",
                          f"@{bench.path('own.txt')}")
    listener.wait_for(r"^waiting: for the peer's fingerprint in .*later.txt$")
    listener.wait_for(r"^waiting: for the peer's fingerprint; the handshake is complete$")
    check("connected: " not in listener.out(), listener.story())
    path.write_text(f"v=0\na=setup:active\na=fingerprint:{caller.own()}\n")
    listener.connected()


def half_a_file_is_waited_out(bench):
    path = bench.path("later.txt")
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "--peer-fingerprint", f"@{path}",
                            "--fingerprint-out", bench.path("own.txt"))
    caller = bench.tegata("connect", "%s:%d" % listener.address(), "--peer-fingerprint",
                          f"@{bench.path('own.txt')}")
    line = f"a=fingerprint:{caller.own()}\n"
    path.write_text(line[:40])
    listener.wait_for(r"the handshake is complete$")
    path.write_text(line)
    listener.connected()


def fingerprints_are_read_from_standard_input(bench):
    sides = []
    for side in ("listen", "connect"):
        where = "%s:%d" % sides[0].address() if sides else f"{LOOPBACK}:0"
        sides.append(bench.tegata(side, where, stdin=subprocess.PIPE))
        sides[-1].wait_for(r"^waiting: for the peer's fingerprint: paste its a=fingerprint lines")
    listener, caller = sides
    for side in sides:
        side.wait_for(r"^waiting: .*the handshake is complete$")
    # as it is printed there; other lines, and bad ones, are passed over
    listener.write(f"a=setup:active\nsha-256 nonsense\nown: a=fingerprint:{caller.own()}\n\n")
    listener.wait_for(r"^waiting: .*a line was passed over: ")
    listener.connected()
    caller.write(f"{listener.own()}\n")
    caller.child.stdin.close()
    caller.connected()
    caller.stop()
    listener.stop()


def ends_politely(bench, number, name):
    listener, caller = bench.pair()
    caller.signal(number)
    contains(caller.end(0).out(), f"closed: by {name} (")
    listener.wait_for(r"^closed: by the peer")
    listener.stop()
    listener, caller = bench.pair()
    listener.signal(number)
    contains(listener.end(0).out(), f"closed: by {name} (")
    contains(caller.end(0).out(), "closed: by the peer")


def an_interrupt_ends_politely(bench):
    ends_politely(bench, signal.SIGINT, "Ctrl-C")


def sigterm_ends_politely(bench):
    ends_politely(bench, signal.SIGTERM, "SIGTERM")


def a_signal_ends_who_waits(bench):
    silent = bench.bind()
    for arguments in (["listen", f"{LOOPBACK}:0"], ["connect", target(silent)]):
        side = bench.tegata(*arguments, "--peer-fingerprint", f"@{bench.path('none')}")
        side.wait_for(r"^waiting: ")
        contains(side.stop().out(), "total: ", "closed: by Ctrl-C")


def once_that_got_no_peer_has_failed(bench):
    """Also by a peer that is not verified yet."""
    silent = bench.bind()
    for arguments in (["listen", f"{LOOPBACK}:0"], ["connect", target(silent)]):
        for number in (signal.SIGINT, signal.SIGTERM):
            side = bench.tegata(*arguments, "--once", "--json", "--peer-fingerprint",
                                f"@{bench.path('none')}")
            side.wait_event("waiting")
            side.signal(number)
            contains(side.end(1).err(), "tegata: ended before a peer was connected")
            equal(side.events("closed")[0]["exit_status"], 1)
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "--once", "--peer-fingerprint",
                            f"@{bench.path('none')}", "--fingerprint-out", bench.path("own.txt"))
    bench.tegata("connect", "%s:%d" % listener.address(), "--peer-fingerprint",
                 f"@{bench.path('own.txt')}").connected()
    listener.wait_for(r"the handshake is complete$")
    contains(listener.stop(1).err(), "ended before a peer was connected")


def who_is_read_by_nobody_ends(bench):
    """As by Ctrl-C, though there is nothing to print. Also where all was closed before."""
    out = bench.path("own.txt")
    arguments = [bench.program, "listen", f"{LOOPBACK}:0", "--peer-fingerprint",
                 f"@{bench.path('none')}", "--fingerprint-out", out]
    for once, status in (([], 0), (["--once"], 1)):
        child = bench.keep(subprocess.Popen([*arguments, *once], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        child.stdout.readline()
        rig.await_true(out.exists, "it is ready")
        child.stdout.close()
        equal(child.wait(rig.WAIT_S), status)
        check(not out.exists(), "its fingerprint is still there")


def a_closed_output_is_no_socket(bench):
    listener = bench.listen()
    listener.address()
    child = bench.keep(subprocess.Popen(
        ["sh", "-c", 'exec "$@" >&- 2>&- <&-', "sh", bench.program, "connect",
         "%s:%d" % listener.address(), "-p", f"@{listener.mine}", "--fingerprint-out",
         listener.theirs, "--once"]))
    equal(child.wait(rig.WAIT_S), 0)
    check("refused" not in listener.stop().out(), listener.story())


def sighup_ends_politely(bench):
    ends_politely(bench, signal.SIGHUP, "SIGHUP")


def a_second_interrupt_ends_at_once(bench):
    """Also one that is stuck, since nobody reads what it prints."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    child = bench.keep(subprocess.Popen(
        [bench.program, "listen", f"{LOOPBACK}:0", "--peer-fingerprint",
         f"@{bench.path('none')}"], stdout=writer, stdin=subprocess.DEVNULL))
    # the last one that it sets
    rig.await_true(lambda: rig.catches(child.pid, signal.SIGHUP), "it is ready")
    child.send_signal(signal.SIGINT)
    rig.await_true(lambda: not rig.catches(child.pid, signal.SIGINT), "it has noticed")
    child.send_signal(signal.SIGINT)
    equal(child.wait(rig.WAIT_S), -signal.SIGINT)
    os.close(reader)
    os.close(writer)


def a_listener_goes_on_when_a_peer_has_left(bench):
    """And serves it again when it is back."""
    listener = bench.listen("--plain-in", "0", "--stats", "0.1")
    port = rig.free_port()
    for n_times in (1, 2):
        out = bench.bind()
        caller = bench.call(listener, "--plain-out", target(out), "--bind", port,
                            "--cert", bench.cert(f"{n_times}.pem") if n_times == 1
                            else bench.path("1.pem"))
        listener.connected(count=n_times)
        send(bench, listener, rig.rtp(n_times))
        equal(out.recv(2048), rig.rtp(n_times))
        caller.stop()
        listener.wait_for(r"^closed: by the peer", count=n_times)
    before = listener.out().count("\nstats: nobody is connected")
    listener.wait_for(r"^stats: nobody is connected", count=before + 1)
    listener.stop()


def a_peer_that_crashed_is_served_again(bench):
    """From the same port, without a word of goodbye."""
    path, port = bench.cert("caller.pem"), rig.free_port()
    listener = bench.listen("--plain-in", "0")
    out = bench.bind()
    arguments = ["--cert", path, "--bind", port, "--plain-out", target(out)]
    caller = bench.call(listener, *arguments)
    listener.connected()
    caller.child.kill()
    caller.child.wait()
    bench.call(listener, *arguments)
    listener.wait_for(r"^closed: by a new handshake of the peer")
    listener.connected(count=2)
    send(bench, listener, rig.rtp(9))
    equal(out.recv(2048), rig.rtp(9))
    listener.stop()
    check("note: " not in listener.out(), listener.story())


def the_newest_peer_gets_the_media(bench):
    path = bench.cert("caller.pem")
    listener = bench.listen("--plain-in", "0")
    outs, callers = [], []
    for n_peers in (1, 2):
        outs.append(bench.bind())
        callers.append(bench.call(listener, "--cert", path, "--plain-out", target(outs[-1])))
        listener.connected(count=n_peers)
        send(bench, listener, rig.rtp(n_peers))
        equal(outs[-1].recv(2048), rig.rtp(n_peers))
    contains(listener.stop().out(), "closed: by Ctrl-C")
    for caller in callers:
        contains(caller.end(0).out(), "closed: by the peer")


def media_goes_back_to_who_remains(bench):
    path = bench.cert("caller.pem")
    listener = bench.listen("--plain-in", "0")
    outs, callers = [], []
    for n_peers in (1, 2, 3):
        outs.append(bench.bind())
        callers.append(bench.call(listener, "--cert", path, "--plain-out", target(outs[-1])))
        listener.connected(count=n_peers)
        callers[-1].connected()    # before that it has no closing to say
    addresses = [listener.wait_for(r"^address: (.*)$", count=n).group(1) for n in (1, 2, 3)]
    callers[0].stop()
    callers[2].stop()
    listener.wait_for(rf"^note: media now goes to {addresses[1]}$")
    send(bench, listener, rig.rtp(1))
    equal(outs[1].recv(2048), rig.rtp(1))
    listener.stop()
    equal(listener.out().count("note: "), 1, listener.story())


def once_takes_no_second_peer(bench):
    path = bench.cert("caller.pem")
    listener = bench.listen("--once")
    first = bench.call(listener, "--cert", path)
    listener.connected()
    first.connected()
    second = bench.call(listener, "--cert", path)
    contains(second.end(0).out(), "closed: by the peer")
    listener.wait_for(r"^closed: by us: there is a peer already")
    first.stop()
    contains(listener.end(0).out(), "closed: by the peer")


if __name__ == "__main__":
    rig.main("tegata-peers", sys.argv[1], [
        media_crosses_both_ways_on_one_port, media_is_not_in_the_clear,
        rtcp_may_have_ports_of_its_own, media_comes_from_where_it_is_sent_to,
        media_goes_to_this_machine_without_a_host, media_may_go_out_to_another_family, what_goes_out_alone_may_be_answered,
        media_before_there_are_keys_is_dropped_and_told_once, counts_are_told_in_words,
        what_is_no_media_is_counted,
        a_long_packet_arrives_and_is_told_once,
        nothing_is_told_of_a_long_packet_that_the_mtu_allows,
        a_fingerprint_may_come_in_a_file_later, half_a_file_is_waited_out,
        fingerprints_are_read_from_standard_input, an_interrupt_ends_politely,
        sigterm_ends_politely, sighup_ends_politely, a_second_interrupt_ends_at_once,
        a_signal_ends_who_waits, once_that_got_no_peer_has_failed, who_is_read_by_nobody_ends,
        a_closed_output_is_no_socket,
        a_listener_goes_on_when_a_peer_has_left, a_peer_that_crashed_is_served_again,
        the_newest_peer_gets_the_media, media_goes_back_to_who_remains, once_takes_no_second_peer])
