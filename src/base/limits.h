/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_BASE_LIMITS_H
#define CFP_BASE_LIMITS_H

/*
 * Every maximum of the program, with the reason for its value. Sizes are bytes unless the name
 * says otherwise.
 */

/* The largest record dumpcap takes from a pipe (WTAP_MAX_PACKET_SIZE_STANDARD): a bigger one in a
 * file is damage, not data. */
#define CFP_MAX_CAPTURED_LENGTH 262144u

/* dumpcap 4.0 and 4.6 end the capture at a pcapng block above this. */
#define CFP_MAX_OUTPUT_BLOCK 262144u

/* A Section Header Block above this overruns a heap buffer in dumpcap 4.0. */
#define CFP_MAX_SECTION_HEADER 2048u

/* The largest pcapng block that is read: a packet of the largest size with generous options. */
#define CFP_MAX_INPUT_BLOCK (1024u * 1024u)

/* Interfaces one input file may declare: far above a server's, far below harm. */
#define CFP_MAX_INTERFACES 4096u

/* Names, descriptions, filters and comments of all interfaces of one input file together: 4 kB for
 * each of them, so that a file of a few compressed kilobytes can't fill the memory. */
#define CFP_MAX_INTERFACE_TEXT (16u * 1024u * 1024u)

/* Bytes a byte source may buffer: holds the largest block and keeps a 10 Gbit/s link busy for the
 * time one write to the FIFO takes. */
#define CFP_SOURCE_CAPACITY (2u * 1024u * 1024u)

/* Encoded output that is collected before it is written to the FIFO: four times a Linux pipe. */
#define CFP_OUTPUT_BUFFER (256u * 1024u)

/* A JSON answer: 50 captures are about 40 kB. */
#define CFP_MAX_JSON_BODY (4u * 1024u * 1024u)

/* Nesting of a JSON answer: the API's own is 5. json-glib 1.6 overruns the stack at about 100,000.
 */
#define CFP_MAX_JSON_DEPTH 64u

/* A line of response header, and all of them together. */
#define CFP_MAX_RESPONSE_HEADERS (256u * 1024u)

/* Text that the service sends and a person reads: Wireshark shows 1,024 bytes of stderr in all. */
#define CFP_MAX_SERVICE_TEXT 400u

/* What Wireshark keeps of an extcap's stderr. */
#define CFP_MAX_STDERR 1000u

/* A credential file holds one line; a private config file some dozens. */
#define CFP_MAX_CREDENTIAL_FILE (64u * 1024u)
#define CFP_MAX_CONFIG_FILE (256u * 1024u)

/* A credential that comes through a pipe from a password manager, which may ask its user. */
#define CFP_CREDENTIAL_PIPE_TIMEOUT_MS 20000u

/* A secret: bearer tokens have 40 characters today, JWT-like ones about 1,000. */
#define CFP_MAX_SECRET 4096u

/* A capture filter: libpcap has no limit of its own. 16 KiB are some 800 hosts. */
#define CFP_MAX_CAPTURE_FILTER (16u * 1024u)

/* The time to compile it, which grows much faster than the text: 800 hosts take two seconds for
 * each link type, 1,000 ports ten. While it is typed an answer is wanted at once. */
#define CFP_FILTER_TIMEOUT_MS 20000u
#define CFP_FILTER_CHECK_TIMEOUT_MS 1000u

/* Below this no filter takes long enough to have a thread of its own. */
#define CFP_SHORT_CAPTURE_FILTER 256u

/* Names of hosts in a capture filter, and addresses of one of them: a round-robin name has a dozen;
 * with hundreds the filter would be too long. */
#define CFP_MAX_FILTER_NAMES 16u
#define CFP_MAX_HOST_ADDRESSES 64u

/* One look-up: as long as the resolver takes to ask a server that is down, twice (resolv.conf(5)).
 */
#define CFP_LOOKUP_TIMEOUT_MS 10000u

/* Seconds to reach a server, and seconds without one byte from it while we want some. */
#define CFP_CONNECT_TIMEOUT_S 10u
#define CFP_STALL_TIMEOUT_S 30u

/* One API call from first byte sent to last byte received (downloads have the stall limit). */
#define CFP_CALL_TIMEOUT_S 60u

/* Tries of one idempotent call: with the waits below a quarter of a minute of outage. */
#define CFP_MAX_TRIES 6u
#define CFP_FIRST_RETRY_MS 500u
#define CFP_MAX_RETRY_MS 16000u

/* The longest Retry-After that is waited for: the API's global block lasts five minutes. */
#define CFP_MAX_RETRY_AFTER_S 300u

/* Times a broken download is resumed without one new byte before it is given up. */
#define CFP_MAX_RESUMES 5u

/* One sample capture a minute (documented); the second is for clocks that differ. */
#define CFP_SAMPLE_TURN_S 60u
#define CFP_SAMPLE_TURN_MARGIN_S 1u
#define CFP_MAX_TURNS 5u

/* Polling of a capture's status. */
#define CFP_FIRST_POLL_MS 250u
#define CFP_MAX_POLL_MS 5000u

/* Seconds in which "not found" for a capture that was just made means "not yet". */
#define CFP_NEW_CAPTURE_S 15u

/* Seconds a sample capture may take to be ready beyond its own time limit: it is a query of the
 * past and is documented to finish at once. */
#define CFP_SAMPLE_PATIENCE_S 180u

/* Seconds to open the FIFO. Wireshark opens its end some milliseconds after it started us. */
#define CFP_FIFO_OPEN_TIMEOUT_S 30u

/* Milliseconds to deliver what has arrived after Stop, of the 30 s that Wireshark waits. */
#define CFP_STOP_GRACE_MS 3000u

/* The same signal twice within this time is one stop: a terminal's Ctrl-C sends SIGINT and
 * Wireshark SIGTERM a millisecond later. */
#define CFP_SAME_STOP_MS 2000u

/* How often the parent process is looked at while nothing else happens. */
#define CFP_PARENT_CHECK_MS 250u

#endif
