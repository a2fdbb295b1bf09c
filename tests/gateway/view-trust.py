#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nobody is shown anything whose fingerprint is not the one that was signalled, and nobody
looks at a gateway whose is not. view-trust.py GATEWAY WHEP-VIEW: TAP.
"""

import functools
import sys

from view_rig import Proxy, Viewer, open_gateway, with_another_fingerprint
from tegata_rig import await_true, check, contains, equal, main


def join_by(bench, whep_view, gateway, *arguments, **changes):
    proxy = bench.keep(Proxy(gateway, **changes))
    return bench.keep(Viewer(whep_view, proxy.url + "whep", *arguments))


def a_proxy_alone_changes_nothing(bench, whep_view):
    viewer = join_by(bench, whep_view, open_gateway(bench), "--frames", "3")
    check(viewer.summary()["each"][0]["frames"] >= 3, viewer.story())


def a_wrong_fingerprint_in_the_answer(bench, whep_view):
    gateway = open_gateway(bench)
    viewer = join_by(bench, whep_view, gateway, "--frames", "1",
                     change_answer=with_another_fingerprint)
    seen = viewer.summary(status=1)["each"][0]
    contains(seen["trouble"], "not the one that was signalled")
    equal((seen["frames"], seen["connectedMs"], seen["video"]["packets"]), (0, None, 0))
    check(not viewer.events("connected"), viewer.story())
    await_true(lambda: gateway.status()["sessions"]["now"] == 0, "it is forgotten")
    check(": connected" not in gateway.out(), gateway.story())


def a_wrong_fingerprint_in_the_offer(bench, whep_view):
    """The viewer is told by an alert in the clear, which it does not believe."""
    gateway = open_gateway(bench)
    viewer = join_by(bench, whep_view, gateway, "--frames", "1", "--connect-timeout", "5",
                     change_offer=with_another_fingerprint)
    contains(gateway.wait_for(r"^viewer 1: gone: (.*)$").group(1), "not the one that was signalled")
    seen = viewer.summary(status=1)["each"][0]
    equal((seen["frames"], seen["connectedMs"], seen["video"]["packets"]), (0, None, 0))
    check(": connected" not in gateway.out(), gateway.story())
    equal(gateway.status()["sessions"], {"now": 0, "ever": 1, "failed": 1, "timedOut": 0})


if __name__ == "__main__":
    main("gateway/view-trust", sys.argv[1], [
        functools.update_wrapper(functools.partial(case, whep_view=sys.argv[2]), case)
        for case in (a_proxy_alone_changes_nothing, a_wrong_fingerprint_in_the_answer,
                     a_wrong_fingerprint_in_the_offer)])
