# SPDX-License-Identifier: GPL-2.0-or-later
"""Credentials: where they come from, and all the places where they must not be."""

import os
import pathlib
import subprocess
import tempfile

import harness
import listener
import pcapfile
from harness import ACCOUNT

SECRET = "s3cr3t-T0ken-0123456789abcdefghijklmnop"
KEY = "0123456789abcdef0123456789abcdef01234"
EMAIL = "someone@example.com"
NO_TOKEN = {"CLOUDFLARE_API_TOKEN": None}


class SecretTest(harness.TestCase):
    def serve(self, *options, faults=()):
        return self.session.serve("--token", SECRET, *options, faults=faults)

    def check_nowhere(self, secret, *texts):
        for text in texts:
            data = text if isinstance(text, bytes) else text.encode()
            self.assertNotIn(secret.encode(), data)
            self.assertNotIn(secret.encode()[4:-4], data)

    def log(self):
        """The plugin's log: it must hold something, or the test says nothing."""
        text = (self.session.directory / "plugin.log").read_text()
        self.assertIn("/pcaps", text)
        return text

    @property
    def log_options(self):
        return {"log_level": "debug", "log_file": self.session.directory / "plugin.log"}


class ArgvTest(SecretTest):
    def check_scrubbed(self, *words):
        """Another user's ps sees the words of argv for as long as the process lives."""
        service = self.serve("--polls", "1000")
        capture = self.session.capture(service, *words, environment=NO_TOKEN)
        capture.read(until=bool)
        line = pathlib.Path(f"/proc/{capture.pid}/cmdline").read_bytes()
        self.assertIn(b"--capture", line)
        self.check_nowhere(SECRET, line)
        self.check_nowhere(KEY, line)
        capture.close_reader()
        self.check_silent(capture.wait())

    def test_a_token_given_as_a_word_of_its_own_is_overwritten(self):
        self.check_scrubbed("--api-token", SECRET, "--api-key", KEY)

    def test_a_token_given_behind_an_equals_sign_is_overwritten(self):
        self.check_scrubbed(f"--api-token={SECRET}", f"--api-key={KEY}")

    def test_a_bucket_with_keys_in_the_config_file_is_neither_declared_nor_passed(self):
        """The dialog's defaults come back in argv."""
        self.session.config("[default]\ndestination=r2://b?account-id=a&access-key-id=k"
                            f"&secret-access-key={SECRET}\n")
        result = self.session.call("--extcap-config", "--extcap-interface", harness.INTERFACE)
        self.assertIn("--destination", result.text)
        self.check_nowhere(SECRET, result.output)

    def test_a_bucket_with_keys_is_overwritten(self):
        self.check_scrubbed("--destination", f"r2://b?access-key-id=k&secret-access-key={SECRET}",
                            "--api-token", SECRET)

    def test_a_token_given_twice_is_overwritten_twice(self):
        self.check_scrubbed("--api-token", SECRET[::-1], "--api-token", SECRET)

    def test_a_token_behind_a_mistake_is_overwritten_too(self):
        capture = self.session.capture(None, "--nonsense", "--api-token", SECRET,
                                       has_reader=False)
        path = pathlib.Path(f"/proc/{capture.pid}/cmdline")
        harness.wait_until(lambda: b"--nonsense" in path.read_bytes()
                           and SECRET.encode() not in path.read_bytes(), 5, "the overwriting")
        capture.stop()
        result = capture.wait()
        self.check_nowhere(SECRET, result.stderr)

    def test_the_token_is_gone_from_argv_before_the_fifo_is_opened(self):
        capture = self.session.capture(None, "--api-token", SECRET, has_reader=False)
        path = pathlib.Path(f"/proc/{capture.pid}/cmdline")
        harness.wait_until(lambda: b"--capture" in path.read_bytes()
                           and SECRET.encode() not in path.read_bytes(), 5, "the overwriting")
        capture.stop()
        self.check_silent(capture.wait())


class LeakTest(SecretTest):
    def test_the_token_is_in_no_log_output_or_url(self):
        service = self.serve("--polls", "1")
        result = self.session.run(service, api_token=SECRET, environment=NO_TOKEN,
                                  **self.log_options)
        self.check_silent(result)
        self.check_nowhere(SECRET, result.output, self.log(), service.log_path.read_bytes())
        for request in service.requests():
            self.assertIsNone(request["query"])
            self.assertEqual(request["auth"], "token")

    def test_the_key_is_in_no_log_output_or_url(self):
        service = self.session.serve("--email", EMAIL, "--key", KEY)
        environment = {**NO_TOKEN, "CLOUDFLARE_EMAIL": EMAIL, "CLOUDFLARE_API_KEY": KEY}
        result = self.session.run(service, environment=environment, **self.log_options)
        self.check_silent(result)
        self.check_nowhere(KEY, result.output, self.log(), service.log_path.read_bytes())
        self.assertEqual({one["auth"] for one in service.requests()}, {"key"})
        for request in service.requests():
            self.assertNotIn("Authorization", request["headers"])

    def test_an_echoed_token_is_redacted(self):
        for route in ("POST create", "GET get", "GET download"):
            with self.subTest(route=route):
                service = self.serve("--polls", "0", faults=[f"{route}: status=403,echo-token"])
                result = self.session.run(
                    service, environment={"CLOUDFLARE_API_TOKEN": SECRET}, **self.log_options)
                self.check_failed(result, 1, "A fault of the test service", "10000")
                self.check_nowhere(SECRET, result.stderr, result.output, self.log())

    def test_an_echoed_key_is_redacted(self):
        service = self.session.serve("--email", EMAIL, "--key", KEY,
                                     faults=["POST create: status=400,code=9,pointer=/x,"
                                             "echo-token"])
        environment = {**NO_TOKEN, "CLOUDFLARE_EMAIL": EMAIL, "CLOUDFLARE_API_KEY": KEY}
        result = self.session.run(service, environment=environment, **self.log_options)
        self.check_failed(result, 1, "A fault of the test service")
        self.check_nowhere(KEY, result.stderr, self.log())

    def test_a_token_that_the_service_refuses_is_in_no_message(self):
        service = self.session.serve()
        result = self.session.tshark(service, "-w", "out.pcapng",
                                     environment={"CLOUDFLARE_API_TOKEN": SECRET},
                                     **self.log_options)
        self.check_refused(result, "Invalid access token")
        self.check_nowhere(SECRET, result.stderr, result.output, self.log())

    def test_the_log_file_is_private(self):
        self.check_silent(self.session.run(self.session.serve(), **self.log_options))
        mode = (self.session.directory / "plugin.log").stat().st_mode
        self.assertEqual(mode & 0o777, 0o600)


class ForeignHostTest(SecretTest):
    ENVIRONMENT = {"CLOUDFLARE_API_TOKEN": SECRET}

    def setUp(self):
        super().setUp()
        self.other = listener.Listener(502)
        self.addCleanup(self.other.close)

    def proxies(self):
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
                 "ALL_PROXY")
        return {**self.ENVIRONMENT, **dict.fromkeys(names, self.other.url)}

    def test_a_redirect_target_hears_nothing(self):
        for route in ("POST create", "GET get", "GET download"):
            service = self.serve("--polls", "0", faults=[
                f"{route}: status=307,code=5,redirect={self.other.url}/client/v4"])
            result = self.session.run(service, environment=self.ENVIRONMENT)
            self.assertEqual(result.code, 1)
        self.assertEqual(self.other.seen, [])

    def test_a_proxy_never_sees_a_plain_request_to_this_machine(self):
        service = self.serve()
        self.check_silent(self.session.run(service, environment=self.proxies()))
        self.assertEqual(self.other.seen, [])

    def test_a_proxy_sees_the_host_of_an_encrypted_request_and_nothing_else(self):
        result = self.session.capture(None, account_id=ACCOUNT,
                                      api_url="https://api.invalid/client/v4",
                                      environment=self.proxies())
        harness.wait_until(lambda: self.other.seen, 10, "a request to the proxy")
        result.close_reader()
        self.check_silent(result.wait())
        for request in self.other.seen:
            self.assertTrue(request.startswith("CONNECT api.invalid:443 "), request)
            self.check_nowhere(SECRET, request)
            self.assertNotIn("uthorization: Bearer", request)

    def test_nothing_is_sent_to_a_host_with_a_wrong_certificate(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = f"{folder}/c.pem", f"{folder}/k.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=x", "-addext",
                 "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                check=True, capture_output=True,
            )
            service = self.serve("--tls-cert", cert, "--tls-key", key)
            result = self.session.run(service, environment=self.ENVIRONMENT)
        self.check_failed(result, 1, "certificate", "not sent")
        self.assertEqual(service.requests(), [])

    def test_a_netrc_file_is_not_used(self):
        self.session.file(".netrc", "machine 127.0.0.1 login me password netrc-word\n")
        service = self.serve()
        self.check_silent(self.session.run(service, environment=self.ENVIRONMENT))
        self.assertEqual({one["auth"] for one in service.requests()}, {"token"})


class TokenFileTest(SecretTest):
    def run_with(self, content, mode=0o600, **own):
        path = self.session.file("my token", content, mode)
        service = self.serve()
        return service, self.session.run(service, api_token_file=path, environment=NO_TOKEN, **own)

    def test_a_token_file_works_with_tshark(self):
        path = self.session.file("my token", f"{SECRET}\n")
        service = self.serve()
        result = self.session.tshark(service, "-w", "out.pcapng", api_token_file=path,
                                     environment=NO_TOKEN)
        self.assertIsNone(result.message)
        self.assertEqual(result.code, 0)
        file = pcapfile.parse((self.session.directory / "out.pcapng").read_bytes())
        self.assertEqual(len(file.packets), 2000)

    def test_blanks_and_line_ends_around_the_token_do_not_matter(self):
        for content in (SECRET, f"{SECRET}\n", f"  {SECRET}\r\n\n"):
            _service, result = self.run_with(content)
            self.check_silent(result)

    def test_a_token_file_that_others_may_read_or_write_is_refused(self):
        for mode in (0o644, 0o640, 0o604, 0o620, 0o602):
            service, result = self.run_with(SECRET, mode)
            self.check_failed(result, 2, "my token", "other users", f"{mode:03o}", "chmod 600")
            self.check_nowhere(SECRET, result.stderr)
            self.assertEqual(service.requests(), [])

    def test_a_token_file_can_be_a_pipe_of_a_password_manager(self):
        read_end, write_end = os.pipe()
        os.write(write_end, f"{SECRET}\n".encode())
        os.close(write_end)
        service = self.serve()
        words = ["--capture", "--extcap-interface", harness.INTERFACE, "--fifo", "-",
                 "--account-id", ACCOUNT, "--api-url", service.url,
                 "--api-token-file", f"/dev/fd/{read_end}"]
        process = harness.start([harness.PLUGIN, *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, pass_fds=[read_end],
                                env=self.session.environment(**NO_TOKEN))
        self.addCleanup(harness.end, process)
        os.close(read_end)
        output, stderr = process.communicate(timeout=30)
        self.assertEqual((process.returncode, stderr), (0, b""))
        self.assertEqual(len(pcapfile.parse(output).packets), 2000)


class PrecedenceTest(SecretTest):
    """Command line, then environment, then profile, then default."""

    PLACES = ("argument", "environment", "profile", "default")

    def run_with(self, service, option, variable, values, **more):
        """values: by place; a place that is missing there says nothing."""
        self.session.config(
            f"[default]\n{option}={values.get('default', '')}\n"
            f"[profile p]\n{option}={values.get('profile', '')}\n"
        )
        own = {"profile": "p", **more}
        environment = {**NO_TOKEN}
        if "argument" in values:
            own[option.replace("-", "_")] = values["argument"]
        if variable:
            environment[variable] = values.get("environment")
        return self.session.run(service, environment=environment, **own)

    def test_a_token_of_a_stronger_place_wins(self):
        for number, place in enumerate(self.PLACES):
            with self.subTest(place=place):
                values = {one: f"wrong-{one}" for one in self.PLACES[number:]}
                values[place] = SECRET
                self.check_silent(
                    self.run_with(self.serve(), "api-token", "CLOUDFLARE_API_TOKEN", values))

    def test_a_token_file_of_a_stronger_place_wins_over_a_token_of_a_weaker(self):
        path = self.session.file("token", SECRET)
        result = self.session.run(self.serve(), api_token_file=path,
                                  environment={"CLOUDFLARE_API_TOKEN": "wrong"})
        self.check_silent(result)

    def test_a_token_wins_over_a_key_of_the_same_place(self):
        result = self.session.run(self.serve(), environment={
            "CLOUDFLARE_API_TOKEN": SECRET, "CLOUDFLARE_EMAIL": EMAIL, "CLOUDFLARE_API_KEY": KEY})
        self.check_silent(result)

    def test_an_account_of_a_stronger_place_wins(self):
        for number, place in enumerate(self.PLACES):
            with self.subTest(place=place):
                values = {one: "f" * 32 for one in self.PLACES[number:]}
                values[place] = ACCOUNT
                service = self.session.serve()
                self.session.config(
                    f"[default]\napi-token={harness.TOKEN}\n"
                    f"account-id={values.get('default', '')}\n"
                    f"[profile p]\naccount-id={values.get('profile', '')}\n"
                )
                result = self.session.run(
                    service, profile="p", account_id=values.get("argument"),
                    environment={**NO_TOKEN, "CLOUDFLARE_ACCOUNT_ID": values.get("environment")})
                self.check_silent(result)
                self.assertIn(f"/accounts/{ACCOUNT}/", service.requests()[0]["path"])

    def limit_with(self, values, **more):
        service = self.session.serve()
        self.session.config(
            f"[default]\npacket-limit={values.get('default', '')}\n"
            f"[profile p]\npacket-limit={values.get('profile', '')}\n"
        )
        self.check_silent(
            self.session.run(service, packet_limit=values.get("argument"), **more))
        return service.requests("create")[0]["body"]["packet_limit"]

    def test_a_plain_option_of_a_stronger_place_wins(self):
        values = {"argument": "11", "profile": "22", "default": "33"}
        self.assertEqual(self.limit_with(values, profile="p"), 11)
        del values["argument"]
        self.assertEqual(self.limit_with(values, profile="p"), 22)
        self.assertEqual(self.limit_with(values), 33)
        self.assertEqual(self.limit_with({"default": "33"}, profile="p"), 33)
        self.assertEqual(self.limit_with({"profile": "22"}), 10000)

    def test_a_default_that_tshark_passes_does_not_hide_the_profile(self):
        """tshark passes every declared default as if the person had typed it."""
        service = self.session.serve()
        self.session.config("[default]\npacket-limit=33\n[profile p]\npacket-limit=22\n")
        result = self.session.tshark(service, "-w", "out.pcapng", profile="p")
        self.assertIsNone(result.message)
        self.assertEqual(service.requests("create")[0]["body"]["packet_limit"], 22)

    def test_the_base_url_comes_from_the_environment_and_the_config_file(self):
        service = self.session.serve()
        environment = {"CLOUDFLARE_BASE_URL": f"{service.url}/"}
        self.check_silent(self.session.run(None, account_id=ACCOUNT, environment=environment))
        self.session.config(f"[default]\napi-url={service.url}\naccount-id={ACCOUNT}\n")
        self.check_silent(self.session.run())
        result = self.session.tshark(None, "-w", "out.pcapng")
        self.assertIsNone(result.message)
        self.assertEqual(len(service.requests("create")), 3)

    def test_e_mail_and_key_work_from_every_place(self):
        options = ("--email", EMAIL, "--key", KEY)
        service = self.session.serve(*options)
        self.check_silent(self.session.run(service, "--api-key", KEY, email=EMAIL,
                                           environment=NO_TOKEN))
        self.session.config(f"[profile old]\nemail={EMAIL}\napi-key={KEY}\n")
        self.check_silent(self.session.run(service, profile="old", environment=NO_TOKEN))
        self.assertEqual({one["auth"] for one in service.requests()}, {"key"})
