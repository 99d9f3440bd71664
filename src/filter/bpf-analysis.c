/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/bpf-analysis.h"

#include <limits.h>
#include <string.h>

/* The machine's registers: A, X, and the scratch memory. */
#define REGISTER_A 0u
#define REGISTER_X 1u
#define REGISTER_M 2u
#define N_REGISTERS (REGISTER_M + BPF_MEMWORDS)

/* States that are kept apart at one instruction: many in a short program, few in a long one, so
 * that the longest filter takes as long as a short one. */
#define MIN_STATES 4u
#define MAX_STATES 32u
#define STATES_IN_ALL 16384u

/* How often a loop ("protochain") is gone through until nothing new comes out. */
#define MAX_ROUNDS 32u

/* What is known of a register. */
typedef enum {
    VALUE_UNKNOWN,
    VALUE_CONSTANT,
    VALUE_HEADER_LENGTH, /* of the packet's IPv4 header, in bytes, plus `constant` */
    VALUE_BYTES,         /* some bytes of the packet, minus `constant` */
} ValueKind;

typedef struct {
    ValueKind kind;
    uint32_t constant;
    CfpSlice bytes;
} Value;

/* One set of packets on its way through the program. */
typedef struct {
    CfpPacketFacts packet;
    Value registers[N_REGISTERS];
} State;

typedef struct {
    const struct bpf_insn *program;
    unsigned n;
    uint32_t *live;   /* of each instruction: registers that are read there or later, as bits */
    GArray **arrived; /* of each instruction: State; NULL: none */
    gboolean *is_new; /* of each instruction: something arrived since it was last gone through */
    gboolean has_loop;
    unsigned max_states;
    CfpBpfOutcome *outcome;
} Analysis;

/* ---- values ---------------------------------------------------------------------------------- */

static Value
constant(uint32_t number)
{
    return (Value){.kind = VALUE_CONSTANT, .constant = number};
}

static gboolean
are_same(const Value *a, const Value *b)
{
    if (a->kind != b->kind || a->constant != b->constant)
        return FALSE;
    return a->kind != VALUE_BYTES || cfp_slice_is(&a->bytes, &b->bytes);
}

static uint32_t
size_of(uint16_t code)
{
    switch (BPF_SIZE(code)) {
    case BPF_B:
        return 1;
    case BPF_H:
        return 2;
    default:
        return 4;
    }
}

static uint32_t
full_mask(uint32_t size)
{
    return size == 4 ? UINT32_MAX : (1u << (8 * size)) - 1;
}

/* The packet's bytes at the constant place of an instruction, or at that place behind X. */
static Value
load(const State *state, const struct bpf_insn *instruction)
{
    const Value *x = &state->registers[REGISTER_X];
    uint32_t size = size_of(instruction->code), offset = instruction->k;
    Value value = {.kind = VALUE_BYTES, .bytes = {.size = size, .mask = full_mask(size)}};

    if (BPF_MODE(instruction->code) == BPF_IND) {
        uint64_t sum = (uint64_t)x->constant + instruction->k;

        if (x->kind == VALUE_HEADER_LENGTH && sum >= state->packet.ip_offset) {
            sum -= state->packet.ip_offset;
            value.bytes.from_payload = true;
        } else if (x->kind != VALUE_CONSTANT) {
            return (Value){VALUE_UNKNOWN, 0, {0}};
        }
        if (sum > INT32_MAX)
            return (Value){VALUE_UNKNOWN, 0, {0}};
        offset = (uint32_t)sum;
    }
    /* Offsets above this are no places of the packet but what the kernel knows of it. */
    if (offset > INT32_MAX)
        return (Value){VALUE_UNKNOWN, 0, {0}};
    value.bytes.offset = offset;
    return value;
}

/* 4*([k]&0xf): the length of the IPv4 header, if one is there. */
static Value
load_header_length(const State *state, const struct bpf_insn *instruction)
{
    Value value = {.kind = VALUE_UNKNOWN};

    if (state->packet.layout == CFP_LAYOUT_IPV4 && instruction->k == state->packet.ip_offset)
        value.kind = VALUE_HEADER_LENGTH;
    return value;
}

static Value
compute_constants(uint16_t code, uint32_t a, uint32_t b)
{
    switch (BPF_OP(code)) {
    case BPF_ADD:
        return constant(a + b);
    case BPF_SUB:
        return constant(a - b);
    case BPF_MUL:
        return constant(a * b);
    case BPF_AND:
        return constant(a & b);
    case BPF_OR:
        return constant(a | b);
    case BPF_LSH:
        return b < 32 ? constant(a << b) : constant(0);
    case BPF_RSH:
        return b < 32 ? constant(a >> b) : constant(0);
    default:
        return (Value){.kind = VALUE_UNKNOWN};
    }
}

static Value
compute(uint16_t code, Value a, Value b)
{
    if (a.kind == VALUE_CONSTANT && b.kind == VALUE_CONSTANT)
        return compute_constants(code, a.constant, b.constant);
    if (BPF_OP(code) == BPF_ADD && a.kind == VALUE_CONSTANT && b.kind == VALUE_HEADER_LENGTH)
        return compute(code, b, a);
    if (b.kind != VALUE_CONSTANT)
        return (Value){.kind = VALUE_UNKNOWN};
    if (a.kind == VALUE_HEADER_LENGTH && BPF_OP(code) == BPF_ADD) {
        a.constant += b.constant;
        return a;
    }
    if (a.kind == VALUE_BYTES && BPF_OP(code) == BPF_SUB) {
        a.constant += b.constant;
        return a;
    }
    if (a.kind == VALUE_BYTES && BPF_OP(code) == BPF_AND && a.constant == 0) {
        a.bytes.mask &= b.constant;
        return a;
    }
    return (Value){.kind = VALUE_UNKNOWN};
}

/* ---- which registers matter ---------------------------------------------------------------- */

static uint32_t
bit(uint32_t index)
{
    return index < N_REGISTERS ? 1u << index : 0;
}

static uint32_t
read_by(const struct bpf_insn *instruction)
{
    uint16_t code = instruction->code;

    switch (BPF_CLASS(code)) {
    case BPF_LD:
    case BPF_LDX:
        if (BPF_MODE(code) == BPF_IND)
            return bit(REGISTER_X);
        return BPF_MODE(code) == BPF_MEM ? bit(REGISTER_M + instruction->k) : 0;
    case BPF_ST:
        return bit(REGISTER_A);
    case BPF_STX:
        return bit(REGISTER_X);
    case BPF_ALU:
    case BPF_JMP:
        if (BPF_CLASS(code) == BPF_JMP && BPF_OP(code) == BPF_JA)
            return 0;
        return bit(REGISTER_A) | (BPF_SRC(code) == BPF_X ? bit(REGISTER_X) : 0);
    case BPF_MISC:
        return BPF_MISCOP(code) == BPF_TAX ? bit(REGISTER_A) : bit(REGISTER_X);
    default:
        return 0;
    }
}

static uint32_t
written_by(const struct bpf_insn *instruction)
{
    switch (BPF_CLASS(instruction->code)) {
    case BPF_LD:
    case BPF_ALU:
        return bit(REGISTER_A);
    case BPF_LDX:
        return bit(REGISTER_X);
    case BPF_ST:
    case BPF_STX:
        return bit(REGISTER_M + instruction->k);
    case BPF_MISC:
        return BPF_MISCOP(instruction->code) == BPF_TAX ? bit(REGISTER_X) : bit(REGISTER_A);
    default:
        return 0;
    }
}

/* Where an instruction goes on: at most two places. A place behind the end ends the program. */
static unsigned
successors(const Analysis *self, unsigned at, unsigned places[2])
{
    const struct bpf_insn *instruction = &self->program[at];

    if (BPF_CLASS(instruction->code) == BPF_RET)
        return 0;
    places[0] = at + 1;
    if (BPF_CLASS(instruction->code) != BPF_JMP)
        return 1;
    /* The distance of a jump that is always taken may be negative. */
    if (BPF_OP(instruction->code) == BPF_JA) {
        places[0] = at + 1 + instruction->k;
        return 1;
    }
    places[0] = at + 1 + instruction->jt;
    places[1] = at + 1 + instruction->jf;
    return 2;
}

static gboolean
find_live(Analysis *self)
{
    gboolean changed = FALSE;

    for (unsigned at = self->n; at-- > 0;) {
        unsigned places[2], n = successors(self, at, places);
        uint32_t live = 0;

        for (unsigned i = 0; i < n; i++) {
            self->has_loop |= places[i] <= at;
            live |= places[i] < self->n ? self->live[places[i]] : 0;
        }
        live = (live & ~written_by(&self->program[at])) | read_by(&self->program[at]);
        changed |= live != self->live[at];
        self->live[at] = live;
    }
    return changed;
}

/* ---- states ---------------------------------------------------------------------------------- */

static gboolean
includes(const State *self, const State *other)
{
    for (unsigned i = 0; i < N_REGISTERS; i++)
        if (self->registers[i].kind != VALUE_UNKNOWN &&
            !are_same(&self->registers[i], &other->registers[i]))
            return FALSE;
    return cfp_packet_facts_includes(&self->packet, &other->packet);
}

static void
join(State *self, const State *other)
{
    for (unsigned i = 0; i < N_REGISTERS; i++)
        if (!are_same(&self->registers[i], &other->registers[i]))
            self->registers[i] = (Value){.kind = VALUE_UNKNOWN};
    cfp_packet_facts_join(&self->packet, &other->packet);
}

static unsigned
distance(const State *self, const State *other)
{
    unsigned difference = cfp_packet_facts_distance(&self->packet, &other->packet);

    for (unsigned i = 0; i < N_REGISTERS && difference < UINT_MAX; i++)
        difference += !are_same(&self->registers[i], &other->registers[i]);
    return difference;
}

/* Adds what arrives at an instruction to what has arrived there before. States of different layouts
 * are never joined: there may be a few more of them than the maximum. */
static void
add_state(GArray *states, const State *state, unsigned max_states, gboolean *ret_is_new)
{
    unsigned best = UINT_MAX, nearest = 0;

    for (guint i = 0; i < states->len; i++) {
        unsigned difference;

        if (includes(&g_array_index(states, State, i), state))
            return;
        difference = distance(&g_array_index(states, State, i), state);
        if (difference < best) {
            best = difference;
            nearest = i;
        }
    }
    *ret_is_new = TRUE;
    if (states->len < max_states || best == UINT_MAX)
        g_array_append_val(states, *state);
    else
        join(&g_array_index(states, State, nearest), state);
}

static void
arrive(Analysis *self, unsigned at, const State *state)
{
    State copy;

    /* No program of libpcap's goes there; the kernel would refuse it. */
    if (at >= self->n) {
        self->outcome->may_reject = TRUE;
        return;
    }
    copy = *state;
    for (unsigned i = 0; i < N_REGISTERS; i++)
        if (!(self->live[at] & bit(i)))
            copy.registers[i] = (Value){.kind = VALUE_UNKNOWN};
    if (!self->arrived[at])
        self->arrived[at] = g_array_new(FALSE, FALSE, sizeof(State));
    add_state(self->arrived[at], &copy, self->max_states, &self->is_new[at]);
}

/* ---- instructions ---------------------------------------------------------------------------- */

/* A byte that is not there ends the program, and the packet is rejected. */
static void
note_missing_bytes(Analysis *self, const State *state, const Value *value)
{
    if (value->kind != VALUE_BYTES || !cfp_packet_facts_has_bytes(&state->packet, &value->bytes))
        self->outcome->may_reject = TRUE;
}

static void
run_load(Analysis *self, State *state, const struct bpf_insn *instruction)
{
    unsigned target = BPF_CLASS(instruction->code) == BPF_LD ? REGISTER_A : REGISTER_X;
    Value value = {.kind = VALUE_UNKNOWN};

    switch (BPF_MODE(instruction->code)) {
    case BPF_IMM:
        value = constant(instruction->k);
        break;
    case BPF_ABS:
    case BPF_IND:
        value = load(state, instruction);
        note_missing_bytes(self, state, &value);
        break;
    case BPF_MEM:
        if (instruction->k < BPF_MEMWORDS)
            value = state->registers[REGISTER_M + instruction->k];
        break;
    case BPF_LEN:
        value = (Value){.kind = VALUE_BYTES, .bytes = {.mask = UINT32_MAX}};
        break;
    case BPF_MSH:
        value = load_header_length(state, instruction);
        if (value.kind == VALUE_UNKNOWN)
            self->outcome->may_reject = TRUE;
        break;
    default:
        break;
    }
    state->registers[target] = value;
}

static void
run_store(State *state, const struct bpf_insn *instruction)
{
    unsigned source = BPF_CLASS(instruction->code) == BPF_ST ? REGISTER_A : REGISTER_X;

    if (instruction->k < BPF_MEMWORDS)
        state->registers[REGISTER_M + instruction->k] = state->registers[source];
}

static Value
operand(const State *state, const struct bpf_insn *instruction)
{
    return BPF_SRC(instruction->code) == BPF_X ? state->registers[REGISTER_X]
                                               : constant(instruction->k);
}

static void
run_alu(Analysis *self, State *state, const struct bpf_insn *instruction)
{
    Value *a = &state->registers[REGISTER_A];

    /* A division by zero rejects the packet. */
    if (BPF_OP(instruction->code) == BPF_DIV || BPF_OP(instruction->code) == BPF_MOD)
        self->outcome->may_reject = TRUE;
    *a = compute(instruction->code, *a, operand(state, instruction));
}

static gboolean
holds(uint16_t code, uint32_t a, uint32_t b)
{
    switch (BPF_OP(code)) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    default:
        return (a & b) != 0;
    }
}

/* What a jump says of the packet's bytes when it is taken, or when not. FALSE: it never happens. */
static gboolean
learn(State *state, uint16_t code, const Value *value, uint32_t number, gboolean taken)
{
    CfpSlice bytes = value->bytes;

    if (BPF_OP(code) == BPF_JEQ)
        return cfp_packet_facts_learn(&state->packet, &bytes,
                                      taken ? CFP_IS_EQUAL : CFP_IS_NOT_EQUAL,
                                      number + value->constant);
    if (value->constant != 0)
        return TRUE;
    if (BPF_OP(code) == BPF_JGT)
        return cfp_packet_facts_learn(&state->packet, &bytes,
                                      taken ? CFP_IS_GREATER : CFP_IS_NOT_GREATER, number);
    if (BPF_OP(code) == BPF_JGE)
        return cfp_packet_facts_learn(&state->packet, &bytes,
                                      taken ? CFP_IS_GREATER_OR_EQUAL : CFP_IS_LESS, number);
    bytes.mask &= number;
    return cfp_packet_facts_learn(&state->packet, &bytes, taken ? CFP_IS_NOT_EQUAL : CFP_IS_EQUAL,
                                  0);
}

static gboolean
may_branch(State *state, const struct bpf_insn *instruction, gboolean taken)
{
    Value a = state->registers[REGISTER_A], b = operand(state, instruction);

    if (a.kind == VALUE_CONSTANT && b.kind == VALUE_CONSTANT)
        return holds(instruction->code, a.constant, b.constant) == taken;
    if (a.kind == VALUE_CONSTANT && BPF_OP(instruction->code) == BPF_JEQ) {
        Value swapped = a;

        a = b;
        b = swapped;
    }
    if (a.kind == VALUE_BYTES && b.kind == VALUE_CONSTANT)
        return learn(state, instruction->code, &a, b.constant, taken);
    return TRUE;
}

static void
run_jump(Analysis *self, unsigned at, const State *state)
{
    const struct bpf_insn *instruction = &self->program[at];
    unsigned places[2], n = successors(self, at, places);

    for (unsigned i = 0; i < n; i++) {
        State branch = *state;

        if (n == 1 || may_branch(&branch, instruction, i == 0))
            arrive(self, places[i], &branch);
    }
}

static void
run_return(Analysis *self, const State *state, const struct bpf_insn *instruction)
{
    gboolean is_constant = BPF_RVAL(instruction->code) == BPF_K;

    if (!is_constant || instruction->k == 0)
        self->outcome->may_reject = TRUE;
    if (!is_constant || instruction->k != 0)
        g_array_append_val(self->outcome->accepted, state->packet);
}

static void
run(Analysis *self, unsigned at, State state)
{
    const struct bpf_insn *instruction = &self->program[at];

    switch (BPF_CLASS(instruction->code)) {
    case BPF_LD:
    case BPF_LDX:
        run_load(self, &state, instruction);
        break;
    case BPF_ST:
    case BPF_STX:
        run_store(&state, instruction);
        break;
    case BPF_ALU:
        run_alu(self, &state, instruction);
        break;
    case BPF_MISC:
        if (BPF_MISCOP(instruction->code) == BPF_TAX)
            state.registers[REGISTER_X] = state.registers[REGISTER_A];
        else
            state.registers[REGISTER_A] = state.registers[REGISTER_X];
        break;
    case BPF_JMP:
        run_jump(self, at, &state);
        return;
    default:
        run_return(self, &state, instruction);
        return;
    }
    arrive(self, at + 1, &state);
}

/* ---- the whole program ----------------------------------------------------------------------- */

/* Goes once through the program. In one without loops nothing comes back to where it was. */
static gboolean
run_round(Analysis *self)
{
    gboolean changed = FALSE;

    for (unsigned at = 0; at < self->n; at++) {
        g_autoptr(GArray) states = NULL;

        if (!self->is_new[at])
            continue;
        self->is_new[at] = FALSE;
        changed = TRUE;
        /* What arrives here while it is gone through, in a loop, makes a new round. */
        states = g_array_copy(self->arrived[at]);
        for (guint i = 0; i < states->len; i++)
            run(self, at, g_array_index(states, State, i));
        if (!self->has_loop)
            g_clear_pointer(&self->arrived[at], g_array_unref);
    }
    return changed;
}

static gboolean
run_all(Analysis *self, GArray *packets)
{
    unsigned rounds = 0;

    for (unsigned i = 0; find_live(self); i++)
        if (i > N_REGISTERS + MAX_ROUNDS)
            return FALSE;
    for (guint i = 0; i < packets->len; i++) {
        State state;

        memset(&state, 0, sizeof state);
        state.packet = g_array_index(packets, CfpPacketFacts, i);
        arrive(self, 0, &state);
    }
    while (run_round(self))
        if (++rounds > MAX_ROUNDS)
            return FALSE;
    return TRUE;
}

gboolean
cfp_bpf_analyse(const struct bpf_insn *program, unsigned n, GArray *packets,
                CfpBpfOutcome *ret_outcome)
{
    Analysis self = {
        .program = program,
        .n = n,
        .live = g_new0(uint32_t, n),
        .arrived = g_new0(GArray *, n),
        .is_new = g_new0(gboolean, n),
        .max_states = CLAMP(STATES_IN_ALL / MAX(n, 1u), MIN_STATES, MAX_STATES),
        .outcome = ret_outcome,
    };
    gboolean ok;

    ret_outcome->accepted = g_array_new(FALSE, FALSE, sizeof(CfpPacketFacts));
    ret_outcome->may_reject = n == 0;
    ok = run_all(&self, packets);
    for (unsigned i = 0; i < n; i++)
        g_clear_pointer(&self.arrived[i], g_array_unref);
    g_free(self.live);
    g_free(self.arrived);
    g_free(self.is_new);
    return ok;
}

void
cfp_bpf_outcome_clear(CfpBpfOutcome *self)
{
    g_clear_pointer(&self->accepted, g_array_unref);
}
