# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests in real browsers share: a network of their own, the gateway, and its page.

A browser that finds only loopback does WebRTC there if it is told to (see docs/browsers.md),
and nothing of this machine's network disturbs it.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tegata_rig import LOOPBACK, WAIT_S, Skip, check

OFFER = pathlib.Path(__file__).resolve().parent.parent / "gateway" / "offers" / "chromium.sdp"
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that the distribution's modules belong to
NETWORK = "TEGATA_TEST_NETWORK"
# a route: Chromium asks which address it would reach the world from
SET_UP = 'ip link set lo up && ip route add default dev lo src 127.0.0.1 && exec "$@"'


def enter_network():
    """Goes on in a network namespace with nothing but loopback: as another process."""
    if os.environ.get(NETWORK):
        return
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            raise Skip(f"no {program}")
    prefix = ["unshare", "--map-root-user", "--net", "--", "sh", "-c", SET_UP, "sh"]
    probe = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise Skip(f"no network namespace: {probe.stderr.strip()}")
    os.environ[NETWORK] = "1"
    os.execvp("unshare", [*prefix, SYSTEM_PYTHON, *sys.argv])


class Gateway:
    """The gateway as a process, and what it says of itself."""

    def __init__(self, bench, *arguments, token=None):
        options = ["--token", token] if token else []
        self.token = token
        self.process = bench.process(bench.program, "--listen", f"{LOOPBACK}:0", *options,
                                     *arguments)
        self.url = self.process.wait_for(r"^gateway: (http://\S+/)$").group(1)

    def status(self):
        request = urllib.request.Request(self.url + "status")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)

    def viewer(self):
        """The one that there is."""
        viewers = self.status()["viewers"]
        check(len(viewers) == 1, f"not one viewer: {viewers}", self.process.story())
        return viewers[0]

    def occupy(self):
        """Somebody wants to watch, and is never seen again."""
        request = urllib.request.Request(self.url + "whep", OFFER.read_bytes(),
                                         {"Content-Type": "application/sdp"})
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            check(answer.status == 201, f"the offer got {answer.status}")

    def await_status(self, condition, what):
        return await_value(lambda: condition(self.status()), what,
                           lambda: f"{self.status()}\n{self.process.story()}")

    def has_said(self, words):
        return words in self.process.out()


class Page:
    """The gateway's page, in a browser."""

    def __init__(self, browser, url):
        self.browser = browser
        browser.open(url)
        self.await_page("return Boolean(window.gateway)", "the page's script has run")

    def run(self, body, *arguments):
        result = self.browser.run(body, *arguments)
        check(not isinstance(result, dict) or "scriptFailed" not in result, body, result)
        return result

    def await_page(self, body, what, *arguments):
        return await_value(lambda: self.run(body, *arguments), what, self.story)

    def click(self, selector):
        self.browser.click(selector)

    def rows(self, panel="watching"):
        """What its table says, by the name of the row; and the words above it."""
        return self.run("""
            const section = document.getElementById(args[0]);
            const rows = [...section.querySelectorAll('dd')];
            return {...Object.fromEntries(rows.map((each) => [each.dataset.row, each.textContent])),
                    state: section.querySelector('.state').textContent,
                    rate: section.querySelector('.now').textContent,
                    phase: section.dataset.phase};""", panel)

    def is_shown(self, selector):
        return self.run("return document.querySelector(args[0]).getClientRects().length > 0",
                        selector)

    def note(self, panel="watching"):
        """What it says where the picture would be."""
        return self.run("return document.querySelector(`#${args[0]} .note`).textContent", panel)

    def focus(self):
        """What assistive technology calls the button that has it; '' where none has."""
        return self.run("""
            const {activeElement: found} = document;
            return found === document.body ? '' : found.ariaLabel ?? found.textContent;""")

    def story(self):
        return {panel: [self.rows(panel), self.trouble(panel), self.note(panel)]
                for panel in ("watching", "sending")}

    def trouble(self, panel="watching"):
        """What went wrong, as the page says it; '' where nothing did."""
        return self.run("""
            const trouble = document.querySelector(`#${args[0]} .trouble`);
            return trouble.hidden ? '' : trouble.querySelector('.what').textContent;""", panel)

    def await_trouble(self, words, panel="watching"):
        await_value(lambda: words in self.trouble(panel), f"the page says {words!r}", self.story)

    def stats(self, panel="watching"):
        """getStats(), of its peer connection, as a list."""
        return self.run("""
            const pc = gateway[args[0]].pc;
            return pc ? [...(await pc.getStats()).values()] : [];""", panel)

    def stat(self, kind, media=None, panel="watching"):
        """The one of that type, and kind of media; {} where there is none."""
        return next((each for each in self.stats(panel)
                     if each["type"] == kind and media in (None, each.get("kind"))), {})

    def await_frames(self, times=2):
        """Frames are decoded, and go on to be: a number that grows so many times."""
        for _ in range(times):
            before = self.stat("inbound-rtp", "video").get("framesDecoded", 0)
            await_value(lambda count=before:
                        self.stat("inbound-rtp", "video").get("framesDecoded", 0) > count,
                        f"more than {before} frames are decoded", self.story)

    def watch(self):
        self.click("#watching .start")
        self.await_frames()


def await_value(read, what, story=lambda: ""):
    """What @read returns once that is true. For what has no event to wait for."""
    deadline = time.monotonic() + WAIT_S
    while True:
        value = read()
        if value:
            return value
        check(time.monotonic() < deadline, f"waited in vain until {what}:", story())
        time.sleep(0.05)


def is_refused(url):
    """Whether nobody listens there any more."""
    try:
        with urllib.request.urlopen(url, timeout=WAIT_S):
            return False
    except urllib.error.URLError:
        return True
