/*
 * list - a page of a list that comes from the store, newest first.
 *
 * Read on the reader thread straight into the request's answer.  The last
 * line says whether there is more and where the next page begins.  What has
 * to look at much to find little does so in stretches, between which others
 * have their turn and the peer is told {"done":N,"total":0}.
 */
#ifndef PATROL_DAEMON_LIST_H
#define PATROL_DAEMON_LIST_H

#include "daemon/control.h"
#include "daemon/reader.h"
#include "store/store.h"

#define LIST_TEXTS 16

struct list {
	struct reader_job	job; /* first: the reader's part */
	struct control_request *r;
	struct store_query	q;
	char		       *text[LIST_TEXTS]; /* owned; of the query */
	unsigned		ntext;
	const char	       *empty; /* an argument that is, or NULL */
	/* On the thread: a page of q, its rows to list_add. */
	int (*read)(struct list *, struct store_reader *, struct error *);
	struct buf out;	   /* items */
	unsigned   limit;  /* of the whole page */
	unsigned   given;  /* of it, so far */
	int64_t	   next;   /* where the next page begins */
	int64_t	   looked; /* where the second stretch began */
};

/* One that is limited to what the peer may see. */
struct list *list_new(struct control_request *r,
    int (*read)(struct list *, struct store_reader *, struct error *));
void	     list_free(struct list *l);
/* An argument as a part of the query: copied, for it outlives the request's
 * own text. */
void list_keep(struct list *l, struct slice *part, const char *arg);
/* Takes `limit` and `before`, and goes; false: answered, and *l is gone. */
bool list_start(struct list *l);
/* Is each argument that was kept one that narrows?  An empty one, of a script
 * whose variable is empty say, must not be all; false: answered. */
bool list_narrows(struct list *l);
/* From the row functions of `read`: one JSON object. */
void list_add(struct list *l, struct slice json);
/* The name of the account whose owner asks; absent: it is a viewer. */
struct slice list_owner(const struct list *l);
#endif
