# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of what a gateway shows share: viewers, a proxy between them and the gateway
who may change what is signalled, and a reader of pictures."""

import http.client
import http.server
import json
import re
import struct
import threading
import zlib

from gateway_rig import SDP, begin
from tegata_rig import LOOPBACK, WAIT_S, Process, bind, check

# one candidate each, so that everybody knows where packets go
ON_LOOPBACK = ("--ice-address", LOOPBACK)


class Viewer(Process):
    """whep-view, which prints a JSON object a line."""

    def __init__(self, program, url, *arguments):
        super().__init__([program, url, "--json", *ON_LOOPBACK, *arguments])

    def await_event(self, name, count=1):
        return json.loads(self.wait_for(rf'"event":"{name}"', count=count).string)

    def events(self, name):
        found = [json.loads(line) for line in self.out().splitlines()]
        return [event for event in found if event["event"] == name]

    def summary(self, status=0):
        """At its end."""
        self.end(status)
        return self.events("summary")[0]


def open_gateway(bench, *arguments):
    return begin(bench, *ON_LOOPBACK, *arguments)


def watch(bench, program, gateway, *arguments):
    return bench.keep(Viewer(program, gateway.url + "whep", *arguments))


def unchanged(text):
    return text


class Proxy:
    """Between a viewer and a gateway's HTTP. It sees both descriptions."""

    def __init__(self, gateway, change_offer=unchanged, change_answer=unchanged):
        proxy = self
        self.gateway = gateway
        self.changes = (change_offer, change_answer)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                proxy.carry(self)

            do_DELETE = do_POST

            def log_message(self, *_arguments):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def carry(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        if handler.command == "POST":
            body = self.changes[0](body.decode()).encode()
        connection = http.client.HTTPConnection(LOOPBACK, int(self.gateway.port),
                                                timeout=WAIT_S)
        connection.request(handler.command, handler.path, body, {"Content-Type": SDP})
        response = connection.getresponse()
        answer = response.read()
        if response.status == 201:
            answer = self.changes[1](answer.decode()).encode()
        handler.send_response(response.status)
        for name in ("Location", "ETag", "Content-Type"):
            if name in response.headers:
                handler.send_header(name, response.headers[name])
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)
        connection.close()

    def kill(self):
        self.server.shutdown()
        self.server.server_close()


def with_another_fingerprint(text):
    """One bit of every fingerprint is another."""
    changed, count = re.subn(r"(a=fingerprint:sha-256 )([0-9A-F]{2})", lambda match:
                             f"{match.group(1)}{int(match.group(2), 16) ^ 1:02X}", text)
    check(count > 0, "no fingerprint in:", text)
    return changed


def candidates(text):
    """[(host, port)] of UDP, each once."""
    found = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", text, re.IGNORECASE)
    check(found, "no candidate in:", text)
    return sorted({(host, int(port)) for host, port in found})


def free_port_pair():
    """RTP's and RTCP's; both sockets are closed again."""
    while True:
        with bind() as first:
            port = first.getsockname()[1]
            try:
                with bind(port=port + 1):
                    return port
            except OSError:
                continue


# ---- pictures ----

def paeth(left, above, corner):
    """PNG specification, section 9.4."""
    estimate = left + above - corner
    return min((left, above, corner), key=lambda each: abs(estimate - each))


def unfilter(kind, line, above, size):
    for i, byte in enumerate(line):
        left = line[i - size] if i >= size else 0
        corner = above[i - size] if i >= size else 0
        line[i] = (byte + {0: 0, 1: left, 2: above[i], 3: (left + above[i]) // 2,
                           4: paeth(left, above[i], corner)}[kind]) & 0xff
    return line


def read_png(path):
    """(width, height, {(red, green, blue) in steps of 32: share of the picture})"""
    data = path.read_bytes()
    check(data.startswith(b"\x89PNG\r\n\x1a\n"), f"{path} is no PNG")
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    check(depth == 8 and colour in (2, 6), f"depth {depth}, colour type {colour}")
    packed, place = b"", 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        packed += data[place + 8:place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    raw, size = zlib.decompress(packed), 3 if colour == 2 else 4
    above, counts = bytearray(width * size), {}
    for y in range(height):
        begins = y * (width * size + 1)
        above = unfilter(raw[begins], bytearray(raw[begins + 1:begins + 1 + width * size]),
                         above, size)
        for x in range(0, width * size, 4 * size):
            pixel = tuple(value // 32 for value in above[x:x + 3])
            counts[pixel] = counts.get(pixel, 0) + 1
    total = sum(counts.values())
    return width, height, {pixel: count / total for pixel, count in counts.items()}
