#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the inputs that the fuzz targets begin with into corpus/, beside this script.

What a fuzzer finds is added by hand, under a name that says what it shows.
"""

import pathlib

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
DTLS_1_0, DTLS_1_2 = b"\xfe\xff", b"\xfe\xfd"
RANDOM = bytes(range(32))
# a known hash of nothing in particular
SHA256 = ":".join(f"{byte:02X}" for byte in range(32))
SHA1 = ":".join(f"{byte:02x}" for byte in range(20))


def number(value, len_):
    return value.to_bytes(len_, "big")


def record(type_, body, version=DTLS_1_2, epoch=0, sequence=0):
    return (bytes([type_]) + version + number(epoch, 2) + number(sequence, 6)
            + number(len(body), 2) + body)


def fragment(type_, body, seq=0, length=None, offset=0):
    length = len(body) if length is None else length
    return (bytes([type_]) + number(length, 3) + number(seq, 2) + number(offset, 3)
            + number(len(body), 3) + body)


def client_hello(cookie=b""):
    """As libssl writes it, with use_srtp and extended master secret."""
    suites = b"\xc0\x2b\xc0\x2f\x00\xff"
    extensions = bytes.fromhex("00170000" "000e0007000400070001" "00" "000a0004000200 1d"
                               .replace(" ", ""))
    return (DTLS_1_2 + RANDOM + b"\0" + bytes([len(cookie)]) + cookie + number(len(suites), 2)
            + suites + b"\1\0" + number(len(extensions), 2) + extensions)


def server_hello():
    return DTLS_1_2 + RANDOM + b"\0" + b"\xc0\x2b\0" + number(4, 2) + bytes.fromhex("00170000")


HELLO = record(HANDSHAKE, fragment(1, client_hello()), DTLS_1_0)
COOKIE_HELLO = record(HANDSHAKE, fragment(1, client_hello(b"c" * 20), 1), DTLS_1_0, sequence=1)
VERIFY = record(HANDSHAKE, fragment(3, DTLS_1_0 + b"\x14" + b"c" * 20), DTLS_1_0)
SERVER_HELLO = record(HANDSHAKE, fragment(2, server_hello()))
CIPHER_SPEC = record(CHANGE_CIPHER_SPEC, b"\1")
FATAL_ALERT = record(ALERT, b"\2\x28")
PROTECTED = record(HANDSHAKE, bytes(48), epoch=1)
RTP = bytes.fromhex("80600001000000000000000768656c6c6f")
RTP_EXTENDED = (bytes.fromhex("b1e00002000000000000000700000009bede0001") + bytes(4)
                + b"payload" + b"\0\2")
SENDER_REPORT = bytes.fromhex("80c80006 00000007".replace(" ", "")) + bytes(20)

WIRE = {
    "client-hello": HELLO,
    "client-hello-with-cookie": COOKIE_HELLO,
    "client-hello-in-fragments":
        record(HANDSHAKE, fragment(1, client_hello()[:40], length=len(client_hello())), DTLS_1_0),
    "hello-verify-request": VERIFY,
    "flight-in-one-datagram": SERVER_HELLO + CIPHER_SPEC + PROTECTED,
    "alert": FATAL_ALERT,
    "rtp": RTP,
    "rtp-with-all-parts": RTP_EXTENDED,
    "rtcp": SENDER_REPORT,
}

SDP = {
    "fingerprint": f"a=fingerprint:sha-256 {SHA256}",
    "fingerprints": f"a=fingerprint:sha-1 {SHA1}\na=fingerprint:SHA-256 {SHA256.lower()}\n",
    "fingerprint-value": f"sha-256 {SHA256}",
    "setup": "a=setup:actpass\na=setup:active\nsetup:passive\nholdconn",
    "tls-id": "a=tls-id:abc3de65cddef001be82\nabc3de65cddef001be82",
    "malformed": "a=fingerprint:sha-256 AB:\na=setup:\na=tls-id:short\n\r\n",
}


def gate_step(flags, datagram):
    return bytes([flags]) + number(len(datagram), 2) + datagram


CERTIFICATE = fragment(11, number(300, 3) + bytes(97), 1, length=303)
GATE = {
    "server-s-view": b"\1" + gate_step(0, HELLO) + gate_step(2, record(HANDSHAKE, CERTIFICATE))
                     + gate_step(3, CIPHER_SPEC + PROTECTED) + gate_step(7, PROTECTED),
    "client-s-view": b"\2" + gate_step(0, VERIFY) + gate_step(0, SERVER_HELLO)
                     + gate_step(2, FATAL_ALERT) + gate_step(8, SERVER_HELLO),
    "epoch-before-its-time": b"\0" + 3 * gate_step(0, PROTECTED) + gate_step(6, PROTECTED),
}

INJECT, ALTER, DELIVER, WAIT = range(4)


def inject(datagram):
    return bytes([INJECT]) + number(len(datagram), 2) + datagram


def alter(offset, bytes_):
    return bytes([ALTER]) + number(offset, 2) + bytes([len(bytes_)]) + bytes_


def settings(server, trust, rounds):
    return bytes([server | trust << 1 | rounds << 2])


SESSION = {
    "server-and-a-forged-hello": settings(1, 1, 0) + inject(HELLO) + bytes([DELIVER] * 8),
    "client-and-a-forged-answer": settings(0, 1, 0) + inject(SERVER_HELLO) + bytes([DELIVER] * 8),
    "client-and-altered-hello": settings(0, 0, 0) + alter(25, RANDOM) + bytes([DELIVER] * 8),
    "server-and-an-altered-certificate":
        settings(1, 1, 1) + alter(60, b"\xff\0\xff") + bytes([DELIVER] * 6),
    "server-connected-and-media": settings(1, 1, 5) + inject(RTP) + inject(SENDER_REPORT),
    "client-connected-and-records":
        settings(0, 1, 5) + inject(PROTECTED) + inject(FATAL_ALERT) + inject(HELLO),
    "early-media": settings(1, 1, 1) + inject(RTP) + inject(RTP_EXTENDED) + bytes([DELIVER] * 6),
    "silence": settings(0, 1, 0) + bytes([WAIT] * 3) + bytes([DELIVER] * 20),
}

STRANGER, AS_CLIENT, RETURN = 1, 0, 4


def inject_from(address, datagram):
    return bytes([INJECT, address]) + number(len(datagram), 2) + datagram


LISTENER = {
    "client-connects": bytes([DELIVER] * 8),
    "strangers": b"".join(inject_from(address, datagram) for address in (1, 3, 5)
                          for datagram in (HELLO, COOKIE_HELLO, RTP, PROTECTED)),
    "stranger-with-the-client-s-cookie":
        bytes([DELIVER, DELIVER, ALTER, STRANGER, 0, 0, 0]) + bytes([DELIVER] * 6),
    "another-hello-in-the-client-s-name":
        bytes([DELIVER] * 8) + inject_from(AS_CLIENT, HELLO)
        + inject_from(AS_CLIENT, COOKIE_HELLO) + bytes([DELIVER] * 4),
    "client-comes-back": bytes([DELIVER] * 8) + bytes([RETURN]) + bytes([DELIVER] * 8),
    "records-in-the-clear-while-it-comes-back":
        bytes([DELIVER] * 8) + bytes([RETURN, DELIVER, DELIVER, DELIVER])
        + inject_from(AS_CLIENT, SERVER_HELLO + CIPHER_SPEC + PROTECTED)
        + inject_from(AS_CLIENT, FATAL_ALERT) + bytes([DELIVER] * 4),
}


def main():
    corpus = pathlib.Path(__file__).parent / "corpus"
    targets = {"gate": GATE, "listener": LISTENER, "sdp": SDP, "session": SESSION, "wire": WIRE}
    for target, inputs in targets.items():
        (corpus / target).mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            data = data.encode() if isinstance(data, str) else data
            (corpus / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
