# SPDX-License-Identifier: GPL-2.0-or-later
"""What the end-to-end tests share: the plugin, tshark and the local PCAPs service, each started in
an environment of its own and ended whatever happens.

CFP_PLUGIN and CFP_SERVICE name the two executables; CTest sets them.
"""

import atexit
import concurrent.futures
import dataclasses
import datetime
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import pcapfile

# Whoever runs the tests may ignore it, as nohup does, and the plugin then does too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

PLUGIN = os.path.abspath(os.environ.get("CFP_PLUGIN", "cloudflare-pcap"))
SERVICE = os.path.abspath(os.environ.get("CFP_SERVICE", "pcaps-service"))
SANITIZED = bool(os.environ.get("CFP_SANITIZED"))
INTERFACE = "cloudflare-pcap"
ACCOUNT = "0123456789abcdef0123456789abcdef"
TOKEN = "test-token"

# What Wireshark shows of an extcap's stderr is 1,024 bytes; the plugin keeps to less.
MAX_STDERR = 1000


def tshark_path():
    return shutil.which("tshark") or "tshark"


# ---- processes -----------------------------------------------------------------------------------


class Guard:
    """The process that ends the others if this one is killed."""

    process = None
    lock = threading.Lock()

    @classmethod
    def tell(cls, sign, pid):
        with cls.lock:
            if cls.process is None:
                path = pathlib.Path(__file__).with_name("guard.py")
                cls.process = subprocess.Popen(
                    [sys.executable, "-B", path], stdin=subprocess.PIPE, start_new_session=True
                )
            cls.process.stdin.write(f"{sign}{pid}\n".encode())
            cls.process.stdin.flush()

    @classmethod
    def end(cls):
        if cls.process:
            cls.process.stdin.close()
            cls.process.wait()
            cls.process = None


atexit.register(Guard.end)


def start(command, **options):
    """A process in a group of its own, so that end() ends its children too."""
    process = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
    Guard.tell("+", process.pid)
    return process


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
    Guard.tell("-", process.pid)


def is_alive(pid):
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def catches_signals(pid):
    """Whether the process has its handler: before that, SIGTERM would simply kill it."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    mask = int(text.split("SigCgt:")[1].split()[0], 16)
    return mask >> (signal.SIGTERM - 1) & 1


def wait_until(condition, timeout=10, what="the condition"):
    """The condition's value once it is true. Polls: there is nothing to wait on."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {timeout} s")
        time.sleep(0.002)


def moment(text):
    """A time of the API. Python before 3.11 knows no Z."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def in_parallel(function, items, workers=6):
    """Results in order. For cases that mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


# ---- results -------------------------------------------------------------------------------------


@dataclasses.dataclass
class Result:
    """How a process ended."""

    code: int
    output: bytes
    stderr: str
    seconds: float

    @property
    def text(self):
        return self.output.decode()

    @property
    def file(self):
        """The output as a capture file."""
        return pcapfile.parse(self.output)

    @property
    def message(self):
        """What tshark shows of the plugin's stderr; None when it shows nothing."""
        found = re.search(r"^tshark: Error (?:by|from) extcap pipe: ", self.stderr, re.MULTILINE)
        if not found:
            return None
        rest = self.stderr[found.end() :]
        rest = re.sub(r"(?m)^(?: \*\* \(|\d+ packets? captured).*\n?", "", rest)
        return rest.strip("\n")


# ---- the local service ---------------------------------------------------------------------------


class Service:
    """pcaps-service on a free port; it ends when its standard input closes."""

    def __init__(self, directory, *options, faults=()):
        self.log_path = pathlib.Path(tempfile.mkstemp(prefix="requests-", dir=directory)[1])
        command = [SERVICE, "--port", "0", "--exit-with-stdin", "--log-file", self.log_path]
        command += options
        for fault in faults:
            command += ["--fault", fault]
        self.process = start(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        )
        line = self.process.stdout.readline().decode()
        if not line.startswith("pcaps-service: "):
            end(self.process)
            raise RuntimeError(f"the service did not start: {line!r} {command}")
        self.url = line.removeprefix("pcaps-service: ").strip()
        self.may_violate = False

    def close(self):
        end(self.process)

    def lines(self):
        """All lines of the log, those of broken-off answers too."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def requests(self, route=None):
        """The requests in the order in which they came."""
        return [
            line for line in self.lines() if "route" in line and route in (None, line["route"])
        ]

    def routes(self):
        return [line["route"] for line in self.requests()]

    def captures(self):
        """What the service has now; the newest first."""
        return json.loads(self.get(f"/accounts/{ACCOUNT}/pcaps"))["result"]

    def get(self, path, body=None):
        """A request of the test's own, a POST when it has a body; faults count it too."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data)
        request.add_header("Authorization", f"Bearer {TOKEN}")
        request.add_header("Content-Type", "application/json")
        with opener.open(request, timeout=30) as answer:
            return answer.read()

    def create(self, **members):
        """A capture of somebody else."""
        body = {"type": "simple", "system": "magic-transit", "time_limit": 60,
                "packet_limit": 10000, **members}
        return json.loads(self.get(f"/accounts/{ACCOUNT}/pcaps", body))["result"]

    def download(self):
        """The file of the newest capture, as the service sends it."""
        newest = [line for line in self.requests() if line["route"] in ("get", "download")][-1]
        capture = re.search(r"/pcaps/([0-9a-f]{32})", newest["path"])[1]
        return self.get(f"/accounts/{ACCOUNT}/pcaps/{capture}/download")


# ---- a run of the plugin -------------------------------------------------------------------------


class Capture:
    """The plugin under way, writing into a FIFO that this object reads.

    The read end does not block, and opens at once: whether the plugin opened its end is seen by
    its first byte or by its hanging up.
    """

    def __init__(self, directory, command, environment, has_reader=True):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="fifo-", dir=directory)) / "fifo"
        os.mkfifo(self.path)
        self.output = bytearray()
        self.fd = -1
        if has_reader:
            self.open_reader()
        self.stderr = tempfile.TemporaryFile()
        self.started = time.monotonic()
        self.process = start(
            [*command, "--fifo", self.path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.stderr,
            env=environment,
        )

    @property
    def pid(self):
        return self.process.pid

    def open_reader(self):
        self.fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def close_reader(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def read(self, until=None, timeout=30):
        """Reads until the plugin closes the FIFO, or until(output) is true. Returns whether the
        FIFO is still open."""
        deadline = time.monotonic() + timeout
        poller = select.poll()
        poller.register(self.fd, select.POLLIN)
        while until is None or not until(self.output):
            if not poller.poll(max(0, deadline - time.monotonic()) * 1000):
                raise TimeoutError(f"the FIFO is neither fed nor closed within {timeout} s")
            data = os.read(self.fd, 1 << 20)
            if not data:
                return False
            self.output += data
        return True

    def signal(self, *numbers):
        for number in numbers:
            os.kill(self.pid, number)

    def stop(self):
        """SIGTERM, as soon as it is more than the end of a process."""
        wait_until(lambda: catches_signals(self.pid), what="the handling of signals")
        self.signal(signal.SIGTERM)

    def wait(self, timeout=30):
        """The plugin's end."""
        code = self.process.wait(timeout)
        seconds = time.monotonic() - self.started
        self.stderr.seek(0)
        return Result(code, bytes(self.output), self.stderr.read().decode(), seconds)

    def finish(self, timeout=60):
        """Reads everything and waits for the end."""
        self.read(timeout=timeout)
        return self.wait(timeout)

    def close(self):
        end(self.process)
        self.close_reader()
        self.stderr.close()


# ---- a place to work in --------------------------------------------------------------------------


class Session:
    """A home directory with the plugin installed, and everything that was started in it."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cfp-e2e-"))
        self.home = self.directory / "home"
        self.services = []
        self.running = []
        # Wireshark 4.0 looks into the first, 4.2 and later into the second.
        for folder in (".config/wireshark/extcap", ".local/lib/wireshark/extcap"):
            (self.home / folder).mkdir(parents=True)
            (self.home / folder / "cloudflare-pcap").symlink_to(PLUGIN)
        (self.directory / "tmp").mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    def close(self):
        for one in self.running + self.services:
            one.close()
        self.running, self.services = [], []
        shutil.rmtree(self.directory, ignore_errors=True)

    def environment(self, **changes):
        """A clean one, with the right token; a change to None removes a variable."""
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "TMPDIR": str(self.directory / "tmp"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "CLOUDFLARE_API_TOKEN": TOKEN,
        }
        for name, value in os.environ.items():
            if name.startswith(("ASAN_", "UBSAN_", "LSAN_")):
                environment[name] = value
        environment.update(changes)
        return {name: value for name, value in environment.items() if value is not None}

    def config(self, text, mode=0o600):
        """Writes the config file."""
        return self.file(".config/cloudflare-pcap/config", text, mode)

    def file(self, name, content, mode=0o600):
        """A file in the home directory."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def serve(self, *options, faults=()):
        """A service. Its captures are ready at once unless the options are about waiting."""
        if not {"--polls", "--final-status", "--create-status"}.intersection(options):
            options += ("--create-status", "success")
        service = Service(self.directory, *options, faults=faults)
        self.services.append(service)
        return service

    def call(self, *words, environment=None):
        """One of the plugin's calls that end at once."""
        started = time.monotonic()
        process = start(
            [PLUGIN, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment or self.environment(),
        )
        try:
            output, stderr = process.communicate(timeout=30)
        finally:
            end(process)
        return Result(process.returncode, output, stderr.decode(), time.monotonic() - started)

    @staticmethod
    def arguments(service, options):
        """The plugin's own options; a service's address and account are among them."""
        words = {}
        if service:
            words = {"account-id": ACCOUNT, "api-url": service.url}
        words.update(options)
        return [
            word
            for name, value in words.items()
            if value is not None
            for word in (f"--{name}", str(value))
        ]

    def capture(self, service=None, *words, environment=None, has_reader=True, has_parent=False,
                **options):
        """Starts the plugin. options: its own, with _ for -; None leaves one out. has_parent: as
        the only child of a shell, which is then what the result's process stands for."""
        options = {name.replace("_", "-"): value for name, value in options.items()}
        command = ["/bin/sh", "-c", '"$@" & wait', "sh"] if has_parent else []
        command += [PLUGIN, "--capture", "--extcap-interface", INTERFACE]
        command += self.arguments(service, options) + list(words)
        capture = Capture(
            self.directory, command, self.environment(**(environment or {})), has_reader
        )
        self.running.append(capture)
        return capture

    def run(self, service=None, *words, timeout=60, **options):
        """A whole run of the plugin. The FIFO must be opened and closed, or this fails."""
        return self.capture(service, *words, **options).finish(timeout)

    def tshark_command(self, service, words, options, interfaces=(INTERFACE,)):
        command = [tshark_path()]
        for name in interfaces:
            command += ["-i", name]
        own = self.arguments(service, {k.replace("_", "-"): v for k, v in options.items()})
        for name, value in zip(own[::2], own[1::2]):
            command += ["-o", f"extcap.cloudflare_pcap.{name.replace('-', '')}:{value}"]
        return command + [str(word) for word in words]

    def start_tshark(self, service=None, *words, environment=None, interfaces=(INTERFACE,),
                     **options):
        process = start(
            self.tshark_command(service, words, options, interfaces),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(**(environment or {})),
            cwd=self.directory,
        )
        self.running.append(Ender(process))
        return process

    def tshark(self, service=None, *words, timeout=60, **options):
        """A whole run of tshark. That it ends by itself is part of every test."""
        started = time.monotonic()
        process = self.start_tshark(service, *words, **options)
        output, stderr = process.communicate(timeout=timeout)
        seconds = time.monotonic() - started
        return Result(process.returncode, output, stderr.decode(), seconds)

    def processes(self):
        """The processes that live in this session, by their environment: the service is not one."""
        mark = str(self.home).encode()
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return [pid for pid in found if is_alive(pid)]


class Ender:
    """Ends a process when its session closes."""

    def __init__(self, process):
        self.process = process

    def close(self):
        end(self.process)


# ---- the base of the tests -----------------------------------------------------------------------


class TestCase(unittest.TestCase):
    """A test with a session. At its end no process may be left, and no request may have broken the
    API's schema unless the test says so."""

    def setUp(self):
        self.session = Session()
        self.addCleanup(self.session.close)

    def tearDown(self):
        try:
            wait_until(lambda: not self.session.processes(), 2, "the end of all processes")
        except TimeoutError:
            left = [
                pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                for pid in self.session.processes()
            ]
            self.fail(f"processes are left: {left}")
        for service in self.session.services:
            if not service.may_violate:
                wrong = [line for line in service.requests() if "schema_violation" in line]
                self.assertEqual(wrong, [])

    def check_line(self, text, *parts):
        """One line, short enough, with these parts (regular expressions) in their order."""
        self.assertIsNotNone(text, "no message at all")
        self.assertEqual(len(text.strip("\n").split("\n")), 1, f"not one line: {text!r}")
        self.assertLessEqual(len(text.encode()), MAX_STDERR)
        self.assertRegex(text, "(?i)" + ".*".join(f"(?:{part})" for part in parts))

    def check_refused(self, result, *parts):
        """tshark ended by itself with status 1 and this message: nothing was captured."""
        self.check_line(result.message, *parts)
        self.assertEqual(result.code, 1, result.stderr)

    def check_failed(self, result, code, *parts):
        """The plugin itself ended with this status and message."""
        self.check_line(result.stderr, *parts)
        self.assertEqual(result.code, code, result.stderr)

    def check_silent(self, result):
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.code, 0)

    def tcpdump(self, data, expression, *options):
        """The keys of the packets that tcpdump leaves of a file; None when libpcap refuses the
        expression for it. -O: without libpcap's optimiser, which loses packets (see bpf.c)."""
        if not shutil.which("tcpdump"):
            self.skipTest("tcpdump is not installed")
        done = subprocess.run(["tcpdump", "--nano", *options, "-r", "-", "-w", "-", expression], input=data,
                              capture_output=True, check=False)
        return None if done.returncode else pcapfile.parse(done.stdout).keys()

    def check_same_packets(self, ours, theirs):
        """ours, theirs: keys of packets."""
        self.assertEqual(len(ours), len(theirs))
        for number, (one, other) in enumerate(zip(ours, theirs)):
            self.assertEqual(one, other, f"packet {number}")
