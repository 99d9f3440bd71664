#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the source to the rules of the house that a compiler can't see.

Every rule says why. An exception is made on the line itself and is counted:
    /* house: allow RULE - reason */
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = ["src", "extcap"]
MAX_FUNCTION = 70
MAX_FILE = 650

# A call, and why it is not for us.
BANNED = {
    "strtol": "use cfp_text_to_uint(): it checks",
    "strtoul": "use cfp_text_to_uint(): it checks",
    "atoi": "use cfp_text_to_uint(): it checks",
    "sprintf": "use g_strdup_printf()",
    "strcpy": "use g_strdup()",
    "strcat": "use GString",
    "system": "no shell",
    "popen": "no shell",
    "sleep": "only net/pump.c waits",
    "usleep": "only net/pump.c waits",
    "g_usleep": "only net/pump.c waits",
    "alloca": "sizes are bounded on the heap",
    "g_error": "errors travel as GError",
    "exit": "only main ends the process",
    "abort": "only main ends the process",
    "g_print": "stdout and stderr belong to extcap/action.c",
    "printf": "stdout and stderr belong to extcap/action.c",
    "fprintf": "stdout and stderr belong to extcap/action.c",
    "puts": "stdout and stderr belong to extcap/action.c",
    "fputs": "stdout and stderr belong to extcap/action.c",
}
MAY_CALL = {"extcap/action.c": {"fprintf", "fputs"}}

# A prefix of library functions, and the only files that may use it.
OWNERS = {
    r"\bcurl_(easy|multi|global|slist)_": ["src/net/"],
    r"\bpcap_(?!reader|writer)[a-z]+_?[a-z]*\(": ["src/filter/bpf.c", "src/packet/"],
    r"\bjson_(node|parser|builder|object|array|to)_": ["src/cloudflare/api-codec.c"],
    r"\bg_key_file_": ["src/app/config.c"],
    r"\bg_getenv\(": ["src/app/settings.c"],
    r"\bsigaction\(": ["src/net/pump.c"],
    r"(?<![a-z_])poll\(": ["src/net/pump.c", "src/app/config.c"],
}

# They do nothing but set the error and return FALSE.
THROWERS = {"cfp_throw", "cfp_throw_errno", "cfp_prefix", "cfp_pcap_reader_corrupt"}

problems = []
allowed = {}


def report(path, number, rule, text, line=""):
    match = re.search(r"house: allow ([a-z-]+) - \S", line)
    if match and match.group(1) == rule:
        allowed[rule] = allowed.get(rule, 0) + 1
        return
    problems.append(f"{path}:{number}: {rule}: {text}")


def strip(text):
    """Source without comments and strings, line numbers kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def read_layers():
    layers = {}
    for line in (ROOT / "tests/house/layers.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            place, allowed_places = line.split(":")
            layers[place.strip()] = allowed_places.split()
    return layers


def module_of(path):
    relative = path.relative_to(ROOT)
    parts = relative.with_suffix("").parts
    return "/".join(parts[1:]) if parts[0] == "src" else "/".join(parts)


def rule_for(layers, module):
    return layers.get(module, layers.get(module.split("/")[0]))


def check_includes(path, text, layers):
    module = module_of(path)
    rule = rule_for(layers, module)
    if rule is None:
        report(path.relative_to(ROOT), 1, "layer", f"{module} has no line in layers.txt")
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include "([^"]+)\.h"', line)
        if not match:
            continue
        target = match.group(1)
        if "/" not in target:
            target = "extcap/" + target
        if target not in rule and target.split("/")[0] not in rule:
            report(path.relative_to(ROOT), number, "layer", f"{module} may not include {target}", line)


def check_calls(path, code, lines):
    name = str(path.relative_to(ROOT))
    for number, line in enumerate(code.splitlines(), 1):
        for call in re.findall(r"(?<![\w>.])([a-z_]+)\(", line):
            if call in BANNED and call not in MAY_CALL.get(name, set()):
                report(name, number, "call", f"{call}(): {BANNED[call]}", lines[number - 1])
        for pattern, owners in OWNERS.items():
            if re.search(pattern, line) and not any(name.startswith(o) for o in owners):
                report(name, number, "owner", f"only {', '.join(owners)} may do this", lines[number - 1])
        if "(*error)" in line:
            report(name, number, "error", "the caller may have passed NULL", lines[number - 1])
        if re.match(r"\s*goto\b", line):
            report(name, number, "goto", "return early; autoptr cleans up", lines[number - 1])


def check_functions(path, code, lines):
    name = path.relative_to(ROOT)
    start = None
    for number, line in enumerate(code.splitlines(), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            if number - start > MAX_FUNCTION and "(" in code.splitlines()[start - 2]:
                report(name, start, "length", f"a function of {number - start} lines", lines[start - 1])
            start = None


def check_header(path, text, code):
    """Functions that can fail must not be ignored."""
    name = path.relative_to(ROOT)
    for match in re.finditer(r"^gboolean (cfp_\w+)\(([^;]*)\)([^;]*);", code, flags=re.M):
        if "GError **error" in match.group(2) and "WARN_UNUSED" not in match.group(3):
            if match.group(1) not in THROWERS:
                number = text[: match.start()].count("\n") + 1
                report(name, number, "unused", f"{match.group(1)}() lacks G_GNUC_WARN_UNUSED_RESULT")
    guard = "CFP_" + re.sub(r"\W", "_", module_of(path)).upper() + "_H"
    if f"#ifndef {guard}" not in text:
        report(name, 1, "guard", f"the include guard should be {guard}")


def check_file(path, layers):
    text = path.read_text()
    lines = text.splitlines()
    code = strip(text)
    name = path.relative_to(ROOT)
    if not lines or "SPDX-License-Identifier: GPL-2.0-or-later" not in lines[0]:
        report(name, 1, "licence", "the first line must be the SPDX line")
    if len(lines) > MAX_FILE:
        report(name, MAX_FILE, "length", f"a file of {len(lines)} lines")
    check_includes(path, text, layers)
    check_calls(path, code, lines)
    check_functions(path, code, lines)
    if path.suffix == ".h":
        check_header(path, text, code)


def main():
    layers = read_layers()
    files = sorted(f for place in PLACES for f in (ROOT / place).rglob("*.[ch]"))
    for path in files:
        check_file(path, layers)
    for problem in problems:
        print(problem)
    for rule, count in sorted(allowed.items()):
        print(f"allowed: {rule}: {count}")
    print(f"{len(files)} files, {len(problems)} problems")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
