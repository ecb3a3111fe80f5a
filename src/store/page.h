/*
 * page - a page of a list while it is read.
 *
 * Private to src/store.  Every page reads one row more than it gives, to know
 * whether there are more.
 */
#ifndef PATROL_STORE_PAGE_H
#define PATROL_STORE_PAGE_H

#include "store/db.h"
#include "store/match.h"
#include "store/store.h"

struct page {
	struct store_reader	 *r;
	const struct store_query *q;
	struct error		 *err;
	void			 *arg;
	union {
		store_use_fn	    use;
		store_alert_page_fn alert;
		store_audit_fn	    audit;
		store_refused_fn    refused;
	} fn;
	uint64_t left; /* rows it may still give */
	int64_t	 last; /* key of the last it gave */
	bool	 full; /* a row came that had no room */
	/* Of uses that are narrowed. */
	struct match *match;	/* owned by store_read_uses; NULL: all match */
	int64_t	      low, top; /* keys from `low` on and below `top` can */
};

void page_begin(struct page *p, struct store_reader *r,
    const struct store_query *q, struct error *err, void *arg);
/* Has the page room for the row of this key?  If not, it is the next's. */
bool page_take(struct page *p, int64_t key);
/* A row callback with the columns of SELECT_USES: to the page's function. */
int page_use(sqlite3_stmt *st, void *p);
/* The same by its key; 0, STORE_E_*, or what the function stopped with. */
int page_give_use(struct page *p, int64_t seq);

/* history.c: uses of the token that the query names, along its chain. */
int page_token_uses(struct page *p) MUSTCHECK;
/* scan.c: uses that match, of a bounded stretch of all. */
int page_scan_uses(struct page *p) MUSTCHECK;
#endif
