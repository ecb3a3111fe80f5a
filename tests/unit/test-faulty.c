/*
 * Every form that the rule language refuses, in one table: where the fault is
 * told, and what for.  Each stands between two good rules, which stay good.
 */
#include "rule-fixture.h"

#define RULE	   "title: t\nlogsource: {product: x}\ndetection:\n"
#define S(item)	   RULE "  s:\n    " item "\n  condition: s\n"
#define COND(text) RULE "  s: {a: b}\n  condition: " text "\n"
#define COR(body)  "title: c\ncorrelation:\n  rules: [before, behind]\n" body
#define COUNT	   "  type: event_count\n  group-by: [a]\n"
#define FILTER(b)  "title: f\nlogsource: {product: x}\nfilter:\n" b
#define PATROL(b)  RULE "  s: {a: b}\n  condition: s\npatrol:\n  " b "\n"
#define TESTS(b)   PATROL("tests:\n    - " b)

#define BEFORE                                                  \
	"title: first\nname: before\nlogsource: {product: x}\n" \
	"detection: {s: {a: b}, condition: s}\n---\n"
#define BEFORE_LINES 5
#define BEHIND                                                      \
	"---\ntitle: last\nname: behind\nlogsource: {product: x}\n" \
	"detection: {s: {a: b}, condition: s}\n"

static const struct form {
	const char *yaml;
	unsigned    line, col; /* in `yaml` */
	const char *word;      /* of the reason */
} forms[] = {
    /* YAML */
    {S("a: b\n    a: c"), 6, 5, "duplicate key 'a'"},
    {S("\ta: b"), 5, 5, "cannot start any token"},
    {S("a: [b"), 6, 12, "did not find expected ',' or ']'"},
    {S("a: 'b"), 7, 1, "found unexpected document"},
    {S("a: &x b\n    c: *y"), 6, 8, "nothing before it has that anchor"},
    {S("<<: {a: b}"), 5, 9, "a value must be a scalar, not a"},
    {S("a: !include x"), 5, 8, "not supported"},
    {"- a\n- b\n", 1, 1, "a rule is a map"},
    {"text\n", 1, 1, "a rule is a map"},
    /* what all rules have */
    {"logsource: {product: x}\ndetection: {s: {a: b}, condition: s}\n", 1, 1,
	"needs a 'title'"},
    {"title: [t]\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	1, 8, "needs a 'title'"},
    {"title: ~\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	1, 8, "needs a 'title'"},
    {"title: 17\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	1, 8, "the title must be text"},
    {"title: t\nid: 17\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	2, 5, "must be a UUID"},
    {"title: t\nname: before\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	2, 7, "taken"},
    {"title: t\nname: ''\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	2, 7, "the 'name' is empty"},
    {"title: t\nlevel: hihg\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	2, 8, "did you mean 'high'"},
    {"title: t\ndetection: {s: {a: b}, condition: s}\n", 1, 1, "logsource"},
    {"title: t\nlogsource: {}\ndetection: {s: {a: b}, condition: s}\n", 2, 12,
	"needs one of"},
    {"title: t\nlogsource: {product: x}\n", 1, 1,
	"needs a 'detection' or a 'correlation'"},
    {"title: t\naction: global\nlogsource: {product: x}\n"
     "detection: {s: {a: b}, condition: s}\n",
	2, 1, "taken out"},
    {RULE "  s: {a: b}\n  condition: s\ncorrelation: {}\n", 6, 1, "not both"},
    {RULE "  s: {a: b}\n  condition: s\nfilter: {}\n", 6, 1,
	"a document of its own"},
    /* detections */
    {"title: t\nlogsource: {product: x}\ndetection: [a]\n", 3, 12,
	"must be a map"},
    {RULE "  s: {a: b}\n", 4, 3, "needs a 'condition'"},
    {RULE "  condition: s\n", 4, 3, "nothing to search"},
    {RULE "  s: {}\n  condition: s\n", 4, 6, "an empty search says nothing:"},
    {RULE "  s: []\n  condition: s\n", 4, 6, "an empty search says nothing:"},
    {S("a: []"), 5, 8, "an empty list can never match"},
    {S("a: {b: c}"), 5, 8, "a value must be a scalar, not a"},
    {S("a: [[b]]"), 5, 9, "a value must be a scalar, not a"},
    /* modifiers */
    {S("a|contians: b"), 5, 7, "did you mean 'contains'"},
    {S("a|: b"), 5, 7, "unknown modifier ''"},
    {S("a|contains: 5"), 5, 17, "'contains' needs text, not a"},
    {S("a|startswith: 5"), 5, 19, "'startswith' needs text, not a"},
    {S("a|contains|re: b"), 5, 16, "'re' makes no sense after"},
    {S("a|re: '('"), 5, 11, "the regex does not compile:"},
    {S("a|re: '(?=x)'"), 5, 11, "the regex does not compile:"},
    {S("a|re|q: b"), 5, 10, "unknown modifier 'q'"},
    {S("a|i: b"), 5, 7, "'i' is a flag of 're' and must"},
    {S("a|cidr: 10.0.0.1/8"), 5, 13, "'cidr': '10.0.0.1/8' has host"},
    {S("a|cidr: nonsense"), 5, 13, "'cidr': 'nonsense' is not an"},
    {S("a|cidr: 10.0.0.0/33"), 5, 13, "'cidr': '10.0.0.0/33': the prefix"},
    {S("a|contains|cidr: 10.0.0.0/8"), 5, 16, "'cidr' makes no sense after"},
    {S("a|exists: maybe"), 5, 15, "'exists' needs true or false"},
    {S("a|exists|contains: true"), 5, 14, "'contains' makes no sense after"},
    {S("a|gte: x"), 5, 12, "'gte' needs a number, not 'x'"},
    {S("a|lt|gt: 1"), 5, 10, "'gt' makes no sense after 'lt':"},
    {S("a|hour: x"), 5, 13, "'hour' of a time needs a whole"},
    {S("a|all|all: [x, y]"), 5, 11, "'all' stands twice"},
    {S("a|base64offset: 1"), 5, 21, "'base64offset' needs text, not a"},
    {S("a|expand: '%none%'"), 5, 15, "placeholder '%none%'"},
    {S("a|fieldref: 5"), 5, 17, "'fieldref' needs the name of a"},
    {S("a|fieldref: 'b*'"), 5, 17, "'fieldref' needs the name of one field"},
    {S("a|fieldref: [b, 'c?']"), 5, 21, "'fieldref' needs the name of one"},
    /* conditions */
    {COND("t"), 5, 14, "the condition names 't', which"},
    {COND("s and"), 5, 19, "the condition ends where a name"},
    {COND("s AND s"), 5, 16, "'AND' is written in small letters"},
    {COND("(s"), 5, 16, "a ')' is missing"},
    {COND("s)"), 5, 15, "')' is not expected here"},
    {COND("s s"), 5, 16, "'s' is not expected here"},
    {COND("1 of t*"), 5, 19, "'t*' selects nothing: no"},
    {COND("2 of s*"), 5, 14, "the condition names '2', which"},
    {COND("all of"), 5, 14, "the condition names 'all', which"},
    {COND("s | count() > 5"), 5, 16, "aggregations behind '|' are no"},
    {COND("[]"), 5, 14, "the list of conditions is empty"},
    {COND("5"), 5, 14, "the condition names '5', which"},
    {COND("null"), 5, 14, "the detection needs a 'condition'"},
    /* correlations */
    {"title: c\ncorrelation: []\n", 2, 14, "must be a map"},
    {COR("  type: event_cuont\n  timespan: 1m\n  condition: {gte: 2}\n"), 4, 9,
	"unknown correlation type"},
    {COR("  timespan: 1m\n  condition: {gte: 2}\n"), 3, 3,
	"a correlation needs a 'type', as"},
    {COR(COUNT "  condition: {gte: 2}\n"), 3, 3,
	"a correlation needs a 'timespan':"},
    {COR(COUNT "  timespan: 1x\n  condition: {gte: 2}\n"), 6, 13,
	"a correlation needs a 'timespan':"},
    {COR(COUNT "  timespan: 0s\n  condition: {gte: 2}\n"), 6, 13,
	"'timespan' must be from 1s to 10y"},
    {COR(COUNT "  timespan: 1m\n"), 3, 3, "a correlation needs a 'condition'"},
    {COR(COUNT "  timespan: 1m\n  condition: {}\n"), 7, 14,
	"the condition compares with"},
    {COR(COUNT "  timespan: 1m\n  condition: {gtee: 2}\n"), 7, 15,
	"unknown key 'gtee' in"},
    {COR(COUNT "  timespan: 1m\n  condition: {gte: x}\n"), 7, 20,
	"'gte' needs a number up to"},
    {COR(COUNT "  timespan: 1m\n  condition: {gte: 2, field: a}\n"), 7, 23,
	"'field' is for value_*;"},
    {COR("  type: value_count\n  timespan: 1m\n  condition: {gte: 2}\n"), 6, 14,
	"value_count needs a 'field' in"},
    {COR("  type: value_count\n  timespan: 1m\n"
	 "  condition: {field: null, gte: 2}\n"),
	6, 22, "value_count needs a 'field' in"},
    {COR("  type: value_count\n  timespan: 1m\n"
	 "  condition: {field: [a, ~], gte: 2}\n"),
	6, 26, "'field' needs the name of a field"},
    {COR("  type: event_count\n  group-by: [null]\n  timespan: 1m\n"
	 "  condition: {gte: 2}\n"),
	5, 14, "'group-by' needs names of fields"},
    {COR(COUNT "  timespan: 1m\n  condition: {gte: 2}\n"
	       "  aliases: {a: {before: null}}\n"),
	8, 25, "an alias needs the name of a"},
    {COR(COUNT "  timespan: 1m\n  timspan: 3\n  condition: {gte: 2}\n"), 7, 3,
	"unknown key 'timspan' in"},
    {"title: c\ncorrelation:\n  type: event_count\n  rules: beofre\n"
     "  timespan: 1m\n  condition: {gte: 2}\n",
	4, 10, "did you mean 'before'"},
    {"title: c\nname: me\ncorrelation:\n  type: event_count\n  rules: me\n"
     "  timespan: 1m\n  condition: {gte: 2}\n",
	5, 10, "cannot feed itself"},
    {"title: c\ncorrelation:\n  type: event_count\n  rules: []\n"
     "  timespan: 1m\n  condition: {gte: 2}\n",
	4, 10, "a correlation needs 'rules': the"},
    {COR("  type: temporal\n  timespan: 1m\n"
	 "  condition: before and beyond\n"),
	6, 25, "'beyond' is not one of the"},
    /* filters */
    {FILTER("  s: {a: b}\n  condition: s\n"), 4, 3,
	"a filter needs 'rules': a list of"},
    {FILTER("  rules: [before]\n  s: {a: b}\n"), 4, 3, "'condition'"},
    {FILTER("  rules: [before]\n  s: {a: b}\n  condition: ~\n"), 6, 14,
	"the filter needs a 'condition'"},
    {FILTER("  rules: [before]\n  condition: not s\n"), 4, 3,
	"nothing to search"},
    {FILTER("  rules: [before]\n  s: {a|foo: b}\n  condition: not s\n"), 5, 9,
	"unknown modifier"},
    {FILTER("  rules: [before]\n  s: {a: b}\n  condition: not s\n"
	    "patrol: {}\n"),
	7, 1, "no 'patrol'"},
    /* patrol: */
    {PATROL("respnd: [deactivate]"), 7, 3, "did you mean 'respond'"},
    {PATROL("respond: [deactivat]"), 7, 13, "did you mean 'deactivate'"},
    {PATROL("mode: alrt"), 7, 9, "did you mean 'alert'"},
    {PATROL("realert: soon"), 7, 12, "'realert': 'soon' is not a"},
    {PATROL("realert: 2y"), 7, 12, "a year at the most"},
    {PATROL("family: x"), 7, 11, "'family' cannot be 'x'"},
    {PATROL("tests: 5"), 7, 10, "'tests' must be a list"},
    {TESTS("name: x"), 8, 7, "a test needs 'uses': a list of"},
    {TESTS("uses: [{a: b}]\n      expect: []"), 8, 7, "a test needs a 'name'"},
    {TESTS("name: x\n      uses: [{a: b}]\n      expcet: []"), 10, 7,
	"unknown key 'expcet' in a test,"},
    {TESTS("name: x\n      uses: [{a: b, repeat: 0}]\n      expect: []"), 9, 29,
	"'repeat' needs a whole number"},
    {TESTS("name: x\n      uses: [{a: b, every: 5}]\n      expect: []"), 9, 28,
	"'5' is not a duration: want a"},
    {TESTS("name: x\n      uses: [{a: b, bytes: x}]\n      expect: []"), 9, 28,
	"'bytes' needs a whole number"},
    {TESTS("name: x\n      uses: [{a: b}]\n      expect: [{cuont: 1}]"), 10, 17,
	"unknown key 'cuont' in 'expect',"},
};

/* The fault that the table has; false, having shown what came, if not. */
static bool
is_told(const struct complaints *c, const struct form *f)
{
	const struct complaint *first = c->errors > 0 ? &c->list[0] : NULL;
	const struct complaint *one;

	for (one = c->list; one < c->list + c->n; one++)
		if (one->line == f->line + BEFORE_LINES && !one->warning &&
		    one->col == f->col && strstr(one->text, f->word) != NULL)
			return true;
	print_error("form %td: %s\nwanted %u:%u: %s\ncame %u:%u: %s\n",
	    f - forms, f->yaml, f->line, f->col, f->word,
	    first != NULL ? first->line - BEFORE_LINES : 0,
	    first != NULL ? first->col : 0,
	    first != NULL ? first->text : "nothing");
	return false;
}

static void
good_rules_stay_good(const struct ruleset *rs)
{
	const struct rule *r;

	r = ruleset_find(rs, SLICE("before"));
	assert_non_null(r);
	assert_true(ruleset_is_good(rs, r->index));
	r = ruleset_find(rs, SLICE("behind"));
	assert_non_null(r);
	assert_true(ruleset_is_good(rs, r->index));
}

static void
each_faulty_form_is_refused_by_place_among_good_rules(void **state)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;
	size_t		  i, wrong = 0;

	(void)state;
	buf_init(&b);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		b.n = 0;
		buf_addf(&b, "%s%s%s", BEFORE, forms[i].yaml, BEHIND);
		complain_init(&c);
		rs = ruleset_survey_text("r.yml", buf_slice(&b),
		    &fixture_limits, &c);
		wrong += !is_told(&c, &forms[i]);
		good_rules_stay_good(rs);
		ruleset_free(&rs);
		complain_clear(&c);
	}
	buf_clear(&b);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		each_faulty_form_is_refused_by_place_among_good_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
