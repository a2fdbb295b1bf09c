#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does what docs/ice.md says: builds its program as it is printed there, and runs it.

ice-page.py SOURCE-DIR BUILD-DIR COMPILER...: by pkg-config, against what an installation of the
build directory has, which must be all of tegata-nice. TAP.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# after which a program is stuck
WAIT_S = 60
HEADERS = ["nice-channel.h", "tegata-nice.h"]


def run(command, **environment):
    return subprocess.run(command, env={**os.environ, **environment}, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WAIT_S)


def fragment_of(page, language):
    return re.search(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL).group(1)


def sanitizer_flags(build):
    """A program must be built as the library is, where that has sanitizers in it."""
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    value = next(option["value"] for option in options if option["name"] == "b_sanitize")
    # a word in older mesons, a list in newer ones
    names = value.split(",") if isinstance(value, str) else value
    names = [name for name in names if name != "none"]
    return [f"-fsanitize={','.join(names)}"] if names else []


def install(build, directory):
    """Installs into a directory of its own. Returns where the libraries are."""
    result = run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet",
                  "--destdir", str(directory)])
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
    for path in directory.glob("**/pkgconfig/*.pc"):
        text = path.read_text()
        prefix = re.search(r"^prefix=(.*)$", text, re.MULTILINE).group(1)
        path.write_text(text.replace(f"prefix={prefix}", f"prefix={directory}{prefix}", 1))
    return next(directory.glob("**/pkgconfig/tegata-nice.pc")).parent.parent


def flags_of_library(directory):
    inherited = os.environ.get("PKG_CONFIG_PATH", "")
    result = run(["pkg-config", "--cflags", "--libs", "tegata-nice"],
                 PKG_CONFIG_PATH=f"{directory}:{inherited}")
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
    return result.stdout.split()


def missing_files(root, libdir):
    wanted = [f"include/tegata-nice/{name}" for name in HEADERS]
    missing = [name for name in wanted if not list(root.glob(f"**/{name}"))]
    return missing + [name for name in ("libtegata-nice.so", "libtegata-nice.so.0")
                      if not (libdir / name).exists()]


def missing_links(source, page):
    targets = re.findall(r"\]\(([^)#:]+)\)", page)
    return [target for target in targets if not (source / "docs" / target).exists()]


def report(number, name, complaint):
    for line in complaint.splitlines():
        print(f"# {line}")
    print(f"{'not ok' if complaint else 'ok'} {number} - /ice/page/{name}", flush=True)


def main(source, build, compiler):
    page = (source / "docs" / "ice.md").read_text()
    print("1..4")
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory) / "root"
        libdir = install(build, root)
        report(1, "all-of-the-library-is-installed", "\n".join(missing_files(root, libdir)))
        program = pathlib.Path(directory) / "two-agents.c"
        program.write_text(fragment_of(page, "c"))
        binary = str(program.with_suffix(""))
        built = run([*compiler, "-Wall", "-Werror", str(program), *sanitizer_flags(build),
                     *flags_of_library(libdir / "pkgconfig"), "-o", binary])
        report(2, "its-program-compiles-without-a-warning",
               "" if built.returncode == 0 else built.stdout or "the compiler failed")
        ran = run([binary], LD_LIBRARY_PATH=str(libdir)) if not built.returncode else built
        as_printed = ran.returncode == 0 and ran.stdout == fragment_of(page, "text")
        report(3, "its-program-prints-what-it-says",
               "" if as_printed else f"status {ran.returncode}, printed:\n{ran.stdout}")
    report(4, "its-links-lead-somewhere", "\n".join(missing_links(source, page)))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:])
