#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a test program under GStreamer's leaks tracer: what is alive at its end is a failure.

leaks.py PLUGINS-DIR NAME PROGRAM [ARGUMENT...]: PLUGINS-DIR is where GStreamer's own plugins are, of
which only that of the tracer is to be found. It writes into a file of its own, apart from what the
program prints, and looks when gst_deinit() is called, which the program must say it did. The
program's own failure is one too. TAP.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = re.compile(r"^ok \d+.*# SKIP", re.MULTILINE)
# not the line that tells the format of such lines
ALIVE = re.compile(r".*object-alive, type-name=\(string\)[^%].*")
# what the tracer says when it is loaded; without it nothing would ever be found alive
LOADED = "new format string: object-alive"
LOOKED = "# GStreamer has looked what is alive"
PASSED = re.compile(r"^ok \d+", re.MULTILINE)


def run(words, plugins, directory):
    """Returns the finished program, and what the tracer wrote."""
    log = directory / "leaks.log"
    tracers = directory / "tracers"
    tracers.mkdir()
    (tracers / "libgstcoretracers.so").symlink_to(plugins / "libgstcoretracers.so")
    env = dict(os.environ, GST_TRACERS="leaks", GST_DEBUG="GST_TRACER:7",
               GST_DEBUG_FILE=str(log), GST_DEBUG_NO_COLOR="1",
               GST_REGISTRY=str(directory / "registry.bin"),
               GST_PLUGIN_PATH=f"{os.environ['GST_PLUGIN_PATH']}:{tracers}")
    result = subprocess.run(words, env=env, text=True, check=False, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    return result, log.read_text(errors="replace") if log.exists() else ""


def complain(number, name, complaint):
    for line in complaint.splitlines():
        print(f"# {line}")
    print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


def main(plugins, name, words):
    with tempfile.TemporaryDirectory() as directory:
        result, traced = run(words, plugins, pathlib.Path(directory))
    alive = ALIVE.findall(traced)
    if not alive and LOOKED not in result.stdout:
        alive.append("nobody looked: gst_deinit() was not called, or said nothing")
    if LOADED not in traced:
        alive.append("nobody looked: the tracer was not loaded")
    n_passed = len(PASSED.findall(result.stdout)) - len(SKIPPED.findall(result.stdout))
    complaint = ""
    if result.returncode != 0 or n_passed == 0:
        complaint = f"status {result.returncode}, {n_passed} cases passed\n{result.stdout}"
    print("1..2")
    complain(1, f"/gst/leaks/{name}-passes-under-the-tracer", complaint)
    complain(2, f"/gst/leaks/{name}-leaves-nothing-alive", "\n".join(alive))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
