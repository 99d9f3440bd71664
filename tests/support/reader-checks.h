/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_READER_CHECKS_H
#define CFP_TESTS_SUPPORT_READER_CHECKS_H

#include "packet/pcap-reader.h"
#include "support/capture-builder.h"

/* What the tests of the capture readers share. Failures end the test that called. */

/** A reader of `file` over a strict source that shows `chunk` bytes at a time. */
CfpPcapReader *cfp_make_reader(const CfpBuilder *file, size_t chunk);

/** The same, opened. */
CfpPcapReader *cfp_open_reader(const CfpBuilder *file, size_t chunk);

/** The next packet, which must be there. */
CfpPacket cfp_read_packet(CfpPcapReader *reader);

/** The file must end here, and still when asked again. */
void cfp_assert_end(CfpPcapReader *reader);

/** Reading must fail here, and still when asked again. `part`: of the message. */
void cfp_assert_fails(CfpPcapReader *reader, CfpPcapError code, const char *part);

/** Opening must fail, and every next() after it. */
void cfp_assert_open_fails(const CfpBuilder *file, CfpPcapError code, const char *part);

/** A pcapng file with a section and an interface of link type 101, for more blocks. */
CfpBuilder cfp_begin_pcapng(bool big_endian);

/** The same with one packet, "good", for a damaged block. */
CfpBuilder cfp_begin_defect(void);

/** The file gives the packet "good", then CFP_PCAP_ERROR_CORRUPT with `part` in the message. */
void cfp_assert_defect(const CfpBuilder *file, const char *part);

#endif
