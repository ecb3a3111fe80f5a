/*
 * alert - the layer above the rules: one alert that counts on.
 *
 * The first verdict of a (rule, key) raises an alert; further ones within its
 * silence count on in it.  A verdict after the silence raises the next one,
 * whose silence is twice as long (24 h at the most) when the trouble went on
 * meanwhile, else the rule's `realert` again.  All in event time: a late
 * verdict goes to the alert that it would have gone to, and where there is
 * none, the next one begins with it if it would have been silenced by it, or
 * else it raises one of its own.  So bursts that are shorter than the silence
 * and further apart come to the same alerts in any order.
 *
 * A rule whose `realert` is 0 is never silent: each verdict is an alert.
 *
 * Another alert is also raised by a verdict in another mode: an alert of a
 * rule on trial must not swallow what the rule finds once it is in earnest,
 * and one in earnest must not act on when the rule is not.
 *
 * The table holds alerts while they can still count on; it is capped, and the
 * one raised longest ago gives way.  Loop thread only.
 */
#ifndef PATROL_ALERT_ALERT_H
#define PATROL_ALERT_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/batch.h"
#include "base/clock.h"
#include "base/slice.h"

struct alert {
	struct alert_row row;	  /* texts owned by the table */
	char		*ident;	  /* owned: rule LF key; the map's key */
	usec_t		 silence; /* its realert, doubled as it may be */
	bool		 dirty;	  /* changed since it was last stored */
	struct alert	*next_dirty;
	struct alert	*next, *prev;	  /* by age, oldest first */
	bool		 current;	  /* the newest of its ident */
	struct alert	*earlier, *later; /* of the same ident, if held */
};

/* What raises or feeds an alert. */
struct alert_hit {
	struct slice rule, title; /* id and title of the rule */
	struct slice key;	  /* JSON object */
	uint8_t	     level, mode;
	usec_t	     realert;
	usec_t	     first;  /* of the window */
	usec_t	     time;   /* of the use */
	int64_t	     seq;    /* of the use */
	uint64_t     count;  /* uses the use stands for */
	uint64_t     window; /* what the window counted */
	struct slice token, account;
	/* What the first use is told apart by, for the alert's id. */
	struct slice registry, use_id;
};

struct alert_table;

struct alert_table *alert_table_new(size_t max);
void		    alert_table_free(struct alert_table **at);
/*
 * Raises or counts on; *is_new says which.  The result is borrowed until the
 * next call that adds.
 */
struct alert *alert_table_hit(struct alert_table *at, const struct alert_hit *h,
    bool *is_new);
/*
 * The alert in whose silence a verdict in that mode would fall at `t`, so that
 * it would only count on; NULL: it would raise one.  Of the newest alone.
 */
struct alert *alert_table_silent(struct alert_table *at, struct slice rule,
    struct slice key, uint8_t mode, usec_t t);
/* By its public id; NULL when it is not (or no longer) held. */
struct alert *alert_table_find(struct alert_table *at, struct slice id);
/* Puts a stored alert back; one that is there already is returned. */
struct alert *alert_table_load(struct alert_table *at,
    const struct alert_row			  *r);
/* A row with texts of its own, and the end of one. */
void alert_row_copy(struct alert_row *to, const struct alert_row *from);
void alert_row_clear(struct alert_row *r);
/* Replaces a text of such a row by a copy. */
void alert_set_text(struct slice *field, struct slice text);
/* To be stored; pops what was marked. */
void	      alert_table_mark(struct alert_table *at, struct alert *a);
struct alert *alert_table_pop_dirty(struct alert_table *at);
size_t	      alert_table_count(const struct alert_table *at);
uint64_t      alert_table_evicted(const struct alert_table *at);

/* Appends a copy of the alert as it is now to a batch, with its `why`, which
 * is the store's alone from then on. */
void alert_store(struct alert *a, struct batch *b);

const char *alert_state_name(int state);
int	    alert_state_parse(struct slice s);
#endif
