#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a tool over the C sources, one TAP case a file.

lint.py TOOL SOURCE-DIR BUILD-DIR, where TOOL is clang-format, clang-tidy or cppcheck. Without
the tool the whole program is skipped, which meson and scripts/check tell.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys


def sources(source, *patterns):
    return sorted(path for pattern in patterns for path in source.glob(pattern))


def clang_format(source, _):
    files = sources(source, *(f"{top}/**/*.[ch]"
                              for top in ("include", "src", "gst-plugin", "tools", "examples",
                                          "tests", "benchmarks")))
    return [(path, ["clang-format", "--dry-run", "-Werror", str(path)]) for path in files]


def clang_tidy(source, build):
    # the compilation database may be gcc's, which knows warnings that clang does not
    command = ["clang-tidy", "--quiet", "-p", str(build),
               "--extra-arg=-Wno-unknown-warning-option"]
    files = sources(source, "src/*/*.c", "gst-plugin/*/*.c", "tools/*.c",
                    "examples/*.c", "examples/*/*.c", "benchmarks/*.c")
    built = (build / "compile_commands.json").read_text()
    return [(path, command + [str(path)]) for path in files if path.name in built]


def cppcheck(source, build):
    command = ["cppcheck", "--quiet", "--std=c11", "--enable=warning,performance,portability",
               "--inline-suppr", "--error-exitcode=1", "--library=gtk",
               f"--suppressions-list={source / 'tests' / 'lint' / 'cppcheck.txt'}",
               "-D__GNUC__=12", "-I", str(source / "include"), "-I", str(source / "src"),
               "-I", str(build / "include")]
    files = sources(source, "src/*/*.c", "gst-plugin/*/*.c", "tools/*.c",
                    "examples/*.c", "examples/*/*.c", "benchmarks/*.c")
    return [(path, command + [str(path)]) for path in files]


TOOLS = {"clang-format": clang_format, "clang-tidy": clang_tidy, "cppcheck": cppcheck}


def run(command):
    return subprocess.run(command, text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def main(tool, source, build):
    if shutil.which(tool) is None:
        print(f"1..0 # SKIP {tool} is not installed")
        return
    jobs = TOOLS[tool](source, build)
    print(f"1..{len(jobs)}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(run, (command for _, command in jobs))
        for number, ((path, _), result) in enumerate(zip(jobs, results), 1):
            if result.returncode != 0:
                for line in result.stdout.splitlines():
                    print(f"# {line}")
            print(f"{'not ok' if result.returncode else 'ok'} {number} - "
                  f"/{tool}/{path.relative_to(source)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
