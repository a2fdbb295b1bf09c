#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a gateway shows arrives: the pattern, and plain RTP of others; key frames are asked
for, and who has left is forgotten. view.py GATEWAY WHEP-VIEW: TAP.
"""

import functools
import itertools
import pathlib
import re
import shutil
import subprocess
import sys

from view_rig import free_port_pair, open_gateway, read_png, watch
from tegata_rig import LOOPBACK, WAIT_S, Skip, await_true, check, equal, main

GST_LAUNCH = ("gst-launch-1.0", "-q")
# viewers, and of how many rounds of them the memory (kB) is compared: 26 kB a viewer would be seen
ROUND = 20
N_COMPARED = 8
KEPT_KB = 4096
MAX_ROUNDS = 3 * N_COMPARED
PICTURE = ("videotestsrc", "is-live=true", "pattern=red", "!",
           "video/x-raw,width=320,height=240,framerate=30/1", "!")


def need(*elements):
    for program in ("gst-launch-1.0", "gst-inspect-1.0"):
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")
    for element in elements:
        if subprocess.run(["gst-inspect-1.0", "--exists", element], check=False).returncode:
            raise Skip(f"GStreamer has no {element} here")


def is_clean(summary):
    for track in ("video", "audio"):
        equal(summary[track]["wrong"], 0, track, summary)
    for name in ("strange", "refused", "failedAuthentication"):
        equal(summary[name], 0, name, summary)


def one_sees_the_pattern(bench, whep_view):
    gateway = open_gateway(bench)
    png = bench.path("frame.png")
    viewer = watch(bench, whep_view, gateway, "--frames", "60", "--png", png)
    summary = viewer.summary()
    seen = summary["each"][0]
    equal((seen["codec"], seen["width"], seen["height"]), ("VP8", 640, 360), seen)
    equal(seen["profile"], "SRTP_AEAD_AES_128_GCM")
    check(seen["frames"] >= 60 and summary["audio"]["packets"] > 20, summary)
    is_clean(summary)
    width, height, colours = read_png(png)
    equal((width, height), (640, 360))
    # colour bars: each mix of full red, green and blue, but for black and white
    for bar in itertools.product((False, True), repeat=3):
        share = sum(part for colour, part in colours.items()
                    if all(level >= 5 if is_full else level <= 1
                           for level, is_full in zip(colour, bar)))
        check(share > 0.04 or all(bar) or not any(bar), (bar, colours))
    line = gateway.wait_for(r"^viewer 1: connected, (.*)$").group(1)
    equal(line.split(", "), [seen["version"], seen["cipher"], seen["profile"]])


def twenty_see_it_at_once(bench, whep_view):
    gateway = open_gateway(bench)
    viewer = watch(bench, whep_view, gateway, "--viewers", "20", "--rate", "1000",
                   "--seconds", "2")
    viewer.await_event("all-watch")
    status = gateway.status()
    equal([each["state"] for each in status["viewers"]], ["connected"] * 20)
    check(all(each["media"]["packets"] > 0 for each in status["viewers"]), status)
    summary = viewer.summary()
    equal(summary["haveSeen"], 20)
    is_clean(summary)
    await_true(lambda: gateway.status()["sessions"]["now"] == 0, "all are forgotten")
    equal(gateway.status()["sessions"]["ever"], 20)


def sees_plain_rtp(bench, whep_view, codec, encoder):
    need(*(part.split()[0] for part in encoder))
    port = free_port_pair()
    gateway = open_gateway(bench, "--video-in", port, "--video-codec", codec)
    source = [word for part in encoder for word in (*part.split(), "!")]
    bench.process(*GST_LAUNCH, *PICTURE, *source, "udpsink", f"host={LOOPBACK}",
                  f"port={port}")
    png = bench.path("frame.png")
    viewer = watch(bench, whep_view, gateway, "--frames", "30", "--png", png)
    summary = viewer.summary()
    seen = summary["each"][0]
    equal((seen["codec"], seen["width"], seen["height"]), (codec, 320, 240), seen)
    equal(summary["audio"]["packets"], 0)
    is_clean(summary)
    red = sum(share for (red, green, blue), share in read_png(png)[2].items()
              if red >= 6 and green <= 1 and blue <= 1)
    check(red > 0.95, "it is red")


def sees_vp8_of_others(bench, whep_view):
    sees_plain_rtp(bench, whep_view, "VP8",
                   ["vp8enc deadline=1 keyframe-max-dist=30", "rtpvp8pay"])


def sees_h264_of_others(bench, whep_view):
    need("openh264dec")
    sees_plain_rtp(bench, whep_view, "H264",
                   ["openh264enc gop-size=30", "rtph264pay config-interval=-1"])


def is_pli(datagram):
    """In a compound packet, somewhere: RFC 4585 section 6.3.1."""
    while len(datagram) >= 4:
        length = 4 + 4 * int.from_bytes(datagram[2:4], "big")
        if datagram[1] == 206 and datagram[0] & 0x1f == 1:
            return True
        datagram = datagram[length:]
    return False


def begin_without_key_frames(bench, *behind):
    """A gateway, and a source that has one key frame at its start. (gateway, its port)"""
    need("vp8enc", "rtpvp8pay")
    port, source = free_port_pair(), free_port_pair()
    gateway = open_gateway(bench, "--video-in", port)
    encoder = ("vp8enc", "deadline=1", "keyframe-max-dist=9000", "!", "rtpvp8pay", "!")
    sink = ("udpsink", f"host={LOOPBACK}", f"port={port}", f"bind-port={source}",
            f"bind-address={LOOPBACK}")
    return gateway, source, (*GST_LAUNCH, *behind, *PICTURE, *encoder), sink


def asks_the_source_for_a_key_frame(bench, whep_view):
    gateway, source, command, sink = begin_without_key_frames(bench)
    rtcp = bench.bind(LOOPBACK, source + 1)
    bench.process(*command, *sink)
    await_true(lambda: gateway.status()["tracks"]["video"]["packets"] > 30, "it is sent")
    viewer = watch(bench, whep_view, gateway)
    viewer.await_event("connected")
    while not is_pli(rtcp.recv(2048)):
        pass
    check(gateway.status()["tracks"]["video"]["keyFramesAsked"] > 0, "it is counted")


def shows_the_key_frame_that_it_asked_for(bench, whep_view):
    need("rtpbin")
    gateway, source, command, sink = begin_without_key_frames(bench, "rtpbin", "name=b",
                                                              "rtp-profile=avpf")
    bench.process(*command, "b.send_rtp_sink_0", "b.send_rtp_src_0", "!", *sink, "udpsrc",
                  f"port={source + 1}", f"address={LOOPBACK}", "!", "b.recv_rtcp_sink_0")
    await_true(lambda: gateway.status()["tracks"]["video"]["packets"] > 60, "it is sent")
    for _ in range(2):
        watch(bench, whep_view, gateway, "--frames", "5").summary()


def tells_ten_that_it_ends(bench, whep_view):
    gateway = open_gateway(bench)
    viewer = watch(bench, whep_view, gateway, "--viewers", "10", "--rate", "100")
    viewer.await_event("all-watch")
    gateway.stop(0)
    viewer.end(0)
    gone = viewer.events("gone")
    equal(sorted(each["viewer"] for each in gone), list(range(1, 11)))
    equal([each["trouble"] for each in gone], [None] * 10)
    equal(len(re.findall(r"^viewer \d+: gone: ", gateway.out(), re.MULTILINE)), 10)


def memory_kb(gateway):
    status = pathlib.Path(f"/proc/{gateway.pid()}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1))


def watch_once(bench, whep_view, gateway):
    """A round of viewers: (memory, files, threads) when all are gone."""
    viewer = watch(bench, whep_view, gateway, "--viewers", ROUND, "--rate", "40",
                   "--frames", "1", "--connect-timeout", 2 * WAIT_S)
    viewer.child.wait(3 * WAIT_S)
    equal(viewer.summary()["haveSeen"], ROUND)
    await_true(lambda: gateway.status()["sessions"]["now"] == 0, "all are forgotten")
    return memory_kb(gateway), gateway.n_files(), gateway.n_threads()


def keeps_nothing_of_two_hundred(bench, whep_view):
    """What a round of viewers left there is what the eighth one after it leaves. On a busy
    machine more are there at once, and what is freed may be kept for longer: then that levels
    off later. What leaks never does."""
    gateway = open_gateway(bench)
    # AddressSanitizer keeps what was freed; it finds leaks by itself
    has_asan = "libasan" in pathlib.Path(f"/proc/{gateway.pid()}/maps").read_text()
    rounds = []

    def is_level():
        before, after = rounds[-1 - N_COMPARED], rounds[-1]
        return (abs(after[1] - before[1]) <= 2 and abs(after[2] - before[2]) <= 2
                and (has_asan or after[0] < before[0] + KEPT_KB))

    while len(rounds) < MAX_ROUNDS and (len(rounds) < N_COMPARED + 2 or not is_level()):
        rounds.append(watch_once(bench, whep_view, gateway))
    print(f"# kB, files, threads: {rounds}")
    check(is_level(), "memory, files or threads grow", rounds)
    gateway.stop(0)


if __name__ == "__main__":
    main("gateway/view", sys.argv[1], [
        functools.update_wrapper(functools.partial(case, whep_view=sys.argv[2]), case)
        for case in (one_sees_the_pattern, twenty_see_it_at_once, sees_vp8_of_others,
                     sees_h264_of_others, asks_the_source_for_a_key_frame,
                     shows_the_key_frame_that_it_asked_for, tells_ten_that_it_ends,
                     keeps_nothing_of_two_hundred)])
