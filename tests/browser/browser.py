#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gateway's page in a real browser, in both directions.

browser.py chromium|firefox GATEWAY FRAME-COUNTER DIRECTORY: screenshots are left in DIRECTORY.
All of it happens in a network namespace that has only loopback. TAP.
"""

import functools
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

# pylint: disable=wrong-import-position
from tegata_rig import LOOPBACK, Skip, check, contains, equal, free_port, main
from browser_rig import Gateway, Page, await_value, enter_network, is_refused

# every fingerprint in an SDP, with its first byte changed
FALSIFY = """
    const falsify = (sdp) => sdp.replace(/^(a=fingerprint:\\S+ )(..)/gm,
      (all, name, byte) => name + (byte === '00' ? '01' : '00'));"""
FALSIFY_ANSWER = FALSIFY + """
    const real = window.fetch;
    window.fetch = async (url, options) => {
      const response = await real(url, options);
      if (options.method !== 'POST') { return response; }
      const changed = new Response(falsify(await response.text()), response);
      Object.defineProperty(changed, 'url', {value: response.url});
      return changed;
    };"""
FALSIFY_OFFER = FALSIFY + """
    const real = window.fetch;
    window.fetch = (url, options) => real(url, options.method === 'POST'
      ? {...options, body: falsify(options.body)} : options);"""
# what a page has seen of media, also when its connection is gone
REMEMBER = """
    const seen = window.seen = {connected: false, bytes: 0};
    const real = RTCPeerConnection;
    window.RTCPeerConnection = function (...args) {
      const pc = new real(...args);
      pc.addEventListener('connectionstatechange', () => {
        seen.connected ||= pc.connectionState === 'connected';
      });
      setInterval(async () => {
        for (const each of (await pc.getStats()).values()) {
          seen.bytes = Math.max(seen.bytes, each.type === 'inbound-rtp' ? each.bytesReceived : 0);
        }
      }, 20);
      return pc;
    };"""

COUNT_CAMERAS = """
    window.camerasAsked = 0;
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wishes) => {
      window.camerasAsked++;
      return real(wishes);
    };"""
# a browser that was built without it, as many are
WITHOUT_H264 = """
    const real = RTCPeerConnection.prototype.addTransceiver;
    RTCPeerConnection.prototype.addTransceiver = function (kind, options) {
      const transceiver = real.call(this, kind, options);
      if (kind === 'video' && transceiver.setCodecPreferences) {
        transceiver.setCodecPreferences(RTCRtpReceiver.getCapabilities('video').codecs.filter(
          (each) => each.mimeType !== 'video/H264'));
      }
      return transceiver;
    };"""
# every change of what assistive technology is told to read
LISTEN = """
    window.read = [];
    const observer = new MutationObserver((changes) => {
      for (const {target} of changes) {
        const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
        if (element?.closest('[role=status], [role=alert], [aria-live], output')) {
          window.read.push(element.textContent);
        }
      }
    });
    observer.observe(document.body, {childList: true, characterData: true, subtree: true});"""


class Rig:
    def __init__(self, browser, frame_counter, directory):
        self.browser = browser
        self.frame_counter = frame_counter
        self.directory = pathlib.Path(directory)

    def page(self, gateway, address=""):
        return Page(self.browser, gateway.url + address)

    def screenshot(self, name):
        browser = self.browser.name.split()[0].lower()
        path = self.directory / f"{browser}-{name}.png"
        self.browser.screenshot(path)
        check(path.stat().st_size > 10000, f"{path} is an empty picture")
        print(f"# screenshot: {path}")


def print_negotiated(rig, direction, transport, codec):
    print(f"# negotiated: {rig.browser.name} {direction}: DTLS {transport.get('tlsVersion')}, "
          f"{transport.get('dtlsCipher')}, {transport.get('srtpCipher')}, {codec}", flush=True)


def check_transport(transport, rows):
    """What getStats() says, and that the page says the same to people."""
    equal(transport["dtlsState"], "connected")
    words = {"FEFD": "DTLS 1.2", "FEFC": "DTLS 1.3"}
    check(transport["tlsVersion"] in words, transport)
    equal(rows["dtls"], words[transport["tlsVersion"]])
    equal(rows["cipher"], transport["dtlsCipher"])
    equal(rows["srtp"], transport["srtpCipher"])
    # the gateway is the server, and chooses the cheaper one
    contains(transport["srtpCipher"], "SRTP_AEAD_AES_128_GCM")
    equal(rows["connection"], "connected · ICE connected · DTLS connected")
    equal(rows["state"], "Connected")


def plays_what_the_gateway_shows(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    gateway.process.wait_for(r"^viewer 1: connected, DTLS")
    page.await_page("return document.querySelector('#watching .now').textContent !== '–'",
                    "the page shows the bit rate")
    rows, transport = page.rows(), page.stat("transport")
    video = page.stat("inbound-rtp", "video")
    print_negotiated(rig, "watches", transport, f"{rows['codec']}, {rows['resolution']}")
    check_transport(transport, rows)
    equal(rows["codec"], "VP8")
    equal(rows["resolution"], f"{video['frameWidth']} × {video['frameHeight']}")
    check(rows["rtt"].endswith(" ms"), rows)
    check(rows["loss"].endswith(", 0 packets"), rows)
    equal(gateway.viewer()["state"], "connected")
    # Firefox was once seen to send one more than it counted
    await_value(lambda: gateway.viewer()["media"]["keyFramesAsked"]
                >= page.stat("inbound-rtp", "video")["pliCount"],
                "its PLIs are counted", lambda: [gateway.viewer(), page.story()])
    equal(rig.browser.complaints(), [], "is on the console")


def plays_sound(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    check(page.run("return document.querySelector('#watching video').muted"), "not muted")
    page.click("#watching [data-action=unmute]")
    check(not page.run("return document.querySelector('#watching video').muted"), "still muted")
    # measured where it is played
    await_value(lambda: page.stat("inbound-rtp", "audio").get("totalAudioEnergy", 0) > 0
                and page.stat("inbound-rtp", "audio")["totalSamplesReceived"] > 0,
                "the sound is heard", lambda: page.stat("inbound-rtp", "audio"))
    page.await_frames()


def draws_a_plot_that_moves(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway, "#watch")  # by itself
    page.await_frames()
    drawn = "return document.querySelector('#watching canvas').toDataURL()"
    for _ in range(3):
        page.await_page(f"{drawn.replace('return', 'return args[0] !==')}", "the plot has moved",
                        page.run(drawn))
    await_value(lambda: page.stat("inbound-rtp", "video")["framesDecoded"] > 150,
                "the picture is worth being kept", page.story)
    rig.screenshot("watching")


def goes_on_by_another_path_without_a_new_handshake(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    before = page.stat("transport")
    page.run("await gateway.watching.restart();")
    await_value(lambda: page.stat("transport")["iceLocalUsernameFragment"]
                != before["iceLocalUsernameFragment"], "ICE has started again", page.story)
    page.await_frames(4)
    equal(page.trouble(), "")
    after = page.stat("transport")
    for name in ("dtlsState", "tlsVersion", "srtpCipher"):
        equal(after[name], before[name], name)
    equal(gateway.process.out().count("connected, DTLS"), 1, gateway.process.story())
    status = gateway.status()
    equal(status["sessions"]["ever"], 1)
    equal(len(status["viewers"]), 1)


def lose(share):
    """One in @share of the datagrams that are received from now on. In this namespace only."""
    rules = f"""
        table inet loss {{
          chain in {{
            type filter hook input priority 0;
            meta l4proto udp numgen random mod {share} == 0 drop
          }}
        }}"""
    if shutil.which("nft") is None:
        raise Skip("no nft (nftables)")
    made = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True,
                          check=False)
    if made.returncode != 0:
        raise Skip(f"nft cannot lose packets here: {made.stderr.strip()}")


def lose_nothing():
    subprocess.run(["nft", "flush", "ruleset"], check=True)


def asks_again_for_what_is_lost(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    lose(12)
    try:
        await_value(lambda: page.stat("inbound-rtp", "video")["nackCount"] > 5,
                    "packets are asked for", page.story)
        page.await_frames(4)
    finally:
        lose_nothing()
    page.await_frames(4)
    media = gateway.viewer()["media"]
    check(media["nacks"] > 0 and media["retransmitted"] > 0, media)
    video = page.stat("inbound-rtp", "video")
    print(f"# {video['nackCount']} NACK and {video['pliCount']} PLI sent, "
          f"{media['retransmitted']} packets sent again")
    gateway.await_status(lambda status: status["viewers"][0]["media"]["roundTripTime"]
                         is not None, "its reports tell the round trip")


def is_forgotten_when_the_page_is_closed(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    gateway.viewer()
    rig.browser.open("about:blank")
    gateway.await_status(lambda status: status["viewers"] == [], "the viewer is forgotten")
    gateway.process.wait_for(r"^viewer 1: gone: ")
    equal(gateway.status()["sessions"]["now"], 0)


def says_that_the_gateway_is_gone(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    gateway.process.stop()
    page.await_trouble("The gateway said goodbye.")
    check(is_refused(gateway.url), "it still listens")
    page.click("#watching [data-action=again]")
    page.await_trouble("The gateway does not answer.")


def sends_its_camera(rig, bench):
    counter = bench.process(rig.frame_counter, bench.path("camera.png"), 60)
    port = counter.wait_for(r"^port: (\d+)$").group(1)
    gateway = Gateway(bench, "--video-out", f"{LOOPBACK}:{port}")
    page = rig.page(gateway)
    page.click("#sending .start")
    counter.end()
    gateway.process.wait_for(r"^publisher 1: connected, DTLS")
    check(bench.path("camera.png").stat().st_size > 0, "no picture")
    check(gateway.status()["publisher"], "no publisher in", gateway.status())
    await_value(lambda: page.rows("sending")["codec"] != "–", "the page shows its codec",
                page.story)
    rows, transport = page.rows("sending"), page.stat("transport", panel="sending")
    print_negotiated(rig, "sends", transport, f"{rows['codec']}, {rows['resolution']}")
    check_transport(transport, rows)
    rig.screenshot("sending")
    page.click("#sending [data-action=stop]")
    gateway.await_status(lambda status: status["publisher"] is None, "it is forgotten")
    equal(page.rows("sending")["phase"], "idle")
    equal(rig.browser.complaints(), [], "is on the console")


def refused(rig, bench, falsify):
    """A fingerprint is wrong: nothing connects, nothing is played, and all is forgotten."""
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.run(REMEMBER)
    page.run(falsify)
    page.click("#watching .start")
    page.await_trouble("No encrypted connection came about.")
    gateway.await_status(lambda status: status["viewers"] == [], "the viewer is forgotten")
    video = "document.querySelector('#watching video')"
    equal(page.run(f"return {video}.getVideoPlaybackQuality().totalVideoFrames"), 0, "frames")
    equal(page.run(f"return {video}.videoWidth"), 0)
    return gateway, page.run("return window.seen")


def believes_no_wrong_fingerprint_in_an_answer(rig, bench):
    gateway, seen = refused(rig, bench, FALSIFY_ANSWER)
    equal(seen, {"connected": False, "bytes": 0}, "is what the page saw")
    check(not gateway.has_said("viewer 1: connected"), gateway.process.story())
    gateway.process.wait_for(r"^viewer 1: gone: ")


def sends_nothing_to_a_wrong_fingerprint_in_an_offer(rig, bench):
    gateway, seen = refused(rig, bench, FALSIFY_OFFER)
    # the browser may believe in a connection that the gateway is just refusing
    equal(seen["bytes"], 0, "bytes of media")
    check(not gateway.has_said("viewer 1: connected"), gateway.process.story())
    line = gateway.process.wait_for(r"^viewer 1: gone: (.*)$").group(1)
    contains(line, "not the one that was signalled")


def asks_for_the_token(rig, bench):
    gateway = Gateway(bench, token="a-token-for-tests")
    page = rig.page(gateway)
    page.click("#watching .start")
    page.await_trouble("This gateway asks for a token.")
    rig.browser.type("#watching input", "another")
    page.click("#watching form button")
    page.await_trouble("This is not its token.")
    page.run("document.querySelector('#watching input').value = '';")
    rig.browser.type("#watching input", "a-token-for-tests")
    page.click("#watching form button")
    page.await_frames()
    check(not page.is_shown("footer a"), "a link that no token goes with")
    check("a-token-for-tests" not in gateway.process.out() + gateway.process.err(),
          "the token is printed")
    rig.browser.open("about:blank")
    gateway.await_status(lambda status: status["viewers"] == [], "the viewer is forgotten")


def says_why_it_is_refused(rig, bench):
    gateway = Gateway(bench, "--max-sessions", "1")
    page = rig.page(gateway)
    gateway.occupy()
    page.click("#watching .start")
    page.await_trouble("The gateway is full.")


def asks_for_no_camera_that_is_not_wanted(rig, bench):
    page = rig.page(Gateway(bench))
    page.await_page("return !document.querySelector('footer a').hidden",
                    "the page has read the status")
    check(not page.is_shown("#sending .start"), "a button that leads nowhere")
    contains(page.run("return document.querySelector('#sending .hint').textContent"),
             "without --video-out")
    # nothing is known of one that asks for a token
    page = rig.page(Gateway(bench, token="a-token-for-tests"))
    page.run(COUNT_CAMERAS)
    page.click("#sending .start")
    page.await_trouble("This gateway asks for a token.", "sending")
    rig.browser.type("#sending input", "a-token-for-tests")
    page.click("#sending form button")
    page.await_trouble("This gateway takes no camera", "sending")
    equal(page.run("return window.camerasAsked"), 0, "cameras were asked for")


def says_that_no_codec_is_shared(rig, bench):
    gateway = Gateway(bench, "--video-in", str(free_port()), "--video-codec", "H264")
    page = rig.page(gateway)
    page.run(WITHOUT_H264)
    page.click("#watching .start")
    page.await_trouble("no codec in common")
    contains(page.run("return document.querySelector('#watching .to-do').textContent"),
             "VP8", "expected H264/90000")


def is_not_black_without_a_word(rig, bench):
    """Sound could be played and no picture. Chromium cannot even have the sound."""
    gateway = Gateway(bench, "--video-in", str(free_port()), "--video-codec", "H264",
                      "--audio-in", str(free_port()))
    page = rig.page(gateway)
    page.run(WITHOUT_H264)
    page.click("#watching .start")
    await_value(lambda: page.note() or page.trouble(), "the page says something", page.story)
    if rig.browser.name.startswith("Chromium"):
        contains(page.trouble(), "no codec in common")
        return
    equal(page.note(), "Sound alone: this browser cannot play the gateway's video, "
          "which is H264.")
    await_value(lambda: page.rows()["state"] == "Connected", "it is connected", page.story)
    page.run("await gateway.watching.restart();")
    equal(page.trouble(), "")


def says_that_no_picture_comes(rig, bench):
    gateway = Gateway(bench, "--video-in", str(free_port()))
    page = rig.page(gateway)
    page.click("#watching .start")
    await_value(lambda: page.note().startswith("No picture has come yet."),
                "the page says that it waits", page.story)
    equal(page.rows()["state"], "Connected")


def keeps_the_focus_where_it_is_of_use(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    equal(page.focus(), "")
    page.watch()
    equal(page.focus(), "Stop watching")
    page.click("#watching [data-action=again]")
    page.await_frames()
    equal(page.focus(), "Reconnect to watch")
    page.click("#watching [data-action=stop]")
    equal(page.focus(), "Watch")
    names = page.run("return [...document.querySelectorAll('.controls button')].map("
                     "(each) => each.ariaLabel ?? each.textContent)")
    equal(len(set(names)), len(names), names)


def reads_aloud_what_has_changed_alone(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.run(LISTEN)
    page.watch()
    for _ in range(3):
        rate = page.rows()["rate"]
        await_value(lambda before=rate: page.rows()["rate"] != before, "the bit rate changes",
                    page.story)
    equal(page.run("return window.read"), ["Connecting", "Connected"], "is read aloud")


def fills_the_screen(rig, bench):
    gateway = Gateway(bench)
    page = rig.page(gateway)
    page.watch()
    page.click("#watching [data-action=enlarge]")
    page.await_page("return document.fullscreenElement === gateway.watching.video",
                    "the picture is all there is")
    page.run("await document.exitFullscreen();")
    page.await_frames()


def plays_h264(rig, bench):
    port = free_port()
    gateway = Gateway(bench, "--video-in", str(port), "--video-codec", "H264")
    page = rig.page(gateway)
    if not page.run("""return RTCRtpReceiver.getCapabilities('video').codecs.some(
                       (each) => each.mimeType === 'video/H264');"""):
        raise Skip(f"{rig.browser.name} has no H.264 here")
    if subprocess.run(["gst-inspect-1.0", "--exists", "openh264enc"], check=False).returncode:
        raise Skip("no openh264enc (gstreamer1.0-plugins-bad)")
    bench.process("gst-launch-1.0", "-q", "videotestsrc", "is-live=true", "!",
                  "video/x-raw,width=320,height=240,framerate=30/1", "!", "openh264enc",
                  "gop-size=30", "!", "h264parse", "config-interval=-1", "!", "rtph264pay",
                  "aggregate-mode=zero-latency", "!", "udpsink", f"host={LOOPBACK}",
                  f"port={port}")
    page.watch()
    await_value(lambda: page.rows()["codec"] != "–", "the page shows its codec", page.story)
    rows, transport = page.rows(), page.stat("transport")
    print_negotiated(rig, "watches", transport, f"{rows['codec']}, {rows['resolution']}")
    equal((rows["codec"], rows["resolution"]), ("H264", "320 × 240"))


CASES = [plays_what_the_gateway_shows, plays_sound, draws_a_plot_that_moves,
         goes_on_by_another_path_without_a_new_handshake, asks_again_for_what_is_lost,
         is_forgotten_when_the_page_is_closed, says_that_the_gateway_is_gone, sends_its_camera,
         believes_no_wrong_fingerprint_in_an_answer,
         sends_nothing_to_a_wrong_fingerprint_in_an_offer, asks_for_the_token,
         says_why_it_is_refused, asks_for_no_camera_that_is_not_wanted,
         says_that_no_codec_is_shared, is_not_black_without_a_word, says_that_no_picture_comes,
         keeps_the_focus_where_it_is_of_use, reads_aloud_what_has_changed_alone,
         fills_the_screen, plays_h264]


def whole(rig, case):
    """The case; and after it the gateway ends as it should, with whoever is there."""
    def run_whole(bench):
        case(rig, bench)
        for each in bench.things:
            if each.command[0] == bench.program and each.child.poll() is None:
                each.stop()

    return functools.update_wrapper(run_whole, case)


def start_browser(name):
    if name == "chromium":
        from chromium_driver import Browser
    else:
        from firefox_driver import Browser
    return Browser()


def run(name, gateway, frame_counter, directory, *only):
    try:
        enter_network()
        browser = start_browser(name)
    except Skip as reason:
        print(f"1..0 # SKIP {reason}")
        return
    try:
        rig = Rig(browser, frame_counter, directory)
        cases = [whole(rig, case) for case in CASES if not only or case.__name__ in only]
        print(f"# {browser.name}", flush=True)
        main(f"browser/{name}", gateway, cases)
    finally:
        browser.quit()


if __name__ == "__main__":
    run(*sys.argv[1:])
