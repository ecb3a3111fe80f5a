/*
 * impact - what a token touched, before and after a point in time.
 *
 * Pure: uses in, sums out.  Of each kind (repositories, addresses, ...) so
 * many values are kept as there is room for, and what has none is counted.
 * Uses may come in any order; given newest first, those after the point in
 * time have their room before those that were there already.
 */
#ifndef PATROL_TOKEN_IMPACT_H
#define PATROL_TOKEN_IMPACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define IMPACT_BYTES_MAX (16 * 1024 * 1024) /* of all values */

enum impact_kind {
	IMPACT_REPOSITORY,
	IMPACT_DIGEST, /* "alice/app@sha256:..." */
	IMPACT_ACTION,
	IMPACT_REGISTRY,
	IMPACT_NETWORK,
	IMPACT_ADDRESS,
	IMPACT_CLIENT,
	IMPACT_KINDS
};

/* Of some uses. */
struct impact_sum {
	uint64_t uses, refused; /* weighted by `count` */
	uint64_t bytes;		/* as the senders told */
	usec_t	 first, last;	/* 0: none */
};

/* A value and the uses with it. */
struct impact_item {
	enum impact_kind  kind;
	struct slice	  value;
	struct impact_sum before, after;
};

struct impact_use {
	usec_t	     time;
	int64_t	     count, bytes; /* bytes -1: not told */
	bool	     refused;
	struct slice value[IMPACT_KINDS]; /* absent: has none */
};

struct impact;

/* "repository", "digest", ... */
const char *impact_kind_name(enum impact_kind k);

/* After is from `since` on and before `until` (0: open); at most `max` values
 * of each kind are kept. */
struct impact *impact_new(usec_t since, usec_t until, size_t max);
void	       impact_free(struct impact **i);
/* Copies what it keeps. */
void impact_add(struct impact *i, const struct impact_use *u);
/* Puts the values in order: most uses after first, then most before. */
void impact_sort(struct impact *i);
/* The values of a kind, *n of them; borrowed until the next add. */
const struct impact_item *const *impact_list(const struct impact *i,
    enum impact_kind k, size_t *n);
/* Uses with a value of this kind for which there was no room. */
uint64_t impact_unkept(const struct impact *i, enum impact_kind k);
/* Of all uses. */
const struct impact_sum *impact_before(const struct impact *i);
const struct impact_sum *impact_after(const struct impact *i);
#endif
