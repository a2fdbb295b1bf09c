#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays existing pipelines with the names of two elements changed, and nothing else.

rename.py PIPELINES PLUGIN-DIR: each pipeline of the file plays over UDP, all of it renamed; and,
where GStreamer's own elements are installed, each of its parties alone, so that ours meets theirs,
and none, which shows that it is a pipeline of theirs. It plays when each party has printed what it should: frames, samples, RTCP packets, data. Each must
come down within a time when interrupted. TAP.
"""

import os
import pathlib
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

# after which a pipeline is stuck
WAIT_S = 60
NAMES = {"dtlssrtpenc": "tegatasrtpenc", "dtlssrtpdec": "tegatasrtpdec"}
# whom they cannot be, by what is special: who prints, who does not
CANNOT = {"upstream cannot receive": True, "upstream cannot send": False}
SENDER_REPORT = 200


class Skip(Exception):
    """Why something cannot be tried here."""


class Party:
    """A process's part of a pipeline: its text, and how much it must print."""

    def __init__(self, name, n_bytes):
        self.name = name
        self.n_bytes = n_bytes
        self.text = ""


def read_pipelines(path):
    """[(name, what is special, parties)]"""
    pipelines = []
    for line in path.read_text().splitlines():
        if line.startswith("== "):
            name, _, special = line[3:].partition(": ")
            pipelines.append((name, special, []))
        elif line.startswith("-- "):
            party, n_bytes = line[3:].split(", ")
            pipelines[-1][2].append(Party(party, int(n_bytes)))
        elif line and not line.startswith("#"):
            pipelines[-1][2][-1].text += line + "\n"
    return pipelines


def rename(text):
    for theirs, ours in NAMES.items():
        text = re.sub(rf"\b{theirs}\b", ours, text)
    return text


def with_free_ports(texts):
    """@texts with each port that they name replaced by a free one, the same in all."""
    sockets = {}
    try:
        for port in sorted(set(re.findall(r"\bport=(\d+)", "".join(texts)))):
            sockets[port] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sockets[port].bind(("127.0.0.1", 0))
        return [re.sub(r"\bport=(\d+)",
                       lambda match: f"port={sockets[match[1]].getsockname()[1]}", text)
                for text in texts]
    finally:
        for each in sockets.values():
            each.close()


def environment_of(plugins):
    """gst-launch-1.0 is built without sanitizers, so a plugin's must be there before."""
    environment = {**os.environ, "GST_PLUGIN_PATH": str(plugins), "G_DEBUG": "fatal-criticals",
                   "LC_ALL": "C", "LANGUAGE": "C"}
    linked = subprocess.run(["ldd", str(plugins / "libgsttegata.so")], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    runtimes = re.findall(r"=> (/\S+/lib(?:asan|ubsan)\.so\S*)", linked)
    if not runtimes:
        return environment
    # the leaks of all plugins of the system are not ours to tell
    options = environment.get("ASAN_OPTIONS", "")
    return {**environment, "LD_PRELOAD": ":".join(runtimes),
            "ASAN_OPTIONS": options + ":detect_leaks=0"}


class Launch:
    """gst-launch-1.0 with the text of a party."""

    def __init__(self, party, text, environment):
        self.party = party
        self.printed = b""
        self.errors = b""
        self.process = subprocess.Popen(
            ["gst-launch-1.0", "-q", *shlex.split(text)], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def has_played(self):
        return len(self.printed) >= self.party.n_bytes

    def stop(self):
        """Reads on, since who is blocked by a full pipe cannot stop. A complaint, or none."""
        self.process.send_signal(signal.SIGINT)
        try:
            printed, errors = self.process.communicate(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return f"the {self.party.name} hangs when it is interrupted"
        self.printed += printed
        self.errors += errors
        if self.process.returncode < 0:
            return f"the {self.party.name} died of signal {-self.process.returncode}"
        return ""


def read_until_played(launches):
    deadline = time.monotonic() + WAIT_S
    with selectors.DefaultSelector() as selector:
        for launch in launches:
            selector.register(launch.process.stdout, selectors.EVENT_READ, (launch, "printed"))
            selector.register(launch.process.stderr, selectors.EVENT_READ, (launch, "errors"))
        while not all(launch.has_played() for launch in launches):
            left = deadline - time.monotonic()
            if left <= 0 or not selector.get_map():
                return
            for key, _ in selector.select(left):
                launch, what = key.data
                chunk = os.read(key.fd, 1 << 20)
                setattr(launch, what, getattr(launch, what) + chunk)
                if not chunk:
                    selector.unregister(key.fileobj)


def faults_of(launch, is_rtcp):
    """What is wrong with what a party that was stopped has printed."""
    faults = []
    if not launch.has_played():
        faults.append(f"the {launch.party.name} printed {len(launch.printed)} bytes, expected "
                      f"{launch.party.n_bytes}")
    if launch.printed and is_rtcp and launch.printed[1] != SENDER_REPORT:
        faults.append(f"RTCP begins with packet type {launch.printed[1]}")
    return faults


def play(parties, texts, environment, is_rtcp):
    """Complaints."""
    texts = with_free_ports(texts)
    launches = [Launch(party, text, environment) for party, text in zip(parties, texts)]
    try:
        read_until_played(launches)
    finally:
        stopped = [launch.stop() for launch in launches]
    faults = [complaint for complaint in stopped if complaint]
    for launch in launches:
        faults += faults_of(launch, is_rtcp)
    if faults:
        faults += [launch.errors.decode(errors="replace") for launch in launches]
    return "\n".join(faults)


def has_elements(text, environment):
    """Whether all elements of a pipeline are there, after which nothing may fail."""
    for name in sorted(set(re.findall(r"(?:^|! +)([a-z0-9]+)(?= |$)", text, re.MULTILINE))):
        found = subprocess.run(["gst-inspect-1.0", "--exists", "--atleast-version=0.0.0", name],
                               env=environment, check=False)
        if found.returncode != 0 and name not in NAMES.values():
            raise Skip(f"without the element {name}: install gstreamer1.0-plugins-base, -good "
                       "and -bad")


def run(pipeline, renamed, environment):
    name, _, parties = pipeline
    texts = [rename(party.text) if party.name in renamed else party.text for party in parties]
    for text in texts:
        has_elements(text, environment)
    return play(parties, texts, environment, name.startswith("rtcp"))


def cases_of(pipelines, environment):
    cases = []
    for pipeline in pipelines:
        name, special, parties = pipeline
        names = [party.name for party in parties]
        choices = [names] + ([[each] for each in names] if len(names) > 1 else []) + [[]]
        for renamed in choices:
            theirs = [party for party in parties if party.name not in renamed]
            if any(CANNOT.get(special) == (party.n_bytes > 0) for party in theirs):
                continue
            who = "all-renamed" if renamed == names else "-".join(
                [f"the-{each}-renamed" for each in renamed] or ["none-renamed"])
            cases.append((f"/gst/rename/{name}/plays-with-{who}",
                          lambda pipeline=pipeline, renamed=renamed:
                          run(pipeline, renamed, environment)))
    return cases


def main(path, plugins):
    if shutil.which("gst-launch-1.0") is None:
        print("1..0 # SKIP without gst-launch-1.0: install gstreamer1.0-tools")
        return
    cases = cases_of(read_pipelines(path), environment_of(plugins))
    print(f"1..{len(cases)}")
    for number, (name, case) in enumerate(cases, 1):
        try:
            complaint = case()
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
            continue
        for line in complaint.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
