/*
 * fields - the fields of the use being judged, by numbers given to their
 * names when the rules were compiled.
 *
 * A slot is a name; a member is one value of the use (a list has several).
 * One hash look-up a use and further field; each value's case is folded at
 * most once a use, and only if somebody asks.
 */
#ifndef PATROL_RULE_FIELDS_H
#define PATROL_RULE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "rule/event.h"
#include "use/use.h"

#define FIELDS_END (-1) /* no further member */

struct fields;

struct fields *fields_new(void);
void	       fields_free(struct fields **f);
/* The slot of a name, made if need be; `name` outlives the fields. */
unsigned fields_slot(struct fields *f, struct slice name);
/* How many slots there are. */
size_t fields_slots(const struct fields *f);
/* The known field (enum use_field) that a slot is for, or -1. */
int fields_known(const struct fields *f, unsigned slot);
/* Turns to the next use, which is borrowed until the one after it. */
void fields_begin(struct fields *f, const struct use *u);
/*
 * Or to an event that happened at `time`; it is borrowed alike.  fields_use is
 * then a use with that time and no field.
 */
void fields_begin_event(struct fields *f, struct event *e, usec_t time);
const struct use *fields_use(const struct fields *f);

/* Slots that this use may have members of, each once; returns how many, in
 * *slots until the next call. */
size_t fields_present(struct fields *f, const unsigned **slots);

/* Members of a slot: fields_first, then fields_next until FIELDS_END. */
int fields_first(const struct fields *f, unsigned slot);
int fields_next(const struct fields *f, unsigned slot, int member);
/* All members of all fields: 0 .. fields_members - 1; some may be absent. */
int			fields_members(const struct fields *f);
const struct use_value *fields_value(const struct fields *f, int member);
/* The string view: absent for null and absent members. */
struct slice fields_text(const struct fields *f, int member);
/* The string view folded; borrowed until the next call. */
struct slice fields_folded(struct fields *f, int member);
/*
 * Is there an object under that name: a field "name.something"?  In an event
 * also anything else.
 */
bool fields_is_object(const struct fields *f, unsigned slot);
/*
 * The slot's only value as text; false if there is none, or a list of
 * several, or null.
 */
bool fields_scalar(const struct fields *f, unsigned slot, struct slice *out);
#endif
