/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/byte-source.h"

#include "support/cunit-runner.h"

static CfpByteSource *
make_source(const char *text, size_t chunk)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

    return cfp_memory_source_new(bytes, chunk);
}

static void
test_all_at_once(void)
{
    g_autoptr(CfpByteSource) source = make_source("0123456789", 0);
    const uint8_t *data;
    size_t len;

    ASSERT_UINT(cfp_byte_source_available(source), 10);
    ASSERT_TRUE(cfp_byte_source_fill(source, 1, &data, &len, NULL));
    ASSERT_BYTES(data, len, "0123456789", 10);
}

static void
test_whole_chunks(void)
{
    g_autoptr(CfpByteSource) source = make_source("0123456789", 3);
    const uint8_t *data;
    size_t len;

    ASSERT_UINT(cfp_byte_source_available(source), 0);
    ASSERT_TRUE(cfp_byte_source_fill(source, 1, &data, &len, NULL));
    ASSERT_BYTES(data, len, "012", 3);
    ASSERT_TRUE(cfp_byte_source_fill(source, 3, &data, &len, NULL));
    ASSERT_BYTES(data, len, "012", 3);
    ASSERT_TRUE(cfp_byte_source_fill(source, 4, &data, &len, NULL));
    ASSERT_BYTES(data, len, "012345", 6);
    ASSERT_UINT(cfp_byte_source_available(source), 6);
    ASSERT_TRUE(cfp_byte_source_fill(source, 10, &data, &len, NULL));
    ASSERT_BYTES(data, len, "0123456789", 10);
}

static void
test_short_fill_is_the_end(void)
{
    g_autoptr(CfpByteSource) source = make_source("0123", 3);
    const uint8_t *data;
    size_t len;

    ASSERT_TRUE(cfp_byte_source_fill(source, 5, &data, &len, NULL));
    ASSERT_BYTES(data, len, "0123", 4);
    cfp_byte_source_consume(source, 4);
    ASSERT_TRUE(cfp_byte_source_fill(source, 1, &data, &len, NULL));
    ASSERT_UINT(len, 0);
    ASSERT_TRUE(data != NULL);
}

static void
test_empty(void)
{
    g_autoptr(CfpByteSource) source = make_source("", 0);
    const uint8_t *data = NULL;
    size_t len = 1;

    ASSERT_TRUE(cfp_byte_source_fill(source, 1, &data, &len, NULL));
    ASSERT_UINT(len, 0);
    ASSERT_TRUE(data != NULL);
}

static void
test_consume(void)
{
    g_autoptr(CfpByteSource) source = make_source("0123456789", 4);
    const uint8_t *data;
    size_t len;

    ASSERT_TRUE(cfp_byte_source_fill(source, 4, &data, &len, NULL));
    cfp_byte_source_consume(source, 3);
    ASSERT_UINT(cfp_byte_source_available(source), 1);
    ASSERT_TRUE(cfp_byte_source_fill(source, 2, &data, &len, NULL));
    ASSERT_BYTES(data, len, "34567", 5);
    cfp_byte_source_consume(source, 5);
    ASSERT_UINT(cfp_byte_source_available(source), 0);
    ASSERT_TRUE(cfp_byte_source_fill(source, 1, &data, &len, NULL));
    ASSERT_BYTES(data, len, "89", 2);
}

static void
test_chunk_sizes(void)
{
    static const char text[] = "the same bytes, whatever the size of the pieces they come in";

    for (size_t chunk = 0; chunk <= sizeof text; chunk++) {
        for (size_t want = 1; want <= 9; want++) {
            g_autoptr(CfpByteSource) source = make_source(text, chunk);
            g_autoptr(GString) got = g_string_new(NULL);
            const uint8_t *data;
            size_t len;

            do {
                ASSERT_TRUE(cfp_byte_source_fill(source, want, &data, &len, NULL));
                len = MIN(len, want);
                g_string_append_len(got, (const char *)data, (gssize)len);
                cfp_byte_source_consume(source, len);
            } while (len == want);
            ASSERT_STR(got->str, text);
        }
    }
}

static void
test_large_chunk(void)
{
    g_autoptr(CfpByteSource) source = make_source("0123456789", G_MAXSIZE);
    const uint8_t *data;
    size_t len;

    ASSERT_TRUE(cfp_byte_source_fill(source, 2, &data, &len, NULL));
    ASSERT_BYTES(data, len, "0123456789", 10);
}

static void
test_free_null(void)
{
    cfp_byte_source_free(NULL);
    CU_PASS("no crash");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"without a chunk size everything is visible at once", test_all_at_once},
        {"a fill shows whole chunks and no more than it needs", test_whole_chunks},
        {"fewer bytes than wanted are the end of the data", test_short_fill_is_the_end},
        {"an empty source ends at once", test_empty},
        {"consumed bytes are gone and the rest is counted", test_consume},
        {"every chunk size gives the same bytes", test_chunk_sizes},
        {"a chunk larger than memory is everything", test_large_chunk},
        {"freeing nothing is allowed", test_free_null},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "byte-source", cases);
}
