# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the tegata command share: processes, sockets, a relay, and TAP.

Every wait is for an event and bounded by WAIT_S: a test that waits longer has failed.
"""

import contextlib
import hashlib
import json
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import traceback

# after which something is stuck, also with a sanitizer on a busy machine
WAIT_S = 60

LOOPBACK = "127.0.0.1"


class Skip(Exception):
    """The machine lacks what the test needs."""


def check(condition, *context):
    if not condition:
        raise AssertionError("\n".join(str(part) for part in context))


def equal(found, expected, *context):
    check(found == expected, f"found {found!r}", f"expected {expected!r}", *context)


def contains(text, *parts):
    for part in parts:
        check(part in text, f"no {part!r} in:", text)


class Process:
    """A program whose output is read line by line as it comes."""

    def __init__(self, command, stdin=subprocess.DEVNULL):
        self.command = [str(word) for word in command]
        self.child = subprocess.Popen(self.command, text=True, stdin=stdin, bufsize=1,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.condition = threading.Condition()
        self.lines = {"out": [], "err": []}
        self.open = 2
        self.readers = [threading.Thread(target=self._read, args=part, daemon=True)
                        for part in ((self.child.stdout, "out"), (self.child.stderr, "err"))]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, name):
        for line in stream:
            with self.condition:
                self.lines[name].append(line.rstrip("\n"))
                self.condition.notify_all()
        with self.condition:
            self.open -= 1
            self.condition.notify_all()

    def out(self):
        with self.condition:
            return "\n".join(self.lines["out"])

    def err(self):
        with self.condition:
            return "\n".join(self.lines["err"])

    def story(self):
        return f"$ {' '.join(self.command)}\n{self.out()}\nstderr:\n{self.err()}"

    def wait_for(self, pattern, stream="out", count=1):
        """The match of the count-th line with that pattern."""
        expression = re.compile(pattern)

        def find():
            found = [expression.search(line) for line in self.lines[stream]]
            found = [match for match in found if match]
            return found[count - 1] if len(found) >= count else None

        with self.condition:
            self.condition.wait_for(lambda: find() or self.open == 0, WAIT_S)
            match = find()
        check(match, f"waited in vain for {count} x {pattern!r}:", self.story())
        return match

    def write(self, text):
        self.child.stdin.write(text)
        self.child.stdin.flush()

    def signal(self, number=signal.SIGINT):
        self.child.send_signal(number)

    def end(self, status=0):
        """Waits for its end, which has to be with that status."""
        try:
            found = self.child.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("it does not end:\n" + self.story()) from None
        for reader in self.readers:
            reader.join(WAIT_S)
            check(not reader.is_alive(), "somebody else holds its output:", self.story())
        equal(found, status, "is the exit status of", self.story())
        return self

    def stop(self, status=0):
        self.signal()
        return self.end(status)

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class Tegata(Process):
    """The command; its events, where it was told to print JSON."""

    def address(self, word="listening"):
        """(host, port) of a line "word: HOST:PORT"."""
        host, port = self.wait_for(rf"^{word}: (.+):(\d+)$").groups()
        return host, int(port)

    def own(self):
        return self.wait_for(r"^own: a=fingerprint:(.*)$").group(1)

    def connected(self, count=1):
        """(version, cipher, profile)"""
        line = self.wait_for(r"^connected: (.*)$", count=count).group(1)
        return tuple(line.split(", "))

    def events(self, name=None):
        events = [json.loads(line) for line in self.out().splitlines()]
        return [event for event in events if name in (None, event["event"])]

    def wait_event(self, name):
        self.wait_for(rf'"event":"{name}"')
        return self.events(name)[0]


class Relay:
    """Between callers and a listener: one port for each caller's side. It sees everything,
    and carries what @keep lets pass: a function of (to_server, datagram)."""

    def __init__(self, server, keep=lambda to_server, datagram: True):
        self.server = server
        self.keep = keep
        self.seen = []
        self.upstreams = {}
        self.socket = bind()
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _pass(self, to_server, datagram, sender, to):
        self.seen.append((to_server, datagram))
        if self.keep(to_server, datagram):
            with contextlib.suppress(OSError):
                sender.sendto(datagram, to)

    def _answers(self, upstream, client):
        while True:
            try:
                datagram = upstream.recv(65536)
            except OSError:
                return
            self._pass(False, datagram, self.socket, client)

    def _run(self):
        while True:
            try:
                datagram, client = self.socket.recvfrom(65536)
            except OSError:
                return
            if client not in self.upstreams:
                self.upstreams[client] = upstream = bind()
                threading.Thread(target=self._answers, args=(upstream, client),
                                 daemon=True).start()
            self._pass(True, datagram, self.upstreams[client], self.server)

    def dtls(self):
        return [datagram for _, datagram in self.seen if 20 <= datagram[0] <= 63]

    def kill(self):
        for each in [self.socket, *self.upstreams.values()]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def catches(pid, number):
    """Whether a process has a handler of its own for that signal."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    caught = int(re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE).group(1), 16)
    return bool(caught >> (number - 1) & 1)


def await_true(condition, what):
    """For what has no event to wait for."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        check(time.monotonic() < deadline, f"waited in vain until {what}")
        time.sleep(0.01)


def bind(host=LOOPBACK, port=0):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_DGRAM)
    found.settimeout(WAIT_S)
    found.bind((host, port))
    return found


def free_port():
    with bind() as found:
        return found.getsockname()[1]


def rtp(sequence=1, payload=b"hello", ssrc=7):
    return (bytes([0x80, 96]) + sequence.to_bytes(2, "big") + bytes(4)
            + ssrc.to_bytes(4, "big") + payload)


def rtcp(ssrc=7):
    """A receiver report without blocks."""
    return bytes([0x80, 201, 0, 1]) + ssrc.to_bytes(4, "big")


def fingerprint_of(path, hash_name="sha-256"):
    """By other means than ours: of the first certificate in a PEM file."""
    text = pathlib.Path(path).read_text()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    pem = text[text.index(begin):text.index(end) + len(end)]
    digest = hashlib.new(hash_name.replace("-", ""), ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    pairs = (digest[i:i + 2].upper() for i in range(0, len(digest), 2))
    return f"{hash_name} {':'.join(pairs)}"


class Bench:
    """What one test uses: a directory, and processes and sockets that end with it."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = pathlib.Path(directory)
        self.things = []
        self.n_pairs = 0

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def path(self, name):
        return self.directory / name

    def tegata(self, *arguments, **options):
        return self.keep(Tegata([self.program, *arguments], **options))

    def run(self, *arguments, status=0):
        return self.tegata(*arguments).end(status)

    def process(self, *command, **options):
        return self.keep(Process(command, **options))

    def bind(self, *where):
        return self.keep(bind(*where))

    def relay(self, server, **options):
        return self.keep(Relay(server, **options))

    def cert(self, name, *arguments):
        path = self.path(name)
        self.run("cert", "--out", path, *arguments)
        return path

    def listen(self, *arguments, where=f"{LOOPBACK}:0", **options):
        """Writes .mine, and trusts who writes .theirs: as call() does."""
        self.n_pairs += 1
        mine, theirs = (self.path(f"{name}-{self.n_pairs}.txt") for name in "ab")
        listener = self.tegata("listen", where, "--peer-fingerprint", f"@{theirs}",
                               "--fingerprint-out", mine, *arguments, **options)
        listener.mine, listener.theirs = mine, theirs
        return listener

    def call(self, listener, *arguments, port=None, **options):
        host, found = listener.address()
        return self.tegata("connect", f"{host}:{port or found}",
                           "--peer-fingerprint", f"@{listener.mine}",
                           "--fingerprint-out", listener.theirs, *arguments, **options)

    def pair(self, listen=(), connect=()):
        """Both connected."""
        listener = self.listen(*listen)
        caller = self.call(listener, *connect)
        caller.connected()
        listener.connected()
        return listener, caller

    def clear(self):
        for thing in reversed(self.things):
            if isinstance(thing, socket.socket):
                thing.close()
            else:
                thing.kill()


def run_case(program, case):
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(program, directory)
        try:
            case(bench)
        finally:
            bench.clear()


def main(prefix, program, cases):
    """Runs functions of a Bench; the name of a case is that of its function."""
    print(f"1..{len(cases)}", flush=True)
    for number, case in enumerate(cases, 1):
        name = f"/{prefix}/{case.__name__.replace('_', '-')}"
        try:
            run_case(program, case)
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} - {name}", flush=True)
