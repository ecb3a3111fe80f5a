/*
 * print - how facts look to people: times, cards, foot lines.
 */
#ifndef PATROL_PATROLCTL_PRINT_H
#define PATROL_PATROLCTL_PRINT_H

#include "base/buf.h"
#include "base/clock.h"
#include "patrolctl/answer.h"
#include "patrolctl/table.h"

/*
 * "just now", "3 min ago", "in 2 d"; one unit, for lists.  `t` 0: "never".
 */
void print_when(struct buf *out, usec_t t, usec_t now);
/* "2026-11-23T16:24:05Z (3 min ago)"; 0: "never". */
void print_exactly(struct buf *out, usec_t t, usec_t now);
/* "1,234,567" */
void print_number(struct buf *out, int64_t n);
/* "1 token", "3 tokens". */
void print_count(struct buf *out, int64_t n, const char *noun);

/* A line of foreign text, harmless. */
void print_line(struct buf *out, struct slice text);

/* Key and value lines of one thing, the values aligned. */
struct card {
	struct buf *out; /* borrowed */
	usec_t	    now;
	bool	    color;
	size_t	    width; /* of the keys with their colon */
};

/* Absent or empty values are left out.  Foreign text. */
void card_text(struct card *c, const char *key, struct slice text,
    enum style style);
void card_int(struct card *c, const char *key, int64_t v);
void card_time(struct card *c, const char *key, usec_t t);
/* The field of that name, as text. */
void card_field(struct card *c, const char *key, const struct fields *f,
    const char *field);
/* All of an object as it came, keys and all, for what has no form yet. */
void card_rest(struct card *c, const struct fields *f);
#endif
