#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls by sip-media: with itself, through a relay that loses and reorders.

sip-media.py PROGRAM [SEED]: SDP is carried between the processes from here, RTP and RTCP sent
and received on their plain sides. TAP.
"""

import contextlib
import pathlib
import random
import re
import subprocess
import sys
import time

import sip_party
from sip_party import (Failure, Party, Relay, await_true, is_client_hello, is_dtls, make_identity,
                       ports_of, prove_media, prove_media_both_ways, receive_marked, tap)

BINARY = pathlib.Path(sys.argv[1])
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20261123

OTHER_ROLE = {"client": "server", "server": "client"}
WRONG_FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)


def expect(condition, what):
    if not condition:
        raise Failure(what)


def with_setup(description, setup):
    """Another a=setup, or none."""
    line = f"a=setup:{setup}\r\n" if setup else ""
    return re.sub(r"a=setup:\w+\r\n", line, description)


def unchanged(description):
    return description


class Call:
    """Two parties or more, and the relay between them."""

    def __init__(self, stack, seed, loss=0.1, reorder=0.1):
        self.stack = stack
        self.relay = Relay(seed, loss, reorder)
        stack.callback(self.relay.close)
        self.ports = {}

    def party(self, name, *options, **others):
        party = Party(BINARY, name, *options, **others)
        self.stack.callback(party.clean_up)
        return party

    def pair(self, options_a=(), options_b=(), **others):
        return self.party("A", *options_a, **others), self.party("B", *options_b, **others)

    def exchange(self, one, other, command="offer", to_other=unchanged, to_one=unchanged):
        """Returns the association and media lines of both."""
        marks = one.mark(), other.mark()
        other.give(self.carry(one, one.ask(command), to_other))
        one.give(self.carry(other, other.description(), to_one))
        return [(each.wait("association", since=mark), each.wait("media", since=mark))
                for each, mark in zip((one, other), marks)]

    def carry(self, sender, description, change=unchanged):
        self.ports[sender.name] = ports_of(description)
        return self.relay.rewrite(change(description))

    def connect(self, one, other, *args, **others):
        marks = one.mark(), other.mark()
        result = self.exchange(one, other, *args, **others)
        for each, mark in zip((one, other), marks):
            each.wait("state", "connected", since=mark)
        return result

    def hellos(self):
        return self.relay.count(is_client_hello)

    def media_from(self, party):
        return sum(self.relay.count(lambda datagram: not is_dtls(datagram), port)
                   for port in set(self.ports[party.name]))


def clean(call):
    """Without loss: where a case counts datagrams."""
    call.relay.loss = call.relay.reorder = 0
    return call


# ---- a=setup, profiles, RTCP ----

# what A offers, what B answers, what is done to the offer on its way, who is the client
SETUPS = [
    ("actpass", "active", None, "B"),
    ("actpass", "passive", None, "A"),
    ("active", "passive", None, "A"),
    ("passive", "active", None, "B"),
    ("active", "active", "passive", "B"),
    ("passive", "passive", "active", "A"),
]


def setup_case(offered, answered, rewritten, client, *options):
    def case(call):
        b_options = ["--setup", "passive"] if answered == "passive" else []
        a, b = call.pair(["--setup", offered, *options], [*b_options, *options])
        offer = (lambda text: with_setup(text, rewritten)) if rewritten else unchanged
        answers = []
        call.connect(a, b, to_other=offer,
                     to_one=lambda text: answers.append(text) or text)
        expect(f"a=setup:{answered}\r\n" in answers[0], f"answered {answers[0]}")
        role = "client" if client == "A" else "server"
        expect(a.values("role") == [role], f"A is {a.values('role')}")
        if not rewritten:
            expect(b.values("role") == [OTHER_ROLE[role]], f"B is {b.values('role')}")
        prove_media_both_ways(a, b)
    return case


def no_setup_lines(call):
    a, b = call.pair(["--setup", "active"])
    call.connect(a, b, to_other=lambda text: with_setup(text, None),
                 to_one=lambda text: with_setup(text, None))
    expect(a.values("role") == ["client"], "A has to call, by RFC 4145")
    prove_media_both_ways(a, b)


def active_that_waits(call):
    """A peer that answers active whatever is offered, and then waits: as baresip does."""
    a, b = call.pair(["--setup", "active"])
    call.connect(a, b, to_one=lambda text: with_setup(text, "active"))
    expect(a.values("role") == ["server", "client"], f"A is {a.values('role')}")
    prove_media_both_ways(a, b)


def active_that_waits_and_a_stranger(call):
    """Who gets no further than half a handshake does not keep A from calling its peer."""
    clean(call)
    a, b = call.pair(["--setup", "active", "--timeout", "6"])
    stranger = call.party("C", "--timeout", "4")
    offer = call.carry(a, a.ask("offer"))
    fronts_of_b = []

    def send(front, datagram, address):
        if (address[1] not in call.ports["A"] or is_client_hello(datagram)
                or front in fronts_of_b):
            Relay._send(front, datagram, address)
    call.relay._send = send
    stranger.give(with_setup(offer, "actpass"))
    await_true(lambda: call.hellos() > 1, "a stranger has called, and shown the cookie")
    # so that the stranger's time is over between A's second look and its deadline
    time.sleep(3)
    b.give(offer)
    answer = call.carry(b, with_setup(b.description(), "active"))
    fronts_of_b += [call.relay.front_of(port) for port in call.ports["B"]]
    a.give(answer)
    a.wait("state", "connected")
    expect(a.values("role") == ["server", "client"], f"A is {a.values('role')}")
    prove_media_both_ways(a, b)


def own_rtcp_port(options_a, options_b, others=None):
    def case(call):
        a, b = call.pair(options_a, options_b, **(others or {}))
        call.connect(a, b)
        expect(a.values("rtcp") == b.values("rtcp") == ["a port of its own"], "it multiplexes")
        secured = [line.split(" ")[0] for line in a.values("secured")]
        expect(secured == ["RTP", "RTCP"], f"secured {secured}")
        prove_media_both_ways(a, b)
    return case


def rtcp_on_the_next_port(call):
    """A peer that does not say where its RTCP is: without the relay, which moves ports."""
    call.relay.rewrite = unchanged
    a, b = call.pair(["--no-rtcp-mux"])
    call.connect(a, b, to_other=lambda text: re.sub(r"a=rtcp:\d+\r\n", "", text),
                 to_one=lambda text: re.sub(r"a=rtcp:\d+\r\n", "", text))
    prove_media_both_ways(a, b)


def profiles(feedback):
    def case(call):
        a, b = call.pair(["--feedback"] if feedback else [])
        name = "SAVPF" if feedback else "SAVP"

        def check(text):
            expect(f" UDP/TLS/RTP/{name} " in text, f"found {text}")
            return text
        call.connect(a, b, to_other=check, to_one=check)
        prove_media_both_ways(a, b)
    return case


def ipv6(call):
    """Without the relay, which knows IPv4."""
    call.relay.rewrite = unchanged
    a, b = call.pair(["--host", "::1"], ["--host", "::1"])
    offers = []
    call.connect(a, b, to_other=lambda text: offers.append(text) or text)
    expect("c=IN IP6 ::1\r\n" in offers[0], f"offered {offers[0]}")
    prove_media_both_ways(a, b)


def codecs(call):
    a, b = call.pair(["--codec", "opus,pcma"], ["--codec", "pcma,opus"])

    def other_payload_type(text):
        return text.replace(" 96 ", " 107 ").replace(":96 ", ":107 ")
    call.connect(a, b, to_other=other_payload_type,
                 to_one=lambda text: text.replace(" 107 ", " 96 ").replace(":107 ", ":96 "))
    expect(a.values("codec") == ["opus/48000/2, payload type 96"], f"{a.values('codec')}")
    expect(b.values("codec") == ["opus/48000/2, payload type 107"], f"{b.values('codec')}")


def video_is_turned_down(call):
    a, b = call.pair()
    video = "m=video 5004 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 VP8/90000\r\n"
    answers = []
    call.connect(a, b, to_other=lambda text: text.replace("m=audio", video + "m=audio"),
                 to_one=lambda text: answers.append(text) or text)
    expect(re.search(r"m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\nm=audio [1-9]", answers[0]),
           f"answered {answers[0]}")
    offer = b.ask("hold")
    expect(re.search(r"m=video 0 .*\r\nm=audio [1-9]", offer), f"offered {offer}")


# ---- hold and resume ----

def hold_with(direction, sender_may_send):
    def case(call):
        a, b = clean(call).pair()
        call.connect(a, b)
        prove_media_both_ways(a, b)
        hellos = call.hellos()

        def direct(text):
            return text.replace("a=sendonly", f"a={direction}")
        lines = call.exchange(a, b, "hold", to_other=direct)
        expect([each[0] for each in lines] == ["kept", "kept"], f"{lines}")
        expect_silence(call, b, rtcp=False)
        if sender_may_send:
            prove_media(a, b)
        # reports go on (RFC 3264 section 5.1)
        expect(is_unheard(b, a), "A hears B on hold")
        lines = call.exchange(a, b, "resume")
        expect(lines == [("kept", "sendrecv")] * 2, f"{lines}")
        prove_media_both_ways(a, b)
        expect(call.hellos() == hellos, "a handshake for a hold")
    return case


def is_unheard(sender, receiver):
    """What the sender's application sends is not heard, and a report behind it is."""
    marker = random.randbytes(8)
    for _ in range(5):
        sender.send_rtp(marker)
    sender.settle()
    packets = []

    def report_has_come():
        sender.send_rtcp(marker)
        packets.extend(receive_marked([receiver.app], marker))
        return any(192 <= packet[1] <= 223 for packet in packets)
    sip_party.await_true(report_has_come, f"a report from {sender.name}")
    return all(192 <= packet[1] <= 223 for packet in packets)


def hears_nothing_on_hold(call):
    """Who said that it does not want to hear does not, whatever comes."""
    a, b = clean(call).pair()
    call.connect(a, b)
    prove_media_both_ways(a, b)
    call.exchange(a, b, "hold", to_other=lambda text: text.replace("sendonly", "sendrecv"))
    before = call.media_from(b)
    expect(is_unheard(b, a), "A hears what it did not want to")
    expect(call.media_from(b) >= before + 6, "B sent nothing, so that nothing was tried")


def expect_silence(call, sender, rtcp=True):
    """What the sender's application sends goes nowhere at all."""
    sender.settle()
    before = call.media_from(sender)
    for _ in range(5):
        sender.send_rtp(b"not to be sent")
        if rtcp:
            sender.send_rtcp(b"not to be sent")
    sender.settle()
    expect(call.media_from(sender) == before, f"{sender.name} sends")


def hold_of_the_old_style(call):
    a, b = clean(call).pair()
    call.connect(a, b)
    prove_media_both_ways(a, b)
    hellos = call.hellos()
    lines = call.exchange(a, b, "offer", to_other=lambda text: re.sub(
        r"(?m)^c=IN IP4 .*\r$", "c=IN IP4 0.0.0.0\r", text))
    expect([each[0] for each in lines] == ["kept", "kept"], f"{lines}")
    expect(lines[1][1] == "recvonly", f"{lines}")
    expect_silence(call, b)
    lines = call.exchange(a, b, "resume")
    expect(lines == [("kept", "sendrecv")] * 2, f"{lines}")
    prove_media_both_ways(a, b)
    expect(call.hellos() == hellos, "a handshake for a hold")


# ---- whom to trust ----

def fingerprint_lines(change):
    """Gives a function from a description to one with other a=fingerprint lines."""
    def changed(text):
        line = re.search(r"a=fingerprint:.*\r\n", text).group(0)
        return change(text, line)
    return changed


def trusted_with(change):
    def case(call):
        a, b = call.pair()
        call.connect(a, b, to_other=fingerprint_lines(change), to_one=fingerprint_lines(change))
        prove_media_both_ways(a, b)
    return case


def one_of_several(text, line):
    return text.replace(line, f"{WRONG_FINGERPRINT}\r\n{line.lower()}a=fingerprint:md2 AB\r\n")


def of_the_session(text, line):
    return text.replace(line, "").replace("t=0 0\r\n", "t=0 0\r\n" + line)


def of_the_section_first(text, line):
    return text.replace("t=0 0\r\n", f"t=0 0\r\n{WRONG_FINGERPRINT}\r\n")


def none_of_several(text, line):
    other = line.replace(line[-6:-2], "0:00" if line[-6:-2] != "0:00" else "1:11")
    return text.replace(line, f"{WRONG_FINGERPRINT}\r\n{other}")


def of_the_session_only_where_the_section_is_wrong(text, line):
    return of_the_session(text, line).replace("a=setup", f"{WRONG_FINGERPRINT}\r\na=setup")


def untrusted_with(change, at_offerer, client_setup):
    """One of both is told another fingerprint than the peer has: neither gets media."""
    def case(call):
        a, b = call.pair([], ["--setup", client_setup])
        wrong = fingerprint_lines(change)
        call.exchange(a, b, to_other=unchanged if at_offerer else wrong,
                      to_one=wrong if at_offerer else unchanged)
        client, server = (b, a) if client_setup == "active" else (a, b)
        misled = a if at_offerer else b
        if misled is client:
            client.wait("state", "failed")
            expect(client.values("error"), "it does not say why")
        else:
            # a client cannot believe the alert, and tries on
            expect("not taken" in server.wait("notice"), f"{server.values('notice')}")
        expect_silence(call, a)
        expect_silence(call, b)
        for each in (a, b):
            expect("connected" not in each.values("state"), f"{each.name} is connected")
        if misled is client:
            expect(client.end() == 1, f"{client.name} does not tell that it failed")
    return case


def early_media(call):
    """The answerer may send before its answer has come: held, and delivered."""
    a, b = clean(call).pair()
    b.give(call.carry(a, a.ask("offer")))
    answer = call.carry(b, b.description())
    b.wait("state", "connected")
    marker = b"early: "
    for number in range(5):
        b.send_rtp(marker + bytes([number]))
    b.settle()
    expect(call.media_from(b) == 5, "the answerer did not send")
    expect(not receive_marked([a.app], marker), "media of a stranger was delivered")
    a.give(answer)
    a.wait("state", "connected")
    packets = []

    def have_come():
        packets.extend(receive_marked([a.app], marker))
        return len(packets) >= 5
    sip_party.await_true(have_come, "early media")
    expect([packet[-1] for packet in packets] == list(range(5)), "another order")
    prove_media_both_ways(a, b)


def strangers(call):
    """Who calls the offerer's port without being in the answer is not taken."""
    a, b = clean(call).pair()
    stranger = call.party("S")
    offer = call.carry(a, a.ask("offer"))
    stranger.give(offer)
    stranger.wait("state", "connected")
    call.carry(stranger, stranger.description())
    b.give(offer)
    a.give(call.carry(b, b.description()))
    a.wait("state", "connected")
    b.wait("state", "connected")
    prove_media_both_ways(a, b)
    stranger.send_rtp(b"stranger")
    stranger.settle()
    prove_media(b, a)
    expect(not receive_marked([a.app], b"stranger"), "a stranger is heard")


def second_caller_with_the_same_certificate(call):
    """A call that has a peer is not taken over, whoever can prove to be named by it."""
    a = clean(call).party("A")
    identity = make_identity(call.stack)
    b, again = (call.party(name, "--cert", identity) for name in ("B", "B again"))
    offer = call.carry(a, a.ask("offer"))
    b.give(offer)
    a.give(call.carry(b, b.description()))
    b.wait("state", "connected")
    prove_media_both_ways(a, b)
    again.give(offer)
    call.carry(again, again.description())
    again.wait("state", "closed")
    expect("is not taken: the call has its peer" in a.wait("notice"), f"{a.values('notice')}")
    prove_media_both_ways(a, b)
    expect("closed" not in a.values("state") + b.values("state"), "the first one was closed")


# ---- transfer ----

def transfer(call):
    a, b = call.pair()
    c = call.party("C")
    call.connect(a, b)
    prove_media_both_ways(a, b)
    lines = call.connect(a, c, "transfer")
    expect([each[0] for each in lines] == ["new", "new"], f"{lines}")
    prove_media_both_ways(a, c)


def transfer_closes(call):
    """A close_notify is sent once, so without loss."""
    a, b = clean(call).pair()
    c = call.party("C")
    call.connect(a, b)
    prove_media_both_ways(a, b)
    call.connect(a, c, "transfer")
    b.wait("state", "closed")
    expect(b.end() == 0, "B was not closed politely")


def transfer_by_an_answer(setup):
    """A third party carries a plain offer elsewhere (RFC 3725): only the answer tells."""
    def case(call):
        a, b = call.pair(["--setup", setup])
        c = call.party("C")
        call.connect(a, b)
        prove_media_both_ways(a, b)
        lines = call.connect(a, c, "offer")
        expect([each[0] for each in lines] == ["new", "new"], f"{lines}")
        prove_media_both_ways(a, c)
    return case


def early_call_of_a_third_party(call):
    """It calls before its answer is here: it is not taken for somebody else's."""
    a, b = clean(call).pair()
    c = call.party("C")
    call.connect(a, b)
    prove_media_both_ways(a, b)
    c.give(call.carry(a, a.ask("offer")))
    answer = call.carry(c, c.description())
    c.wait("state", "connected")
    prove_media_both_ways(a, b)
    mark = a.mark()
    a.give(answer)
    expect(a.wait("association", since=mark) == "new", "kept with another one's answer")
    a.wait("state", "connected", since=mark)
    prove_media_both_ways(a, c)


def new_association_with_the_same_peer(call):
    a, b = call.pair(["--no-rtcp-mux"])
    call.connect(a, b)
    old = dict(call.ports)
    lines = call.connect(a, b, "transfer")
    expect([each[0] for each in lines] == ["new", "new"], f"{lines}")
    expect(not set(old["A"] + old["B"]) & set(call.ports["A"] + call.ports["B"]),
           "old ports are used again")
    prove_media_both_ways(a, b)


def peer_without_tls_id(call):
    """Its address tells (RFC 8842 section 4): kept, and then new."""
    a, b = clean(call).pair()

    def without(text):
        return re.sub(r"a=tls-id:.*\r\n", "", text)
    answers = []
    call.connect(a, b, to_other=without, to_one=lambda text: answers.append(text) or text)
    expect("tls-id" not in answers[0], "tls-id in the answer to an offer without (5.3)")
    hellos = call.hellos()
    lines = call.exchange(a, b, "hold", to_other=without)
    expect([each[0] for each in lines] == ["kept", "kept"], f"{lines}")
    expect(call.hellos() == hellos, "a handshake for a hold")
    lines = call.connect(a, b, "transfer", to_other=without)
    expect([each[0] for each in lines] == ["new", "new"], f"{lines}")
    prove_media_both_ways(a, b)


def moved_peer(setup, is_followed):
    """It keeps its a=tls-id, and so its association, at another address."""
    def case(call):
        a, b = clean(call).pair(["--setup", setup])
        call.connect(a, b)
        prove_media_both_ways(a, b)
        hellos = call.hellos()
        call.relay.settle()
        call.relay.move(call.ports["B"][0])
        mark = a.mark()
        lines = call.exchange(b, a, "offer")
        expect([each[0] for each in lines] == ["kept", "kept"], f"{lines}")
        if is_followed:
            prove_media_both_ways(a, b)
            expect(not a.values("notice", mark), f"{a.values('notice', mark)}")
        else:
            expect("called from elsewhere" in a.wait("notice", since=mark), "no word of it")
        expect(call.hellos() == hellos, "a handshake for a new address")
    return case


def cancelled_offers(call):
    a, b = clean(call).pair()
    call.connect(a, b)
    hellos = call.hellos()
    for command in ("transfer", "hold"):
        a.ask(command)
        a.tell("offer")
        a.wait("refused")
        a.tell("cancel")
        prove_media_both_ways(a, b)
    expect(call.hellos() == hellos, "a handshake for a cancelled offer")
    lines = call.exchange(b, a, "hold")
    expect([each[0] for each in lines] == ["kept", "kept"], f"{lines}")


def call_after_the_peer_closed(call):
    a, b = clean(call).pair()
    c = call.party("C")
    call.connect(a, b)
    prove_media_both_ways(a, b)
    expect(b.end() == 0, "B failed")
    a.wait("state", "closed")
    call.connect(a, c, "offer")
    prove_media_both_ways(a, c)
    # the end of its input is as good as a word
    expect(a.end(say="") == 0, "A failed")


# ---- what cannot be used ----

OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 UDP/TLS/RTP/SAVP 0
a=setup:actpass
a=rtcp-mux
""" + WRONG_FINGERPRINT + "\n"

# what is wrong, and a word of the sentence that says so
REFUSED = [
    ("oversize", OFFER + "a=x:" + "y" * 70000 + "\n", "65536 bytes"),
    ("many-lines", OFFER + "a=x\n" * 20000, "65536 bytes"),
    ("not-sdp", "v=1\nhello\n", "no SDP"),
    ("without-origin", OFFER.replace("o=- 1 1 IN IP4 127.0.0.1\n", ""), "o= line"),
    ("not-text", OFFER.replace("s=-", "s=\1\udcff"), "no text"),
    ("without-media", OFFER[:OFFER.index("m=")], "m=audio"),
    ("plain-avp", OFFER.replace("UDP/TLS/RTP/SAVP", "RTP/AVP"), "found RTP/AVP"),
    ("sdes", OFFER.replace("UDP/TLS/RTP/SAVP", "RTP/SAVP"), "found RTP/SAVP"),
    ("without-fingerprint", OFFER.replace(WRONG_FINGERPRINT, ""), "no a=fingerprint"),
    ("malformed-fingerprint", OFFER.replace("AB:AB", "AB:XY", 1), "a=fingerprint"),
    ("unknown-hash", OFFER.replace("sha-256", "md5"), "a=fingerprint"),
    ("unknown-setup", OFFER.replace("actpass", "maybe"), "a=setup"),
    ("holdconn", OFFER.replace("actpass", "holdconn"), "holdconn"),
    ("short-tls-id", OFFER + "a=tls-id:short\n", "tls-id"),
    ("turned-down", OFFER.replace("audio 40000", "audio 0"), "port 0"),
    ("impossible-port", OFFER.replace("audio 40000", "audio 70000"), "70000"),
    ("malformed-rtcp", OFFER + "a=rtcp:x\n", "a=rtcp:x"),
    ("without-address", OFFER.replace("c=IN IP4 127.0.0.1\n", ""), "c= line"),
    ("a-name-for-an-address", OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 example.org"),
     "found example.org"),
    ("multicast", OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 224.2.1.1"), "224.2.1.1"),
    ("another-family", OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP6 ::1"), "found ::1"),
    ("nowhere", OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"), "0.0.0.0"),
    ("unknown-codec", OFFER.replace("SAVP 0", "SAVP 9"), "--codec"),
]


def refused_descriptions(call):
    """Each is refused with a sentence, and the call goes on."""
    a, b = clean(call).pair()
    for each in ("before", "within"):
        for name, text, word in REFUSED:
            # a hold of the old style is no mistake within a call
            if name == "nowhere" and each == "within":
                continue
            mark = b.mark()
            b.give(text)
            sentence = b.wait("refused", since=mark)
            expect(word in sentence, f"{name}: {sentence}")
        if each == "before":
            call.connect(a, b)
    prove_media_both_ways(a, b)
    offer = call.carry(a, a.ask("hold"))
    b.give(offer)
    b.description()
    # an offer of the peer's that crosses ours is no answer; the right one may come yet
    for text, word in ((OFFER, "actpass"), (OFFER.replace("SAVP 0", "SAVP 9"), "--codec")):
        mark = a.mark()
        a.give(text)
        expect(word in a.wait("refused", since=mark), f"{a.values('refused', mark)}")
    a.tell("cancel")
    # B took the hold; A goes on as before
    prove_media(a, b)


def refused_commands(call):
    a = call.party("A")
    for command, word in (("hold", "no call yet"), ("cancel", "no offer"), ("dance", "dance")):
        mark = a.mark()
        a.tell(command)
        expect(word in a.wait("refused", since=mark), f"{command}: {a.values('refused')}")


def ports_that_are_taken(call):
    with contextlib.ExitStack() as stack:
        while True:
            taken = stack.enter_context(sip_party.udp_socket())
            port = taken.getsockname()[1]
            if port % 2 == 0:
                break
        a = call.party("A", "--ports", f"{port}-{port + 1}")
        a.tell("offer")
        expect("--ports" in a.wait("refused"), f"{a.values('refused')}")


def ended(*options):
    result = subprocess.run([BINARY, *options], stdin=subprocess.DEVNULL, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=sip_party.WAIT_S)
    return result.returncode, result.stderr


def wrong_options(call):
    del call
    for options in (["--host", "example.org"], ["--host", "0.0.0.0"], ["--ports", "9"],
                    ["--ports", "5001-5000"], ["--codec", "mp3"], ["--setup", "holdconn"], ["--timeout", "0"],
                    ["--dance"], ["dance"]):
        status, text = ended(*options)
        expect(status == 2, f"{options} ended with {status}")
        expect(options[-1] in text and "--help" in text, f"{options}: {text}")
    with sip_party.udp_socket() as taken:
        port = str(taken.getsockname()[1])
        status, text = ended("--plain-in", port)
        expect(status == 3 and port in text, f"a port in use: {status}, {text}")


def cases():
    for number, (offered, answered, rewritten, client) in enumerate(SETUPS):
        for own_port in (False, True):
            feedback = number % 2 == own_port
            options = ["--feedback"] * feedback + ["--no-rtcp-mux"] * own_port
            yield (f"setup/{offered}-answered-{answered}"
                   + ("-with-a-port-for-rtcp" if own_port else ""),
                   setup_case(offered, answered, rewritten, client, *options))
    yield "setup/none-means-active-and-passive", no_setup_lines
    yield "setup/active-answered-active-by-who-waits", active_that_waits
    yield ("setup/active-answered-active-by-who-waits-while-a-stranger-calls",
           active_that_waits_and_a_stranger)
    yield "profile/savp", profiles(False)
    yield "profile/savpf", profiles(True)
    yield "rtcp/has-a-port-if-the-offerer-wants", own_rtcp_port(["--no-rtcp-mux"], [])
    yield "rtcp/has-a-port-if-the-answerer-wants", own_rtcp_port([], ["--no-rtcp-mux"])
    yield ("rtcp/has-a-plain-port-of-its-own",
           own_rtcp_port(["--no-rtcp-mux"], [], {"with_rtcp": True}))
    yield "rtcp/is-on-the-next-port-unless-told", rtcp_on_the_next_port
    yield "media/goes-over-ipv6", ipv6
    yield "codec/has-the-offerers-payload-type", codecs
    yield "media/video-is-turned-down-in-its-place", video_is_turned_down
    yield "hold/sendonly-keeps-the-association", hold_with("sendonly", True)
    yield "hold/inactive-keeps-the-association", hold_with("inactive", False)
    yield "hold/what-comes-all-the-same-is-not-heard", hears_nothing_on_hold
    yield "hold/by-no-address-keeps-the-association", hold_of_the_old_style
    yield "trust/one-of-several-fingerprints-is-enough", trusted_with(one_of_several)
    yield "trust/a-fingerprint-of-the-session-counts", trusted_with(of_the_session)
    yield "trust/the-section-stands-for-the-session", trusted_with(of_the_section_first)
    for at_offerer in (False, True):
        for setup in ("active", "passive"):
            where = "offerer" if at_offerer else "answerer"
            yield (f"trust/none-of-several-at-the-{where}-answered-{setup}",
                   untrusted_with(none_of_several, at_offerer, setup))
    yield ("trust/the-session-does-not-help-the-section",
           untrusted_with(of_the_session_only_where_the_section_is_wrong, True, "active"))
    yield "trust/strangers-are-not-taken", strangers
    yield ("trust/a-call-with-a-peer-is-not-taken-over",
           second_caller_with_the_same_certificate)
    yield "early-media/is-held-and-delivered", early_media
    yield "transfer/to-a-third-party", transfer
    yield "transfer/closes-the-association-there-was", transfer_closes
    for setup in ("active", "passive"):
        yield (f"transfer/by-an-answer-of-a-third-party-to-{setup}",
               transfer_by_an_answer(setup))
    yield "transfer/by-an-answer-that-comes-late", early_call_of_a_third_party
    yield "transfer/begins-anew-with-the-same-peer", new_association_with_the_same_peer
    yield "transfer/without-tls-id", peer_without_tls_id
    yield "offer/from-elsewhere-is-followed-by-a-client", moved_peer("active", True)
    yield "offer/from-elsewhere-is-told-by-a-server", moved_peer("passive", False)
    yield "offer/cancelled-changes-nothing", cancelled_offers
    yield "offer/after-the-peer-closed", call_after_the_peer_closed
    yield "refused/descriptions-end-nothing", refused_descriptions
    yield "refused/commands-end-nothing", refused_commands
    yield "refused/ports-that-are-taken", ports_that_are_taken
    yield "options/wrong-ones-are-told", wrong_options


def run_case(number, case):
    with contextlib.ExitStack() as stack:
        case(Call(stack, SEED + number))


def main():
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    print(f"# seed {SEED}")
    return tap("sip-media", [each for each in cases() if wanted in each[0]], run_case)


if __name__ == "__main__":
    sys.exit(main())
