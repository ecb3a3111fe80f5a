#include "rule/fields.h"

#include <limits.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "rule/fold.h"

#define MEMBERS_MAX (USE_FIELDS + USE_FIELDS_MAX)

/*
 * Members are numbered.  Of a use: known fields by their own number, the
 * others behind them.  Of an event: its scalars as they come.  Those of one
 * slot are chained, the known one first.
 */
struct slot {
	struct slice name;
	uint64_t     epoch;	  /* of the use that first, last are of */
	int	     known;	  /* enum use_field, or -1 */
	int	     first, last; /* of the others */
	bool	     whole;	  /* one key of the event has its name */
};

struct folded {
	uint64_t epoch;	 /* of the use it was made for */
	bool	 same;	 /* folding changes nothing */
	size_t	 off, n; /* in the room */
};

/* That a rule asks for. */
struct name {
	struct slice text;
	unsigned     slot;
};

#define NO_SLOT UINT_MAX

struct fields {
	unsigned	  of_known[USE_FIELDS]; /* their slots, or NO_SLOT */
	unsigned	 *present;		/* owned; room for all slots */
	size_t		  npresent; /* those that an `other` or a path led to */
	struct slot	 *slots;
	size_t		  n, cap;
	struct arena	  arena;
	struct map	  by_name; /* of struct name */
	const struct use *use;	   /* of an event: blank */
	uint64_t	  epoch;
	int		 *next;		/* in the chain of a slot */
	struct folded	 *folded;	/* of each member */
	size_t		  room_members; /* in both, and in scalar if made */
	bool		  asks_time;	/* a slot is for `time` */
	struct use_value  time;		/* of a use that has no text for it */
	char		  time_text[TIME_TEXT_MAX];
	bool		  is_event;
	struct use_value *scalar; /* of the event; NULL before the first */
	size_t		  nscalar;
	size_t		  fold_room; /* what folding all of them takes */
	struct use	 *blank;     /* has an event's time, nothing else */
	struct buf	  room;	     /* of folded text; kept warm */
};

static struct slice
name_key(const void *value)
{
	const struct name *n = value;

	return n->text;
}

struct fields *
fields_new(void)
{
	struct fields *f = xcalloc(1, sizeof(*f));
	unsigned       i;

	for (i = 0; i < USE_FIELDS; i++)
		f->of_known[i] = NO_SLOT;
	arena_init(&f->arena);
	map_init(&f->by_name, name_key);
	f->next = xcalloc(MEMBERS_MAX, sizeof(*f->next));
	f->folded = xcalloc(MEMBERS_MAX, sizeof(*f->folded));
	f->room_members = MEMBERS_MAX;
	buf_init(&f->room);
	buf_reserve(&f->room, FOLD_ROOM(USE_LINE_MAX));
	return f;
}

void
fields_free(struct fields **fp)
{
	struct fields *f = *fp;

	if (f == NULL)
		return;
	map_clear(&f->by_name);
	arena_clear(&f->arena);
	buf_clear(&f->room);
	free(f->next);
	free(f->folded);
	free(f->scalar);
	free(f->blank);
	free(f->slots);
	free(f->present);
	free(f);
	*fp = NULL;
}

unsigned
fields_slot(struct fields *f, struct slice name)
{
	struct name *found = map_find(&f->by_name, name);

	if (found != NULL)
		return found->slot;
	if (f->n == f->cap) {
		f->slots = xgrow(f->slots, f->n, &f->cap, sizeof(struct slot));
		/* For those of the slots, and the known ones among them. */
		f->present = xreallocarray(f->present, f->cap + USE_FIELDS,
		    sizeof(*f->present));
	}
	f->slots[f->n] =
	    (struct slot){.name = name, .known = use_field_find(name)};
	f->asks_time |= f->slots[f->n].known == USE_TIME;
	if (f->slots[f->n].known >= 0)
		f->of_known[f->slots[f->n].known] = (unsigned)f->n;
	found = arena_alloc(&f->arena, sizeof *found);
	*found = (struct name){name, (unsigned)f->n++};
	map_add(&f->by_name, found);
	return found->slot;
}

size_t
fields_slots(const struct fields *f)
{
	return f->n;
}

int
fields_known(const struct fields *f, unsigned slot)
{
	return f->slots[slot].known;
}

/*
 * Every use has a time, though perhaps no text for it: where the sender sent
 * none, at the token endpoint, and when it is judged again from the store.
 */
static void
make_time(struct fields *f, const struct use *u)
{
	f->time.type = USE_ABSENT;
	if (!f->asks_time || u->field[USE_TIME].type != USE_ABSENT)
		return;
	f->time = (struct use_value){.p = f->time_text,
	    .n = (uint32_t)time_format(u->time, f->time_text),
	    .type = USE_STRING};
}

/* A known field is there by itself, as far as it can be told. */
static void
add_present(struct fields *f, const struct slot *s)
{
	if (f->is_event || s->known < 0)
		f->present[f->npresent++] = (unsigned)(s - f->slots);
}

void
fields_begin(struct fields *f, const struct use *u)
{
	struct slot *s;
	struct name *found = NULL;
	unsigned     i;

	f->use = u;
	f->is_event = false;
	f->epoch++;
	f->room.n = 0;
	make_time(f, u);
	f->npresent = 0;
	for (i = 0; i < u->nother; i++) {
		/* Members of a list stand one after the other. */
		if (i == 0 || !slice_eq(u->other[i].key, u->other[i - 1].key))
			found = map_find(&f->by_name, u->other[i].key);
		if (found == NULL)
			continue;
		s = &f->slots[found->slot];
		f->next[i] = FIELDS_END;
		if (s->epoch == f->epoch)
			f->next[s->last] = (int)i;
		else {
			s->first = (int)i;
			add_present(f, s);
		}
		s->last = (int)i;
		s->epoch = f->epoch;
	}
}

/* ---- events ---- */

/* The number that the next member gets: a scalar, or an absent object. */
static int
scalar_add(struct fields *f, const struct use_value *v)
{
	size_t n = f->room_members;

	if (f->nscalar == n) {
		f->next = xreallocarray(f->next, 2 * n, sizeof(*f->next));
		f->folded = xreallocarray(f->folded, 2 * n, sizeof(*f->folded));
		memset(f->folded + n, 0, n * sizeof(*f->folded));
		f->scalar = xreallocarray(f->scalar, 2 * n, sizeof(*f->scalar));
		f->room_members = 2 * n;
	}
	f->scalar[f->nscalar] = *v;
	f->fold_room += FOLD_ROOM(v->n);
	f->next[f->nscalar] = FIELDS_END;
	return (int)f->nscalar++;
}

/* A name that is found whole leaves what its segments lead to. */
static void
add_part(struct slice path, bool whole, const struct use_value *v, void *arg)
{
	struct fields *f = arg;
	int	       member = v != NULL ? scalar_add(f, v) : FIELDS_END;
	struct name   *found =
	      path.p != NULL ? map_find(&f->by_name, path) : NULL;
	struct slot *s;

	if (found == NULL)
		return;
	s = &f->slots[found->slot];
	if (s->epoch != f->epoch || (whole && !s->whole)) {
		if (s->epoch != f->epoch)
			add_present(f, s);
		s->epoch = f->epoch;
		s->whole = whole;
		s->first = s->last = FIELDS_END;
	}
	if (member == FIELDS_END || s->whole != whole)
		return;
	if (s->first == FIELDS_END)
		s->first = member;
	else
		f->next[s->last] = member;
	s->last = member;
}

void
fields_begin_event(struct fields *f, struct event *e, usec_t time)
{
	if (f->blank == NULL) {
		f->blank = xcalloc(1, sizeof(*f->blank));
		use_init(f->blank, time);
		f->scalar = xcalloc(f->room_members, sizeof(*f->scalar));
	}
	f->blank->time = time;
	f->use = f->blank;
	f->is_event = true;
	f->epoch++;
	f->room.n = 0;
	f->npresent = 0;
	f->nscalar = 0;
	f->fold_room = 0;
	event_walk(e, add_part, f);
	/* At once, so that folded text stays where it is. */
	buf_reserve(&f->room, f->fold_room);
}

/* ---- members ---- */

size_t
fields_present(struct fields *f, const unsigned **slots)
{
	size_t	 n = f->npresent;
	unsigned i;

	*slots = f->present;
	if (f->is_event)
		return n;
	/* A known field may be among the others too, as further labels are:
	 * either way its slot is here once. */
	for (i = 0; i < USE_FIELDS; i++)
		if (f->of_known[i] != NO_SLOT &&
		    fields_first(f, f->of_known[i]) != FIELDS_END)
			f->present[n++] = f->of_known[i];
	return n;
}

const struct use *
fields_use(const struct fields *f)
{
	return f->use;
}

static int
slot_other(const struct fields *f, const struct slot *s)
{
	return s->epoch == f->epoch ? USE_FIELDS + s->first : FIELDS_END;
}

int
fields_first(const struct fields *f, unsigned slot)
{
	const struct slot *s = &f->slots[slot];

	if (f->is_event)
		return s->epoch == f->epoch ? s->first : FIELDS_END;
	if (s->known >= 0 && fields_value(f, s->known)->type != USE_ABSENT)
		return s->known;
	return slot_other(f, s);
}

int
fields_next(const struct fields *f, unsigned slot, int member)
{
	int next;

	if (f->is_event)
		return f->next[member];
	if (member < USE_FIELDS)
		return slot_other(f, &f->slots[slot]);
	next = f->next[member - USE_FIELDS];
	return next == FIELDS_END ? FIELDS_END : USE_FIELDS + next;
}

int
fields_members(const struct fields *f)
{
	return f->is_event ? (int)f->nscalar : USE_FIELDS + (int)f->use->nother;
}

const struct use_value *
fields_value(const struct fields *f, int member)
{
	if (f->is_event)
		return &f->scalar[member];
	if (member == USE_TIME && f->time.type != USE_ABSENT)
		return &f->time;
	return member < USE_FIELDS ? &f->use->field[member] :
				     &f->use->other[member - USE_FIELDS].value;
}

struct slice
fields_text(const struct fields *f, int member)
{
	const struct use_value *v = fields_value(f, member);

	if (v->type == USE_ABSENT || v->type == USE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){v->p != NULL ? v->p : "", v->n};
}

struct slice
fields_folded(struct fields *f, int member)
{
	struct slice   s = fields_text(f, member);
	struct folded *c = &f->folded[member];
	char	      *room;

	if (s.p == NULL)
		return s;
	if (c->epoch != f->epoch) {
		c->epoch = f->epoch;
		c->same = !fold_is_needed(s);
		if (!c->same) {
			room = buf_reserve(&f->room, FOLD_ROOM(s.n));
			c->off = f->room.n;
			c->n = fold_text(s, room);
			f->room.n += c->n;
		}
	}
	return c->same ? s : (struct slice){f->room.p + c->off, c->n};
}

static bool
is_under(struct slice key, struct slice name)
{
	return key.n > name.n && key.p[name.n] == '.' &&
	    slice_starts(key, name);
}

bool
fields_is_object(const struct fields *f, unsigned slot)
{
	struct slice name = f->slots[slot].name;
	unsigned     i;

	if (f->is_event)
		return f->slots[slot].epoch == f->epoch;
	for (i = 0; i < USE_FIELDS; i++)
		if (f->use->field[i].type != USE_ABSENT &&
		    is_under(slice_of(use_field_names[i]), name))
			return true;
	for (i = 0; i < f->use->nother; i++)
		if (is_under(f->use->other[i].key, name))
			return true;
	return false;
}

bool
fields_scalar(const struct fields *f, unsigned slot, struct slice *out)
{
	int	     m = fields_first(f, slot);
	struct slice s;

	if (m == FIELDS_END || fields_next(f, slot, m) != FIELDS_END)
		return false;
	s = fields_text(f, m);
	if (s.p == NULL)
		return false;
	*out = s;
	return true;
}
