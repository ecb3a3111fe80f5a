#include "rule/testing.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "rule/set.h"
#include "stream/silence.h"

/* Any time will do; this one is a Monday, 2024-01-01T00:00:00Z. */
#define TEST_BEGIN (1704067200 * USEC_SEC)

/* An alert that is open for a key. */
struct open_alert {
	struct silence	    silence;
	uint64_t	    raised;
	struct buf	    key;    /* "token=pat_a account=b" */
	struct test_expect *expect; /* it counts for this; NULL: none */
	struct open_alert  *next;
};

struct test_run {
	struct ruleset		*rs;
	const struct sigma_rule *rule;
	struct rule_test	*test;
	struct map		 by_key;
	struct open_alert	*alerts; /* owned */
	struct use		*use;
	struct buf		 room;
};

static void
windows_reset(struct ruleset *rs)
{
	size_t i;

	for (i = 0; i < rs->n; i++)
		if (rs->rules[i]->correlation != NULL)
			correlate_reset(rs->rules[i]->correlation,
			    rs->lim.keys_per_rule);
}

/* ---- uses ---- */

static void
use_fill(struct use *u, const struct test_use *tu, usec_t t)
{
	const struct test_field *f;
	struct slice		 text;
	struct addr		 a;
	size_t			 i;

	use_init(u, t);
	u->time = t;
	for (i = 0; i < tu->nfields; i++) {
		f = &tu->fields[i];
		text = (struct slice){f->value.p, f->value.n};
		if (f->known == -1 || f->value.more) {
			(void)use_add_other(u, f->key, f->value);
			continue;
		}
		use_put(u, (enum use_field)f->known, f->value);
		if (f->known == USE_SOURCE_IP && addr_parse(text, &a) == 0)
			u->ip = a;
		if (f->known == USE_COUNT)
			(void)slice_int(text, 1, INT64_MAX, &u->count);
		if (f->known == USE_BYTES)
			(void)slice_int(text, 0, INT64_MAX, &u->bytes);
	}
	/* What patrol itself would make of the address. */
	if (u->field[USE_SOURCE_NET].type == USE_ABSENT)
		use_set_net(u);
}

/* ---- alerts ---- */

static void
key_format(const struct verdict *v, struct buf *out)
{
	unsigned i;

	out->n = 0;
	buf_reserve(out, 1);
	for (i = 0; i < v->nkey; i++) {
		buf_addf(out, "%s%s=", i > 0 ? " " : "", v->key_name[i]);
		buf_addescaped(out, v->key[i], 0);
	}
}

static bool
has_key(const struct verdict *v, const struct test_field *f)
{
	unsigned i;

	for (i = 0; i < v->nkey; i++)
		if (slice_is(f->key, v->key_name[i]))
			return slice_eq(v->key[i],
			    (struct slice){f->value.p, f->value.n});
	return false;
}

static struct test_expect *
expect_find(struct rule_test *t, const struct verdict *v)
{
	struct test_expect *e;
	size_t		    i;

	for (e = t->expects; e != NULL; e = e->next) {
		for (i = 0; i < e->nkey && has_key(v, &e->key[i]); i++)
			continue;
		if (i == e->nkey)
			return e;
	}
	return NULL;
}

static struct slice
key_of(const void *value)
{
	const struct open_alert *a = value;

	return buf_slice(&a->key);
}

static struct open_alert *
alert_get(struct test_run *tr, const struct verdict *v)
{
	struct open_alert *a;

	key_format(v, &tr->room);
	a = map_find(&tr->by_key, buf_slice(&tr->room));
	if (a != NULL)
		return a;
	a = xcalloc(1, sizeof(*a));
	a->expect = expect_find(tr->test, v);
	buf_init(&a->key);
	buf_reserve(&a->key, 1);
	buf_addslice(&a->key, buf_slice(&tr->room));
	map_add(&tr->by_key, a);
	a->next = tr->alerts;
	tr->alerts = a;
	return a;
}

static void
verdict_count(struct test_run *tr, const struct verdict *v, usec_t t)
{
	struct open_alert *a = alert_get(tr, v);

	if (!silence_take(&a->silence, tr->rule->pub.realert, t))
		return;
	a->raised++;
	if (a->expect != NULL)
		a->expect->seen++;
}

/* ---- one test ---- */

static void
test_judge(struct test_run *tr)
{
	const struct verdict *v;
	size_t		      i, n;

	n = ruleset_judge(tr->rs, tr->use, &v);
	for (i = 0; i < n; i++)
		if (v[i].rule == &tr->rule->pub)
			verdict_count(tr, &v[i], tr->use->time);
}

static void
test_feed(struct test_run *tr)
{
	const struct test_use *tu;
	usec_t		       t = TEST_BEGIN;
	bool		       first = true;
	int64_t		       i;

	for (tu = tr->test->uses; tu != NULL; tu = tu->next) {
		for (i = 0; i < tu->repeat; i++) {
			if (i == 0 && tu->at != -1)
				t = TEST_BEGIN + tu->at;
			else if (!first)
				t += tu->every;
			first = false;
			use_fill(tr->use, tu, t);
			test_judge(tr);
		}
	}
}

/* What is wrong, in words; false if nothing is. */
static bool
test_verdict(struct test_run *tr, struct buf *why)
{
	const struct test_expect *e;
	const struct open_alert	 *a;
	size_t			  i;

	for (e = tr->test->expects; e != NULL; e = e->next) {
		if (e->seen == e->count)
			continue;
		buf_addf(why, "%sexpected %lld alert%s", why->n > 0 ? "; " : "",
		    (long long)e->count, e->count == 1 ? "" : "s");
		for (i = 0; i < e->nkey; i++) {
			buf_addf(why, " %.*s=", SLICE_ARG(e->key[i].key));
			buf_addescaped(why,
			    (struct slice){e->key[i].value.p,
				e->key[i].value.n},
			    100);
		}
		buf_addf(why, ", raised %lld", (long long)e->seen);
	}
	for (a = tr->alerts; a != NULL; a = a->next) {
		if (a->expect != NULL)
			continue;
		buf_addf(why, "%sraised %llu alert%s %.*s that %s not expected",
		    why->n > 0 ? "; " : "", (unsigned long long)a->raised,
		    a->raised == 1 ? "" : "s", SLICE_ARG(buf_slice(&a->key)),
		    a->raised == 1 ? "was" : "were");
	}
	return why->n > 0;
}

static void
alerts_clear(struct test_run *tr)
{
	struct open_alert *a, *next;

	for (a = tr->alerts; a != NULL; a = next) {
		next = a->next;
		buf_clear(&a->key);
		free(a);
	}
	tr->alerts = NULL;
	map_clear(&tr->by_key);
}

static bool
test_run(struct test_run *tr, rule_test_fn fn, void *arg)
{
	const struct rule  *r = &tr->rule->pub;
	struct test_expect *e;
	struct buf	    why;
	bool		    failed;

	windows_reset(tr->rs);
	for (e = tr->test->expects; e != NULL; e = e->next)
		e->seen = 0;
	test_feed(tr);
	buf_init(&why);
	failed = test_verdict(tr, &why);
	fn(r, tr->test->name, tr->test->line, failed ? buf_str(&why) : NULL,
	    arg);
	buf_clear(&why);
	alerts_clear(tr);
	return !failed;
}

bool
ruleset_is_tested(const struct ruleset *rs, size_t i)
{
	const struct sigma_rule *r = rs->rules[i];

	return r->tests != NULL || !r->pub.alerts || r->pub.mode == RULE_OFF;
}

size_t
ruleset_test_run(struct ruleset *rs, rule_test_fn fn, void *arg, size_t *run)
{
	struct test_run tr = {.rs = rs};
	size_t		i, failed = 0, n = 0;

	map_init(&tr.by_key, key_of);
	buf_init(&tr.room);
	tr.use = xmalloc(sizeof(*tr.use));
	rs->testing = true;
	for (i = 0; i < rs->n; i++) {
		tr.rule = rs->rules[i];
		for (tr.test = rs->rules[i]->tests; tr.test != NULL;
		     tr.test = tr.test->next) {
			n++;
			failed += !test_run(&tr, fn, arg);
		}
	}
	rs->testing = false;
	windows_reset(rs);
	free(tr.use);
	buf_clear(&tr.room);
	if (run != NULL)
		*run = n;
	return failed;
}
