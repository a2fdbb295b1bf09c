#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compiles and runs the README's program, and holds it against the output printed there.

readme.py SOURCE-DIR BUILD-DIR COMPILER...: as the README says, by pkg-config, against what an
installation of the build directory has. TAP.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def program_and_output(readme):
    """The first block of C, and the first block of text after it."""
    blocks = [(match.group(1), match.group(2)) for match in BLOCK.finditer(readme)]
    languages = [language for language, _ in blocks]
    where = languages.index("c")
    return blocks[where][1], blocks[languages.index("text", where)][1]


def missing_links(source, readme):
    targets = re.findall(r"\]\(([^)#:]+)\)", readme)
    return [target for target in targets if not (source / target).exists()]


def sanitizer_flags(build):
    """A program must be built as the library is, where that has sanitizers in it."""
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    value = next(option["value"] for option in options if option["name"] == "b_sanitize")
    return [] if value == "none" else [f"-fsanitize={value}"]


def run(command, **environment):
    return subprocess.run(command, env={**os.environ, **environment}, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def install(build, directory):
    """Installs into a directory of its own. Returns where the library and its .pc file are."""
    result = run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet",
                  "--destdir", str(directory)])
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
    path = next(directory.glob("**/pkgconfig/tegata.pc"))
    text = path.read_text()
    prefix = re.search(r"^prefix=(.*)$", text, re.MULTILINE).group(1)
    path.write_text(text.replace(f"prefix={prefix}", f"prefix={directory}{prefix}", 1))
    return path.parent.parent


def flags_of_library(libdir):
    result = run(["pkg-config", "--cflags", "--libs", "tegata"],
                 PKG_CONFIG_PATH=str(libdir / "pkgconfig"))
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
    return result.stdout.split()


def report(number, name, complaint):
    for line in complaint.splitlines():
        print(f"# {line}")
    print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


def main(source, build, compiler):
    readme = (source / "README.md").read_text()
    program, expected = program_and_output(readme)
    print("1..3")
    with tempfile.TemporaryDirectory() as directory:
        libdir = install(build, pathlib.Path(directory) / "root")
        path = pathlib.Path(directory) / "first.c"
        path.write_text(program)
        binary = str(path.with_suffix(""))
        built = run(compiler + ["-Wall", "-Wextra", "-Werror", str(path)]
                    + sanitizer_flags(build) + flags_of_library(libdir) + ["-o", binary])
        report(1, "/readme/the-program-compiles-without-a-warning",
               "" if built.returncode == 0 else built.stdout or "the compiler failed")
        ran = run([binary], LD_LIBRARY_PATH=str(libdir)) if not built.returncode else built
        as_printed = ran.returncode == 0 and ran.stdout == expected
        report(2, "/readme/the-program-prints-what-it-says",
               "" if as_printed else f"status {ran.returncode}, printed:\n{ran.stdout}")
    missing = missing_links(source, readme)
    report(3, "/readme/its-links-lead-somewhere",
           "".join(f"there is no {target}\n" for target in missing))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:])
