/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/advice.h"

#include <gio/gio.h>
#include <string.h>

#include "app/capture.h"
#include "app/config.h"
#include "app/fifo.h"
#include "app/options.h"
#include "base/limits.h"
#include "base/text.h"
#include "cloudflare/api.h"
#include "cloudflare/job.h"
#include "filter/bpf.h"
#include "net/host-lookup.h"
#include "net/http-error.h"
#include "packet/pcap-reader.h"

/* Exit statuses, as the man page has them. */
enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INCOMPLETE = 3, EXIT_NO_PACKETS = 4 };

/* Every kind of failure a person can meet. NULL: the message itself says what to do. */
static const struct {
    GQuark (*domain)(void);
    int code;
    int exit_status;
    const char *remedy;
} table[] = {
    {cfp_option_error_quark, CFP_OPTION_ERROR_UNKNOWN, EXIT_USAGE, "See cloudflare-pcap --help"},
    {cfp_option_error_quark, CFP_OPTION_ERROR_MISSING, EXIT_USAGE, NULL},
    {cfp_option_error_quark, CFP_OPTION_ERROR_INVALID, EXIT_USAGE, NULL},
    {cfp_option_error_quark, CFP_OPTION_ERROR_CONFLICT, EXIT_USAGE, NULL},
    {cfp_option_error_quark, CFP_OPTION_ERROR_LATER, EXIT_USAGE, "Choose the type \"sample\""},
    {cfp_config_error_quark, CFP_CONFIG_ERROR_READ, EXIT_USAGE, NULL},
    {cfp_config_error_quark, CFP_CONFIG_ERROR_PERMISSION, EXIT_USAGE, NULL},
    {cfp_config_error_quark, CFP_CONFIG_ERROR_SYNTAX, EXIT_USAGE, NULL},
    {cfp_config_error_quark, CFP_CONFIG_ERROR_PROFILE, EXIT_USAGE, NULL},
    {cfp_filter_error_quark, CFP_FILTER_ERROR_SYNTAX, EXIT_USAGE,
     "Correct the capture filter (pcap-filter syntax, not Wireshark's display filter syntax)"},
    {cfp_filter_error_quark, CFP_FILTER_ERROR_NAME, EXIT_USAGE,
     "Write the address, in pcap-filter syntax such as \"host 192.0.2.1 and tcp port 80\""},
    {cfp_filter_error_quark, CFP_FILTER_ERROR_CONTRADICTION, EXIT_USAGE, "Correct the filter"},
    {cfp_filter_error_quark, CFP_FILTER_ERROR_TOO_COMPLEX, EXIT_USAGE,
     "Shorten the capture filter: networks instead of hosts, portrange instead of ports"},
    {cfp_lookup_error_quark, CFP_LOOKUP_ERROR_NOT_FOUND, EXIT_USAGE,
     "Correct the name, or write the address"},
    {cfp_lookup_error_quark, CFP_LOOKUP_ERROR_TIMEOUT, EXIT_FAILED,
     "Check DNS, or write the address"},
    {cfp_lookup_error_quark, CFP_LOOKUP_ERROR_FAILED, EXIT_FAILED,
     "Check DNS, or write the address"},
    {cfp_lookup_error_quark, CFP_LOOKUP_ERROR_TOO_MANY, EXIT_USAGE, "Write the addresses you mean"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_LIBRARY, EXIT_FAILED,
     "Install libcurl 7.87 or newer (Debian: libcurl4)"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_URL, EXIT_USAGE, "Correct the API base URL"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_RESOLVE, EXIT_FAILED,
     "Check the name, DNS, and HTTPS_PROXY if there is a proxy"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_CONNECT, EXIT_FAILED,
     "Check the network, the firewall, and HTTPS_PROXY if there is a proxy"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_TLS, EXIT_FAILED,
     "If your network inspects TLS, set \"CA certificates\" (--ca-file) to its authority; the "
     "credential was not sent"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_TIMEOUT, EXIT_FAILED, "Check the network and try again"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_INTERRUPTED, EXIT_FAILED,
     "Check the network and try again"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_TOO_LARGE, EXIT_FAILED, "Check the API base URL"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_CHANGED, EXIT_FAILED, "Start the capture again"},
    {cfp_http_error_quark, CFP_HTTP_ERROR_PROTOCOL, EXIT_FAILED,
     "Check the API base URL and the proxy"},
    {cfp_api_error_quark, CFP_API_ERROR_CREDENTIAL_FORMAT, EXIT_FAILED,
     "Check that the token stands in \"API token\" and a key in \"API key\", complete and without "
     "blanks"},
    {cfp_api_error_quark, CFP_API_ERROR_CREDENTIAL, EXIT_FAILED,
     "The token is wrong, revoked or expired: make a new one under My Profile > API Tokens"},
    {cfp_api_error_quark, CFP_API_ERROR_FORBIDDEN, EXIT_FAILED,
     "The token needs the permission Magic Firewall Packet Captures: Edit for this account; check "
     "the account id too"},
    {cfp_api_error_quark, CFP_API_ERROR_READ_ONLY, EXIT_FAILED,
     "The token may read captures but not make them: it needs the permission Magic Firewall Packet "
     "Captures: Edit"},
    {cfp_api_error_quark, CFP_API_ERROR_ACCOUNT, EXIT_FAILED,
     "Check the account id: 32 hexadecimal digits, in the dashboard's address"},
    {cfp_api_error_quark, CFP_API_ERROR_NOT_FOUND, EXIT_FAILED,
     "Perhaps no packet matched, or the file is gone: widen the filter or the time limit, or start "
     "again"},
    {cfp_api_error_quark, CFP_API_ERROR_INVALID, EXIT_FAILED,
     "Change what Cloudflare refuses, or check that packet captures are part of the plan"},
    {cfp_api_error_quark, CFP_API_ERROR_RATE, EXIT_FAILED,
     "The service takes one sample capture a minute and 1200 requests in five: wait and try again"},
    {cfp_api_error_quark, CFP_API_ERROR_SERVER, EXIT_FAILED,
     "Try again in a minute; see cloudflarestatus.com"},
    {cfp_api_error_quark, CFP_API_ERROR_REDIRECT, EXIT_FAILED,
     "Check the API base URL: redirects are not followed with a credential"},
    {cfp_api_error_quark, CFP_API_ERROR_REPLY, EXIT_FAILED,
     "Check the API base URL and the proxy, or try again"},
    {cfp_job_error_quark, CFP_JOB_ERROR_FAILED, EXIT_FAILED,
     "Widen the filter or the time limit and try again"},
    {cfp_job_error_quark, CFP_JOB_ERROR_EXPIRED, EXIT_FAILED,
     "Look at it in the dashboard, or start again"},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_EMPTY, EXIT_NO_PACKETS, NULL},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_MAGIC, EXIT_FAILED,
     "Check the API base URL and the proxy, or start again"},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_VERSION, EXIT_FAILED, "Start the capture again"},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_TRUNCATED, EXIT_FAILED, "Start the capture again"},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_CORRUPT, EXIT_FAILED, "Start the capture again"},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_COMPRESSION, EXIT_FAILED, "Start the capture again"},
    {cfp_pcap_error_quark, CFP_PCAP_ERROR_MIXED, EXIT_FAILED, "Choose the output format pcapng"},
    {cfp_fifo_error_quark, CFP_FIFO_ERROR_OPEN, EXIT_FAILED, NULL},
    {cfp_fifo_error_quark, CFP_FIFO_ERROR_WRITE, EXIT_FAILED, "Make room and start again"},
    {cfp_capture_error_quark, CFP_CAPTURE_ERROR_NO_PACKETS, EXIT_NO_PACKETS,
     "Widen the filter or the time limit"},
    {cfp_capture_error_quark, CFP_CAPTURE_ERROR_STARVED, EXIT_NO_PACKETS,
     "Shorten the time limit, or say more that Cloudflare can filter: an address or port with "
     "src or dst, or a protocol"},
    {cfp_capture_error_quark, CFP_CAPTURE_ERROR_UNFILTERED, EXIT_INCOMPLETE,
     "Use a display filter instead"},
    {cfp_capture_error_quark, CFP_CAPTURE_ERROR_INCOMPLETE, EXIT_INCOMPLETE, NULL},
};

static int
find(const GError *error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].domain() == error->domain && table[i].code == error->code)
            return (int)i;
    return -1;
}

const char *
cfp_advice(const GError *error)
{
    int row = find(error);

    return row >= 0 ? table[row].remedy : NULL;
}

char *
cfp_advice_line(const GError *error)
{
    const char *remedy = cfp_advice(error);
    /* The remedy is what must not be cut away. */
    gsize room = CFP_MAX_STDERR - (remedy ? strlen(remedy) + 4 : 0);
    g_autofree char *message = cfp_text_one_line(error->message, room);
    size_t len = strlen(message);

    if (!remedy)
        return g_steal_pointer(&message);
    if (len > 0 && message[len - 1] == '.')
        message[len - 1] = '\0';
    return g_strdup_printf("%s. %s.", message, remedy);
}

int
cfp_advice_exit_status(const GError *error)
{
    int row = error ? find(error) : -1;

    if (!error)
        return 0;
    return row >= 0 ? table[row].exit_status : EXIT_FAILED;
}
