/*
 * Floats as Python writes them.
 */
#pragma once

#include <stddef.h>

#define TW_NUM_REPR 32 /* bytes that hold any result, terminated */

/*
 * repr(f): the shortest decimal that reads back as f, with ".0" when it is whole, an exponent
 * below 1e-4 and from 1e16 on ("1e+16", "1e-05"), "inf", "-inf", "nan". Returns the length.
 * Assumes LC_NUMERIC is "C", which no part of the engine changes.
 */
size_t tw_num_repr(char out[TW_NUM_REPR], double f);
