/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/inflate-source.h"

#include <gio/gio.h>
#include <sys/resource.h>
#include <zlib.h>

#include "base/limits.h"
#include "packet/pcap-reader.h"
#include "support/cunit-runner.h"
#include "support/strict-source.h"

/* Of a gzip file as GIO's compressor writes it. */
#define HEADER_LEN 10
#define TRAILER_LEN 8

static GByteArray *
compress_bytes(const void *data, size_t len)
{
    g_autoptr(GZlibCompressor) compressor =
        g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
    g_autoptr(GInputStream) plain = g_memory_input_stream_new_from_data(data, (gssize)len, NULL);
    g_autoptr(GInputStream) stream = g_converter_input_stream_new(plain, G_CONVERTER(compressor));
    GByteArray *result = g_byte_array_new();
    uint8_t buffer[4096];
    gssize got;

    while ((got = g_input_stream_read(stream, buffer, sizeof buffer, NULL, NULL)) > 0)
        g_byte_array_append(result, buffer, (guint)got);
    g_assert(got == 0);
    return result;
}

/* Bytes of middling entropy, the same in each run. */
static GByteArray *
make_plain(size_t len)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4711);
    GByteArray *plain = g_byte_array_sized_new((guint)len);

    g_byte_array_set_size(plain, (guint)len);
    for (size_t i = 0; i < len; i++)
        plain->data[i] = (uint8_t)(g_rand_int(rand) & 0x1f);
    return plain;
}

static CfpByteSource *
open_inflated(const GByteArray *compressed, size_t chunk, GError *failure)
{
    g_autoptr(GBytes) bytes = g_bytes_new(compressed->data, compressed->len);
    g_autoptr(GError) error = NULL;
    CfpByteSource *source =
        cfp_inflate_source_new_take(cfp_strict_source_new(bytes, chunk, failure), &error);

    ASSERT_NO_ERROR(error);
    return source;
}

/* Reads to the end or the first error, `want` bytes at a time, then what is left. */
static GByteArray *
drain(CfpByteSource *source, size_t want, GError **error)
{
    GByteArray *got = g_byte_array_new();
    const uint8_t *data;
    size_t len;

    do {
        if (!cfp_byte_source_fill(source, want, &data, &len, error)) {
            size_t rest = cfp_byte_source_available(source);

            /* What is available can be had after an error too. */
            ASSERT_TRUE(cfp_byte_source_fill(source, rest, &data, &len, NULL));
            ASSERT_UINT(len, rest);
            g_byte_array_append(got, data, (guint)len);
            return got;
        }
        len = MIN(len, want);
        g_byte_array_append(got, data, (guint)len);
        cfp_byte_source_consume(source, len);
    } while (len == want);
    return got;
}

static void
assert_inflates_to(const GByteArray *compressed, const GByteArray *plain, size_t chunk, size_t want)
{
    g_autoptr(CfpByteSource) source = open_inflated(compressed, chunk, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) got = drain(source, want, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_BYTES(got->data, got->len, plain->data, plain->len);
}

/* All of `plain`, then damage. */
static void
assert_fails_after(const GByteArray *compressed, const GByteArray *plain, const char *reason)
{
    g_autoptr(CfpByteSource) source = open_inflated(compressed, 7, NULL);
    g_autoptr(GError) error = NULL, again = NULL;
    g_autoptr(GByteArray) got = drain(source, 100, &error);
    const uint8_t *data;
    size_t len;

    ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION);
    ASSERT_CONTAINS(error->message, reason);
    ASSERT_BYTES(got->data, got->len, plain->data, plain->len);
    ASSERT_FALSE(cfp_byte_source_fill(source, 100, &data, &len, &again));
    ASSERT_STR(again->message, error->message);
}

static void
test_plain(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("\xd4\xc3\xb2\xa1", 4);
    CfpByteSource *plain = cfp_memory_source_new(bytes, 1);
    g_autoptr(CfpByteSource) source = cfp_inflate_source_new_take(plain, NULL);
    const uint8_t *data;
    size_t len;

    ASSERT_TRUE(source == plain);
    ASSERT_TRUE(cfp_byte_source_fill(source, 4, &data, &len, NULL));
    ASSERT_BYTES(data, len, "\xd4\xc3\xb2\xa1", 4);
}

static void
test_short_plain(void)
{
    for (size_t len = 0; len < 2; len++) {
        g_autoptr(GBytes) bytes = g_bytes_new("\x1f", len);
        CfpByteSource *plain = cfp_memory_source_new(bytes, 0);
        g_autoptr(CfpByteSource) source = cfp_inflate_source_new_take(plain, NULL);

        ASSERT_TRUE(source == plain);
    }
}

static void
test_chunks(void)
{
    g_autoptr(GByteArray) plain = make_plain(3000);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

    for (size_t chunk = 0; chunk <= 64; chunk++)
        assert_inflates_to(compressed, plain, chunk, 1 + chunk * 13);
}

static void
test_large(void)
{
    g_autoptr(GByteArray) plain = make_plain(5000001);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

    assert_inflates_to(compressed, plain, 0, CFP_MAX_INPUT_BLOCK);
    assert_inflates_to(compressed, plain, 100000, 1000);
    assert_inflates_to(compressed, plain, 4099, 262145);
}

static void
test_members(void)
{
    g_autoptr(GByteArray) plain = make_plain(500);
    g_autoptr(GByteArray) joined = compress_bytes(plain->data, 200);
    g_autoptr(GByteArray) nothing = compress_bytes("", 0);
    g_autoptr(GByteArray) second = compress_bytes(plain->data + 200, 300);

    g_byte_array_append(joined, nothing->data, nothing->len);
    g_byte_array_append(joined, second->data, second->len);
    for (size_t chunk = 0; chunk <= 64; chunk++)
        assert_inflates_to(joined, plain, chunk, 77);
}

static void
test_padding(void)
{
    static const uint8_t zeros[600] = {0};
    g_autoptr(GByteArray) plain = make_plain(500);

    for (guint padding = 1; padding <= sizeof zeros; padding += 13) {
        g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

        g_byte_array_append(compressed, zeros, padding);
        assert_inflates_to(compressed, plain, 5, 77);
    }
}

static void
test_trailing_bytes(void)
{
    static const char *tails[] = {"x", "xy", "\x1f", "\x1fx"};
    g_autoptr(GByteArray) plain = make_plain(500);

    for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
        g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

        g_byte_array_append(compressed, (const uint8_t *)tails[i], (guint)strlen(tails[i]));
        assert_fails_after(compressed, plain, "other bytes follow");
    }
}

static void
test_bytes_after_padding(void)
{
    g_autoptr(GByteArray) plain = make_plain(500);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

    g_byte_array_append(compressed, (const uint8_t *)"\0\0\0x", 4);
    assert_fails_after(compressed, plain, "other bytes follow");
}

/* Puts the optional fields of RFC 1952, section 2.3 into a compressed file. */
static GByteArray *
add_fields(const GByteArray *compressed, uint8_t flags, size_t name_len)
{
    GByteArray *result = g_byte_array_new();
    g_autofree char *name = g_strnfill(name_len, 'n');

    g_byte_array_append(result, compressed->data, HEADER_LEN);
    result->data[3] = flags;
    if ((flags & 4) != 0)
        g_byte_array_append(result, (const uint8_t *)"\5\0extra", 7);
    if ((flags & 8) != 0)
        g_byte_array_append(result, (const uint8_t *)name, (guint)name_len + 1);
    if ((flags & 16) != 0)
        g_byte_array_append(result, (const uint8_t *)"comment", 8);
    if ((flags & 2) != 0) {
        unsigned long sum = crc32(0, result->data, result->len);
        const uint8_t bytes[] = {(uint8_t)(sum & 0xff), (uint8_t)(sum >> 8 & 0xff)};

        g_byte_array_append(result, bytes, sizeof bytes);
    }
    g_byte_array_append(result, compressed->data + HEADER_LEN, compressed->len - HEADER_LEN);
    return result;
}

static void
test_header_fields(void)
{
    g_autoptr(GByteArray) plain = make_plain(500);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

    for (unsigned flags = 0; flags < 32; flags++) {
        g_autoptr(GByteArray) with_fields = add_fields(compressed, (uint8_t)flags, 9);
        g_autoptr(GByteArray) with_long_name = add_fields(compressed, (uint8_t)flags, 300000);

        assert_inflates_to(with_fields, plain, 1, 100);
        assert_inflates_to(with_long_name, plain, 10000, 100);
    }
}

static void
test_bad_header(void)
{
    g_autoptr(GByteArray) nothing = g_byte_array_new();
    g_autoptr(GByteArray) plain = make_plain(500);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);
    uint8_t method = compressed->data[2];

    compressed->data[2] = 7;
    assert_fails_after(compressed, nothing, "method");
    compressed->data[2] = method;
    compressed->data[3] = 0x20;
    assert_fails_after(compressed, nothing, "flags");
}

static void
test_check_sum(void)
{
    g_autoptr(GByteArray) plain = make_plain(100000);

    for (guint i = 1; i <= TRAILER_LEN; i++) {
        g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

        compressed->data[compressed->len - i] ^= 0x10;
        assert_fails_after(compressed, plain,
                           i <= 4 ? "incorrect length check" : "incorrect data check");
    }
}

static void
test_check_sum_of_second_member(void)
{
    g_autoptr(GByteArray) plain = make_plain(500);
    g_autoptr(GByteArray) joined = compress_bytes(plain->data, 200);
    g_autoptr(GByteArray) second = compress_bytes(plain->data + 200, 300);

    second->data[second->len - TRAILER_LEN] ^= 1;
    g_byte_array_append(joined, second->data, second->len);
    assert_fails_after(joined, plain, "incorrect data check");
}

static void
test_truncation(void)
{
    g_autoptr(GByteArray) plain = make_plain(700);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);
    size_t before = 0;

    for (guint len = 2; len < compressed->len; len++) {
        g_autoptr(GBytes) bytes = g_bytes_new(compressed->data, len);
        g_autoptr(CfpByteSource) source =
            cfp_inflate_source_new_take(cfp_strict_source_new(bytes, 3, NULL), NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) got = drain(source, 1000, &error);

        ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION);
        ASSERT_CONTAINS(error->message, "ends early");
        ASSERT_TRUE(got->len >= before && got->len <= plain->len);
        ASSERT_BYTES(got->data, got->len, plain->data, got->len);
        before = got->len;
    }
    /* Without its last byte only the trailer is damaged. */
    ASSERT_UINT(before, plain->len);
}

static void
test_damaged_data(void)
{
    g_autoptr(GByteArray) plain = make_plain(1000000);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);
    g_autoptr(CfpByteSource) source = NULL;
    g_autoptr(GByteArray) got = NULL;
    g_autoptr(GError) error = NULL;

    memset(compressed->data + compressed->len / 2, 0xff, 1000);
    source = open_inflated(compressed, 4096, NULL);
    got = drain(source, 1000, &error);
    ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION);
    /* Half of it is good; one step of the decompressor may be lost. */
    ASSERT_TRUE(got->len > plain->len / 2 - 100000);
    ASSERT_BYTES(got->data, plain->len / 2 - 100000, plain->data, plain->len / 2 - 100000);
}

/* One stored block of deflate with good data, then one of a type that doesn't exist. */
static void
test_impossible_block(void)
{
    static const uint8_t start[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 200, 0, 55, 255};
    g_autoptr(GByteArray) plain = make_plain(200);
    g_autoptr(GByteArray) compressed = g_byte_array_new();

    g_byte_array_append(compressed, start, sizeof start);
    g_byte_array_append(compressed, plain->data, plain->len);
    g_byte_array_append(compressed, (const uint8_t *)"\7.........", 10);
    for (size_t chunk = 1; chunk <= 5; chunk++) {
        g_autoptr(CfpByteSource) source = open_inflated(compressed, chunk, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) got = drain(source, 1000, &error);

        ASSERT_ERROR(error, CFP_PCAP_ERROR, CFP_PCAP_ERROR_COMPRESSION);
        ASSERT_CONTAINS(error->message, "invalid block type");
        /* What came in the same piece as the damage may be lost. */
        ASSERT_TRUE(got->len + chunk > plain->len);
        ASSERT_BYTES(got->data, got->len, plain->data, got->len);
    }
}

/* How many bytes the first `len` of a gzip file are good for, decompressed at once. */
static size_t
count_plain(const GByteArray *compressed, size_t len)
{
    g_autoptr(GZlibDecompressor) inflater = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    g_autofree uint8_t *buffer = g_malloc(1000000);
    gsize consumed, written = 0;

    (void)g_converter_convert(G_CONVERTER(inflater), compressed->data, len, buffer, 1000000,
                              G_CONVERTER_NO_FLAGS, &consumed, &written, NULL);
    return written;
}

static GByteArray *
make_zeros(size_t len)
{
    GByteArray *zeros = g_byte_array_new();

    g_byte_array_set_size(zeros, (guint)len);
    memset(zeros->data, 0, len);
    return zeros;
}

static void
test_output_before_waiting(void)
{
    g_autoptr(GByteArray) plain = make_zeros(300000);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

    for (guint len = HEADER_LEN + 1; len < compressed->len; len++) {
        g_autoptr(GBytes) bytes = g_bytes_new(compressed->data, len);
        GError *stop = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
        g_autoptr(CfpByteSource) source =
            cfp_inflate_source_new_take(cfp_strict_source_new(bytes, 0, stop), NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) got = drain(source, plain->len + 1, &error);

        ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        ASSERT_UINT(got->len, count_plain(compressed, len));
    }
}

static void
test_output_without_input(void)
{
    g_autoptr(GByteArray) plain = make_zeros(300000);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);

    /* With some of them a piece ends inside a match at the end of a step. */
    for (size_t chunk = 1; chunk <= 140; chunk++)
        assert_inflates_to(compressed, plain, chunk, 40000);
}

/* Stored blocks, the first of which fills a step to the last byte and ends a piece of input. */
static void
test_step_ends_with_input(void)
{
    static const uint8_t start[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0x80, 0xff, 0x7f};
    g_autoptr(GByteArray) plain = make_plain(32768 + 2);
    g_autoptr(GByteArray) compressed = g_byte_array_new();
    g_autoptr(CfpByteSource) source = NULL;
    const uint8_t *data;
    size_t len;

    g_byte_array_append(compressed, start, sizeof start);
    g_byte_array_append(compressed, plain->data, 32768);
    g_byte_array_append(compressed, (const uint8_t *)"\1\2\0\375\377", 5);
    g_byte_array_append(compressed, plain->data + 32768, 2);
    source = open_inflated(compressed, sizeof start + 32768, NULL);
    ASSERT_TRUE(cfp_byte_source_fill(source, 32768 + 2, &data, &len, NULL));
    ASSERT_BYTES(data, len, plain->data, plain->len);
}

static void
test_growing_fills(void)
{
    g_autoptr(GByteArray) plain = make_plain(1500000);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);
    g_autoptr(CfpByteSource) source = open_inflated(compressed, 5000, NULL);
    const uint8_t *data;
    size_t len;

    for (size_t want = 1; want <= CFP_MAX_INPUT_BLOCK; want *= 2) {
        ASSERT_TRUE(cfp_byte_source_fill(source, want, &data, &len, NULL));
        ASSERT_TRUE(len >= want);
        ASSERT_BYTES(data, len, plain->data, len);
    }
}

static long
peak_memory_kib(void)
{
    struct rusage usage;

    g_assert(getrusage(RUSAGE_SELF, &usage) == 0);
    return usage.ru_maxrss;
}

/* 64 MiB of zeros, some 64 kB compressed. */
static GByteArray *
make_bomb(size_t *ret_len)
{
    g_autofree uint8_t *zeros = g_malloc0(1024 * 1024);
    g_autoptr(GByteArray) member = compress_bytes(zeros, 1024 * 1024);
    GByteArray *bomb = g_byte_array_new();

    for (int i = 0; i < 64; i++)
        g_byte_array_append(bomb, member->data, member->len);
    *ret_len = (size_t)64 * 1024 * 1024;
    return bomb;
}

static void
test_bomb(void)
{
    size_t expected, total = 0, len, want = 1;
    g_autoptr(GByteArray) bomb = make_bomb(&expected);
    g_autoptr(CfpByteSource) source = open_inflated(bomb, 0, NULL);
    long before = peak_memory_kib();
    const uint8_t *data;

    do {
        ASSERT_TRUE(cfp_byte_source_fill(source, want, &data, &len, NULL));
        ASSERT_TRUE(len <= CFP_SOURCE_CAPACITY);
        total += len;
        cfp_byte_source_consume(source, len);
        want = MIN(want * 2, CFP_MAX_INPUT_BLOCK);
    } while (len > 0);
    ASSERT_UINT(total, expected);
    /* The buffer, its smaller predecessors, and what the tools that run the tests need. */
    ASSERT_TRUE(peak_memory_kib() - before < 24 * 1024);
}

static void
test_small_reads_use_a_small_buffer(void)
{
    size_t expected, len;
    g_autoptr(GByteArray) bomb = make_bomb(&expected);
    g_autoptr(CfpByteSource) source = open_inflated(bomb, 0, NULL);
    const uint8_t *data;

    ASSERT_TRUE(cfp_byte_source_fill(source, 16, &data, &len, NULL));
    ASSERT_TRUE(len >= 16 && len <= 64 * 1024);
}

/* All data comes, then the error of the source. */
static void
assert_source_fails_after(const GByteArray *compressed, const GByteArray *plain)
{
    for (size_t chunk = 0; chunk <= 64; chunk++) {
        GError *stop = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
        g_autoptr(CfpByteSource) source = open_inflated(compressed, chunk, stop);
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) got = drain(source, plain->len + 1, &error);

        ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        ASSERT_BYTES(got->data, got->len, plain->data, plain->len);
    }
}

static void
test_failing_source(void)
{
    g_autoptr(GByteArray) plain = make_plain(2000);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);
    guint whole = compressed->len;

    g_byte_array_append(compressed, (const uint8_t *)"\0\0\0", 3);
    /* In the padding, behind the member, in its trailer, at its end. */
    for (guint missing = 0; missing <= 3 + TRAILER_LEN; missing++) {
        g_byte_array_set_size(compressed, whole + 3 - missing);
        assert_source_fails_after(compressed, plain);
    }
}

static void
test_source_fails_in_header(void)
{
    g_autoptr(GByteArray) plain = make_plain(50);
    g_autoptr(GByteArray) compressed = compress_bytes(plain->data, plain->len);
    g_autoptr(GByteArray) with_fields = add_fields(compressed, 0x1e, 9);

    for (guint len = 2; len < 40; len++) {
        g_autoptr(GBytes) bytes = g_bytes_new(with_fields->data, len);
        GError *reset = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "reset");
        g_autoptr(CfpByteSource) source =
            cfp_inflate_source_new_take(cfp_strict_source_new(bytes, 1, reset), NULL);
        const uint8_t *data;
        size_t got;

        for (int i = 0; i < 2; i++) {
            g_autoptr(GError) error = NULL;

            ASSERT_FALSE(cfp_byte_source_fill(source, 40, &data, &got, &error));
            ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
        }
    }
}

static void
test_source_fails_at_once(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("\x1f", 1);
    GError *reset = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "reset");
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(cfp_inflate_source_new_take(cfp_strict_source_new(bytes, 0, reset), &error) ==
                NULL);
    ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"data that is not gzip is passed through", test_plain},
        {"data shorter than the magic is passed through", test_short_plain},
        {"every chunk size inflates to the same bytes", test_chunks},
        {"data larger than the buffer inflates to the same bytes", test_large},
        {"several members are one stream", test_members},
        {"zero bytes after the last member are ignored", test_padding},
        {"other bytes after the last member are an error after the data", test_trailing_bytes},
        {"other bytes after the padding are an error after the data", test_bytes_after_padding},
        {"the optional header fields are skipped", test_header_fields},
        {"a header with unknown method or flags is an error", test_bad_header},
        {"a wrong check sum or length is an error after the last byte", test_check_sum},
        {"a wrong check sum of the second member is one too", test_check_sum_of_second_member},
        {"a member that ends early is an error after its last byte", test_truncation},
        {"damaged data is an error after the good bytes", test_damaged_data},
        {"an impossible block is an error after the good bytes", test_impossible_block},
        {"all output of the input at hand comes before any waiting", test_output_before_waiting},
        {"output goes on when there is no more input", test_output_without_input},
        {"a step may end where the input does", test_step_ends_with_input},
        {"a fill can ask for more than the one before", test_growing_fills},
        {"a bomb needs no more memory than the buffer", test_bomb},
        {"small reads use a small buffer", test_small_reads_use_a_small_buffer},
        {"when the source fails, what was inflated stays readable", test_failing_source},
        {"a source that fails in the header goes on failing", test_source_fails_in_header},
        {"a source that fails at once gives its error", test_source_fails_at_once},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "inflate-source", cases);
}
