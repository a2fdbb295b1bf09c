#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two webrtcbins call each other, with GStreamer's own transport and with ours.

webrtc.py WEBRTC-CALL PLUGIN-DIR: WEBRTC-CALL is one end, PLUGIN-DIR the folder of the plugin
that replaces GStreamer's own. Two ends are started, whose descriptions and candidates are
carried between them here, where a fingerprint can be falsified on its way. TAP.
"""

import base64
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

# after which a call is stuck, also under sanitizers on a busy machine
WAIT_S = 90
NEEDED = ("webrtcbin", "nicesrc", "nicesink", "sctpenc", "srtpenc", "opusenc", "opusdec",
          "vp8enc", "vp8dec", "rtpopuspay", "rtpvp8pay", "rtpbin", "audiotestsrc",
          "videotestsrc", "audioconvert")
MEDIA = {("received", "audio"), ("received", "video")}
SIGNALLING = ("offer", "answer", "candidate")


class End:
    """One of the two: its lines are kept, and signalling is carried to the other."""

    def __init__(self, role, command, environment, lines_changed):
        self.role = role
        self.seen = []
        self.other = None
        self.falsifies = False  # the fingerprints in what the other gets
        self.lines_changed = lines_changed
        self.process = subprocess.Popen(command, text=True, env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read)

    def _read(self):
        for line in self.process.stdout:
            word, _, text = line.rstrip("\n").partition(" ")
            if word in SIGNALLING:
                self.other.tell(f"{word} {self._changed(word, text)}")
            with self.lines_changed:
                self.seen.append((word, text))
                self.lines_changed.notify_all()
        with self.lines_changed:
            self.seen.append(("over", ""))
            self.lines_changed.notify_all()

    def _changed(self, word, text):
        if word == "candidate" or not self.falsifies:
            return text
        description = base64.b64decode(text).decode()
        changed, count = re.subn(
            r"^(a=fingerprint:sha-256 )([0-9A-F]{2})",
            lambda match: match.group(1) + f"{int(match.group(2), 16) ^ 1:02X}",
            description, flags=re.MULTILINE)
        if count == 0:
            raise RuntimeError("no fingerprint in:\n" + description)
        return base64.b64encode(changed.encode()).decode()

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def texts(self, word):
        return [text for each, text in self.seen if each == word]

    def printed(self):
        return "".join(f"  {word} {text}\n" for word, text in self.seen
                       if word not in SIGNALLING)


class Call:
    """A caller and a callee. @ours: which of them have our plugin in GStreamer's place."""

    def __init__(self, rig, ours=(), checks=(), falsified_for=None, bundle="max-bundle"):
        self.lines_changed = threading.Condition()
        self.ends = {}
        for role in ("caller", "callee"):
            command = [rig.program, role, bundle] + (["check"] if role in checks else [])
            self.ends[role] = End(role, command, rig.environment(role in ours), self.lines_changed)
        self.caller, self.callee = self.ends["caller"], self.ends["callee"]
        self.caller.other, self.callee.other = self.callee, self.caller
        if falsified_for:
            self.ends[falsified_for].other.falsifies = True

    def __enter__(self):
        # the callee answers whatever is carried to it first
        for each in self.ends.values():
            each.reader.start()
        return self

    def __exit__(self, *_):
        for each in self.ends.values():
            if each.process.poll() is None:
                each.process.kill()
            each.process.wait(WAIT_S)
            each.reader.join(WAIT_S)
            each.process.stdin.close()
            each.process.stdout.close()

    def printed(self):
        return "".join(f"{role} printed:\n{each.printed()}"
                       for role, each in self.ends.items())

    def wait_for(self, what, condition):
        """Complains if @condition, of both ends, has not come true in time."""
        def all_over():
            return all(each.texts("over") for each in self.ends.values())

        with self.lines_changed:
            self.lines_changed.wait_for(lambda: condition() or all_over(), WAIT_S)
            if not condition():
                raise RuntimeError(f"not seen: {what}\n{self.printed()}")

    def report(self):
        for each in self.ends.values():
            each.tell("report")
        self.wait_for("statistics", lambda: all(each.texts("reported")
                                                for each in self.ends.values()))

    def quit(self):
        """Both say that they ended, with nothing left of their transports."""
        for each in self.ends.values():
            each.tell("quit")
        self.wait_for("the end", lambda: all(each.texts("over")
                                             for each in self.ends.values()))
        for role, each in self.ends.items():
            status = each.process.wait(WAIT_S)
            if status != 0 or not each.texts("ended") or each.texts("left") != ["0"]:
                raise RuntimeError(f"the {role} ended with {status}\n{self.printed()}")


class Rig:
    def __init__(self, program, plugin_dir, directory):
        self.program = program
        self.plugin_dir = plugin_dir
        self.directory = directory

    def environment(self, is_ours):
        """One registry a plugin path: they must not be told apart by their age."""
        environment = dict(os.environ)
        name = "ours" if is_ours else "theirs"
        environment["GST_REGISTRY"] = str(self.directory / f"registry-{name}.bin")
        environment["GST_PLUGIN_PATH"] = self.plugin_dir if is_ours else ""
        environment.pop("GST_PLUGIN_PATH_1_0", None)
        # a scanner would not have the sanitizer that the plugin may have; and leaks are looked
        # for where webrtcbin, libnice and the codecs are not: they have their own
        environment["GST_REGISTRY_FORK"] = "no"
        sanitizer = environment.get("ASAN_OPTIONS", "")
        environment["ASAN_OPTIONS"] = f"{sanitizer}:detect_leaks=0"
        return environment


def ours_is_used(rig, text):
    return text == str(pathlib.Path(rig.plugin_dir) / "libgstdtls.so")


def check_plugins(rig, call, ours):
    for role, each in call.ends.items():
        text = each.texts("plugin")[0]
        if ours_is_used(rig, text) != (role in ours):
            return f"the {role} used {text}"
    return ""


def number_of(field, text):
    match = re.search(rf"\b{field}=\(\w+\)(\d+)", text)
    return int(match.group(1)) if match else 0


def is_connected(text):
    """Whether these statistics of an element of ours say so, with all that belongs to it."""
    return (re.search(r"dtlsState=\(string\)connected\b", text)
            and re.search(r"srtpCipher=\(string\)[\w\\\"]*AES", text)
            and all(number_of(name, text) for name in
                    ("packetsSent", "packetsReceived", "bytesSent", "bytesReceived")))


def check_statistics(call, ours, bundle):
    n_idle = 0 if bundle == "max-bundle" else 1  # that of the data channel
    for role, each in call.ends.items():
        texts = each.texts("element-stats")
        idle = [text for text in texts if not is_connected(text)]
        if role in ours and (len(texts) == len(idle) or len(idle) > n_idle):
            return f"the elements of the {role} have: {texts}"
        if not any(re.search(r"type=\(GstWebRTCStatsType\)transport\b", text)
                   for text in each.texts("webrtc-stats")):
            return f"no transport in the statistics of the {role}\n{call.printed()}"
        states = each.texts("transceiver")
        if len(states) != 2 or set(states) != {"connected"}:
            return f"the transports of the {role} are {states}"
    return ""


def check_warnings(call, ours, checks):
    """Who is not told a fingerprint warns, and names what closes the hole."""
    for role, each in call.ends.items():
        warned = any("peer-fingerprint" in text for text in each.texts("warning"))
        if warned != (role in ours and role not in checks):
            return f"the {role} warned of: {each.texts('warning')}"
        if each.texts("error"):
            return f"the {role} failed with {each.texts('error')}"
    return ""


def is_whole(end, bundle):
    """Without bundling webrtcbin 1.22 never starts the transport of a data channel."""
    messages = [f"from-{role}" for role in ("caller", "callee") if role != end.role]
    return MEDIA <= set(end.seen) and (bundle == "none" or end.texts("message") == messages)


def media_passes(rig, ours, checks=(), bundle="max-bundle"):
    with Call(rig, ours=ours, checks=checks, bundle=bundle) as call:
        call.wait_for("audio, video and data, both ways",
                      lambda: all(is_whole(each, bundle) for each in call.ends.values()))
        call.report()
        complaint = (check_plugins(rig, call, ours) or check_statistics(call, ours, bundle)
                     or check_warnings(call, ours, checks))
        call.quit()
        return complaint


def nothing_passes(rig, ours, falsified_for):
    """The one that was told a wrong fingerprint fails for good. The other may or may not
    believe it: what it is told is not authenticated. But it never connects."""
    with Call(rig, ours=ours, checks=ours, falsified_for=falsified_for) as call:
        victim = call.ends[falsified_for]
        call.wait_for("failure", lambda: "failed" in victim.texts("dtls"))
        call.wait_for("its error on the bus",
                      lambda: any("not the one that was signalled" in text
                                  for text in victim.texts("error")))
        call.report()
        complaint = check_plugins(rig, call, ours)
        for role, each in call.ends.items():
            if each.texts("counts") != ["audio=0 video=0 data=0"]:
                complaint += f"the {role} received {each.texts('counts')}\n"
            if "connected" in each.texts("dtls"):
                complaint += f"the {role} was connected\n"
        call.quit()
        return complaint


def cases_of(rig):
    both = ("caller", "callee")
    cases = [("/webrtc/theirs-calls-theirs", lambda: media_passes(rig, ()))]
    for name, ours in (("ours-calls-theirs", ("caller",)),
                       ("theirs-calls-ours", ("callee",)), ("ours-calls-ours", both)):
        cases.append((f"/webrtc/{name}", lambda ours=ours: media_passes(rig, ours)))
    cases.append(("/webrtc/ours-calls-ours-over-a-transport-each",
                  lambda: media_passes(rig, both, bundle="none")))
    for ours in (("caller",), ("callee",), both):
        cases.append((f"/webrtc/fingerprint/{'-and-'.join(ours)}-may-hand-it-over",
                      lambda ours=ours: media_passes(rig, ours, checks=ours)))
        for role in ours:
            cases.append((f"/webrtc/fingerprint/{'-and-'.join(ours)}/a-wrong-one-for-the-"
                          f"{role}-stops-everything",
                          lambda ours=ours, role=role: nothing_passes(rig, ours, role)))
    return cases


def missing_elements(environment):
    return [name for name in NEEDED
            if subprocess.run(["gst-inspect-1.0", "--exists", "--atleast-version=0.0", name],
                              env=environment, check=False).returncode != 0]


def main(program, plugin_dir):
    with tempfile.TemporaryDirectory() as directory:
        rig = Rig(program, plugin_dir, pathlib.Path(directory))
        missing = missing_elements(rig.environment(False))
        if missing:
            print(f"1..0 # SKIP not installed: {', '.join(missing)}")
            return
        cases = cases_of(rig)
        print(f"1..{len(cases)}")
        for number, (name, case) in enumerate(cases, 1):
            try:
                complaint = case()
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                complaint = f"{type(error).__name__}: {error}"
            for line in complaint.splitlines():
                print(f"# {line}")
            print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()))
