#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each option of tegata listen and tegata connect, and wrong ones. tegata-options.py TEGATA.
TAP."""

import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import xml.etree.ElementTree

import tegata_rig as rig
from tegata_rig import LOOPBACK, Skip, check, contains, equal

ONE = "sha-256 " + ":".join(["AB"] * 32)

WRONG = [
    ([], "what shall it do? Expected cert, listen, connect or help"),
    (["dial"], "“dial” is no command: expected cert, listen, connect or help"),
    (["listen"], "where to listen? Expected one [HOST:]PORT. See tegata help listen"),
    (["connect"], "where is the peer? Expected one HOST:PORT. See tegata help connect"),
    (["connect", "127.0.0.1:1", "b:2"], "“b:2” is too much: expected one address"),
    (["listen", "1", "2"], "“2” is too much: expected one address"),
    (["connect", "[::1]", "-p", ONE], "“[::1]” has no port: expected HOST:PORT, as in [::1]:5000"),
    (["connect", "example.org", "-p", ONE], "“example.org” has no port: expected HOST:PORT"),
    (["listen", "127.0.0.1", "-p", ONE], "“127.0.0.1” has no port: expected [HOST:]PORT, as in"),
    (["listen", "[::1]", "-p", ONE], "“[::1]” has no port: expected [HOST:]PORT"),
    (["listen", "5000x", "-p", ONE], "expected a port from 0 to 65535"),
    (["connect", "127.0.0.1:5000", "-p", ONE, "--bind", "127.0.0.1:5000"], "that is ourselves"),
    (["connect", "5000", "-p", ONE], "“5000” is not an address: expected HOST:PORT"),
    (["connect", "127.0.0.1:0", "-p", ONE], "expected a port from 1 to 65535"),
    (["connect", "127.0.0.1:65536", "-p", ONE], "expected a port from 1 to 65535"),
    (["connect", "::1:5000", "-p", ONE], "an IPv6 address stands in brackets"),
    (["listen", "somewhere", "-p", ONE], "“somewhere” has no port: expected [HOST:]PORT"),
    (["listen", "", "-p", ONE], "“” is not an address: expected [HOST:]PORT"),
    *((["listen", "0", "-p", ONE, option, ""], f"{option}: expected the name of a file")
      for option in ("--cert", "--fingerprint-out", "--key-log", "--ladder")),
    (["listen", "0", "--none"], "Unknown option --none"),
    (["listen", "0", "--role", "client"], "Unknown option --role"),
    (["listen", "0", "-p", "nonsense"], "--peer-fingerprint: "),
    (["listen", "0", "-p", "a=setup:active"], "“a=setup:active” is none: expected \"sha-256"),
    (["listen", "0", "-p", "sha-1 " + ":".join(["AB"] * 20)],
     "sha-1 is broken and not taken: have the peer send sha-256"),
    (["listen", "0", "-p", ONE.replace("-", "")], "did you mean sha-256?"),
    (["listen", "0", "-p", "fingerprint:" + ONE[:-1]], "expected two hexadecimal digits"),
    (["listen", "0", "-p", ONE, "--mtu", "255"], "--mtu: expected 256 to 16384"),
    (["listen", "0", "-p", ONE, "--timeout", "0"], "--timeout: expected seconds, more than 0"),
    (["listen", "0", "-p", ONE, "--timeout", "nan"], "--timeout: expected seconds"),
    (["listen", "0", "-p", ONE, "--timeout", "1e7"], "and up to 1000000"),
    (["listen", "0", "-p", ONE, "--stats", "0"], "--stats: expected seconds, more than 0"),
    (["listen", "0", "-p", ONE, "--stats", "-1"], "--stats: expected seconds, more than 0"),
    (["listen", "0", "-p", ONE, "--profiles", "ROT13"], "--profiles: unknown SRTP profile"),
    (["listen", "0", "-p", ONE, "--min-version", "1.1"], "“1.1” is no version of DTLS"),
    (["listen", "0", "-p", ONE, "--max-version", "1.0"], "the older one first"),
    (["listen", "0", "-p", ONE, "--plain-out", "0"], "expected a port from 1 to 65535"),
    (["listen", "0", "-p", ONE, "--plain-in", "7000", "--plain-rtcp-in", "127.0.0.1:7000"],
     "127.0.0.1:7000 is named twice"),
    (["listen", "0", "-p", ONE, "--profiles", "", "--plain-in", "0"],
     "--profiles: there is no media without an SRTP profile"),
    (["listen", "0", "-p", "@"], "“@” names no file: expected @FILE"),
    (["connect", "127.0.0.1:1", "-p", ONE, "--role", "boss"], "--role: expected client or server"),
    (["connect", "127.0.0.1:1", "-p", ONE, "--bind", "a:b:c"], "“a:b:c” is not an address"),
]


def wrong_ones_are_named(bench):
    for arguments, sentence in WRONG:
        refused = bench.run(*arguments, status=2)
        check(refused.err().startswith("tegata: "), refused.story())
        contains(refused.err(), sentence)
        equal(refused.out(), "")


def help_reads_the_same_everywhere(bench):
    top = bench.run("--help").out()
    equal(bench.run("help").out(), top)
    contains(top, "cert", "listen", "connect", "Examples:", "Exit status:", "--version")
    for command in ("listen", "connect"):
        text = bench.run(command, "--help").out()
        equal(bench.run("help", command).out(), text)
        equal(bench.run(command, "-h").out(), text)
        for group in ("Who is who:", "Handshake:", "Media", "Output:", "Examples:",
                      "Exit status:"):
            contains(text, group)
        longest = max(text.splitlines(), key=len)
        check(len(longest) <= 90, "a line is too long to read:", longest)
    contains(bench.run("listen", "--help").out(),
             "Serve one caller and end with it, whoever it is")


def version(bench):
    check(re.fullmatch(r"tegata \d+\.\d+\.\d+", bench.run("--version").out()))


def cert_keeps_the_fingerprint(bench):
    path = bench.cert("own.pem")
    expected = rig.fingerprint_of(path)
    for _ in range(2):
        listener = bench.listen("--cert", path)
        equal(listener.own(), expected)
        listener.address()
        listener.stop()
    listener, caller = bench.pair(listen=["--cert", path])
    equal(caller.wait_for(r"^peer: (.*)$").group(1), expected)
    caller.stop()
    equal(listener.wait_for(r"^peer: (.*)$").group(1), caller.own())


def peer_fingerprint_may_be_any_of_several(bench):
    path = bench.cert("own.pem")
    for beginning in ("a=fingerprint:", "fingerprint: ", "own: a=fingerprint:"):
        may_be_any(bench, path, beginning + rig.fingerprint_of(path).upper())


def may_be_any(bench, path, line):
    listener = bench.listen("--cert", path)
    caller = bench.tegata("connect", "%s:%d" % listener.address(), "--once",
                          "--fingerprint-out", listener.theirs,
                          "--peer-fingerprint", ONE, "--peer-fingerprint", line)
    caller.end()
    listener.stop()


def fingerprint_out_lives_as_long_as_we(bench):
    listener = bench.listen()
    listener.address()
    equal(listener.mine.read_text(), f"a=fingerprint:{listener.own()}\n")
    listener.stop()
    check(not listener.mine.exists(), "it is still there")


def sdp_lines_say_the_role(bench):
    listener, caller = bench.pair()
    listener.wait_for(r"^own: a=setup:passive$")
    caller.wait_for(r"^own: a=setup:active$")
    ids = {each.wait_for(r"^own: a=tls-id:(\S{20,})$").group(1) for each in (listener, caller)}
    equal(len(ids), 2)


def profiles_are_preferred_in_order(bench):
    for names, expected in [("AES128_CM_HMAC_SHA1_32", "SRTP_AES128_CM_HMAC_SHA1_32"),
                            ("AEAD_AES_256_GCM,AEAD_AES_128_GCM", "SRTP_AEAD_AES_256_GCM")]:
        listener, caller = bench.pair(["--profiles", names], ["--profiles", names])
        equal(caller.connected()[2], expected)
        equal(listener.connected()[2], expected)
        caller.stop()
        listener.stop()


def no_profile_is_no_trouble_without_media(bench):
    """Where that was asked for: on the other side it is missed."""
    listener, caller = bench.pair(["--profiles", ""], ["--profiles", ""])
    equal(caller.connected()[2], "no SRTP profile")
    caller.stop()
    listener.stop()
    listener = bench.listen("--profiles", "")
    caller = bench.call(listener)
    contains(caller.end(6).err(), ": there is no SRTP profile in common. Ours: AEAD_AES_128_GCM, "
             "AEAD_AES_256_GCM, AES128_CM_HMAC_SHA1_80. Look at --profiles on both sides")
    listener.stop()


def no_common_profile_fails_media(bench):
    listener = bench.listen("--profiles", "AEAD_AES_128_GCM", "--once", "--plain-in", "0")
    caller = bench.call(listener, "--profiles", "AEAD_AES_256_GCM", "--plain-in", "0")
    sentence = "media was asked for, and there is no SRTP profile in common"
    contains(caller.end(6).err(), sentence, "Ours: AEAD_AES_256_GCM. Look at --profiles")
    contains(listener.end(6).err(), sentence, "Ours: AEAD_AES_128_GCM. Look at --profiles")


def versions_are_a_range(bench):
    both = ["--min-version", "1.0", "--max-version", "1.0"]
    _, caller = bench.pair(both, both)
    equal(caller.connected()[0], "DTLS 1.0")
    _, caller = bench.pair(["--min-version", "1.0"], ["--max-version", "1.2"])
    equal(caller.connected()[0], "DTLS 1.2")


def versions_without_a_common_one_time_out(bench):
    listener = bench.listen()
    old = ["--min-version", "1.0", "--max-version", "1.0"]
    caller = bench.call(listener, *old, "--timeout", "1.5")
    contains(caller.end(5).err(), "the handshake was not complete within 1.5 s")


def version_1_3_is_there_or_refused(bench):
    """As libssl has it."""
    newest = ["--min-version", "1.3"]
    probe = bench.tegata("connect", f"{LOOPBACK}:{rig.free_port()}", "-p", ONE, *newest,
                         "--timeout", "0.5")
    status = probe.child.wait(rig.WAIT_S)
    if status == 2:
        contains(probe.end(2).err(), "--min-version", "this libssl has no DTLS 1.3")
        return
    probe.end(5)
    _, caller = bench.pair(newest, newest)
    equal(caller.connected()[0], "DTLS 1.3")


def mtu_holds_on_the_wire(bench):
    longest = {}
    for mtu in (256, 1200):
        listener = bench.listen("--mtu", mtu, "--once")
        relay = bench.relay(listener.address())
        bench.call(listener, "--mtu", mtu, "--once", port=relay.port).end()
        listener.end()
        longest[mtu] = max(len(datagram) for datagram in relay.dtls())
    check(longest[256] <= 256, longest)
    check(256 < longest[1200] <= 1200, longest)


def timeout_is_kept(bench):
    silent = bench.bind()
    caller = bench.run("connect", "%s:%d" % silent.getsockname(), "-p", ONE,
                       "--timeout", "0.7", status=5)
    contains(caller.err(), "within 0.7 s")


def key_log_is_appended_for_its_owner_alone(bench):
    path = bench.path("keys.txt")
    path.write_text("# before\n")
    path.chmod(0o644)
    for n_handshakes in (1, 2):
        listener, caller = bench.pair(connect=["--key-log", path])
        lines = path.read_text().splitlines()
        equal(lines[0], "# before")
        equal(len([line for line in lines if line.startswith("CLIENT_RANDOM ")]), n_handshakes)
        contains(caller.err(), f"writing keys to {path}: whoever has it can read the traffic")
        caller.stop()
        listener.stop()
    equal(stat.S_IMODE(path.stat().st_mode), 0o600)


def ladder_is_a_picture(bench):
    svg = bench.path("ladder.svg")
    listener = bench.listen()
    caller = bench.call(listener, "--once", "--ladder", svg).end()
    root = xml.etree.ElementTree.parse(svg).getroot()
    check(root.tag.endswith("svg"), root.tag)
    contains(svg.read_text(), "ClientHello", "Finished", "%s:%d" % listener.address())
    contains(caller.out(), "ClientHello", "HelloVerifyRequest", "Finished")
    listener.wait_for("ServerHello")


def stats_come_again_and_again(bench):
    listener, caller = bench.pair(["--stats", "0.2"], ["--stats", "0.2"])
    for each in (listener, caller):
        each.wait_for(r"^stats: sent \d+ packets, \d+ bytes .*retransmissions \d+", count=3)
    caller.stop().wait_for(r"^total: sent ")


def stats_are_one_live_line_on_a_terminal(bench):
    try:
        main, sub = pty.openpty()
    except OSError as error:
        raise rig.Skip(f"no terminal is to be had here: {error}") from error
    listener = bench.keep(subprocess.Popen(
        [bench.program, "listen", f"{LOOPBACK}:0", "--stats", "0.1", "-p", ONE], stdout=sub))
    os.close(sub)
    text = ""

    def read_until(n_times, part):
        nonlocal text
        while text.count(part) < n_times:
            readable, _, _ = select.select([main], [], [], rig.WAIT_S)
            check(readable and len(text) < 10000, f"no {n_times} x {part!r} in:", repr(text))
            text += os.read(main, 4096).decode()

    read_until(3, "\r\x1b[Kstats: ")
    listener.send_signal(signal.SIGINT)
    read_until(1, "closed: by Ctrl-C")
    os.close(main)
    contains(text, "nobody is connected\r\ntotal: nobody is connected\r\n")
    check("nobody is connected\r\nstats" not in text, repr(text))
    equal(listener.wait(rig.WAIT_S), 0)


def stats_tell_that_nobody_is_there(bench):
    bench.listen("--stats", "0.2").wait_for(r"^stats: nobody is connected")


def json_is_an_object_a_line(bench):
    listener = bench.listen("--json", "--once", "--stats", "0.2", "--plain-in", "0")
    host, port = listener.wait_event("ready")["listening"].split(":")
    caller = bench.tegata("connect", f"{host}:{port}", "--json", "--stats", "0.2",
                          "--peer-fingerprint", f"@{listener.mine}",
                          "--fingerprint-out", listener.theirs, "--plain-in", "0")
    caller.wait_event("connected")
    for each in (listener, caller):
        each.wait_for(r'"dtlsState":"connected"')
    caller.stop()
    listener.end()
    for each in (listener, caller):
        ready, connected = each.events("ready")[0], each.events("connected")[0]
        check(ready["sdp"][-1].startswith("a=fingerprint:sha-256 "), ready)
        check(ready["plain"].startswith(f"{LOOPBACK}:"), ready)
        equal(connected["version"], "DTLS 1.2")
        equal(connected["srtp_profile"], "SRTP_AEAD_AES_128_GCM")
        check(connected["cipher"].startswith("TLS_"), connected)
        names = [message["name"] for row in connected["ladder"] for message in row["messages"]]
        for name in ("ClientHello", "HelloVerifyRequest", "ServerHello", "Finished"):
            check(name in names, names)
        closed = each.events("closed")[0]
        equal(closed["exit_status"], 0)
        for name in ("packetsSent", "bytesSent", "packetsReceived", "bytesReceived", "dtlsState",
                     "dtlsRole", "tlsVersion", "dtlsCipher", "srtpCipher", "retransmissions",
                     "refused", "networkErrors", "plain"):
            check(name in closed["stats"], name, closed)
        equal(closed["stats"]["tlsVersion"], "FEFD")
        equal(closed["stats"]["srtpCipher"], "SRTP_AEAD_AES_128_GCM")
    own = caller.events("ready")[0]["sdp"][-1]
    equal("a=fingerprint:" + listener.events("connected")[0]["peer_fingerprint"], own)
    for side, by, words in ((caller, "us", "by Ctrl-C"), (listener, "peer", "by the peer")):
        closed = side.events("closed")[0]
        equal((closed["by"], closed["message"]), (by, words))
        check("dtlsState" in side.events("stats")[-1]["stats"], side.story())


def json_tells_failures(bench):
    silent = bench.bind()
    caller = bench.run("connect", "%s:%d" % silent.getsockname(), "-p", ONE, "--json",
                       "--timeout", "0.5", status=5)
    failed = caller.events("failed")[0]
    equal(failed["exit_status"], 5)
    contains(failed["message"], "within 0.5 s")
    equal(failed["stats"]["dtlsState"], "failed")
    check(failed["stats"]["retransmissions"] > 0, failed)


def once_ends_both(bench):
    listener = bench.listen("--once")
    caller = bench.call(listener, "--once").end()
    contains(caller.out(), "connected: ", "closed: by us")
    contains(listener.end().out(), "connected: ", "closed: by the peer")


def bind_is_where_we_call_from(bench):
    port = rig.free_port()
    listener = bench.listen()
    caller = bench.call(listener, "--once", "--bind", f"{LOOPBACK}:{port}").end()
    contains(listener.wait_for(r"^address: (.*)$").group(1), f"{LOOPBACK}:{port}")
    listener.stop()
    listener = bench.listen()
    bench.call(listener, "--once", "--bind", port).end()
    contains(listener.wait_for(r"^address: (.*)$").group(1), f"{LOOPBACK}:{port}")
    equal(caller.err(), "")


def role_may_be_the_server(bench):
    ports = [rig.free_port() for _ in range(2)]
    sides = []
    for role, name, other in (("server", "a", "b"), ("client", "b", "a")):
        index = len(sides)
        sides.append(bench.tegata(
            "connect", f"{LOOPBACK}:{ports[1 - index]}", "--bind", f"{LOOPBACK}:{ports[index]}",
            "--role", role, "--fingerprint-out", bench.path(name),
            "--peer-fingerprint", f"@{bench.path(other)}", "--json"))
        sides[-1].wait_event("ready")
    for side, role in zip(sides, ("server", "client")):
        side.wait_event("connected")
    sides[1].stop()
    sides[0].end()
    for side, role, setup in zip(sides, ("server", "client"), ("passive", "active")):
        equal(side.events("closed")[0]["stats"]["dtlsRole"], role)
        equal(side.events("ready")[0]["sdp"][0], f"a=setup:{setup}")


def need_ipv6():
    try:
        rig.bind("::1").close()
    except OSError as error:
        raise Skip(f"no IPv6 on this machine: {error}") from None


def a_name_with_both_families_is_taken_as_ipv4(bench):
    listener = bench.listen()
    _, port = listener.address()
    caller = bench.tegata("connect", f"localhost:{port}", "-p", f"@{listener.mine}",
                          "--fingerprint-out", listener.theirs, "--once").end()
    contains(caller.out(), f"calling: {LOOPBACK}:{port}")


def without_a_host_all_addresses_are_listened_on(bench):
    need_ipv6()
    listener = bench.listen("--plain-in", "0", where="0")
    host, port = listener.address()
    equal(host, "[::]")
    for count, where in enumerate((LOOPBACK, "[::1]"), 1):
        caller = bench.tegata("connect", f"{where}:{port}", "-p", f"@{listener.mine}",
                              "--fingerprint-out", listener.theirs, "--cert",
                              bench.cert("caller.pem") if count == 1 else bench.path("caller.pem"),
                              "--once").end()
        contains(caller.out(), f"calling: {where}:{port}")
        peer = listener.wait_for(r"^address: (.*):\d+$", count=count).group(1)
        equal(peer, where)
        listener.wait_for(r"ServerHello", count=count)
    listener.stop()


def ipv6_in_brackets(bench):
    need_ipv6()
    listener = bench.listen(where="[::1]:0")
    host, port = listener.address()
    equal(host, "[::1]")
    bench.call(listener, "--once", port=port).end()


if __name__ == "__main__":
    rig.main("tegata-options", sys.argv[1], [
        wrong_ones_are_named, help_reads_the_same_everywhere, version,
        cert_keeps_the_fingerprint, peer_fingerprint_may_be_any_of_several,
        fingerprint_out_lives_as_long_as_we, sdp_lines_say_the_role,
        profiles_are_preferred_in_order, no_profile_is_no_trouble_without_media,
        no_common_profile_fails_media, versions_are_a_range,
        versions_without_a_common_one_time_out, version_1_3_is_there_or_refused,
        mtu_holds_on_the_wire, timeout_is_kept, key_log_is_appended_for_its_owner_alone,
        ladder_is_a_picture, stats_come_again_and_again, stats_tell_that_nobody_is_there,
        stats_are_one_live_line_on_a_terminal,
        json_is_an_object_a_line, json_tells_failures, once_ends_both,
        bind_is_where_we_call_from, role_may_be_the_server,
        a_name_with_both_families_is_taken_as_ipv4,
        without_a_host_all_addresses_are_listened_on, ipv6_in_brackets])
