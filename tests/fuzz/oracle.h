/*
 * oracle - what JSON is, once more, slowly: to hold the reader against.
 *
 * RFC 8259 read from its page, recursive descent, with two decisions of
 * patrol's on top: valid UTF-8, and no half of a surrogate pair.
 */
#ifndef PATROL_TESTS_FUZZ_ORACLE_H
#define PATROL_TESTS_FUZZ_ORACLE_H

#include <stdbool.h>

#include "base/slice.h"

#define ORACLE_DEPTH_MAX 64

/* Is it one JSON object?  *depth is how deep it goes, from 1; all that is
 * deeper than ORACLE_DEPTH_MAX is none. */
bool oracle_is_object(struct slice s, unsigned *depth);
#endif
