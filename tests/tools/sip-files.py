#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of sip-media whose descriptions are two files, and what is left of one that was killed.

sip-files.py PROGRAM [CASE]: no relay, and hardly a word on standard input. TAP.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from sip_party import (WAIT_S, Failure, Party, await_true, make_identity, prove_media,
                       prove_media_both_ways, tap)

BINARY = pathlib.Path(sys.argv[1])

# of a call that is long over
OLD = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 UDP/TLS/RTP/SAVP 0
a=setup:active
a=fingerprint:sha-256 """ + ":".join(["AB"] * 32) + "\n"


def expect(condition, what):
    if not condition:
        raise Failure(what)


class Files:
    """A folder with a.sdp and b.sdp; A is started with --offer, and B waits for it."""

    def __init__(self, stack):
        self.stack = stack
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.a_sdp, self.b_sdp = self.directory / "a.sdp", self.directory / "b.sdp"

    def party(self, name, *options):
        party = Party(BINARY, name, *options)
        self.stack.callback(party.clean_up)
        return party

    def offerer(self, name="A", *options):
        return self.party(name, "--local", str(self.a_sdp), "--remote", str(self.b_sdp),
                          "--offer", *options)

    def answerer(self, name="B", *options):
        return self.party(name, "--local", str(self.b_sdp), "--remote", str(self.a_sdp),
                          *options)

    def expect_nothing_left(self):
        left = [path.name for path in self.directory.iterdir()]
        expect(not left, f"they left {left}")


def connect(one, other, marks=(0, 0)):
    for each, mark in zip((one, other), marks):
        each.wait("state", "connected", since=mark)
    prove_media_both_ways(one, other)


def kill(party):
    """As a crash does: nothing is said, and its file stays."""
    party.process.kill()
    party.process.wait(WAIT_S)


def terminate(one, other, number=signal.SIGTERM):
    """Told by the end of the association, the other one ends as well."""
    other.process.stdin.close()
    one.process.send_signal(number)
    expect(one.process.wait(WAIT_S) == 0, f"{one.name} failed")
    expect(other.process.wait(WAIT_S) == 0, f"{other.name} failed")


def call(files):
    b = files.answerer()
    a = files.offerer()
    connect(a, b)
    marks = a.mark(), b.mark()
    a.tell("hold")
    for each, mark in zip((a, b), marks):
        expect(each.wait("association", since=mark) == "kept", "a new one for a hold")
    prove_media(a, b)
    marks = a.mark(), b.mark()
    a.tell("transfer")
    for each, mark in zip((a, b), marks):
        expect(each.wait("association", since=mark) == "new", "kept for a transfer")
    connect(a, b, marks)
    mark = b.mark()
    files.a_sdp.write_text("v=0\r\n")
    b.wait("refused", since=mark)
    files.a_sdp.unlink()  # no longer what A wrote, so A would leave it
    terminate(a, b)
    files.expect_nothing_left()


# ---- what is left of a run that was killed ----

def expect_one_new_association(party, since):
    """Where each takes the other's answer for an offer, there is no end of them."""
    expect(party.values("association", since) == ["new"],
           f"{party.name}: {party.values('association', since)}")


def offerer_that_was_killed(files):
    a, b = files.offerer(), files.answerer()
    connect(a, b)
    kill(a)
    mark = b.mark()
    again = files.offerer("A again")
    expect("b.sdp was there before the offer: waiting for a newer one" in again.wait("notice"),
           f"{again.values('notice')}")
    connect(again, b, (0, mark))
    expect_one_new_association(again, 0)
    expect_one_new_association(b, mark)
    terminate(again, b)
    files.expect_nothing_left()


def answerer_that_was_killed(files, *options):
    a, b = files.offerer(), files.answerer("B", *options)
    connect(a, b)
    kill(b)
    mark = a.mark()
    again = files.answerer("B again", *options)
    expect("waiting for a newer" in again.wait("notice"), f"{again.values('notice')}")
    connect(a, again, (mark, 0))
    expect_one_new_association(a, mark)
    expect_one_new_association(again, 0)
    terminate(a, again)
    files.expect_nothing_left()


def answerer_that_was_killed_and_is_known(files):
    """It has the certificate of before: a call of its own would be one too many."""
    answerer_that_was_killed(files, "--cert", make_identity(files.stack))


def answerer_that_offered_and_was_killed(files):
    """What the offerer left last is an answer then, and no offer to take."""
    a, b = files.offerer(), files.answerer()
    connect(a, b)
    mark = b.mark()
    b.tell("hold")
    b.wait("association", since=mark)
    kill(b)
    mark = a.mark()
    again = files.answerer("B again")
    connect(a, again, (mark, 0))
    expect_one_new_association(again, 0)


def both_that_were_killed(first):
    def case(files):
        a, b = files.offerer(), files.answerer()
        connect(a, b)
        kill(a)
        kill(b)
        if first == "A":
            a = files.offerer("A again")
            a.wait("description", "offer")
            b = files.answerer("B again")
        else:
            b = files.answerer("B again")
            b.wait("notice")
            a = files.offerer("A again")
        connect(a, b)
        expect_one_new_association(a, 0)
        expect_one_new_association(b, 0)
    return case


def answer_of_long_ago(files):
    """It is there as the offerer begins, and nobody knows of whom."""
    files.b_sdp.write_text(OLD)
    a = files.offerer()
    expect("b.sdp was there before the offer" in a.wait("notice"), f"{a.values('notice')}")
    a.wait("description", "offer")
    b = files.answerer()
    connect(a, b)
    expect_one_new_association(a, 0)


def offer_of_long_ago(files):
    """Who answers cannot know; but takes the newer one."""
    files.a_sdp.write_text(OLD)
    b = files.answerer()
    b.wait("association", "new")
    mark = b.mark()
    a = files.offerer()
    connect(a, b, (0, mark))
    expect_one_new_association(a, 0)
    expect_one_new_association(b, mark)


def both_offer(files):
    """The one that is there first sees the other's offer come, and ends."""
    a = files.offerer()
    a.wait("description", "offer")
    b = files.party("B", "--local", str(files.b_sdp), "--remote", str(files.a_sdp), "--offer")
    expect("one of both must be started without --offer" in b.wait("notice"),
           f"{b.values('notice')}")
    expect("one must be started without --offer" in a.wait("error"), f"{a.values('error')}")
    expect(a.process.wait(WAIT_S) == 1, "A does not tell that it failed")
    expect("once more" in b.wait("notice", f"{files.a_sdp} is gone: the offer is written "
                                 "once more"), "B does not go on")
    a = files.party("A", "--local", str(files.a_sdp), "--remote", str(files.b_sdp))
    connect(a, b)


def same_text_again(files):
    """A file that is written once more says it once more: an answer may be as the last."""
    b = files.answerer()
    files.a_sdp.write_text(OLD)
    b.wait("association", "new")
    mark = b.mark()
    files.a_sdp.with_suffix(".new").write_text(OLD)
    files.a_sdp.with_suffix(".new").rename(files.a_sdp)
    b.wait("association", "kept", since=mark)


def both_offer_at_once(files):
    """Whoever is first: nobody waits without a word."""
    a, b = files.offerer(), files.party("B", "--local", str(files.b_sdp), "--remote",
                                        str(files.a_sdp), "--offer")
    expect("one must be started without --offer" in a.wait("error"), f"{a.values('error')}")
    for each in (a, b):
        await_true(lambda party=each: any("started without --offer" in line
                                          for line in party.said), f"{each.name} is told")


def file_of_somebody_else(files):
    """Neither overwritten at the start, nor removed at the end."""
    key = files.directory / "key.pem"
    for text in ("-----BEGIN PRIVATE KEY-----\n", "v"):
        key.write_text(text)
        found, said = ended("--local", str(key), "--offer")
        expect(found == 3 and "would be lost" in said, f"ended with {found}: {said}")
        expect(key.read_text() == text, "the key is gone")
    key.unlink()
    for text in ("", OLD):
        files.a_sdp.write_text(text)
        a = files.offerer()
        a.wait("description", "offer")
        await_true(lambda: files.a_sdp.read_text() not in ("", OLD), "A writes its offer")
        expect(a.end() == 0, "A failed")
        files.expect_nothing_left()
    a = files.offerer()
    a.wait("description", "offer")
    files.a_sdp.write_text("kept")
    expect(a.end() == 0, "A failed")
    expect(files.a_sdp.read_text() == "kept", "what it did not write is gone")


def terminal_that_is_closed(files):
    """It ends as by SIGTERM, and leaves nothing."""
    a, b = files.offerer(), files.answerer()
    connect(a, b)
    terminate(a, b, signal.SIGHUP)
    files.expect_nothing_left()


def pipe_in_place_of_the_file(files):
    """Refused at the start; and one that comes later is not waited for."""
    os.mkfifo(files.b_sdp)
    found, said = ended("--remote", str(files.b_sdp), "--offer")
    expect(found == 3 and "is a pipe" in said, f"ended with {found}: {said}")
    files.b_sdp.unlink()
    a = files.offerer()
    a.wait("description", "offer")
    os.mkfifo(files.b_sdp)
    # after several looks at it, it still answers
    for _ in range(3):
        mark = a.mark()
        time.sleep(0.15)
        a.tell("are you there?")
        a.wait("refused", since=mark)
    files.b_sdp.unlink()
    connect(a, files.answerer())


def ended(*options):
    result = subprocess.run([BINARY, *options], stdin=subprocess.DEVNULL, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_S)
    return result.returncode, result.stderr


def impossible_files(files):
    """Told at the start, and not by a description that goes nowhere."""
    folder, missing = str(files.directory), str(files.directory / "missing" / "x")
    for options, status, word in ((["--local", missing], 3, "cannot be written"),
                                  (["--local", folder], 3, "is a folder"),
                                  (["--remote", missing], 3, "missing is no folder"),
                                  (["--remote", folder], 3, "is a folder"),
                                  (["--remote", "x", "--local", "x"], 2, "two files")):
        found, text = ended(*options, "--offer")
        expect(found == status, f"{options} ended with {found}")
        expect(word in text and options[1] in text, f"{options}: {text}")
    files.expect_nothing_left()


CASES = [
    ("carry-a-call", call),
    ("killed/the-offerer", offerer_that_was_killed),
    ("killed/the-answerer", answerer_that_was_killed),
    ("killed/the-answerer-with-a-lasting-certificate",
     answerer_that_was_killed_and_is_known),
    ("killed/the-answerer-that-offered-last", answerer_that_offered_and_was_killed),
    ("killed/both-and-the-offerer-is-first", both_that_were_killed("A")),
    ("killed/both-and-the-answerer-is-first", both_that_were_killed("B")),
    ("old/answer-is-passed-over", answer_of_long_ago),
    ("old/offer-gives-way-to-a-newer-one", offer_of_long_ago),
    ("offers/of-both-end-one-of-them", both_offer),
    ("offers/of-both-at-once-are-told", both_offer_at_once),
    ("impossible-ones-are-told", impossible_files),
    ("of-somebody-else-are-left-alone", file_of_somebody_else),
    ("last-until-the-terminal-is-closed", terminal_that_is_closed),
    ("pipe-in-place-of-one-is-not-waited-for", pipe_in_place_of_the_file),
    ("same-text-counts-when-it-is-written-again", same_text_again),
]


def run_case(_, case):
    with contextlib.ExitStack() as stack:
        case(Files(stack))


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    return tap("sip-files", [each for each in CASES if wanted in each[0]], run_case)


if __name__ == "__main__":
    sys.exit(main())
