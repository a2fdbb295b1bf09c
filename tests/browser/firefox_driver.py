# SPDX-License-Identifier: LGPL-2.1-or-later
"""Firefox, by Marionette: JSON on a TCP connection, which it speaks by itself.

There is no geckodriver in Debian 12; and what it does for a test is little more than this.
"""

import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from chromium_driver import asynchronous
from tegata_rig import WAIT_S, Skip, await_true, check

PREFERENCES = {
    "marionette.port": 0,  # any, which it writes into its profile
    # ICE and a camera where there is only loopback, and nobody to ask
    "media.peerconnection.ice.loopback": True,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    # nothing is fetched from anywhere
    "media.gmp-manager.updateEnabled": False,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.shell.checkDefaultBrowser": False,
}
ELEMENT_KEY = "element-6066-11e4-a52e-4f735466cecf"  # as WebDriver names a reference


class Marionette:
    """Its wire: LENGTH:JSON, a command [0, id, name, parameters], [1, id, error, result]."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.stream = self.socket.makefile("rb")
        self.n_sent = 0
        self._read()  # who it is

    def _read(self):
        digits = b""
        while (byte := self.stream.read(1)) != b":":
            check(byte, "Firefox has closed Marionette's connection")
            digits += byte
        return json.loads(self.stream.read(int(digits)))

    def call(self, name, **parameters):
        self.n_sent += 1
        message = json.dumps([0, self.n_sent, name, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, number, error, result = self._read()
        check(number == self.n_sent, f"an answer to {number} after {self.n_sent}")
        check(error is None, f"{name}: {error}")
        return result

    def close(self):
        self.stream.close()
        self.socket.close()


class Browser:
    """As in chromium_driver.py."""

    def __init__(self):
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        if program is None:
            raise Skip("no firefox-esr")
        self.profile = tempfile.mkdtemp(prefix="tegata-firefox-")
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                 for name, value in PREFERENCES.items()]
        pathlib.Path(self.profile, "user.js").write_text("".join(lines))
        self.process = subprocess.Popen(
            [program, "--headless", "--marionette", "--no-remote", "--profile", self.profile,
             "--width", "1280", "--height", "800"],
            env={**os.environ, "HOME": self.profile, "XDG_RUNTIME_DIR": self.profile},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.marionette = None
        try:
            self._start_session()
        except BaseException:
            self.quit()
            raise

    def _start_session(self):
        path = pathlib.Path(self.profile, "MarionetteActivePort")
        await_true(lambda: path.exists() and path.read_text(), "Firefox has opened its port")
        self.marionette = Marionette(int(path.read_text()))
        session = self.marionette.call("WebDriver:NewSession", capabilities={})
        self.name = f"Firefox {session['capabilities']['browserVersion']}"
        self.marionette.call("WebDriver:SetTimeouts", script=WAIT_S * 1000,
                             pageLoad=WAIT_S * 1000)

    def open(self, url):
        self.marionette.call("WebDriver:Navigate", url=url)

    def run(self, body, *arguments):
        # without a sandbox: what the page has is not seen from within one
        return self.marionette.call("WebDriver:ExecuteAsyncScript", script=asynchronous(body),
                                    args=list(arguments), sandbox=None)["value"]

    def _find(self, selector):
        found = self.marionette.call("WebDriver:FindElement", using="css selector",
                                     value=selector)
        return found["value"][ELEMENT_KEY]

    def click(self, selector):
        self.marionette.call("WebDriver:ElementClick", id=self._find(selector))

    def type(self, selector, text):
        self.marionette.call("WebDriver:ElementSendKeys", id=self._find(selector), text=text)

    def screenshot(self, path):
        taken = self.marionette.call("WebDriver:TakeScreenshot", full=False)
        pathlib.Path(path).write_bytes(base64.b64decode(taken["value"]))

    def complaints(self):
        """Its console is not to be had by Marionette."""
        return []

    def quit(self):
        if self.marionette is not None:
            self.marionette.call("Marionette:Quit", flags=["eForceQuit"])
            self.marionette.close()
        else:
            self.process.kill()
        await_true(lambda: self.process.poll() is not None, "Firefox has ended")
        shutil.rmtree(self.profile, ignore_errors=True)
