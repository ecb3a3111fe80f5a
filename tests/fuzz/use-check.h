/*
 * use-check - what must hold for every use that a door lets in at FUZZ_NOW,
 * of text that secret_mask_json has been over.
 */
#ifndef PATROL_TESTS_FUZZ_USE_CHECK_H
#define PATROL_TESTS_FUZZ_USE_CHECK_H

#include "fuzz.h"
#include "use/decode.h"
#include "use/use.h"

#define USE_CHECK_LATENESS USEC_DAY

static inline void
use_check_known(const struct use *u)
{
	struct slice s;
	unsigned     f;

	for (f = 0; f < USE_FIELDS; f++) {
		s = use_text(u, (enum use_field)f);
		FUZZ_CHECK(f < USE_FIRST_ADDED || s.p == NULL);
		FUZZ_CHECK(s.n <= USE_STRING_MAX && slice_is_utf8(s));
		FUZZ_CHECK(s.n == 0 || memchr(s.p, '\0', s.n) == NULL);
		FUZZ_CHECK(!fuzz_has_secret(s));
	}
	for (f = 0; f < u->nother; f++) {
		FUZZ_CHECK(!fuzz_has_secret(u->other[f].key));
		s = (struct slice){u->other[f].value.p, u->other[f].value.n};
		FUZZ_CHECK(!fuzz_has_secret(s));
	}
	FUZZ_CHECK(use_text(u, USE_ID).n <= USE_ID_MAX);
	FUZZ_CHECK(use_text(u, USE_TOKEN).n <= USE_ID_MAX);
	FUZZ_CHECK(u->bytes >= -1 && u->bytes <= USE_BYTES_MAX);
	FUZZ_CHECK(u->count >= 0 && u->count <= USE_COUNT_MAX);
	FUZZ_CHECK(u->time - FUZZ_NOW <= USE_AHEAD_MAX);
	FUZZ_CHECK(FUZZ_NOW - u->time <= USE_CHECK_LATENESS);
}

static inline bool
use_check_same(const struct use_value *a, const struct use_value *b)
{
	return a->type == b->type && a->more == b->more &&
	    slice_eq((struct slice){a->p, a->n}, (struct slice){b->p, b->n});
}

/* The other fields as they are stored are read back as the same. */
static inline void
use_check_stored(const struct use *u, struct decoder *d)
{
	static struct use again;
	struct error	  err;
	struct buf	  b;
	unsigned	  i;

	use_init(&again, FUZZ_NOW);
	buf_init(&b);
	if (use_other_json(u, &b))
		FUZZ_CHECK(decode_other(d, buf_slice(&b), &again, &err) == 0);
	FUZZ_CHECK(again.nother == u->nother);
	for (i = 0; i < u->nother; i++) {
		FUZZ_CHECK(slice_eq(u->other[i].key, again.other[i].key));
		FUZZ_CHECK(
		    use_check_same(&u->other[i].value, &again.other[i].value));
	}
	buf_clear(&b);
}
#endif
