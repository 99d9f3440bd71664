/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/settings.h"

#include <unistd.h>

#include "base/text.h"
#include "support/asserts.h"
#include "support/scratch.h"

#define ACCOUNT "0123456789abcdef0123456789abcdef"
#define NOW G_GINT64_CONSTANT(1795262400000000) /* 2026-11-21T12:00:00Z */

/* ---- the four places ---------------------------------------------------------------------------
 */

typedef struct {
    CfpScratch scratch;
    CfpConfig *config;
    CfpArguments arguments;
} Fixture;

static void
clear_environment(void)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++)
        if (cfp_option(id)->environment)
            g_unsetenv(cfp_option(id)->environment);
}

static void
clear_fixture(Fixture *self)
{
    cfp_config_free(self->config);
    cfp_scratch_clear(&self->scratch);
    clear_environment();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, clear_fixture)

/* text: of the config file; NULL: none. */
static Fixture
new_fixture(const char *text)
{
    Fixture self = {.scratch = cfp_scratch_new()};
    g_autofree char *path = cfp_scratch_write(&self.scratch, "config", text ? text : "", 0600);
    g_autoptr(GError) error = NULL;

    clear_environment();
    if (text)
        self.config = cfp_config_load(path, &error);
    ASSERT_NO_ERROR(error);
    return self;
}

static CfpSettings *
settle(const Fixture *self)
{
    g_autoptr(GError) error = NULL;
    CfpSettings *settings = cfp_settings_new(&self->arguments, self->config, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(settings != NULL);
    return settings;
}

static void
settle_fails(const Fixture *self, GQuark domain, int code, const char *origin)
{
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(cfp_settings_new(&self->arguments, self->config, &error) == NULL);
    ASSERT_ERROR(error, domain, code);
    ASSERT_CONTAINS(error->message, origin);
}

static void
check_get(const Fixture *self, CfpOptionId id, const char *expected)
{
    g_autoptr(CfpSettings) settings = settle(self);

    ASSERT_STR(cfp_settings_get(settings, id), expected);
}

static void
test_built_in(void)
{
    g_auto(Fixture) f = new_fixture(NULL);
    g_autoptr(CfpSettings) settings = settle(&f);

    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_TYPE), "sample");
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_TIME_LIMIT), "60");
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_PACKET_LIMIT), "10000");
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_START), "now");
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_FORMAT), "pcapng");
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_API_URL),
               "https://api.cloudflare.com/client/v4");
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_ACCOUNT_ID), NULL);
    ASSERT_STR(cfp_settings_get(settings, CFP_OPTION_LOG_FILE), NULL);
    ASSERT_TRUE(cfp_settings_turn(settings) == CFP_TURN_WAIT);
    cfp_settings_free(NULL);
}

/* Argument, environment, profile, default section, built-in: each place is the strongest when those
 * before it are taken away. */
static void
test_precedence(void)
{
    g_auto(Fixture) f = new_fixture("[default]\nemail=default@example.com\n"
                                    "[profile p]\nemail=profile@example.com\n");

    f.arguments.values[CFP_OPTION_PROFILE] = "p";
    f.arguments.values[CFP_OPTION_EMAIL] = "argument@example.com";
    g_setenv("CLOUDFLARE_EMAIL", "environment@example.com", TRUE);
    check_get(&f, CFP_OPTION_EMAIL, "argument@example.com");
    f.arguments.values[CFP_OPTION_EMAIL] = "";
    check_get(&f, CFP_OPTION_EMAIL, "environment@example.com");
    f.arguments.values[CFP_OPTION_EMAIL] = NULL;
    check_get(&f, CFP_OPTION_EMAIL, "environment@example.com");
    g_setenv("CLOUDFLARE_EMAIL", "", TRUE);
    check_get(&f, CFP_OPTION_EMAIL, "profile@example.com");
    f.arguments.values[CFP_OPTION_PROFILE] = "";
    check_get(&f, CFP_OPTION_EMAIL, "default@example.com");
    g_clear_pointer(&f.config, cfp_config_free);
    check_get(&f, CFP_OPTION_EMAIL, NULL);
}

static void
test_each_environment(void)
{
    static const struct {
        CfpOptionId id;
        const char *name, *value;
    } rows[] = {
        {CFP_OPTION_ACCOUNT_ID, "CLOUDFLARE_ACCOUNT_ID", ACCOUNT},
        {CFP_OPTION_EMAIL, "CLOUDFLARE_EMAIL", "me@example.com"},
        {CFP_OPTION_API_URL, "CLOUDFLARE_BASE_URL", "https://api.fed.cloudflare.com/client/v4"},
        {CFP_OPTION_CA_FILE, "SSL_CERT_FILE", "/etc/ca.pem"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Fixture) f = new_fixture(NULL);

        g_setenv(rows[i].name, rows[i].value, TRUE);
        check_get(&f, rows[i].id, rows[i].value);
    }
}

static void
test_secrets_are_not_got(void)
{
    g_auto(Fixture) f = new_fixture("[default]\napi-key=k3y\n");

    f.arguments.values[CFP_OPTION_API_TOKEN] = "s3cret";
    check_get(&f, CFP_OPTION_API_TOKEN, NULL);
    check_get(&f, CFP_OPTION_API_KEY, NULL);
}

static void
test_profile(void)
{
    g_auto(Fixture) f = new_fixture("[default]\ntime-limit=30\nformat=pcap\n"
                                    "[profile p]\ntime-limit=300\n");

    check_get(&f, CFP_OPTION_TIME_LIMIT, "30");
    f.arguments.values[CFP_OPTION_PROFILE] = "p";
    check_get(&f, CFP_OPTION_TIME_LIMIT, "300");
    check_get(&f, CFP_OPTION_FORMAT, "pcap");
    f.arguments.values[CFP_OPTION_PROFILE] = "q";
    settle_fails(&f, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PROFILE, "\"q\"");
}

/* tshark passes the dialog's default of every field. With a profile these say nothing. */
static void
test_declared_defaults_and_profile(void)
{
    g_auto(Fixture) f = new_fixture("[default]\ntime-limit=30\n"
                                    "[profile p]\ntime-limit=300\npacket-limit=50\nstart=15m\n");

    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "30";
    f.arguments.values[CFP_OPTION_PACKET_LIMIT] = "10000";
    f.arguments.values[CFP_OPTION_START] = "now";
    f.arguments.values[CFP_OPTION_TYPE] = "sample";
    f.arguments.values[CFP_OPTION_PROFILE] = "p";
    check_get(&f, CFP_OPTION_TIME_LIMIT, "300");
    check_get(&f, CFP_OPTION_PACKET_LIMIT, "50");
    check_get(&f, CFP_OPTION_START, "15m");
    check_get(&f, CFP_OPTION_TYPE, "sample");
    /* What the user chose counts. */
    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "31";
    f.arguments.values[CFP_OPTION_PACKET_LIMIT] = "9999";
    check_get(&f, CFP_OPTION_TIME_LIMIT, "31");
    check_get(&f, CFP_OPTION_PACKET_LIMIT, "9999");
    /* Without a profile an argument is an argument, whatever it says. */
    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "60";
    f.arguments.values[CFP_OPTION_PROFILE] = NULL;
    check_get(&f, CFP_OPTION_TIME_LIMIT, "60");
}

static void
check_declared(const Fixture *f, CfpOptionId id, const char *expected)
{
    g_autofree char *value = cfp_settings_declared_default(f->config, id);

    ASSERT_STR(value, expected);
}

static void
test_declared_defaults(void)
{
    g_auto(Fixture) f =
        new_fixture("[default]\ntime-limit=30\npacket-limit=0\nemail=d@example.com\n"
                    "api-token=s3cret\n[profile p]\ntime-limit=300\n");
    g_auto(Fixture) none = new_fixture(NULL);

    check_declared(&f, CFP_OPTION_TIME_LIMIT, "30");
    /* An invalid one is not offered. */
    check_declared(&f, CFP_OPTION_PACKET_LIMIT, "10000");
    check_declared(&f, CFP_OPTION_EMAIL, "d@example.com");
    g_setenv("CLOUDFLARE_EMAIL", "e@example.com", TRUE);
    check_declared(&f, CFP_OPTION_EMAIL, "e@example.com");
    g_setenv("CLOUDFLARE_EMAIL", "nonsense", TRUE);
    check_declared(&f, CFP_OPTION_EMAIL, "d@example.com");
    g_setenv("CLOUDFLARE_API_TOKEN", "s3cret", TRUE);
    check_declared(&f, CFP_OPTION_API_TOKEN, NULL);
    check_declared(&none, CFP_OPTION_TIME_LIMIT, "60");
    check_declared(&none, CFP_OPTION_COLO, NULL);
}

static void
test_secret_place(void)
{
    g_auto(Fixture) f = new_fixture("[default]\napi-token=s3cret\n");

    ASSERT_STR(cfp_settings_secret_place(f.config, CFP_OPTION_API_TOKEN), "config file");
    ASSERT_STR(cfp_settings_secret_place(f.config, CFP_OPTION_API_KEY), NULL);
    ASSERT_STR(cfp_settings_secret_place(NULL, CFP_OPTION_API_TOKEN), NULL);
    g_setenv("CLOUDFLARE_API_TOKEN", "s3cret", TRUE);
    ASSERT_STR(cfp_settings_secret_place(f.config, CFP_OPTION_API_TOKEN), "environment");
    ASSERT_STR(cfp_settings_secret_place(NULL, CFP_OPTION_API_TOKEN), "environment");
}

static void
test_invalid_values(void)
{
    g_auto(Fixture) f = new_fixture("[default]\ntime-limit=0\npacket-limit=0\n"
                                    "[profile p]\ntime-limit=10\npacket-limit=10\n"
                                    "[profile q]\ntime-limit=x\n");

    settle_fails(&f, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "[default] time-limit");
    /* Only what counts is checked. */
    f.arguments.values[CFP_OPTION_PROFILE] = "p";
    check_get(&f, CFP_OPTION_TIME_LIMIT, "10");
    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "-5";
    settle_fails(&f, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "--time-limit: \"-5\"");
    f.arguments.values[CFP_OPTION_TIME_LIMIT] = NULL;
    g_setenv("CLOUDFLARE_ACCOUNT_ID", "nonsense", TRUE);
    settle_fails(&f, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "CLOUDFLARE_ACCOUNT_ID");
    f.arguments.values[CFP_OPTION_ACCOUNT_ID] = ACCOUNT;
    check_get(&f, CFP_OPTION_ACCOUNT_ID, ACCOUNT);
    g_setenv("CLOUDFLARE_API_TOKEN", "s3cret token", TRUE);
    {
        g_autoptr(GError) error = NULL;

        ASSERT_TRUE(cfp_settings_new(&f.arguments, f.config, &error) == NULL);
        ASSERT_ERROR(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID);
        ASSERT_CONTAINS(error->message, "CLOUDFLARE_API_TOKEN");
        ASSERT_LACKS(error->message, "s3cret");
    }
}

static void
test_turn(void)
{
    g_auto(Fixture) f = new_fixture("[default]\nturn=fail\n");
    g_autoptr(CfpSettings) settings = settle(&f);

    ASSERT_TRUE(cfp_settings_turn(settings) == CFP_TURN_FAIL);
}

/* ---- credentials ----------------------------------------------------------------------------- */

/* expected: the token, or "email:key". */
static void
check_credential(const Fixture *f, const char *expected)
{
    g_autoptr(CfpSettings) settings = settle(f);
    g_autoptr(GError) error = NULL;
    g_autofree char *got = NULL;
    CfpCredential credential = {0};

    ASSERT_OK(cfp_settings_credential(settings, &credential, &error), error);
    if (credential.token) {
        ASSERT_TRUE(credential.key == NULL);
        got = g_strdup(cfp_secret_reveal(credential.token));
    } else {
        got = g_strconcat(credential.email, ":", cfp_secret_reveal(credential.key), NULL);
    }
    ASSERT_STR(got, expected);
    cfp_credential_clear(&credential);
}

static void
credential_fails(const Fixture *f, GQuark domain, int code, const char *reason)
{
    g_autoptr(CfpSettings) settings = settle(f);
    g_autoptr(GError) error = NULL;
    CfpCredential credential = {0};

    ASSERT_FALSE(cfp_settings_credential(settings, &credential, &error));
    ASSERT_ERROR(error, domain, code);
    ASSERT_CONTAINS(error->message, reason);
    ASSERT_LACKS(error->message, "s3cret");
    ASSERT_TRUE(credential.token == NULL && credential.key == NULL && credential.email == NULL);
}

/* In one place: token, token file, key. */
static void
test_credential_kinds(void)
{
    g_auto(Fixture) f = new_fixture(NULL);
    g_autofree char *file = cfp_scratch_write(&f.scratch, "token", " file-token\n", 0600);

    f.arguments.values[CFP_OPTION_EMAIL] = "me@example.com";
    f.arguments.values[CFP_OPTION_API_KEY] = "a-key";
    check_credential(&f, "me@example.com:a-key");
    f.arguments.values[CFP_OPTION_API_TOKEN_FILE] = file;
    check_credential(&f, "file-token");
    f.arguments.values[CFP_OPTION_API_TOKEN] = "a-token";
    check_credential(&f, "a-token");
}

/* A stronger place wins with whatever it names. */
static void
test_credential_places(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *file = cfp_scratch_write(&scratch, "token", "file-token", 0600);
    g_auto(Fixture) f = new_fixture("[default]\napi-token=default-token\nemail=d@example.com\n"
                                    "[profile p]\napi-key=profile-key\n");

    check_credential(&f, "default-token");
    f.arguments.values[CFP_OPTION_PROFILE] = "p";
    check_credential(&f, "d@example.com:profile-key");
    g_setenv("CLOUDFLARE_API_KEY", "environment-key", TRUE);
    check_credential(&f, "d@example.com:environment-key");
    g_setenv("CLOUDFLARE_API_TOKEN", "environment-token", TRUE);
    check_credential(&f, "environment-token");
    f.arguments.values[CFP_OPTION_API_KEY] = "argument-key";
    check_credential(&f, "d@example.com:argument-key");
    f.arguments.values[CFP_OPTION_API_TOKEN_FILE] = file;
    check_credential(&f, "file-token");
    f.arguments.values[CFP_OPTION_API_TOKEN] = "argument-token";
    check_credential(&f, "argument-token");
}

static void
test_token_file_in_config(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *file = cfp_scratch_write(&scratch, "token", "file-token\n", 0600);
    g_autofree char *text = g_strdup_printf("[default]\napi-token-file=%s\n", file);
    g_auto(Fixture) f = new_fixture(text);

    check_credential(&f, "file-token");
}

static void
test_no_credential(void)
{
    g_auto(Fixture) f = new_fixture("[default]\nemail=d@example.com\n");
    g_auto(Fixture) key = new_fixture("[default]\napi-key=s3cret\n");

    credential_fails(&f, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING, "no API token is known");
    credential_fails(&key, CFP_OPTION_ERROR, CFP_OPTION_ERROR_MISSING, "e-mail");
}

static void
test_bad_token_files(void)
{
    g_auto(Fixture) f = new_fixture(NULL);
    g_autofree char *empty = cfp_scratch_write(&f.scratch, "empty", "\n", 0600);
    g_autofree char *open_file = cfp_scratch_write(&f.scratch, "open", "s3cret", 0640);
    g_autofree char *blanks = cfp_scratch_write(&f.scratch, "blanks", "s3cret token\nx", 0600);
    g_autofree char *none = cfp_scratch_path(&f.scratch, "none");

    f.arguments.values[CFP_OPTION_API_TOKEN_FILE] = empty;
    credential_fails(&f, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "is empty");
    f.arguments.values[CFP_OPTION_API_TOKEN_FILE] = open_file;
    credential_fails(&f, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PERMISSION, "--api-token-file");
    f.arguments.values[CFP_OPTION_API_TOKEN_FILE] = blanks;
    credential_fails(&f, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, blanks);
    f.arguments.values[CFP_OPTION_API_TOKEN_FILE] = none;
    credential_fails(&f, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_READ, none);
}

/* ---- the request -------------------------------------------------------------------------------
 */

static CfpCaptureRequest *
request_of(const Fixture *f)
{
    g_autoptr(CfpSettings) settings = settle(f);
    g_autoptr(GError) error = NULL;
    CfpCaptureRequest *request = cfp_settings_request(settings, NOW, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(request != NULL);
    return request;
}

static void
request_fails(const Fixture *f, CfpOptionError code, const char *reason)
{
    g_autoptr(CfpSettings) settings = settle(f);
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(cfp_settings_request(settings, NOW, &error) == NULL);
    ASSERT_ERROR(error, CFP_OPTION_ERROR, code);
    ASSERT_CONTAINS(error->message, reason);
}

static void
test_default_request(void)
{
    g_auto(Fixture) f = new_fixture(NULL);
    g_autoptr(CfpCaptureRequest) request = request_of(&f);

    ASSERT_TRUE(request->type == CFP_CAPTURE_SAMPLE);
    ASSERT_UINT(request->time_limit, 60);
    ASSERT_UINT(request->packet_limit, 10000);
    ASSERT_UINT(request->byte_limit, 0);
    ASSERT_INT(request->offset_time_us, 0);
    ASSERT_TRUE(cfp_filter_v1_is_empty(&request->filter));
}

static void
test_sample_request(void)
{
    g_auto(Fixture) f = new_fixture(NULL);
    g_autoptr(CfpCaptureRequest) request = NULL;

    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "300";
    f.arguments.values[CFP_OPTION_PACKET_LIMIT] = "1";
    f.arguments.values[CFP_OPTION_START] = "15m";
    f.arguments.values[CFP_OPTION_SOURCE_ADDRESS] = "192.0.2.1";
    f.arguments.values[CFP_OPTION_DESTINATION_ADDRESS] = "198.51.100.0/24";
    f.arguments.values[CFP_OPTION_SOURCE_PORT] = "1";
    f.arguments.values[CFP_OPTION_DESTINATION_PORT] = "65535";
    f.arguments.values[CFP_OPTION_PROTOCOL] = "UDP";
    request = request_of(&f);
    ASSERT_UINT(request->time_limit, 300);
    ASSERT_UINT(request->packet_limit, 1);
    ASSERT_INT(request->offset_time_us, NOW - (gint64)900 * G_USEC_PER_SEC);
    ASSERT_STR(request->filter.source_address, "192.0.2.1");
    ASSERT_STR(request->filter.destination_address, "198.51.100.0/24");
    ASSERT_UINT(request->filter.source_port, 1);
    ASSERT_UINT(request->filter.destination_port, 65535);
    ASSERT_INT(request->filter.protocol, 17);
}

static void
test_full_request(void)
{
    g_auto(Fixture) f = new_fixture(NULL);
    g_autoptr(CfpCaptureRequest) request = NULL;

    f.arguments.values[CFP_OPTION_TYPE] = "full";
    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "86400";
    request_fails(&f, CFP_OPTION_ERROR_MISSING, "--colo");
    f.arguments.values[CFP_OPTION_COLO] = "ord02";
    request_fails(&f, CFP_OPTION_ERROR_MISSING, "--destination");
    f.arguments.values[CFP_OPTION_DESTINATION] = "s3://bucket";
    request = request_of(&f);
    ASSERT_TRUE(request->type == CFP_CAPTURE_FULL);
    ASSERT_UINT(request->time_limit, 86400);
    ASSERT_STR(request->colo_name, "ord02");
    ASSERT_STR(request->destination_conf, "s3://bucket");
    ASSERT_UINT(request->byte_limit, 0);
    f.arguments.values[CFP_OPTION_START] = "15m";
    request_fails(&f, CFP_OPTION_ERROR_CONFLICT, "--start");
}

static void
test_sample_limits(void)
{
    g_auto(Fixture) f = new_fixture(NULL);

    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "301";
    request_fails(&f, CFP_OPTION_ERROR_INVALID, "at most 300 s, not 301");
    f.arguments.values[CFP_OPTION_TIME_LIMIT] = "300";
    f.arguments.values[CFP_OPTION_START] = "25h";
    request_fails(&f, CFP_OPTION_ERROR_INVALID, "--start");
}

static void
test_addresses(void)
{
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } rows[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.0/24", "192.0.2.0/24"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"192.0.2.1/32", "192.0.2.1"},
        {"2001:db8::/32", "2001:db8::/32"},
        {"2001:0DB8:0::/32", "2001:db8::/32"},
        {"2001:db8::/129", NULL},
        {"2001:0DB8:0000::0001", "2001:db8::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"192.0.2.1/24", NULL},
        {"192.0.2.0/33", NULL},
        {"192.0.2", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.1.1", NULL},
        {"2001:db8", NULL},
        {":::", NULL},
        {"12345", NULL},
    };
    static const CfpOptionId ids[] = {CFP_OPTION_SOURCE_ADDRESS, CFP_OPTION_DESTINATION_ADDRESS};

    for (size_t i = 0; i < G_N_ELEMENTS(rows) * 2; i++) {
        g_auto(Fixture) f = new_fixture(NULL);
        g_autoptr(CfpCaptureRequest) request = NULL;

        f.arguments.values[ids[i % 2]] = rows[i / 2].text;
        if (!rows[i / 2].expected) {
            request_fails(&f, CFP_OPTION_ERROR_INVALID, rows[i / 2].text);
            continue;
        }
        request = request_of(&f);
        ASSERT_STR(i % 2 == 0 ? request->filter.source_address
                              : request->filter.destination_address,
                   rows[i / 2].expected);
    }
}

/* No packet has both, and libpcap would refuse them together. */
static void
test_mixed_families(void)
{
    g_auto(Fixture) f = new_fixture(NULL);

    f.arguments.values[CFP_OPTION_SOURCE_ADDRESS] = "192.0.2.1";
    f.arguments.values[CFP_OPTION_DESTINATION_ADDRESS] = "2001:db8::/32";
    request_fails(&f, CFP_OPTION_ERROR_CONFLICT, "address");
}

static void
test_protocols_and_ports(void)
{
    static const char *const with[] = {"tcp", "udp", "dccp", "sctp", "136", NULL};
    static const char *const without[] = {"icmp", "gre", "0", "255", "esp", NULL};
    g_auto(Fixture) f = new_fixture(NULL);

    f.arguments.values[CFP_OPTION_PROTOCOL] = "nosuch";
    request_fails(&f, CFP_OPTION_ERROR_INVALID, "\"nosuch\" is no protocol");
    f.arguments.values[CFP_OPTION_PROTOCOL] = "256";
    request_fails(&f, CFP_OPTION_ERROR_INVALID, "\"256\"");
    for (size_t i = 0; with[i]; i++) {
        f.arguments.values[CFP_OPTION_PROTOCOL] = with[i];
        f.arguments.values[CFP_OPTION_SOURCE_PORT] = "53";
        cfp_capture_request_free(request_of(&f));
    }
    for (size_t i = 0; without[i]; i++) {
        f.arguments.values[CFP_OPTION_PROTOCOL] = without[i];
        f.arguments.values[CFP_OPTION_SOURCE_PORT] = NULL;
        f.arguments.values[CFP_OPTION_DESTINATION_PORT] = NULL;
        cfp_capture_request_free(request_of(&f));
        f.arguments.values[CFP_OPTION_SOURCE_PORT] = "53";
        request_fails(&f, CFP_OPTION_ERROR_CONFLICT, "port");
        f.arguments.values[CFP_OPTION_SOURCE_PORT] = NULL;
        f.arguments.values[CFP_OPTION_DESTINATION_PORT] = "53";
        request_fails(&f, CFP_OPTION_ERROR_CONFLICT, "port");
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"the built-in defaults work at once", test_built_in},
        {"command line, environment, profile and default section in this order", test_precedence},
        {"each variable of the environment counts", test_each_environment},
        {"secrets are not given as texts", test_secrets_are_not_got},
        {"a profile is chosen by its name", test_profile},
        {"the dialog's defaults don't hide a profile", test_declared_defaults_and_profile},
        {"the dialog's defaults come from environment, config file or table",
         test_declared_defaults},
        {"where a secret is known from can be told", test_secret_place},
        {"an invalid value is refused with its place", test_invalid_values},
        {"waiting for turns can be declined", test_turn},
        {"in one place token, token file and key come in this order", test_credential_kinds},
        {"a stronger place wins with whatever it names", test_credential_places},
        {"a token file can stand in the config file", test_token_file_in_config},
        {"without token or key and e-mail nobody is asking", test_no_credential},
        {"a token file must be private, and hold a token", test_bad_token_files},
        {"the default request is a sample of the last minute", test_default_request},
        {"a sample request has every field", test_sample_request},
        {"a full request needs its data centre and bucket", test_full_request},
        {"a sample is limited in length and reach", test_sample_limits},
        {"addresses are IPv4 or IPv6, hosts or networks", test_addresses},
        {"IPv4 and IPv6 exclude each other", test_mixed_families},
        {"a port needs a protocol that has ports", test_protocols_and_ports},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "settings", cases);
}
