# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads extcap sentences by the rules of Wireshark's own parser (extcap(4), extcap_parser.c): what
it would drop silently is an error here."""

import dataclasses
import re

KEYWORDS = ("arg", "value", "interface", "extcap", "dlt", "control")
MANDATORY = {
    "extcap": ("version",),
    "interface": ("value", "display"),
    "dlt": ("number", "name", "display"),
    "arg": ("number", "call", "display", "type"),
    "value": ("arg", "value", "display"),
}
# A value ends at the first "}" that is followed by "{", a blank or the end of the line.
ATTRIBUTE = re.compile(r"\{([A-Za-z_-]+)=(.*?)\}(?=\{|\s|$)")


@dataclasses.dataclass
class Sentence:
    keyword: str
    attributes: dict

    def __getitem__(self, name):
        return self.attributes[name]

    def get(self, name, fallback=None):
        return self.attributes.get(name, fallback)

    def __contains__(self, name):
        return name in self.attributes


def parse_line(line):
    keyword, blank, rest = line.partition(" ")
    if keyword not in KEYWORDS or not blank:
        raise ValueError(f"no sentence: {line!r}")
    attributes = {}
    at = 0
    while at < len(rest):
        found = ATTRIBUTE.match(rest, at)
        if not found:
            raise ValueError(f"not understood from {at}: {line!r}")
        if found[1] in attributes:
            raise ValueError(f"{found[1]} twice: {line!r}")
        attributes[found[1]] = found[2]
        at = found.end()
    missing = [name for name in MANDATORY.get(keyword, ()) if not attributes.get(name)]
    # The empty value of a selector is legal.
    if missing and missing != ["value"]:
        raise ValueError(f"{missing} missing: {line!r}")
    return Sentence(keyword, attributes)


def parse(output):
    """All sentences in the bytes of an answer, in order."""
    text = output.decode()
    if text and not text.endswith("\n"):
        raise ValueError("the last line has no end")
    return [parse_line(line) for line in text.splitlines()]


def by_name(found):
    """The args by their option's name, without dashes in front."""
    return {one["call"].removeprefix("--"): one for one in found if one.keyword == "arg"}


def defaults(found):
    """Every option's default, that of a selector too; None: it has none."""
    values = {}
    for name, arg in by_name(found).items():
        chosen = [
            one["value"]
            for one in found
            if one.keyword == "value" and one["arg"] == arg["number"] and one.get("default")
        ]
        values[name] = chosen[0] if chosen else arg.get("default")
    return values
