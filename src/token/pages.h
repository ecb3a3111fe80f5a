/*
 * pages - an array from numbers that count up to pointers.
 *
 * For the keys that table.c draws: dense, ascending, with holes where things
 * went away.  Pages without entries are given back, so numbers that came and
 * went cost 8 bytes for 1,024 of them.  Values are borrowed.  Embedded:
 * pages_init / pages_clear.  Not thread-safe.
 */
#ifndef PATROL_TOKEN_PAGES_H
#define PATROL_TOKEN_PAGES_H

#include <stddef.h>
#include <stdint.h>

struct page;

struct pages {
	struct page **page; /* owned; NULL where all are absent */
	size_t	      npages;
};

void pages_init(struct pages *p);
void pages_clear(struct pages *p);
/* The value of a number, or NULL. */
void *pages_find(const struct pages *p, uint32_t n);
/* Fetches where pages_find will look, without waiting. */
void pages_warm(const struct pages *p, uint32_t n);
/* Adds a value (not NULL) under a number that has none (asserted). */
void pages_add(struct pages *p, uint32_t n, void *value);
/* Takes the number's value out; it must have one (asserted). */
void pages_remove(struct pages *p, uint32_t n);
/* The values of the first numbers > `after`, ascending, at most `max`: how
 * many. */
size_t pages_some(const struct pages *p, uint32_t after, void **out,
    size_t max);
/* The value of the first number > `after`, or NULL. */
void *pages_next(const struct pages *p, uint32_t after);
#endif
