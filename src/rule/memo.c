#include "rule/memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define ENTRIES	  512 /* a power of two; a later one takes the place */
#define LOOKS_MAX 256 /* bytes; who looks like more is not remembered */
#define TRIES	  1024
#define REST	  (64 * TRIES) /* uses, after fewer than half of TRIES hit */

struct looks {
	size_t n;
	char   bytes[LOOKS_MAX];
	bool   full;
};

struct entry {
	uint64_t hash; /* 0: empty */
	uint32_t nlooks, nheld;
	uint32_t held[MEMO_HELD];
	char	 looks[LOOKS_MAX];
};

struct memo {
	const struct fields *fields; /* borrowed */
	unsigned	    *slots;  /* owned: their values count */
	size_t		     nslots;
	int		     known[USE_FIELDS]; /* known fields among them */
	unsigned	     nknown;
	struct looks	     looks; /* of the use last looked for */
	uint64_t	     hash;  /* of them; 0: not to be remembered */
	unsigned	     tries, hits;
	unsigned	     rest; /* uses yet */
	struct entry	     entry[ENTRIES];
};

struct memo *
memo_new(const struct fields *f, const unsigned *slots, size_t n)
{
	struct memo *m = xcalloc(1, sizeof(*m));
	size_t	     i;

	m->fields = f;
	m->slots = xcalloc(n + 1, sizeof(*m->slots));
	if (n > 0)
		memcpy(m->slots, slots, n * sizeof(*slots));
	m->nslots = n;
	for (i = 0; i < n; i++)
		if (fields_known(f, slots[i]) >= 0)
			m->known[m->nknown++] = fields_known(f, slots[i]);
	return m;
}

void
memo_free(struct memo **mp)
{
	struct memo *m = *mp;

	if (m == NULL)
		return;
	free(m->slots);
	free(m);
	*mp = NULL;
}

/* ---- looks ---- */

static void
add_bytes(struct looks *l, const void *p, size_t n)
{
	if (n > sizeof(l->bytes) - l->n) {
		l->full = true;
		return;
	}
	if (n > 0)
		memcpy(l->bytes + l->n, p, n);
	l->n += n;
}

/* Its length in front, so that no two lists of values look the same. */
static void
add_value(struct looks *l, const struct use_value *v)
{
	uint32_t head[2] = {v->n, v->type};

	add_bytes(l, head, sizeof(head));
	if (v->type != USE_NULL)
		add_bytes(l, v->p, v->n);
}

static void
add_names(struct looks *l, const struct use *u)
{
	uint32_t n;
	unsigned i;

	for (i = 0; i < u->nother; i++) {
		n = (uint32_t)u->other[i].key.n;
		add_bytes(l, &n, sizeof(n));
		add_bytes(l, u->other[i].key.p, n);
	}
}

static void
add_slot(struct looks *l, const struct fields *f, unsigned slot)
{
	uint32_t n = 0;
	int	 member = fields_first(f, slot);

	for (; member != FIELDS_END; member = fields_next(f, slot, member)) {
		add_value(l, fields_value(f, member));
		n++;
	}
	add_bytes(l, &n, sizeof(n));
}

/* Of a use without further fields: as most are, and fast. */
static void
add_known(struct looks *l, const struct memo *m, uint64_t there)
{
	unsigned i;

	for (i = 0; i < m->nknown; i++)
		if ((there >> m->known[i] & 1) != 0 || m->known[i] == USE_TIME)
			add_value(l, fields_value(m->fields, m->known[i]));
}

static void
look(struct memo *m)
{
	const struct use *u = fields_use(m->fields);
	struct looks	 *l = &m->looks;
	uint64_t	  there[2] = {u->there, u->nother};
	size_t		  i;

	l->n = 0;
	l->full = false;
	add_bytes(l, there, sizeof(there));
	if (u->nother == 0) {
		add_known(l, m, there[0]);
	} else {
		add_names(l, u);
		for (i = 0; i < m->nslots && !l->full; i++)
			add_slot(l, m->fields, m->slots[i]);
	}
	m->hash = l->full ? 0 : map_hash((struct slice){l->bytes, l->n});
}

/* ---- what held ---- */

static struct entry *
entry_of(struct memo *m)
{
	return &m->entry[m->hash % ENTRIES];
}

static void
weigh(struct memo *m, bool hit)
{
	m->hits += hit;
	if (++m->tries < TRIES)
		return;
	if (m->hits < TRIES / 2)
		m->rest = REST;
	m->tries = m->hits = 0;
}

bool
memo_find(struct memo *m, const uint32_t **held, size_t *n)
{
	const struct entry *e;
	bool		    hit;

	m->hash = 0;
	if (m->rest > 0) {
		m->rest--;
		return false;
	}
	look(m);
	e = entry_of(m);
	hit = m->hash != 0 && e->hash == m->hash && e->nlooks == m->looks.n &&
	    memcmp(e->looks, m->looks.bytes, e->nlooks) == 0;
	weigh(m, hit);
	if (!hit)
		return false;
	*held = e->held;
	*n = e->nheld;
	return true;
}

void
memo_add(struct memo *m, const uint32_t *held, size_t n)
{
	struct entry *e = entry_of(m);

	if (m->hash == 0 || n > MEMO_HELD)
		return;
	e->hash = m->hash;
	e->nlooks = (uint32_t)m->looks.n;
	memcpy(e->looks, m->looks.bytes, m->looks.n);
	e->nheld = (uint32_t)n;
	if (n > 0)
		memcpy(e->held, held, n * sizeof(*held));
}
