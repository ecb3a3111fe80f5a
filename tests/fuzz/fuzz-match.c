/*
 * fuzz-match - rules over events.
 *
 * The input is rules, a line "%%", and events, one a line; where the rules are
 * empty, a set with every modifier and every type of correlation.
 *
 * Reaches: rule/fields and rule/event (paths, lists, dots), the index of
 * witnesses, every predicate and its strings, folding, regular expressions,
 * time parts, correlations and all of stream/, by ruleset_judge for what is a
 * use and by ruleset_match for any JSON object.
 *
 * A second set without an index, which asks every rule, gives the same
 * verdicts; so does one where the order of documents is turned round; a verdict
 * has a rule, a count and a key of as many values as names; an explanation is
 * valid JSON, bounded, and moves nothing.
 */
#include "fuzz.h"
#include "oracle.h"
#include "rule/event.h"
#include "rule/explain.h"
#include "rule/ruleset.h"
#include "use/decode.h"

#define EVENTS_MAX 64 /* of one input */

#define HEAD(name) "title: " name "\nname: " name "\nlogsource: {product: p}\n"
#define RULE(name, item) \
	HEAD(name) "detection:\n  s:\n    " item "\n  condition: s\n---\n"
#define CORRELATION(name, body)                                               \
	"title: " name "\ncorrelation:\n  timespan: 10s\n  group-by: [who]\n" \
	"  generate: true\n" body "---\n"

/* clang-format off */
static const char rich[] =
	RULE("one", "who: u*")
	RULE("two", "cmd|contains: ['?x', 'a\\*b', '\\']")
	RULE("starts", "cmd|startswith|cased: Cm")
	RULE("ends", "cmd|endswith|all: [x, '*x']")
	RULE("exists", "a.b|exists: true")
	RULE("absent", "a.b|exists: false")
	RULE("nothing", "v: null")
	RULE("empty", "v: ''")
	RULE("number", "n: 10")
	RULE("boolean", "flag: true")
	RULE("unequal", "v|neq: ['10', xx]")
	RULE("search", "cmd|re: '(a|a)*$|^.{2,9}x\\b'")
	RULE("flags", "cmd|re|i|m|s: '^X.y$'")
	RULE("net", "ip|cidr: [192.0.2.0/24, '2001:db8::/32']")
	RULE("less", "n|lt: 2.5")
	RULE("most", "n|lte: 10")
	RULE("more", "n|gt: -3")
	RULE("least", "n|gte: 11")
	RULE("same", "who|fieldref: user")
	RULE("within", "cmd|fieldref|contains: who")
	RULE("hour", "when|hour|gte: 12")
	RULE("minute", "when|minute: 30")
	RULE("week", "when|week: 53")
	RULE("day", "when|day|lt: 3")
	RULE("month", "when|month: 12")
	RULE("year", "when|year: 2024")
	RULE("dash", "cmd|windash|contains: ' -x'")
	RULE("base", "code|base64offset|contains: admin")
	RULE("wide", "code|wide|base64offset|contains: ab")
	RULE("utf16", "code|utf16|base64: ab")
	RULE("expand", "who|expand: '%admins%'")
	HEAD("words") "detection:\n  k: [admin, 'x*y']\n  '_q': [zz]\n"
	"  condition: 1 of k or not _q\n---\n"
	HEAD("lists") "detection:\n  a:\n    - who: u1\n      n: 1\n    - v: 2\n"
	"  b: {'|all': [x, y]}\n"
	"  condition: [all of them, a and not (b or 1 of a*)]\n---\n"
	CORRELATION("count", "  type: event_count\n  rules: [one]\n"
	"  condition: {gte: 3}\n")
	CORRELATION("few", "  type: event_count\n  rules: [one, two]\n"
	"  condition: {gte: 1, lt: 3, neq: 2}\n")
	CORRELATION("values", "  type: value_count\n  rules: [one]\n"
	"  condition: {field: v, gt: 2}\n")
	CORRELATION("pairs", "  type: value_count\n  rules: [one]\n"
	"  condition: {field: [v, n], eq: 2}\n")
	CORRELATION("near", "  type: temporal\n  rules: [one, two, number]\n"
	"  condition: {gte: 2}\n")
	CORRELATION("either", "  type: temporal\n  rules: [one, two]\n"
	"  condition: one and not two\n")
	CORRELATION("then", "  type: temporal_ordered\n  rules: [one, two, one]\n")
	CORRELATION("sum", "  type: value_sum\n  rules: [one]\n"
	"  condition: {field: n, gt: 10}\n")
	CORRELATION("average", "  type: value_avg\n  rules: [one]\n"
	"  condition: {field: n, lte: 2.5}\n")
	CORRELATION("share", "  type: value_percentile\n  rules: [one]\n"
	"  condition: {field: n, gt: 1, percentile: 90}\n")
	CORRELATION("middle", "  type: value_median\n"
	"  rules: [one]\n  condition: {field: n, lt: 11}\n")
	"title: chain\ncorrelation:\n  type: event_count\n"
	"  rules: [one, two]\n  timespan: 1m\n  condition: {gte: 2}\n"
	"  group-by: [x]\n"
	"  aliases: {x: {one: who, two: user}}\n---\n"
	"title: out\nlogsource: {product: p}\nfilter:\n  rules: [two]\n"
	"  f: {who: u2}\n  condition: not f\n";
/* clang-format on */

static const char *const	     admins[] = {"admin", "root*", "ku?"};
static const struct rule_placeholder placeholders[] = {
    {"admins", admins, sizeof admins / sizeof admins[0]},
};
static const struct ruleset_limits indexed = {.keys_per_rule = 4,
    .lateness = USEC_DAY,
    .placeholders = placeholders,
    .nplaceholders = 1};

/* ---- sets of rules ----------------------------------------------------- */

static struct ruleset *
load(struct slice text, bool no_index)
{
	struct ruleset_limits limits = indexed;
	struct complaints     c;
	struct ruleset	     *rs;

	limits.no_index = no_index;
	complain_init(&c);
	rs = ruleset_load_text("r.yml", text, &limits, &c);
	complain_clear(&c);
	return rs;
}

/* The documents of a text, the last first. */
static void
turn_round(struct slice text, struct buf *out)
{
	struct slice rest = text, line, docs[64];
	size_t	     n = 0;

	docs[n] = (struct slice){text.p, 0};
	while (slice_cut(&rest, '\n', &line)) {
		if (slice_is(line, "---") && n < 63)
			docs[++n] = (struct slice){line.p + line.n, 0};
		docs[n].n = (size_t)(line.p + line.n - docs[n].p);
	}
	do {
		buf_addslice(out, docs[n]);
		buf_adds(out, "\n---\n");
	} while (n-- > 0);
}

/* ---- what they say ----------------------------------------------------- */

static void
check_verdict(const struct verdict *v)
{
	unsigned k;

	FUZZ_CHECK(v->rule != NULL && v->nkey <= RULE_KEY_MAX);
	for (k = 0; k < v->nkey; k++)
		FUZZ_CHECK(v->key_name[k] != NULL && v->key[k].p != NULL);
}

/* One verdict on a line, and a hash of all whatever their order. */
static uint64_t
hash_verdicts(const struct verdict *v, size_t n)
{
	struct buf b;
	uint64_t   sum = 0, h;
	size_t	   i, j;
	unsigned   k;

	buf_init(&b);
	for (i = 0; i < n; i++) {
		check_verdict(&v[i]);
		b.n = 0;
		buf_addf(&b, "%s %llu %lld", v[i].rule->id,
		    (unsigned long long)v[i].count, (long long)v[i].first);
		for (k = 0; k < v[i].nkey; k++) {
			buf_addf(&b, " %s=%zu:", v[i].key_name[k],
			    v[i].key[k].n);
			buf_addslice(&b, v[i].key[k]);
		}
		for (j = 0, h = 14695981039346656037u; j < b.n; j++)
			h = (h ^ (unsigned char)b.p[j]) * 1099511628211u;
		sum += h;
	}
	buf_clear(&b);
	return sum;
}

static uint64_t
judge_use(struct ruleset *rs, const struct use *u)
{
	const struct verdict *v;
	size_t		      n = ruleset_judge(rs, u, &v);

	return hash_verdicts(v, n);
}

static uint64_t
match_event(struct ruleset *rs, struct event *e, usec_t t)
{
	const struct verdict *v;
	size_t		      n = ruleset_match(rs, e, t, &v);

	return hash_verdicts(v, n);
}

/* An explanation is one JSON object of about the size that was asked for. */
static void
check_explanation(struct buf *b, size_t max)
{
	unsigned depth;

	FUZZ_CHECK(oracle_is_object(buf_slice(b), &depth));
	FUZZ_CHECK(b->n <= max + EXPLAIN_OVER);
	buf_clear(b);
}

/* Of one rule, another each time. */
static const struct rule *
one_rule(const struct ruleset *rs, struct slice line, unsigned n)
{
	return ruleset_rule(rs, (line.n + n) % ruleset_count(rs));
}

static void
explain(struct ruleset *rs, struct slice line, unsigned n)
{
	size_t	   max = n % 2 == 0 ? EXPLAIN_BYTES : 100;
	struct buf b;

	if (ruleset_count(rs) == 0)
		return; /* an empty file is no fault */
	buf_init(&b);
	ruleset_explain(rs, one_rule(rs, line, n), max, &b);
	check_explanation(&b, max);
}

static void
explain_use(struct ruleset *rs, const struct use *u, struct slice line,
    unsigned n)
{
	struct buf b;

	if (ruleset_count(rs) == 0)
		return;
	buf_init(&b);
	ruleset_explain_use(rs, one_rule(rs, line, n), u, EXPLAIN_BYTES, &b);
	check_explanation(&b, EXPLAIN_BYTES);
}

/* ---- events ------------------------------------------------------------ */

/* `turned` may be NULL: a rule need not load where it stands then. */
static void
run_uses(struct ruleset *rs, struct ruleset *all, struct ruleset *turned,
    struct slice events)
{
	static struct use  u;
	struct decode_opts opts = {.ignore_age = true};
	struct decoder	  *d = decoder_new(&opts);
	struct slice	   line;
	struct error	   err;
	uint64_t	   h;
	unsigned	   n = 0;
	char		  *p;

	while (n++ < EVENTS_MAX && slice_cut(&events, '\n', &line)) {
		p = fuzz_padded(line, '\n');
		line.p = p;
		if (decode_use(d, line, (struct slice){NULL, 0}, FUZZ_NOW, &u,
			&err) == USE_OK) {
			explain_use(rs, &u, line, n);
			h = judge_use(rs, &u);
			explain(rs, line, n);
			FUZZ_CHECK(judge_use(all, &u) == h);
			if (turned != NULL)
				FUZZ_CHECK(judge_use(turned, &u) == h);
		}
		free(p);
	}
	decoder_free(&d);
}

/* Without a time of its own, or before the last: as late as the last. */
static void
run_events(struct ruleset *rs, struct ruleset *all, struct ruleset *turned,
    struct slice events)
{
	struct json_reader *r = json_reader_new(&event_limits);
	struct slice	    line;
	struct error	    err;
	struct event	    e;
	usec_t		    last = 0, t;
	uint64_t	    h;
	unsigned	    n = 0;

	event_init(&e);
	while (n++ < EVENTS_MAX && slice_cut(&events, '\n', &line)) {
		if (event_read(&e, r, line, &err) != JSON_OK)
			continue;
		if (event_time(&e, NULL, &t) && t > last)
			last = t;
		h = match_event(rs, &e, last);
		explain(rs, line, n);
		FUZZ_CHECK(match_event(all, &e, last) == h);
		if (turned != NULL)
			FUZZ_CHECK(match_event(turned, &e, last) == h);
	}
	event_clear(&e);
	json_reader_free(&r);
}

static void
run(struct slice rules, struct slice turned, struct slice events)
{
	struct ruleset *rs = load(rules, false), *all, *round;

	FUZZ_CHECK(rs != NULL || rules.p != rich);
	if (rs == NULL)
		return;
	all = load(rules, true);
	round = load(turned, false);
	run_uses(rs, all, round, events);
	run_events(rs, all, round, events);
	ruleset_free(&rs);
	ruleset_free(&all);
	if (round != NULL)
		ruleset_free(&round);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice rest = fuzz_input(data, n), rules, events;
	struct buf   turned;

	if (!fuzz_part(&rest, &rules) || !fuzz_part(&rest, &events))
		return 0;
	if (rules.n == 0)
		rules = slice_of(rich);
	buf_init(&turned);
	turn_round(rules, &turned);
	run(rules, buf_slice(&turned), events);
	buf_clear(&turned);
	return 0;
}
