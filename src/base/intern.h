/*
 * intern - one copy and one number for each text that keeps coming back.
 *
 * Repositories, addresses, user agents, registries: a use names them by a
 * `struct sym`, the store by its id.  The table is a cache: a symbol that
 * nobody holds (refs == 0) may be dropped when the table is full, oldest
 * unused first; if its text comes again it gets a new id.  So the ids of a
 * text may be several, but a stored id means one text for ever, and what
 * strangers invent cannot fill the memory.
 *
 * Owned by the loop thread.  Symbols are borrowed until the next
 * intern_add, unless held with sym_ref.
 */
#ifndef PATROL_BASE_INTERN_H
#define PATROL_BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* There may be millions, mostly of an address: ten bytes and its text. */
struct sym {
	uint32_t id;	    /* > 0, the key in the store */
	uint32_t refs : 31; /* holders */
	uint32_t used : 1;  /* since the clock hand last passed */
	uint16_t n;	    /* bytes of text */
	char	 text[];    /* NUL-terminated */
};

#define INTERN_TEXT_MAX UINT16_MAX

struct intern;

/* `max` symbols at the most stay without holders; next id is `next_id`. */
struct intern *intern_new(size_t max, uint32_t next_id);
/* Frees all symbols, held or not. */
void intern_free(struct intern **in);
/*
 * The symbol of a text, made if need be; *is_new then says so (the caller
 * stores it).  The absent slice gives NULL, and so does one longer than
 * INTERN_TEXT_MAX, or a new text when all 2^32 - 1 ids are given out.
 */
struct sym *intern_add(struct intern *in, struct slice text, bool *is_new);
/* The same with the text's map_hash at hand. */
struct sym *intern_add_hashed(struct intern *in, struct slice text,
    uint64_t hash, bool *is_new);
/* As map_warm_slot and map_warm_value. */
void intern_warm_slot(const struct intern *in, uint64_t hash);
void intern_warm_value(const struct intern *in, uint64_t hash);
/* The symbol, or NULL; makes none. */
struct sym *intern_find(struct intern *in, struct slice text);
/*
 * Puts a stored symbol back at start; NULL when its text is there already.
 * Beyond `max` it drops as intern_add does: load the oldest first.
 */
struct sym *intern_load(struct intern *in, uint32_t id, struct slice text);
uint32_t    intern_next_id(const struct intern *in);
size_t	    intern_count(const struct intern *in);
/* How many were dropped because the table was full. */
uint64_t intern_evicted(const struct intern *in);

/* Holds; NULL stays NULL.  Returns its argument. */
struct sym *sym_ref(struct sym *s);
/* Lets go and sets *s to NULL. */
void sym_unref(struct sym **s);
/* Replaces the held symbol *at by `s`. */
void sym_set(struct sym **at, struct sym *s);

/* Text of a symbol, absent for NULL. */
static inline struct slice
sym_text(const struct sym *s)
{
	if (s == NULL)
		return (struct slice){NULL, 0};
	return (struct slice){s->text, s->n};
}

/* Its id, 0 for NULL. */
static inline uint32_t
sym_id(const struct sym *s)
{
	return s != NULL ? s->id : 0;
}
#endif
