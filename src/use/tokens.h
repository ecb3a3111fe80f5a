/*
 * tokens - where the tokens of a JSON text start; simdjson behind it.
 *
 * That is the first of simdjson's two stages (Langdale and Lemire, "Parsing
 * Gigabytes of JSON per Second", 2019): it reads 64 bytes at a time, sees
 * that all is UTF-8 and that strings end and hold no bare control character,
 * and tells where each bracket, brace, comma, colon, string and other word
 * starts.  What stands between two starts is one token and blanks behind it.
 * Whether the tokens make JSON is for the caller to see.
 */
#ifndef PATROL_USE_TOKENS_H
#define PATROL_USE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that must be readable (any content) behind the text. */
#define TOKENS_PADDING 64

struct tokens;

enum tokens_fault {
	TOKENS_OK = 0,
	TOKENS_EMPTY,	 /* nothing but blanks */
	TOKENS_UTF8,	 /* perhaps beside another fault */
	TOKENS_UNCLOSED, /* a string does not end */
	TOKENS_CONTROL,	 /* a bare control character in a string */
	TOKENS_OTHER
};

/* Never NULL.  One a thread. */
struct tokens *tokens_new(void);
void	       tokens_free(struct tokens **t);
/*
 * *start: the place of each of the *n tokens, and the length of the text
 * behind the last; until the next call.  `text` has TOKENS_PADDING readable
 * bytes behind its end, and less than 4 GiB.  No allocation, but for a text
 * longer than any before.
 */
enum tokens_fault tokens_find(struct tokens *t, struct slice text,
    const uint32_t **start, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
