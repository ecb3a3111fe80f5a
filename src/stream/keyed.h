/*
 * keyed - the state of each group of a correlation, by the group's key.
 *
 * Two caps, of groups and of the bytes they take, of one table and, by a
 * pool, of several together: the group unused longest, of the table or of
 * the pool, gives way, and is counted.  Groups whose last use lies too far
 * back are dropped a few at a time, on the way; nothing sweeps.  Each holds a
 * state of a fixed size, zeroed when it is made; records.h says what one
 * takes.
 */
#ifndef PATROL_STREAM_KEYED_H
#define PATROL_STREAM_KEYED_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

struct keyed;
struct keyed_pool;

/*
 * Frees what a state holds, not the state itself, and returns how many bytes
 * that was, as they were charged.
 */
typedef size_t (*keyed_clear_fn)(void *state);

/* What tables hold together; 0: no limit.  It outlives its tables. */
struct keyed_pool *keyed_pool_new(size_t max, size_t room);
void		   keyed_pool_free(struct keyed_pool **p);
size_t		   keyed_pool_count(const struct keyed_pool *p);
size_t		   keyed_pool_bytes(const struct keyed_pool *p);
/* Groups that gave way to the pool's caps; their tables count them too. */
uint64_t keyed_pool_evicted(const struct keyed_pool *p);

/* For up to `max` groups; the state is aligned to 8. */
struct keyed *keyed_new(size_t max, size_t state_size, keyed_clear_fn clear);
void	      keyed_free(struct keyed **k);
/* Into another pool, with all it holds; NULL: into none.  Nothing gives way
 * for it until the next group, or keyed_pool_trim. */
void keyed_join(struct keyed *k, struct keyed_pool *p);
void keyed_pool_trim(struct keyed_pool *p);
/*
 * The state of that key, made if need be; it becomes the one used last.  `t`
 * is the time of the use.  Borrowed until the next call.
 */
void *keyed_get(struct keyed *k, struct slice key, usec_t t);
/*
 * Fetches what keyed_get will need into the cache, without waiting, by
 * map_hash(key), in three steps from 0, each when what the one before fetched
 * may have come.  The last returns a state, mostly that of the key, or NULL.
 */
const void *keyed_warm(const struct keyed *k, uint64_t hash, unsigned step);
/* As it is, nothing moves or is made: NULL if there is none of that key. */
const void *keyed_find(const struct keyed *k, struct slice key);
/*
 * Drops groups without a use at `before` or later, two at the most, those
 * unused longest first: called once a use it keeps up.  Times are kept to two
 * minutes or so: a group may stay that much longer.
 */
void keyed_expire(struct keyed *k, usec_t before);
/*
 * The state that keyed_get returned held `before` bytes on its own account
 * and holds `now`; groups unused longest give way, that one excepted.
 */
void keyed_charge(struct keyed *k, const void *state, size_t before,
    size_t now);
/* How many bytes all groups may take, with their keys; no limit at first. */
void keyed_set_room(struct keyed *k, size_t room);
/* Another cap; what is too much gives way at once, counted. */
void	 keyed_set_max(struct keyed *k, size_t max);
size_t	 keyed_count(const struct keyed *k);
size_t	 keyed_bytes(const struct keyed *k);
uint64_t keyed_evicted(const struct keyed *k);
/* The latest time of any use that was fed; INT64_MIN if there was none. */
usec_t keyed_newest(const struct keyed *k);
#endif
