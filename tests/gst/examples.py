#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the programs and the pipelines for users of GStreamer, as they are printed.

examples.py SOURCE-DIR BUILD-DIR COMPILER...: gst-call and gst_call.py call each other and
themselves, over UDP and over ICE on loopback; and every gst-launch-1.0 line of the documentation
sends a video, or sound, that is decoded on the other side. TAP.
"""

import contextlib
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

# after which a program is stuck
WAIT_S = 120
# the packages of a distribution are seen by its own python3 alone
SYSTEM_PYTHON = "/usr/bin/python3"
FRAMES = 20
DOCUMENTS = ("README.md", "docs/gstreamer.md", "docs/porting-from-dtlssrtpenc.md")
PORTS = ("5000", "5001")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT_BLOCK = re.compile(r"^ \* \|\[\n(.*?)^ \* \]\|$", re.MULTILINE | re.DOTALL)


class Skip(Exception):
    """Why something cannot be tried here."""


class Failure(Exception):
    """What is wrong."""


# ---- programs ----

class Program:
    """One that runs beside us: its lines are waited for, each for so long at most."""

    def __init__(self, command, **options):
        self.name = " ".join(str(word) for word in command)[:200]
        self.seen = []
        self.lines = queue.Queue()
        self.process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        **options)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()

    def _drain(self, until):
        """Reads until a line that @until takes, or the end. Returns what it makes of it."""
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise Failure(f"{self.name} is stuck:\n{self.text()}") from None
            if line is None:
                self.lines.put(None)
                return None
            self.seen.append(line)
            if until(line):
                return line

    def text(self):
        return "".join(self.seen)

    def await_line(self, pattern):
        line = self._drain(lambda line: re.search(pattern, line))
        if line is None:
            raise Failure(f"{self.name} ended with {self.process.wait()}, and without a line "
                          f"“{pattern}”:\n{self.text()}")
        return line

    def await_end(self, status):
        self._drain(lambda _: False)
        if self.process.wait(WAIT_S) != status:
            raise Failure(f"{self.name} ended with {self.process.returncode}, not {status}:\n"
                          f"{self.text()}")
        return self.text()

    def interrupt(self):
        os.killpg(self.process.pid, signal.SIGINT)


class Bench:
    """Where everything is."""

    def __init__(self, source, build, compiler, directory):
        self.source = source
        self.build = build
        self.directory = pathlib.Path(directory)
        self.environment = {
            "GST_PLUGIN_PATH": str(build / "gst-plugin" / "tegata"),
            "GST_REGISTRY": str(build / "tests" / "gst" / "registry.bin"),
            "GST_REGISTRY_FORK": "no",
            # a machine with a screen is not to show anything
            "GST_PLUGIN_FEATURE_RANK": "fakevideosink:1000,fakeaudiosink:1000",
        } | os.environ
        self.foreign = dict(self.environment)
        self.n_directories = 0
        if "address" in str(self._build_option("b_sanitize")):
            self._prepare_sanitizer(compiler)

    def _build_option(self, name):
        path = self.build / "meson-info" / "intro-buildoptions.json"
        return next(each["value"] for each in json.loads(path.read_text())
                    if each["name"] == name)

    def _prepare_sanitizer(self, compiler):
        asan = os.environ.get("ASAN_OPTIONS", "")
        # GLib gives its first table of quarks up where there are many; who made it is only seen
        # by a stack that is unwound in full
        known = (self.source / "tests" / "lsan.supp").read_text()
        suppressions = self.directory / "lsan.supp"
        suppressions.write_text(f"{known}leak:ld-linux\n")
        self.environment["LSAN_OPTIONS"] = f"suppressions={suppressions}"
        self.environment["ASAN_OPTIONS"] = f"{asan}:fast_unwind_on_malloc=0"
        # a program without ASan loads a plugin with it where the runtime came first; its own
        # leaks are none of ours
        self.foreign["LD_PRELOAD"] = subprocess.run(
            [*compiler, "-print-file-name=libasan.so"], text=True, check=True,
            stdout=subprocess.PIPE).stdout.strip()
        self.foreign["ASAN_OPTIONS"] = f"{asan}:detect_leaks=0"

    def make_directory(self):
        self.n_directories += 1
        path = self.directory / str(self.n_directories)
        path.mkdir()
        return path

    def program(self, language, options, **more):
        if language == "python":
            script = self.source / "examples" / "python" / "gst_call.py"
            return Program([SYSTEM_PYTHON, str(script), *options], env=self.foreign, **more)
        program = self.build / "examples" / "gst-call"
        return Program([str(program), *options], env=self.environment, **more)

    def shell(self, text, directory):
        return Program(["bash", "-e", "-c", text], env=self.foreign, cwd=directory)


def needs(bench, *languages):
    if "c" in languages and not (bench.build / "examples" / "gst-call").exists():
        raise Skip("gst-call was not built: libnice-dev")
    if "python" in languages:
        code = ("import gi; gi.require_version('Gst', '1.0'); gi.require_version('Nice', '0.1');"
                "from gi.repository import Gst, Nice")
        if subprocess.run([SYSTEM_PYTHON, "-c", code], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            raise Skip("without python3-gst-1.0 or gir1.2-nice-0.1")
    for element in ("vp8enc", "opusenc", "rtpfunnel", "nicesrc"):
        needs_element(bench, element)


def needs_element(bench, name):
    if shutil.which("gst-inspect-1.0") is None:
        raise Skip("without gst-inspect-1.0: gstreamer1.0-tools")
    # of any version: the default is GStreamer's own
    if subprocess.run(["gst-inspect-1.0", "--exists", "--atleast-version=0.0.0", name],
                      env=bench.foreign, check=False).returncode != 0:
        raise Skip(f"without the element {name}")


def free_ports(count):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


# ---- calls ----

def ways(path):
    """The options of the offerer, and of the answerer."""
    if path == "ice":
        return (["--ice", "offer", "--host", "127.0.0.1"],
                ["--ice", "answer", "--host", "127.0.0.1"])
    if path == "udp6":
        address = f"[::1]:{free_ports(1)[0]}"
    else:
        address = f"127.0.0.1:{free_ports(1)[0]}"
    # who listens everywhere does not say where the other one finds him
    return (["--listen", address.replace("127.0.0.1", "0.0.0.0")], ["--connect", address])


# what somebody left who was killed
STALE = "a=call:0\na=setup:active\na=fingerprint:sha-256 AB\na=address:127.0.0.1 9\nend\n"


def call(bench, path, languages, counts, options=()):
    """@counts: who of them hangs up, having decoded enough."""
    needs(bench, *languages)
    directory = bench.make_directory()
    (directory / "answer.txt").write_text(STALE)
    files = ["--offer", "offer.txt", "--answer", "answer.txt"]
    with contextlib.ExitStack() as stack:
        sides = []
        for number, (language, way) in enumerate(zip(languages, ways(path))):
            end = ["--frames", str(FRAMES)] if number == counts else []
            sides.append(stack.enter_context(
                bench.program(language, way + files + end + list(options), cwd=directory)))
        counted = sides[counts].await_end(0)
        other = sides[1 - counts].await_end(0)
    frames = int(re.search(r"^decoded: (\d+) frames$", counted, re.MULTILINE).group(1))
    if frames < FRAMES:
        raise Failure(f"{frames} frames:\n{counted}")
    for text in (counted, other):
        expect(text, r"^state: connected$", r"^dtls: (DTLS )?1\.2, TLS_",
               r"^srtp: SRTP_AEAD_AES_128_GCM$", r"^peer: a=fingerprint:sha-256 ",
               r"^  packetsSent \d+", r"^state: closed$")
    expect(other, r"^end: the peer closed$")
    left = [each.name for each in directory.iterdir()]
    if left:
        raise Failure(f"they left {left}")


def shown(bench, languages):
    # others are taken where they are not there, and those need a screen
    for element in ("fakevideosink", "fakeaudiosink"):
        needs_element(bench, element)
    call(bench, "udp", languages, 0, ["--show"])


def expect(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text, re.MULTILINE):
            raise Failure(f"no line “{pattern}” in:\n{text}")


def paste(source, sink):
    """What a user does who has two terminals."""
    source.await_line("^give this to the peer:")
    start = len(source.seen)
    source.await_line("^end$")
    sink.process.stdin.write("".join(source.seen[start:]))
    sink.process.stdin.flush()


def copied_and_pasted(bench, languages):
    needs(bench, *languages)
    with contextlib.ExitStack() as stack:
        offerer, answerer = (
            stack.enter_context(bench.program(language, way, stdin=subprocess.PIPE))
            for language, way in zip(languages, ways("udp")))
        paste(offerer, answerer)
        paste(answerer, offerer)
        for side in (offerer, answerer):
            side.await_line("^frames: [1-9]")
        offerer.interrupt()
        offerer.await_end(0)
        expect(answerer.await_end(0), "^end: the peer closed$")


def other_digit(match):
    return match.group(1) + ("1" if match.group(2) == "0" else "0")


def forged(text):
    """The same, with another fingerprint."""
    return re.sub(r"(a=fingerprint:sha-256 )(.)", other_digit, text)


def relay(source, target, change):
    """Waits for a description, and puts it where its reader looks for it."""
    deadline = time.monotonic() + WAIT_S
    while not source.exists():
        if time.monotonic() > deadline:
            raise Failure(f"{source.name} did not come")
        time.sleep(0.02)
    new = target.with_suffix(".new")
    new.write_text(change(source.read_text()))
    new.rename(target)


def tampered(bench, path, languages, victim, change):
    """Both sides, and one of the descriptions altered on its way to @victim. Returns what it
    says, and what the other one does."""
    needs(bench, *languages)
    directory = bench.make_directory()
    offerer_way, answerer_way = ways(path)
    names = [["sent-offer", "read-answer"], ["read-offer", "sent-answer"]]
    with contextlib.ExitStack() as stack:
        sides = [stack.enter_context(bench.program(
            language, [*way, "--offer", offer, "--answer", answer], cwd=directory))
            for language, way, (offer, answer)
            in zip(languages, (offerer_way, answerer_way), names)]
        relay(directory / "sent-offer", directory / "read-offer",
              change if victim == 1 else str)
        if victim == 0 or change is forged:
            relay(directory / "sent-answer", directory / "read-answer",
                  change if victim == 0 else str)
        said = sides[victim].await_end(1)
        if change is forged:
            other = sides[1 - victim]
            other.interrupt()
            other.await_line("^decoded: 0 frames$")
    return said


def wrong_fingerprint(bench, path, languages, victim):
    said = tampered(bench, path, languages, victim, forged)
    expect(said, "the peer is not the one that the description came from", "fingerprint",
           "^  dtlsState failed$", "^decoded: 0 frames$")


def no_fingerprint(bench, language):
    def without(text):
        return re.sub("a=fingerprint:.*\n", "", text)

    said = tampered(bench, "udp", [language, language], 1, without)
    expect(said, "the peer's description has no a=fingerprint")


def wrong_options(bench, language):
    needs(bench, language)
    for options in ([], ["--listen", "127.0.0.1:1", "--connect", "127.0.0.1:1"],
                    ["--listen", "somewhere:1"], ["--ice", "maybe"]):
        with bench.program(language, options) as program:
            program.await_end(2)


# ---- pipelines ----

def pipelines(source):
    """(place, receiver, sender): the commands of each document, two and two."""
    found = []
    for name in DOCUMENTS:
        blocks = BLOCK.findall((source / name).read_text())
        found += couples(name, [text for text in blocks if "gst-launch-1.0" in text])
    for path in sorted((source / "gst-plugin" / "tegata").glob("*.c")):
        blocks = [re.sub(r"^ \* ?", "", block, flags=re.MULTILINE)
                  for block in COMMENT_BLOCK.findall(path.read_text())]
        found += couples(path.name, [text for text in blocks if "gst-launch-1.0" in text])
    return found


def couples(name, commands):
    """In whichever order they stand; a block with both of them is in order."""
    split = [part for text in commands
             for part in re.split(r"(?m)^(?=gst-launch-1\.0 )", text) if part.strip()]
    found = []
    for number, (one, two) in enumerate(zip(split[::2], split[1::2]), 1):
        receiver, sender = (one, two) if "testsrc" in two else (two, one)
        found.append((f"{name}-{number}", receiver, sender))
    if len(split) % 2 or any("testsrc" in receiver or "testsrc" not in sender
                             for _, receiver, sender in found):
        raise Failure(f"{name}: commands that are no receiver and sender")
    return found


def make_certificates(bench, directory):
    """As the documents say; their names are all the same."""
    tegata = bench.build / "tools" / "tegata"
    if not tegata.exists():
        raise Skip("without the tegata command")
    for name in "ab":
        with open(directory / f"{name}.txt", "w", encoding="utf-8") as file:
            subprocess.run([str(tegata), "cert", "--out", f"{name}.pem"], cwd=directory,
                           check=True, stdout=file)


def as_tried(command, ports):
    """As it is printed, but for ports that may be in use; and telling its caps."""
    for printed, ours in zip(PORTS, ports):
        command = re.sub(rf"\bport={printed}\b", f"port={ours}", command)
    return "exec " + command.rstrip("&\n ").replace("gst-launch-1.0", "gst-launch-1.0 -v", 1)


def pipeline_pair(bench, receiver, sender):
    for element in set(re.findall(r"\b(?:dtls|tegata)\w+\b(?! *=)|\w+(?:enc|dec)\b(?=[ \n])",
                                  receiver + sender)):
        if not element.startswith("tegata") and element not in ("enc", "dec"):
            needs_element(bench, element)
    directory = bench.make_directory()
    if ".pem" in receiver + sender:
        make_certificates(bench, directory)
    ports = free_ports(2)
    with bench.shell(as_tried(receiver, ports), directory) as receiving:
        receiving.await_line("PLAYING|Setting pipeline to PLAYING")
        with bench.shell(as_tried(sender, ports), directory) as sending:
            # what a decoder gives, at the sink
            receiving.await_line(r"Sink.*sink: caps = (video|audio)/x-raw")
            for side in (sending, receiving):
                side.interrupt()
                side.await_end(0)


def ends_by_itself(bench):
    """A receiver, when its sender has ended: the first couple of the README."""
    _, receiver, sender = next(each for each in pipelines(bench.source)
                               if each[0] == "README.md-1")
    for element in ("vp8enc", "rtpjitterbuffer", "autovideosink"):
        needs_element(bench, element)
    directory = bench.make_directory()
    make_certificates(bench, directory)
    ports = free_ports(2)
    with bench.shell(as_tried(receiver, ports), directory) as receiving:
        receiving.await_line("Setting pipeline to PLAYING")
        # so that Ctrl-C is the end of its stream
        ending = as_tried(sender, ports).replace("gst-launch-1.0", "gst-launch-1.0 -e", 1)
        with bench.shell(ending, directory) as sending:
            receiving.await_line(r"Sink.*sink: caps = video/x-raw")
            sending.interrupt()
            sending.await_end(0)
        receiving.await_end(0)


def only_names_change(source):
    """What the page says of its first step."""
    text = (source / "docs" / "porting-from-dtlssrtpenc.md").read_text()
    blocks = [block for block in BLOCK.findall(text) if "gst-launch-1.0" in block]
    for before, after in zip(blocks[0:2], blocks[2:4]):
        if before.replace("dtlssrtp", "tegatasrtp") != after or before == after:
            raise Failure(f"more than names differs:\n{before}\n{after}")


def links_of(source):
    for name in DOCUMENTS[1:]:
        path = source / name
        text = path.read_text()
        for target, anchor in re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", text):
            if target and not (path.parent / target).exists():
                raise Failure(f"{name}: there is no {target}")
            headings = {"#" + re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
                        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
            if not target and anchor not in headings:
                raise Failure(f"{name}: there is no heading for {anchor}")


def properties_of(bench, element):
    needs_element(bench, element)
    shown = subprocess.run(["gst-inspect-1.0", "--no-colors", element], env=bench.foreign,
                           check=True, text=True, stdout=subprocess.PIPE).stdout
    shown = shown[shown.index("Element Properties:"):]
    names = set(re.findall(r"^  ([a-z][a-z-]*) +: ", shown, re.MULTILINE)) - {"name", "parent"}
    if not names:
        raise Failure(f"gst-inspect-1.0 shows no property of {element}")
    return names


def all_are_told(bench, page, elements):
    text = (bench.source / "docs" / page).read_text()
    for element in elements:
        missing = [name for name in sorted(properties_of(bench, element))
                   if f"`{name}`" not in text]
        if missing:
            raise Failure(f"{page} has nothing of {', '.join(missing)} of {element}")


# ---- all of it ----

def cases_of(bench):
    cases = []
    both = [("c", "c"), ("c", "python"), ("python", "c"), ("python", "python")]
    for path in ("udp", "ice"):
        for number, languages in enumerate(both):
            counts = (number + (path == "ice")) % 2
            name = f"/examples/gst-call/{languages[0]}-calls-{languages[1]}-over-{path}"
            cases.append((name, lambda p=path, la=languages, c=counts: call(bench, p, la, c)))
    cases += [
        ("/examples/gst-call/video-only-over-ipv6",
         lambda: call(bench, "udp6", ("c", "python"), 0, ["--video-only"])),
        ("/examples/gst-call/what-comes-is-shown-in-c-and-python",
         lambda: shown(bench, ("c", "python"))),
        ("/examples/gst-call/descriptions-are-pasted",
         lambda: copied_and_pasted(bench, ("c", "python"))),
        ("/examples/gst-call/a-wrong-answer-fails-in-c",
         lambda: wrong_fingerprint(bench, "udp", ("c", "python"), 0)),
        ("/examples/gst-call/a-wrong-offer-fails-in-c",
         lambda: wrong_fingerprint(bench, "ice", ("python", "c"), 1)),
        ("/examples/gst-call/a-wrong-answer-fails-in-python",
         lambda: wrong_fingerprint(bench, "ice", ("python", "c"), 0)),
        ("/examples/gst-call/a-wrong-offer-fails-in-python",
         lambda: wrong_fingerprint(bench, "udp", ("c", "python"), 1)),
        ("/examples/gst-call/an-offer-without-a-fingerprint-fails-in-c",
         lambda: no_fingerprint(bench, "c")),
        ("/examples/gst-call/an-offer-without-a-fingerprint-fails-in-python",
         lambda: no_fingerprint(bench, "python")),
        ("/examples/gst-call/wrong-options-are-told-in-c", lambda: wrong_options(bench, "c")),
        ("/examples/gst-call/wrong-options-are-told-in-python",
         lambda: wrong_options(bench, "python")),
        ("/docs/gstreamer/a-receiver-ends-when-its-peer-closes",
         lambda: ends_by_itself(bench)),
        ("/docs/porting/only-names-change", lambda: only_names_change(bench.source)),
        ("/docs/gstreamer/every-property-is-told",
         lambda: all_are_told(bench, "gstreamer.md",
                              ("tegatatransport", "tegatasrtpenc", "tegatasrtpdec"))),
        ("/docs/porting/every-property-of-upstream-is-told",
         lambda: all_are_told(bench, "porting-from-dtlssrtpenc.md",
                              ("dtlssrtpenc", "dtlssrtpdec"))),
        ("/docs/gstreamer/its-links-lead-somewhere", lambda: links_of(bench.source)),
    ]
    for name, receiver, sender in pipelines(bench.source):
        cases.append((f"/docs/pipelines/{name}",
                      lambda r=receiver, s=sender: pipeline_pair(bench, r, s)))
    return cases


def main(source, build, compiler):
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(source, build, compiler, directory)
        cases = cases_of(bench)
        print(f"1..{len(cases)}", flush=True)
        for number, (name, case) in enumerate(cases, 1):
            complaint = ""
            try:
                case()
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}", flush=True)
                continue
            except (Failure, OSError, subprocess.SubprocessError) as error:
                complaint = f"{type(error).__name__}: {error}"
            lines = complaint.splitlines()
            for line in lines[:2] + lines[2:][-30:]:
                print(f"# {line}")
            print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:])
