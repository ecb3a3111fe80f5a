/*
 * text - alphabets that bytes are written in, and near misses of words.
 */
#ifndef PATROL_BASE_TEXT_H
#define PATROL_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* 0 to 15 of a hex digit of either case, or -1. */
int hex_digit(char c);
/* Lower-case hex of `n` bytes; `out` has room for 2n + 1. */
void hex_encode(const void *p, size_t n, char *out);
/* The 2n hex digits of `s` into n bytes: 0, or -1. */
int hex_decode(struct slice s, void *out, size_t n);

/* RFC 4648: section 4 with padding, section 5 (URL) without. */
void base64_encode(struct buf *b, const void *p, size_t n);
void base64url_encode(struct buf *b, const void *p, size_t n);
/*
 * Section 4, strict (padding right, no blanks, no bits beyond the end).
 * `out` has room for s.n / 4 * 3; returns the length, or -1.
 */
ptrdiff_t base64_decode(struct slice s, unsigned char *out);
/* Section 5, without padding, as strict; `out` has BASE64URL_ROOM bytes for n
 * bytes decoded.  The length, or -1. */
#define BASE64URL_ROOM(n) ((n) + 3)
ptrdiff_t base64url_decode(struct slice s, unsigned char *out);

/* RFC 4648 section 6, upper case, no padding: ceil(8n / 5) + 1 bytes. */
void base32_encode(const void *p, size_t n, char *out);

/* `width` digits of `v` in 0-9A-Za-z, zero-padded, and a NUL. */
void base62_encode(uint64_t v, unsigned width, char *out);

/* "64KiB": a whole number of KiB, MiB, GiB or TiB, or 0.  0, or -1. */
int size_parse(struct slice s, int64_t *bytes);
/* The way back, in the largest unit that fits; bytes have the unit B. */
#define SIZE_TEXT_MAX 24
size_t size_format(int64_t bytes, char out[SIZE_TEXT_MAX]);

/* One code point in UTF-8 (RFC 3629), 1 to 4 bytes; returns how many. */
size_t utf8_encode(uint32_t cp, char *out);

/* CRC-32 as in gzip (RFC 1952). */
uint32_t crc32_of(struct slice s);

/* The index of `s` in `names` (NULL-terminated), or -1. */
int name_index(struct slice s, const char *const *names);
/* The same without regard to the case of ASCII letters. */
int name_caseindex(struct slice s, const char *const *names);
/*
 * "did you mean": the one of `names` (NULL-terminated) with the smallest
 * Damerau-Levenshtein distance to `s`, if that is at most a third of the
 * longer length (and at most 3); else NULL.
 */
const char *nearest_name(struct slice s, const char *const *names);

/* `s` matches `glob`, where `*` is any run and `?` one byte; linear space. */
int glob_match(struct slice glob, struct slice s);
#endif
