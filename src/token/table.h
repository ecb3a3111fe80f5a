/*
 * table - all tokens and accounts, by id and by secret hash.
 *
 * Owns them.  Found things are borrowed until they are removed; only foreign
 * tokens ever are (token_table_foreign).  Loop thread only.
 */
#ifndef PATROL_TOKEN_TABLE_H
#define PATROL_TOKEN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "token/token.h"

struct token_table;

struct token_counts {
	uint64_t by_state[4]; /* enum token_state; issued tokens, no traps */
	uint64_t honey;	      /* traps, not deleted */
	uint64_t foreign;     /* kept now */
	uint64_t foreign_evicted;
	uint64_t accounts;
};

/* At most `foreign_max` foreign tokens are kept. */
struct token_table *token_table_new(size_t foreign_max);
void		    token_table_free(struct token_table **tt);

struct account *token_table_account(struct token_table *tt, struct slice name);
/* Adds one that is not there; aid 0 draws the next. Borrowed result. */
struct account *token_table_add_account(struct token_table *tt,
    struct slice name, uint32_t aid);
/* Walks accounts by aid: the first with aid > `after`, or NULL. */
struct account *token_table_next_account(struct token_table *tt,
    uint32_t						     after);

struct token *token_table_find(struct token_table *tt, struct slice id);
/* The same with the id's map_hash at hand. */
struct token *token_table_find_hashed(struct token_table *tt, struct slice id,
    uint64_t hash);
/* As map_warm_slot and map_warm_value, by the id's map_hash; then what a use
 * changes beside the token itself. */
void token_table_warm_slot(const struct token_table *tt, uint64_t hash);
void token_table_warm_value(const struct token_table *tt, uint64_t hash);
void token_table_warm_parts(const struct token_table *tt, uint64_t hash);
/* Finds by the hash of a presented secret; compares in constant time. */
struct token *token_table_find_secret(struct token_table *tt,
    const uint8_t					  hash[SECRET_HASH]);
/* Gives an issued token another secret: by the old one it is found no more. */
void token_table_set_hash(struct token_table *tt, struct token *t,
    const uint8_t hash[SECRET_HASH]);
/*
 * Takes ownership of `t` (id set; not in the table, except that a foreign
 * token of that id without dirty last-used is replaced); tid 0 draws the next.
 * With t->account set it joins that account's list and counts, unless it is
 * foreign: what strangers invent must not use up an account's limit.
 * Foreign tokens well beyond the cap make older ones give way here too, so
 * a store with too many of them cannot fill the memory at start.
 */
void token_table_add(struct token_table *tt, struct token *t);
/* Fetches where token_table_add will put it, without waiting. */
void token_table_warm_add(const struct token_table *tt, const struct token *t);
/*
 * The token of an id that patrol did not issue, made at its first use.  At
 * the cap the foreign token used longest ago gives way (one with dirty
 * last-used or not active is passed over), counted; NULL if none can, or if
 * the id is empty or longer than TOKEN_FOREIGN_ID_MAX.  Between tokens used
 * since the same checkpoint (pop_dirty) the order is that of their tids.
 */
#define TOKEN_FOREIGN_ID_MAX 128
struct token *token_table_foreign(struct token_table *tt, struct slice id,
    bool *is_new);
/* Walks tokens by tid: the first with tid > `after`, or NULL. */
struct token *token_table_next(struct token_table *tt, uint32_t after);
/* Fetches where token_table_by_tid will look, without waiting. */
void token_table_warm_tid(const struct token_table *tt, uint32_t tid);
/* The first tokens with tid > `after`, ascending, at most `max`: how many. */
size_t	      token_table_some(const struct token_table *tt, uint32_t after,
	   struct token **out, size_t max);
struct token *token_table_by_tid(struct token_table *tt, uint32_t tid);
const struct token_counts *token_table_counts(const struct token_table *tt);
/* The account's auto token that gives way to a new one when it has `max`:
 * used longest ago, never used first (oldest of them); NULL if below. */
struct token *token_table_auto_victim(struct account *a, unsigned max);

/*
 * The table's one copy of a text that many tokens have alike (causes,
 * actors), until the next call unless held; NULL for the absent slice.
 */
struct sym *token_table_word(struct token_table *tt, struct slice text);

/* For lifecycle.c and loading alone: an inactive token is so until then; 0:
 * until somebody says otherwise. */
void token_table_pause(struct token_table *tt, struct token *t, usec_t until);
/* A token whose `until` has come: the one that waits longest, or NULL. */
struct token *token_table_due(struct token_table *tt, usec_t now);

/* Bookkeeping for lifecycle.c alone, while t->state is still the old one:
 * moves the counts. */
void token_table_count_change(struct token_table *tt, struct token *t,
    enum token_state to);

/* Marks last-used as newer than the store's. */
void token_table_mark_dirty(struct token_table *tt, struct token *t);
/*
 * All that are marked now are to be popped, in the order of their tids; those
 * marked later, when the next call is made.  How many; none may be left of
 * those of the call before.
 */
size_t token_table_line_up_dirty(struct token_table *tt);
/* The next of them, marked no longer; NULL if there is none. */
struct token *token_table_pop_dirty(struct token_table *tt);
#endif
