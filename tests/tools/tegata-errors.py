#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tegata listen and tegata connect say, and how they end, where something is wrong.
tegata-errors.py TEGATA. TAP.

The network that vanishes is a network namespace of our own, where that is permitted: the
program starts itself in one, as tegata-errors.py TEGATA --case NAME.
"""

import os
import re
import shutil
import stat
import subprocess
import sys

import tegata_rig as rig
from tegata_rig import LOOPBACK, Skip, check, contains, equal

ONE = "sha-256 " + ":".join(["AB"] * 32)


def target(receiver):
    return "%s:%d" % receiver.getsockname()


def a_port_in_use(bench):
    where = target(bench.bind())
    for arguments in (["listen", where], ["connect", f"{LOOPBACK}:9", "--bind", where],
                      ["listen", f"{LOOPBACK}:0", "--plain-in", where]):
        refused = bench.run(*arguments, "-p", ONE, status=3)
        contains(refused.err(), "tegata: another program receives at", where, "Take another port")
        equal(refused.out(), "")


def a_missing_file(bench):
    missing, nowhere = bench.path("none.pem"), bench.path("none") / "file"
    for option, path, sentence in [
            ("--cert", missing, "No such file or directory"),
            ("--key-log", nowhere, "No such file or directory"),
            ("--fingerprint-out", nowhere, "No such file or directory"),
            ("--ladder", nowhere, "takes no file")]:
        refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, option, path, status=3)
        contains(refused.err(), sentence, str(path.parent))


def a_key_log_that_somebody_else_placed(bench):
    victim, trap = bench.path("victim"), bench.path("trap")
    victim.write_text("x")
    victim.chmod(0o644)
    trap.symlink_to(victim)
    for each in ("link", "pipe"):
        refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, "--key-log", trap, status=3)
        contains(refused.err(), str(trap), "expected a regular file of this user")
        trap.unlink()
        if each == "link":
            os.mkfifo(trap)
    equal((victim.read_text(), stat.S_IMODE(victim.stat().st_mode)), ("x", 0o644))


def json_tells_that_it_could_not_begin(bench):
    missing = bench.path("none.pem")
    refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, "--cert", missing, "--json", status=3)
    failed = refused.events("failed")[0]
    equal(failed["exit_status"], 3)
    contains(failed["message"], str(missing), "No such file")
    contains(refused.err(), "tegata: ", failed["message"])
    refused = bench.run("listen", f"{LOOPBACK}:0", "--json", status=3)
    equal(refused.events("failed")[0]["exit_status"], 3)


def a_file_that_is_no_certificate(bench):
    path = bench.path("bad.pem")
    path.write_text("nothing of use\n")
    refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, "--cert", path, status=3)
    contains(refused.err(), "bad.pem", "no certificate")
    good = bench.cert("own.pem").read_text()
    path.write_text(good[good.index("-----BEGIN CERTIFICATE"):])
    refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, "--cert", path, status=3)
    contains(refused.err(), "bad.pem", "private key")


def a_certificate_that_cannot_serve(bench):
    path = bench.cert("own.pem", "--key", "ed25519")
    refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, "--cert", path, status=3)
    contains(refused.err(), "Ed25519")
    out = bench.path("own.txt")
    refused = bench.run("connect", f"{LOOPBACK}:9", "--role", "server", "-p", ONE, "--cert", path,
                        "--fingerprint-out", out, status=3)
    contains(refused.err(), "Ed25519")
    check(not out.exists(), "its fingerprint is still there")


def a_host_that_nobody_knows(bench):
    host = "x" * 64  # more than a label may have, so that no server is asked
    refused = bench.run("connect", f"{host}:5000", "-p", ONE, status=3)
    contains(refused.err(), f"“{host}:5000”")


def a_fingerprint_file_that_has_none(bench):
    path = bench.path("peer.txt")
    path.write_text("a=setup:active\n")
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "-p", f"@{path}")
    contains(listener.end(3).err(), "peer.txt", "no fingerprint in it")


def garbage_as_a_fingerprint_file(bench):
    """Found before anybody is called; and it may be a secret, so it is not quoted."""
    heard = bench.bind()
    pem = bench.cert("own.pem")
    key = pem.read_text().splitlines()[1]
    for content, sentence in [
            (pem.read_bytes(), f"own.pem is PEM, not a fingerprint: tegata cert --read {pem} prints"),
            (key.encode() + b"\n", "line 1: it does not begin as a fingerprint"),
            (b"a=setup:active\n" + key.encode(), "line 2: it does not begin as a fingerprint"),
            (b"a=fingerprint:sha-256 AB:C\n", 'line 1: fingerprint line 1: found "C"'),
            (b"sha-256 AB\0" + key.encode(), "is no text"),
            (b"a=setup:active\n" * 10000, "is too long")]:
        pem.write_bytes(content)
        refused = bench.run("connect", target(heard), "-p", f"@{pem}", status=3)
        contains(refused.err(), str(pem), sentence)
        check(key[:8] not in refused.err(), refused.story())
        equal(refused.out(), "")
    refused = bench.run("connect", target(heard), "-p", f"@{bench.directory}", status=3)
    contains(refused.err(), f"{bench.directory} is a directory: expected a file of a=fingerprint")
    heard.setblocking(False)
    try:
        check(False, "somebody was called", heard.recv(2048))
    except BlockingIOError:
        pass


def a_line_that_is_pasted_by_mistake_is_not_repeated(bench):
    listener = bench.tegata("listen", f"{LOOPBACK}:0", stdin=subprocess.PIPE)
    listener.wait_for("paste its a=fingerprint lines")
    listener.write("MIGHAgEAMBMGByqGSM49AgEG\n")
    listener.wait_for("a line was passed over: it does not begin as a fingerprint")
    check("MIGH" not in listener.story(), listener.story())


def a_file_that_would_be_lost_is_kept(bench):
    """A key before all, which is one letter off."""
    pem = bench.cert("own.pem")
    before = pem.read_text()
    for option, name in (("--fingerprint-out", "fingerprints"), ("--ladder", "drawing")):
        refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, "--cert", pem, option, pem,
                            status=3)
        contains(refused.err(), f"{pem}", "exists, and is no ", f"{name}: take another name")
        equal(pem.read_text(), before)
        refused = bench.run("listen", f"{LOOPBACK}:0", "-p", ONE, option, bench.directory, status=3)
        contains(refused.err(), f"{bench.directory} is a directory: name a file")


def our_own_earlier_file_is_replaced(bench):
    for old in ("", f"a=fingerprint:{ONE}\n"):
        listener = bench.listen()
        listener.address()
        equal(listener.mine.read_text(), f"a=fingerprint:{listener.own()}\n")
        listener.stop()
        listener.mine.write_text(old)
        again = bench.tegata("listen", f"{LOOPBACK}:0", "-p", ONE, "--fingerprint-out",
                             listener.mine)
        again.address()
        equal(listener.mine.read_text(), f"a=fingerprint:{again.own()}\n")
        again.stop()


def a_file_that_somebody_else_wrote_since_is_kept(bench):
    listener = bench.listen()
    listener.address()
    listener.mine.write_text(f"a=fingerprint:{ONE}\n")
    listener.stop()
    equal(listener.mine.read_text(), f"a=fingerprint:{ONE}\n")


def standard_input_without_a_fingerprint(bench):
    listener = bench.tegata("listen", f"{LOOPBACK}:0", stdin=subprocess.DEVNULL)
    contains(listener.end(3).err(), "standard input ended without a fingerprint of the peer",
             "--peer-fingerprint")


def a_peer_that_never_answers(bench):
    silent = bench.bind()
    caller = bench.run("connect", target(silent), "-p", ONE, "--timeout", "1", status=5)
    contains(caller.err(), target(silent), "was not complete within 1.0 s",
             "no datagram came from the peer")
    contains(caller.out(), "-- ClientHello", "retransmission", "total: ")


def a_client_that_never_comes(bench):
    silent = bench.bind()
    caller = bench.run("connect", target(silent), "-p", ONE, "--timeout", "0.5", "--role",
                       "server", status=5)
    contains(caller.err(), "was not complete within 0.5 s")


def nobody_listens_yet(bench):
    """And then somebody does."""
    port = rig.free_port()
    pems = [bench.cert(name) for name in ("a.pem", "b.pem")]
    prints = [rig.fingerprint_of(pem) for pem in pems]
    caller = bench.tegata("connect", f"{LOOPBACK}:{port}", "-p", prints[0], "--cert", pems[1],
                          "--once")
    caller.wait_for(rf"^network: Connection refused: nobody listens at {LOOPBACK}:{port} yet; "
                    r"trying for (30|29) s more$")
    listener = bench.tegata("listen", f"{LOOPBACK}:{port}", "-p", prints[1], "--cert", pems[0],
                            "--once")
    caller.end()
    listener.end()


def nobody_ever_listens(bench):
    port = rig.free_port()
    caller = bench.run("connect", f"{LOOPBACK}:{port}", "-p", ONE, "--timeout", "1", "--json",
                       status=5)
    message = caller.events("network-error")[0]["message"]
    check(re.search(r"^Connection refused: .*; trying for [01]\.\d s more$", message), message)
    failed = caller.events("failed")[0]
    check(failed["stats"]["networkErrors"] > 0, caller.story())
    n_answers = failed["stats"]["networkErrors"]
    contains(failed["message"], "was not complete within 1.0 s: nothing listens on that port "
             f"there (the machine answered so {'once' if n_answers == 1 else f'{n_answers} times'})")


def a_listener_that_restarts(bench):
    """Its keys are gone, and it has no way to say so."""
    path, port = bench.cert("a.pem"), rig.free_port()
    listener = bench.listen("--cert", path, where=f"{LOOPBACK}:{port}")
    caller = bench.call(listener, "--plain-in", "0")
    caller.connected()
    listener.child.kill()
    listener.child.wait()
    with rig.bind() as sender:
        sender.sendto(rig.rtp(1), caller.address("plain"))
        caller.wait_for("any more; sending on$")
        bench.tegata("listen", f"{LOOPBACK}:{port}", "--cert", path, "-p", ONE).address()
        sender.sendto(rig.rtp(2), caller.address("plain"))
    caller.wait_for(r"^warning: .*the peer may have restarted: end this and call again$")
    caller.stop()
    equal(caller.out().count("warning: "), 1, caller.story())


def media_of_an_earlier_run(bench):
    """Told once for each, and few; not of who has left, whose last packets are late."""
    listener = bench.listen()
    relay = bench.relay(listener.address())
    caller = bench.call(listener, port=relay.port)
    listener.connected()
    caller.connected()    # who is in the handshake still has no closing to say
    caller.stop()
    listener.wait_for(r"^closed: by the peer")
    upstream, = relay.upstreams.values()
    upstream.sendto(rig.rtp(1), listener.address())
    strangers = [bench.bind() for _ in range(3)]
    for stranger in strangers * 2:
        stranger.sendto(rig.rtp(1), listener.address())
    listener.wait_for(rf"^warning: media from {target(strangers[0])}, with whom there is no "
                      r"association \(an earlier run's\?\): it has to call again$")
    # whose hello comes behind all of that
    bench.call(listener).wait_for(r"^calling: ")
    listener.wait_for(r"wrong fingerprint: ", stream="err")
    contains(listener.stop().out(), "7 media without an association")
    equal(listener.out().count("warning: "), 1, listener.story())


def two_clients(bench):
    """Told when the first hello comes, and not when the time is over."""
    ports = [rig.free_port() for _ in range(2)]
    sides = [bench.tegata("connect", f"{LOOPBACK}:{ports[1 - n]}", "--bind",
                          f"{LOOPBACK}:{ports[n]}", "-p", ONE) for n in range(2)]
    for side in sides:
        side.wait_for(r"^warning: \S+: the peer is a client too: .*Trying for \d+ s more$")
    for side in sides:
        side.stop()
        equal(side.out().count("warning: "), 1, side.story())


def two_clients_repeat_themselves(bench):
    """And neither of them begins anew by what the other one says."""
    ports = [rig.free_port() for _ in range(2)]
    sides = [bench.tegata("connect", f"{LOOPBACK}:{ports[1 - n]}", "--bind",
                          f"{LOOPBACK}:{ports[n]}", "-p", ONE, "--timeout", "5")
             for n in range(2)]
    for side in sides:
        out = side.end(5).out()
        for row in (r"\|-- ClientHello -+ retransmission ->\|",
                    r"\|<- ClientHello -+ retransmission --\|"):
            check(re.search(row, out), side.story())
        check("begins anew" not in out, side.story())


def no_version_in_common(bench):
    listener = bench.listen()
    old = ["--min-version", "1.0", "--max-version", "1.0"]
    caller = bench.call(listener, *old, "--timeout", "3")
    listener.wait_for(rf"^warning: {LOOPBACK}:\d+: the last ClientHello was refused: no DTLS "
                      r"version in common \(here 1.2 alone\): look at --min-version")
    contains(caller.end(5).out(), "refuses: protocol_version (70): look at --min-version")
    listener.stop()
    equal(listener.out().count("warning: "), 1, listener.story())


def no_cipher_in_common(bench):
    if shutil.which("openssl") is None:
        raise Skip("openssl is not installed")
    listener = bench.listen()
    caller = bench.process("openssl", "s_client", "-dtls1_2", "-connect",
                           "%s:%d" % listener.address(), "-cipher", "AES128-SHA")
    listener.wait_for(r"the last ClientHello was refused: no cipher suite in common: ")
    caller.kill()


def nobody_listens_any_more(bench):
    listener, caller = bench.pair(connect=["--plain-in", "0"])
    listener.child.kill()
    listener.child.wait()
    with rig.bind() as sender:
        for sequence in range(1, 4):
            sender.sendto(rig.rtp(sequence), caller.address("plain"))
    caller.wait_for(r"^network: Connection refused: nobody listens at \S+ any more; sending on$")
    caller.stop()


def tells_what_to_compare(side, expected, found):
    text = side.err()
    contains(text, "wrong fingerprint: ", "is not the peer that was named",
             'Compare the found one with what the peer prints as "own:"',
             "the wrong one was given", "somebody is in between")
    if '"event"' in side.out():
        failed = side.events("failed")[0]
        equal((failed["expected"], failed["found"]), ([expected], found))
        equal(failed["exit_status"], 4)
    lines = text.splitlines()
    shown = {word: line for line in lines for word in ("expected", "found")
             if line.split()[:1] == [word]}
    equal(shown["expected"].split(None, 1)[1], expected)
    equal(shown["found"].split(None, 1)[1], found)
    equal(shown["expected"].index("sha-256"), shown["found"].index("sha-256"), *lines)
    equal(lines.index(shown["found"]), lines.index(shown["expected"]) + 1, *lines)


def a_wrong_fingerprint_of_the_listener(bench):
    listener = bench.listen()
    for json in ([], ["--json"]):
        caller = bench.tegata("connect", "%s:%d" % listener.address(), "-p", ONE, *json).end(4)
        tells_what_to_compare(caller, ONE, listener.own())


def a_wrong_fingerprint_of_the_caller(bench):
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "-p", ONE, "--once",
                            "--fingerprint-out", bench.path("own.txt"))
    caller = bench.tegata("connect", "%s:%d" % listener.address(), "-p",
                          f"@{bench.path('own.txt')}", "--timeout", "2")
    own = caller.own()
    tells_what_to_compare(listener.end(4), ONE, own)
    contains(caller.end(5).err(), "bad_certificate")
    contains(caller.out(), "warning: somebody who may be the peer refuses: bad_certificate (42)"
             ': it most likely was given another fingerprint than "own:" above')


def a_wrong_fingerprint_that_comes_late(bench):
    path = bench.path("later.txt")
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "-p", f"@{path}", "--once",
                            "--fingerprint-out", bench.path("own.txt"))
    caller = bench.tegata("connect", "%s:%d" % listener.address(), "-p",
                          f"@{bench.path('own.txt')}")
    listener.wait_for(r"the handshake is complete$")
    path.write_text(ONE + "\n")
    tells_what_to_compare(listener.end(4), ONE, caller.own())
    contains(caller.end(0).out(), "closed: by the peer")


def a_listener_goes_on_when_somebody_else_called(bench):
    listener = bench.listen()
    good = bench.cert("good.pem")
    listener.theirs.write_text(f"a=fingerprint:{rig.fingerprint_of(good)}\n")
    wrong = bench.tegata("connect", "%s:%d" % listener.address(), "-p", f"@{listener.mine}",
                         "--timeout", "1")
    listener.wait_for(r"^tegata: wrong fingerprint: ", stream="err")
    wrong.end(5)
    bench.tegata("connect", "%s:%d" % listener.address(), "-p", f"@{listener.mine}", "--cert",
                 good, "--once").end()
    listener.stop()


def a_peer_that_leaves_before_it_was_verified(bench):
    listener = bench.tegata("listen", f"{LOOPBACK}:0", "-p", f"@{bench.path('none')}", "--once",
                            "--fingerprint-out", bench.path("own.txt"))
    caller = bench.tegata("connect", "%s:%d" % listener.address(), "-p",
                          f"@{bench.path('own.txt')}", "--once")
    caller.end()
    contains(listener.end(1).err(), "the peer closed before it was verified")


def a_relay_that_goes_silent(bench):
    """In the handshake: after the first answer nothing comes through."""
    listener = bench.listen()
    relay = bench.relay(listener.address(), keep=lambda to_server, datagram: (
        to_server and datagram[0] == 22 and datagram[13] == 1) or (
        not to_server and datagram[13] == 3))
    caller = bench.call(listener, "--timeout", "1.5", port=relay.port)
    contains(caller.end(5).err(), "was not complete within 1.5 s")
    contains(caller.out(), "HelloVerifyRequest", "ClientHello (cookie)", "retransmission")
    listener.stop()


def media_sequence(datagram):
    """It is in the clear in SRTP. None of what is no media."""
    return int.from_bytes(datagram[2:4], "big") if datagram[0] >> 6 == 2 else None


def a_network_that_comes_back(bench):
    """While media flows: what was sent meanwhile is lost, and nothing ends."""
    out = bench.bind()
    listener = bench.listen("--plain-out", target(out))
    relay = bench.relay(listener.address(), keep=lambda to_server, datagram: (
        media_sequence(datagram) != 2))
    caller = bench.call(listener, "--plain-in", "0", "--stats", "0.1", port=relay.port)
    listener.connected()
    caller.connected()
    with rig.bind() as sender:
        for sequence in range(1, 4):
            sender.sendto(rig.rtp(sequence), caller.address("plain"))
            caller.wait_for(rf"^stats: .*secured {sequence}\b")
    equal([out.recv(2048) for _ in range(2)], [rig.rtp(1), rig.rtp(3)])
    equal([sequence for _, datagram in relay.seen
           if (sequence := media_sequence(datagram)) is not None], [1, 2, 3])
    caller.stop()
    listener.stop()


# Interfaces without a network behind them: what a kernel has of these depends on how it was made.
KINDS = ("dummy", "bridge", "veth", "ifb")


# In a user namespace, so that it takes no root.
UNSHARE = ("unshare", "--map-root-user", "--net")


def link(*words):
    subprocess.run(["ip", *words], check=True)


def bring_up():
    for kind in KINDS:
        made = subprocess.run(["ip", "link", "add", "gone0", "type", kind], check=False,
                              capture_output=True)
        if made.returncode == 0:
            break
    link("address", "add", "192.0.2.1/24", "dev", "gone0")
    link("link", "set", "gone0", "up")


UNREACHABLE = r"^network: Network is unreachable: this machine has no route to 192\.0\.2\.\d+:\d+"


def inside_the_interface_is_gone_in_the_handshake(bench):
    link("link", "set", "lo", "up")
    bring_up()
    caller = bench.tegata("connect", "192.0.2.7:5000", "-p", ONE, "--timeout", "4")
    caller.wait_for(r"^calling: ")
    link("link", "del", "gone0")
    caller.wait_for(UNREACHABLE + r"; trying for \d s more$")
    contains(caller.end(5).err(), "was not complete within 4.0 s")


def inside_the_interface_is_gone_and_comes_back(bench):
    link("link", "set", "lo", "up")
    bring_up()
    out = bench.bind()
    listener = bench.listen("--plain-out", target(out), where="0.0.0.0:0")
    _, port = listener.address()
    caller = bench.tegata("connect", f"192.0.2.1:{port}", "-p", f"@{listener.mine}",
                          "--fingerprint-out", listener.theirs, "--plain-in", "0")
    listener.connected()
    caller.connected()
    with rig.bind() as sender:
        sender.sendto(rig.rtp(1), caller.address("plain"))
        equal(out.recv(2048), rig.rtp(1))
        link("link", "del", "gone0")
        sender.sendto(rig.rtp(2), caller.address("plain"))
        caller.wait_for(UNREACHABLE + r"; sending on$")
        bring_up()
        sender.sendto(rig.rtp(3), caller.address("plain"))
        equal(out.recv(2048), rig.rtp(3))
    caller.stop()
    listener.wait_for(r"^closed: by the peer")


INSIDE = {case.__name__: case for case in (inside_the_interface_is_gone_in_the_handshake,
                                           inside_the_interface_is_gone_and_comes_back)}


def in_a_namespace(bench, case):
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            raise Skip(f"{tool} is not installed")
    attempts = " || ".join(f"ip link add gone0 type {kind}" for kind in KINDS)
    probe = subprocess.run([*UNSHARE, "sh", "-c", attempts], check=False,
                           capture_output=True, text=True)
    if probe.returncode != 0:
        raise Skip(f"no network namespace with an interface: {probe.stderr.split(chr(10))[0]}")
    inside = bench.process(*UNSHARE, sys.executable, __file__, bench.program, "--case",
                           case.__name__)
    inside.child.wait(2 * rig.WAIT_S)
    check(re.search("^ok 1 ", inside.end(0).out(), re.MULTILINE), inside.story())


def an_interface_that_is_gone_in_the_handshake(bench):
    in_a_namespace(bench, inside_the_interface_is_gone_in_the_handshake)


def an_interface_that_is_gone_and_comes_back(bench):
    in_a_namespace(bench, inside_the_interface_is_gone_and_comes_back)


if __name__ == "__main__":
    if sys.argv[2:3] == ["--case"]:
        rig.main("inside", sys.argv[1], [INSIDE[sys.argv[3]]])
        sys.exit()
    rig.main("tegata-errors", sys.argv[1], [
        a_port_in_use, a_missing_file, a_key_log_that_somebody_else_placed,
        a_file_that_is_no_certificate,
        a_certificate_that_cannot_serve, a_host_that_nobody_knows,
        a_fingerprint_file_that_has_none, garbage_as_a_fingerprint_file,
        a_line_that_is_pasted_by_mistake_is_not_repeated, a_file_that_would_be_lost_is_kept,
        our_own_earlier_file_is_replaced, a_file_that_somebody_else_wrote_since_is_kept,
        standard_input_without_a_fingerprint,
        a_peer_that_never_answers, a_client_that_never_comes, nobody_listens_yet,
        nobody_ever_listens, a_listener_that_restarts, media_of_an_earlier_run, two_clients, two_clients_repeat_themselves, no_version_in_common,
        no_cipher_in_common, json_tells_that_it_could_not_begin, nobody_listens_any_more, a_wrong_fingerprint_of_the_listener,
        a_wrong_fingerprint_of_the_caller, a_wrong_fingerprint_that_comes_late,
        a_listener_goes_on_when_somebody_else_called,
        a_peer_that_leaves_before_it_was_verified, a_relay_that_goes_silent,
        a_network_that_comes_back, an_interface_that_is_gone_in_the_handshake,
        an_interface_that_is_gone_and_comes_back])
