# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong is seen by the person: in tshark, as one line that says what failed, why, and
what to do. That tshark ends by itself proves that the FIFO was opened."""

import concurrent.futures
import fcntl
import os
import select
import socket
import subprocess
import tempfile
import time
import unittest

import harness
import listener
import pcapfile
from harness import ACCOUNT, TOKEN

# The window is part of the message: two runs are compared.
FIXED_START = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
WORDS_ON_TOKEN = "token.*(My Profile|dashboard|API Tokens)"


RUNNING = {}


def setUpModule():
    def run(case):
        with harness.Session() as session:
            started = time.monotonic()
            return case(session), time.monotonic() - started

    cases = PatienceTest.CASES
    pool = concurrent.futures.ThreadPoolExecutor(len(cases))
    unittest.addModuleCleanup(pool.shutdown)
    RUNNING.update({name: pool.submit(run, case) for name, case in cases.items()})


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class CredentialTest(harness.TestCase):
    """Before the capture is accepted tshark's exit status is 1."""

    def refused(self, *parts, options=(), environment=None, **own):
        service = self.session.serve(*options)
        result = self.session.tshark(service, "-w", "out.pcapng", environment=environment, **own)
        self.check_refused(result, *parts)
        return service

    def test_no_token(self):
        service = self.refused(
            "no API token", "dialog", "api-token-file", "CLOUDFLARE_API_TOKEN", "config file",
            environment={"CLOUDFLARE_API_TOKEN": None},
        )
        self.assertEqual(service.requests(), [])

    def test_no_account(self):
        self.refused("no account", "CLOUDFLARE_ACCOUNT_ID", account_id=None)

    def test_a_wrong_token(self):
        self.refused("Invalid access token", "9109", WORDS_ON_TOKEN,
                     environment={"CLOUDFLARE_API_TOKEN": "wrong"})

    def test_an_expired_token(self):
        self.refused("Invalid access token", "token.*expired", "API Tokens",
                     options=("--expired-token", "old"),
                     environment={"CLOUDFLARE_API_TOKEN": "old"})

    def test_a_token_that_may_only_read(self):
        self.refused("may read", "Magic Firewall Packet Captures: Edit",
                     options=("--read-only-token", "reader"),
                     environment={"CLOUDFLARE_API_TOKEN": "reader"})

    def test_a_wrong_account(self):
        self.refused("Authentication error", "10000", "permission", "account id",
                     account_id="f" * 32)

    def test_a_malformed_account_id_is_refused_here(self):
        service = self.refused("account-id|ACCOUNT_ID", "123", "32 hexadecimal", account_id="123")
        self.assertEqual(service.requests(), [])

    def test_an_account_id_that_the_service_cannot_route(self):
        service = self.session.serve("--create-status", "success")
        service.may_violate = True
        result = self.session.tshark(service, "-w", "out.pcapng", account_id=ACCOUNT.upper())
        self.check_refused(result, "7003", "account id", "32 hexadecimal")

    def test_a_wrong_e_mail_or_key(self):
        for email, key in (("other@example.com", "k1"), ("me@example.com", "k2")):
            self.refused("Unknown X-Auth-Key", "9103",
                         options=("--email", "me@example.com", "--key", "k1"),
                         environment={"CLOUDFLARE_API_TOKEN": None, "CLOUDFLARE_EMAIL": email,
                                      "CLOUDFLARE_API_KEY": key})

    def test_a_key_without_an_e_mail(self):
        self.refused("CLOUDFLARE_API_KEY", "e-mail", "--email",
                     environment={"CLOUDFLARE_API_TOKEN": None, "CLOUDFLARE_API_KEY": "k"})

    def test_no_permission_for_anything(self):
        service = self.session.serve(faults=["any: status=403,code=10000,message=Authentication "
                                             "error"])
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.check_refused(result, "Authentication error", "10000", "permission",
                           "Magic Firewall Packet Captures: Edit")


class RefusalTest(harness.TestCase):
    def refused(self, fault, *parts, **own):
        service = self.session.serve(faults=[f"POST create: {fault}"])
        result = self.session.tshark(service, "-w", "out.pcapng", **own)
        self.check_refused(result, *parts)
        return service

    def test_a_refused_field_is_named_with_its_documentation(self):
        service = self.refused(
            "status=400,code=19000,message=time_limit is too large,pointer=/time_limit,"
            "documentation-url=https://developers.cloudflare.com/x",
            "/time_limit", "too large", "19000", "https://developers.cloudflare.com/x", "Change",
        )
        self.assertEqual(service.routes(), ["create"])

    def test_a_chain_of_errors_is_told_whole(self):
        self.refused("status=400,code=6003,message=Invalid request headers,error-chain",
                     "Invalid request headers", "Invalid format for Authorization", "6003", "blank")

    def test_a_rate_limit_without_end_is_given_up(self):
        service = self.refused("status=429,retry-after=1", "throttling", "429", "wait")
        self.assertLessEqual(len(service.requests("create")), 8)

    def test_a_rate_limit_that_is_longer_than_anyone_waits_is_told_at_once(self):
        service = self.refused("status=429,retry-after=9999", "429", "wait")
        self.assertEqual(len(service.requests("create")), 1)

    def test_a_redirect_is_not_followed(self):
        other = listener.Listener()
        self.addCleanup(other.close)
        for status in ("301", "302", "307", "308"):
            self.refused(f"status={status},redirect={other.url}/client/v4/accounts/x/pcaps",
                         status, "API base URL", "redirects are not followed")
        self.assertEqual(other.seen, [])

    def test_an_answer_that_is_too_large_is_refused(self):
        self.refused("huge-json=5000000", "larger than 4194304", "API base URL")

    def test_a_long_message_of_the_service_is_cut_and_the_remedy_stays(self):
        self.refused(f"status=403,code=10000,message={'x' * 5000}", "xxxx", "permission")

    def test_lines_and_control_characters_of_the_service_become_one_line(self):
        self.refused("status=400,code=1,pointer=/x,message=first\nsecond\tthird\x1b[31m\x07",
                     "first second third", "Change")

    def test_success_false_with_status_200_is_a_refusal(self):
        """Like the others: told at once, not taken for a lost answer."""
        service = self.session.serve(
            faults=["POST create: status=400,code=1234,message=account is not entitled"])
        relay = listener.Relay(service, lambda method, _path, _envelope: 200)
        self.addCleanup(relay.close)
        result = self.session.tshark(service, "-w", "out.pcapng", api_url=relay.url)
        self.check_refused(result, "not entitled", "1234", "plan")
        self.assertEqual(len(service.requests("create")), 1)


class AfterAcceptanceTest(harness.TestCase):
    """A section header was written: tshark's exit status can't be 1 any more."""

    def failed(self, options, faults, *parts, code=1, **own):
        """tshark shows what the plugin says, and the plugin's own exit status is `code`."""

        def run(program):
            service = self.session.serve(*options, faults=faults)
            if program == "tshark":
                return self.session.tshark(service, "-w", "out.pcapng", **own)
            return self.session.run(service, **own)

        result, direct = harness.in_parallel(run, ("tshark", "plugin"))
        self.check_line(result.message, *parts)
        self.assertEqual(result.code, 0, result.stderr)
        self.check_failed(direct, code, *parts)
        self.assertEqual(direct.stderr.strip(), result.message)
        return pcapfile.parse((self.session.directory / "out.pcapng").read_bytes())

    def test_a_failed_capture_tells_the_service_s_reason(self):
        self.failed(("--final-status", "failed", "--error-message", "The colo went away"), (),
                    "capture [0-9a-f]{32} failed", "The colo went away", "Widen|again")

    def test_a_failed_capture_without_a_reason_says_so(self):
        self.failed(("--final-status", "failed"), (), "failed", "gives no reason", "again")

    def test_an_empty_capture_is_explained_in_all_its_forms(self):
        for how in ("header", "bytes"):
            file = self.failed(
                ("--packets", "0", "--empty", how), (), "no packets that match",
                r"\d\d:\d\d:\d\d to", "Widen the filter or the time limit", code=4,
                start=FIXED_START,
            )
            self.assertEqual(file.packets, [])
        self.failed(("--packets", "0", "--empty", "failed"), (), "failed", "Widen",
                    start=FIXED_START)

    def test_an_empty_capture_whose_download_is_refused_is_explained(self):
        self.failed(("--packets", "0", "--empty", "404"), (), "404", "no packet matched", "widen",
                    start=FIXED_START)

    def test_a_missing_download_is_explained(self):
        self.failed((), ["GET download: status=404,code=19004,message=There is no such file"],
                    "There is no such file", "404", "again")

    def test_html_instead_of_packets_is_recognised(self):
        self.failed((), ["GET download: html,status=200"], "not a capture file|neither",
                    "HTML", "API base URL")

    def test_json_instead_of_packets_is_recognised(self):
        self.failed((), ["GET download: deep-json=3"], "JSON", "API base URL")

    def test_a_redirected_download_is_not_followed(self):
        other = listener.Listener()
        self.addCleanup(other.close)
        self.failed((), [f"GET download: redirect={other.url}/x"], "302", "redirects")
        self.assertEqual(other.seen, [])

    def test_a_status_that_cannot_be_understood_is_told(self):
        for fault in ("malformed-json", "deep-json=100000", "wrong-type", "wrong-type=fields",
                      "empty-body", "html,status=200"):
            with self.subTest(fault=fault):
                self.failed(("--polls", "1"), [f"GET get: {fault}"], "can't be understood",
                            "API base URL")

    def test_a_capture_filter_that_fits_no_packet_is_told(self):
        service = self.session.serve()
        result = self.session.tshark(service, "-f", "host 8.8.8.8", "-w", "out.pcapng")
        self.check_line(result.message, "none of the 2000 packets", "capture filter", "Widen")


class NetworkTest(harness.TestCase):
    """Failures that are met at once; those that are tried again are in PatienceTest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="cfp-e2e-tls-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.good = make_certificate(cls.folder.name, "good", "IP:127.0.0.1,DNS:localhost")
        cls.other = make_certificate(cls.folder.name, "other", "DNS:other.example")

    def serve_tls(self, pair):
        return self.session.serve("--tls-cert", pair[0], "--tls-key", pair[1])

    def test_an_untrusted_certificate_is_refused(self):
        service = self.serve_tls(self.good)
        result = self.session.tshark(service, "-w", "out.pcapng")
        self.check_refused(result, "127.0.0.1", "certificate", "CA certificates",
                           "credential was not sent")
        self.assertEqual(service.requests(), [])

    def test_a_certificate_for_another_name_is_refused(self):
        service = self.serve_tls(self.other)
        result = self.session.tshark(service, "-w", "out.pcapng", ca_file=self.other[0])
        self.check_refused(result, "127.0.0.1", "certificate|name|subject", "not sent")
        self.assertEqual(service.requests(), [])

    def test_a_certificate_of_the_given_authority_is_taken(self):
        service = self.serve_tls(self.good)
        result = self.session.tshark(service, "-w", "out.pcapng", ca_file=self.good[0])
        self.assertIsNone(result.message)
        self.assertEqual(result.code, 0)
        by_environment = self.session.run(service, environment={"SSL_CERT_FILE": self.good[0]})
        self.check_silent(by_environment)
        self.assertEqual({one["connection"] for one in service.requests()}, {1, 2})

    def test_a_ca_file_that_is_none_is_told(self):
        service = self.serve_tls(self.good)
        for content in ("no certificate", None):
            path = self.session.home / "ca.pem"
            if content:
                self.session.file("ca.pem", content)
            result = self.session.tshark(service, "-w", "out.pcapng", ca_file=path)
            self.check_refused(result, "ca.pem|certificate")
            path.unlink(missing_ok=True)

    def test_plain_http_to_another_host_is_refused_without_a_connection(self):
        for url in ("http://192.0.2.1/client/v4", "http://api.cloudflare.com/client/v4",
                    "http://127.0.0.1.example.com/client/v4"):
            result = self.session.tshark(None, "-w", "x", account_id=ACCOUNT, api_url=url)
            self.check_refused(result, "not encrypted", "https", "API base URL")
            self.assertLess(result.seconds, 5)

    def test_a_url_with_a_user_name_or_a_query_is_refused(self):
        for url in ("https://me:pass@example.com/v4", "https://example.com/v4?x=y"):
            result = self.session.tshark(None, "-w", "x", account_id=ACCOUNT, api_url=url)
            self.check_refused(result, "example.com", "API base URL")
            self.assertNotIn("pass", result.message)


def make_certificate(directory, name, names):
    """A self-signed pair of files for these names."""
    cert, key = (os.path.join(directory, f"{name}.{kind}") for kind in ("pem", "key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )
    return cert, key


class PatienceTest(unittest.TestCase):
    """Failures that are tried again for a while first. All wait at the same time, from the start
    of this module on."""

    CASES = {
        "closed port": lambda s: s.tshark(
            None, "-w", "x", account_id=ACCOUNT, api_url=f"http://127.0.0.1:{free_port()}"),
        "unknown name": lambda s: s.tshark(
            None, "-w", "x", account_id=ACCOUNT, api_url="https://no-such-host.invalid/client/v4",
            environment={"RES_OPTIONS": "timeout:1 attempts:1"}),
        "500 on create": lambda s: s.tshark(
            s.serve(faults=["POST create: status=500,code=1,message=Boom"]), "-w", "x"),
        "502 page for everything": lambda s: s.tshark(
            s.serve(faults=["any: status=502,html"]), "-w", "x"),
        "malformed JSON for everything": lambda s: s.tshark(
            s.serve(faults=["any: malformed-json"]), "-w", "x"),
        "deep JSON for everything": lambda s: s.tshark(
            s.serve(faults=["any: deep-json=100000"]), "-w", "x"),
        "wrong types for everything": lambda s: s.tshark(
            s.serve(faults=["any: wrong-type"]), "-w", "x"),
        "capture vanished": lambda s: s.tshark(
            s.serve("--polls", "5",
                    faults=["GET get: status=404,code=19004,message=No such capture"]), "-w", "x"),
        "503 on download": lambda s: s.tshark(
            s.serve(faults=["GET download: status=503,code=1,message=Boom"]), "-w", "x"),
    }

    check_line = harness.TestCase.check_line

    def check(self, name, code, *parts):
        result, seconds = RUNNING[name].result()
        self.check_line(result.message, *parts)
        self.assertEqual(result.code, code, result.stderr)
        self.assertLess(seconds, 60)
        return seconds

    def test_a_closed_port(self):
        seconds = self.check("closed port", 1, r"127\.0\.0\.1", "connect|refused", "network")
        self.assertGreater(seconds, 5, "it was not tried again")

    def test_a_name_that_does_not_resolve(self):
        self.check("unknown name", 1, r"no-such-host\.invalid", "resolve", "DNS")

    def test_a_failing_service(self):
        self.check("500 on create", 1, "Cloudflare failed", "Boom", "500", "cloudflarestatus")

    def test_an_error_page_instead_of_the_service(self):
        self.check("502 page for everything", 1, "502", "cloudflarestatus")

    def test_malformed_json(self):
        self.check("malformed JSON for everything", 1, "can't be understood", "JSON",
                   "API base URL")

    def test_deeply_nested_json(self):
        self.check("deep JSON for everything", 1, "can't be understood", "nested", "API base URL")

    def test_json_of_other_types(self):
        self.check("wrong types for everything", 1, "can't be understood", "API base URL")

    def test_a_capture_that_vanishes(self):
        self.check("capture vanished", 0, "No such capture", "404", "again")

    def test_a_download_that_fails_for_ever(self):
        self.check("503 on download", 0, "Boom", "503", "cloudflarestatus")


class UsageTest(harness.TestCase):
    """Mistakes of the person's own; nothing is asked of the service."""

    def setUp(self):
        super().setUp()
        self.service = self.session.serve()

    def tearDown(self):
        self.assertEqual(self.service.requests(), [])
        super().tearDown()

    def refused(self, *parts, words=(), **own):
        result = self.session.tshark(self.service, *words, "-w", "x", **own)
        self.check_refused(result, *parts)

    def test_a_bad_capture_filter(self):
        self.refused("capture filter", r"bad \(\(\(", "pcap-filter", words=("-f", "bad ((("))
        self.refused("capture filter", "www.example.com", "address",
                     words=("-f", "host www.example.com"))

    def test_a_full_capture_is_not_there_yet(self):
        self.refused("full capture", "not in this version", "sample", type="full", colo="ORD",
                     destination="s3://bucket/dir?region=us-east-1")
        self.refused("full capture", "not in this version", "sample", type="full")

    def test_a_config_file_that_others_can_read(self):
        path = self.session.config("[default]\npacket-limit=5\n", 0o644)
        self.refused(str(path), "other users", "644", f"chmod 600 {path}")

    def test_a_config_file_that_is_none(self):
        path = self.session.config("packet-limit 5 secret-word\n")
        result = self.session.run(self.service)
        self.check_failed(result, 2, str(path), "key file")
        self.assertNotIn("secret-word", result.stderr)

    def test_an_unknown_section_or_option_of_the_config_file(self):
        for text, name in (("[defaults]\n", "defaults"), ("[default]\ntoken=x\n", "token")):
            path = self.session.config(text)
            self.check_failed(self.session.run(self.service), 2, str(path), name)

    def test_a_bad_value_in_the_config_file_names_its_place(self):
        path = self.session.config("[default]\npacket-limit=0\n[profile p]\ntime-limit=x\n")
        result = self.session.run(self.service)
        self.check_failed(result, 2, str(path), r"\[default\] packet-limit", '"0"', "1 to 10000")
        self.session.config("[profile p]\ntime-limit=x\n")
        result = self.session.run(self.service, profile="p")
        self.check_failed(result, 2, str(path), r"\[profile p\] time-limit", '"x"')

    def test_an_unknown_profile(self):
        self.session.config("[profile home]\n[profile work]\n")
        self.refused("no profile", "office", "home, work", profile="office")

    def test_a_token_file_that_others_can_read(self):
        path = self.session.file("token", TOKEN, 0o644)
        self.refused(str(path), "other users", "chmod 600", api_token_file=path)

    def test_a_token_file_that_is_missing_empty_or_none(self):
        path = self.session.home / "token"
        self.refused("api-token-file", str(path), "No such file", api_token_file=path)
        for content in ("", "\n \n", "two words", "line\nline", "x" * 5000, b"\xff\xfe"):
            self.session.file("token", content)
            result = self.session.run(self.service, api_token_file=path)
            self.check_failed(result, 2, "token")

    def test_a_log_file_that_cannot_be_written(self):
        self.refused("log file", "/nowhere/log", "No such file", log_file="/nowhere/log")

    def test_a_bad_value_of_every_option(self):
        bad = {
            "type": ("all", ""), "time-limit": ("0", "301", "x", "-1", "1.5", "99999999999", " 5"),
            "packet-limit": ("0", "10001", "ten"),
            "start": ("yesterday", "25h", "1h 5m", "2020-01-01T00:00:00Z", "99:99", "-5s",
                      "2999-01-01T00:00:00Z", "2026-02-30 10:00"),
            "source-address": ("192.0.2.256", "www.example.com", "192.0.2.1/24", "192.0.2.0/33",
                               "fe80::1%eth0", "1"),
            "destination-address": ("::g", "192.0.2", "10.0.0.0/"),
            "source-port": ("0", "65536", "http", "-1"), "destination-port": ("0", "70000"),
            "protocol": ("256", "no-such", "-1"),
            "api-token": ("two words", "tab\there", "ümlaut"), "api-key": ("a b",),
            "account-id": ("123", "g" * 32, ACCOUNT + "0", f"{ACCOUNT}\n"),
            "profile": ("no such", "../x"), "email": ("nobody", "a b@c"),
            "format": ("pcapng2", "PCAP"), "turn": ("never",),
            "api-url": ("ftp://example.com", "example.com", "https://", "file:///etc/passwd"),
            "colo": ("x", "1234"), "destination": ("http://x", "s3://"),
            "byte-limit": ("-1", "1000000001"), "log-level": ("loud",),
        }
        cases = [(name, value) for name, values in bad.items() for value in values if value]

        def run(case):
            name, value = case
            return self.session.run(self.service, **{name.replace("-", "_"): value})

        for case, result in zip(cases, harness.in_parallel(run, cases)):
            with self.subTest(case=case):
                self.check_line(result.stderr, ".")
                self.assertEqual(result.code, 2, result.stderr)
                self.assertEqual(result.output, b"")
                named = f"{case[0]}|{case[0].upper().replace('-', '_')}|API base URL"
                self.assertRegex(result.stderr, named)

    def test_a_secret_that_is_not_valid_is_not_repeated(self):
        result = self.session.run(self.service, api_token="my secret")
        self.check_failed(result, 2, "--api-token", "blank")
        self.assertNotIn("secret", result.stderr)

    def test_a_port_with_a_protocol_that_has_none(self):
        self.refused("port", "protocol", "TCP and UDP", protocol="icmp", source_port="80")

    def test_an_unknown_option_still_opens_the_fifo(self):
        result = self.session.run(self.service, "--no-such-option", "x")
        self.check_failed(result, 2, "no-such-option", "--help")

    def test_an_unknown_interface_still_opens_the_fifo(self):
        result = self.session.run(self.service, "--extcap-interface", "eth0")
        self.check_failed(result, 2, "eth0", "cloudflare-pcap")

    def test_a_fifo_that_cannot_be_opened_is_told(self):
        result = self.session.call("--capture", "--extcap-interface", "cloudflare-pcap", "--fifo",
                                   "/nowhere/fifo")
        self.check_failed(result, 1, "/nowhere/fifo", "No such file")
        result = self.session.call("--capture", "--extcap-interface", "cloudflare-pcap")
        self.check_failed(result, 2, "--fifo is missing")


class OutputTest(harness.TestCase):
    def command(self, path):
        service = self.session.serve()
        return [harness.PLUGIN, "--capture", "--extcap-interface", harness.INTERFACE, "--fifo",
                path, "--account-id", ACCOUNT, "--api-url", service.url]

    def test_a_full_disk_is_told(self):
        result = self.session.call(*self.command("/dev/full")[1:])
        self.check_failed(result, 1, "/dev/full", "No space left", "room")

    def test_a_capture_that_fails_leaves_the_file_that_is_there(self):
        kept = self.session.file("kept.pcapng", "an older capture")
        for words in (("--api-token", "wrong"), ("--packet-limt", "5"), ("--time-limit", "0")):
            with self.subTest(words=words):
                result = self.session.call(*self.command(str(kept))[1:], *words)
                self.assertNotEqual(result.code, 0)
                self.assertEqual(kept.read_text(), "an older capture")
        self.check_silent(self.session.call(*self.command(str(kept))[1:]))
        self.assertTrue(kept.read_bytes().startswith(b"\n\r\r\n"))
        self.assertNotIn(b"older capture", kept.read_bytes())

    def test_standard_output_is_left_as_it_was(self):
        """Whoever shares it would have its writes fail."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        before = fcntl.fcntl(writer, fcntl.F_GETFL)
        process = harness.start(self.command("-"), stdout=writer, stderr=subprocess.PIPE,
                                env=self.session.environment())
        self.addCleanup(harness.end, process)
        while process.poll() is None:
            if select.select([reader], [], [], 0.05)[0]:
                os.read(reader, 65536)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(fcntl.fcntl(writer, fcntl.F_GETFL), before)
        os.close(writer)

    def test_ca_certificates_that_are_not_there_are_told(self):
        service = self.session.serve()
        result = self.session.run(service, "--ca-file", "/nowhere/ca.pem")
        self.check_failed(result, 2, "/nowhere/ca.pem", "--ca-file", "No such file")

    def test_a_pipe_that_nobody_reads_any_more_is_a_stop(self):
        process = harness.start(self.command("-"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.session.environment())
        self.addCleanup(harness.end, process)
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(process.stderr.read(), b"")
