#include "rule/ruleset.h"

#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "rule/set.h"

#define NAMES_MAX 1000 /* looked at for "did you mean" */

size_t
ruleset_count(const struct ruleset *rs)
{
	return rs->n;
}

const struct rule *
ruleset_rule(const struct ruleset *rs, size_t i)
{
	return &rs->rules[i]->pub;
}

const struct rule *
ruleset_find(const struct ruleset *rs, struct slice id)
{
	const struct sigma_rule *r = ruleset_named(rs, id);

	return r != NULL ? &r->pub : NULL;
}

const char *
ruleset_nearest(const struct ruleset *rs, struct slice id)
{
	const char *names[NAMES_MAX + 1];
	size_t	    i, n = 0;

	for (i = 0; i < rs->n && n < NAMES_MAX; i++)
		if (rs->rules[i]->pub.name != NULL)
			names[n++] = rs->rules[i]->pub.name;
	names[n] = NULL;
	return nearest_name(id, names);
}

const struct rule_text *
ruleset_text(const struct ruleset *rs, size_t i)
{
	return i < rs->ntexts ? &rs->texts[i] : NULL;
}

void
ruleset_set_mode(struct ruleset *rs, const struct rule *r, enum rule_mode mode)
{
	rs->rules[r->index]->pub.mode = mode;
}

void
ruleset_stats(const struct ruleset *rs, size_t i, struct rule_stats *out)
{
	const struct sigma_rule *r = rs->rules[i];

	*out = r->stats;
	if (r->correlation == NULL)
		return;
	out->keys = keyed_count(r->correlation->state);
	out->evicted = keyed_evicted(r->correlation->state);
	out->shed = r->correlation->shed;
}

void
ruleset_held(const struct ruleset *rs, struct ruleset_held *out)
{
	out->keys = keyed_pool_count(rs->pool);
	out->bytes = keyed_pool_bytes(rs->pool);
	out->evicted = rs->evicted + keyed_pool_evicted(rs->pool);
}

bool
ruleset_is_good(const struct ruleset *rs, size_t i)
{
	return !rs->rules[i]->faulty;
}

size_t
ruleset_faulty(const struct ruleset *rs)
{
	size_t i, n = rs->nlost;

	for (i = 0; i < rs->n; i++)
		n += rs->rules[i]->faulty;
	return n;
}

usec_t
ruleset_reach(const struct ruleset *rs)
{
	usec_t reach = 0;
	size_t i;

	for (i = 0; i < rs->n; i++)
		if (rs->rules[i]->pub.timespan > reach)
			reach = rs->rules[i]->pub.timespan;
	return reach;
}

/* ---- judging ---- */

/* The first that the use has stands for who did it. */
static void
verdict_of_detection(const struct use *u, struct verdict *v)
{
	static const enum use_field who[] = {USE_TOKEN, USE_ACCOUNT,
	    USE_SOURCE_IP};
	struct slice		    s;
	size_t			    i;

	v->nkey = 0;
	v->count = (uint64_t)u->count;
	v->first = u->time;
	for (i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		s = use_text(u, who[i]);
		if (s.n == 0)
			continue;
		v->key_name[0] = use_field_names[who[i]];
		v->key[0] = s;
		v->nkey = 1;
		return;
	}
}

uint64_t
ruleset_fed_by(const struct correlation *c)
{
	uint64_t held = 0;
	size_t	 i;

	for (i = 0; i < c->nrefs; i++)
		if (c->refs[i].rule->held)
			held |= (uint64_t)1 << (i < 63 ? i : 63);
	return held;
}

/* Where it holds: how many verdicts. */
static size_t
rule_judge(struct ruleset *rs, struct sigma_rule *r, const struct use *u)
{
	uint64_t held;

	if (r->correlation != NULL) {
		if (rs->nfed < RULESET_AHEAD)
			rs->fed[rs->nfed++] = r->correlation;
		held = ruleset_fed_by(r->correlation);
		return held == 0 ? 0 :
				   correlate_feed(r->correlation, rs->fields,
				       held, r->verdicts);
	}
	if (!predicate_holds(rs->predicates, r->condition))
		return 0;
	verdict_of_detection(u, r->verdicts);
	return 1;
}

static bool
is_told(const struct ruleset *rs, const struct sigma_rule *r)
{
	return rs->testing || (r->pub.alerts && r->pub.mode != RULE_OFF);
}

void
ruleset_hold(struct ruleset *rs, struct sigma_rule *r)
{
	if (r->held)
		return;
	r->held = true;
	rs->held[rs->nheld++] = r;
}

void
ruleset_forget(struct ruleset *rs)
{
	while (rs->nheld > 0)
		rs->held[--rs->nheld]->held = false;
}

/* It holds; what it feeds is to be asked too, and comes behind it. */
static void
hold(struct ruleset *rs, struct sigma_rule *r, const struct use *u)
{
	size_t i;

	ruleset_hold(rs, r);
	bits_set(rs->told, r->pub.index);
	r->stats.hits++;
	r->stats.last_hit = u->time;
	for (i = 0; i < r->nfeeds; i++)
		bits_set(rs->todo, r->feeds[i]);
}

static void
ask(struct ruleset *rs, struct sigma_rule *r, const struct use *u)
{
	r->stats.candidates++;
	r->nverdicts = rule_judge(rs, r, u);
	if (r->nverdicts > 0)
		hold(rs, r, u);
}

static void
ask_timed(struct ruleset *rs, struct sigma_rule *r, const struct use *u)
{
	uint64_t from = rs->lim.clock();

	ask(rs, r, u);
	r->stats.cost += rs->lim.clock() - from;
}

/* All that is to be asked, in the order in which they need one another. */
static void
ask_all(struct ruleset *rs, const struct use *u)
{
	bool   timed = rs->lim.clock != NULL && rs->nuses % RULE_SAMPLE == 0;
	size_t w, i;

	for (w = 0; w < BITS_WORDS(rs->norder); w++)
		while (rs->todo[w] != 0) {
			i = w * 64 + (size_t)__builtin_ctzll(rs->todo[w]);
			rs->todo[w] &= rs->todo[w] - 1;
			if (timed)
				ask_timed(rs, rs->order[i], u);
			else
				ask(rs, rs->order[i], u);
		}
}

/* Detections that held at a use like this one hold; false: not known. */
static bool
recall(struct ruleset *rs, const struct use *u)
{
	const uint32_t	  *held;
	struct sigma_rule *r;
	size_t		   n, i;

	if (!memo_find(rs->memo, &held, &n))
		return false;
	for (i = 0; i < n; i++) {
		r = rs->order[held[i]];
		r->stats.candidates++;
		verdict_of_detection(u, r->verdicts);
		r->nverdicts = 1;
		hold(rs, r, u);
	}
	return true;
}

static void
remember(struct ruleset *rs)
{
	uint32_t held[MEMO_HELD + 1];
	size_t	 i, n = 0;

	for (i = 0; i < rs->nheld && n <= MEMO_HELD; i++)
		if (rs->held[i]->correlation == NULL)
			held[n++] = rs->held[i]->place;
	memo_add(rs->memo, held, n);
}

/* The verdicts in the order of the rules. */
static size_t
tell_all(struct ruleset *rs)
{
	struct sigma_rule *r;
	size_t		   w, j, n = 0;

	for (w = 0; w < BITS_WORDS(rs->n); w++)
		for (; rs->told[w] != 0; rs->told[w] &= rs->told[w] - 1) {
			r = rs->rules[w * 64 +
			    (size_t)__builtin_ctzll(rs->told[w])];
			for (j = 0; j < r->nverdicts && is_told(rs, r); j++) {
				rs->verdicts[n] = r->verdicts[j];
				rs->verdicts[n++].rule = &r->pub;
			}
		}
	return n;
}

/* Judges what the fields have turned to, with the time of `u`. */
static size_t
judge_fields(struct ruleset *rs, const struct use *u, struct memo *memo,
    const struct verdict **out)
{
	bool known;

	ruleset_forget(rs);
	rs->nfed = 0;
	predicate_begin(rs->predicates);
	known = memo != NULL && recall(rs, u);
	if (!known && rs->index != NULL)
		index_find(rs->index, rs->fields, rs->todo);
	else if (!known)
		memcpy(rs->todo, rs->detections,
		    BITS_WORDS(rs->n) * sizeof(*rs->todo));
	ask_all(rs, u);
	if (memo != NULL && !known)
		remember(rs);
	rs->nuses++;
	*out = rs->verdicts;
	return rs->nheld > 0 ? tell_all(rs) : 0;
}

size_t
ruleset_judge(struct ruleset *rs, const struct use *u,
    const struct verdict **out)
{
	fields_begin(rs->fields, u);
	return judge_fields(rs, u, rs->memo, out);
}

/* Most correlations have the same group: its key is hashed once. */
static void
look_ahead(const struct ruleset *rs, const struct use *u,
    struct ruleset_ahead *a)
{
	struct slice key, last = {NULL, 0};
	unsigned     i;

	a->n = 0;
	for (i = 0; i < rs->nfed; i++) {
		key = correlate_ahead(rs->fed[i], u);
		if (key.p == NULL)
			continue;
		a->correlation[a->n] = rs->fed[i];
		a->hash[a->n] =
		    key.p == last.p ? a->hash[a->n - 1] : map_hash(key);
		a->n++;
		last = key;
	}
}

void
ruleset_warm(const struct ruleset *rs, const struct use *u,
    struct ruleset_ahead *a, unsigned step)
{
	unsigned i;

	if (step == 0)
		look_ahead(rs, u, a);
	for (i = 0; i < a->n; i++)
		correlate_warm(a->correlation[i], a->hash[i], step);
}

size_t
ruleset_match(struct ruleset *rs, struct event *e, usec_t time,
    const struct verdict **out)
{
	bool   testing = rs->testing;
	size_t n;

	fields_begin_event(rs->fields, e, time);
	rs->testing = true;
	n = judge_fields(rs, fields_use(rs->fields), NULL, out);
	rs->testing = testing;
	return n;
}

/* ---- reloads ---- */

static bool
carry_rule(struct ruleset *to, struct ruleset *from, struct sigma_rule *r,
    struct sigma_rule *old)
{
	struct keyed *state;

	if (old == NULL || r->pub.meaning != old->pub.meaning)
		return false;
	r->stats = old->stats;
	if (r->correlation == NULL)
		return true;
	state = r->correlation->state;
	r->correlation->state = old->correlation->state;
	old->correlation->state = state;
	r->correlation->shed = old->correlation->shed;
	keyed_join(old->correlation->state, from->pool);
	keyed_join(r->correlation->state, to->pool);
	keyed_set_max(r->correlation->state, to->lim.keys_per_rule);
	return true;
}

void
ruleset_carry(struct ruleset *to, struct ruleset *from,
    struct ruleset_change *out)
{
	struct sigma_rule *r, *old;
	size_t		   i, found = 0;
	bool		   same;

	*out = (struct ruleset_change){0};
	for (i = 0; i < to->n; i++) {
		r = to->rules[i];
		old = ruleset_named(from, slice_of(r->pub.id));
		same = carry_rule(to, from, r, old);
		found += old != NULL;
		out->added += old == NULL;
		if (r->correlation == NULL)
			continue;
		out->carried += same;
		r->pub.anew = old != NULL && !same;
		out->reset += r->pub.anew;
	}
	out->gone = from->n > found ? from->n - found : 0;
	to->evicted = from->evicted + keyed_pool_evicted(from->pool);
	keyed_pool_trim(to->pool);
}
