#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A viewer behind a network that loses packets sees the picture all the same.

view-loss.py GATEWAY WHEP-VIEW: the network is a namespace of our own, where that is
permitted: the program starts itself in one, as view-loss.py GATEWAY WHEP-VIEW --case NAME. TAP.
"""

import functools
import re
import shutil
import subprocess
import sys

from view_rig import open_gateway, watch
import tegata_rig as rig
from tegata_rig import Skip, await_true, check, equal

UNSHARE = ("unshare", "--map-root-user", "--net")
SECONDS = 8
FRAMES_A_SECOND = 30

RULES = """table ip lossy {{
  chain input {{
    type filter hook input priority 0;
    meta l4proto udp numgen random mod 100 < {percent} drop
  }}
}}
"""


def lose(percent):
    """Behind the sender, who is not told."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=RULES.format(percent=percent), text=True,
                   check=True)


def watch_with_loss(bench, whep_view, percent):
    lose(percent)
    gateway = open_gateway(bench)
    viewer = watch(bench, whep_view, gateway, "--seconds", SECONDS)
    viewer.await_event("all-watch")
    await_true(lambda: gateway.status()["viewers"][0]["media"]["retransmitted"] > 0,
               "something is sent again")
    media = gateway.status()["viewers"][0]["media"]
    summary = viewer.summary()
    print(f"# {percent} %: {summary['frames']} frames, video {summary['video']}, "
          f"{summary['nacks']} asked for, {summary['plis']} key frames; gateway: {media}")
    check(media["nacks"] > 0, media)
    video = summary["video"]
    check(video["resent"] > 0, summary)
    check(video["missing"] <= video["resent"] / 5, "few are missing in the end", summary)
    check(summary["frames"] > SECONDS * FRAMES_A_SECOND / 2, summary)
    equal((summary["failedAuthentication"], video["wrong"]), (0, 0), summary)


def inside_5_percent(bench, whep_view):
    watch_with_loss(bench, whep_view, 5)


def inside_15_percent(bench, whep_view):
    watch_with_loss(bench, whep_view, 15)


INSIDE = {case.__name__: case for case in (inside_5_percent, inside_15_percent)}


def in_a_namespace(bench, whep_view, name):
    for tool in ("unshare", "ip", "nft"):
        if shutil.which(tool) is None:
            raise Skip(f"{tool} is not installed")
    probe = subprocess.run([*UNSHARE, "nft", "-f", "-"], input=RULES.format(percent=1),
                           text=True, capture_output=True, check=False)
    if probe.returncode != 0:
        raise Skip(f"no namespace with nftables: {probe.stderr.splitlines()[:1]}")
    inside = bench.process(*UNSHARE, sys.executable, __file__, bench.program, whep_view,
                           "--case", name)
    inside.child.wait(3 * rig.WAIT_S)
    check(re.search("^ok 1 ", inside.end(0).out(), re.MULTILINE), inside.story())
    print("\n".join(line for line in inside.out().splitlines() if line.startswith("# ")))


def loses_5_percent(bench, whep_view):
    in_a_namespace(bench, whep_view, "inside_5_percent")


def loses_15_percent(bench, whep_view):
    in_a_namespace(bench, whep_view, "inside_15_percent")


if __name__ == "__main__":
    CASES = [INSIDE[sys.argv[4]]] if sys.argv[3:4] == ["--case"] else [loses_5_percent,
                                                                      loses_15_percent]
    rig.main("gateway/view-loss", sys.argv[1], [
        functools.update_wrapper(functools.partial(case, whep_view=sys.argv[2]), case)
        for case in CASES])
