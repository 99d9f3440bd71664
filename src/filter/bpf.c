/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/bpf.h"

#include <pcap/pcap.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "filter/host-names.h"

G_DEFINE_QUARK(cfp - filter - error - quark, cfp_filter_error)

/* LINKTYPE_ values are the file's, DLT_ values the host's: they differ for the old ones only. */
#define LINKTYPE_RAW 101u

/* "ip broadcast" needs a network's mask, and a file has none: tcpdump -r takes this one. */
#define NO_NETMASK 0

struct CfpBpf {
    struct bpf_program program;
};

static gboolean
check_names(const char *expression, GError **error)
{
    g_autofree char *name = NULL;

    if (strlen(expression) > CFP_MAX_CAPTURE_FILTER)
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX,
                         "the capture filter is longer than %u bytes", CFP_MAX_CAPTURE_FILTER);
    name = cfp_filter_find_host_name(expression);
    if (!name)
        return TRUE;
    return cfp_throw(
        error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
        "\"%s\" is no address and no word of pcap-filter: host names are not looked up, "
        "because Cloudflare may see another address for them than this machine",
        name);
}

CfpBpf *
cfp_bpf_new(const char *expression, uint32_t linktype, uint32_t snaplen, GError **error)
{
    g_autoptr(CfpBpf) self = NULL;
    int dlt = linktype == LINKTYPE_RAW ? DLT_RAW : (int)linktype;
    int limit = snaplen == 0 || snaplen > CFP_MAX_CAPTURED_LENGTH ? (int)CFP_MAX_CAPTURED_LENGTH
                                                                  : (int)snaplen;
    pcap_t *pcap;
    int result;

    if (!check_names(expression, error))
        return NULL;
    pcap = pcap_open_dead(dlt, limit);
    if (!pcap) {
        cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, "libpcap has no memory");
        return NULL;
    }
    self = g_new0(CfpBpf, 1);
    result = pcap_compile(pcap, &self->program, expression, 1, NO_NETMASK);
    if (result != 0) {
        g_autofree char *text = cfp_text_one_line(pcap_geterr(pcap), CFP_MAX_SERVICE_TEXT);

        cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, "%s", text);
    }
    pcap_close(pcap);
    return result == 0 ? g_steal_pointer(&self) : NULL;
}

void
cfp_bpf_free(CfpBpf *self)
{
    if (!self)
        return;
    pcap_freecode(&self->program);
    g_free(self);
}

gboolean
cfp_bpf_match(const CfpBpf *self, const CfpPacket *packet)
{
    const struct pcap_pkthdr header = {.caplen = packet->caplen, .len = packet->len};

    return pcap_offline_filter(&self->program, &header, packet->data) != 0;
}

gboolean
cfp_bpf_check(const char *expression, GError **error)
{
    g_autoptr(CfpBpf) ethernet = cfp_bpf_new(expression, DLT_EN10MB, 0, error);
    g_autoptr(CfpBpf) raw = NULL;

    if (ethernet)
        return TRUE;
    raw = cfp_bpf_new(expression, LINKTYPE_RAW, 0, NULL);
    if (raw)
        g_clear_error(error);
    return raw != NULL;
}
