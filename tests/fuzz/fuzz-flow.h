/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-flow - the entry of libFuzzer and of AFL++'s persistent mode. */
#ifndef TESTS_FUZZ_FUZZ_FLOW_H
#define TESTS_FUZZ_FUZZ_FLOW_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
