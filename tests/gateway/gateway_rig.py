# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the gateway's HTTP share: the program, and a client that hides nothing."""

import contextlib
import http.client
import json
import pathlib
import re
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

# pylint: disable=wrong-import-position
from tegata_rig import LOOPBACK, WAIT_S, Process, check, equal

OFFERS = pathlib.Path(__file__).resolve().parent / "offers"
WATCH = (OFFERS / "chromium.sdp").read_bytes().decode()
PUBLISH = (OFFERS / "firefox-publish.sdp").read_bytes().decode()

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
PASSWORD = "0123456789abcdefghijkl"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    def __str__(self):
        return f"{self.status}\n{self.headers}{self.text}"

    def expect(self, status, *parts):
        """That status, and those parts of the body."""
        equal(self.status, status, self)
        for part in parts:
            check(part in self.text, f"no {part!r} in:", self)
        return self

    def header(self, name, expected):
        equal(self.headers.get(name), expected, name, self)
        return self

    def without(self, *names):
        for name in names:
            check(name not in self.headers, f"{name} is there:", self)
        return self


class Gateway(Process):
    def __init__(self, program, *arguments, listen=f"{LOOPBACK}:0", before=()):
        super().__init__([*before, program, "--listen", listen, *arguments])
        self.url = self.wait_for(r"^gateway: (https?://\S+/)$").group(1)
        self.host, self.port = re.search(r"//(.+):(\d+)/$", self.url).groups()
        self.authority = None  # who signed its certificate

    def connect(self):
        found = socket.create_connection((self.host, int(self.port)), WAIT_S)
        found.settimeout(WAIT_S)
        return found

    def ask(self, method, path, body=None, content_type=None, headers=None):
        if self.authority is None:
            connection = http.client.HTTPConnection(self.host, int(self.port), timeout=WAIT_S)
        else:
            context = ssl.create_default_context(cafile=self.authority)
            connection = http.client.HTTPSConnection(self.host, int(self.port),
                                                     timeout=WAIT_S, context=context)
        with contextlib.closing(connection):
            found = dict(headers or {})
            if content_type:
                found["Content-Type"] = content_type
            connection.request(method, path, body, found)
            return Answer(connection.getresponse())

    def post(self, path="/whep", offer=WATCH, content_type=SDP, **headers):
        return self.ask("POST", path, offer, content_type, headers)

    def join(self, path="/whep", offer=WATCH):
        """(where the session is, its ETag)"""
        answer = self.post(path, offer).expect(201)
        return answer.headers["Location"], answer.headers["ETag"]

    def patch(self, session, body, etag, content_type=FRAGMENT):
        return self.ask("PATCH", session, body, content_type,
                        {"If-Match": etag} if etag else {})

    def delete(self, session):
        return self.ask("DELETE", session).expect(200)

    def status(self):
        return json.loads(self.ask("GET", "/status").expect(200).text)

    def n_files(self):
        return len(list(pathlib.Path(f"/proc/{self.pid()}/fd").iterdir()))

    def n_threads(self):
        return len(list(pathlib.Path(f"/proc/{self.pid()}/task").iterdir()))

    def pid(self):
        return self.child.pid


def begin(bench, *arguments, **options):
    return bench.keep(Gateway(bench.program, *arguments, **options))


def fragment(ufrag, n_candidates=1, first_port=40000):
    lines = ["a=ice-options:trickle", "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0",
             f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{PASSWORD}"]
    lines += [f"a=candidate:{number} 1 udp 2122260223 {LOOPBACK} {first_port + number} typ host"
              for number in range(n_candidates)]
    return "\r\n".join(lines) + "\r\n"


def find_line(text, name):
    """The value of an attribute."""
    found = re.search(rf"^a={name}:(.*?)\r?$", text, re.MULTILINE)
    check(found, f"no a={name} in:", text)
    return found.group(1)
