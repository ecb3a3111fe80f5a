/*
 * hits - which events which rules match, in bounded memory.
 *
 * The list of a rule is one or two bytes an event, as differences; what the
 * lists together take past a given room goes to a temporary file.
 */
#ifndef PATROL_PATROLCTL_HITS_H
#define PATROL_PATROLCTL_HITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define HITS_ROOM (16 * 1024 * 1024) /* bytes of lists in memory */

struct hits;

typedef void (*hits_fn)(uint64_t index, void *arg);

/* Lists of that many rules; `room` is HITS_ROOM, or less for tests.  So much
 * again is taken to put a list in order. */
struct hits *hits_new(size_t rules, size_t room);
void	     hits_free(struct hits **h);
/* Adds an event, in any order.  0, or -1 with *err set when the temporary
 * file fails. */
int hits_add(struct hits *h, size_t rule, uint64_t index,
    struct error *err) MUSTCHECK;
/* How many were added. */
uint64_t hits_count(const struct hits *h, size_t rule);
/* Those of a rule in their order, each once.  As hits_add. */
int hits_walk(struct hits *h, size_t rule, hits_fn fn, void *arg,
    struct error *err) MUSTCHECK;
#endif
