#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the ladder of the tegata command against what tshark reads of the same handshake.

ladder-tshark.py TEGATA: `tegata connect` meets `tegata listen` through a relay in here, which
records each datagram, and loses those that a case names. tshark reads the capture with the key
log of the client. Datagrams, messages, sizes and retransmissions must be the same. TAP.
"""

import contextlib
import json
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

# after which a program is stuck
WAIT_S = 90

# In the capture: any will do, and these are for documentation.
CLIENT = (socket.inet_aton("192.0.2.1"), 40000)
SERVER = (socket.inet_aton("192.0.2.2"), 5000)

LINKTYPE_RAW = 101
HANDSHAKE, CHANGE_CIPHER_SPEC, ALERT = 22, 20, 21
SERVER_HELLO, FINISHED = 2, 20
# the type of the first message of a record, behind its header
FIRST_MESSAGE = 13
CLOSE_NOTIFY = 0


class Relay:
    """Between a client and a server on loopback. `loses` is a predicate: is_from_client and a
    datagram."""

    def __init__(self, server_port, loses):
        self.loses = loses
        self.datagrams = []  # (time, is_from_client, bytes, is_lost)
        self.client = None
        self.down, self.up = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                              for _ in range(2))
        self.down.bind(("127.0.0.1", 0))
        self.up.connect(("127.0.0.1", server_port))
        self.port = self.down.getsockname()[1]
        self.ending, self.end = socket.socketpair()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def forward(self, is_from_client):
        source = self.down if is_from_client else self.up
        try:
            datagram, address = source.recvfrom(65536)
            is_lost = self.loses(is_from_client, datagram)
            self.datagrams.append((time.time(), is_from_client, datagram, is_lost))
            if is_from_client:
                self.client = address
            if not is_lost and is_from_client:
                self.up.send(datagram)
            elif not is_lost:
                self.down.sendto(datagram, self.client)
        except ConnectionError:
            pass  # one of them has gone

    def run(self):
        while True:
            ready = select.select([self.down, self.up, self.ending], [], [])[0]
            # what has arrived goes before the end
            for source in ready:
                if source is not self.ending:
                    self.forward(source is self.down)
            if ready == [self.ending]:
                return

    def close(self):
        self.end.close()
        self.thread.join()
        for each in (self.down, self.up, self.ending):
            each.close()


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def ip_packet(is_from_client, payload):
    (source, source_port), (to, to_port) = ((CLIENT, SERVER) if is_from_client
                                            else (SERVER, CLIENT))
    udp = struct.pack("!HHHH", source_port, to_port, 8 + len(payload), 0)
    fields = [0x45, 0, 20 + len(udp) + len(payload), 0, 0x4000, 64, socket.IPPROTO_UDP, 0,
              source, to]
    fields[7] = checksum(struct.pack("!BBHHHBBH4s4s", *fields))
    return struct.pack("!BBHHHBBH4s4s", *fields) + udp + payload


def write_capture(path, datagrams):
    with path.open("wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, LINKTYPE_RAW))
        for moment, is_from_client, payload, _ in datagrams:
            packet = ip_packet(is_from_client, payload)
            seconds, fraction = divmod(moment, 1)
            file.write(struct.pack("=IIII", int(seconds), int(fraction * 1e6), len(packet),
                                   len(packet)) + packet)


def fields_of(element, name):
    return [field for field in element.iter("field") if field.get("name") == name]


def number_of(element, name):
    """Of the first field of that name; None where there is none."""
    return next((int(field.get("show"), 0) for field in fields_of(element, name)), None)


def read_handshake(handshake):
    kind = number_of(handshake, "dtls.handshake.type")
    if kind is None:
        return None  # encrypted, and there is no key
    return {"content": HANDSHAKE, "type": kind,
            "message_seq": number_of(handshake, "dtls.handshake.message_seq"),
            "offset": number_of(handshake, "dtls.handshake.fragment_offset"),
            "len": number_of(handshake, "dtls.handshake.fragment_length"),
            "total_len": number_of(handshake, "dtls.handshake.length")}


def read_record(record):
    content = number_of(record, "dtls.record.content_type")
    epoch = number_of(record, "dtls.record.epoch")
    if content == HANDSHAKE:
        messages = [read_handshake(each) for each in fields_of(record, "dtls.handshake")]
        messages = [each or {"content": HANDSHAKE, "type": None} for each in messages]
    else:
        messages = [{"content": content,
                     "alert": number_of(record, "dtls.alert_message.desc")}]
    return [dict(message, epoch=epoch) for message in messages]


def read_capture(path, key_log=None):
    """What tshark says: a list of (is_from_client, bytes, messages)."""
    command = ["tshark", "-r", str(path), "-T", "pdml", "-d", f"udp.port=={SERVER[1]},dtls"]
    if key_log:
        command += ["-o", f"tls.keylog_file:{key_log}"]
    # it warns of root on its standard error
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    datagrams = []
    for packet in xml.etree.ElementTree.fromstring(result.stdout).iter("packet"):
        messages = []
        for record in fields_of(packet, "dtls.record"):
            messages += read_record(record)
        datagrams.append((number_of(packet, "udp.srcport") == CLIENT[1],
                          number_of(packet, "udp.length") - 8, messages))
    return datagrams


NAMES = {1: "ClientHello", 2: "ServerHello", 3: "HelloVerifyRequest", 4: "NewSessionTicket",
         11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest",
         14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange",
         FINISHED: "Finished"}


def name_of(message):
    if message["content"] == HANDSHAKE:
        return NAMES.get(message["type"], "encrypted")
    return {CHANGE_CIPHER_SPEC: "ChangeCipherSpec", ALERT: "Alert"}.get(message["content"], "?")


def spell(message):
    """A message of tshark's as the ladder can know it: nothing that is encrypted."""
    if message["content"] == HANDSHAKE and message["epoch"] == 0:
        fragment = [message[key] for key in ("message_seq", "offset", "len", "total_len")]
        return name_of(message), message["epoch"], *fragment
    return name_of(message), message["epoch"]


def spell_ours(message):
    fragment = [message[key] for key in ("message_seq", "offset", "len", "total_len")]
    if fragment[0] is None:
        return message["name"], message["epoch"]
    return message["name"], message["epoch"], *fragment


def mark_again(datagrams):
    """Whether each has a byte of handshake in it that went the same way before."""
    seen = set()
    marks = []
    for is_from_client, _, messages in datagrams:
        keys = []
        for message in messages:
            key = is_from_client, message["content"], message.get("type")
            if message["content"] == CHANGE_CIPHER_SPEC:
                keys.append([key])
            elif message["content"] == HANDSHAKE:
                key += message["message_seq"],
                begin = message["offset"]
                # a message without a byte still has its place
                keys.append([key + (i,) for i in range(begin, begin + message["len"])]
                            or [key + (None,)])
        marks.append(any(seen.issuperset(each) for each in keys))
        seen.update(key for each in keys for key in each)
    return marks


def compare_one_way(rows, seen):
    """Of one direction: the ladder ends when both are connected, the capture later."""
    complaints = []
    if len(rows) > len(seen) or not rows:
        return [f"the ladder has {len(rows)} datagrams of that side, tshark {len(seen)}"]
    for number, (row, (size, messages, is_again)) in enumerate(zip(rows, seen)):
        ours = row["bytes"], [spell_ours(each) for each in row["messages"]]
        theirs = size, [spell(each) for each in messages]
        if ours != theirs:
            complaints.append(f"datagram {number}: the ladder has {ours}, tshark {theirs}")
        if row["retransmission"] != is_again:
            complaints.append(f"datagram {number}: the ladder says retransmission: "
                              f"{row['retransmission']}, tshark's messages {is_again}")
    for size, messages, is_again in seen[len(rows):]:
        if not is_again and [name_of(each) for each in messages] != ["Alert"]:
            complaints.append(f"tshark has another one, of {size} bytes: {messages}")
    return complaints


def compare(who, ladder, datagrams):
    """`who` made the ladder; the datagrams are those that it saw."""
    complaints = []
    marked = list(zip(datagrams, mark_again(datagrams)))
    for is_from_client in (True, False):
        direction = "sent" if is_from_client == (who == "client") else "received"
        rows = [row for row in ladder if row["direction"] == direction]
        seen = [(size, messages, is_again) for (side, size, messages), is_again in marked
                if side == is_from_client]
        complaints += [f"{who}, {direction}: {complaint}"
                       for complaint in compare_one_way(rows, seen)]
    # Where nothing was sent again, nothing crossed on its way: the order is the same, too.
    if not any(is_again for _, is_again in marked):
        ours = [(row["direction"] == "sent") == (who == "client") for row in ladder]
        if ours != [side for side, _, _ in datagrams][:len(ours)]:
            complaints.append(f"{who}: its ladder has another order")
    return complaints


class Programs:
    """The two ends, until both have ended by themselves."""

    def __init__(self, tegata, directory, options):
        self.stack = contextlib.ExitStack()
        self.common = ["--json", "--once", *options]
        self.tegata, self.directory = tegata, directory

    def start(self, *arguments):
        command = [self.tegata, *arguments, *self.common]
        child = subprocess.Popen(command, cwd=self.directory, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        killer = threading.Timer(WAIT_S, child.kill)
        killer.start()
        self.stack.callback(child.stdout.close)
        self.stack.callback(child.wait)
        self.stack.callback(child.kill)
        self.stack.callback(killer.cancel)
        return child

    def run(self, loses):
        """Returns both ladders and the datagrams."""
        with self.stack:
            server = self.start("listen", "127.0.0.1:0", "--fingerprint-out", "server.txt",
                                "--peer-fingerprint", "@client.txt")
            ready = json.loads(server.stdout.readline() or "{}")
            relay = Relay(int(ready["listening"].rpartition(":")[2]), loses)
            self.stack.callback(relay.close)
            client = self.start("connect", f"127.0.0.1:{relay.port}", "--key-log", "keys.txt",
                                "--fingerprint-out", "client.txt",
                                "--peer-fingerprint", "@server.txt")
            said = [client.stdout.read(), server.stdout.read()]
            ended = [client.wait(), server.wait()]
        if ended != [0, 0]:
            raise RuntimeError(f"they ended with {ended}:\n" + "\n".join(said))
        return [self.ladder_of(text) for text in said], relay.datagrams

    @staticmethod
    def ladder_of(text):
        events = [json.loads(line) for line in text.splitlines()]
        return next(event for event in events if event["event"] == "connected")["ladder"]


class Run:
    """A handshake, and all that was seen of it."""

    def __init__(self, tegata, options=(), loses=lambda is_from_client, datagram: False):
        self.directory = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.directory.name)
        self.key_log = path / "keys.txt"
        ladders, datagrams = Programs(tegata, path, options).run(loses)
        self.client_ladder, self.server_ladder = ladders
        # A lost one was seen by whoever sent it.
        self.capture = path / "all.pcap"
        write_capture(self.capture, datagrams)
        self.seen_by = {}
        for who, is_client in (("client", True), ("server", False)):
            seen = [row for row in datagrams if not row[3] or row[1] == is_client]
            write_capture(path / f"{who}.pcap", seen)
            self.seen_by[who] = read_capture(path / f"{who}.pcap", self.key_log)

    def compare(self):
        return (compare("client", self.client_ladder, self.seen_by["client"])
                + compare("server", self.server_ladder, self.seen_by["server"]))


def case_same(tegata):
    run = Run(tegata)
    names = {message["name"] for row in run.client_ladder for message in row["messages"]}
    missing = set(NAMES.values()) - names - {"NewSessionTicket"}
    return run.compare() + [f"no {name} on the ladder" for name in sorted(missing)]


def case_fragments(tegata):
    run = Run(tegata, ["--mtu", "300"])
    fragments = [message for row in run.client_ladder for message in row["messages"]
                 if message["offset"]]
    return run.compare() + ([] if fragments else ["there were no fragments"])


def case_lost(tegata):
    """The server's first flight, but not its wish for a cookie."""
    lost = []

    def loses(is_from_client, datagram):
        is_server_hello = datagram[FIRST_MESSAGE] == SERVER_HELLO and datagram[0] == HANDSHAKE
        if is_from_client or not is_server_hello or lost:
            return False
        lost.append(datagram)
        return True

    run = Run(tegata, loses=loses)
    again = [message["name"] for row in run.server_ladder for message in row["messages"]
             if row["retransmission"] and row["direction"] == "sent"]
    return run.compare() + ([] if "ServerHello" in again
                            else ["no ServerHello is marked as a retransmission"])


def case_decrypted(tegata):
    """And not without the keys: else it would say nothing."""
    run = Run(tegata)
    complaints = []
    for key_log in (run.key_log, None):
        seen = [(is_from_client, message) for is_from_client, _, messages
                in read_capture(run.capture, key_log) for message in messages
                if message["epoch"] > 0]
        read = sorted(f"{name_of(message)} of the {'client' if is_from_client else 'server'}"
                      for is_from_client, message in seen
                      if message.get("type") == FINISHED or message.get("alert") == CLOSE_NOTIFY)
        # each side closes, and whoever comes second need not say so any more
        expected = {"Finished of the client", "Finished of the server", "Alert of the client"}
        if key_log and not expected <= set(read):
            complaints.append(f"with the key log, tshark read {read} of {seen}")
        if not key_log and read:
            complaints.append(f"without the key log, tshark read {read}")
    return complaints


CASES = [("the-same-handshake", case_same),
         ("the-same-fragments", case_fragments),
         ("the-flight-that-was-lost-and-its-retransmission", case_lost),
         ("finished-and-close-notify-with-the-key-log-only", case_decrypted)]


def main(tegata):
    print(f"1..{len(CASES)}")
    for number, (name, case) in enumerate(CASES, 1):
        name = f"/ladder/tshark-reads/{name}"
        if not shutil.which("tshark"):
            print(f"ok {number} - {name} # SKIP there is no tshark")
            continue
        try:
            complaints = case(tegata)
        except (RuntimeError, OSError, ValueError, LookupError, StopIteration,
                subprocess.SubprocessError) as error:
            complaints = [repr(error)]
        for line in "\n".join(complaints).splitlines():
            print(f"# {line}")
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(str(pathlib.Path(sys.argv[1]).resolve()))
