# SPDX-License-Identifier: GPL-2.0-or-later
"""Every call that Wireshark makes, with the words and in the orders in which it makes them."""

import re

import harness
import sentences
from harness import INTERFACE

NO_TYPES_FOR_4_0 = {"editselector", "timestamp", "table"}
PLAIN_TYPES = {"string", "password", "fileselect"}
NUMBER_TYPES = {"integer", "unsigned", "long", "double"}
OTHER_TYPES = {"selector", "radio", "multicheck", "boolean", "boolflag"}
CONFIG = ("--extcap-config", "--extcap-interface", INTERFACE)


class CallTest(harness.TestCase):
    def answer(self, *words, environment=None):
        """The sentences of a call; it must end well and say nothing on stderr."""
        result = self.session.call(*words, environment=environment)
        self.check_silent(result)
        return sentences.parse(result.output)


class InterfacesTest(CallTest):
    def test_interfaces_are_listed_for_every_version_and_without_one(self):
        want = self.answer("--extcap-interfaces")
        for version in ("4.0", "4.2", "4.4", "4.6", "5.12"):
            words = ("--extcap-interfaces", f"--extcap-version={version}")
            self.assertEqual(self.answer(*words), want)
            self.assertEqual(self.answer(*reversed(words)), want)
        self.assertEqual(self.answer("--extcap-interfaces", "--extcap-version", "4.6"), want)

    def test_the_extcap_line_comes_first_and_the_interface_once(self):
        found = self.answer("--extcap-interfaces", "--extcap-version=4.0")
        self.assertEqual([one.keyword for one in found[:2]], ["extcap", "interface"])
        self.assertEqual({one.keyword for one in found[2:]} - {"control"}, set())
        self.assertEqual(found[1]["value"], INTERFACE)
        self.assertRegex(found[0]["version"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(found[0]["help"], r"^(https|file)://")
        # It becomes part of the name of a temporary file.
        self.assertRegex(found[1]["display"], r"^[^/]{1,40}$")

    def test_unknown_options_of_a_newer_wireshark_are_ignored_anywhere(self):
        futures = (
            ("--extcap-future",),
            ("--extcap-future", "value"),
            ("--extcap-future=value",),
            ("--extcap-config-option-name", "N", "--extcap-config-option-value", "V"),
        )
        calls = (
            ("--extcap-interfaces", "--extcap-version=9.9"),
            ("--extcap-dlts", "--extcap-interface", INTERFACE),
            CONFIG,
        )
        for call in calls:
            want = self.answer(*call)
            for future in futures:
                self.assertEqual(self.answer(*call, *future), want, (call, future))
                self.assertEqual(self.answer(*future, *call), want, (call, future))

    def test_link_types_are_listed_in_either_order_of_the_words(self):
        first = self.answer("--extcap-dlts", "--extcap-interface", INTERFACE)
        second = self.answer("--extcap-interface", INTERFACE, "--extcap-dlts")
        self.assertEqual(first, second)
        self.assertEqual({one.keyword for one in first}, {"dlt"})
        numbers = [one["number"] for one in first]
        self.assertEqual(len(set(numbers)), len(numbers))

    def test_an_unknown_interface_is_refused_with_one_line(self):
        for call in ("--extcap-dlts", "--extcap-config"):
            result = self.session.call(call, "--extcap-interface", "eth0")
            self.check_line(result.stderr, "eth0", INTERFACE)
            self.assertNotEqual(result.code, 0)
            self.assertEqual(result.output, b"")


class DialogTest(CallTest):
    def setUp(self):
        super().setUp()
        self.sentences = self.answer(*CONFIG)
        self.args = [one for one in self.sentences if one.keyword == "arg"]
        self.values = [one for one in self.sentences if one.keyword == "value"]

    def test_the_dialog_is_described_in_either_order_of_the_words(self):
        other = self.answer("--extcap-interface", INTERFACE, "--extcap-config")
        self.assertEqual(other, self.sentences)
        self.assertEqual({one.keyword for one in self.sentences}, {"arg", "value"})

    def test_calls_have_only_safe_characters_and_stay_unique_without_dashes(self):
        calls = [one["call"] for one in self.args]
        for call in calls:
            self.assertRegex(call, r"^--[a-z0-9][a-z0-9-]*$")
        names = [call.replace("-", "") for call in calls]
        self.assertEqual(len(set(names)), len(names))

    def test_arg_numbers_are_unique_and_every_value_belongs_to_a_selector_before_it(self):
        numbers = [one["number"] for one in self.args]
        self.assertEqual(len(set(numbers)), len(numbers))
        seen = {}
        for one in self.sentences:
            if one.keyword == "arg":
                seen[one["number"]] = one["type"]
            else:
                self.assertIn(seen.get(one["arg"]), ("selector", "radio", "multicheck"))

    def test_types_are_those_that_wireshark_4_0_knows(self):
        types = {one["type"] for one in self.args}
        self.assertEqual(types & NO_TYPES_FOR_4_0, set())
        self.assertLessEqual(types, PLAIN_TYPES | NUMBER_TYPES | OTHER_TYPES)

    def test_every_arg_has_a_group_and_the_groups_hang_together(self):
        groups = [one.get("group") for one in self.args]
        self.assertNotIn(None, groups)
        changes = [one for i, one in enumerate(groups) if i == 0 or groups[i - 1] != one]
        self.assertEqual(len(set(changes)), len(changes), changes)
        self.assertEqual(changes[:4], ["Capture", "Filter", "Account", "Full capture"])

    def test_nothing_required_has_a_default_and_everything_is_saved(self):
        for one in self.args:
            self.assertFalse("default" in one and one.get("required") == "true", one)
            self.assertNotEqual(one.get("save"), "false", one)

    def test_secrets_are_password_fields_without_a_default(self):
        args = sentences.by_name(self.sentences)
        for name in ("api-token", "api-key"):
            self.assertEqual(args[name]["type"], "password")
            self.assertNotIn("default", args[name])

    def test_number_defaults_lie_within_their_ranges(self):
        numbers = [one for one in self.args if one["type"] in NUMBER_TYPES]
        self.assertTrue(numbers)
        for one in numbers:
            low, high = map(int, one["range"].split(","))
            self.assertTrue(low <= int(one["default"]) <= high, one)
            self.assertLess(high, 2**31)

    def test_validations_compile_accept_the_default_and_refuse_rubbish(self):
        checked = [one for one in self.args if "validation" in one]
        self.assertTrue(checked)
        for one in checked:
            pattern = re.compile(one["validation"])
            if one.get("default"):
                self.assertRegex(one["default"], pattern)
            self.assertIsNone(pattern.search(" !bad value! "), one)

    def test_every_selector_has_exactly_one_default_and_no_value_twice(self):
        for one in self.args:
            if one["type"] != "selector":
                continue
            own = [value for value in self.values if value["arg"] == one["number"]]
            self.assertEqual([value.get("default") for value in own].count("true"), 1, one)
            self.assertEqual(len({value["value"] for value in own}), len(own))

    def test_declared_defaults_are_those_of_the_help(self):
        text = self.session.call("--help").text
        for name, value in sentences.defaults(self.sentences).items():
            line = next(row for row in text.splitlines() if re.match(rf"  --{name}\s", row))
            said = re.search(r"\(default: (.*?)\)", line)
            self.assertEqual(said and said[1], value, line)

    def test_declared_defaults_given_explicitly_change_nothing_in_the_request(self):
        """Wireshark leaves out what equals the default, tshark passes it."""
        service = self.session.serve()
        given = {
            name.replace("-", "_"): value
            for name, value in sentences.defaults(self.sentences).items()
            if value is not None and name != "api-url"
        }
        self.check_silent(self.session.run(service))
        self.check_silent(self.session.run(service, **given))
        first, second = service.requests("create")
        self.assertEqual(first["body"], second["body"])
        self.assertEqual(first["headers"], second["headers"])


class DefaultsTest(CallTest):
    def defaults(self, environment=None):
        return sentences.defaults(self.answer(*CONFIG, environment=environment))

    def test_defaults_come_from_the_environment(self):
        environment = self.session.environment(
            CLOUDFLARE_ACCOUNT_ID=harness.ACCOUNT,
            CLOUDFLARE_EMAIL="someone@example.com",
            CLOUDFLARE_BASE_URL="https://api.example.com/v4",
        )
        found = self.defaults(environment)
        self.assertEqual(found["account-id"], harness.ACCOUNT)
        self.assertEqual(found["email"], "someone@example.com")
        self.assertEqual(found["api-url"], "https://api.example.com/v4")

    def test_a_value_of_the_environment_that_is_not_valid_is_no_default(self):
        found = self.defaults(self.session.environment(CLOUDFLARE_ACCOUNT_ID="x} {y"))
        self.assertIsNone(found["account-id"])

    def test_defaults_come_from_the_config_file_and_the_environment_is_stronger(self):
        self.session.config(
            "[default]\npacket-limit=500\ntype=full\nformat=pcap\nprotocol=udp\n"
            f"account-id={'a' * 32}\n[profile other]\ntime-limit=5\n"
        )
        environment = self.session.environment(CLOUDFLARE_ACCOUNT_ID=harness.ACCOUNT)
        found = self.defaults(environment)
        self.assertEqual(found["packet-limit"], "500")
        self.assertEqual(found["type"], "full")
        self.assertEqual(found["format"], "pcap")
        self.assertEqual(found["protocol"], "udp")
        self.assertEqual(found["account-id"], harness.ACCOUNT)
        self.assertEqual(found["time-limit"], "60")

    def test_secrets_of_the_environment_and_the_config_file_are_never_said(self):
        self.session.config(
            "[default]\napi-token=secret-in-file\napi-key=key-in-file\npacket-limit=77\n"
        )
        environment = self.session.environment(
            CLOUDFLARE_API_TOKEN="secret-in-environment", CLOUDFLARE_API_KEY="key-in-environment"
        )
        calls = (CONFIG, (*CONFIG, "--extcap-reload-option", "type"), ("--extcap-interfaces",),
                 ("--help",))
        for words in calls:
            result = self.session.call(*words, environment=environment)
            self.check_silent(result)
            self.assertNotRegex(result.text, "(secret|key)-in-")
        self.assertEqual(self.defaults(environment)["packet-limit"], "77")

    def test_a_config_file_that_cannot_be_used_leaves_the_built_in_defaults(self):
        for text, mode in (("[default]\npacket-limit=5\n", 0o644), ("no key file", 0o600)):
            self.session.config(text, mode)
            self.assertEqual(self.defaults()["packet-limit"], "10000")


class OtherCallsTest(CallTest):
    def test_reload_answers_with_the_values_of_that_selector_only(self):
        found = self.answer(*CONFIG)
        args = sentences.by_name(found)
        for name in ("type", "format", "turn"):
            want = [one for one in found if one.get("arg") == args[name]["number"]]
            got = self.answer(*CONFIG, "--extcap-reload-option", name, "--api-token", "secret",
                              "--time-limit", "60", "--account-id", "not checked here")
            self.assertEqual(got, want)

    def test_reload_of_anything_else_answers_nothing(self):
        for name in ("account-id", "no-such-option", ""):
            self.assertEqual(self.answer(*CONFIG, "--extcap-reload-option", name), [])

    def check_filter(self, text):
        result = self.session.call("--extcap-capture-filter", text, "--extcap-interface", INTERFACE)
        self.assertEqual((result.code, result.stderr), (0, ""))
        return result.text

    def test_a_valid_capture_filter_is_answered_by_nothing(self):
        good = ("tcp port 443", "host 192.0.2.1 and not icmp", "net 192.0.2.0/24", "ip6",
                "src host 2001:db8::1", "tcp[tcpflags] & tcp-syn != 0", "udp portrange 1-1024",
                "ip proto gre", "less 100", "ether host 00:00:5e:00:53:01", "port domain")
        for text in good:
            self.assertEqual(self.check_filter(text), "", text)

    def test_an_invalid_capture_filter_is_answered_by_one_line(self):
        for text in ("tcp port", "bad (((", "tcp portt 443", "host", "and", "ip.addr == 1.2.3.4"):
            self.check_line(self.check_filter(text), ".")

    def test_a_host_name_in_a_capture_filter_is_refused_without_a_look_up(self):
        for text in ("host www.example.com", "tcp and src example", "net mynet"):
            answer = self.check_filter(text)
            self.check_line(answer, re.escape(text.split()[-1]), "not looked up")

    def test_the_capture_filter_check_takes_its_words_in_either_order(self):
        result = self.session.call(
            "--extcap-interface", INTERFACE, "--extcap-capture-filter", "port ("
        )
        self.assertEqual(result.code, 0)
        self.check_line(result.text, ".")

    def test_version_is_one_line(self):
        for word in ("--version", "-v"):
            result = self.session.call(word)
            self.check_silent(result)
            self.assertRegex(result.text, r"^cloudflare-pcap \d+\.\d+\.\d+\n$")

    def test_help_names_every_option_and_call(self):
        found = sentences.by_name(self.answer(*CONFIG))
        for word in ("--help", "-h"):
            result = self.session.call(word)
            self.check_silent(result)
            for name in (*found, "extcap-interfaces", "extcap-config", "extcap-dlts", "capture",
                         "fifo", "extcap-capture-filter", "extcap-cleanup-postkill"):
                self.assertRegex(result.text, rf"--{name}\b")
            self.assertLessEqual(max(map(len, result.text.splitlines())), 200)

    def test_clean_up_after_a_kill_needs_no_other_word(self):
        result = self.session.call("--extcap-cleanup-postkill")
        self.check_silent(result)
        self.assertEqual(result.output, b"")

    def test_no_call_and_an_unknown_option_are_one_line_and_a_failure(self):
        for words in ((), ("--no-such-option",), ("word",), ("--extcap-interfaces", "--nonsense")):
            result = self.session.call(*words)
            self.check_line(result.stderr, ".")
            self.assertEqual(result.code, 2, words)
            self.assertEqual(result.output, b"")

    def test_the_calls_work_from_any_directory_without_a_home(self):
        environment = {"PATH": "/usr/bin:/bin"}
        for words in (("--extcap-interfaces", "--extcap-version=4.0"), CONFIG):
            self.assertTrue(self.answer(*words, environment=environment))


class TsharkListsTest(CallTest):
    def tshark(self, *words):
        process = harness.start(
            [harness.tshark_path(), *words],
            stdout=harness.subprocess.PIPE,
            stderr=harness.subprocess.PIPE,
            env=self.session.environment(),
        )
        self.addCleanup(harness.end, process)
        output, stderr = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, stderr)
        return output.decode()

    def test_tshark_lists_the_interface_once(self):
        found = re.findall(rf"{INTERFACE} \(Cloudflare Magic Transit\)", self.tshark("-D"))
        self.assertEqual(len(found), 1)

    def test_tshark_lists_the_link_types(self):
        text = self.tshark("-i", INTERFACE, "-L")
        for one in self.answer("--extcap-dlts", "--extcap-interface", INTERFACE):
            self.assertIn(f"{one['name']} ({one['display']})", text)

    def test_tshark_has_one_preference_for_every_arg(self):
        text = self.tshark("-G", "currentprefs")
        names = re.findall(r"^#?extcap\.cloudflare_pcap\.([a-z0-9_.]+):", text, re.MULTILINE)
        args = sentences.by_name(self.answer(*CONFIG))
        self.assertEqual(sorted(names), sorted(name.replace("-", "") for name in args))

    def test_tshark_prints_no_complaint_about_a_sentence(self):
        for words in (("-D",), ("-i", INTERFACE, "-L")):
            self.assertNotRegex(self.tshark(*words), "(?i)invalid|couldn't|dropped")
