#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tegata connect and tegata listen against openssl and gnutls. tegata-interop.py TEGATA. TAP."""

import shutil
import subprocess
import sys

import tegata_rig as rig
from tegata_rig import LOOPBACK, Skip, contains, equal

# our name of a profile, and the one of openssl
OPENSSL_PROFILES = [("AES128_CM_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80"),
                    ("AES128_CM_HMAC_SHA1_32", "SRTP_AES128_CM_SHA1_32"),
                    ("AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM"),
                    ("AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM")]
# gnutls has no others, under our names
GNUTLS_PROFILES = ["SRTP_AES128_CM_HMAC_SHA1_80", "SRTP_AES128_CM_HMAC_SHA1_32"]


def need(program, package):
    if shutil.which(program) is None:
        raise Skip(f"{program} is not installed: it is in the package {package}")


def identities(bench):
    """Of us and of the peer: PEM files of both, and their fingerprints."""
    ours, theirs = bench.cert("ours.pem"), bench.cert("theirs.pem")
    return ours, theirs, rig.fingerprint_of(ours), rig.fingerprint_of(theirs)


def check_connection(side, peer_fingerprint, profile):
    version, cipher, found = side.connected()
    equal((version, found), ("DTLS 1.2", f"SRTP_{profile.removeprefix('SRTP_')}"))
    contains(cipher, "TLS_ECDHE_ECDSA_")
    equal(side.wait_for(r"^peer: (.*)$").group(1), peer_fingerprint)
    for message in ("ClientHello", "ServerHello", "Certificate", "Finished"):
        contains(side.out(), message)


def connects_to_openssl_s_server(bench):
    need("openssl", "openssl")
    ours, theirs, _, fingerprint = identities(bench)
    for profile, name in OPENSSL_PROFILES:
        server = bench.process("openssl", "s_server", "-dtls1_2", "-accept", f"{LOOPBACK}:0",
                               "-Verify", "1", "-cert", theirs, "-key", theirs, "-state",
                               "-use_srtp", name, stdin=subprocess.PIPE)
        port = server.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)").group(1)
        caller = bench.run("connect", f"{LOOPBACK}:{port}", "--once", "--cert", ours,
                           "--profiles", profile, "--peer-fingerprint", fingerprint)
        check_connection(caller, fingerprint, profile)
        server.wait_for(f"SRTP Extension negotiated, profile={name}")
        server.wait_for("alert read:warning:close notify", stream="err")
        server.kill()


def listens_to_openssl_s_client(bench):
    need("openssl", "openssl")
    ours, theirs, _, fingerprint = identities(bench)
    for profile, name in OPENSSL_PROFILES:
        listener = bench.tegata("listen", f"{LOOPBACK}:0", "--once", "--cert", ours,
                                "--profiles", profile, "--peer-fingerprint", fingerprint)
        client = bench.process("openssl", "s_client", "-dtls1_2", "-connect",
                               "%s:%d" % listener.address(), "-cert", theirs, "-key", theirs,
                               "-state", "-use_srtp", name, stdin=subprocess.PIPE)
        check_connection(listener, fingerprint, profile)
        client.wait_for(f"SRTP Extension negotiated, profile={name}")
        listener.stop()
        client.wait_for("alert read:warning:close notify", stream="err")
        client.kill()


def connects_to_gnutls_serv(bench):
    need("gnutls-serv", "gnutls-bin")
    ours, theirs, _, fingerprint = identities(bench)
    for profile in GNUTLS_PROFILES:
        port = rig.free_port()
        server = bench.process("gnutls-serv", "--udp", "--port", port, "--x509certfile", theirs,
                               "--x509keyfile", theirs, "--require-client-cert", "--echo",
                               "--priority", "NORMAL:-VERS-ALL:+VERS-DTLS1.2",
                               "--srtp-profiles", profile, stdin=subprocess.PIPE)
        server.wait_for(rf"listening on IPv4 .* port {port}\.\.\.done", stream="err")
        caller = bench.run("connect", f"{LOOPBACK}:{port}", "--once", "--cert", ours,
                           "--profiles", profile, "--peer-fingerprint", fingerprint)
        check_connection(caller, fingerprint, profile)
        server.kill()


def listens_to_gnutls_cli(bench):
    need("gnutls-cli", "gnutls-bin")
    ours, theirs, _, fingerprint = identities(bench)
    for profile in GNUTLS_PROFILES:
        listener = bench.tegata("listen", f"{LOOPBACK}:0", "--once", "--cert", ours,
                                "--profiles", profile, "--peer-fingerprint", fingerprint)
        host, port = listener.address()
        client = bench.process("gnutls-cli", "--udp", "--insecure", "--x509certfile", theirs,
                               "--x509keyfile", theirs, "--priority",
                               "NORMAL:-VERS-ALL:+VERS-DTLS1.2", "--srtp-profiles", profile,
                               "--port", port, host, stdin=subprocess.PIPE)
        check_connection(listener, fingerprint, profile)
        client.wait_for(r"Handshake was completed")
        listener.stop()
        client.wait_for(r"Peer has closed the GnuTLS connection")
        client.kill()


def refuses_another_certificate_of_openssl_s_server(bench):
    need("openssl", "openssl")
    ours, theirs, wrong, fingerprint = identities(bench)
    server = bench.process("openssl", "s_server", "-dtls1_2", "-accept", f"{LOOPBACK}:0",
                           "-Verify", "1", "-cert", theirs, "-key", theirs, "-state",
                           "-use_srtp", "SRTP_AEAD_AES_128_GCM", stdin=subprocess.PIPE)
    port = server.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)").group(1)
    caller = bench.run("connect", f"{LOOPBACK}:{port}", "--once", "--cert", ours,
                       "--peer-fingerprint", wrong, status=4)
    contains(caller.err(), fingerprint, wrong)
    server.kill()


if __name__ == "__main__":
    rig.main("tegata-interop", sys.argv[1], [
        connects_to_openssl_s_server, listens_to_openssl_s_client, connects_to_gnutls_serv,
        listens_to_gnutls_cli, refuses_another_certificate_of_openssl_s_server])
