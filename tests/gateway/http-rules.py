#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the gateway answers to each method of each route, as RFC 9725 and WHEP have it.

http-rules.py GATEWAY: TAP.
"""

import sys

from gateway_rig import FRAGMENT, PASSWORD, PUBLISH, SDP, WATCH, begin, find_line, fragment
from tegata_rig import LOOPBACK, check, contains, equal, free_port, main

CAMERA = ("--video-out", f"{LOOPBACK}:9")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
# of each route: what it has besides OPTIONS
ROUTES = {
    "/": {"GET", "HEAD"},
    "/gateway.js": {"GET", "HEAD"},
    "/status": {"GET", "HEAD"},
    "/whep": {"GET", "HEAD", "POST"},
    "/whip": {"GET", "HEAD", "POST"},
    "/whep/00112233445566778899aabbccddeeff": {"GET", "HEAD", "PATCH", "DELETE"},
    "/whip/00112233445566778899aabbccddeeff": {"GET", "HEAD", "PATCH", "DELETE"},
}


def serves_its_page(bench):
    gateway = begin(bench)
    types = {"/": "text/html", "/gateway.js": "text/javascript", "/gateway.css": "text/css"}
    for path, kind in types.items():
        found = gateway.ask("GET", path).expect(200)
        found.header("Content-Type", f"{kind}; charset=utf-8")
        found.header("X-Content-Type-Options", "nosniff")
        found.header("Referrer-Policy", "no-referrer")
        contains(found.headers["Content-Security-Policy"], "default-src 'none'",
                 "script-src 'self'", "frame-ancestors 'none'")
        check(found.text, f"{path} is empty")
        head = gateway.ask("HEAD", path).expect(200)
        head.header("Content-Length", found.headers["Content-Length"])
        equal(head.text, "")
    check("unsafe" not in str(found.headers), found)


def has_the_methods_that_it_says(bench):
    gateway = begin(bench)
    for path, methods in ROUTES.items():
        allowed = gateway.ask("OPTIONS", path).expect(200).headers["Allow"]
        equal(set(allowed.split(", ")), methods | {"OPTIONS"}, path)
        for method in METHODS:
            answer = gateway.ask(method, path)
            is_refused = answer.status == 405
            equal(is_refused, method not in methods | {"OPTIONS"}, method, path, answer)
            if is_refused:
                answer.header("Allow", allowed)


def knows_nothing_else(bench):
    gateway = begin(bench)
    for path in ("/x", "/whepx", "/whep/", "//whep", "/page/index.html",
                 "/index.html/", "/whep/" + "a" * 5000, "/%00", "/status/"):
        found = gateway.ask("GET", path)
        check(found.status in (400, 404), path, found)
    gateway.post("/whep/").expect(404)
    gateway.ask("GET", "/status?x=y").expect(200)


def answers_an_offer(bench):
    gateway = begin(bench)
    answer = gateway.post().expect(201, "v=0\r\n", "a=sendonly", "a=setup:passive",
                                   "a=rtcp-mux-only", "a=candidate:", "a=end-of-candidates")
    answer.header("Content-Type", SDP).header("Accept-Patch", FRAGMENT)
    answer.header("Cache-Control", "no-store").without("Link")
    check(answer.headers["Location"].startswith("/whep/"), answer)
    equal(len(answer.headers["Location"]), len("/whep/") + 32)
    check(answer.headers["ETag"].startswith('"'), answer)
    session = answer.headers["Location"]
    equal(gateway.ask("GET", session).expect(204).text, "")
    gateway.ask("DELETE", session, headers={"If-Match": '"another"'}).expect(200)
    for method in ("GET", "DELETE", "PATCH"):
        gateway.ask(method, session).expect(404, "no such session")
    gateway.wait_for(r"^viewer 1: gone: it ended its session \(DELETE\)$")


def answers_with_ice_of_its_own_each_time(bench):
    gateway = begin(bench)
    answers = [gateway.post().expect(201) for _ in range(3)]
    for name in ("ice-ufrag", "ice-pwd"):
        equal(len({find_line(answer.text, name) for answer in answers}), 3, name)
    equal(len({answer.headers["Location"] for answer in answers}), 3)
    equal(len({find_line(answer.text, "fingerprint") for answer in answers}), 1)


def has_nothing_to_get(bench):
    """A player finds out so whether this is WHEP."""
    gateway = begin(bench)
    for path in ("/whep", "/whip"):
        for method in ("GET", "HEAD"):
            answer = gateway.ask(method, path).expect(200).header("Content-Type", SDP)
            answer.header("Content-Length", "0")


def says_what_it_takes(bench):
    gateway = begin(bench)
    session, _ = gateway.join()
    gateway.ask("OPTIONS", "/whep").expect(200).header("Accept-Post", SDP)
    found = gateway.ask("OPTIONS", session).expect(200).header("Accept-Patch", FRAGMENT)
    found.without("Accept-Post", "Access-Control-Allow-Origin")


def says_what_is_wrong_with_an_offer(bench):
    gateway = begin(bench)
    gateway.post(content_type="text/plain").expect(415, "application/sdp").header(
        "Accept-Post", SDP)
    gateway.post(content_type=None).expect(415)
    gateway.post(offer="").expect(400, "no text")
    gateway.post(offer="hello").expect(400, "v=0")
    gateway.post(offer=WATCH.replace("a=fingerprint", "a=x")).expect(400, "a=fingerprint")
    gateway.post(offer=WATCH.replace("VP8", "VP7").replace("opus", "opium")).expect(
        422, "m= section 1 (video) cannot be taken: expected VP8/90000")
    found = gateway.post(offer=PUBLISH).expect(422, "a=recvonly")
    found.header("Content-Type", "text/plain; charset=utf-8")
    found.header("X-Content-Type-Options", "nosniff")
    equal(gateway.status()["sessions"]["ever"], 0)
    gateway.post(content_type="Application/SDP; charset=utf-8").expect(201)


def takes_no_more_than_fits(bench):
    gateway = begin(bench)
    gateway.post(offer="x" * 65537).expect(413, "up to 65536")
    gateway.post(offer="x" * 65536).expect(400)
    chunks = (b"x" * 4096 for _ in range(1024))
    answer = gateway.ask("POST", "/whep", chunks, SDP).expect(413, "up to 65536")
    answer.header("Connection", "close")
    gateway.post(path="/status", offer="x" * 100000).expect(405)
    gateway.post().expect(201)


def takes_one_camera(bench):
    begin(bench).post("/whip", PUBLISH).expect(403, "--video-out")
    gateway = begin(bench, *CAMERA)
    answer = gateway.post("/whip", PUBLISH).expect(201, "a=recvonly")
    session = answer.headers["Location"]
    gateway.post("/whip", PUBLISH).expect(409, "publishes already")
    gateway.ask("GET", session.replace("whip", "whep")).expect(404)
    gateway.ask("DELETE", session.replace("whip", "whep")).expect(404)
    gateway.delete(session)
    gateway.join("/whip", PUBLISH)
    gateway.wait_for(r"^publisher 1: gone: ")


def takes_no_camera_in_part(bench):
    """RFC 9725 section 4.4.3"""
    gateway = begin(bench, *CAMERA)
    section = PUBLISH[PUBLISH.index("m=audio"):].replace("a=mid:1", "a=mid:2")
    grouped = PUBLISH.replace("BUNDLE 0 1", "BUNDLE 0 1 2")
    gateway.post("/whip", grouped + section).expect(422, "one of each kind")
    gateway.post("/whip", PUBLISH.replace("opus", "opium")).expect(422, "opus/48000/2")
    gateway.post("/whip", PUBLISH.replace("a=sendonly", "a=recvonly")).expect(422)
    gateway.post("/whip", PUBLISH.replace("a=group:BUNDLE", "a=x")).expect(422, "BUNDLE")


def lets_candidates_trickle_in(bench):
    gateway = begin(bench)
    session, etag = gateway.join()
    ours = find_line(WATCH, "ice-ufrag")
    same = fragment(ours).replace(PASSWORD, find_line(WATCH, "ice-pwd"))
    for condition in (etag, "*", f'"other", {etag}'):
        equal(gateway.patch(session, same, condition).expect(204).without("ETag").text, "")
    gateway.patch(session, "a=candidate:1 1 udp 1 nobody.local 9 typ host\r\n", etag).expect(204)
    gateway.patch(session, "a=end-of-candidates\r\n", etag).expect(204)


def refuses_what_is_no_fragment(bench):
    gateway = begin(bench)
    session, etag = gateway.join()
    same = fragment("abcd")
    gateway.patch(session, same, etag, "text/plain").expect(415).header("Accept-Patch", FRAGMENT)
    gateway.patch(session, same, etag, SDP).expect(415)
    gateway.patch(session, same, None).expect(428, "If-Match")
    for condition in ('"other"', f"W/{etag}", etag.strip('"')):
        gateway.patch(session, same, condition).expect(412)
    gateway.patch(session, "hello", etag).expect(400, "a= and m=")
    gateway.patch(session, "a=ice-ufrag:abcd\r\n", etag).expect(400, "a=ice-pwd")
    gateway.patch(session, "", etag).expect(400)
    gateway.patch(session, "a=x\r\n" * 20000, etag).expect(413)
    gateway.patch("/whep/" + "0" * 32, same, etag).expect(404)


def restarts_ice(bench):
    gateway = begin(bench)
    answer = gateway.post().expect(201)
    session, etag = answer.headers["Location"], answer.headers["ETag"]
    ufrags = {find_line(answer.text, "ice-ufrag")}
    for number, condition in enumerate((etag, "*", '"*"')):
        found = gateway.patch(session, fragment(f"again{number}"), condition).expect(
            200, "a=ice-options:trickle", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n",
            "a=ice-pwd:", "a=candidate:", "a=end-of-candidates")
        found.header("Content-Type", FRAGMENT)
        check(found.headers["ETag"] != etag, found)
        ufrags.add(find_line(found.text, "ice-ufrag"))
        gateway.patch(session, fragment(f"again{number}"), etag).expect(412)
        etag = found.headers["ETag"]
        gateway.patch(session, fragment(f"again{number}"), etag).expect(204)
    equal(len(ufrags), 4, "of our own there is a new one each time")


def restarts_ice_so_often_and_no_more(bench):
    gateway = begin(bench)
    session, _ = gateway.join()
    statuses = [gateway.patch(session, fragment(f"again{number}"), "*").status
                for number in range(8)]
    equal(statuses[:4], [200] * 4)
    contains(statuses, 429)
    last = gateway.patch(session, fragment("oncemore"), "*")
    if last.status == 429:
        check(last.headers["Retry-After"], last)
    gateway.ask("GET", session).expect(204)


def tells_stun_and_keeps_turn(bench):
    port = free_port()
    gateway = begin(bench, "--stun", f"{LOOPBACK}:{port}", "--turn",
                    f"turn:user:secret:with@signs@{LOOPBACK}:{port}")
    answer = gateway.post().expect(201)  # though there is no such server
    answer.header("Link", f'<stun:{LOOPBACK}:{port}>; rel="ice-server"')
    check("secret" not in str(answer) + gateway.story().split("\n", 1)[1], answer)


def lets_pages_of_one_other_origin_in(bench):
    origin = "https://example.org"
    preflight = {"Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization,content-type"}
    closed = begin(bench)
    closed.ask("OPTIONS", "/whep", headers={"Origin": origin, **preflight}).expect(
        200).without("Access-Control-Allow-Origin", "Access-Control-Allow-Methods")
    gateway = begin(bench, "--allow-origin", origin)
    found = gateway.post(Origin=origin).expect(201)
    found.header("Access-Control-Allow-Origin", origin).header("Vary", "Origin")
    contains(found.headers["Access-Control-Expose-Headers"], "Location", "ETag", "Link")
    found = gateway.ask("OPTIONS", "/whep", headers={"Origin": origin, **preflight}).expect(200)
    contains(found.headers["Access-Control-Allow-Methods"], "PATCH", "DELETE")
    contains(found.headers["Access-Control-Allow-Headers"], "Authorization", "If-Match")
    for other in ("https://example.org.evil", "http://example.org", "null"):
        gateway.post(Origin=other).expect(403, "another origin").without(
            "Access-Control-Allow-Origin")
    equal(gateway.status()["sessions"]["ever"], 1)


def refuses_what_a_page_of_another_origin_would_change(bench):
    """It could not read the answer, but begin and end what it likes."""
    gateway = begin(bench)
    session, _ = gateway.join()
    ours = gateway.url.rstrip("/")
    for method, path in (("POST", "/whep"), ("PATCH", session), ("DELETE", session)):
        for origin in ("http://evil.example", "null", ours + "0"):
            gateway.ask(method, path, headers={"Origin": origin}).expect(403, "another origin")
    gateway.ask("DELETE", session, headers={"Origin": ours}).expect(200)


def believes_no_name_that_may_point_anywhere(bench):
    """DNS rebinding: a stranger's name for this machine makes his page ours."""
    gateway = begin(bench)
    port = gateway.port
    for host in (f"evil.example:{port}", "evil.example", "localhost.evil.example",
                 "127.0.0.1.evil.example", "xlocalhost", "1.2.3.4.5", "x"):
        origin = {"Host": host, "Origin": f"http://{host}"}
        for method, path in (("GET", "/"), ("GET", "/status"), ("OPTIONS", "/whep")):
            gateway.ask(method, path, headers=origin).expect(403, "found a Host")
        gateway.post(**origin).expect(403, "--token")
    for host in (f"localhost:{port}", "LOCALHOST", f"a.localhost:{port}", "127.0.0.1",
                 f"[::1]:{port}", "[::1]", "192.0.2.1:80"):
        gateway.ask("GET", "/status", headers={"Host": host}).expect(200)
    proxied = begin(bench, "--allow-origin", "https://example.org")
    proxied.post(Host="example.org", Origin="https://example.org").expect(201)
    proxied.post(Host="example.com").expect(403)
    locked = begin(bench, "--token", "abc")
    locked.post(Host="example.org", Authorization="Bearer abc").expect(201)




def asks_for_the_token(bench):
    path = bench.path("token")
    path.write_text("s3cret-Token\n")
    gateway = begin(bench, "--token", f"@{path}", *CAMERA)
    for method, route in [("GET", "/status"), ("POST", "/whep"), ("POST", "/whip"),
                          ("GET", "/whep"), ("DELETE", "/whep/x"), ("GET", "/nothing")]:
        gateway.ask(method, route).expect(401).header("WWW-Authenticate",
                                                      'Bearer realm="gateway"')
        for wrong in ("Bearer s3cret-Toke", "Bearer s3cret-Tokens", "Bearer", "Bearer ",
                      "Basic s3cret-Token", "s3cret-Token"):
            found = gateway.ask(method, route, headers={"Authorization": wrong}).expect(401)
            contains(found.headers["WWW-Authenticate"], 'error="invalid_token"')
    right = {"Authorization": "bearer s3cret-Token"}
    session = gateway.post(**right).expect(201).headers["Location"]
    gateway.ask("DELETE", session).expect(401)
    gateway.ask("DELETE", session, headers=right).expect(200)
    gateway.ask("GET", "/status", headers=right).expect(200)
    for public in ("/", "/gateway.js"):
        gateway.ask("GET", public).expect(200)
    gateway.ask("OPTIONS", "/whep").expect(200)
    check("s3cret-Token" not in gateway.out() + gateway.err(), gateway.story())


def counts_and_tells_no_secret(bench):
    gateway = begin(bench, *CAMERA)
    answers = [gateway.post().expect(201), gateway.post("/whip", PUBLISH).expect(201)]
    text = gateway.ask("GET", "/status").expect(200).header(
        "Content-Type", "application/json").text
    status = gateway.status()
    equal([viewer["number"] for viewer in status["viewers"]], [1])
    equal(status["viewers"][0]["state"], "connecting")
    equal(status["viewers"][0]["video"]["codec"], "VP8")
    equal(status["viewers"][0]["transport"]["dtlsState"], "new")
    equal(status["publisher"]["number"], 1)
    equal(status["sessions"], {"now": 2, "ever": 2, "failed": 0, "timedOut": 0})
    check(status["tracks"]["video"]["packets"] >= 0 and status["version"], status)
    for answer in answers:
        for secret in (answer.headers["Location"].rsplit("/", 1)[1],
                       find_line(answer.text, "ice-pwd"), find_line(answer.text, "ice-ufrag")):
            check(secret not in text, f"{secret} is in", text)
            check(secret not in gateway.out() + gateway.err(), gateway.story())


if __name__ == "__main__":
    main("gateway/http", sys.argv[1], [
        serves_its_page, has_the_methods_that_it_says, knows_nothing_else, answers_an_offer,
        answers_with_ice_of_its_own_each_time, has_nothing_to_get, says_what_it_takes,
        says_what_is_wrong_with_an_offer, takes_no_more_than_fits, takes_one_camera,
        takes_no_camera_in_part, lets_candidates_trickle_in, refuses_what_is_no_fragment,
        restarts_ice, restarts_ice_so_often_and_no_more, tells_stun_and_keeps_turn,
        lets_pages_of_one_other_origin_in, refuses_what_a_page_of_another_origin_would_change,
        believes_no_name_that_may_point_anywhere, asks_for_the_token, counts_and_tells_no_secret])
