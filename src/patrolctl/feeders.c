#include "patrolctl/feeders.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "rule/explain.h"

#define KEPT 65536 /* uses that are noted; the oldest give way */
#define TOLD 100

struct feeder {
	int64_t	 seq;
	usec_t	 time;
	uint64_t group; /* hash of its key */
};

struct noting {
	struct feeders *f;
	struct feeder	one;
	struct buf	key;
};

static struct feeder *
feeder_at(const struct feeders *f, size_t i)
{
	return &f->list[(f->head + i) % KEPT];
}

void
feeders_clear(struct feeders *f)
{
	free(f->list);
	*f = (struct feeders){NULL, 0, 0};
}

static void
note_group(const struct verdict *v, void *arg)
{
	struct noting  *n = arg;
	struct feeders *f = n->f;
	unsigned	i;

	n->key.n = 0;
	buf_reserve(&n->key, 1);
	for (i = 0; i < v->nkey; i++) {
		buf_addf(&n->key, "%s=%zu:", v->key_name[i], v->key[i].n);
		buf_addslice(&n->key, v->key[i]);
	}
	n->one.group = map_hash(buf_slice(&n->key));
	if (f->list == NULL)
		f->list = xcalloc(KEPT, sizeof *f->list);
	if (f->n == KEPT)
		f->head = (f->head + 1) % KEPT;
	else
		f->n++;
	*feeder_at(f, f->n - 1) = n->one;
}

void
feeders_note(struct feeders *f, struct ruleset *rs, const struct rule *r,
    int64_t seq, const struct use *u)
{
	struct noting n = {.f = f, .one = {.seq = seq, .time = u->time}};

	buf_init(&n.key);
	ruleset_fed(rs, r, note_group, &n);
	buf_clear(&n.key);
}

/* Of the groups of the last use, and no older than a window of theirs? */
static bool
is_wanted(const struct feeders *f, const struct feeder *one, usec_t reach)
{
	const struct feeder *last = feeder_at(f, f->n - 1), *g;
	size_t		     i;

	if (one->time > last->time || one->time < last->time - reach)
		return false;
	for (i = f->n; i-- > 0;) {
		g = feeder_at(f, i);
		if (g->seq != last->seq)
			return false;
		if (g->group == one->group)
			return true;
	}
	return false;
}

void
feeders_format(const struct feeders *f, const struct rule *r, int64_t seq,
    struct buf *out)
{
	int64_t	    told[TOLD], last = -1;
	size_t	    i, n = 0;
	const char *sep = "[";

	if (f->n == 0 || feeder_at(f, f->n - 1)->seq != seq)
		return;
	for (i = f->n; i-- > 0 && n < TOLD;) {
		if (feeder_at(f, i)->seq == last ||
		    !is_wanted(f, feeder_at(f, i), r->timespan))
			continue;
		last = feeder_at(f, i)->seq;
		told[n++] = last;
	}
	for (; n > 0; n--, sep = ",")
		buf_addf(out, "%s%lld", sep, (long long)told[n - 1]);
	buf_addc(out, ']');
}
