#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/bench as somebody calls it, and the shape of what it writes. TAP.

bench.py SOURCE-DIR BUILD-DIR: takes the programs of that build, on a small scale: what they
measure is not looked at, but that it was measured, compared rightly, and drawn.
"""

import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

KEYS = ["bench", "case", "subject", "metric", "value", "unit", "reference", "ratio"]
SVG = "{http://www.w3.org/2000/svg}"
# after which a program is stuck
WAIT_S = 240


class Skip(Exception):
    """Why something cannot be tried here."""


class Bench:
    def __init__(self, source, build, directory):
        self.script = source / "scripts" / "bench"
        self.report = source / "scripts" / "bench-report"
        self.build = build
        self.directory = pathlib.Path(directory)

    def run(self, *words):
        return subprocess.run([str(self.script), *words], cwd=self.directory, text=True,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=WAIT_S)

    def quick(self, name, *words):
        return self.run(name, "--quick", "--build", str(self.build), *words)

    def program(self, name):
        if not (self.build / "benchmarks" / name).exists():
            raise Skip(f"{name} was not built")

    def report_of(self, lines, *words):
        path = self.directory / "lines"
        path.write_text("".join(lines))
        return subprocess.run([sys.executable, str(self.report), "made-up", str(path), *words],
                              cwd=self.directory, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_S)


def told(result):
    return (f"status {result.returncode}, printed:\n{result.stdout}\n"
            f"on standard error:\n{result.stderr}")


def listed_with_a_line_each(bench):
    alone, asked = bench.run(), bench.run("--list")
    names = [line.split()[0] for line in asked.stdout.splitlines() if len(line.split()) > 3]
    if asked.returncode or alone.stdout != asked.stdout or not {"gst", "listener-load"} <= set(names):
        return told(alone) + told(asked)
    return ""


def help_tells_the_keys(bench):
    result = bench.run("--help")
    missing = [word for word in KEYS + ["--json FILE", "--plot FILE", "--quick", "--list"]
               if word not in result.stdout]
    return f"of {missing} it says nothing\n{told(result)}" if missing or result.returncode else ""


def wrong_words_are_told(bench):
    cases = {
        ("nonesuch",): "no benchmark nonesuch",
        ("gst", "--fast"): "no option --fast",
        ("gst", "listener-load"): "one benchmark at a time",
        ("gst", "--json", "nowhere/x.json"): "no folder",
        ("gst", "--plot"): "name of a file",
    }
    for words, expected in cases.items():
        result = bench.run(*words)
        if result.returncode != 2 or expected not in result.stderr:
            return f"{words}: expected “{expected}”; {told(result)}"
    return ""


def find_faults(measured, name):
    """What is wrong with the list that --json wrote."""
    if not isinstance(measured, list) or not measured:
        return f"not a list of measurements: {measured!r:.200}"
    place = {(one["case"], one["metric"], one["subject"]): one["value"] for one in measured}
    for one in measured:
        if list(one) != KEYS or one["bench"] != name:
            return f"wrong keys, or another's: {one}"
        if not isinstance(one["value"], (int, float)) or one["value"] < 0:
            return f"no number: {one}"
        if (one["reference"] is None) != (one["ratio"] is None):
            return f"a ratio without a reference, or the other way round: {one}"
        if one["reference"] is not None:
            theirs = place[one["case"], one["metric"], one["reference"]]
            ratio = one["value"] / theirs if one["unit"].endswith("/s") else theirs / one["value"]
            if abs(ratio - one["ratio"]) > 0.001 * ratio:
                return f"the ratio is {ratio}: {one}"
    return ""


def find_faults_of_picture(path, n_bars):
    """Bars are filled paths; the tallest ones are for sure more than @n_bars."""
    root = ElementTree.parse(path).getroot()
    if root.tag != SVG + "svg":
        return f"{path} is {root.tag}"
    colours = {element.get("fill") for element in root.iter(SVG + "rect")}
    if not any(colour and colour.lower() == "#ffffff" for colour in colours):
        return f"no ground of its own, to be read on a dark page: {colours}"
    filled = sum(1 for element in root.iter(SVG + "polygon"))
    filled += sum(1 for element in root.iter(SVG + "path") if "Z" in element.get("d", ""))
    return "" if filled >= n_bars else f"{filled} bars, of {n_bars}"


def elements_are_measured(bench):
    bench.program("gst-bench")
    if shutil.which("gnuplot") is None:
        raise Skip("gnuplot is not installed")
    result = bench.quick("gst", "--json", "gst.json", "--plot", "gst.svg")
    if result.returncode != 0:
        return told(result)
    measured = json.loads((bench.directory / "gst.json").read_text())
    times = [one for one in measured if one["metric"] == "time a packet"]
    return (find_faults(measured, "gst") or find_missing(measured, result)
            or find_faults_of_picture(bench.directory / "gst.svg", len(times)))


def find_missing(measured, result):
    """Every case, and ours in each; GStreamer's own where they are installed."""
    cases = {f"{way} {size} B {profile} {form}" for way, size, profile, form in itertools.product(
        ("encode", "decode"), (60, 1200), ("CM_80", "GCM_128"), ("single", "list"))}
    missing = cases - {one["case"] for one in measured}
    if missing:
        return f"without {missing}\n{told(result)}"
    subjects = {one["subject"] for one in measured}
    expected = {"pass-through", "tegatasrtpenc", "tegatasrtpdec", "tegatatransport"}
    if not expected <= subjects:
        return f"of {expected} only {subjects}\n{told(result)}"
    if "left out: srtpenc:" not in result.stderr:
        compared = {one["case"] for one in measured if one["ratio"] is not None}
        if not cases <= compared or "srtpdec, singly" not in subjects:
            return f"not compared: {cases - compared}\n{told(result)}"
    return ""


def listener_is_measured(bench):
    bench.program("listener-load")
    result = bench.quick("listener-load", "--json", "load.json", "--", "--rate", "20")
    if result.returncode != 0:
        return told(result)
    measured = json.loads((bench.directory / "load.json").read_text())
    connected = [one["value"] for one in measured if one["metric"] == "handshakes"]
    return find_faults(measured, "listener-load") or (
        "" if connected == [20, 20] else f"handshakes: {connected}")


def gateway_is_measured(bench):
    bench.program("gateway-load")
    result = bench.quick("gateway", "--json", "gateway.json")
    if result.returncode != 0:
        return told(result)
    measured = json.loads((bench.directory / "gateway.json").read_text())
    metrics = {one["metric"]: one["value"] for one in measured}
    if not metrics["packets received"] or not metrics["offer to first frame: median"]:
        return f"nobody watched: {metrics}"
    return find_faults(measured, "gateway")


def line(subject, value, unit="ns", reference=None, metric="time"):
    return json.dumps({"case": "a case", "subject": subject, "metric": metric, "value": value,
                       "unit": unit, "reference": reference}) + "\n"


def more_than_one_is_better(bench):
    lines = [line("old", 300), line("new", 100, reference="old"),
             line("old", 10, "1/s", metric="rate"),
             line("new", 40, "1/s", reference="old", metric="rate"),
             line("alone", 5, reference="nobody")]
    result = bench.report_of(lines, "--json", "out.json")
    if result.returncode != 0:
        return told(result)
    measured = json.loads((bench.directory / "out.json").read_text())
    ratios = [(one["reference"], one["ratio"]) for one in measured]
    expected = [(None, None), ("old", 3), (None, None), ("old", 4), (None, None)]
    if ratios != expected or "3.00 x old, 4.00 x old" not in result.stdout:
        return f"{ratios}, of {expected}\n{told(result)}"
    return ""


def what_is_no_measurement_is_told(bench):
    for bad in ("time: 3 ns\n", '{"case": "a case"}\n', "[]\n"):
        result = bench.report_of([line("old", 300), bad])
        if result.returncode != 1 or "line 2" not in result.stderr:
            return told(result)
    return ""


CASES = [listed_with_a_line_each, help_tells_the_keys, wrong_words_are_told,
         more_than_one_is_better, what_is_no_measurement_is_told, elements_are_measured,
         listener_is_measured, gateway_is_measured]


def main(source, build):
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(source, build, directory)
        print(f"1..{len(CASES)}")
        for number, case in enumerate(CASES, 1):
            name = f"/bench/{case.__name__.replace('_', '-')}"
            try:
                complaint = case(bench)
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}", flush=True)
                continue
            except (OSError, ValueError, KeyError, subprocess.SubprocessError,
                    ElementTree.ParseError) as error:
                complaint = f"{type(error).__name__}: {error}"
            for each in complaint.splitlines():
                print(f"# {each}")
            print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
