/*
 * slice - a run of bytes that somebody else owns.
 *
 * Not NUL-terminated.  {NULL, 0} is "absent"; a non-NULL pointer with
 * length 0 is the empty string.
 */
#ifndef PATROL_BASE_SLICE_H
#define PATROL_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t	    n;
};

/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).n, (s).p != NULL ? (s).p : ""
#define SLICE(lit)   ((struct slice){"" lit, sizeof(lit) - 1})
/* The same to initialize what is static. */
#define SLICE_INIT(lit) {"" lit, sizeof(lit) - 1}

/* The bytes of a C string; NULL gives the absent slice. */
static inline struct slice
slice_of(const char *s)
{
	return (struct slice){s, s != NULL ? strlen(s) : 0};
}

/* Are `n` bytes alike, 16 at the most?  By their first and last halves, or
 * the first, the last and the one between. */
static inline bool
slice_few_eq(const char *a, const char *b, size_t n)
{
	uint64_t x, y, v, w;
	uint32_t s, t, q, r;

	if (n >= 8) {
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		memcpy(&v, a + n - 8, 8);
		memcpy(&w, b + n - 8, 8);
		return ((x ^ y) | (v ^ w)) == 0;
	}
	if (n >= 4) {
		memcpy(&s, a, 4);
		memcpy(&t, b, 4);
		memcpy(&q, a + n - 4, 4);
		memcpy(&r, b + n - 4, 4);
		return ((s ^ t) | (q ^ r)) == 0;
	}
	return n == 0 ||
	    (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

/* Most names and ids are short, and a call costs more than comparing them. */
static inline bool
slice_eq(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	return a.n <= 16 ? slice_few_eq(a.p, b.p, a.n) :
			   memcmp(a.p, b.p, a.n) == 0;
}

/* Is it this C string? */
static inline bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

static inline bool
slice_starts(struct slice a, struct slice prefix)
{
	return a.n >= prefix.n &&
	    (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

static inline bool
slice_ends(struct slice a, struct slice suffix)
{
	return a.n >= suffix.n &&
	    (suffix.n == 0 ||
		memcmp(a.p + a.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* A blank of JSON, YAML and HTTP: space, tab, CR, LF. */
static inline bool
slice_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How many decimal digits it begins with. */
static inline size_t
slice_digits(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* Orders by bytes, the shorter of equal beginnings first; as memcmp(3). */
int slice_cmp(struct slice a, struct slice b);
/* Index of the first / last `c`, or -1. */
ptrdiff_t slice_index(struct slice s, char c);
ptrdiff_t slice_rindex(struct slice s, char c);
/* Without blanks (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice s);
/*
 * Cuts the next part of `*rest` up to `sep` off and returns it; the part
 * after the last separator leaves `*rest` absent.  False when it was absent.
 */
bool slice_cut(struct slice *rest, char sep, struct slice *part);
/* Equal without regard to the case of ASCII letters. */
bool slice_caseeq(struct slice a, struct slice b);
/* Is `part` anywhere in it, without regard to the case of ASCII letters? */
bool slice_casehas(struct slice s, struct slice part);
/* A decimal integer, the whole slice, in lo..hi: 0; else -1. */
int slice_int(struct slice s, int64_t lo, int64_t hi, int64_t *out);
/* A copy as a C string that the caller frees; NULL for the absent slice. */
char *slice_dup(struct slice s);
/* Bytes of the well-formed UTF-8 character it begins with; 0: none. */
size_t slice_char(struct slice s);
/* Well-formed UTF-8 (RFC 3629), the whole slice? */
bool slice_is_utf8(struct slice s);
#endif
