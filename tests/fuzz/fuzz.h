/*
 * fuzz - what the fuzz targets share.
 *
 * A target is one file fuzz-NAME.c with LLVMFuzzerTestOneInput, whose head
 * says what it reaches and what must hold.  `make fuzz` links it with
 * libFuzzer; `make check` links it with replay.c and runs it over its seeds,
 * past findings among them, with any compiler.
 */
#ifndef PATROL_TESTS_FUZZ_H
#define PATROL_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/slice.h"
#include "token/secret.h"
#include "use/json.h"

#define FUZZ_MAX 4096 /* bytes of an input; all above is left */
/* The time it is, for whoever asks: 2026-01-01T00:00:00Z. */
#define FUZZ_NOW ((usec_t)1767225600 * USEC_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What must hold, whatever the input; the program ends where it does not. */
#define FUZZ_CHECK(that)                                              \
	do {                                                          \
		if (!(that)) {                                        \
			fprintf(stderr, "%s:%d: does not hold: %s\n", \
			    __FILE__, __LINE__, #that);               \
			abort();                                      \
		}                                                     \
	} while (0)

static inline struct slice
fuzz_input(const uint8_t *data, size_t n)
{
	return (struct slice){(const char *)data, n < FUZZ_MAX ? n : FUZZ_MAX};
}

/* A copy with JSON_PADDING bytes of `behind` after it, which the caller
 * frees: neither the text nor its padding can be overrun unseen. */
static inline char *
fuzz_padded(struct slice s, int behind)
{
	char *p = xmalloc(s.n + JSON_PADDING);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	memset(p + s.n, behind, JSON_PADDING);
	return p;
}

/*
 * Cuts all up to a line of its own that is "%%" off: several texts in one
 * readable input.  Without such a line, all that is left; at the end false.
 */
static inline bool
fuzz_part(struct slice *rest, struct slice *part)
{
	struct slice line, all = *rest;

	if (rest->p == NULL)
		return false;
	while (slice_cut(rest, '\n', &line))
		if (slice_is(line, "%%")) {
			*part = (struct slice){all.p, (size_t)(line.p - all.p)};
			return true;
		}
	*part = all;
	return true;
}

/* Text that goes to terminals and logs: UTF-8, nothing that moves a cursor. */
static inline bool
fuzz_is_tame(struct slice s)
{
	size_t	      i;
	unsigned char c;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < s.n &&
			(unsigned char)s.p[i + 1] < 0xa0))
			return false;
	}
	return slice_is_utf8(s);
}

/* Has it what a scanner would take for a secret? */
static inline bool
fuzz_has_secret(struct slice s)
{
	size_t i, n, prefix;

	for (prefix = 1; prefix <= SECRET_PREFIX_MAX; prefix++) {
		n = prefix + 1 + SECRET_RANDOM + SECRET_CHECK;
		for (i = 0; i + n <= s.n; i++)
			if (s.p[i + prefix] == '_' &&
			    secret_is_wellformed((struct slice){s.p + i, n}))
				return true;
	}
	return false;
}

/* A reason for people: there is one, on one line, and tame. */
static inline void
fuzz_check_reason(const char *text)
{
	FUZZ_CHECK(text[0] != '\0');
	FUZZ_CHECK(fuzz_is_tame(slice_of(text)));
}
#endif
