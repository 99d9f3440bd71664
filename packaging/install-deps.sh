#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is needed to build (and test) the project, on Debian, Ubuntu and their relatives.
set -eu

usage() {
    cat <<'USAGE'
Usage: packaging/install-deps.sh [build|test]

  build  (default) what the plugin, its local test service and the demo need
  test   the same, and what tests/run.sh needs: clang with its sanitizers, valgrind, Python, tcpdump

Only packages that are missing are installed, with apt-get, as root or through sudo. Nothing is
asked, except by sudo for your password. On a machine without apt-get it only says what is missing.
USAGE
}

say() { printf '%s\n' "$*"; }

fail() {
    printf 'install-deps: %s\n' "$*" >&2
    exit 1
}

# What must be there, how to see it, and the package that brings it:
#   command NAME | module NAME (pkg-config) | file PATTERN (shell pattern)
list_needs() {
    cat <<'LIST'
command gcc gcc
file /usr/include/stdio.h libc6-dev
command make make
command cmake cmake
command pkg-config pkg-config
module gio-unix-2.0 libglib2.0-dev
module libcurl libcurl4-openssl-dev
module json-glib-1.0 libjson-glib-dev
module libpcap libpcap-dev
module zlib zlib1g-dev
module libsoup-3.0 libsoup-3.0-dev
module cunit libcunit1-dev
file /usr/lib*/*/gio/modules/libgio*tls*.so glib-networking
file /etc/ssl/certs/ca-certificates.crt ca-certificates
command tshark tshark
LIST
    [ "$1" = test ] || return 0
    cat <<'LIST'
command clang clang
sanitizer fuzzer libclang-rt-dev
command valgrind valgrind
command python3 python3
command openssl openssl
file /etc/services netbase
command tcpdump tcpdump
LIST
}

has_file() {
    for path in $1; do
        [ -e "$path" ] && return 0
    done
    return 1
}

# clang brings its sanitizers and libFuzzer in a package of their own.
has_sanitizer() {
    command -v clang >/dev/null 2>&1 || return 1
    dir=$(clang -print-runtime-dir 2>/dev/null) || return 1
    has_file "$dir/libclang_rt.$1*.a" || has_file "${dir%/*}/*/libclang_rt.$1*.a"
}

is_there() {
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    module) pkg-config --exists "$2" 2>/dev/null ;;
    file) has_file "$2" ;;
    sanitizer) has_sanitizer "$2" ;;
    esac
}

missing_packages() {
    list_needs "$1" | while read -r kind name package; do
        is_there "$kind" "$name" || printf '%s\n' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# The one question of these packages (may ordinary users capture on this machine's own network
# interfaces?) keeps its default, no: the plugin needs no such right.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Package lists may be missing (a fresh container) or old (their files are gone from the server).
install_packages() {
    apt_get install -y --no-install-recommends --no-remove "$@" >"$log" 2>&1 && return 0
    say "Reading new package lists (apt-get update) ..."
    apt_get update >>"$log" 2>&1 || return 1
    apt_get install -y --no-install-recommends --no-remove "$@" >>"$log" 2>&1
}

main() {
    what=${1:-build}
    case $what in
    build | test) ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac

    # Debian puts some tools there, outside an ordinary user's PATH.
    PATH=$PATH:/usr/sbin:/sbin
    missing=$(missing_packages "$what" | tr '\n' ' ')
    if [ -z "$missing" ]; then
        say "Everything that is needed is installed."
        return 0
    fi
    command -v apt-get >/dev/null 2>&1 ||
        fail "this machine has no apt-get. Install what these Debian packages hold: $missing"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        fail "there is no sudo. Run as root: apt-get install $missing"
    fi

    say "Installing: $missing"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # shellcheck disable=SC2086 # a list of words
    if ! install_packages $missing; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install: $missing"
    fi
    missing=$(missing_packages "$what" | tr '\n' ' ')
    [ -z "$missing" ] || fail "installed, but still not usable: $missing"
}

main "$@"
