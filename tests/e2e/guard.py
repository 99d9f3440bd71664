# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends what a test started when the test itself was killed and can't.

Reads "+PID" and "-PID" lines: process groups that began and that were ended. When its input
closes, what is left over is killed.
"""

import os
import signal
import sys


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    groups = set()
    for line in sys.stdin:
        if line.startswith("+"):
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    main()
