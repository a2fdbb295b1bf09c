# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chromium, by ChromeDriver and selenium."""

import pathlib
import shutil

from tegata_rig import WAIT_S, Skip

PROGRAM = "/usr/bin/chromium"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--window-size=1280,800",
    # ICE and a camera where there is only loopback, and nobody to ask
    "--allow-loopback-in-peer-connection", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


class Browser:
    """What a test asks of a browser; firefox_driver.py has the same."""

    def __init__(self):
        driver = shutil.which("chromedriver")
        if not pathlib.Path(PROGRAM).exists() or driver is None:
            raise Skip("no chromium, or no chromedriver (chromium-driver)")
        try:
            from selenium import webdriver
        except ImportError:
            raise Skip("no python3-selenium") from None
        options = webdriver.ChromeOptions()
        options.binary_location = PROGRAM
        for flag in FLAGS:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.chrome.service.Service(driver)
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_script_timeout(WAIT_S)
        self.driver.set_page_load_timeout(WAIT_S)
        # the viewport, without the frame of a window
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": 1280, "height": 800, "deviceScaleFactor": 1,
                                     "mobile": False})
        self.name = f"Chromium {self.driver.capabilities['browserVersion']}"

    def open(self, url):
        self.complaints()
        self.driver.get(url)

    def run(self, body, *arguments):
        """What the body of an async function in the page returns."""
        return self.driver.execute_async_script(asynchronous(body), *arguments)

    def click(self, selector):
        self.driver.find_element("css selector", selector).click()

    def type(self, selector, text):
        self.driver.find_element("css selector", selector).send_keys(text)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(self.driver.get_screenshot_as_png())

    def complaints(self):
        """Errors on the console since the last time: of scripts, and of the page's policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"]

    def quit(self):
        self.driver.quit()


def asynchronous(body):
    """WebDriver's own scripts do not await; an error is handed over by its name."""
    return f"""
        const done = arguments[arguments.length - 1];
        (async (...args) => {{ {body} }})(...arguments).then(
          done, (error) => done({{scriptFailed: String(error)}}));"""
