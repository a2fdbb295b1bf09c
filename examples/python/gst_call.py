#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A secured call on GStreamer: gst-call in Python, which calls it and is called by it.

A test video (VP8) and sound (Opus) go both ways through tegatatransport, over UDP or over ICE.
Signalling is two files, which each side finds where the other one left them; or copy and paste,
where none are named. In two terminals:

    gst_call.py --listen 127.0.0.1:5000 --offer offer.txt --answer answer.txt
    gst_call.py --connect 127.0.0.1:5000 --offer offer.txt --answer answer.txt

The same by ICE, which finds its way by itself: --ice offer, and --ice answer, in place of
--listen and --connect. Ctrl-C hangs up.

Exit status: 0 hung up by either side, 1 the call failed, 2 it could not begin.
"""

import argparse
import ipaddress
import os
import secrets
import signal
import socket
import sys
import tempfile

import gi

gi.require_version("Gst", "1.0")
gi.require_version("Nice", "0.1")
from gi.repository import Gio, GLib, Gst, Nice  # noqa: E402, pylint: disable=C0413

# how long a polite end may take
PATIENCE_S = 2
LOOK_INTERVAL_MS = 100
MAX_DESCRIPTION_LEN = 16384
MAX_CANDIDATES = 64
COMPONENT = 1
VIDEO_PT = 96
SOUND_PT = 97

# What a payload type means is signalling's to say; here it is fixed.
CAPS = {
    VIDEO_PT: "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,"
              "rtcp-fb-nack-pli=true",
    SOUND_PT: "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000",
}

# rtpbin has the jitter buffer and RTCP; tegatatransport stands between it and the network. The
# funnel makes video and sound one RTP session, whose packets share one transport (RFC 8843).
CORE = """
  rtpbin name=rtpbin rtp-profile=avpf latency=100
  rtpfunnel name=funnel ! rtpbin.send_rtp_sink_0
  rtpbin.send_rtp_src_0 ! transport.rtp_sink_0
  rtpbin.send_rtcp_src_0 ! transport.rtcp_sink_0
"""
# A packet grows by 16 bytes on its way, by 20 with RTCP.
VIDEO = """
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1
  ! vp8enc deadline=1 cpu-used=8 target-bitrate=500000 keyframe-max-dist=300
  ! rtpvp8pay pt=96 mtu=1180 picture-id-mode=15-bit ! funnel.
"""
SOUND = """
  audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! opusenc
  ! rtpopuspay pt=97 ! funnel.
"""
VIDEO_IN = "rtpvp8depay ! vp8dec name=decoder"
SOUND_IN = "rtpopusdepay ! opusdec"
COUNT = "fakesink sync=false async=false"
SHOW = "queue ! videoconvert ! autovideosink"
HEAR = "queue ! audioconvert ! audioresample ! autoaudiosink"

NEEDED = {
    "tegatatransport": "Tegata: name its plugin's folder by GST_PLUGIN_PATH",
    "videotestsrc": "gstreamer1.0-plugins-base",
    "opusenc": "gstreamer1.0-plugins-base",
    "rtpfunnel": "gstreamer1.0-plugins-good",
    "vp8enc": "gstreamer1.0-plugins-good",
    "nicesrc": "gstreamer1.0-nice",
}


class CallError(Exception):
    """Why a call cannot be: for the user."""


def say(key, text):
    print(f"{key}: {text}", flush=True)


def complain(text):
    print(f"gst_call.py: {text}", file=sys.stderr, flush=True)


def report_counts(structure, outer):
    for number in range(structure.n_fields()):
        name = structure.nth_field_name(number)
        value = structure.get_value(name)
        if isinstance(value, Gst.Structure):
            report_counts(value, f"{name}.")
        else:
            print(f"  {outer}{name} {value}")


class Description:
    """What one side tells the other before a call: a few lines in the manner of SDP.

    A real application has SDP here, and takes it over a channel that it trusts: whoever can
    alter a=fingerprint on the way can be in the middle.
    """

    SINGLE = ("call", "setup", "ice-ufrag", "ice-pwd")

    def __init__(self):
        self.values = {}          # a=call, random, which the answer repeats; a=setup; ICE's
        self.fingerprints = []    # whole lines
        self.candidates = []      # whole lines
        self.address = None       # (host, port), over UDP

    def to_text(self):
        lines = [f"a={name}:{self.values[name]}" for name in self.SINGLE if name in self.values]
        lines += self.fingerprints
        if self.address:
            lines.append(f"a=address:{self.address[0]} {self.address[1]}")
        return "\n".join(lines + self.candidates + ["end", ""])

    def _read_line(self, line):
        """As with SDP, a line that is not known is passed over."""
        name, _, value = line.removeprefix("a=").partition(":")
        if name in self.SINGLE:
            self.values[name] = value
        elif name == "fingerprint":
            self.fingerprints.append(line)
        elif name == "candidate" and len(self.candidates) < MAX_CANDIDATES:
            self.candidates.append(line)
        elif name == "address":
            host, _, port = value.partition(" ")
            try:
                self.address = (str(ipaddress.ip_address(host)), int(port))
            except ValueError as error:
                raise CallError(f"the peer's a=address: {error}") from error

    @classmethod
    def from_text(cls, text):
        """Nothing where its last line is not there yet."""
        if len(text) > MAX_DESCRIPTION_LEN:
            raise CallError(f"the peer's description is longer than {MAX_DESCRIPTION_LEN} bytes")
        lines = [line.rstrip() for line in text.splitlines()]
        if "end" not in lines:
            return None
        description = cls()
        for line in lines[:lines.index("end")]:
            description._read_line(line)
        description._check()
        return description

    def _check(self):
        missing = [f"a={name}" for name in ("call", "setup") if name not in self.values]
        if not self.fingerprints:
            missing.append("a=fingerprint: nobody could be told from anybody else")
        if self.address is None and not {"ice-ufrag", "ice-pwd"} <= self.values.keys():
            missing.append("a=address, nor a=ice-ufrag and a=ice-pwd")
        if missing:
            raise CallError(f"the peer's description has no {missing[0]}")


class Exchange:
    """Signalling in its simplest form: a file, or standard input and output for "-".

    @arrived is called with a description, or with why there will be none, until it says that it
    was the one that is waited for.
    """

    def __init__(self, file, arrived):
        self.file = file
        self.arrived = arrived
        self.text = ""
        if file == "-":
            self.source = GLib.unix_fd_add_full(
                GLib.PRIORITY_DEFAULT, sys.stdin.fileno(),
                GLib.IOCondition.IN | GLib.IOCondition.HUP, self._on_input)
        else:
            self.source = GLib.timeout_add(LOOK_INTERVAL_MS, self._on_look)

    @staticmethod
    def publish(file, description):
        """A file is complete as soon as it is there."""
        if file == "-":
            print(f"give this to the peer:\n\n{description.to_text()}", flush=True)
            return
        directory = os.path.dirname(os.path.abspath(file))
        with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as new:
            new.write(description.to_text())
        os.replace(new.name, file)

    def _handle(self, text):
        try:
            description = Description.from_text(text)
        except CallError as error:
            return self.arrived(None, str(error))
        if description is None:
            return False
        self.text = ""
        return self.arrived(description, None)

    def _on_look(self):
        try:
            with open(self.file, encoding="utf-8", errors="replace") as file:
                return not self._handle(file.read(MAX_DESCRIPTION_LEN + 1))
        except OSError:
            return True

    def _on_input(self, fd, _condition):
        read = os.read(fd, 4096).decode(errors="replace")
        self.text += read
        if not read:
            return not self.arrived(None, "standard input ended before the peer's description, "
                                          "whose last line is “end”")
        return not self._handle(self.text)


class UdpPath:
    """Datagrams by one UDP socket, for both ways."""

    # DTLS has its own pace: a sink must not wait for the clock, nor for a first buffer
    ELEMENTS = """
      udpsrc name=net-in close-socket=false ! transport.net_sink
      transport.net_src ! udpsink name=net-out close-socket=false sync=false async=false
    """
    is_immediate = True

    def __init__(self, host, port, is_listening):
        self.family = socket.AF_INET6 if host.version == 6 else socket.AF_INET
        # who listens on 0.0.0.0 cannot say where that is
        self.peer = None if is_listening else (str(host), port)
        local = (str(host), port) if is_listening else (self._find_local(str(host), port), 0)
        kind = Gio.SocketFamily.IPV6 if host.version == 6 else Gio.SocketFamily.IPV4
        self.socket = Gio.Socket.new(kind, Gio.SocketType.DATAGRAM, Gio.SocketProtocol.UDP)
        self.socket.bind(Gio.InetSocketAddress.new_from_string(*local), False)
        self.sink = None

    def _find_local(self, host, port):
        """Which of our addresses leads there: a socket that is connected knows, and sends
        nothing."""
        with socket.socket(self.family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, port))
            return probe.getsockname()[0]

    def prepare(self, pipeline, tell):
        self.sink = pipeline.get_by_name("net-out")
        pipeline.get_by_name("net-in").set_property("socket", self.socket)
        is_ipv6 = self.family == socket.AF_INET6
        self.sink.set_property("socket-v6" if is_ipv6 else "socket", self.socket)
        tell("path-ready")

    def describe(self, local):
        address = self.socket.get_local_address()
        local.address = (address.get_address().to_string(), address.get_port())

    def set_remote(self, remote):
        if remote.address is None:
            raise CallError("the peer is reached by ICE: start this side with --ice, too")
        host, port = self.peer or remote.address
        self.sink.set_property("host", host)
        self.sink.set_property("port", port)


class IcePath:
    """Datagrams by an ICE agent, which is driven by the main loop."""

    ELEMENTS = """
      nicesrc name=net-in ! transport.net_sink
      transport.net_src ! nicesink name=net-out sync=false async=false
    """
    is_immediate = False

    def __init__(self, is_controlling, host):
        """For a peer behind a NAT set "stun-server", and set_relay_info(), here."""
        self.agent = Nice.Agent.new(GLib.MainContext.default(), Nice.Compatibility.RFC5245)
        for name, value in (("controlling-mode", is_controlling), ("ice-tcp", False),
                            ("upnp", False)):
            self.agent.set_property(name, value)
        self.stream = self.agent.add_stream(1)
        if host is not None:
            address = Nice.Address()
            address.set_from_string(str(host))
            self.agent.add_local_address(address)

    def prepare(self, pipeline, tell):
        for name in ("net-in", "net-out"):
            element = pipeline.get_by_name(name)
            element.set_property("agent", self.agent)
            element.set_property("stream", self.stream)
            element.set_property("component", COMPONENT)
        self.agent.connect("candidate-gathering-done", lambda *_: tell("path-ready"))
        self.agent.connect("component-state-changed", self._on_state, tell)
        if not self.agent.gather_candidates(self.stream):
            raise CallError("ICE found no address of this machine that it can use")

    @staticmethod
    def _on_state(_agent, _stream, _component, state, tell):
        if state in (Nice.ComponentState.CONNECTED, Nice.ComponentState.READY):
            tell("path-usable")
        elif state == Nice.ComponentState.FAILED:
            tell("path-failed")

    def describe(self, local):
        _, ufrag, pwd = self.agent.get_local_credentials(self.stream)
        local.values.update({"ice-ufrag": ufrag, "ice-pwd": pwd})
        local.candidates = [self.agent.generate_local_candidate_sdp(candidate) for candidate
                            in self.agent.get_local_candidates(self.stream, COMPONENT)]

    def set_remote(self, remote):
        parsed = [self.agent.parse_remote_candidate_sdp(self.stream, line)
                  for line in remote.candidates]
        candidates = [candidate for candidate in parsed if candidate is not None]
        values = remote.values
        if not candidates or "ice-ufrag" not in values or not (
                self.agent.set_remote_credentials(self.stream, values["ice-ufrag"],
                                                  values["ice-pwd"])
                and self.agent.set_remote_candidates(self.stream, COMPONENT, candidates) > 0):
            raise CallError("the peer's description has no a=candidate that can be used: has it "
                            "been started with --ice?")


class Media:
    """What is sent, and what becomes of what comes. Runs on threads of the pipeline, too."""

    def __init__(self, options, elements, tell):
        self.is_shown = options.show
        self.n_wanted = options.frames
        self.tell = tell
        self.n_frames = 0
        sound = "" if options.video_only else SOUND
        network = f"bin.( tegatatransport name=transport {elements} )"
        self.pipeline = Gst.parse_launch(network + CORE + VIDEO + sound)
        rtpbin = self.pipeline.get_by_name("rtpbin")
        rtpbin.connect("pad-added", self._on_pad_added)
        rtpbin.connect("request-pt-map", self._on_request_pt_map)
        self._link_received(rtpbin)

    def _link_received(self, rtpbin):
        """rtpbin and the transport feed each other. A bin sorts its elements by their links, and
        complains of a loop where it sees both ways: so the transport is in a bin of its own, and
        what it receives is linked past the border of that. (tegatasrtpenc and tegatasrtpdec make
        no loop.)"""
        transport = self.pipeline.get_by_name("transport")
        for kind in ("rtp", "rtcp"):
            transport.get_static_pad(f"{kind}_src").link_full(
                rtpbin.request_pad_simple(f"recv_{kind}_sink_0"), Gst.PadLinkCheck.NOTHING)

    @staticmethod
    def _on_request_pt_map(_rtpbin, _session, payload_type):
        text = CAPS.get(payload_type)
        return Gst.Caps.from_string(text) if text else None

    def _on_pad_added(self, _rtpbin, pad):
        """Packets of one source and one payload type, in order and in time."""
        name = pad.get_name()
        if not name.startswith("recv_rtp_src_"):
            return
        if int(name.rsplit("_", 1)[1]) == VIDEO_PT:
            text = f"{VIDEO_IN} ! {SHOW if self.is_shown else COUNT}"
        else:
            text = f"{SOUND_IN} ! {HEAR if self.is_shown else COUNT}"
        branch = Gst.parse_bin_from_description(text, True)
        decoder = branch.get_by_name("decoder")
        if decoder is not None:
            decoder.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self._on_frame)
        self.pipeline.add(branch)
        pad.link(branch.get_static_pad("sink"))
        branch.sync_state_with_parent()

    def _on_frame(self, _pad, _info):
        self.n_frames += 1
        if self.n_frames == self.n_wanted:
            self.tell("enough-frames")
        return Gst.PadProbeReturn.OK


EXPLANATIONS = [
    (Gst.ResourceError.NOT_AUTHORIZED,
     "the peer is not the one that the description came from. Was that of an earlier run? If "
     "not, somebody may be in between"),
    (Gst.ResourceError.OPEN_READ_WRITE,
     "nobody completed the handshake. Does the peer run, and did it get our description? Does a "
     "firewall stop UDP?"),
]


class Call:
    """One call, on the main loop's thread; what happens elsewhere comes by the bus."""

    def __init__(self, options):
        self.options = options
        self.is_offerer = options.listen is not None or options.ice == "offer"
        self.main_loop = GLib.MainLoop()
        self.path = self._make_path()
        self.media = Media(options, self.path.ELEMENTS, self._tell)
        self.pipeline = self.media.pipeline
        self.transport = self.pipeline.get_by_name("transport")
        self.transport.add_property_notify_watch("connection-state", True)
        self.local = Description()
        self.exchange = None
        self.setup = None         # ours, once both have a description
        self.peer = None          # the fingerprint that the peer has to have
        self.published = None
        self.is_ending = False    # by us
        self.is_closed = False
        self.has_ended = False    # all streams
        self.n_told = 0
        self.status = 0

    def _make_path(self):
        if self.options.ice:
            return IcePath(self.is_offerer, self.options.host)
        host, port = self.options.listen or self.options.connect
        return UdpPath(host, port, self.is_offerer)

    def _tell(self, name):
        """On any thread."""
        self.pipeline.get_bus().post(
            Gst.Message.new_application(None, Gst.Structure.new_empty(name)))

    # ---- its end ----

    def _give_up(self, why):
        complain(why)
        self.status = 1
        self.main_loop.quit()

    def _quit_if_over(self):
        """The two come in any order. Where the peer closed there is nothing to wait for."""
        if self.is_closed and (self.has_ended or not self.is_ending):
            self.main_loop.quit()

    def _hang_up(self):
        """close_notify tells the peer; then all that is on its way may end."""
        if self.is_ending or self.pipeline.get_state(0).state < Gst.State.PAUSED:
            self.main_loop.quit()
            return
        self.is_ending = True
        self.transport.emit("close")
        self.pipeline.send_event(Gst.Event.new_eos())
        GLib.timeout_add_seconds(PATIENCE_S, self.main_loop.quit)

    def _on_signal(self):
        """The second one does not wait."""
        self._hang_up()
        return True

    # ---- descriptions ----

    def _on_path_ready(self):
        fingerprint = self.transport.get_property("fingerprint")
        say("fingerprint", fingerprint)
        # RFC 5763: who offers lets the other one choose, who would rather call
        self.local.values["call"] = secrets.token_hex(8)
        self.local.values["setup"] = "actpass" if self.is_offerer else "active"
        self.local.fingerprints = [f"a=fingerprint:{fingerprint}"]
        self.path.describe(self.local)
        if self.is_offerer and not self._publish():
            return
        file = self.options.answer if self.is_offerer else self.options.offer
        say("waiting", "for the peer's description, "
            + ("which is to be pasted here" if file == "-" else file))
        self.exchange = Exchange(file, self._on_description)

    def _publish(self):
        file = self.options.offer if self.is_offerer else self.options.answer
        try:
            Exchange.publish(file, self.local)
        except OSError as error:
            self._give_up(str(error))
            return False
        self.published = file
        return True

    def _on_description(self, remote, why):
        if remote is None:
            self._give_up(why)
            return True
        if self.is_offerer and remote.values["call"] != self.local.values["call"]:
            return False  # the answer to another offer, an earlier one's perhaps
        try:
            self.path.set_remote(remote)
        except CallError as error:
            self._give_up(str(error))
            return True
        if not self.is_offerer:
            self.local.values["call"] = remote.values["call"]
            if not self._publish():
                return True
        self._begin(remote)
        return True

    def _begin(self, remote):
        self.peer = "\n".join(remote.fingerprints)
        # the one line that makes it secure
        self.transport.set_property("peer-fingerprint", self.peer)
        self.setup = "passive" if remote.values["setup"] == "active" else "active"
        # an active side on an ICE path calls when there is a way: "actpass" is undecided
        Gst.util_set_object_arg(self.transport, "setup",
                                self.setup if self.path.is_immediate else "actpass")
        self.pipeline.set_state(Gst.State.PLAYING)

    def _take_role(self):
        if self.setup is not None:
            Gst.util_set_object_arg(self.transport, "setup", self.setup)

    # ---- what happens ----

    def _on_state(self, state):
        say("state", state)
        if state == "connected":
            negotiated = self.transport.get_property
            version = negotiated("dtls-version").value_nick
            say("dtls", f"DTLS {version}, {negotiated('dtls-cipher')}")
            say("srtp", negotiated("srtp-profile"))
            say("peer", self.peer)
        elif state == "closed":
            self.is_closed = True
            if not self.is_ending:
                say("end", "the peer closed")
            self._quit_if_over()

    def _on_application(self, name):
        if name == "path-ready":
            self._on_path_ready()
        elif name == "path-usable":
            self._take_role()
        elif name == "path-failed":
            self._give_up("ICE found no way to the peer: a firewall, or a NAT, which takes a "
                          "STUN or TURN server?")
        elif name == "enough-frames":
            self._hang_up()

    @staticmethod
    def _report_problem(message, kind, error, debug):
        complain(f"{kind} of {message.src.get_name()}: {error.message}")
        if debug:
            print(f"  {debug}", file=sys.stderr)
        for code, explanation in EXPLANATIONS:
            if error.matches(Gst.ResourceError.quark(), code):
                print(f"  {explanation}", file=sys.stderr, flush=True)

    def _on_message(self, _bus, message):
        if message.type == Gst.MessageType.APPLICATION:
            self._on_application(message.get_structure().get_name())
        elif message.type == Gst.MessageType.PROPERTY_NOTIFY:
            _, _, state = message.parse_property_notify()
            self._on_state(state.value_nick)
        elif message.type == Gst.MessageType.WARNING:
            self._report_problem(message, "warning", *message.parse_warning())
        elif message.type == Gst.MessageType.ERROR:
            self._report_problem(message, "error", *message.parse_error())
            self.status = 1
            self.main_loop.quit()
        elif message.type == Gst.MessageType.EOS:
            self.has_ended = True
            self._quit_if_over()
        return True

    def _on_second(self):
        n_frames = self.media.n_frames
        if n_frames != self.n_told:
            say("frames", f"{n_frames - self.n_told} a second, {n_frames} in all")
        self.n_told = n_frames
        return True

    # ---- its life ----

    def _report_end(self):
        print("stats:")
        report_counts(self.transport.get_property("stats"), "")
        say("decoded", f"{self.media.n_frames} frames")

    def run(self):
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self._on_message)
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self._on_signal)
        GLib.timeout_add_seconds(1, self._on_second)
        try:
            self.path.prepare(self.pipeline, self._tell)
            self.main_loop.run()
        finally:
            self._report_end()
            self.pipeline.set_state(Gst.State.NULL)
            if self.published not in (None, "-"):
                os.unlink(self.published)
        if self.status == 0 and self.media.n_frames < self.options.frames:
            complain(f"it ended before {self.options.frames} frames were decoded")
            self.status = 1
        return self.status


def host_and_port(text):
    host, _, port = text.rpartition(":")
    return ipaddress.ip_address(host.strip("[]")), int(port)


def parse_options():
    parser = argparse.ArgumentParser(
        description="A secured call with a test video, by tegatatransport. Ctrl-C ends it.")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--listen", "-l", metavar="HOST:PORT", type=host_and_port,
                     help="over UDP: offer a call, and be called there")
    way.add_argument("--connect", "-c", metavar="HOST:PORT", type=host_and_port,
                     help="over UDP: answer the offer of who listens there")
    way.add_argument("--ice", "-i", choices=("offer", "answer"),
                     help="over ICE: offer, or answer")
    parser.add_argument("--host", metavar="ADDRESS", type=ipaddress.ip_address,
                        help="with ICE: our only address (all of them)")
    parser.add_argument("--offer", metavar="FILE", default="-",
                        help="where the offer is put, and found (copy and paste)")
    parser.add_argument("--answer", metavar="FILE", default="-",
                        help="where the answer is put, and found (copy and paste)")
    parser.add_argument("--video-only", action="store_true", help="send no sound")
    parser.add_argument("--show", action="store_true",
                        help="see and hear what comes, and not count alone")
    parser.add_argument("--frames", metavar="N", type=int, default=0,
                        help="hang up after so many decoded frames")
    return parser.parse_args()


def main():
    options = parse_options()
    Gst.init(None)
    missing = [name for name in NEEDED if Gst.ElementFactory.find(name) is None]
    for name in missing:
        complain(f"there is no element {name}; it is in {NEEDED[name]}")
    if missing:
        return 2
    try:
        return Call(options).run()
    except (CallError, OSError, GLib.Error) as error:
        complain(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
