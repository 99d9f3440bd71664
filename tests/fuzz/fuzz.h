/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_FUZZ_FUZZ_H
#define CFP_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/**
 * What each fuzzer defines: runs the code on `data`, and aborts when a property does not hold.
 * Called by libFuzzer, or by driver.c with the files of the corpus. Returns 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
