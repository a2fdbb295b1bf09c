# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# What the scripts share. To be sourced by bash, from the source root.

started=$SECONDS

# What it takes to build the library and its examples.
build_packages=(gcc libc6-dev meson ninja-build pkg-config python3
                libglib2.0-dev libjson-glib-dev libssl-dev libsrtp2-dev
                libnice-dev libsoup-3.0-dev)
# What the tests and the demo move video with; the elements are found at run time.
gstreamer_packages=(libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
                    gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good)
# What a benchmark compares with, and draws with.
bench_packages=(libgstreamer1.0-dev gstreamer1.0-plugins-bad gnuplot-nox)

say() {
  printf '[%4d s] %s\n' $((SECONDS - started)) "$*"
}

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_missing LOG PACKAGE...: installs what is missing, and nothing else
install_missing() {
  local log=$1 package root=()
  local missing=()
  shift
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all $# are there"
    return 0
  fi

  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      die "missing packages, and neither root nor sudo: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  say "packages: installing ${missing[*]}"
  if ! { "${root[@]}" apt-get update -q &&
         "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
           apt-get install -y -q --no-install-recommends "${missing[@]}"; } \
       >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    die "apt-get failed; its whole output is in $log"
  fi
  say "packages: installed"
}

# configure DIR OPTION...: a build directory with these options, also where it is old
configure() {
  local dir=$1
  shift
  if [ -f "$dir/build.ninja" ]; then
    meson setup --reconfigure "$dir" "$@"
  else
    rm -rf "$dir"
    meson setup "$dir" "$@"
  fi
}
