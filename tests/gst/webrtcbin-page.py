#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tries what docs/webrtcbin.md prints: its C compiles, its Python hands a fingerprint over.

webrtcbin-page.py SOURCE-DIR BUILD-DIR PLUGIN-DIR COMPILER... TAP.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# after which a program is stuck
WAIT_S = 120
# the packages of a distribution are seen by its own python3 alone
SYSTEM_PYTHON = "/usr/bin/python3"
FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)

IMPORTS = """\
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstWebRTC
"""

NEEDED = f"""{IMPORTS}
Gst.init(None)
assert Gst.ElementFactory.find("webrtcbin") is not None
assert Gst.ElementFactory.find("nicesrc") is not None
"""

# A webrtcbin that makes its transport, and tells what its decoder knows.
DRIVER = f"""
Gst.init(None)
pipeline = Gst.Pipeline()
webrtc = Gst.ElementFactory.make("webrtcbin")
pipeline.add(webrtc)
peer = Peer(webrtc)
pipeline.set_state(Gst.State.READY)
caps = Gst.Caps.from_string("application/x-rtp,media=audio,encoding-name=OPUS,payload=97,"
                            "clock-rate=48000")
webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.SENDRECV, caps)
promise = Gst.Promise.new()
webrtc.emit("create-offer", None, promise)
promise.wait()
reply = promise.get_reply()
offer = reply.get_value("offer")
is_set = Gst.Promise.new()
webrtc.emit("set-local-description", offer, is_set)
is_set.wait()
for each in peer.decoders:
    print("before:", each.get_property("require-fingerprint"),
          each.get_property("peer-fingerprint"))
peer.on_remote_description("v=0\\r\\nm=audio\\r\\n{FINGERPRINT}\\r\\na=setup:active\\r\\n")
for each in peer.decoders:
    print("after:", each.get_property("peer-fingerprint"))
pipeline.set_state(Gst.State.NULL)
"""
EXPECTED = f"before: True None\nafter: {FINGERPRINT}\n"


class Skip(Exception):
    """Why something cannot be tried here."""


def run(command, **options):
    return subprocess.run(command, text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=WAIT_S, **options)


def fragment_of(page, language):
    return re.search(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL).group(1)


def compiles(page, compiler, directory):
    function, _, statement = fragment_of(page, "c").partition("/* at the beginning */\n")
    path = directory / "fragment.c"
    path.write_text("#include <gst/gst.h>\nvoid begin (GstElement *webrtc);\n"
                    f"{function}void begin (GstElement *webrtc)\n{{\n{statement}}}\n")
    flags = run(["pkg-config", "--cflags", "gstreamer-1.0"]).stdout.split()
    built = run([*compiler, "-Wall", "-Werror", "-fsyntax-only", *flags, str(path)])
    return "" if built.returncode == 0 else built.stdout


def sanitizers_of(build):
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    return str(next(each["value"] for each in options if each["name"] == "b_sanitize"))


def environment_of(build, plugin_dir, compiler, directory):
    environment = os.environ | {"GST_PLUGIN_PATH": plugin_dir, "GST_REGISTRY_FORK": "no",
                                "GST_REGISTRY": str(directory / "registry.bin")}
    if "address" in sanitizers_of(build):
        # python3 loads a plugin with ASan where the runtime came first; its leaks are its own
        environment["LD_PRELOAD"] = run([*compiler, "-print-file-name=libasan.so"]).stdout.strip()
        environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return environment


def hands_over(page, environment, directory):
    if run([SYSTEM_PYTHON, "-c", NEEDED], env=environment, cwd=directory).returncode != 0:
        raise Skip("without python3-gst-1.0, gir1.2-gst-plugins-bad-1.0, "
                   "gstreamer1.0-plugins-bad or gstreamer1.0-nice")
    path = directory / "fragment.py"
    path.write_text(IMPORTS + fragment_of(page, "python") + DRIVER)
    result = run([SYSTEM_PYTHON, str(path)], env=environment, cwd=directory)
    if result.returncode == 0 and result.stdout.endswith(EXPECTED):
        return ""
    return f"status {result.returncode}, expected:\n{EXPECTED}\nprinted:\n{result.stdout}"


def main(source, build, plugin_dir, compiler):
    page = (source / "docs" / "webrtcbin.md").read_text()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        environment = environment_of(build, plugin_dir, compiler, directory)
        cases = [
            ("/webrtc/page/its-c-compiles", lambda: compiles(page, compiler, directory)),
            ("/webrtc/page/its-python-hands-a-fingerprint-over",
             lambda: hands_over(page, environment, directory)),
        ]
        print(f"1..{len(cases)}")
        for number, (name, case) in enumerate(cases, 1):
            try:
                complaint = case()
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}")
                continue
            for line in complaint.splitlines():
                print(f"# {line}")
            print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]),
         str(pathlib.Path(sys.argv[3]).resolve()), sys.argv[4:])
