/*
 * order - tokens sorted, a page at a time.
 *
 * A page holds the first ORDER_PAGE_MAX tokens (or fewer) behind a place in
 * the order: all tokens are offered to it, in any order, and it keeps the
 * least in a heap.  So a list of millions is sorted in bounded memory, by one
 * look at all of them for each page.
 */
#ifndef PATROL_TOKEN_ORDER_H
#define PATROL_TOKEN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "token/table.h"
#include "token/token.h"

#define ORDER_PAGE_MAX 16384

/* By what; the same by that, by id.  No end is the last of all ends, and never
 * used the first of all last uses. */
enum order_by {
	ORDER_MADE,
	ORDER_ID,
	ORDER_ACCOUNT,
	ORDER_CREATED,
	ORDER_EXPIRES,
	ORDER_USED,
	ORDER_USES
};

struct order {
	enum order_by by;
	bool	      reverse;
};

/* "made", "id", "account", "created", "expires", "last-used", "uses"; and
 * back (-1: no such word). */
const char *order_name(enum order_by by);
int	    order_parse(struct slice s);

/* A place in the order: that of a token, or of one that has gone. */
struct order_key {
	int64_t	 number;
	uint32_t tid;
	char	 account[ACCOUNT_NAME_MAX + 1];
	char	 id[TOKEN_FOREIGN_ID_MAX + 1];
};

void order_key(const struct order *o, const struct token *t,
    struct order_key *k);
/* Less, equal, greater: as memcmp(3). */
int order_cmp(const struct order *o, const struct order_key *a,
    const struct order_key *b);

/*
 * A place as a text for strangers, in letters, digits, - and _; and back: 0,
 * or -1 for what is not a place in this order.
 */
void order_format(const struct order *o, const struct order_key *k,
    struct buf *out);
int  order_parse_key(const struct order *o, struct slice text,
     struct order_key *k) MUSTCHECK;

struct order_page {
	struct order	  order;
	struct order_key *key; /* owned; a heap, then sorted */
	size_t		  n, cap, max;
	bool		  has_after; /* behind this place only */
	struct order_key  after;
	bool		  more; /* there was no room for all */
};

/* `max`: 1 to ORDER_PAGE_MAX.  `after` may be NULL. */
void order_page_init(struct order_page *p, const struct order *o, size_t max,
    const struct order_key *after);
void order_page_clear(struct order_page *p);
void order_page_offer(struct order_page *p, const struct token *t);
/* When all were offered: then key[0] to key[n - 1] are in order. */
void order_page_sort(struct order_page *p);
/* Empties it, for what comes behind its last token. */
void order_page_turn(struct order_page *p);
#endif
