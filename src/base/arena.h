/*
 * arena - memory that is given back all at once.
 *
 * For what lives and dies together: a ruleset, a configuration, the strings
 * of one batch.  Embedded: arena_init / arena_clear.  Not thread-safe.
 */
#ifndef PATROL_BASE_ARENA_H
#define PATROL_BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;   /* owned; newest first */
	char		   *at, *end; /* free room of the newest */
	size_t		    total;    /* bytes given out */
};

void arena_init(struct arena *a);
/* Frees all blocks; the arena can be used again. */
void arena_clear(struct arena *a);
/* Forgets what is in it and keeps the room, in one block: for reuse. */
void arena_reset(struct arena *a);
/* `n` bytes aligned for any type; not zeroed.  Never NULL. */
void *arena_alloc(struct arena *a, size_t n);
/* The same, zeroed. */
void *arena_zalloc(struct arena *a, size_t n);
/* `n` bytes of no alignment, for text. */
char *arena_bytes(struct arena *a, size_t n);
/* A copy of the bytes; absent stays absent.  NUL follows the copy. */
struct slice arena_slice(struct arena *a, struct slice s);
/* A copy as a C string. */
char *arena_str(struct arena *a, const char *s);
#endif
