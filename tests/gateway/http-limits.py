#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the gateway bears, and what is left of it: sessions, files, threads, connections.

http-limits.py GATEWAY WHEP-VIEW: TAP.
"""

import contextlib
import functools
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

from gateway_rig import PUBLISH, WATCH, begin, find_line
from tegata_rig import LOOPBACK, Skip, await_true, bind, check, contains, equal, main

N_FLOOD = 200
HEADERS = b"POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"


def run(bench, *arguments):
    return subprocess.run([bench.program, *arguments], capture_output=True, text=True,
                          timeout=60, check=False)


# what GLib and GStreamer make for themselves some time: far less than one for each session
SLACK = 4


class Usage:
    """What a gateway has once it has had somebody: nobody may change it for long."""

    def __init__(self, gateway):
        session, _ = gateway.join()
        gateway.delete(session)
        self.gateway = gateway
        self.await_nobody()
        await_true(lambda: gateway.status()["tracks"]["video"]["packets"] > 0, "it shows")
        self.files, self.threads = gateway.n_files(), gateway.n_threads()

    def await_nobody(self):
        await_true(lambda: self.gateway.status()["sessions"]["now"] == 0, "nobody is there")

    def await_as_before(self):
        self.await_nobody()
        await_true(lambda: self.gateway.n_files() <= self.files + SLACK,
                   f"there are {self.files} files again")
        await_true(lambda: self.gateway.n_threads() <= self.threads + SLACK,
                   f"there are {self.threads} threads again")


def forgets_who_never_connects(bench):
    gateway = begin(bench, "--connect-timeout", "2")
    usage = Usage(gateway)
    for _ in range(N_FLOOD):
        gateway.join()
    check(gateway.n_files() > usage.files + 50, "they take files")
    gateway.wait_for(r": gone: not connected within 2 s: ICE found no way", count=N_FLOOD)
    usage.await_as_before()
    equal(gateway.status()["sessions"], {"now": 0, "ever": N_FLOOD + 1, "failed": 0,
                                         "timedOut": N_FLOOD})


def lets_in_so_many_and_no_more(bench):
    gateway = begin(bench, "--max-sessions", "2")
    session, _ = gateway.join()
    gateway.join()
    answer = gateway.post().expect(503, "--max-sessions")
    check(int(answer.headers["Retry-After"]) > 0, answer)
    gateway.delete(session)
    gateway.join()


def forgets_who_leaves(bench, whep_view):
    gateway = begin(bench)
    usage = Usage(gateway)
    watch(bench, whep_view, gateway, "--viewers", "10", "--frames", "1", "--rate", "10").end()
    gateway.wait_for(r"^viewer \d+: connected, DTLS 1\.[23], TLS_\w+, SRTP_\w+$", count=10)
    gateway.wait_for(r"^viewer \d+: gone: it (ended|said)", count=11)
    usage.await_as_before()
    equal(gateway.status()["sessions"]["failed"], 0)


def forgets_who_is_gone_without_a_word(bench, whep_view):
    """RTCP that came each second stays away for 30 seconds."""
    gateway = begin(bench)
    usage = Usage(gateway)
    viewer = watch(bench, whep_view, gateway)
    gateway.wait_for(r"^viewer 2: connected, ")
    before = n_received(gateway)
    await_true(lambda: n_received(gateway) > before + 1, "it reports")
    viewer.kill()
    gateway.wait_for(r"^viewer 2: gone: nothing has come from it for 30 s$")
    usage.await_as_before()
    equal(gateway.status()["sessions"]["failed"], 1)


def n_received(gateway):
    return gateway.status()["viewers"][0]["transport"]["packetsReceived"]


def watch(bench, whep_view, gateway, *arguments):
    return bench.process(whep_view, gateway.url + "whep", *arguments)


def await_end(connection, what):
    """The gateway closes it."""
    with contextlib.suppress(ConnectionResetError):
        equal(connection.recv(65536), b"", what)


def waits_for_nobody(bench):
    gateway = begin(bench)
    slow = [gateway.connect() for _ in range(4)]
    slow[1].sendall(b"POST /whep HT")
    slow[2].sendall(HEADERS)
    slow[3].sendall(HEADERS + b"Content-Length: 1000\r\n\r\nv=0\r\n")
    for connection in slow:
        bench.keep(connection)
    began = time.monotonic()
    gateway.post().expect(201)
    for number, connection in enumerate(slow):
        await_end(connection, f"connection {number}")
    check(time.monotonic() - began > 2, "they had some time")
    gateway.post().expect(201)


def takes_a_drip_for_slow(bench):
    """A byte now and then is no progress."""
    gateway = begin(bench)
    connection = bench.keep(gateway.connect())
    connection.sendall(HEADERS + b"Content-Length: 60000\r\n\r\n")
    connection.settimeout(0.2)
    deadline = time.monotonic() + 60
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < deadline:
            connection.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                check(connection.recv(65536) == b"", "it was answered")
                return
        check(False, "it waits and waits")


def turns_connections_down_that_are_too_many(bench):
    gateway = begin(bench, "--max-sessions", "1")
    idle = [bench.keep(gateway.connect()) for _ in range(200)]
    await_true(lambda: gateway.n_files() > 60, "they have come in")
    check(gateway.n_files() < 120, "some were turned down")
    for connection in idle:
        connection.close()
    await_status(gateway)


def await_status(gateway):
    def is_served():
        try:
            return gateway.ask("GET", "/status").status == 200
        except OSError:
            return False

    await_true(is_served, "it serves again")


def knows_how_many_files_there_are(bench):
    """Where they run out GLib ends the program, and so would anybody else."""
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        raise Skip("no prlimit")
    gateway = begin(bench, before=(prlimit, "--nofile=256:256"))
    said = gateway.wait_for(r"(\d+) sessions are all that 256 open files", "err")
    n_sessions = int(said.group(1))
    check(1 < n_sessions < 128, n_sessions)
    idle = [bench.keep(gateway.connect()) for _ in range(200)]
    await_true(lambda: gateway.n_files() > 60, "they have come in")
    for connection in idle[:100]:
        connection.close()
    await_status(gateway)
    for connection in idle:
        connection.close()
    for _ in range(n_sessions):
        gateway.join()
    gateway.post().expect(503, f"{n_sessions} sessions")
    check(gateway.n_files() < 256, gateway.n_files())
    await_status(gateway)


def minds_no_nonsense(bench):
    gateway = begin(bench)
    for text in (b"\0" * 2000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00",
                 b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                 b"POST /whep HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 b"POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                 b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a" * 200000):
        with contextlib.closing(gateway.connect()) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
    gateway.post().expect(201)
    check(gateway.child.poll() is None, gateway.story())
    equal(gateway.err(), "")


def refuses_a_long_body_before_it_comes(bench):
    gateway = begin(bench)
    connection = bench.keep(gateway.connect())
    connection.sendall(HEADERS + b"Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n")
    contains(connection.recv(65536).decode(), "HTTP/1.1 413 ")


def says_goodbye_to_all(bench, whep_view):
    gateway = begin(bench, "--video-out", f"{LOOPBACK}:9")
    viewer = watch(bench, whep_view, gateway)
    gateway.wait_for(r"^viewer 1: connected, ")
    gateway.join("/whip", PUBLISH)
    for _ in range(20):
        gateway.join()
    began = time.monotonic()
    gateway.stop(0)
    check(time.monotonic() - began < 20, "it takes its time")
    gateway.wait_for(r"^viewer 1: gone: the gateway ends$")
    gateway.wait_for(r"^publisher 1: gone: the gateway ends$")
    viewer.child.wait(60)  # it was told: no more waiting for ICE


def ends_while_an_answer_is_due(bench):
    """Its STUN server does not answer."""
    nobody = bench.bind()
    gateway = begin(bench, "--stun", f"{LOOPBACK}:{nobody.getsockname()[1]}")
    connection = bench.keep(gateway.connect())
    offer = WATCH.encode()
    connection.sendall(HEADERS + f"Content-Length: {len(offer)}\r\n\r\n".encode() + offer)
    await_true(lambda: gateway.status()["sessions"]["now"] == 1, "it is there")
    gateway.signal(signal.SIGTERM)
    gateway.end(0)


def forgets_who_does_not_wait_for_the_answer(bench):
    nobody = bench.bind()
    gateway = begin(bench, "--stun", f"{LOOPBACK}:{nobody.getsockname()[1]}",
                    "--connect-timeout", "600")
    offer = WATCH.encode()
    with contextlib.closing(gateway.connect()) as connection:
        connection.sendall(HEADERS + f"Content-Length: {len(offer)}\r\n\r\n".encode() + offer)
        await_true(lambda: gateway.status()["sessions"]["now"] == 1, "it is there")
    gateway.wait_for(r"^viewer 1: gone: it did not wait for the answer$")
    equal(gateway.status()["sessions"]["now"], 0)


def make_certificate(bench, name="gateway"):
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Skip("no openssl")
    certificate, key = bench.path(f"{name}.pem"), bench.path(f"{name}.key")
    subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=gateway", "-addext", f"subjectAltName=IP:{LOOPBACK}", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True)
    return certificate, key


def serves_https(bench):
    certificate, key = make_certificate(bench)
    gateway = begin(bench, "--tls-certificate", certificate, "--tls-key", key)
    check(gateway.url.startswith("https://"), gateway.url)
    gateway.authority = certificate
    gateway.ask("GET", "/").expect(200, "<html")
    session, _ = gateway.join()
    gateway.delete(session)
    with contextlib.closing(gateway.connect()) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            check(b"HTTP/1.1" not in plain.recv(65536), "it speaks HTTP in the clear")
    silent = bench.keep(gateway.connect())  # no handshake ever
    gateway.ask("GET", "/").expect(200)
    await_end(silent, "who never begins")
    together = bench.path("both.pem")
    together.write_text(certificate.read_text() + key.read_text())
    begin(bench, "--tls-certificate", together)


def says_what_is_wrong_with_its_files(bench):
    certificate, _ = make_certificate(bench)
    _, other_key = make_certificate(bench, "other")
    missing = bench.path("missing.pem")
    for arguments, words in [
            (["--tls-certificate", missing], "missing.pem"),
            (["--tls-certificate", certificate], "--tls-certificate"),
            (["--token", f"@{missing}"], "missing.pem")]:
        found = run(bench, "--listen", "0", *arguments)
        check(found.returncode in (1, 2), found)
        contains(found.stderr, words)
        equal(len(found.stderr.splitlines()), 1, found.stderr)
    del other_key


def says_what_is_wrong_with_its_options(bench):
    for arguments, words in [
            (["--listen", "nonsense:x"], "--listen"),
            (["--video-codec", "VP7", "--video-in", "5004"], "VP8 or H264"),
            (["--video-codec", "H264"], "--video-in"),
            (["--ice-address", "example.org"], "in digits"),
            (["--ice-address", "198.51.100.7"], "of this machine"),
            (["--video-in", "0"], "--video-in 0"),
            (["--video-in", "5004", "--audio-in", "5005"], "the next one"),
            (["--turn", "@/nonexistent/turn"], "/nonexistent/turn"),
            (["--turn", f"turn:me@{LOOPBACK}:1"], "turn:USER:PASSWORD@HOST:PORT"),
            (["--token", "with blank"], "RFC 6750"),
            (["--token", ""], "RFC 6750"),
            (["--max-sessions", "0"], "1 to"),
            (["--connect-timeout", "100000"], "seconds"),
            (["--tls-key", "x"], "--tls-certificate"),
            (["--allow-origin", "https://example.org/page"], "origin"),
            (["--allow-origin", "*"], "origin"),
            (["more"], "no option"), (["--nonsense"], "--nonsense")]:
        found = run(bench, *arguments)
        equal(found.returncode, 2, *arguments, found)
        contains(found.stderr, "gateway: ", words, "; see gateway --help")
        check("with blank" not in found.stderr, "a token is told", found.stderr)


def says_whose_port_it_is(bench):
    with contextlib.closing(socket.socket()) as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = run(bench, "--listen", f"{LOOPBACK}:{port}")
    equal(found.returncode, 1, found)
    contains(found.stderr, "--listen", str(port))


def explains_itself(bench):
    found = run(bench, "--help")
    equal(found.returncode, 0, found)
    source = pathlib.Path(__file__).resolve().parents[2] / "examples/gateway/options.c"
    for name in re.findall(r'^\s*\{ "([a-z-]+)",', source.read_text(), re.MULTILINE):
        contains(found.stdout, f"--{name}=")
    contains(found.stdout, f"{LOOPBACK}:8080", "Exit status", "Ctrl-C")
    for line in found.stdout.splitlines():
        check(len(line) <= 100, f"a long line: {line}")


def warns_where_everybody_may_come(bench):
    quiet = begin(bench)
    quiet.stop(0)
    equal(quiet.err(), "")
    gateway = begin(bench, listen="0.0.0.0:0")
    contains(gateway.wait_for(r"--token", "err").string, "watch and publish")
    gateway.wait_for(r"--tls-certificate", "err")
    contains(gateway.url, "http://localhost:")


if __name__ == "__main__":
    WHEP_VIEW = sys.argv[2]
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    main("gateway/limits", sys.argv[1], [
        forgets_who_never_connects, lets_in_so_many_and_no_more, waits_for_nobody,
        takes_a_drip_for_slow, turns_connections_down_that_are_too_many,
        knows_how_many_files_there_are, minds_no_nonsense, refuses_a_long_body_before_it_comes,
        ends_while_an_answer_is_due, forgets_who_does_not_wait_for_the_answer, serves_https,
        says_what_is_wrong_with_its_files, says_what_is_wrong_with_its_options,
        says_whose_port_it_is, explains_itself, warns_where_everybody_may_come,
        *(functools.update_wrapper(functools.partial(case, whep_view=WHEP_VIEW), case)
          for case in (forgets_who_leaves, forgets_who_is_gone_without_a_word,
                       says_goodbye_to_all))])
