#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the manual page and the README to what the program says of itself.

Usage: check-docs.py PROGRAM

Each option of --help must have its entry in both, with the same default, choices and environment
variable, and neither may describe an option that is not there. Every variable and exit status of
the source must be in the manual page.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAN = ROOT / "packaging/man/cloudflare-pcap.1"
README = ROOT / "README.md"
ADVICE = ROOT / "src/app/advice.c"

problems = []


def read_help(program):
    """name -> what --help says of it; the protocol's own options have an empty text."""
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    called, own = text.split("What Wireshark calls:")[1].split("\n\n", 1)
    options = dict(re.findall(r"^  --([a-z-]+) +(\S.*)$", own, re.MULTILINE))
    protocol = {name: "" for name in re.findall(r"--([a-z-]+)", called)}
    if len(options) < 20 or len(protocol) < 8:
        problems.append(f"--help has only {len(options)} and {len(protocol)} options")
    return options, protocol


def facts(text):
    """The words of a --help line that documentation must repeat."""
    found = re.findall(r"\((?:default|environment): ([^)]+)\)", text)
    for choices in re.findall(r"\[([a-z|]+)\]", text):
        found += choices.split("|")
    return found


def plain(roff):
    """The words of roff source, without macros and escapes."""
    return re.sub(r"\\&|^\.[A-Z][a-z] ", "", roff, flags=re.MULTILINE)


def read_man():
    """name -> the source of its entry in the section OPTIONS."""
    section = MAN.read_text().split("\n.Sh OPTIONS\n")[1].split("\n.Sh ")[0]
    entries = {}
    waiting = []
    for part in re.split(r"\n(?=\.It )", section)[1:]:
        head, _, body = part.partition("\n")
        waiting += re.findall(r"Fl -([a-z-]+)", head)
        if body.strip():
            for name in waiting:
                entries[name] = plain(part)
            waiting = []
    for name in waiting:
        entries[name] = ""
    return entries


def check_man(options, protocol):
    entries = read_man()
    environment = MAN.read_text().split("\n.Sh ENVIRONMENT\n")[1].split("\n.Sh ")[0]
    hidden = {"extcap-control-in", "extcap-control-out"}
    for name in sorted(set(entries) - set(options) - set(protocol) - hidden):
        problems.append(f"{MAN.name}: --{name} is described but does not exist")
    for name, text in {**options, **protocol}.items():
        if name not in entries:
            problems.append(f"{MAN.name}: --{name} is not described")
            continue
        for fact in facts(text):
            place = environment if fact.isupper() else entries[name]
            if fact not in place:
                problems.append(f"{MAN.name}: --{name}: \"{fact}\" is missing")


def check_readme(options):
    rows = dict(re.findall(r"^\| `--([a-z-]+)` (\|.*)$", README.read_text(), re.MULTILINE))
    for name in sorted(set(rows) - set(options)):
        problems.append(f"{README.name}: --{name} is described but does not exist")
    for name, text in options.items():
        if name not in rows:
            problems.append(f"{README.name}: --{name} is missing in the table")
            continue
        for fact in facts(text):
            if f"`{fact}`" not in rows[name]:
                problems.append(f"{README.name}: --{name}: `{fact}` is missing")


def check_statuses():
    statuses = set(re.findall(r"\bEXIT_[A-Z_]+ = (\d+)", ADVICE.read_text())) | {"0"}
    section = MAN.read_text().split("\n.Sh EXIT STATUS\n")[1].split("\n.Sh ")[0]
    described = set(re.findall(r"^\.It (\d+)$", section, re.MULTILINE))
    table = set(re.findall(r"^\| (\d) \|", README.read_text(), re.MULTILINE))
    if len(statuses) < 2 or described != statuses:
        problems.append(f"{MAN.name}: exit statuses {sorted(described)}, not {sorted(statuses)}")
    if table != statuses:
        problems.append(f"{README.name}: exit statuses {sorted(table)}, not {sorted(statuses)}")


def main():
    options, protocol = read_help(sys.argv[1])
    check_man(options, protocol)
    check_readme(options)
    check_statuses()
    for problem in problems:
        print(problem)
    print(f"{len(options)} options, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
