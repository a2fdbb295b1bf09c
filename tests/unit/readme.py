#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does what the README says: compiles and runs its program, and its two commands.

readme.py SOURCE-DIR BUILD-DIR COMPILER...: by pkg-config, against what an installation of the
build directory has, and against the build directory itself. The program has to print what is
printed there; the two commands have to carry a packet, twice in a row. TAP.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading

# after which a command is stuck
WAIT_S = 60
PACKET = bytes([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]) + b"hello"

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
    # a word in older mesons, a list in newer ones
    names = value.split(",") if isinstance(value, str) else value
    names = [name for name in names if name != "none"]
    return [f"-fsanitize={','.join(names)}"] if names else []


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


def flags_of_library(directory):
    result = run(["pkg-config", "--cflags", "--libs", "tegata"],
                 PKG_CONFIG_PATH=str(directory))
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
    return result.stdout.split()


def peer_commands(readme, build, ports):
    """The two commands as they are printed, but with other ports: those may be in use."""
    text = next(match.group(2) for match in BLOCK.finditer(readme)
                if "tegata listen" in match.group(2) and match.group(1) == "sh")
    text = text.replace("\\\n", " ").replace("build/", f"{build}/")
    for printed, ours in ports.items():
        text = re.sub(rf"\b{printed}\b", str(ours), text)
    return [shlex.split(line.rstrip("& ")) for line in text.splitlines()]


def carry_packet(peers, plain_in, receiver):
    """Once they are connected. Returns a complaint, or nothing."""
    client = peers[1]
    seen = []
    for line in client.stdout:
        seen.append(line)
        if line.startswith("connected: "):
            break
    else:
        return "the client did not connect:\n" + "".join(seen)
    receiver.sendto(PACKET, ("127.0.0.1", plain_in))
    return "" if receiver.recv(2048) == PACKET else "another packet came out"


def run_peers(readme, build, directory):
    """What comes to port 7000 has to go to port 6000. Returns a complaint, or nothing."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    listen, plain_in, plain_out = (each.getsockname()[1] for each in sockets)
    receiver = sockets.pop()
    receiver.settimeout(WAIT_S)
    for each in sockets:
        each.close()
    commands = peer_commands(readme, build, {5000: listen, 7000: plain_in, 6000: plain_out})
    with receiver:
        peers = [subprocess.Popen(command, cwd=directory, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT) for command in commands]
        killer = threading.Timer(WAIT_S, lambda: [peer.kill() for peer in peers])
        killer.start()
        try:
            complaint = carry_packet(peers, plain_in, receiver)
        except OSError as error:
            complaint = f"the packet: {error}"
        peers[1].send_signal(signal.SIGINT)
        said = [peer.communicate()[0] for peer in reversed(peers)]
        killer.cancel()
    ended = [peer.returncode for peer in peers]
    if complaint or ended != [0, 0]:
        return "\n".join([complaint, f"they ended with {ended}", *said])
    left = [path.name for path in pathlib.Path(directory).glob("*.txt")]
    return f"they left {left}" if left else ""


def report(number, name, complaint):
    for line in complaint.splitlines():
        print(f"# {line}")
    print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)


def main(source, build, compiler):
    readme = (source / "README.md").read_text()
    program, expected = program_and_output(readme)
    print("1..5")
    with tempfile.TemporaryDirectory() as directory:
        libdir = install(build, pathlib.Path(directory) / "root")
        path = pathlib.Path(directory) / "first.c"
        path.write_text(program)
        binary = str(path.with_suffix(""))
        command = (compiler + ["-Wall", "-Wextra", "-Werror", str(path)]
                   + sanitizer_flags(build) + ["-o", binary])
        built = run(command + flags_of_library(libdir / "pkgconfig"))
        report(1, "/readme/the-program-compiles-without-a-warning",
               "" if built.returncode == 0 else built.stdout or "the compiler failed")
        ran = run([binary], LD_LIBRARY_PATH=str(libdir)) if not built.returncode else built
        as_printed = ran.returncode == 0 and ran.stdout == expected
        report(2, "/readme/the-program-prints-what-it-says",
               "" if as_printed else f"status {ran.returncode}, printed:\n{ran.stdout}")
        built = run(command + flags_of_library(build / "meson-uninstalled"))
        report(3, "/readme/the-program-compiles-without-an-installation",
               "" if built.returncode == 0 else built.stdout or "the compiler failed")
        name = "/readme/the-commands-connect-twice-in-a-row"
        if (build / "tools" / "tegata").exists():
            report(4, name, run_peers(readme, build, directory)
                   or run_peers(readme, build, directory))
        else:
            print(f"ok 4 - {name} # SKIP without the tools")
    missing = missing_links(source, readme)
    report(5, "/readme/its-links-lead-somewhere",
           "".join(f"there is no {target}\n" for target in missing))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:])
