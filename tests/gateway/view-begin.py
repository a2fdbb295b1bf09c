#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who cannot begin to watch learns why, and what to do. view-begin.py GATEWAY WHEP-VIEW: TAP.
"""

import functools
import re
import shutil
import socket
import subprocess
import sys

from view_rig import ON_LOOPBACK, open_gateway, watch
from tegata_rig import LOOPBACK, Skip, check, contains, equal, main

NOWHERE = f"http://{LOOPBACK}:1/whep"


def refuse(bench, whep_view, *arguments):
    """Its one line on standard error."""
    viewer = bench.process(whep_view, *arguments).end(2)
    equal(viewer.out(), "")
    equal(len(viewer.err().splitlines()), 1, viewer.story())
    return viewer.err()


def names_what_a_url_lacks(bench, whep_view):
    for url, words in (("127.0.0.1:8080/whep", "did you mean http://127.0.0.1:8080/whep?"),
                       ("localhost:8080/whep", "did you mean http://localhost:8080/whep?"),
                       ("http://127.0.0.1:8080", "did you mean http://127.0.0.1:8080/whep?"),
                       ("https://[::1]:8443/", "did you mean https://[::1]:8443/whep?"),
                       ("http:///whep", "found no host"),
                       ("ftp://127.0.0.1/whep", "expected http:// or https://")):
        contains(refuse(bench, whep_view, url), url, words)


def tries_its_files_at_the_start(bench, whep_view):
    missing, empty, png = bench.path("missing.pem"), bench.path("empty.pem"), bench.path("a.png")
    empty.touch()
    contains(refuse(bench, whep_view, NOWHERE, "--tls-ca", missing), "--tls-ca", "missing.pem")
    contains(refuse(bench, whep_view, NOWHERE, "--tls-ca", empty), "found no certificate")
    contains(refuse(bench, whep_view, NOWHERE, "--png", bench.path("no-folder") / "a.png"),
             "--png", "no-folder")
    bench.process(whep_view, NOWHERE, "--png", png).end(2)
    check(not png.exists(), "nothing is left of the trial")


def could_not_begin(bench, whep_view, url, *words):
    viewer = bench.process(whep_view, url, *ON_LOOPBACK).end(2)
    # besides what is told each second, where it takes that long
    lines = [line for line in viewer.out().splitlines() if not re.match(r" *\d+ s: ", line)]
    found = re.fullmatch(r"viewer 1: could not begin: (.*)", "\n".join(lines))
    check(found, "that line alone was expected:", viewer.story())
    contains(found.group(1), *words)


def says_who_did_not_answer(bench, whep_view):
    with socket.socket() as silent:  # it does not listen
        silent.bind((LOOPBACK, 0))
        could_not_begin(bench, whep_view, f"http://{LOOPBACK}:{silent.getsockname()[1]}/whep",
                        "refused")


def says_what_the_endpoint_refused(bench, whep_view):
    gateway = open_gateway(bench, "--token", "open-sesame")
    could_not_begin(bench, whep_view, gateway.url + "whep", "answered 401", "--token")
    could_not_begin(bench, whep_view, gateway.url + "gateway.js", "ends in /whep")


def tells_it_in_json_too(bench, whep_view):
    gateway = open_gateway(bench)
    gateway.stop(0)
    viewer = watch(bench, whep_view, gateway)
    each = viewer.summary(status=2)["each"][0]
    event = viewer.events("could-not-begin")[0]
    equal((each["trouble"], each["connectedMs"]), (event["trouble"], None))
    check(not viewer.events("gone"), viewer.story())


def prints_short_numbers(bench, whep_view):
    viewer = watch(bench, whep_view, open_gateway(bench), "--frames", "1")
    check(viewer.summary()["each"][0]["connectedMs"] > 0, viewer.story())
    check(not re.search(r"\d\.\d{4}", viewer.out()), viewer.story())


def make_certificate(bench, name, address=LOOPBACK):
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Skip("no openssl")
    certificate, key = bench.path(f"{name}.pem"), bench.path(f"{name}.key")
    subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName=IP:{address}", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True)
    return certificate, key


def trusts_who_it_is_told_to(bench, whep_view):
    certificate, key = make_certificate(bench, "gateway")
    other, _ = make_certificate(bench, "other")
    gateway = open_gateway(bench, "--tls-certificate", certificate, "--tls-key", key)
    watch(bench, whep_view, gateway, "--frames", "1", "--tls-ca", certificate).summary()
    for arguments in ((), ("--tls-ca", other)):
        trouble = watch(bench, whep_view, gateway, *arguments).summary(2)["each"][0]["trouble"]
        contains(trouble, "who is trusted", "--tls-ca")


def says_that_a_certificate_is_for_another_host(bench, whep_view):
    certificate, key = make_certificate(bench, "gateway", "127.0.0.77")
    gateway = open_gateway(bench, "--tls-certificate", certificate, "--tls-key", key)
    viewer = watch(bench, whep_view, gateway, "--tls-ca", certificate)
    contains(viewer.summary(2)["each"][0]["trouble"], f"not for {LOOPBACK}", "subjectAltName")


if __name__ == "__main__":
    main("gateway/view-begin", sys.argv[1], [
        functools.update_wrapper(functools.partial(case, whep_view=sys.argv[2]), case)
        for case in (names_what_a_url_lacks, tries_its_files_at_the_start,
                     says_who_did_not_answer, says_what_the_endpoint_refused,
                     tells_it_in_json_too, prints_short_numbers, trusts_who_it_is_told_to,
                     says_that_a_certificate_is_for_another_host)])
