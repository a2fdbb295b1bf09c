#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls between sip-media and baresip, a SIP agent that does DTLS-SRTP without ICE.

baresip.py PROGRAM: a SIP agent of a few lines carries the descriptions. baresip sings 880 Hz,
and GStreamer 440 Hz into the plain side of sip-media; either tone has to be in what the other
side decoded. Nothing needs a sound card. TAP.
"""

import contextlib
import math
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import traceback

from sip_party import WAIT_S, Failure, Party, await_true, udp_socket

BINARY = pathlib.Path(sys.argv[1])
MODULES = pathlib.Path("/usr/lib/baresip/modules")

OUR_TONE = 440
BARESIP_TONE = 880
# what is looked at: half a second, after as much that may be the beginning
TONE_SAMPLES = 4000

CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
audio_source ausine,{tone}
audio_player aubridge,out
audio_alert aubridge,alert
ausrc_srate 48000
ausrc_channels 2
auplay_srate 8000
auplay_channels 1
rtcp_mux {rtcp_mux}
module_path {modules}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module dtls_srtp.so
module_app account.so
module_app menu.so
snd_path {directory}
"""


def expect(condition, what):
    if not condition:
        raise Failure(what)


# ---- tones ----

def share_of(samples, rate, frequency):
    """How much of the energy is at this frequency: 0 to 1 (Goertzel)."""
    step = 2 * math.cos(2 * math.pi * frequency / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + step * last - before
    power = before * before + last * last - step * before * last
    energy = sum(sample * sample for sample in samples)
    return 2 * power / (len(samples) * energy) if energy else 0.0


def expect_tone(find, header_len, frequency, since=0):
    """Waits for enough of 16-bit mono at 8 kHz, and looks at its end."""
    end = max(since, header_len) + 4 * TONE_SAMPLES
    await_true(lambda: find() and find().stat().st_size >= end, f"{frequency} Hz are recorded")
    data = find().read_bytes()[header_len:]
    samples = struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2])[-TONE_SAMPLES:]
    shares = {each: share_of(samples, 8000, each) for each in (OUR_TONE, BARESIP_TONE)}
    print(f"# {find().name}: " + ", ".join(f"{hertz} Hz {share:.3f}"
                                          for hertz, share in shares.items()))
    other = OUR_TONE if frequency == BARESIP_TONE else BARESIP_TONE
    expect(shares[frequency] > 0.8 and shares[other] < 0.1,
           f"the tone of {frequency} Hz is not in {find().name}: {shares}")


def play_tone(stack, party):
    start(stack, ["gst-launch-1.0", "-q", "audiotestsrc", "is-live=true",
                  f"freq={OUR_TONE}", "!", "audio/x-raw,rate=8000,channels=1", "!",
                  "mulawenc", "!", "rtppcmupay", "max-ptime=20000000", "!", "udpsink", "host=127.0.0.1",
                  f"port={party.plain_in}"])


def record_tone(stack, party, path):
    """From the application's socket, each read of which is one packet."""
    start(stack, ["gst-launch-1.0", "-q", "fdsrc", f"fd={party.app.fileno()}",
                  "blocksize=4096", "do-timestamp=true", "!",
                  "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0",
                  "!", "rtppcmudepay", "!", "mulawdec", "!", "filesink",
                  "buffer-mode=unbuffered", f"location={path}"],
          pass_fds=[party.app.fileno()])


def start(stack, command, **others):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **others)

    def end():
        process.kill()
        process.wait()
    stack.callback(end)
    return process


# ---- SIP ----

class Agent:
    """The SIP side of one call with baresip, as RFC 3261 has it where nothing is lost."""

    def __init__(self, stack, peer_port):
        self.socket = udp_socket()
        stack.callback(self.socket.close)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.peer = ("127.0.0.1", peer_port)
        self.us = f"<sip:alice@{self.address}>;tag=alice"
        self.them = "<sip:bob@127.0.0.1>"
        self.call_id = f"call@{self.address}"
        self.number = 0
        self.answered = {}

    def _send(self, first_line, headers, body):
        headers = [*headers, f"Contact: <sip:alice@{self.address}>",
                   f"Content-Length: {len(body)}"]
        if body:
            headers.append("Content-Type: application/sdp")
        message = "\r\n".join([first_line, *headers, "", body]).encode()
        self.socket.sendto(message, self.peer)
        return message

    def _receive(self):
        head, _, body = self.socket.recv(65536).decode().partition("\r\n\r\n")
        first_line, *lines = head.split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), value.strip())
        return first_line, headers, body

    def _send_request(self, method, body=""):
        self._send(f"{method} sip:bob@127.0.0.1:{self.peer[1]} SIP/2.0",
                   [f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bK{method}{self.number};rport",
                    f"From: {self.us}", f"To: {self.them}", f"Call-ID: {self.call_id}",
                    f"CSeq: {self.number} {method}", "Max-Forwards: 70"], body)

    def _answer_again(self, headers):
        """A request that was repeated, since it took long: True."""
        again = self.answered.get((headers["via"], headers["cseq"]))
        if again:
            self.socket.sendto(again, self.peer)
        return bool(again)

    def request(self, method, body=""):
        """Returns the final status, and the body."""
        self.number += 1
        self._send_request(method, body)
        while True:
            first_line, headers, answer = self._receive()
            if not first_line.startswith("SIP/2.0 "):
                self._answer_again(headers)
            elif headers["cseq"] == f"{self.number} {method}" and first_line[8] != "1":
                break
        self.them = headers["to"]
        if method == "INVITE":
            self._send_request("ACK")
        return int(first_line[8:11]), answer

    def await_request(self, method):
        """Returns its headers and body; whoever asks answers it."""
        while True:
            first_line, headers, body = self._receive()
            if first_line.startswith(method + " ") and not self._answer_again(headers):
                break
        if method == "INVITE":
            self.them, self.us = headers["from"], headers["to"] + ";tag=alice"
            self.call_id = headers["call-id"]
        return headers, body

    def answer(self, headers, status, body=""):
        copied = [f"{name}: {headers[name.lower()]}"
                  for name in ("Via", "From", "Call-ID", "CSeq")]
        self.answered[headers["via"], headers["cseq"]] = self._send(
            f"SIP/2.0 {status} Told", [*copied, f"To: {self.us}"], body)


class Baresip:
    """A baresip in a directory of its own, and what it recorded."""

    def __init__(self, stack, *, rtcp_mux=False, secured=True, dial=None):
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with udp_socket() as free:
            self.port = free.getsockname()[1]
        (self.directory / "config").write_text(CONFIG.format(
            port=self.port, tone=BARESIP_TONE, modules=MODULES, directory=self.directory,
            rtcp_mux="yes" if rtcp_mux else "no"))
        encryption = ";mediaenc=dtls_srtp" if secured else ""
        (self.directory / "accounts").write_text(
            f"<sip:bob@127.0.0.1>;regint=0;answermode=auto;audio_codecs=pcmu{encryption}\n")
        (self.directory / "contacts").write_text("")
        self.log = self.directory / "log"
        command = ["baresip", "-f", str(self.directory)]
        if dial:
            command += ["-e", f"/dial sip:alice@{dial}"]
        with self.log.open("wb") as log:
            self.process = start(stack, command, stdout=log, stderr=subprocess.STDOUT)
        await_true(lambda: "baresip is ready" in self.said() or self.process.poll() is not None,
                   "baresip is ready")
        expect(self.process.poll() is None, "baresip did not start")

    def said(self):
        return self.log.read_text(errors="replace")

    def decoded(self):
        found = list(self.directory.glob("dump-*-dec.wav"))
        return found[0] if found else None

    def heard_by_us(self):
        found = self.directory / "ours.raw"
        return found if found.exists() else None


# ---- cases ----

def expect_tones(baresip, finds=None):
    """In what is recorded from now on."""
    finds = finds or (baresip.heard_by_us, baresip.decoded)
    since = [find().stat().st_size if find() else 0 for find in finds]
    for find, start_at in zip(finds, since):
        if find == baresip.decoded:
            # behind the header of a WAV file
            expect_tone(find, 44, OUR_TONE, start_at)
        else:
            expect_tone(find, 0, BARESIP_TONE, start_at)


def begin_tones(stack, party, baresip):
    record_tone(stack, party, baresip.directory / "ours.raw")
    play_tone(stack, party)


def expect_secured(party, n_associations, *roles):
    party.wait("state", "connected")
    expect(party.values("role") == list(roles), f"the role is {party.values('role')}")
    expect(len(party.values("secured")) == n_associations, f"{party.values('secured')}")


def new_party(stack, *options):
    party = Party(BINARY, "sip-media", *options, with_rtcp=True)
    stack.callback(party.clean_up)
    return party


def we_call(options, rtcp_mux=False, roles=("server",)):
    def case(stack):
        party = new_party(stack, *options)
        baresip = Baresip(stack, rtcp_mux=rtcp_mux)
        agent = Agent(stack, baresip.port)
        status, answer = agent.request("INVITE", party.ask("offer"))
        expect(status == 200, f"baresip answers {status}: {baresip.said()}")
        expect("a=setup:active" in answer, f"baresip answers {answer}")
        party.give(answer)
        expect_secured(party, 1 if rtcp_mux else 2, *roles)
        begin_tones(stack, party, baresip)
        expect_tones(baresip)
        offer_again(agent, party, "offer", "sendrecv")
        expect_tones(baresip)
        # Once it was held, baresip 1.0 receives and decodes no more, secured or not: what is
        # left to see is that it is heard.
        offer_again(agent, party, "hold", "sendonly")
        offer_again(agent, party, "resume", "sendrecv")
        expect_tones(baresip, [baresip.heard_by_us])
        agent.request("BYE")
        expect(party.end() == 0, "sip-media failed")
    return case


def offer_again(agent, party, command, media):
    mark = party.mark()
    status, answer = agent.request("INVITE", party.ask(command))
    expect(status == 200, f"baresip answers {status} to {command}")
    party.give(answer)
    expect(party.wait("association", since=mark) == "kept", f"a new one to {command}")
    expect(party.wait("media", since=mark) == media, f"{command}: {party.values('media')}")


def baresip_calls(options, role):
    def case(stack):
        party = new_party(stack, *options)
        with contextlib.ExitStack() as inner:
            agent = Agent(stack, 0)
            baresip = Baresip(stack, dial=agent.address)
            agent.peer = ("127.0.0.1", baresip.port)
            headers, offer = agent.await_request("INVITE")
            party.give(offer)
            agent.answer(headers, 200, party.description())
            agent.await_request("ACK")
            expect_secured(party, 2, role)
            begin_tones(inner, party, baresip)
            expect_tones(baresip)
            agent.number = 1000
            agent.request("BYE")
        expect(party.end() == 0, "sip-media failed")
    return case


def plain_offer(stack):
    """What baresip offers without mediaenc, which 488 refuses."""
    party = new_party(stack)
    agent = Agent(stack, 0)
    baresip = Baresip(stack, dial=agent.address, secured=False)
    agent.peer = ("127.0.0.1", baresip.port)
    headers, offer = agent.await_request("INVITE")
    party.give(offer)
    expect("found RTP/AVP" in party.wait("refused"), f"{party.values('refused')}")
    agent.answer(headers, 488)
    agent.await_request("ACK")
    expect(not party.descriptions, "it was answered")


CASES = [
    ("we-call/two-associations-and-both-tones", we_call([])),
    ("we-call/active-is-answered-active", we_call(["--setup", "active"], roles=("server", "client"))),
    ("we-call/passive-is-answered-active", we_call(["--setup", "passive"])),
    ("we-call/rtcp-is-multiplexed", we_call([], rtcp_mux=True)),
    ("baresip-calls/we-are-the-client", baresip_calls([], "client")),
    ("baresip-calls/we-are-the-server", baresip_calls(["--setup", "passive"], "server")),
    ("baresip-calls/a-plain-offer-is-refused", plain_offer),
]


def missing():
    """What there has to be, and is not."""
    names = [name for name in ("baresip", "gst-launch-1.0", "gst-inspect-1.0")
             if not shutil.which(name)]
    names += [f"baresip's {name}" for name in re.findall(r"module\w* (\w+\.so)", CONFIG)
              if "baresip" not in names and not (MODULES / name).exists()]
    if "gst-inspect-1.0" not in names:
        names += [name for name in ("audiotestsrc", "mulawenc", "rtppcmupay", "udpsink")
                  if subprocess.run(["gst-inspect-1.0", "--exists", name],
                                    check=False).returncode != 0]
    return names


def run_case(case):
    try:
        with contextlib.ExitStack() as stack:
            case(stack)
    except Failure as failure:
        return str(failure)
    except (OSError, ValueError, KeyError, subprocess.SubprocessError):
        return traceback.format_exc()
    return ""


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    cases = [(name, case) for name, case in CASES if wanted in name]
    without = missing()
    if without:
        print(f"1..0 # SKIP without {', '.join(without)}")
        return 0
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, (name, case) in enumerate(cases, 1):
        complaint = run_case(case)
        failed += bool(complaint)
        for line in complaint.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if complaint else 'ok'} {number} - /baresip/{name}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
