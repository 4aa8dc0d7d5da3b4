/*
 * What every fuzzer defines. It must come to an end on any bytes, without a crash, a leak or a
 * failed TW_ASSERT, and may assert what always holds (what is written reads back).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
