#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the sources and the built library against docs/architecture.md.

layers.py SOURCE-DIR BUILD-DIR: one TAP case a rule, and one that shows each rule a bad input,
since a rule that cannot fail says nothing. Rules are functions from text to complaints.
"""

import pathlib
import re
import subprocess
import sys

# What a layer may include, of other layers.
MAY_INCLUDE = {
    "base": set(),
    "identity": {"base"},
    "demux": {"base"},
    "srtp": {"base", "demux"},
    "dtls": {"base", "identity"},
    "sdp": {"base", "identity"},
    "session": {"base", "identity", "demux", "srtp", "dtls", "sdp"},
    "transport": {"base", "identity", "demux", "srtp", "dtls", "sdp", "session"},
}

# They are for main loops and sockets, so only the end of libsrtp2 is forbidden to them.
WITH_IO = {"transport"}

# Which layer a public header belongs to. srtp.h carries the names and lengths of the profiles,
# which DTLS negotiates, so it stands as low as they do.
PUBLIC_HEADERS = {
    "macros": "base", "error": "base", "version": "base", "srtp": "base",
    "certificate": "identity", "fingerprint": "identity", "demux": "demux",
    "context": "dtls", "dtls": "dtls", "sdp": "sdp",
    "session": "session", "listener": "session",
    "loop": "transport", "datagram-channel": "transport", "udp-channel": "transport",
    "transport": "transport", "transport-listener": "transport", "enum-types": "transport",
}

# a=setup decides a TegataRole, which dtls.h defines; the private side of dtls is closed to it.
MAY_INCLUDE_PUBLICLY = {"sdp": {"dtls"}}

# tegata-nice, a library of its own beside the layers: what it may know of tegata is public.
ICE_PLACES = r"(src/ice|include/tegata-nice)/"
NICE_HEADERS = r"(nice/)?(address|agent|candidate|debug|interfaces|nice|nice-version|pseudotcp)\.h"

# Headers of other libraries, and the only sources that may know them.
FOREIGN_HEADERS = [
    (NICE_HEADERS, ICE_PLACES),
    (r"tegata-nice/", ICE_PLACES),
    (r"openssl/", r"src/(dtls|identity|srtp)/"),
    (r"openssl/(rand|crypto|err)\.h", r"src/(dtls|identity|srtp|sdp)/"),
    (r"srtp2/", r"src/srtp/srtp-libsrtp2\.c"),
]

# Time is an argument; sockets, threads and main loops belong to whoever calls us. libsrtp2 is
# shared with others in the process, so its global state is not ours to end.
FORBIDDEN_SYMBOLS = re.compile(
    r"""gettimeofday|clock_gettime|clock|time|ftime|g_get_monotonic_time|g_get_real_time
      |g_get_current_time|g_date_time_new_now\w*|g_timer_\w+
      |socket|socketpair|connect|bind|listen|accept4?|send|sendto|sendmsg|sendmmsg
      |recv|recvfrom|recvmsg|recvmmsg|p?poll|p?select|epoll_\w+
      |BIO_new_(dgram|socket|connect|accept)\w*|BIO_s_(datagram|socket|connect|accept)\w*
      |pthread_create|thrd_create|g_thread_(try_)?new|g_thread_pool_\w+|fork|vfork
      |sleep|usleep|nanosleep|clock_nanosleep|g_usleep
      |g_main_\w+|g_timeout_\w+|g_idle_\w+|g_source_\w+|g_io_\w+|g_poll
      |g_signal_\w+|signal|sigaction|g_unix_signal_\w+""",
    re.VERBOSE)
FORBIDDEN_EVERYWHERE = re.compile(
    "srtp_shutdown|srtp_install_event_handler|srtp_install_log_handler")

# The validity of a new certificate is the wall clock's: no protocol runs by it.
ALLOWED_SYMBOLS = {("identity", "time"), ("identity", "g_get_real_time")}

# The elements are adaptors over the public API. Which folders of gst-plugin/ one may include.
PLUGIN_FOLDERS = {"tegata": ["tegata"], "dtls": ["dtls", "tegata"]}
NOT_FOR_PLUGINS = re.compile(rf"(openssl|srtp2|nice|tegata-nice|{'|'.join(MAY_INCLUDE)})/.*"
                             r"|agent\.h")

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 70


def includes_of(text):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.MULTILINE)


def layer_of_header(layer, header):
    """The layer that an #include of @layer reaches, and whether by a public header."""
    if header.startswith("tegata/"):
        name = header[len("tegata/"):-len(".h")]
        return PUBLIC_HEADERS.get(name, "?" + name), True
    head, slash, _ = header.partition("/")
    if slash and head in MAY_INCLUDE:
        return head, False
    return (layer if not slash else None), False


def bad_arrows(path, text):
    """An #include from one layer into another that its row of MAY_INCLUDE does not have."""
    match = re.match(r"src/(\w+)/", path)
    layer = match.group(1) if match else PUBLIC_HEADERS.get(pathlib.Path(path).stem)
    if layer not in MAY_INCLUDE:
        return [f"{path}: a layer that layers.py does not know"]
    complaints = []
    for header in includes_of(text):
        target, public = layer_of_header(layer, header)
        allowed = MAY_INCLUDE[layer] | {layer, None}
        if public:
            allowed |= MAY_INCLUDE_PUBLICLY.get(layer, set())
        if target not in allowed:
            complaints.append(f"{path}: {layer} may not include {header} ({target})")
    return complaints


def bad_foreign_headers(path, text):
    complaints = []
    for header in includes_of(text):
        places = [where for what, where in FOREIGN_HEADERS if re.match(what, header)]
        if places and not any(re.match(where, path) for where in places):
            complaints.append(f"{path}: may not know {header}")
    return complaints


def bad_ice_includes(path, text):
    """Anything but public headers, its own, and those of the C library and of libnice."""
    complaints = []
    for header in includes_of(text):
        folder, slash, _ = header.partition("/")
        is_own = not slash and (path.startswith("src/") or "<" + header + ">" in text)
        if not is_own and folder not in ("tegata", "tegata-nice", "gio", "nice"):
            complaints.append(f"{path}: ice may not know {header}")
    return complaints


def bad_plugin_includes(path, text, folders=None):
    """@folders: the names of the headers that each folder of gst-plugin/ has."""
    folder = re.match(r"gst-plugin/(\w+)/", path).group(1)
    if folder not in PLUGIN_FOLDERS:
        return [f"{path}: a plugin that layers.py does not know"]
    complaints = []
    for header in includes_of(text):
        is_elsewhere = folders is not None and any(
            header in names for name, names in folders.items()
            if name not in PLUGIN_FOLDERS[folder])
        if is_elsewhere or NOT_FOR_PLUGINS.match(header):
            complaints.append(f"{path}: an element may not know {header}")
    return complaints


def over_plugins(source):
    folders = {name: {path.name for path in (source / "gst-plugin" / name).glob("*.h")}
               for name in PLUGIN_FOLDERS}
    return over_files(source, ["gst-plugin/*/*.[ch]"],
                      lambda path, text: bad_plugin_includes(path, text, folders))


def bad_symbols(layer, nm_output):
    """What `nm -u` lists of a static archive: the symbols that it needs from elsewhere."""
    complaints = []
    for name in sorted(set(re.findall(r"^\s+[Uwv] (\S+)", nm_output, re.MULTILINE))):
        name = name.split("@")[0]
        forbidden = FORBIDDEN_EVERYWHERE.fullmatch(name) or (
            layer not in WITH_IO and FORBIDDEN_SYMBOLS.fullmatch(name))
        if forbidden and (layer, name) not in ALLOWED_SYMBOLS:
            complaints.append(f"{layer}: calls {name}")
    return complaints


def bad_exports(nm_output, prefix="tegata_"):
    """What `nm -D --defined-only` lists of a shared library."""
    names = re.findall(r"^\S+ [A-Za-z] (\S+)", nm_output, re.MULTILINE)
    if not names:
        return ["the library exports nothing at all"]
    # the sanitizers put theirs beside ours
    return [f"exports {name}" for name in names
            if not name.startswith((prefix, "__asan_", "__odr_asan", "__ubsan_"))]


def bad_lengths(path, text):
    """Functions begin and end with a brace in the first column, as .clang-format has it."""
    lines = text.splitlines()
    complaints = []
    if len(lines) > MAX_FILE_LINES:
        complaints.append(f"{path}: {len(lines)} lines, more than {MAX_FILE_LINES}")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start > MAX_FUNCTION_LINES:
                complaints.append(f"{path}:{start}: a function of {number - start} lines, "
                                  f"more than {MAX_FUNCTION_LINES}")
            start = None
    return complaints


SELF_TESTS = [
    ("an arrow upwards", bad_arrows, ("src/base/a.c", '#include "dtls/wire.h"\n')),
    ("an arrow sideways", bad_arrows, ("src/srtp/a.c", "#include <tegata/dtls.h>\n")),
    ("a private header of dtls in sdp", bad_arrows, ("src/sdp/a.c", '#include "dtls/wire.h"')),
    ("all of the API in a layer", bad_arrows, ("src/dtls/a.c", "# include <tegata/tegata.h>")),
    ("an unknown layer", bad_arrows, ("src/misc/a.c", "")),
    ("OpenSSL in session", bad_foreign_headers, ("src/session/a.c", "#include <openssl/ssl.h>")),
    ("libssl in sdp", bad_foreign_headers, ("src/sdp/a.c", "#include <openssl/ssl.h>")),
    ("libsrtp2 twice", bad_foreign_headers, ("src/srtp/srtp.c", "#include <srtp2/srtp.h>")),
    ("a clock", bad_symbols, ("dtls", "  U g_get_monotonic_time\n")),
    ("a versioned clock", bad_symbols, ("dtls", "     U time@GLIBC_2.2.5\n")),
    ("a socket", bad_symbols, ("session", "  U g_free\n  U sendto\n")),
    ("a main loop", bad_symbols, ("session", "  U g_main_context_new\n")),
    ("the end of libsrtp2", bad_symbols, ("srtp", "  U srtp_shutdown\n")),
    ("the end of libsrtp2, high up", bad_symbols, ("transport", "  U srtp_shutdown\n")),
    ("a session that knows its transport", bad_arrows,
     ("src/session/a.c", "#include <tegata/transport.h>\n")),
    ("a private header in an element", bad_plugin_includes,
     ("gst-plugin/tegata/a.c", '#include "session/session-private.h"\n')),
    ("OpenSSL in an element", bad_plugin_includes,
     ("gst-plugin/tegata/a.c", "#include <openssl/ssl.h>\n")),
    ("an element that knows its other names", bad_plugin_includes,
     ("gst-plugin/tegata/a.c", '#include "exported-key.h"\n',
      {"tegata": {"inlet.h"}, "dtls": {"exported-key.h"}})),
    ("libnice in transport", bad_foreign_headers,
     ("src/transport/a.c", "#include <agent.h>\n")),
    ("libnice by another name", bad_foreign_headers,
     ("include/tegata/transport.h", "#include <nice/agent.h>\n")),
    ("tegata-nice in tegata", bad_foreign_headers,
     ("src/transport/a.c", "#include <tegata-nice/nice-channel.h>\n")),
    ("a private header in ice", bad_ice_includes,
     ("src/ice/a.c", '#include "transport/udp-errors.h"\n')),
    ("OpenSSL in ice", bad_ice_includes, ("src/ice/a.c", "#include <openssl/ssl.h>\n")),
    ("a private header in a public one of ice", bad_ice_includes,
     ("include/tegata-nice/a.h", '#include "nice-hub.h"\n')),
    ("libnice in an element", bad_plugin_includes,
     ("gst-plugin/tegata/a.c", "#include <agent.h>\n")),
    ("a symbol of tegata exported by ice", bad_exports,
     ("0001 T tegata_nice_x\n0002 T tegata_x\n", "tegata_nice_")),
    ("a foreign export", bad_exports, ("0001 T tegata_x\n0002 T helper\n",)),
    ("no export", bad_exports, ("",)),
    ("a long file", bad_lengths, ("a.c", "\n" * 801)),
    ("a long function", bad_lengths, ("a.c", "int\nf (void)\n{\n" + "  g ();\n" * 70 + "}\n")),
]

GOOD = [
    ("an arrow downwards", bad_arrows, ("src/session/a.c", '#include "dtls/wire.h"\n')),
    ("a role in sdp", bad_arrows, ("src/sdp/a.c", "#include <tegata/dtls.h>\n")),
    ("OpenSSL in dtls", bad_foreign_headers, ("src/dtls/a.c", "#include <openssl/ssl.h>")),
    ("a name that begins like a clock", bad_symbols, ("dtls", "  U timegm\n  U g_free\n")),
    ("a clock in transport", bad_symbols, ("transport", "  U g_get_monotonic_time\n")),
    ("the public API in an element", bad_plugin_includes,
     ("gst-plugin/dtls/a.c", '#include <tegata/session.h>\n#include "inlet.h"\n',
      {"tegata": {"inlet.h"}, "dtls": set()})),
    ("our own exports", bad_exports, ("0001 T tegata_x\n",)),
    ("libnice in ice", bad_foreign_headers,
     ("include/tegata-nice/nice-channel.h", "#include <agent.h>\n")),
    ("what ice needs", bad_ice_includes,
     ("src/ice/a.c", "#include <stdatomic.h>\n#include <tegata/loop.h>\n#include <agent.h>\n"
      '#include <tegata-nice/nice-channel.h>\n#include "nice-hub.h"\n')),
    ("an agent in a public header", bad_ice_includes,
     ("include/tegata-nice/a.h", "#include <agent.h>\n#include <tegata/loop.h>\n")),
    ("exports of ice", bad_exports, ("0001 T tegata_nice_x\n", "tegata_nice_")),
    ("a function of 70 lines", bad_lengths, ("a.c", "{\n" + "\n" * 69 + "}\n")),
]


def self_test():
    complaints = [f"{name} passes" for name, rule, args in SELF_TESTS if not rule(*args)]
    return complaints + [f"{name} fails" for name, rule, args in GOOD if rule(*args)]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def over_files(source, patterns, rule):
    paths = sorted(path for pattern in patterns for path in source.glob(pattern))
    complaints = [] if paths else [f"no file matches {patterns}"]
    for path in paths:
        complaints += rule(path.relative_to(source).as_posix(), path.read_text())
    return complaints


def unknown_folders(source):
    known = {*MAY_INCLUDE, "ice"}
    return [f"src/{path.name}: a layer that layers.py does not know"
            for path in source.glob("src/*/") if path.is_dir() and path.name not in known]


def over_archives(build):
    complaints = []
    for layer in MAY_INCLUDE:
        archive = build / "src" / f"libtegata-{layer}.a"
        complaints += bad_symbols(layer, run("nm", "-u", str(archive)))
    return complaints


def over_ice_exports(build):
    """None where tegata-nice is not built, for want of libnice."""
    library = build / "src" / "ice" / "libtegata-nice.so"
    if not library.exists():
        return None
    return bad_exports(run("nm", "-D", "--defined-only", str(library)), "tegata_nice_")


def main(source, build):
    layered = [f"src/{layer}/*.[ch]" for layer in MAY_INCLUDE]
    ice = ["src/ice/*.[ch]", "include/tegata-nice/*.h"]
    public = [f"include/tegata/{name}.h" for name in PUBLIC_HEADERS
              if name not in ("version", "enum-types")]
    measured = [f"{top}/**/*.[ch]" for top in
                ("include", "src", "gst-plugin", "tools", "examples", "tests", "benchmarks")]
    shared_library = str(build / "src" / "libtegata.so")
    cases = [
        ("/layers/each-rule-can-fail", self_test),
        ("/layers/includes-point-down-only",
         lambda: over_files(source, layered + public, bad_arrows)),
        ("/layers/foreign-headers-stay-in-their-place",
         lambda: over_files(source, layered + public + ice, bad_foreign_headers)),
        ("/layers/ice-knows-the-public-api-only",
         lambda: over_files(source, ice, bad_ice_includes)),
        ("/layers/no-folder-is-left-out", lambda: unknown_folders(source)),
        ("/layers/elements-know-the-public-api-only", lambda: over_plugins(source)),
        ("/layers/nothing-reads-a-clock-opens-a-socket-or-waits", lambda: over_archives(build)),
        ("/layers/only-the-api-is-exported",
         lambda: bad_exports(run("nm", "-D", "--defined-only", shared_library))),
        ("/layers/only-the-api-of-ice-is-exported", lambda: over_ice_exports(build)),
        ("/layers/files-and-functions-are-short",
         lambda: over_files(source, measured, bad_lengths)),
    ]
    print(f"1..{len(cases)}")
    for number, (name, rule) in enumerate(cases, 1):
        complaints = rule()
        if complaints is None:
            print(f"ok {number} - {name} # SKIP not built here", flush=True)
            continue
        for complaint in complaints:
            print(f"# {complaint}")
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
