#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What sip-media makes of descriptions and commands, mostly without a peer behind them.

sip-alone.py PROGRAM [CASE]: descriptions are written here, or carried as they are. TAP.
"""

import contextlib
import pathlib
import re
import subprocess
import sys

from sip_party import (WAIT_S, Failure, Party, make_identity, prove_media,
                       prove_media_both_ways, rtp, tap, udp_socket)

BINARY = pathlib.Path(sys.argv[1])

OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 UDP/TLS/RTP/SAVP 0
a=setup:actpass
a=rtcp-mux
a=fingerprint:sha-256 """ + ":".join(["AB"] * 32) + "\n"


def expect(condition, what):
    if not condition:
        raise Failure(what)


def new_party(stack, *options, name="A"):
    party = Party(BINARY, name, *options)
    stack.callback(party.clean_up)
    return party


def connect(one, other, command="offer"):
    """Returns the offer and the answer."""
    marks = one.mark(), other.mark()
    offer = one.ask(command)
    other.give(offer)
    answer = other.description()
    one.give(answer)
    for each, mark in zip((one, other), marks):
        each.wait("state", "connected", since=mark)
    return offer, answer


# ---- nobody calls ----

def nobody_calls(change):
    def case(stack):
        party = new_party(stack, "--timeout", "1")
        party.give(change(OFFER.replace("actpass", "active")))
        port = re.search(r"m=audio (\d+)", party.description()).group(1)
        party.wait("state", "failed")
        errors = party.values("error")
        expect(f"nobody called port {port} within 1 s; see whether" in errors[0], f"{errors}")
        expect(len(errors) == (1 if "rtcp-mux" in change(OFFER) else 2), f"{errors}")
        expect(party.values("role") == ["server"], f"{party.values('role')}")
        expect(party.end() == 1, "it does not tell that it failed")
    return case


def nobody_answers(stack):
    silent = udp_socket()
    stack.callback(silent.close)
    party = new_party(stack, "--timeout", "1")
    party.give(OFFER.replace("40000", str(silent.getsockname()[1])))
    party.wait("state", "failed")
    error = party.wait("error")
    expect("not complete within 1.0 s" in error, error)
    expect(party.values("role") == ["client"], f"{party.values('role')}")
    expect(party.end() == 1, "it does not tell that it failed")


def stranger_calls(stack):
    """Somebody does, and is not whom the description names."""
    a, b = new_party(stack, "--timeout", "5"), new_party(stack, name="B")
    b.give(a.ask("offer"))
    answer = b.description()
    a.give(re.sub(r"a=fingerprint:.*", OFFER.splitlines()[-1] + "\r", answer))
    a.wait("state", "failed")
    expect("was called within 5 s, and not by the peer" in a.wait("error"),
           f"{a.values('error')}")


def call_after_nobody_called(stack):
    a, b = new_party(stack, "--timeout", "1"), new_party(stack, name="B")
    a.give(OFFER.replace("actpass", "active"))
    a.description()
    a.wait("state", "failed")
    connect(a, b)
    prove_media_both_ways(a, b)
    expect(a.end() == 0, "what failed before is told")


# ---- offers that cross, and others that are taken back ----

def crossing_offers(stack):
    """Within a call, they are refused on both sides, and nothing is lost."""
    a, b = new_party(stack), new_party(stack, name="B")
    connect(a, b)
    hold, resume = a.ask("hold"), b.ask("resume")
    for each, offer in ((a, resume), (b, hold)):
        mark = each.mark()
        each.give(offer)
        refused = each.wait("refused", since=mark)
        expect("both sides offered" in refused and "491" in refused, refused)
    mark = b.mark()
    b.tell("cancel")
    expect(b.wait("notice", since=mark) == "the offer is withdrawn: the call goes on as it was",
           f"{b.values('notice', mark)}")
    b.give(hold)
    mark = a.mark()
    a.give(b.description())
    expect(a.wait("media", since=mark) == "sendonly", f"{a.values('media', mark)}")
    expect(a.values("association", mark) == ["kept"], "a new one for a hold")


def answer_that_comes_twice(stack):
    """It is no offer, and is not answered; as the answer to an offer it counts again."""
    a, b = new_party(stack), new_party(stack, name="B")
    _, answer = connect(a, b)
    mark = a.mark()
    a.give(answer)
    a.tell("are you there?")
    a.wait("refused", since=mark)
    expect(not a.values("association", mark) and not a.descriptions, "an answer was answered")
    a.ask("offer")
    a.give(answer)
    expect(a.wait("association", since=mark) == "kept", "a new one")


def version_of(description):
    return int(re.search(r"o=- \d+ (\d+) ", description).group(1))


def unchanged_descriptions(stack):
    """Have the version of before (RFC 3264 section 8), and changed ones the next."""
    a, b = new_party(stack), new_party(stack, name="B")
    connect(a, b)
    versions = []
    for command in ("hold", "hold", "resume", "resume", "resume"):
        mark = a.mark()
        offer = a.ask(command)
        b.give(offer)
        answer = b.description()
        a.give(answer)
        a.wait("association", "kept", since=mark)
        versions.append((version_of(offer), version_of(answer)))
    expect(versions == [(2, 2), (2, 2), (3, 3), (3, 3), (3, 3)], f"{versions}")


def commands_in_any_case(stack):
    a = new_party(stack)
    a.ask("OFFER")
    a.tell("Cancel")
    a.wait("notice")
    a.tell("BYE")
    expect(a.process.wait(WAIT_S) == 0, "it did not end")


def cancelled_first_offer(stack):
    a = new_party(stack)
    a.ask("offer")
    a.tell("cancel")
    expect(a.wait("notice") == "the offer is withdrawn: there is no call",
           f"{a.values('notice')}")
    expect(a.end() == 0, "a cancelled offer failed")


# ---- who we are ----

def lasting_certificate(stack):
    """Two runs describe the same fingerprint; without --cert they do not."""
    def fingerprint(*options):
        return re.search(r"a=fingerprint:.*", new_party(stack, *options).ask("offer")).group(0)
    options = ["--cert", make_identity(stack)]
    expect(fingerprint(*options) == fingerprint(*options), "another one in the next run")
    expect(fingerprint() != fingerprint(), "one for all")


def certificate_that_cannot_be_used(stack):
    identity = pathlib.Path(make_identity(stack))
    for path, word in ((identity.with_name("missing"), "No such file"),
                       (pathlib.Path(__file__), "PEM"), (identity.with_name("cert.pem"), "key")):
        result = subprocess.run([BINARY, "--cert", str(path)], stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, check=False, timeout=WAIT_S)
        expect(result.returncode == 3, f"{path} ended with {result.returncode}")
        expect(path.name in result.stderr and word in result.stderr, result.stderr)
        expect(result.stderr.count(path.name) == 1, result.stderr)


def certificate_that_cannot_serve(stack):
    """Of Ed25519 it can call; where it would have to be called, that is told at once."""
    party = new_party(stack, "--cert", make_identity(stack, "ed25519"))
    party.give(OFFER.replace("actpass", "active"))
    expect("Ed25519" in party.wait("refused"), f"{party.values('refused')}")
    expect(not party.descriptions, "it answered")
    party.give(OFFER)
    party.description()
    expect(party.wait("role") == "client", f"{party.values('role')}")
    party.ask("offer")
    mark = party.mark()
    party.give(OFFER.replace("actpass", "active").replace("40000", "40002")
               .replace("AB:AB", "AB:CD", 1))
    party.wait("state", "failed", since=mark)
    expect("Ed25519" in party.values("error", mark)[-1], f"{party.values('error', mark)}")
    expect(party.end() == 1, "it does not tell that it failed")


# ---- digits that are dialled within a call ----

def formats_of(description):
    """The payload types of the audio, and what a=rtpmap and a=fmtp say of them."""
    return (re.search(r"m=audio \d+ \S+ (.*)\r", description).group(1).split(),
            dict(re.findall(r"a=rtpmap:(\d+) (.*)\r", description)),
            dict(re.findall(r"a=fmtp:(\d+) (.*)\r", description)))


def digits(stack):
    """Offered and answered, and carried."""
    a, b = new_party(stack), new_party(stack, name="B")
    offer, answer = connect(a, b)
    for text in (offer, answer):
        numbers, rtpmaps, parameters = formats_of(text)
        expect(numbers == ["0", "8", "101"], f"found {numbers}")
        expect(rtpmaps["101"] == "telephone-event/8000", f"found {rtpmaps}")
        expect(parameters == {"101": "0-15"}, f"found {parameters}")
    for each in (a, b):
        expect(each.values("digits") == ["telephone-event/8000, payload type 101"],
               f"{each.values('digits')}")
        expect(each.values("codec") == ["PCMU/8000, payload type 0"], f"{each.values('codec')}")

    def send(marker):
        packet = bytearray(rtp(1, b"\x05\x8a\x03\x20" + marker))
        packet[1] = 0x80 | 101
        a.app.sendto(packet, ("127.0.0.1", a.plain_in))
    prove_media(a, b, send)


def answered(stack, line, *options):
    """What is answered to these formats; None where they are refused."""
    numbers, *rtpmaps = line.split(", ")
    lines = "".join(f"a=rtpmap:{each}\n" for each in rtpmaps)
    party = new_party(stack, *options)
    mark = party.mark()
    party.give(OFFER.replace("SAVP 0\n", f"SAVP {numbers}\n{lines}"))
    party.tell("are you there?")
    party.wait("refused", since=mark)
    if not party.descriptions:
        return None, party.values("refused")[0]
    return formats_of(party.description())[0], party.wait("codec")


def digits_of_others(stack):
    """With their payload type, behind the codecs, at the clock rate of one of these."""
    for line, options, numbers, word in (
            ("97 8, 97 telephone-event/8000", [], ["8", "97"], "PCMA/8000, payload type 8"),
            ("0 97, 97 telephone-event/48000", [], ["0"], "PCMU"),
            ("111 97 98, 111 opus/48000/2, 97 telephone-event/48000, 98 telephone-event/8000",
             ["--codec", "opus,pcmu"], ["111", "97"], "opus"),
            ("97, 97 telephone-event/8000", [], None, "no codec")):
        found, what = answered(stack, line, *options)
        expect(found == numbers and word in what, f"{line}: {found}, {what}")
    numbers, rtpmaps, _ = formats_of(new_party(stack, "--codec", "pcma,opus").ask("offer"))
    expect(numbers == ["8", "96", "101", "102"], f"offered {numbers}")
    expect(rtpmaps["102"] == "telephone-event/48000", f"offered {rtpmaps}")


# ---- what is not done ----

def ice_is_not_used(stack):
    """That is told once, and the answer has nothing of it."""
    with_ice = OFFER.replace("t=0 0\n", "t=0 0\na=ice-lite\n") + (
        "a=ice-ufrag:abcd\na=ice-pwd:abcdefghijklmnopqrstuvwx\n"
        "a=candidate:1 1 UDP 2130706431 127.0.0.1 40000 typ host\n")
    party = new_party(stack)
    party.give(with_ice)
    answer = party.description()
    expect("a=ice" not in answer and "a=candidate" not in answer, f"answered {answer}")
    expect("ICE, which is not used here: media goes straight to 127.0.0.1 port 40000"
           in party.wait("notice"), f"{party.values('notice')}")
    mark = party.mark()
    party.give(with_ice.replace("a=rtcp-mux", "a=sendonly\na=rtcp-mux"))
    party.wait("association", "kept", since=mark)
    party.give(OFFER)
    party.description()
    expect(len([each for each in party.values("notice") if "ICE" in each]) == 1,
           f"{party.values('notice')}")


def names_are_not_looked_up(stack):
    party = new_party(stack)
    party.give(OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 localhost"))
    refused = party.wait("refused")
    expect("found localhost" in refused and "names are not looked up" in refused, refused)


def rtcp_nowhere(stack):
    """What WebRTC writes there says nothing: RTCP goes where the audio goes."""
    party = new_party(stack)
    for address in ("IN IP4 0.0.0.0", "IN IP6 ::"):
        for offer in (OFFER, OFFER.replace("a=rtcp-mux\n", "")):
            mark = party.mark()
            party.give(offer + f"a=rtcp:9001 {address}\n")
            party.wait("association", since=mark)
    expect(not party.values("refused"), f"{party.values('refused')}")


def weak_hashes(stack):
    """One beside a good one is passed over; alone it is refused, and what to do is told."""
    party = new_party(stack)
    weak = "a=fingerprint:sha-1 " + ":".join(["AB"] * 20) + "\n"
    party.give(OFFER[:OFFER.index("a=fingerprint")] + weak)
    refused = party.wait("refused")
    expect("found sha-1, expected sha-256" in refused and "Set the other agent" in refused,
           refused)
    expect("TEGATA" not in refused, refused)
    party.give(OFFER + weak)
    party.wait("association", "new")


CASES = [
    ("told/ice-is-not-used", ice_is_not_used),
    ("told/names-are-not-looked-up", names_are_not_looked_up),
    ("told/weak-hashes-are-not-believed", weak_hashes),
    ("descriptions/rtcp-nowhere-is-with-the-audio", rtcp_nowhere),
    ("digits/are-agreed-on-and-carried", digits),
    ("digits/go-beside-a-codec", digits_of_others),
    ("identity/lasts-with-a-file", lasting_certificate),
    ("identity/that-cannot-be-used-is-told", certificate_that_cannot_be_used),
    ("identity/that-cannot-serve-is-told", certificate_that_cannot_serve),
    ("offers/that-cross-are-refused", crossing_offers),
    ("offers/an-answer-that-comes-twice-is-none", answer_that_comes_twice),
    ("offers/unchanged-have-the-version-of-before", unchanged_descriptions),
    ("offers/commands-have-any-case", commands_in_any_case),
    ("offers/first-one-is-cancelled", cancelled_first_offer),
    ("deadline/nobody-calls", nobody_calls(lambda text: text)),
    ("deadline/nobody-calls-either-port",
     nobody_calls(lambda text: text.replace("a=rtcp-mux\n", ""))),
    ("deadline/nobody-answers", nobody_answers),
    ("deadline/a-stranger-calls", stranger_calls),
    ("deadline/another-call-may-follow", call_after_nobody_called),
]


def run_case(_, case):
    with contextlib.ExitStack() as stack:
        case(stack)


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    return tap("sip-alone", [each for each in CASES if wanted in each[0]], run_case)


if __name__ == "__main__":
    sys.exit(main())
