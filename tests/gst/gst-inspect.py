#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what gst-inspect-1.0 shows of our elements, as users do.

gst-inspect.py BUILD-DIR PLUGIN-DIR: every property has a blurb that helps, and is readable and
writable as meant; the pair has what GStreamer's own pair has, which is compared where that is
installed. And both plugins are found where an installation has them, whatever its prefix. TAP.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# after which a program is stuck
WAIT_S = 120
MIN_BLURB_LEN = 20

ELEMENTS = ("tegatatransport", "tegatasrtpenc", "tegatasrtpdec")
# ours, and what it stands in for
PAIR = (("tegatasrtpenc", "dtlssrtpenc"), ("tegatasrtpdec", "dtlssrtpdec"))
# what comes with GstObject, and with GstBin, which ours are not
NOT_OURS = {"name", "parent", "async-handling", "message-forward"}

FACTS = {"fingerprint", "connection-state", "dtls-version", "dtls-cipher", "srtp-profile",
         "peer-pem", "stats"}
SETTINGS = {"pem", "peer-fingerprint", "require-fingerprint", "profiles", "min-version",
            "max-version", "mtu", "handshake-timeout", "rtt", "key-log"}
FIXED_KEY = {"key", "srtp-cipher", "srtcp-cipher", "srtp-auth", "srtcp-auth"}
READ_ONLY = {
    "tegatatransport": FACTS,
    "tegatasrtpdec": FACTS,
    "tegatasrtpenc": {"connection-state", "dtls-version"},
}
READ_WRITE = {
    "tegatatransport": SETTINGS | {"setup", "is-client"},
    "tegatasrtpdec": SETTINGS | FIXED_KEY | {"connection-id"},
    "tegatasrtpenc": FIXED_KEY | {"connection-id", "is-client", "rtp-sync"},
}
# where a value holds at once while the association is open
CHANGES_WHILE_PLAYING = {"peer-fingerprint", "require-fingerprint", "rtt", "setup", "rtp-sync"}
CHANGES_IN_READY = (SETTINGS | FIXED_KEY) - CHANGES_WHILE_PLAYING

MEDIA = ("application/x-rtp", "application/x-rtcp")
TRANSPORT_PADS = {
    "net_sink": ("SINK", "Always", ("ANY",)),
    "net_src": ("SRC", "Always", ("ANY",)),
    "rtp_src": ("SRC", "Always", ("application/x-rtp",)),
    "rtcp_src": ("SRC", "Always", ("application/x-rtcp",)),
    "data_src": ("SRC", "On request", ("ANY",)),
    "rtp_sink_%u": ("SINK", "On request", MEDIA),
    "rtcp_sink_%u": ("SINK", "On request", MEDIA),
    "data_sink": ("SINK", "On request", ("ANY",)),
}


class Skip(Exception):
    """Why something cannot be tried here."""


def sanitizers(build):
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    value = next(option["value"] for option in options if option["name"] == "b_sanitize")
    # a word in older mesons, a list in newer ones
    names = value.split(",") if isinstance(value, str) else value
    return [name for name in names if name != "none"]


def environment_of(build, plugins, directory):
    """gst-inspect-1.0 is built without sanitizers, so their runtimes must be there before."""
    environment = {**os.environ, "GST_PLUGIN_PATH": str(plugins),
                   "GST_REGISTRY": str(pathlib.Path(directory) / "registry.bin"),
                   "GST_REGISTRY_FORK": "no", "G_DEBUG": "fatal-warnings",
                   "LC_ALL": "C", "LANGUAGE": "C"}
    runtimes = [{"address": "libasan.so", "undefined": "libubsan.so"}.get(name)
                for name in sanitizers(build)]
    if not runtimes:
        return environment
    linked = subprocess.run(["ldd", str(plugins / "libgsttegata.so")], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    paths = re.findall(r"=> (/\S+/lib(?:asan|ubsan)\.so\S*)", linked)
    if len(paths) != len(runtimes):
        raise Skip(f"gst-inspect-1.0 cannot load the runtimes of {sanitizers(build)}")
    # its own leaks are not ours to tell
    options = environment.get("ASAN_OPTIONS", "")
    return {**environment, "LD_PRELOAD": ":".join(paths),
            "ASAN_OPTIONS": options + ":detect_leaks=0"}


class Report:
    """What gst-inspect-1.0 printed of an element."""

    def __init__(self, name, environment):
        result = subprocess.run(["gst-inspect-1.0", name], text=True, check=False,
                                env=environment, timeout=WAIT_S, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        self.name = name
        self.status = result.returncode
        self.errors = result.stderr
        self.text = result.stdout

    def section(self, title):
        # up to a heading or a sentence; the lines of a certificate are neither
        match = re.search(rf"^{title}:\n(.*?)(?=^[A-Z][A-Za-z ]*[.:]$|\Z)", self.text,
                          re.MULTILINE | re.DOTALL)
        return match.group(1) if match else ""

    def fact(self, label):
        match = re.search(rf"^ +{label} +(.*)$", self.text, re.MULTILINE)
        return match.group(1) if match else ""

    def properties(self):
        """{name: (blurb, flags, the lines below)}"""
        found = {}
        parts = re.split(r"^  (\S+) +: ", self.section("Element Properties"),
                         flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2]):
            blurb, _, rest = text.partition("\n")
            flags, _, below = rest.partition("\n")
            found[name] = (blurb, flags.strip().removeprefix("flags: "), below)
        return {name: each for name, each in found.items() if name not in NOT_OURS}

    def kinds(self):
        """{name: what type it has}: without our type names, and without defaults"""
        found = {}
        for name, (_, flags, below) in self.properties().items():
            kind = re.sub(r'(Enum|type) "\w*"', r"\1", below.split("\n")[0])
            kind = re.sub(r" *Default:.*", "", kind).strip()
            access = "writable" if "writable" in flags else "readable"
            found[name] = (kind, access)
        return found

    def enum_values(self, name):
        return re.findall(r"\((\d+)\): (\S+)", self.properties()[name][2])

    def pads(self):
        """{name: (direction, presence, caps)}"""
        found = {}
        for text in re.split(r"\n +\n", self.section("Pad Templates")):
            head = re.search(r"(SINK|SRC) template: '(\S+)'", text)
            presence = re.search(r"Availability: (.*)", text)
            caps = re.search(r"Capabilities:\n(.*)", text, re.DOTALL)
            if head:
                words = tuple(line.strip() for line in caps.group(1).splitlines()
                              if line.strip())
                found[head.group(2)] = (head.group(1), presence.group(1), words)
        return found

    def signals(self):
        """{name: whether a signal or an action}"""
        found = {}
        for section in ("Element Signals", "Element Actions"):
            text = self.section(section)
            found.update({name: section for name in re.findall(r'^  "(\S+)" ', text,
                                                               re.MULTILINE)})
        return found


def differences(what, ours, expected):
    lines = []
    for name in sorted(set(ours) | set(expected)):
        if ours.get(name) != expected.get(name):
            lines.append(f"{what} {name}: {ours.get(name)}, expected {expected.get(name)}")
    return "\n".join(lines)


def is_quiet(report):
    if report.status != 0 or report.errors:
        return f"status {report.status}, standard error:\n{report.errors}"
    return ""


def has_blurbs(report):
    properties = report.properties()
    short = [f"{name}: “{blurb}”" for name, (blurb, _, _) in properties.items()
             if len(blurb) < MIN_BLURB_LEN]
    return "\n".join(short) if properties else "no property at all"


def has_access(report):
    expected = {name: "readable" for name in READ_ONLY[report.name]}
    expected.update({name: "readable, writable" for name in READ_WRITE[report.name]})
    ours = {name: ", ".join(flags.split(", ")[:2]) if "writable" in flags else flags
            for name, (_, flags, _) in report.properties().items()}
    return differences("access to", ours, expected)


def says_when_it_holds(report):
    lines = []
    for name, (_, flags, _) in report.properties().items():
        if name in CHANGES_WHILE_PLAYING and "PLAYING" not in flags:
            lines.append(f"{name} may be set in PLAYING, but its flags are: {flags}")
        if name in CHANGES_IN_READY and "only in NULL or READY" not in flags:
            lines.append(f"{name} holds from READY on, but its flags are: {flags}")
    return "\n".join(lines)


def is_described(report):
    wrong = [f"{label}: “{report.fact(label)}”" for label in ("Long-name", "Klass", "Description")
             if len(report.fact(label)) < 8]
    for label, expected in (("Author", "Tegata developers <tegata@example.org>"),
                            ("License", "LGPL"), ("Rank", "none (0)"), ("Name", "tegata")):
        if report.fact(label) != expected:
            wrong.append(f"{label}: “{report.fact(label)}”, expected “{expected}”")
    return "\n".join(wrong)


def stands_in(ours, upstream):
    """Every pad and signal, and no other; every property, of the same type and access."""
    if upstream.status != 0:
        raise Skip(f"without {upstream.name}: apt-get install gstreamer1.0-plugins-bad")
    kinds = ours.kinds()
    shared = {name: kinds.get(name) for name in upstream.kinds()}
    complaints = [
        differences("pad", ours.pads(), upstream.pads()),
        differences("signal", ours.signals(), upstream.signals()),
        differences("property", shared, upstream.kinds()),
    ]
    if ours.enum_values("connection-state") != upstream.enum_values("connection-state"):
        complaints.append(f"states {ours.enum_values('connection-state')}")
    if ours.fact("Klass") != upstream.fact("Klass"):
        complaints.append(f"klass {ours.fact('Klass')}, expected {upstream.fact('Klass')}")
    return "\n".join(line for line in complaints if line)


def transport_has_its_pads(report):
    return (differences("pad", report.pads(), TRANSPORT_PADS)
            or differences("signal", report.signals(), {"close": "Element Actions"}))


def misses_are_noticed(report):
    """That the reading of the text finds what it looks for."""
    pads = report.pads()
    name = next(iter(pads), None)
    if name is None or not report.properties() or not report.kinds():
        return f"nothing was read from:\n{report.text}"
    if not differences("pad", {**pads, name: None}, pads):
        return "a missing pad is not"
    return ""


def install(build, directory):
    """Installs into a directory of its own. Returns the one that has libtegata.so in it."""
    result = subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet",
                             "--tags", "runtime", "--destdir", str(directory)], text=True,
                            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
    return next(directory.glob("**/gstreamer-1.0/libgsttegata.so")).parent.parent


def is_found_installed(build, folder, element, file):
    """With nothing but GST_PLUGIN_PATH: what cannot be loaded, GStreamer passes over, and takes
    a plugin of the system with the same name instead."""
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        libdir = install(build, root / "root")
        environment = environment_of(build, libdir / "gstreamer-1.0", directory)
        environment = {name: value for name, value in environment.items()
                       if name not in ("LD_LIBRARY_PATH", "GST_PLUGIN_PATH_1_0", "G_DEBUG")}
        plugins = libdir / folder
        environment |= {"GST_PLUGIN_PATH": str(plugins), "HOME": directory}
        report = Report(element, environment)
    found = report.fact("Filename")
    expected = str(plugins / file)
    if report.status == 0 and found == expected:
        return ""
    return (f"status {report.status}, {element} is of “{found}”, expected “{expected}”\n"
            + report.errors)


def installed_cases(build):
    return [(f"/gst/inspect/{element}/is-found-where-it-was-installed",
             lambda element=element, folder=folder, file=file:
             is_found_installed(build, folder, element, file))
            for element, folder, file in
            (("tegatatransport", "gstreamer-1.0", "libgsttegata.so"),
             ("dtlssrtpenc", "tegata/gstreamer-1.0", "libgstdtls.so"))]


def cases_of(reports):
    cases = []
    for name in ELEMENTS:
        report = reports[name]
        for title, check in (("is-shown-without-a-warning", is_quiet),
                             ("has-a-blurb-for-each-property", has_blurbs),
                             ("is-readable-and-writable-as-meant", has_access),
                             ("says-when-a-setting-holds", says_when_it_holds),
                             ("is-described", is_described),
                             ("is-read-here-as-it-is-shown", misses_are_noticed)):
            cases.append((f"/gst/inspect/{name}/{title}",
                          lambda check=check, report=report: check(report)))
    for ours, upstream in PAIR:
        cases.append((f"/gst/inspect/{ours}/has-what-{upstream}-has",
                      lambda ours=ours, upstream=upstream:
                      stands_in(reports[ours], reports[upstream])))
    cases.append(("/gst/inspect/tegatatransport/has-its-pads-and-its-action",
                  lambda: transport_has_its_pads(reports["tegatatransport"])))
    return cases


def main(build, plugins):
    if shutil.which("gst-inspect-1.0") is None:
        print("1..0 # SKIP without gst-inspect-1.0: apt-get install gstreamer1.0-tools")
        return
    with tempfile.TemporaryDirectory() as directory:
        try:
            environment = environment_of(build, plugins, directory)
        except Skip as why:
            print(f"1..0 # SKIP {why}")
            return
        names = ELEMENTS + tuple(upstream for _, upstream in PAIR)
        # the first call scans all plugins, and may say what it thinks of others
        Report(ELEMENTS[0], environment)
        reports = {name: Report(name, environment) for name in names}
    cases = cases_of(reports) + installed_cases(build)
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
