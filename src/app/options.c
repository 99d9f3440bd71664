/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/options.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "cloudflare/api.h"
#include "cloudflare/capture-request.h"

G_DEFINE_QUARK(cfp_option_error, cfp_option_error)

#define GROUP_CAPTURE "Capture"
#define GROUP_FILTER "Filter"
#define GROUP_ACCOUNT "Account"
#define GROUP_FULL "Full capture"
#define GROUP_ADVANCED "Advanced"

/* A sentence of Wireshark ends a value at '}' before '{', a blank or the end: none of these
 * expressions has that. */
#define ADDRESS_REGEX "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$"
#define PORT_REGEX                                                                                 \
    "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
#define START_REGEX                                                                                \
    "^(now|([0-9]{1,5}[dhms])+|[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?|"                                   \
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"                  \
    "(Z|[+-][0-9]{2}:[0-9]{2})?)$"

static const CfpChoice types[] = {
    {"sample", "Sample: the recent past, all data centres"},
    {"full", "Full: live, one data centre, to your bucket"},
    {NULL, NULL},
};

static const CfpChoice formats[] = {
    {"pcapng", "pcapng, with comments and statistics"},
    {"pcap", "Classic pcap"},
    {NULL, NULL},
};

static const CfpChoice turns[] = {
    {"wait", "Wait for it"},
    {"fail", "Give up at once"},
    {NULL, NULL},
};

static const CfpChoice pushdowns[] = {
    {"auto", "As much of it as possible"},
    {"strict", "Only what is documented"},
    {"off", "Nothing: filter here"},
    {NULL, NULL},
};

static const CfpChoice resolutions[] = {
    {"no", "Refuse them"},
    {"yes", "Look them up here"},
    {NULL, NULL},
};

static const CfpChoice log_levels[] = {
    {"debug", "debug"},     {"info", "info"},         {"message", "message"},
    {"warning", "warning"}, {"critical", "critical"}, {NULL, NULL},
};

static const CfpOption options[CFP_N_OPTIONS] = {
    [CFP_OPTION_TYPE] =
        {
            .name = "type",
            .kind = CFP_FIELD_SELECTOR,
            .group = GROUP_CAPTURE,
            .label = "Type",
            .tooltip = "A sample looks back and is there at once; its packets are cut at about 160 "
                       "bytes. A full capture runs live and goes to your bucket",
            .fallback = "sample",
            .choices = types,
        },
    [CFP_OPTION_TIME_LIMIT] =
        {
            .name = "time-limit",
            .kind = CFP_FIELD_INTEGER,
            .group = GROUP_CAPTURE,
            .label = "Time limit (seconds)",
            .tooltip = "Length of the capture: up to 300 s for a sample, 86400 s for a full one",
            .fallback = "60",
            .min = 1,
            .max = CFP_MAX_FULL_TIME_LIMIT,
        },
    [CFP_OPTION_PACKET_LIMIT] =
        {
            .name = "packet-limit",
            .kind = CFP_FIELD_INTEGER,
            .group = GROUP_CAPTURE,
            .label = "Packet limit",
            .tooltip = "The service stops at this many packets, 10000 at most",
            .fallback = "10000",
            .min = 1,
            .max = CFP_MAX_PACKET_LIMIT,
        },
    [CFP_OPTION_START] =
        {
            .name = "start",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_CAPTURE,
            .label = "Start: look back from",
            .tooltip = "A sample holds the packets of the time limit before this moment: now, an "
                       "age such as 90s, 15m or 2h30m, a local time such as 14:05 or 2026-11-21 "
                       "14:05:00, or RFC 3339; up to 24 hours back",
            .placeholder = "now",
            .fallback = "now",
            .validation = START_REGEX,
        },
    [CFP_OPTION_SOURCE_ADDRESS] =
        {
            .name = "source-address",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FILTER,
            .label = "Source address",
            .tooltip = "IPv4 address. IPv6 addresses and networks (192.0.2.0/24) are filtered here "
                       "if the service refuses them",
            .placeholder = "any",
            .validation = ADDRESS_REGEX,
        },
    [CFP_OPTION_SOURCE_PORT] =
        {
            .name = "source-port",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FILTER,
            .label = "Source port",
            .tooltip = "TCP or UDP port, 1 to 65535",
            .placeholder = "any",
            .validation = PORT_REGEX,
        },
    [CFP_OPTION_DESTINATION_ADDRESS] =
        {
            .name = "destination-address",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FILTER,
            .label = "Destination address",
            .tooltip = "IPv4 address. IPv6 addresses and networks (192.0.2.0/24) are filtered here "
                       "if the service refuses them",
            .placeholder = "any",
            .validation = ADDRESS_REGEX,
        },
    [CFP_OPTION_DESTINATION_PORT] =
        {
            .name = "destination-port",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FILTER,
            .label = "Destination port",
            .tooltip = "TCP or UDP port, 1 to 65535",
            .placeholder = "any",
            .validation = PORT_REGEX,
        },
    [CFP_OPTION_PROTOCOL] =
        {
            .name = "protocol",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FILTER,
            .label = "Protocol",
            .tooltip = "IP protocol by name (tcp, udp, icmp, gre, esp, ipip, icmp6) or number",
            .placeholder = "any",
            .validation = "^([A-Za-z][A-Za-z0-9-]*|[0-9]{1,3})$",
        },
    [CFP_OPTION_PUSHDOWN] =
        {
            .name = "pushdown",
            .kind = CFP_FIELD_SELECTOR,
            .group = GROUP_FILTER,
            .label = "Capture filter: given to Cloudflare",
            .tooltip =
                "The capture filter is applied here to every packet. What Cloudflare can apply "
                "of it is applied there first, so that it doesn't use up the packet limit",
            .fallback = "auto",
            .choices = pushdowns,
        },
    [CFP_OPTION_RESOLVE_NAMES] =
        {
            .name = "resolve-names",
            .kind = CFP_FIELD_SELECTOR,
            .group = GROUP_FILTER,
            .label = "Capture filter: host names",
            .tooltip =
                "Names in the capture filter can be looked up by this machine; Cloudflare may "
                "see other addresses for them",
            .fallback = "no",
            .choices = resolutions,
        },
    [CFP_OPTION_API_TOKEN] =
        {
            .name = "api-token",
            .kind = CFP_FIELD_PASSWORD,
            .group = GROUP_ACCOUNT,
            .label = "API token",
            .tooltip = "Needs the permission Magic Firewall Packet Captures: Edit. Wireshark does "
                       "not store it; use a token file, CLOUDFLARE_API_TOKEN or the config file to "
                       "type it once",
            .environment = "CLOUDFLARE_API_TOKEN",
        },
    [CFP_OPTION_API_TOKEN_FILE] =
        {
            .name = "api-token-file",
            .kind = CFP_FIELD_FILE,
            .group = GROUP_ACCOUNT,
            .label = "API token file",
            .tooltip = "A file that holds the token and nothing else, readable by you alone (chmod "
                       "600)",
            .must_exist = true,
        },
    [CFP_OPTION_ACCOUNT_ID] =
        {
            .name = "account-id",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_ACCOUNT,
            .label = "Account id",
            .tooltip =
                "32 hexadecimal digits: in the dashboard's address, after dash.cloudflare.com/",
            .environment = "CLOUDFLARE_ACCOUNT_ID",
            .validation = "^[0-9A-Fa-f]{32}$",
        },
    [CFP_OPTION_PROFILE] =
        {
            .name = "profile",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_ACCOUNT,
            .label = "Profile",
            .tooltip = "A [profile NAME] of the config file, for what is left empty here",
            .placeholder = "default",
            .validation = "^[A-Za-z0-9_.-]+$",
        },
    [CFP_OPTION_EMAIL] =
        {
            .name = "email",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_ACCOUNT,
            .label = "E-mail (with an API key)",
            .tooltip = "Only for the older scheme of e-mail and API key",
            .environment = "CLOUDFLARE_EMAIL",
            .validation = "^[^@ ]+@[^@ ]+$",
        },
    [CFP_OPTION_API_KEY] =
        {
            .name = "api-key",
            .kind = CFP_FIELD_PASSWORD,
            .group = GROUP_ACCOUNT,
            .label = "API key",
            .tooltip = "Only for the older scheme of e-mail and API key; a token is safer",
            .environment = "CLOUDFLARE_API_KEY",
        },
    [CFP_OPTION_COLO] =
        {
            .name = "colo",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FULL,
            .label = "Data centre",
            .tooltip = "One data centre (ord02) or a location (ORD)",
            .placeholder = "ORD",
            .validation = "^[A-Za-z]{3}[0-9]{0,3}$",
        },
    [CFP_OPTION_DESTINATION] =
        {
            .name = "destination",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_FULL,
            .label = "Destination bucket",
            .tooltip = "The bucket as the account knows it: s3://bucket/dir?region=us-east-1, "
                       "r2://bucket?account-id=… or gs://bucket/dir",
            .placeholder = "s3://bucket/dir?region=us-east-1",
            .validation = "^(s3|r2|gs)://.+",
        },
    [CFP_OPTION_BYTE_LIMIT] =
        {
            .name = "byte-limit",
            .kind = CFP_FIELD_INTEGER,
            .group = GROUP_FULL,
            .label = "Byte limit (0: none)",
            .tooltip = "The service stops a full capture at this many bytes",
            .fallback = "0",
            .min = 0,
            .max = CFP_MAX_BYTE_LIMIT,
        },
    [CFP_OPTION_FORMAT] =
        {
            .name = "format",
            .kind = CFP_FIELD_SELECTOR,
            .group = GROUP_ADVANCED,
            .label = "Output format",
            .tooltip = "pcapng says in the file what was captured; classic pcap is for other tools",
            .fallback = "pcapng",
            .choices = formats,
        },
    [CFP_OPTION_TURN] =
        {
            .name = "turn",
            .kind = CFP_FIELD_SELECTOR,
            .group = GROUP_ADVANCED,
            .label = "When it is not our turn",
            .tooltip = "The service takes one sample capture a minute",
            .fallback = "wait",
            .choices = turns,
        },
    [CFP_OPTION_API_URL] =
        {
            .name = "api-url",
            .kind = CFP_FIELD_STRING,
            .group = GROUP_ADVANCED,
            .label = "API base URL",
            .tooltip = "The credential is sent to this host only, over https (http only to this "
                       "machine)",
            .fallback = CFP_API_DEFAULT_BASE_URL,
            .environment = "CLOUDFLARE_BASE_URL",
            .validation = "^https?://.+",
        },
    [CFP_OPTION_CA_FILE] =
        {
            .name = "ca-file",
            .kind = CFP_FIELD_FILE,
            .group = GROUP_ADVANCED,
            .label = "CA certificates",
            .tooltip = "PEM file of the authorities to trust instead of the system's, for networks "
                       "that inspect TLS",
            .environment = "SSL_CERT_FILE",
            .must_exist = true,
        },
    [CFP_OPTION_LOG_LEVEL] =
        {
            .name = "log-level",
            .kind = CFP_FIELD_SELECTOR,
            .group = GROUP_ADVANCED,
            .label = "Log level",
            .tooltip = "How much the log file holds; never a secret",
            .fallback = "info",
            .choices = log_levels,
        },
    [CFP_OPTION_LOG_FILE] =
        {
            .name = "log-file",
            .kind = CFP_FIELD_FILE,
            .group = GROUP_ADVANCED,
            .label = "Log file",
            .tooltip = "Where to write what the plugin does, step by step",
        },
};

const CfpOption *
cfp_option(CfpOptionId id)
{
    return &options[id];
}

bool
cfp_option_is_secret(CfpOptionId id, const char *value)
{
    return options[id].kind == CFP_FIELD_PASSWORD ||
           (id == CFP_OPTION_DESTINATION && strstr(value, "access-key"));
}

bool
cfp_option_find(const char *name, CfpOptionId *ret_id)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        if (strcmp(name, options[id].name) == 0) {
            *ret_id = id;
            return true;
        }
    }
    return false;
}

static gboolean
throw_invalid(const CfpOption *option, const char *value, const char *origin, const char *expected,
              GError **error)
{
    g_autofree char *shown = cfp_text_one_line(value, 80);

    if (cfp_option_is_secret((CfpOptionId)(option - options), value))
        return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "%s: %s", origin,
                         expected);
    return cfp_throw(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "%s: \"%s\" %s", origin,
                     shown, expected);
}

static gboolean
check_integer(const CfpOption *option, const char *value, const char *origin, GError **error)
{
    g_autofree char *expected = NULL;
    guint64 number;

    if (cfp_text_to_uint(value, option->min, option->max, &number))
        return TRUE;
    expected = g_strdup_printf("is not a whole number from %u to %u", option->min, option->max);
    return throw_invalid(option, value, origin, expected, error);
}

static gboolean
check_choice(const CfpOption *option, const char *value, const char *origin, GError **error)
{
    g_autoptr(GString) expected = g_string_new("is none of");

    for (const CfpChoice *choice = option->choices; choice->value; choice++) {
        if (strcmp(choice->value, value) == 0)
            return TRUE;
        g_string_append_printf(expected, "%s %s", choice == option->choices ? "" : ",",
                               choice->value);
    }
    return throw_invalid(option, value, origin, expected->str, error);
}

/* A secret goes into a header line: nothing that would break one. */
static gboolean
check_secret(const CfpOption *option, const char *value, const char *origin, GError **error)
{
    if (strlen(value) > CFP_MAX_SECRET)
        return throw_invalid(option, value, origin, "is too long for a token or key", error);
    for (const char *p = value; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f)
            return throw_invalid(option, value, origin,
                                 "holds a blank or another character that no token or key has",
                                 error);
    return TRUE;
}

gboolean
cfp_option_check(CfpOptionId id, const char *value, const char *origin, GError **error)
{
    const CfpOption *option = cfp_option(id);

    if (!g_utf8_validate(value, -1, NULL))
        return throw_invalid(option, value, origin, "is not valid UTF-8", error);
    if (option->kind == CFP_FIELD_INTEGER)
        return check_integer(option, value, origin, error);
    if (option->kind == CFP_FIELD_SELECTOR)
        return check_choice(option, value, origin, error);
    if (option->kind == CFP_FIELD_PASSWORD)
        return check_secret(option, value, origin, error);
    if (option->validation &&
        !g_regex_match_simple(option->validation, value, G_REGEX_DOLLAR_ENDONLY, 0)) {
        g_autofree char *expected = g_strdup_printf("is not valid: %s", option->tooltip);

        return throw_invalid(option, value, origin, expected, error);
    }
    /* Values get into messages, URLs and the file's comments: one line each. */
    for (const char *p = value; *p; p++)
        if (g_ascii_iscntrl(*p))
            return throw_invalid(option, value, origin, "holds a control character", error);
    return TRUE;
}
