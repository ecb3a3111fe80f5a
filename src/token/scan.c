#include "token/scan.h"

#define AT_ONCE 256 /* tokens fetched together */
#define AHEAD	16  /* tokens on their way while one is looked at */
#define NEXT	8   /* and of these, what they point to */
#define LINE	64  /* bytes of a line of the cache */

/* Where token_filter_match looks first. */
static void
warm(const struct token *t)
{
	const char *p = (const char *)t;

	__builtin_prefetch(p);
	__builtin_prefetch(p + LINE);
	__builtin_prefetch(p + 2 * LINE);
}

/* The tokens behind number `i` in turn: first they, then what they point to. */
static void
warm_behind(const struct token_filter *f, struct token *const *t, size_t i,
    size_t n)
{
	if (i + AHEAD < n)
		warm(t[i + AHEAD]);
	if (i + NEXT < n)
		token_filter_warm(f, t[i + NEXT]);
}

static bool
scan_table(struct scan *s, struct token_table *tt, const struct token_filter *f,
    usec_t now, size_t n, scan_fn fn, void *arg)
{
	struct token *t[AT_ONCE];
	size_t	      i, got;

	for (; n > 0; n -= got < n ? got : n) {
		got = token_table_some(tt, s->at, t, AT_ONCE);
		if (got == 0)
			return true;
		for (i = 0; i < got && i < AHEAD; i++)
			warm(t[i]);
		for (i = 0; i < got; i++) {
			warm_behind(f, t, i, got);
			s->at = t[i]->tid;
			if (token_filter_match(f, t[i], now) && !fn(t[i], arg))
				return false;
		}
	}
	return false;
}

static bool
scan_account(struct scan *s, const struct token_filter *f, usec_t now, size_t n,
    scan_fn fn, void *arg)
{
	struct token *t;

	if (!s->begun)
		s->next = f->account->tokens;
	s->begun = true;
	for (; n > 0 && s->next != NULL; n--) {
		t = s->next;
		s->next = t->next_of_account;
		if (token_filter_match(f, t, now) && !fn(t, arg))
			break;
	}
	return s->next == NULL;
}

bool
scan_some(struct scan *s, struct token_table *tt, const struct token_filter *f,
    usec_t now, size_t n, scan_fn fn, void *arg)
{
	if (f->none)
		return true;
	if (f->account != NULL)
		return scan_account(s, f, now, n, fn, arg);
	return scan_table(s, tt, f, now, n, fn, arg);
}
