#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the small examples as their top comments say, and compares what they print.

examples.py SOURCE-DIR BUILD-DIR: in the comment at the top of an example, a line "$ command" is
followed by what the command prints; "..." stands for anything. Runs the benchmarks too, on a
small scale, so that they are whole when somebody needs their numbers. TAP.
"""

import pathlib
import queue
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

# after which a program is stuck
WAIT_S = 60
PACKET = bytes([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]) + b"hello"
PRINTED_PORT = "5000"
PRINTED_FINGERPRINT = "sha-256 AB:CD:..."


class Skip(Exception):
    """Why something cannot be tried here."""


def usages(text):
    """The commands of an example's top comment, each with the lines that it prints."""
    comment = text[text.index("/*\n"):text.index("*/\n", text.index("/*\n"))]
    found = []
    for line in comment.splitlines():
        match = re.match(r"^ \*     (\$ )?(.*)$", line)
        if match and match.group(1):
            found.append((match.group(2), []))
        elif match and found:
            found[-1][1].append(match.group(2))
    return found


def differences(expected, printed):
    """Complaints. In @expected "..." is anything, on its line."""
    pattern = "".join(re.escape(line).replace(re.escape("..."), ".*") + "\n"
                      for line in expected)
    if expected and re.fullmatch(pattern, printed):
        return ""
    return "expected:\n" + "\n".join(expected) + "\nprinted:\n" + printed


def run_usage(build, usage):
    command, expected = usage
    words = command.replace("build/", f"{build}/").split()
    result = subprocess.run(words, text=True, check=False, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=WAIT_S)
    return differences(expected, result.stdout)


class Program:
    """One that runs beside us: its lines are waited for, each for so long at most."""

    def __init__(self, command, **options):
        self.seen = []
        self.lines = queue.Queue()
        self.process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, **options)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(WAIT_S)
        self.reader.join(WAIT_S)
        self.process.stdout.close()

    def await_line(self, start):
        """The rest of the next line that begins with @start."""
        while True:
            line = self.lines.get(timeout=WAIT_S)
            if line is None:
                raise RuntimeError(f"no line “{start}” came, but:\n" + "".join(self.seen))
            self.seen.append(line)
            if line.startswith(start):
                return line[len(start):].strip()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def openssl(*words, directory):
    return subprocess.run(["openssl", *words], cwd=directory, text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def make_certificate(directory):
    """Returns its fingerprint, as SDP has it."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=caller", "-keyout", "key.pem", "-out", "cert.pem",
            directory=directory)
    text = openssl("x509", "-in", "cert.pem", "-noout", "-fingerprint", "-sha256",
                   directory=directory)
    pem = pathlib.Path(directory, "key.pem").read_text()
    pathlib.Path(directory, "both.pem").write_text(
        pem + pathlib.Path(directory, "cert.pem").read_text())
    return "sha-256 " + text.split("=")[1].strip()


def stranger_is_told(build, directory):
    """A server that expects nobody. The caller is bare OpenSSL, which sends nothing else."""
    if shutil.which("openssl") is None:
        raise Skip("openssl is not installed")
    fingerprint = make_certificate(directory)
    port = str(free_port())
    with Program([str(build / "examples" / "epoll-server"), port]) as server:
        server.await_line("own: ")
        with Program(["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}",
                      "-use_srtp", "SRTP_AEAD_AES_128_GCM", "-cert", "cert.pem",
                      "-key", "key.pem"], cwd=directory, stdin=subprocess.PIPE):
            told = server.await_line("awaiting-fingerprint: ")
            server.await_line("closed: ")
    expected = f"a=fingerprint:{fingerprint}"
    return "" if told == expected else f"it told {told}, of {expected}"


def rtp_is_echoed(build, directory, usage):
    """The server as its comment has it, and `tegata connect` as the caller."""
    tegata = build / "tools" / "tegata"
    if not tegata.exists():
        raise Skip("without the tegata command")
    if shutil.which("openssl") is None:
        raise Skip("openssl is not installed")
    fingerprint = make_certificate(directory)
    port = str(free_port())
    printed_command, expected = usage
    if f'{PRINTED_PORT} "{PRINTED_FINGERPRINT}"' not in printed_command:
        return f"another command in the comment: {printed_command}"
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(("127.0.0.1", 0))
    plain.settimeout(WAIT_S)
    with plain, Program([str(build / "examples" / "epoll-server"), port,
                         fingerprint]) as server:
        own = server.await_line("own: ")
        with Program([str(tegata), "connect", f"127.0.0.1:{port}", "--cert", "both.pem",
                      "--peer-fingerprint", own, "--plain-in", "127.0.0.1:0", "--plain-out",
                      f"127.0.0.1:{plain.getsockname()[1]}"], cwd=directory) as caller:
            host, plain_in = caller.await_line("plain: ").rsplit(":", 1)
            caller.await_line("connected: ")
            plain.sendto(PACKET, (host, int(plain_in)))
            echoed = plain.recv(2048)
        server.await_line("closed: ")
    if echoed != PACKET:
        return f"{echoed} came back"
    expected = [line.replace(PRINTED_FINGERPRINT, fingerprint) for line in expected]
    return differences(expected, "".join(server.seen))


def few_are_measured(build):
    """Numbers are a machine's own, but nobody may fail, and nothing be left out."""
    program = build / "benchmarks" / "listener-load"
    if not program.exists():
        raise Skip("without the benchmarks")
    result = subprocess.run([str(program), "--sessions", "5", "--seconds", "1", "--rate", "20"],
                            text=True, check=False, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=WAIT_S)
    connected = re.search(r"^handshakes +5 +5$", result.stdout, re.MULTILINE)
    sent = re.search(r"^media packets sent +[1-9]\d* +[1-9]\d*$", result.stdout, re.MULTILINE)
    if result.returncode == 0 and connected and sent:
        return ""
    return f"status {result.returncode}, printed:\n{result.stdout}"


def cases_of(source, build, directory):
    def text_of(name):
        return (source / "examples" / f"{name}.c").read_text()

    cases = []
    for name in ("loopback", "udp-pair"):
        for usage in usages(text_of(name)):
            words = "-".join(usage[0].split("/")[-1].split())
            cases.append((f"/examples/{words}-prints-what-it-says",
                          lambda usage=usage: run_usage(build, usage)))
    server = usages(text_of("epoll-server"))[0]
    return cases + [
        ("/examples/epoll-server-tells-a-stranger-s-fingerprint",
         lambda: stranger_is_told(build, directory)),
        ("/examples/epoll-server-sends-rtp-back",
         lambda: rtp_is_echoed(build, directory, server)),
        ("/benchmarks/listener-load-serves-a-few-in-both-styles",
         lambda: few_are_measured(build)),
        ("/examples/a-comment-that-lies-is-noticed",
         lambda: "" if differences(["a: ..."], "b: c\n") and differences([], "a\n")
         and not differences(["a: ..."], "a: c\n") else "it is not"),
    ]


def main(source, build):
    with tempfile.TemporaryDirectory() as directory:
        cases = cases_of(source, build, directory)
        print(f"1..{len(cases)}")
        for number, (name, case) in enumerate(cases, 1):
            try:
                complaint = case()
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}", flush=True)
                continue
            except (RuntimeError, OSError, queue.Empty, subprocess.SubprocessError) as error:
                complaint = f"{type(error).__name__}: {error}"
            for line in complaint.splitlines():
                print(f"# {line}")
            print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
