#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tegata cert. tegata-cert.py TEGATA. TAP."""

import stat
import sys

import tegata_rig as rig
from tegata_rig import contains, equal

KEYS = {"ecdsa-p256": "ECDSA P-256", "rsa-2048": "RSA, 2048 bits", "ed25519": "Ed25519"}
HASHES = ["sha-256", "sha-384", "sha-512"]


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def key_lines(path):
    """The base64 of the private key."""
    text = path.read_text()
    key = text[text.index("-----BEGIN PRIVATE KEY-----"):text.index("-----END PRIVATE KEY-----")]
    return key.splitlines()[1:]


def makes_a_file_for_its_owner_alone(bench):
    path = bench.path("own.pem")
    made = bench.run("cert", "--out", path)
    equal(mode_of(path), 0o600)
    equal(made.out(), f"a=fingerprint:{rig.fingerprint_of(path)}")
    equal(made.err(), "")


def tells_the_key_to_nobody_else(bench):
    path = bench.path("own.pem")
    made = bench.run("cert", "--out", path)
    shown = bench.run("cert", "--read", path)
    for line in key_lines(path):
        for text in (made.out(), made.err(), shown.out(), shown.err()):
            rig.check(line not in text, "the key was printed:", text)


def writes_to_standard_output_without_a_file(bench):
    made = bench.run("cert")
    path = bench.path("own.pem")
    path.write_text(made.out())
    contains(made.out(), "BEGIN PRIVATE KEY", "BEGIN CERTIFICATE")
    equal(made.err(), f"a=fingerprint:{rig.fingerprint_of(path)}")


def makes_each_kind_of_key(bench):
    for option, name in KEYS.items():
        path = bench.cert(f"{option}.pem", "--key", option)
        contains(bench.run("cert", "--read", path).out(), f"key: {name}, the private one is in")


def takes_a_name(bench):
    path = bench.cert("own.pem", "--name", "studio 7")
    contains(bench.run("cert", "--read", path).out(), "subject: CN=studio 7")


def has_a_random_name_by_default(bench):
    subjects = {bench.run("cert", "--read", bench.cert(name)).wait_for(r"^subject: (.+)").group(1)
                for name in ("a.pem", "b.pem")}
    equal(len(subjects), 2)


def shows_the_validity(bench):
    shown = bench.run("cert", "--read", bench.cert("own.pem"))
    shown.wait_for(r"^valid: from \w+ +\d+ [\d:]+ \d{4} GMT to \w+ +\d+ [\d:]+ \d{4} GMT$")


def shows_each_hash(bench):
    path = bench.cert("own.pem")
    arguments = [word for name in HASHES for word in ("--hash", name)]
    found = bench.run("cert", "--read", path, *arguments).out().splitlines()[:3]
    equal(found, [f"a=fingerprint:{rig.fingerprint_of(path, name)}" for name in HASHES])


def makes_with_another_hash(bench):
    path = bench.path("own.pem")
    made = bench.run("cert", "--out", path, "--hash", "sha-512")
    equal(made.out(), f"a=fingerprint:{rig.fingerprint_of(path, 'sha-512')}")


def shows_a_certificate_without_its_key(bench):
    path = bench.cert("own.pem")
    text = path.read_text()
    path.write_text(text[text.index("-----BEGIN CERTIFICATE"):])
    contains(bench.run("cert", "--read", path).out(), "the private one is not in the file")


def keeps_a_file_that_is_there(bench):
    path = bench.cert("own.pem")
    before = path.read_text()
    refused = bench.run("cert", "--out", path, status=3)
    contains(refused.err(), str(path), "File exists", "remove it, or take another name")
    equal(path.read_text(), before)


def says_what_is_wrong_with_a_file(bench):
    missing = bench.run("cert", "--read", bench.path("none.pem"), status=3)
    contains(missing.err(), "none.pem", "No such file")
    bench.path("bad.pem").write_text("nothing of use\n")
    bad = bench.run("cert", "--read", bench.path("bad.pem"), status=3)
    contains(bad.err(), "bad.pem", "no certificate")
    refused = bench.run("cert", "--out", bench.directory, status=3)
    contains(refused.err(), f"{bench.directory} is a directory: name a file")
    nowhere = bench.run("cert", "--out", bench.path("none") / "own.pem", status=3)
    contains(nowhere.err(), "own.pem", "No such file")


def says_which_option_is_wrong(bench):
    for arguments, sentence in [
            (["--key", "dsa"], "expected ecdsa-p256, rsa-2048 or ed25519"),
            (["--hash", "md5"], "expected sha-256, sha-384 or sha-512"),
            (["--hash", "sha-256", "--hash", "md5"], "expected sha-256, sha-384 or sha-512"),
            (["--read", bench.cert("own.pem"), "--hash", "sha-256", "--hash", "sha256"],
             "--hash: “sha256” is none that fingerprints are made with"),
            (["--out", ""], "--out: expected the name of a file"),
            (["--name", "x" * 65], "--name: expected 1 to 64 bytes, found 65"),
            (["--name", ""], "--name: expected 1 to 64 bytes, found 0"),
            (["--read", "a", "--out", "b"], "--read shows what there is"),
            (["more"], "“more” is too much"),
            (["--none"], "Unknown option --none")]:
        refused = bench.run("cert", *arguments, status=2)
        contains(refused.err(), "tegata: ", sentence)
        equal(refused.out(), "")


def makes_no_file_where_an_option_is_wrong(bench):
    bench.run("cert", "--out", bench.path("own.pem"), "--hash", "md5", status=2)
    rig.check(not bench.path("own.pem").exists(), "a file was made")


def helps(bench):
    text = bench.run("cert", "--help").out()
    contains(text, "tegata cert [OPTION", "--out", "Examples:", "Exit status:")
    equal(bench.run("help", "cert").out(), text)


if __name__ == "__main__":
    rig.main("tegata-cert", sys.argv[1], [
        makes_a_file_for_its_owner_alone, tells_the_key_to_nobody_else,
        writes_to_standard_output_without_a_file, makes_each_kind_of_key, takes_a_name,
        has_a_random_name_by_default, shows_the_validity, shows_each_hash,
        makes_with_another_hash, shows_a_certificate_without_its_key,
        keeps_a_file_that_is_there, says_what_is_wrong_with_a_file,
        says_which_option_is_wrong, makes_no_file_where_an_option_is_wrong, helps])
