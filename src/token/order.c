#include "token/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char *const names[] = {"made", "id", "account", "created",
    "expires", "last-used", "uses", NULL};

const char *
order_name(enum order_by by)
{
	return names[by];
}

int
order_parse(struct slice s)
{
	return name_index(s, names);
}

/* --- places ---------------------------------------------------------- */

static int64_t
number_of(enum order_by by, const struct token *t)
{
	switch (by) {
	case ORDER_MADE:
		return t->tid;
	case ORDER_CREATED:
		return t->created;
	case ORDER_EXPIRES:
		return t->expires != 0 ? t->expires : INT64_MAX;
	case ORDER_USED:
		return t->last.time;
	case ORDER_USES:
		return t->uses < INT64_MAX ? (int64_t)t->uses : INT64_MAX;
	case ORDER_ID:
	case ORDER_ACCOUNT:
		break;
	}
	return 0;
}

static const char *
account_of(enum order_by by, const struct token *t)
{
	return by == ORDER_ACCOUNT && t->account != NULL ? t->account->name :
							   "";
}

static int
cmp(const struct order *o, int64_t number, const char *account, const char *id,
    const struct order_key *k)
{
	int r = (number > k->number) - (number < k->number);

	if (r == 0)
		r = strcmp(account, k->account);
	if (r == 0)
		r = strcmp(id, k->id);
	return o->reverse ? -r : r;
}

void
order_key(const struct order *o, const struct token *t, struct order_key *k)
{
	k->number = number_of(o->by, t);
	k->tid = t->tid;
	snprintf(k->account, sizeof k->account, "%s", account_of(o->by, t));
	snprintf(k->id, sizeof k->id, "%s", t->id);
}

int
order_cmp(const struct order *o, const struct order_key *a,
    const struct order_key *b)
{
	return cmp(o, a->number, a->account, a->id, b);
}

static int
cmp_token(const struct order *o, const struct token *t,
    const struct order_key *k)
{
	return cmp(o, number_of(o->by, t), account_of(o->by, t), t->id, k);
}

/* "last-used:1764268800000000::pat_..." in base64url. */
void
order_format(const struct order *o, const struct order_key *k, struct buf *out)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s%s:%" PRId64 ":%s:%s", o->reverse ? "-" : "",
	    order_name(o->by), k->number, k->account, k->id);
	base64url_encode(out, b.p, b.n);
	buf_clear(&b);
}

/* Room for what order_format encodes, with the padding of base64. */
#define PLACE_MAX 320

/* base64url to bytes: how many, or -1. */
static ptrdiff_t
decode(struct slice text, unsigned char out[PLACE_MAX])
{
	char   b[PLACE_MAX];
	size_t i;

	if (text.n > sizeof b - 4)
		return -1;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '+' || text.p[i] == '/')
			return -1;
		b[i] = text.p[i] == '-' ? '+' :
		    text.p[i] == '_'	? '/' :
					  text.p[i];
	}
	while (i % 4 != 0)
		b[i++] = '=';
	return base64_decode((struct slice){b, i}, out);
}

static bool
copy_text(char *out, size_t size, struct slice s)
{
	if (s.n >= size || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

int
order_parse_key(const struct order *o, struct slice text, struct order_key *k)
{
	unsigned char	 b[PLACE_MAX];
	struct order_key got = {0};
	struct slice	 rest, by, number, account;
	ptrdiff_t	 n = decode(text, b);

	if (n <= 0)
		return -1;
	rest = (struct slice){(const char *)b, (size_t)n};
	if ((rest.p[0] == '-') != o->reverse)
		return -1;
	if (o->reverse)
		rest = (struct slice){rest.p + 1, rest.n - 1};
	if (!slice_cut(&rest, ':', &by) || !slice_is(by, order_name(o->by)) ||
	    !slice_cut(&rest, ':', &number) ||
	    slice_int(number, INT64_MIN, INT64_MAX, &got.number) != 0 ||
	    !slice_cut(&rest, ':', &account) || rest.p == NULL ||
	    !copy_text(got.account, sizeof got.account, account) ||
	    !copy_text(got.id, sizeof got.id, rest))
		return -1;
	if (o->by == ORDER_MADE && (got.number < 0 || got.number > UINT32_MAX))
		return -1;
	if (o->by == ORDER_MADE)
		got.tid = (uint32_t)got.number;
	*k = got;
	return 0;
}

/* --- pages ----------------------------------------------------------- */

void
order_page_init(struct order_page *p, const struct order *o, size_t max,
    const struct order_key *after)
{
	*p = (struct order_page){.order = *o, .max = max};
	if (after != NULL) {
		p->has_after = true;
		p->after = *after;
	}
}

void
order_page_clear(struct order_page *p)
{
	free(p->key);
	p->key = NULL;
	p->n = p->cap = 0;
}

static bool
is_greater(const struct order_page *p, size_t a, size_t b)
{
	return order_cmp(&p->order, &p->key[a], &p->key[b]) > 0;
}

static void
swap(struct order_page *p, size_t a, size_t b)
{
	struct order_key k = p->key[a];

	p->key[a] = p->key[b];
	p->key[b] = k;
}

/* The greatest is at the root; `n` keys are in the heap. */
static void
sift_down(struct order_page *p, size_t at, size_t n)
{
	size_t child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && is_greater(p, child + 1, child))
			child++;
		if (!is_greater(p, child, at))
			return;
		swap(p, at, child);
		at = child;
	}
}

static void
sift_up(struct order_page *p, size_t at)
{
	while (at > 0 && is_greater(p, at, (at - 1) / 2)) {
		swap(p, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

void
order_page_offer(struct order_page *p, const struct token *t)
{
	if (p->has_after && cmp_token(&p->order, t, &p->after) <= 0)
		return;
	if (p->n < p->max) {
		p->key = xgrow(p->key, p->n, &p->cap, sizeof *p->key);
		order_key(&p->order, t, &p->key[p->n]);
		sift_up(p, p->n++);
		return;
	}
	p->more = true;
	if (cmp_token(&p->order, t, &p->key[0]) >= 0)
		return;
	order_key(&p->order, t, &p->key[0]);
	sift_down(p, 0, p->n);
}

void
order_page_sort(struct order_page *p)
{
	size_t n;

	for (n = p->n; n > 1; n--) {
		swap(p, 0, n - 1);
		sift_down(p, 0, n - 1);
	}
}

void
order_page_turn(struct order_page *p)
{
	if (p->n > 0) {
		p->after = p->key[p->n - 1];
		p->has_after = true;
	}
	p->n = 0;
	p->more = false;
}
