#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uses the library from Python, through its typelib, as a program on a main loop would.

introspection.py BUILD-DIR: two transports shake hands over UDP and a packet crosses. TAP; all of
it is skipped without PyGObject (python3-gi).
"""

import ctypes
import importlib
import os
import pathlib
import sys

# after which a handshake is stuck
WAIT_S = 60
PACKET = bytes([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]) + b"hello"
# where a distribution puts the modules of its packages, which another python3 does not see
SYSTEM_PYTHON = "/usr/bin/python3"



def find_pygobject():
    """Another python3 than the system's may be found first, and does not see its modules."""
    try:
        return importlib.import_module("gi")
    except ImportError:
        pass
    if os.path.exists(SYSTEM_PYTHON) and not os.path.samefile(sys.executable, SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print("1..0 # SKIP without PyGObject: apt-get install python3-gi")
    sys.exit(0)


BUILD = pathlib.Path(sys.argv[1])
os.environ["GI_TYPELIB_PATH"] = str(BUILD / "src")
find_pygobject().require_version("Tegata", "0")
# the typelib names it without its directory
ctypes.CDLL(str(BUILD / "src" / "libtegata.so"))
from gi.repository import Gio, GLib, Tegata  # noqa: E402, pylint: disable=wrong-import-position


class Pair:
    """A client and a server, each with a certificate and a socket of its own."""

    def __init__(self):
        local = Gio.InetSocketAddress.new_from_string("127.0.0.1", 0)
        self.received = []
        self.states = []
        self.channel = Tegata.UdpChannel.new(local, None)
        self.server = self.transport(self.channel)
        self.calling = Tegata.UdpChannel.new(None, self.channel.get_local_address())
        self.client = self.transport(self.calling)

    def transport(self, channel):
        transport = Tegata.Transport.new(Tegata.Context.new(None), channel, None)
        transport.connect("state-changed", self.on_state_changed)
        transport.connect("rtp-received", self.on_rtp_received)
        return transport

    def on_state_changed(self, transport, state):
        self.states.append((transport is self.client, state))

    def on_rtp_received(self, transport, packet):
        self.received.append((transport is self.client, packet.get_data()))

    def start(self):
        self.server.start(Tegata.Role.SERVER)
        self.client.start(Tegata.Role.CLIENT)

    def run_until(self, condition):
        """Runs the main loop. Returns whether @condition came true in time."""
        def on_timeout():
            timed_out.append(True)
            return GLib.SOURCE_REMOVE

        timed_out = []
        source = GLib.timeout_add_seconds(WAIT_S, on_timeout)
        while not condition() and not timed_out:
            GLib.MainContext.default().iteration(True)
        if not timed_out:
            GLib.source_remove(source)
        return not timed_out

    def have_reached(self, state):
        return self.client.props.state == state and self.server.props.state == state


def rtp_crosses():
    pair = Pair()
    pair.client.set_peer_fingerprint(pair.server.props.fingerprint)
    pair.server.set_peer_fingerprint(pair.client.props.fingerprint)
    pair.start()
    if not pair.run_until(lambda: pair.have_reached(Tegata.State.CONNECTED)):
        return f"no handshake: {pair.states}"
    pair.client.send_rtp(PACKET)
    if not pair.run_until(lambda: pair.received):
        return "no packet"
    if pair.received != [(False, PACKET)]:
        return f"received {pair.received}"
    if pair.client.props.srtp_profile is None or pair.client.props.dtls_version != "DTLS 1.2":
        return f"{pair.client.props.dtls_version}, {pair.client.props.srtp_profile}"
    stats = pair.client.dup_stats().unpack()
    calling = pair.calling.dup_peer_address()
    if calling.get_port() != pair.channel.get_local_address().get_port():
        return f"calling {calling.to_string()}"
    if pair.channel.dup_peer_address() is not None:
        return "who talks to everybody has a peer"
    if stats["dtlsState"] != "connected" or stats["outbound"] != {"rtp": 1, "rtcp": 0}:
        return f"counts {stats}"
    pair.client.close()
    if not pair.run_until(lambda: pair.have_reached(Tegata.State.CLOSED)):
        return f"not closed: {pair.states}"
    return ""


def wrong_fingerprint_fails():
    pair = Pair()
    # its own, for the peer's
    pair.client.set_peer_fingerprint(pair.client.props.fingerprint)
    pair.start()
    if not pair.run_until(lambda: (True, Tegata.State.FAILED) in pair.states):
        return f"not failed: {pair.states}"
    if (True, Tegata.State.CONNECTED) in pair.states:
        return "connected before"
    why = pair.client.get_error()
    if not why.matches(Tegata.error_quark(), Tegata.Error.FINGERPRINT):
        return f"failed by {why}"
    try:
        pair.client.send_rtp(PACKET)
    except GLib.Error as error:
        if error.matches(Tegata.error_quark(), Tegata.Error.NOT_CONNECTED):
            return ""
        return f"sending says {error}"
    return "it sends all the same"


def listener_hands_out_transports():
    incoming = []
    local = Gio.InetSocketAddress.new_from_string("127.0.0.1", 0)
    channel = Tegata.UdpChannel.new(local, None)
    listener = Tegata.TransportListener.new(Tegata.Context.new(None), channel, None)
    pair = Pair()
    client = pair.transport(Tegata.UdpChannel.new(None, channel.get_local_address()))

    def on_incoming(_, transport):
        fingerprints = Tegata.sdp_parse_fingerprints(
            [client.props.fingerprint], Tegata.FingerprintFlags.DEFAULT)
        transport.set_peer_fingerprints(fingerprints)
        incoming.append(transport)

    listener.connect("incoming", on_incoming)
    client.start(Tegata.Role.CLIENT)
    if not pair.run_until(lambda: client.props.state == Tegata.State.AWAITING_FINGERPRINT):
        return f"the client is {client.props.state.value_nick}"
    client.set_peer_fingerprint(client.props.peer_fingerprint)
    if not pair.run_until(lambda: incoming and incoming[0].props.state
                          == client.props.state == Tegata.State.CONNECTED):
        return f"the client is {client.props.state.value_nick}, {len(incoming)} came"
    return ""


def text_crosses():
    """What signalling needs: certificates, fingerprints, roles."""
    certificate = Tegata.Certificate.new(Tegata.KeyType.ECDSA_P256)
    again = Tegata.Certificate.new_from_pem(certificate.to_pem(), -1)
    fingerprint = Tegata.Fingerprint.new_for_certificate(again, Tegata.Hash.SHA256)
    line = Tegata.sdp_write_fingerprint(fingerprint)
    parsed = Tegata.sdp_parse_fingerprints([line], Tegata.FingerprintFlags.DEFAULT)
    if len(parsed) != 1 or not parsed[0].equal(fingerprint):
        return f"{line} is read as {parsed}"
    ok, setup = Tegata.sdp_parse_setup("a=setup:actpass")
    if not ok or setup != Tegata.Setup.ACTPASS:
        return f"actpass is read as {setup}"
    try:
        Tegata.Fingerprint.parse("sha-256 nonsense", Tegata.FingerprintFlags.DEFAULT)
    except GLib.Error as error:
        return "" if error.matches(Tegata.error_quark(), Tegata.Error.PARSE) else str(error)
    return "nonsense is a fingerprint"


def key_log_is_called():
    lines = []
    context = Tegata.Context.new(None)
    context.set_key_log(lambda line, *_: lines.append(line))
    pair = Pair()
    channel = Tegata.UdpChannel.new(None, pair.channel.get_local_address())
    client = Tegata.Transport.new(context, channel, None)
    pair.server.start(Tegata.Role.SERVER)
    client.start(Tegata.Role.CLIENT)
    if not pair.run_until(lambda: client.props.state == Tegata.State.AWAITING_FINGERPRINT):
        return f"the client is {client.props.state.value_nick}"
    return "" if lines and lines[0].startswith("CLIENT_RANDOM ") else f"{len(lines)} lines"


CASES = [
    ("/introspection/an-rtp-packet-crosses-between-two-transports", rtp_crosses),
    ("/introspection/a-wrong-fingerprint-fails", wrong_fingerprint_fails),
    ("/introspection/a-listener-hands-out-transports", listener_hands_out_transports),
    ("/introspection/the-key-log-calls-a-function", key_log_is_called),
    ("/introspection/text-of-signalling-is-read-and-written", text_crosses),
]


def main():
    print(f"1..{len(CASES)}")
    for number, (name, case) in enumerate(CASES, 1):
        try:
            complaint = case()
        except (GLib.Error, AttributeError, TypeError) as error:
            complaint = f"{type(error).__name__}: {error}"
        for line in complaint.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main()
