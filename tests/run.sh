#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is needed, builds, and runs every test.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: tests/run.sh [PART...]

Installs what is needed (packaging/install-deps.sh test), builds, and runs the tests. Parts:

  gcc       all tests, built with gcc, optimised, warnings as errors
  valgrind  the unit tests of that build under valgrind: no errors, no leaks
  asan      all tests but the fuzzers, built with clang, AddressSanitizer and
            UndefinedBehaviorSanitizer, warnings as errors
  fuzz      the fuzzers of that build: the corpus, then a search of some seconds each

Without PART all of them run, in this order. Builds go into ./build-gcc and ./build-clang; nothing
else is written but temporary files. The exit status is 0 only when everything passed.
USAGE
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(nproc 2>/dev/null || echo 2)
readonly jobs
total=0 failed=0
broken=()

export LSAN_OPTIONS="suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1

# No test may meet the user's own account, configuration or proxy.
unset "${!CLOUDFLARE_@}" "${!WIRESHARK_@}" SSL_CERT_FILE XDG_CONFIG_HOME
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

say() { printf '\n==== %s\n' "$*"; }

# ---- building ------------------------------------------------------------------------------------

# A tree that was moved or copied has the old place in its cache.
drop_foreign_cache() {
    if [ -f "$1/CMakeCache.txt" ] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$1/CMakeCache.txt"; then
        rm -rf "$1/CMakeCache.txt" "$1/CMakeFiles"
    fi
}

# $1: build directory; the rest: options of cmake.
build() {
    local dir=$1
    shift
    drop_foreign_cache "$dir"
    cmake -S . -B "$dir" -DBUILD_TESTING=ON -DCFP_WERROR=ON "$@" &&
        cmake --build "$dir" --parallel "$jobs"
}

build_gcc() {
    build build-gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DMEMORYCHECK_COMMAND="$(command -v valgrind || echo valgrind)" \
        -DMEMORYCHECK_SUPPRESSIONS_FILE="$PWD/tests/support/valgrind.supp" \
        -DMEMORYCHECK_COMMAND_OPTIONS="--quiet --tool=memcheck --leak-check=full \
--show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=30 \
--child-silent-after-fork=yes --error-exitcode=99"
}

build_clang() {
    build build-clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCFP_SANITIZE="address;undefined" -DCFP_FUZZING=ON
}

# ---- running -------------------------------------------------------------------------------------

# Adds what ctest's closing line says, "97% tests passed, 3 tests failed out of 100", to the sums.
count() {
    local line
    line=$(grep -E '^[0-9]+% tests passed' "$1" | tail -n 1)
    [[ $line =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]] || return 1
    failed=$((failed + BASH_REMATCH[1]))
    total=$((total + BASH_REMATCH[2]))
    [ "${BASH_REMATCH[2]}" -gt 0 ]
}

# $1: build directory; the rest: options of ctest.
run_ctest() {
    local dir=$1 status=0
    shift
    ctest --test-dir "$dir" --output-on-failure --no-tests=error --parallel "$jobs" "$@" |
        tee "$dir/ctest.log" || status=$?
    count "$dir/ctest.log" || status=1
    return "$status"
}

part_gcc() {
    build_gcc && run_ctest build-gcc
}

# valgrind itself runs as the launcher of ctest's memory check; what it says is in its own logs.
part_valgrind() {
    local logs=build-gcc/Testing/Temporary
    rm -f "$logs"/MemoryChecker.*.log
    build_gcc || return 1
    CFP_PROPERTY_ROUNDS=200 G_SLICE=always-malloc run_ctest build-gcc -T memcheck -L unit && return
    cat "$logs"/MemoryChecker.*.log
    return 1
}

part_asan() {
    build_clang && CFP_PROPERTY_ROUNDS=1000 run_ctest build-clang -LE fuzz
}

part_fuzz() {
    build_clang && run_ctest build-clang -L fuzz
}

run_part() {
    local start=$SECONDS
    say "$1"
    if "part_$1"; then
        printf '==== %s: passed (%d s)\n' "$1" $((SECONDS - start))
    else
        broken+=("$1")
        printf '==== %s: FAILED (%d s)\n' "$1" $((SECONDS - start))
    fi
}

# --------------------------------------------------------------------------------------------------

parts=("$@")
[ $# -gt 0 ] || parts=(gcc valgrind asan fuzz)
for part in "${parts[@]}"; do
    case $part in
    gcc | valgrind | asan | fuzz) ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

say "packages"
packaging/install-deps.sh test
PATH=$PATH:/usr/sbin:/sbin
for part in "${parts[@]}"; do
    run_part "$part"
done

say "all parts together: ${parts[*]}"
[ ${#broken[@]} -eq 0 ] || printf 'FAILED: %s\n' "${broken[*]}"
percent=0
[ "$total" -eq 0 ] || percent=$(((total - failed) * 100 / total))
printf '%d%% tests passed, %d tests failed out of %d\n' "$percent" "$failed" "$total"
[ ${#broken[@]} -eq 0 ]
