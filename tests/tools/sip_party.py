# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of sip-media are made of: a process to talk to, and a network between two."""

import contextlib
import pathlib
import random
import re
import selectors
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import traceback

# After which something is stuck: nothing that works depends on it.
WAIT_S = 60
# How often media is sent until it has come through a network that loses some.
MEDIA_INTERVAL_S = 0.02


class Failure(Exception):
    """What a case says when it fails."""


class Skip(Exception):
    """Why a case cannot be tried here."""


def tap(prefix, cases, run):
    """Runs each case by @run, which raises a Failure or a Skip. Returns an exit status."""
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, (name, case) in enumerate(cases, 1):
        complaint = skipped = ""
        try:
            run(number, case)
        except Skip as skip:
            skipped = f" # SKIP {skip}"
        except Failure as failure:
            complaint = str(failure)
        except (OSError, ValueError, AttributeError, KeyError, subprocess.SubprocessError):
            complaint = traceback.format_exc()
        failed += bool(complaint)
        for line in complaint.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if complaint else 'ok'} {number} - /{prefix}/{name}{skipped}",
              flush=True)
    return failed > 0


def make_identity(stack, *key):
    """Returns the path of a certificate and its key; of ECDSA, without options for another."""
    if shutil.which("openssl") is None:
        raise Skip("openssl is not installed")
    directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
    subprocess.run(["openssl", "req", "-x509", "-newkey",
                    *(key or ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")), "-nodes", "-keyout", "key.pem", "-out",
                    "cert.pem", "-days", "2", "-subj", "/CN=sip-media"],
                   cwd=directory, check=True, capture_output=True)
    both = directory / "both.pem"
    both.write_text((directory / "key.pem").read_text() + (directory / "cert.pem").read_text())
    return str(both)


def udp_socket():
    each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    each.bind(("127.0.0.1", 0))
    each.settimeout(WAIT_S)
    return each


def unread_bytes(port):
    """What the kernel has for a port, and nobody has read yet."""
    for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].split(":")[1], 16) == port:
            return int(fields[4].split(":")[1], 16)
    return 0


def await_true(condition, what):
    end = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited in vain: {what}")
        time.sleep(0.005)


def rtp(sequence, payload):
    return struct.pack("!BBHII", 0x80, 0, sequence & 0xffff, sequence * 160, 0x1234) + payload


def rtcp(payload):
    """An empty receiver report with a packet of application data."""
    payload += bytes(-len(payload) % 4)
    return (struct.pack("!BBHI", 0x80, 201, 1, 0x1234)
            + struct.pack("!BBHI4s", 0x80, 204, 2 + len(payload) // 4, 0x1234, b"test") + payload)


def is_dtls(datagram):
    return 20 <= datagram[0] <= 63


def is_client_hello(datagram):
    """A handshake record in the clear, with a ClientHello in it (RFC 6347 section 4.1)."""
    return len(datagram) > 13 and datagram[0] == 22 and datagram[3:5] == b"\0\0" \
        and datagram[13] == 1


class Party:
    """A sip-media, the application on its plain side, and what it has said so far."""

    def __init__(self, binary, name, *options, with_rtcp=False):
        self.name = name
        self.said = []
        self.descriptions = []
        self.changed = threading.Condition()
        self.app = udp_socket()
        self.rtcp_app = udp_socket()
        plain = ["--plain-in", "0", "--plain-out", f"127.0.0.1:{self.app.getsockname()[1]}"]
        if with_rtcp:
            plain += ["--plain-rtcp-in", "0",
                      "--plain-rtcp-out", f"127.0.0.1:{self.rtcp_app.getsockname()[1]}"]
        self.sequence = random.randrange(1000)
        # one that ends by itself leaves a report of leaks in its errors
        self.process = subprocess.Popen([str(binary), *plain, *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.plain_in = self._port("plain")
        self.plain_rtcp_in = self._port("plain-rtcp") if with_rtcp else self.plain_in

    def _port(self, key):
        return int(self.wait(key).rsplit(":", 1)[1])

    def _read(self):
        text = None
        for line in self.process.stdout:
            line = line.decode()
            bare = line.rstrip("\r\n")
            with self.changed:
                if text is None:
                    self.said.append(bare)
                elif bare == ".":
                    self.descriptions.append(text)
                else:
                    text += line
                if bare.startswith("description: "):
                    text = ""
                elif bare == ".":
                    text = None
                self.changed.notify_all()

    def tell(self, line):
        self.process.stdin.write(line.encode(errors="surrogateescape") + b"\n")
        self.process.stdin.flush()

    def give(self, description):
        self.tell(description + ".")

    def _await(self, condition, what):
        with self.changed:
            found = self.changed.wait_for(lambda: condition() or not self.reader.is_alive(),
                                          WAIT_S)
            if not condition():
                why = "waited in vain" if not found else "it has ended"
                raise Failure(f"{self.name}: {why}: {what}; it said:\n" + "\n".join(self.said))

    def values(self, key, since=0):
        return [line[len(key) + 2:] for line in self.said[since:] if line.startswith(key + ": ")]

    def wait(self, key, value=None, since=0):
        """The first line with this key (and value) from line @since on."""
        def found():
            return [each for each in self.values(key, since) if value in (None, each)]
        self._await(found, f"{key}: {value or '...'}")
        return found()[0]

    def mark(self):
        with self.changed:
            return len(self.said)

    def description(self):
        self._await(lambda: self.descriptions, "a description")
        with self.changed:
            return self.descriptions.pop(0)

    def ask(self, command):
        self.tell(command)
        return self.description()

    def send_rtp(self, payload):
        self.sequence += 1
        self.app.sendto(rtp(self.sequence, payload), ("127.0.0.1", self.plain_in))

    def send_rtcp(self, payload):
        self.rtcp_app.sendto(rtcp(payload), ("127.0.0.1", self.plain_rtcp_in))

    def settle(self):
        """Until what was sent to its plain side has been taken in, and dealt with."""
        await_true(lambda: not unread_bytes(self.plain_in) and
                   not unread_bytes(self.plain_rtcp_in), f"{self.name} reads")
        mark = self.mark()
        # one thread: its answer says that it is done with what it read before
        self.tell("are you there?")
        self.wait("refused", since=mark)

    def end(self, *, say="bye"):
        """Returns its exit status."""
        with contextlib.suppress(OSError, ValueError):
            if say:
                self.tell(say)
            self.process.stdin.close()
        try:
            status = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.app.close()
        self.rtcp_app.close()
        return status

    def clean_up(self):
        """At the end of a case, whatever became of it."""
        if not self.process.stdout.closed:
            self.end()
        if any("Sanitizer" in line or "runtime error" in line or "CRITICAL" in line
               for line in self.said):
            raise Failure(f"{self.name} said:\n" + "\n".join(self.said))


def receive_marked(sockets, marker):
    """The packets that are there by now and carry the marker."""
    packets = []
    for each in sockets:
        each.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                packets.append(each.recv(65536))
    return [packet for packet in packets if marker in packet]


def prove_media(sender, receiver, send=None):
    """RTP gets from one plain side to the other, if it is sent often enough."""
    marker = random.randbytes(8)
    send = send or sender.send_rtp

    def has_come():
        send(marker)
        time.sleep(MEDIA_INTERVAL_S)
        return receive_marked([receiver.app, receiver.rtcp_app], marker)
    await_true(has_come, f"media from {sender.name} to {receiver.name}")


def prove_media_both_ways(one, other):
    prove_media(one, other)
    prove_media(other, one)
    prove_media(one, other, one.send_rtcp)
    prove_media(other, one, other.send_rtcp)


class Relay(threading.Thread):
    """A network: each port of a party has a front, which is all that the others see of it.

    What comes to a front goes on to its port, from the front of whoever sent it; a part is
    lost, and a part overtaken by what comes after it, or by nothing for a while.
    """

    HOLD_S = 0.03

    def __init__(self, seed, loss=0.1, reorder=0.1):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.loss = loss
        self.reorder = reorder
        self.selector = selectors.DefaultSelector()
        self.fronts = {}  # of each port of a party
        self.held = []    # (when to let it go, socket, datagram, address)
        self.lock = threading.RLock()
        self.seen = []    # (port of the party it came from, datagram)
        self.waker, self.awake = socket.socketpair()
        self.selector.register(self.waker, selectors.EVENT_READ)
        self.start()

    def front_of(self, port):
        with self.lock:
            if port not in self.fronts:
                front = udp_socket()
                self.fronts[port] = front
                self.selector.register(front, selectors.EVENT_READ, port)
                self.awake.send(b"x")
            return self.fronts[port]

    def rewrite(self, description):
        """Puts fronts in place of the ports of a description."""
        def front_port(match):
            port = self.front_of(int(match.group(2))).getsockname()[1]
            return f"{match.group(1)}{port}"
        return re.sub(r"(?m)^(m=audio |a=rtcp:)(\d+)", front_port, description)

    def move(self, port):
        """From now on the party's port has another front, and the old one is nobody's."""
        with self.lock:
            old = self.fronts.pop(port)
            self.selector.unregister(old)
            old.close()
            self.front_of(port)

    def run(self):
        while True:
            timeout = self.HOLD_S if self.held else None
            for key, _ in self.selector.select(timeout):
                with self.lock:
                    if key.data is None:
                        if self.waker.recv(100).strip(b"x"):
                            return
                    elif key.fileobj is self.fronts.get(key.data):
                        self._forward(key.fileobj, key.data)
            with self.lock:
                self._let_go(time.monotonic())

    def _forward(self, front, port):
        with contextlib.suppress(ConnectionError, socket.timeout):
            datagram, (_, source) = front.recvfrom(65536)
            self.seen.append((source, datagram))
            out = self.front_of(source), datagram, ("127.0.0.1", port)
            if self.random.random() < self.loss:
                return
            if self.random.random() < self.reorder:
                self.held.append((time.monotonic() + self.HOLD_S, *out))
                return
            self._send(*out)
            overtaken = [each for each in self.held if each[1] is out[0]]
            self.held = [each for each in self.held if each[1] is not out[0]]
            for each in overtaken:
                self._send(*each[1:])

    @staticmethod
    def _send(front, datagram, address):
        with contextlib.suppress(ConnectionError):
            front.sendto(datagram, address)

    def _let_go(self, now):
        for each in [each for each in self.held if each[0] <= now]:
            self.held.remove(each)
            self._send(*each[1:])

    def settle(self):
        """Until all that was sent has been seen, and let go."""
        def is_settled():
            with self.lock:
                return not self.held and not any(unread_bytes(each.getsockname()[1])
                                                 for each in self.fronts.values())
        await_true(is_settled, "the relay forwards")
        with self.lock:
            pass

    def count(self, predicate, port=None):
        self.settle()
        with self.lock:
            return sum(1 for source, datagram in self.seen
                       if predicate(datagram) and port in (None, source))

    def close(self):
        self.awake.send(b".")
        self.join(WAIT_S)
        for front in self.fronts.values():
            front.close()
        self.waker.close()
        self.awake.close()
        self.selector.close()


def ports_of(description):
    """The ports of RTP and RTCP that a description names."""
    audio = int(re.search(r"(?m)^m=audio (\d+)", description).group(1))
    own = re.search(r"(?m)^a=rtcp:(\d+)", description)
    return audio, int(own.group(1)) if own else audio
