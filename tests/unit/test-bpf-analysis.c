/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/bpf-analysis.h"

#include "support/asserts.h"

#define LOAD_BYTE(k) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, k)
#define LOAD_WORD(k) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define IS(k, jt, jf) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf)
#define ACCEPT BPF_STMT(BPF_RET | BPF_K, 262144)
#define REJECT BPF_STMT(BPF_RET | BPF_K, 0)

/* One set of IPv4 packets without a link layer goes in. */
static gboolean
analyse(const struct bpf_insn *program, unsigned n, CfpBpfOutcome *outcome)
{
    g_autoptr(GArray) packets = g_array_new(FALSE, FALSE, sizeof(CfpPacketFacts));
    CfpPacketFacts packet = cfp_packet_facts_new(CFP_LAYOUT_IPV4, 0);

    packet.facts[CFP_FACT_VERSION] = cfp_interval_set_range(4, 4);
    g_array_append_val(packets, packet);
    return cfp_bpf_analyse(program, n, packets, outcome);
}

#define ANALYSE(program, outcome) analyse(program, G_N_ELEMENTS(program), outcome)

/* Whether a packet with this value is among the accepted ones. */
static gboolean
accepts(const CfpBpfOutcome *outcome, CfpFact fact, uint32_t value)
{
    for (guint i = 0; i < outcome->accepted->len; i++)
        if (cfp_interval_set_has(&g_array_index(outcome->accepted, CfpPacketFacts, i).facts[fact],
                                 value))
            return TRUE;
    return FALSE;
}

static void
test_branches(void)
{
    static const struct bpf_insn program[] = {
        LOAD_BYTE(9), IS(6, 1, 0), IS(17, 0, 3), LOAD_WORD(12), IS(7, 0, 1), ACCEPT, REJECT,
    };
    g_auto(CfpBpfOutcome) outcome = {0};

    ASSERT_TRUE(ANALYSE(program, &outcome));
    ASSERT_TRUE(outcome.may_reject);
    ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, 17));
    ASSERT_FALSE(accepts(&outcome, CFP_FACT_PROTOCOL, 1));
    ASSERT_TRUE(accepts(&outcome, CFP_FACT_SOURCE, 7));
    ASSERT_FALSE(accepts(&outcome, CFP_FACT_SOURCE, 8));
}

static void
test_accepts_all(void)
{
    static const struct bpf_insn program[] = {ACCEPT};
    g_auto(CfpBpfOutcome) outcome = {0};

    ASSERT_TRUE(ANALYSE(program, &outcome));
    ASSERT_FALSE(outcome.may_reject);
    ASSERT_UINT(outcome.accepted->len, 1);
}

static void
test_nothing_is_accepted(void)
{
    static const struct bpf_insn program[] = {LOAD_BYTE(9), IS(6, 0, 2), LOAD_BYTE(9),
                                              IS(17, 1, 0), REJECT,      ACCEPT};
    g_auto(CfpBpfOutcome) outcome = {0};
    g_auto(CfpBpfOutcome) empty = {0};

    ASSERT_TRUE(ANALYSE(program, &outcome));
    ASSERT_TRUE(outcome.may_reject);
    ASSERT_FALSE(accepts(&outcome, CFP_FACT_PROTOCOL, 17));
    ASSERT_TRUE(analyse(NULL, 0, &empty));
    ASSERT_TRUE(empty.may_reject);
    ASSERT_UINT(empty.accepted->len, 0);
}

/* The way libpcap compiles arithmetic: through registers and scratch memory. */
static void
test_registers(void)
{
    static const struct bpf_insn program[] = {
        BPF_STMT(BPF_LD | BPF_IMM, 2),
        BPF_STMT(BPF_ST, 0),
        BPF_STMT(BPF_LDX | BPF_MSH | BPF_B, 0),
        BPF_STMT(BPF_LD | BPF_MEM, 0),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
        BPF_STMT(BPF_ST, 1),
        BPF_STMT(BPF_LD | BPF_IMM, 53),
        BPF_STMT(BPF_ST, 15),
        BPF_STMT(BPF_LDX | BPF_MEM, 15),
        BPF_STMT(BPF_LD | BPF_MEM, 1),
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
        IS(0, 0, 1),
        ACCEPT,
        REJECT,
    };
    g_auto(CfpBpfOutcome) outcome = {0};

    ASSERT_TRUE(ANALYSE(program, &outcome));
    ASSERT_TRUE(accepts(&outcome, CFP_FACT_DESTINATION_PORT, 53));
    ASSERT_FALSE(accepts(&outcome, CFP_FACT_DESTINATION_PORT, 54));
    ASSERT_TRUE(accepts(&outcome, CFP_FACT_SOURCE_PORT, 54));
}

/* What is computed in a way that is not followed may be anything. */
static void
test_unknown_values(void)
{
    static const struct bpf_insn operations[] = {
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 6), BPF_STMT(BPF_ALU | BPF_NEG, 0),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 1), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2), BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 4),
        BPF_STMT(BPF_LD | BPF_LEN, 0),          BPF_STMT(BPF_LD | BPF_MEM, 3),
        BPF_STMT(BPF_MISC | BPF_TXA, 0),        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xfffff000),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 9),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        const struct bpf_insn program[] = {BPF_STMT(BPF_LDX | BPF_LEN, 0),
                                           LOAD_BYTE(9),
                                           operations[i],
                                           IS(6, 0, 1),
                                           ACCEPT,
                                           REJECT};
        g_auto(CfpBpfOutcome) outcome = {0};

        ASSERT_TRUE(ANALYSE(program, &outcome));
        ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, 6));
        ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, 17));
        ASSERT_TRUE(outcome.may_reject);
    }
}

/* Numbers of the program's own are computed as the machine does it. */
static void
test_constants(void)
{
    static const struct {
        uint16_t operation;
        uint32_t a, b, result;
    } rows[] = {
        {BPF_ADD, 7, 3, 10},
        {BPF_ADD, UINT32_MAX, 2, 1},
        {BPF_SUB, 7, 3, 4},
        {BPF_SUB, 3, 7, UINT32_MAX - 3},
        {BPF_MUL, 7, 3, 21},
        {BPF_AND, 6, 3, 2},
        {BPF_OR, 6, 3, 7},
        {BPF_LSH, 3, 4, 48},
        {BPF_LSH, 3, 31, 0x80000000},
        {BPF_LSH, 3, 32, 0},
        {BPF_RSH, 48, 4, 3},
        {BPF_RSH, UINT32_MAX, 31, 1},
        {BPF_RSH, UINT32_MAX, 32, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct bpf_insn program[] = {
            BPF_STMT(BPF_LDX | BPF_IMM, rows[i].b),
            BPF_STMT(BPF_LD | BPF_IMM, rows[i].a),
            BPF_STMT((uint16_t)(BPF_ALU | BPF_X | rows[i].operation), 0),
            IS(rows[i].result, 0, 1),
            ACCEPT,
            REJECT,
        };
        g_auto(CfpBpfOutcome) outcome = {0};

        ASSERT_TRUE(ANALYSE(program, &outcome));
        ASSERT_UINT(outcome.accepted->len, 1);
        ASSERT_FALSE(outcome.may_reject);
    }
}

/* Jumps on such numbers go one way only. */
static void
test_constant_jumps(void)
{
    static const struct {
        uint16_t operation;
        uint32_t a, b;
        gboolean taken;
    } rows[] = {
        {BPF_JEQ, 5, 5, TRUE},  {BPF_JEQ, 5, 6, FALSE},  {BPF_JGT, 5, 4, TRUE},
        {BPF_JGT, 5, 5, FALSE}, {BPF_JGE, 5, 5, TRUE},   {BPF_JGE, 5, 6, FALSE},
        {BPF_JSET, 5, 4, TRUE}, {BPF_JSET, 5, 2, FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct bpf_insn program[] = {
            BPF_STMT(BPF_LD | BPF_IMM, rows[i].a),
            BPF_JUMP((uint16_t)(BPF_JMP | BPF_K | rows[i].operation), rows[i].b, 0, 1),
            ACCEPT,
            REJECT,
        };
        g_auto(CfpBpfOutcome) outcome = {0};

        ASSERT_TRUE(ANALYSE(program, &outcome));
        ASSERT_TRUE((outcome.accepted->len > 0) == rows[i].taken);
        ASSERT_TRUE(outcome.may_reject != rows[i].taken);
    }
}

/* Each of the machine's tests of a byte, both ways. */
static void
test_byte_jumps(void)
{
    static const struct {
        uint16_t operation;
        uint32_t number;
        uint32_t in[2], out[2]; /* protocols that are accepted when it is taken, and when not */
    } rows[] = {
        {BPF_JEQ, 6, {6, 6}, {5, 7}},
        {BPF_JGT, 6, {7, 255}, {0, 6}},
        {BPF_JGE, 6, {6, 255}, {0, 5}},
        {BPF_JSET, 0x80, {0x80, 0xff}, {0, 0x7f}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint16_t code = (uint16_t)(BPF_JMP | BPF_K | rows[i].operation);
        const struct bpf_insn taken[] = {LOAD_BYTE(9), BPF_JUMP(code, rows[i].number, 0, 1), ACCEPT,
                                         REJECT};
        const struct bpf_insn not_taken[] = {LOAD_BYTE(9), BPF_JUMP(code, rows[i].number, 1, 0),
                                             ACCEPT, REJECT};
        g_auto(CfpBpfOutcome) yes = {0};
        g_auto(CfpBpfOutcome) no = {0};

        ASSERT_TRUE(ANALYSE(taken, &yes));
        ASSERT_TRUE(ANALYSE(not_taken, &no));
        for (size_t e = 0; e < 2; e++) {
            ASSERT_TRUE(accepts(&yes, CFP_FACT_PROTOCOL, rows[i].in[e]));
            ASSERT_FALSE(accepts(&yes, CFP_FACT_PROTOCOL, rows[i].out[e]));
            ASSERT_TRUE(accepts(&no, CFP_FACT_PROTOCOL, rows[i].out[e]));
            ASSERT_FALSE(accepts(&no, CFP_FACT_PROTOCOL, rows[i].in[e]));
        }
    }
}

/* A number against a byte, the other way round. */
static void
test_swapped_jumps(void)
{
    static const struct {
        uint16_t operation;
        uint32_t taken, not_taken; /* protocols that are accepted, or not */
    } rows[] = {{BPF_JEQ, 6, 7}, {BPF_JGT, 5, 6}, {BPF_JGE, 6, 7}, {BPF_JSET, 2, 1}};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (u_char is_not = 0; is_not < 2; is_not++) {
            const struct bpf_insn program[] = {
                LOAD_BYTE(9),
                BPF_STMT(BPF_MISC | BPF_TAX, 0),
                BPF_STMT(BPF_LD | BPF_IMM, 6),
                BPF_JUMP((uint16_t)(BPF_JMP | BPF_X | rows[i].operation), 0, is_not, !is_not),
                ACCEPT,
                REJECT,
            };
            g_auto(CfpBpfOutcome) outcome = {0};

            ASSERT_TRUE(ANALYSE(program, &outcome));
            ASSERT_TRUE(outcome.may_reject);
            ASSERT_TRUE(
                accepts(&outcome, CFP_FACT_PROTOCOL, is_not ? rows[i].not_taken : rows[i].taken));
        }
    }
}

/* A division may be by zero, and the packet rejected. */
static void
test_division(void)
{
    static const uint16_t operations[] = {BPF_DIV, BPF_MOD};

    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        const struct bpf_insn program[] = {LOAD_BYTE(9), BPF_STMT(BPF_LDX | BPF_LEN, 0),
                                           BPF_STMT((uint16_t)(BPF_ALU | BPF_X | operations[i]), 0),
                                           ACCEPT};
        g_auto(CfpBpfOutcome) outcome = {0};

        ASSERT_TRUE(ANALYSE(program, &outcome));
        ASSERT_TRUE(outcome.may_reject);
    }
}

/* A register that is written later than it is read again keeps its value, whatever is stored in
 * between. */
static void
test_registers_are_kept(void)
{
    for (uint32_t k = 0; k < BPF_MEMWORDS; k++) {
        const struct bpf_insn program[] = {
            BPF_STMT(BPF_LDX | BPF_MSH | BPF_B, 0),
            LOAD_BYTE(9),
            BPF_STMT(BPF_ST, k),
            BPF_STMT(BPF_STX, (k + 1) % BPF_MEMWORDS),
            BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
            IS(53, 0, 5),
            BPF_STMT(BPF_LD | BPF_MEM, k),
            IS(17, 0, 3),
            BPF_STMT(BPF_LDX | BPF_MEM, (k + 1) % BPF_MEMWORDS),
            BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
            IS(80, 1, 0),
            REJECT,
            ACCEPT,
        };
        g_auto(CfpBpfOutcome) outcome = {0};

        ASSERT_TRUE(ANALYSE(program, &outcome));
        ASSERT_TRUE(accepts(&outcome, CFP_FACT_SOURCE_PORT, 53));
        ASSERT_FALSE(accepts(&outcome, CFP_FACT_SOURCE_PORT, 54));
        ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, 17));
        ASSERT_FALSE(accepts(&outcome, CFP_FACT_PROTOCOL, 6));
        ASSERT_TRUE(accepts(&outcome, CFP_FACT_DESTINATION_PORT, 80));
        ASSERT_FALSE(accepts(&outcome, CFP_FACT_DESTINATION_PORT, 81));
    }
}

/* Two ways to one instruction that nothing tells apart but what is in a register. */
static void
test_ways_with_other_values(void)
{
    /* What is done to A on the first way, and on the second; with = 5 then, a packet of each of
     * the two protocols may be accepted. */
    static const struct {
        struct bpf_insn first[2], second[2];
        uint32_t protocols[2];
    } rows[] = {
        {{LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1)},
         {LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 2)},
         {6, 7}},
        {{LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x0f)},
         {5, 0x15}},
        {{LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {LOAD_BYTE(8), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {5, 6}},
        {{LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {5, 6}},
        {{LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {BPF_STMT(BPF_LD | BPF_B | BPF_IND, 9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {5, 6}},
        {{LOAD_BYTE(9), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff)},
         {5, 6}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned swap = 0; swap < 2; swap++) {
            const struct bpf_insn *first = swap ? rows[i].second : rows[i].first;
            const struct bpf_insn *second = swap ? rows[i].first : rows[i].second;
            const struct bpf_insn program[] = {
                BPF_STMT(BPF_LDX | BPF_MSH | BPF_B, 0),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffff000), /* nothing is known of it */
                IS(1, 0, 3),
                first[0],
                first[1],
                BPF_STMT(BPF_JMP | BPF_JA, 2),
                second[0],
                second[1],
                IS(5, 0, 1),
                ACCEPT,
                REJECT,
            };
            g_auto(CfpBpfOutcome) outcome = {0};

            ASSERT_TRUE(ANALYSE(program, &outcome));
            ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, rows[i].protocols[0]));
            ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, rows[i].protocols[1]));
        }
    }
}

/* A loop that waits for a byte it never changes: it ends because nothing new is learned. */
static void
test_loop(void)
{
    static const struct bpf_insn program[] = {LOAD_BYTE(9), IS(6, 1, 0),
                                              BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-3), ACCEPT};
    g_auto(CfpBpfOutcome) outcome = {0};

    ASSERT_TRUE(ANALYSE(program, &outcome));
    ASSERT_TRUE(accepts(&outcome, CFP_FACT_PROTOCOL, 6));
    ASSERT_FALSE(accepts(&outcome, CFP_FACT_PROTOCOL, 17));
}

/* A loop with a counter: it would take 2^32 rounds. */
static void
test_endless_loop(void)
{
    static const struct bpf_insn program[] = {
        BPF_STMT(BPF_LD | BPF_IMM, 0),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
        IS(0, 1, 0),
        BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-3),
        ACCEPT,
    };
    g_auto(CfpBpfOutcome) outcome = {0};
    gboolean knows = ANALYSE(program, &outcome);

    /* Either it gives up, or it says that everything may be accepted: both push nothing down. */
    ASSERT_TRUE(!knows || accepts(&outcome, CFP_FACT_PROTOCOL, 17));
}

/* One loop in another, and the way out behind more rounds than there are. */
static void
test_long_loop(void)
{
    static const struct bpf_insn program[] = {
        BPF_STMT(BPF_LD | BPF_IMM, 0),
        BPF_STMT(BPF_ST, 0),
        BPF_STMT(BPF_LD | BPF_MEM, 0),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
        BPF_STMT(BPF_ST, 0),
        IS(30, 1, 0),
        BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-5),
        BPF_STMT(BPF_LD | BPF_IMM, 0),
        BPF_STMT(BPF_ST, 1),
        BPF_STMT(BPF_LD | BPF_MEM, 1),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
        BPF_STMT(BPF_ST, 1),
        IS(30, 1, 0),
        BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-5),
        ACCEPT,
    };
    g_auto(CfpBpfOutcome) outcome = {0};
    gboolean knows = ANALYSE(program, &outcome);

    ASSERT_TRUE(!knows || accepts(&outcome, CFP_FACT_PROTOCOL, 17));
}

/* libpcap writes no such programs, but nothing may be read outside of one. */
static void
test_wild_jumps(void)
{
    static const struct bpf_insn programs[][2] = {
        {BPF_STMT(BPF_JMP | BPF_JA, 1000), ACCEPT},
        {BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-1000), ACCEPT},
        {IS(0, 255, 255), ACCEPT},
        {BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_LD | BPF_MEM, 0xffffffff)},
        {BPF_STMT(BPF_LDX | BPF_MEM, 99), BPF_STMT(BPF_STX, 0x80000000)},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_auto(CfpBpfOutcome) outcome = {0};

        (void)ANALYSE(programs[i], &outcome);
        ASSERT_TRUE(outcome.may_reject || outcome.accepted->len > 0);
    }
}

/* More ways than are kept apart: what comes out may be more, not less. */
static void
test_many_ways(void)
{
    g_autofree struct bpf_insn *program = g_new(struct bpf_insn, 402);
    g_auto(CfpBpfOutcome) outcome = {0};
    const struct bpf_insn end[] = {REJECT, ACCEPT};

    /* Address 1, 3, 5, … accepts. */
    for (unsigned i = 0; i < 200; i++) {
        const struct bpf_insn test[] = {LOAD_WORD(12), IS(2 * i + 1, 0, 0)};

        program[2 * i] = test[0];
        program[2 * i + 1] = test[1];
        /* A taken jump goes two on for each, at most 255. */
        program[2 * i + 1].jt = (u_char)(i < 100 ? 2 : 0);
    }
    program[400] = end[0];
    program[401] = end[1];
    for (unsigned i = 100; i < 200; i++)
        program[2 * i + 1].jt = (u_char)MIN(401 - (2 * i + 2), 255u);
    ASSERT_TRUE(analyse(program, 402, &outcome));
    for (unsigned i = 150; i < 200; i++)
        ASSERT_TRUE(accepts(&outcome, CFP_FACT_SOURCE, 2 * i + 1));
    ASSERT_FALSE(accepts(&outcome, CFP_FACT_SOURCE, 100000));
}

/* Bytes that a short packet lacks reject it; those that every whole packet has do not count. */
static void
test_missing_bytes(void)
{
    static const struct bpf_insn within[] = {LOAD_WORD(16), ACCEPT};
    static const struct bpf_insn behind[] = {LOAD_WORD(17), ACCEPT};
    g_auto(CfpBpfOutcome) sure = {0};
    g_auto(CfpBpfOutcome) unsure = {0};

    ASSERT_TRUE(ANALYSE(within, &sure));
    ASSERT_FALSE(sure.may_reject);
    ASSERT_TRUE(ANALYSE(behind, &unsure));
    ASSERT_TRUE(unsure.may_reject);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"each branch learns from its test", test_branches},
        {"a program that accepts all never rejects", test_accepts_all},
        {"what can't be accepted isn't", test_nothing_is_accepted},
        {"values are followed through registers", test_registers},
        {"values that aren't followed may be anything", test_unknown_values},
        {"constants are computed as the machine does it", test_constants},
        {"jumps on constants go one way", test_constant_jumps},
        {"each test of a byte is learned from, both ways", test_byte_jumps},
        {"a number is compared with a byte, too", test_swapped_jumps},
        {"a division may reject", test_division},
        {"registers keep their values until they are read", test_registers_are_kept},
        {"ways with other values in registers are not taken for one", test_ways_with_other_values},
        {"a loop ends when nothing new is learned", test_loop},
        {"a loop that goes on is given up", test_endless_loop},
        {"a loop with more rounds than are made is given up", test_long_loop},
        {"no program makes it read outside", test_wild_jumps},
        {"too many ways are joined", test_many_ways},
        {"a packet is rejected where it ends", test_missing_bytes},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "bpf-analysis", cases);
}
