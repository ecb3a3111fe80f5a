/*
 * names - what numbers in the uses stand for, the ones asked for lately.
 *
 * Private to src/store: the memory of store_read_name.
 */
#ifndef PATROL_STORE_NAMES_H
#define PATROL_STORE_NAMES_H

struct names;

/* NULL is fine; *ns becomes NULL. */
void names_free(struct names **ns);
#endif
