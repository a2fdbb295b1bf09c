#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a viewer costs the gateway: CPU time, memory, and how long it waits for its first frame.

gateway-load: the gateway shows its pattern to native viewers in another process, all on
loopback. Prints measurements, one line of JSON each (benchmarks/measure.h); progress goes to
standard error. Run it by scripts/bench gateway.
"""

import argparse
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import threading
import time

LOOPBACK = "127.0.0.1"
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
# after which a program is stuck
PATIENCE_S = 120
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
IDLE_S = 5
# an exit status: 128 and SIGINT, as shells have it
STOPPED = 130


class Trouble(Exception):
    """What is wrong, in words for who reads the terminal."""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Program:
    """Whose lines are waited for."""

    def __init__(self, path, *arguments):
        if not path.exists():
            raise Trouble(f"there is no {path}: it was not built (see README for what it needs)")
        self.child = subprocess.Popen([str(path), *map(str, arguments)], text=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def await_line(self, pattern):
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise Trouble(f"{self.child.args[0]} says nothing any more") from None
            if line is None:
                raise Trouble(f"{self.child.args[0]} ended with status {self.child.wait()}")
            match = re.search(pattern, line)
            if match:
                return match

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
        return self.child.wait(PATIENCE_S)


class Usage:
    """Of a process, at one moment."""

    def __init__(self, pid):
        self.at = time.monotonic()
        place = pathlib.Path(f"/proc/{pid}")
        status = (place / "status").read_text()
        self.memory_kb = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1))
        self.n_files = len(list((place / "fd").iterdir()))
        self.cpu_s = {"main thread": 0, "media thread": 0, "pattern": 0}
        for task in (place / "task").iterdir():
            try:
                name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue  # it ended meanwhile
            who = ("main thread" if task.name == str(pid) else
                   "media thread" if name == "media" else "pattern")
            user, system = rest.split()[11:13]
            self.cpu_s[who] += (int(user) + int(system)) / TICKS_A_SECOND


def cpu_between(before, after):
    """{thread: milliseconds a second}"""
    seconds = after.at - before.at
    return {who: 1000 * (after.cpu_s[who] - before.cpu_s[who]) / seconds
            for who in before.cpu_s}


def measurement(case, metric, value, unit, subject="gateway"):
    print(json.dumps({"case": case, "subject": subject, "metric": metric,
                      # less than nothing is what disturbed the time when nobody watched
                      "value": max(round(value, 3), 0), "unit": unit, "reference": None}), flush=True)


class Load:
    def __init__(self, options):
        self.options = options
        self.gateway = None
        self.viewers = None
        self.url = None

    def start(self):
        options = self.options
        self.gateway = Program(EXAMPLES / "gateway" / "gateway", "--listen", f"{LOOPBACK}:0",
                               "--ice-address", LOOPBACK, "--max-sessions", options.viewers)
        self.url = self.gateway.await_line(r"^gateway: (http\S+)$").group(1)

    def usage(self):
        return Usage(self.gateway.child.pid)

    def idle(self):
        """Nobody watches; after somebody has, so that what is made once is there."""
        first = Program(EXAMPLES / "whep-view" / "whep-view", self.url + "whep",
                        "--ice-address", LOOPBACK, "--frames", 1)
        if first.child.wait(PATIENCE_S) != 0:
            raise Trouble("not even one viewer sees anything")
        self.gateway.await_line(r"^viewer 1: gone")
        before = self.usage()
        time.sleep(IDLE_S)
        return before, self.usage()

    def crowd(self):
        """All watch: (before, after) of what is asked for."""
        options = self.options
        self.viewers = Program(EXAMPLES / "whep-view" / "whep-view", self.url + "whep",
                               "--ice-address", LOOPBACK, "--json", "--viewers",
                               options.viewers, "--rate", options.rate, "--seconds",
                               options.seconds + 2)
        self.viewers.await_line(r'"event":"all-watch"')
        say(f"all {options.viewers} watch")
        time.sleep(1)
        before, theirs = self.usage(), Usage(self.viewers.child.pid)
        time.sleep(options.seconds)
        return before, self.usage(), cpu_between(theirs, Usage(self.viewers.child.pid))

    def left(self):
        """What they saw, and what the gateway has when they are gone."""
        summary = json.loads(self.viewers.await_line(r'"event":"summary"').string)
        status = self.viewers.child.wait(PATIENCE_S)
        if status != 0:
            trouble = [each["trouble"] for each in summary["each"] if each["trouble"]]
            raise Trouble(f"whep-view ended with status {status}: {trouble[:3]}")
        for _ in range(self.options.viewers):
            self.gateway.await_line(r"^viewer \d+: gone")
        time.sleep(1)
        return summary, self.usage()

    def stop(self):
        for program in (self.viewers, self.gateway):
            if program is not None:
                program.stop()


def report(options, idle, crowd, summary, left):
    case, n = f"{options.viewers} viewers", options.viewers
    nobody, everybody = cpu_between(*idle), cpu_between(*crowd[:2])
    for who in ("main thread", "media thread"):
        measurement(case, f"CPU of a viewer: {who}", (everybody[who] - nobody[who]) / n, "ms a "
                    "second")
    measurement(case, "CPU of a viewer", sum(everybody[who] - nobody[who] for who in
                                             ("main thread", "media thread")) / n, "ms a second")
    measurement(case, "CPU of the pattern", everybody["pattern"], "ms a second")
    measurement(case, "CPU of a viewer: itself", sum(crowd[2].values()) / n, "ms a second",
                "whep-view")
    measurement(case, "memory of a viewer", (crowd[1].memory_kb - idle[1].memory_kb) / n, "kB")
    measurement(case, "memory of a viewer: when all left",
                (left.memory_kb - idle[1].memory_kb) / n, "kB")
    measurement(case, "files more, when all left", left.n_files - idle[1].n_files, "")
    for name, key in (("median", "Median"), ("99 %", "P99"), ("max", "Max")):
        measurement(case, f"offer to first frame: {name}", summary[f"firstFrame{key}Ms"], "ms")
    packets = summary["video"]["packets"] + summary["audio"]["packets"]
    measurement(case, "packets received", packets, "")
    measurement(case, "packets lost", sum(summary[kind]["gaps"] for kind in ("video", "audio")),
                "")
    measurement(case, "packets missing in the end",
                sum(summary[kind]["missing"] for kind in ("video", "audio")), "")
    measurement(case, "packets refused", summary["refused"] + summary["strange"], "")


def main():
    parser = argparse.ArgumentParser(prog="gateway-load", description=__doc__.splitlines()[0])
    parser.add_argument("--viewers", type=int, default=200, metavar="N",
                        help="how many watch (%(default)s)")
    parser.add_argument("--seconds", type=int, default=30, metavar="S",
                        help="how long it is measured (%(default)s)")
    parser.add_argument("--rate", type=int, default=20, metavar="N",
                        help="viewers that join a second (%(default)s)")
    options = parser.parse_args()
    load = Load(options)
    try:
        load.start()
        say("nobody watches")
        idle = load.idle()
        say(f"{options.viewers} join, {options.rate} a second")
        crowd = load.crowd()
        report(options, idle, crowd, *load.left())
    except (Trouble, OSError, subprocess.TimeoutExpired) as trouble:
        say(f"gateway-load: {trouble}")
        return 1
    except KeyboardInterrupt:
        say("gateway-load: stopped")
        return STOPPED
    finally:
        load.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
