#include "rule-fixture.h"

#define END (const char *)NULL
/* An item alone on line 5, from column 5. */
#define ITEM(text) HEAD "  s:\n    " text "\n  condition: s\n"

static const char *const	     hosts[] = {"build1", "ci-*"};
static const struct rule_placeholder known[] = {
    {"hosts", hosts, 2},
    {"empty", NULL, 0},
};
static const struct ruleset_limits with_placeholders = {.keys_per_rule = 1,
    .placeholders = known,
    .nplaceholders = 2};

/* Does an item match, where placeholders have values? */
static bool
expands(const char *item, const char *value)
{
	const struct verdict *v;
	struct complaints     c;
	struct ruleset	     *rs;
	char		      yaml[1000];
	size_t		      n;

	complain_init(&c);
	snprintf(yaml, sizeof(yaml), HEAD "  s:\n    %s\n  condition: s\n",
	    item);
	rs = ruleset_load_text("r.yml", slice_of(yaml), &with_placeholders, &c);
	assert_non_null(rs);
	complain_clear(&c);
	n = judge(rs, 0, &v, "x", value, END);
	ruleset_free(&rs);
	return n == 1;
}

/* A rule with these warnings and no fault: all that begin so, in order. */
static void
assert_warned(const char *yaml, const char *first, const char *second)
{
	const char	 *want[] = {first, second};
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;
	size_t		  i;

	complain_init(&c);
	rs = ruleset_load_text("r.yml", slice_of(yaml), &fixture_limits, &c);
	assert_non_null(rs);
	assert_int_equal(c.n, second != NULL ? 2 : first != NULL);
	for (i = 0; i < c.n; i++) {
		buf_init(&b);
		complain_format(&c.list[i], &b);
		if (strncmp(buf_str(&b), want[i], strlen(want[i])) != 0)
			assert_string_equal(buf_str(&b), want[i]);
		buf_clear(&b);
	}
	complain_clear(&c);
	ruleset_free(&rs);
}

/* ---- chains ---- */

static void
a_chain_makes_sense_from_left_to_right(void **state)
{
	static const struct {
		const char *item, *begin;
	} bad[] = {
	    {"a|contains|re: b",
		"r.yml:5:16: 're' makes no sense after "
		"'contains': it takes the value as it is written"},
	    {"a|windash|re: b",
		"r.yml:5:15: 're' makes no sense after "
		"'windash'"},
	    {"a|contains|cidr: b", "r.yml:5:16: 'cidr' makes no sense"},
	    {"a|all|re: [b, c]",
		"r.yml:5:11: 're' makes no sense after "
		"'all': it stands first"},
	    {"a|neq|re: b", "r.yml:5:11: 're' makes no sense after 'neq'"},
	    {"a|neq|cidr: 10.0.0.0/8",
		"r.yml:5:11: 'cidr' makes no sense after 'neq'"},
	    {"a|hour|cidr: b",
		"r.yml:5:12: 'cidr' makes no sense after "
		"'hour'"},
	    {"a|re|contains: b",
		"r.yml:5:10: 'contains' makes no sense "
		"after 're': it compares text"},
	    {"a|hour|startswith: 1", "r.yml:5:12: 'startswith' makes no"},
	    {"a|re|windash: b",
		"r.yml:5:10: 'windash' makes no sense "
		"after 're': it rewrites text"},
	    {"a|cidr|expand: 10.0.0.0/8",
		"r.yml:5:12: 'expand' makes no sense"},
	    {"a|gt|base64: 1", "r.yml:5:10: 'base64' makes no sense"},
	    {"a|fieldref|wide: b",
		"r.yml:5:16: 'wide' makes no sense "
		"after 'fieldref'"},
	    {"a|contains|all|base64: b",
		"r.yml:5:20: 'base64' makes no "
		"sense after 'contains': it cannot encode a wildcard"},
	    {"a|startswith|base64offset: b",
		"r.yml:5:18: 'base64offset' "
		"makes no sense after 'startswith'"},
	    {"a|base64|windash: b",
		"r.yml:5:14: 'windash' makes no sense "
		"after 'base64': it looks for plain text"},
	    {"a|utf16|expand: b",
		"r.yml:5:13: 'expand' makes no sense "
		"after 'utf16'"},
	    {"a|utf16le|utf16be: b",
		"r.yml:5:15: 'utf16be' makes no "
		"sense after 'utf16le': text is encoded in one of them"},
	    {"a|base64offset|base64: b",
		"r.yml:5:20: 'base64' makes no "
		"sense after 'base64offset': a part of base64"},
	    {"a|wide|utf16le: b", "r.yml:5:12: 'utf16le' stands twice"},
	    {"a|hour|hour: 1", "r.yml:5:12: 'hour' stands twice"},
	    {"a|gt|lt: 1", "r.yml:5:10: 'lt' makes no sense after 'gt'"},
	    {"a|gte|hour: 1",
		"r.yml:5:11: 'hour' makes no sense after "
		"'gte': it takes the value as it is written"},
	    {"a|hour|day: 1",
		"r.yml:5:12: 'day' makes no sense after "
		"'hour'"},
	    {"a|hour|gt|lt: 1",
		"r.yml:5:15: 'lt' makes no sense after "
		"'gt'"},
	    {"a|hour|exists: true", "r.yml:5:12: 'exists' makes no sense"},
	    {"a|exists|hour: 1", "r.yml:5:14: 'hour' makes no sense"},
	    {"a|exists|neq: true", "r.yml:5:5: 'exists' stands alone"},
	    {"a|cased|hour: 1",
		"r.yml:5:13: 'hour' makes no sense after "
		"'cased'"},
	    {"a|hour|cased: 1",
		"r.yml:5:12: 'cased' makes no sense after "
		"'hour'"},
	    {"a|startswith|fieldref: b",
		"r.yml:5:18: 'fieldref' makes no "
		"sense after 'startswith': it takes the value as it is"},
	    {"a|fieldref|gt: b",
		"r.yml:5:16: 'gt' makes no sense after "
		"'fieldref'"},
	    {"a|fieldref|re: b",
		"r.yml:5:16: 're' makes no sense after "
		"'fieldref'"},
	    {"a|hour|fieldref: b", "r.yml:5:12: 'fieldref' makes no sense"},
	    {"a|wide|i: b", "r.yml:5:12: 'i' is a flag of 're'"},
	    {"a|windsh: b",
		"r.yml:5:7: unknown modifier 'windsh', did you "
		"mean 'windash'?"},
	    {"'|hour': 1", "r.yml:5:5: 'hour' needs a field in front"},
	    {"'|fieldref': b", "r.yml:5:5: 'fieldref' needs a field"},
	};
	char   yaml[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(yaml, sizeof(yaml),
		    HEAD "  s:\n    %s\n"
			 "  condition: s\n",
		    bad[i].item);
		assert_refused(yaml, bad[i].begin);
	}
}

static void
chains_that_make_sense_load(void **state)
{
	static const char *const good[] = {"a|windash|contains|all: [-a, -b]",
	    "a|contains|windash|cased: -a",
	    "a|wide|base64offset|contains|"
	    "neq: ab",
	    "a|base64|utf16le: ab", "a|base64|base64offset: ab",
	    "a|neq|all|cased|contains: [a, b]", "a|re|i|m|s|all|neq: [a]",
	    "a|cased|fieldref|endswith|neq|all: [b, c]",
	    "a|hour|gte|neq: "
	    "5",
	    "a|week|all: [1, 2]", "'|base64|contains': ab",
	    "'|windash|all': [-a, -b]", "a|contains|wide: ab"};
	struct ruleset		*rs;
	char			 yaml[300];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(yaml, sizeof(yaml),
		    HEAD "  s:\n    %s\n"
			 "  condition: s\n",
		    good[i]);
		rs = rules_load(yaml);
		ruleset_free(&rs);
	}
}

static void
only_text_is_rewritten(void **state)
{
	(void)state;
	assert_refused(ITEM("a|base64: 5"),
	    "r.yml:5:15: 'base64' needs text, "
	    "not a number: put it in quotes");
	assert_refused(ITEM("a|windash: [x, true]"),
	    "r.yml:5:20: 'windash' "
	    "needs text, not a boolean");
	assert_refused(ITEM("a|wide: null"),
	    "r.yml:5:13: 'wide' needs text, "
	    "not null");
	assert_refused(ITEM("a|base64: 'x*'"),
	    "r.yml:5:15: 'base64' cannot "
	    "encode a wildcard");
	assert_true(matches("x|base64: '5'", "x", "NQ==", END));
}

/* ---- windash ---- */

static void
windash_takes_each_dash_for_any(void **state) /* S13 */
{
	(void)state;
	assert_true(
	    matches("x|windash|contains: ' -enc'", "x", "p /ENC b", END));
	assert_true(
	    matches("x|contains|windash: ' /enc'", "x", "p \u2015enc b", END));
	assert_false(
	    matches("x|windash|contains: ' -enc'", "x", "p +enc", END));
	assert_true(matches("x|windash|endswith: ' -a-b'", "x", "p /a-b", END));
	assert_false(
	    matches("x|windash|endswith: ' -a-b'", "x", "p /a/b", END));
}

static void
under_all_each_value_has_some_form(void **state) /* S4, S13 */
{
#define BOTH "x|windash|contains|all: [' -a', ' -b']"

	(void)state;
	assert_true(matches(BOTH, "x", "p /b \u2013a", END));
	assert_false(matches(BOTH, "x", "p /b +a", END));
	assert_true(matches("x|windash|all: [-a]", "x", "/a", END));
	assert_true(matches("x|windash|all: -a", "x", "/a", END));
	assert_true(
	    matches("'|windash|all': [-a, -b]", "x", "/a", "y", "/b", END));
	assert_false(matches("'|windash|all': [-a, -b]", "x", "/a", END));
}

static void
neq_denies_all_forms_together(void **state) /* S5 */
{
	(void)state;
	assert_false(matches("x|windash|neq: -a", "x", "/a", END));
	assert_true(matches("x|windash|neq: -a", "x", "+a", END));
	assert_true(matches("x|windash|neq: -a", "y", "/a", END));
	assert_false(
	    matches("x|windash|contains|all|neq: [-a, -b]", "x", "/a /b", END));
	assert_true(
	    matches("x|windash|contains|all|neq: [-a, -b]", "x", "/a", END));
	assert_true(
	    matches("x|windash|contains|all|neq: [-a, -b]", "y", "/a /b", END));
}

/* ---- encodings ---- */

static void
encoded_values_compare_like_any_string(void **state) /* S13 */
{
	(void)state;
	assert_true(matches("x|base64: foobar", "x", "Zm9vYmFy", END));
	assert_true(matches("x|base64: foobar", "x", "zM9VyMfY", END));
	assert_false(matches("x|base64|cased: foobar", "x", "zM9VyMfY", END));
	assert_true(matches("x|base64offset|contains: foobar", "x",
	    "eHhmb29iYXJ4", END));
	assert_true(matches("x|base64offset|contains: foobar", "x",
	    "eGZvb2JhcngA", END));
	assert_false(
	    matches("x|base64offset|contains: foobar", "x", "eGZvb2Jh", END));
	/* The start of a PowerShell command: "IEX" in UTF-16. */
	assert_true(matches("x|wide|base64offset|contains: IEX", "x",
	    "SQBFAFgAIAA", END));
}

static void
a_value_that_is_no_utf8_never_matches(void **state)
{
	(void)state;
	assert_warns(ITEM("a|expand: '\\\\%Servers%\\c$'"),
	    "r.yml:5:15: warning: '%Servers%' is not expanded: behind a "
	    "backslash '%' is a percent sign");
	assert_warned(ITEM("a|utf16: ab"),
	    "r.yml:5:14: warning: this can "
	    "never match: what 'utf16' makes of it is not UTF-8",
	    "r.yml:6:14: warning: the rule can never match");
	assert_warned(ITEM("a|wide: [ab, \u00e9]"),
	    "r.yml:5:18: warning: this can never match", NULL);
	assert_true(matches("x|utf16be: '*\u0130'", "x", "Aa\x01\x30", END));
	assert_false(matches("x|utf16: ab", "x", "ab", END));
	assert_true(matches("x|utf16|neq: ab", "x", "ab", END));
	assert_true(matches("x|utf16|base64: ab", "x", "//5hAGIA", END));
}

/* ---- fieldref ---- */

static void
fieldref_compares_with_another_field(void **state)
{
	(void)state;
	assert_true(matches("x|fieldref: y", "x", "Ab", "y", "aB", END));
	assert_false(matches("x|fieldref: y", "x", "a", "y", "b", END));
	assert_false(matches("x|cased|fieldref: y", "x", "A", "y", "a", END));
	assert_true(matches("x|fieldref|cased: y", "x", "A", "y", "A", END));
	assert_true(matches("x|fieldref: y", "x", "#5", "y", "5", END));
	assert_true(matches("account|fieldref: token", "account", "a", "token",
	    "a", END));
	assert_true(matches("x|fieldref: [y, z]", "x", "a", "z", "a", END));
	assert_false(
	    matches("x|fieldref|all: [y, z]", "x", "a", "z", "a", END));
}

static void
fieldref_takes_a_part_of_the_value(void **state)
{
	(void)state;
	assert_true(
	    matches("x|fieldref|startswith: y", "x", "Abc", "y", "aB", END));
	assert_false(
	    matches("x|fieldref|startswith: y", "x", "ab", "y", "abc", END));
	assert_true(
	    matches("x|fieldref|endswith: y", "x", "abc", "y", "bc", END));
	assert_true(
	    matches("x|fieldref|contains: y", "x", "abc", "y", "b", END));
	assert_false(
	    matches("x|fieldref|contains: y", "x", "abc", "y", "ac", END));
	/* What looks like a wildcard there is none. */
	assert_false(matches("x|fieldref: y", "x", "abc", "y", "a*", END));
}

static void
fieldref_fans_out_on_both_sides(void **state)
{
	(void)state;
	assert_true(matches("x|fieldref: y", "x", "A", "x", "+B", "y", "c", "y",
	    "+b", END));
	assert_false(matches("x|fieldref: y", "x", "A", "x", "+B", "y", "c",
	    "y", "+d", END));
}

static void
a_field_that_is_absent_equals_none(void **state) /* S4, S5 */
{
	(void)state;
	assert_false(matches("x|fieldref: y", "z", "a", END));
	assert_false(matches("x|fieldref: y", "x", "", END));
	assert_false(matches("x|fieldref: y", "x", "~", "y", "~", END));
	assert_true(matches("x|fieldref|neq: y", "x", "a", END));
	assert_true(matches("x|fieldref|neq: y", "x", "a", "y", "b", END));
	assert_false(matches("x|fieldref|neq: y", "x", "a", "y", "A", END));
}

static void
fieldref_names_a_field(void **state)
{
	(void)state;
	assert_refused(ITEM("a|fieldref: 5"),
	    "r.yml:5:17: 'fieldref' needs "
	    "the name of a field");
	assert_refused(ITEM("a|fieldref: null"), "r.yml:5:17: 'fieldref'");
	assert_refused(ITEM("a|fieldref: ''"), "r.yml:5:17: 'fieldref'");
	assert_refused(ITEM("a|fieldref: []"), "r.yml:5:17: an empty list");
	assert_true(matches("x|fieldref: '5'", "x", "a", "5", "a", END));
}

/* ---- parts of a time ---- */

static void
parts_of_a_time_are_of_the_instant_in_utc(void **state) /* S14 */
{
#define AT "x", "2026-11-23T23:45:06.5-01:30", END

	(void)state;
	assert_true(matches("x|minute: 15", AT));
	assert_true(matches("x|hour: 1", AT));
	assert_false(matches("x|hour: 23", AT));
	assert_true(matches("x|day: 24", AT));
	assert_true(matches("x|week: 48", AT));
	assert_true(matches("x|month: 11", AT));
	assert_true(matches("x|year: 2026", AT));
	assert_true(matches("x|hour: [0, 1]", AT));
	assert_false(matches("x|hour|all: [0, 1]", AT));
}

static void
a_time_may_be_written_in_several_ways(void **state) /* S14 */
{
	(void)state;
	assert_true(matches("x|hour: 7", "x", "2026-11-23 07:00:00", END));
	assert_true(matches("x|hour: 0", "x", "2026-11-23", END));
	/* A fraction has any number of digits, and they are cut off. */
	assert_true(matches("x|hour: 7", "x",
	    "2026-11-23T08:59:59.9999999999999999999999999999999999+01:00",
	    END));
	assert_true(
	    matches("x|hour: 7", "x", "2026-11-23 07:00:00.0123456789", END));
	assert_false(
	    matches("x|hour: 7", "x", "2026-11-23 07:00:00.0123456789x", END));
	assert_false(
	    matches("x|hour: 7", "x", "2026-11-23 07:00:00,0123456789Z", END));
	assert_true(matches("x|hour: 7", "x", "#1767250800", END));
	assert_true(matches("x|year: 2026", "x", "#1767250800000", END));
	/* Epochs are numbers; their text is none. */
	assert_false(matches("x|hour|gte: 0", "x", "1767250800", END));
	assert_false(matches("x|hour|gte: 0", "x", "#-1767250800000", END));
	assert_true(matches("x|year: 1969", "x", "#-0.5", END));
	assert_true(matches("x|minute: 59", "x", "#-0.5", END));
	/* Below a microsecond it is cut off, as of 23:59:59.9999999. */
	assert_true(matches("x|year: 2025", "x", "#1767225599.9999999", END));
	assert_true(matches("x|year: 2025", "x", "#1767225599999.9999", END));
	assert_true(matches("x|year: 1969", "x", "#-1e-9", END));
	assert_true(matches("x|year: 9999", "x", "#253402300799.9999999", END));
	assert_false(matches("x|year: 1", "x", "#-62135596800.0000001", END));
	/* 10^12 are seconds, of no year that there is; more are not. */
	assert_false(matches("x|year|gte: 1", "x", "#1000000000000", END));
	assert_true(matches("x|year: 2001", "x", "#1000000000000.01", END));
	assert_false(matches("x|hour|gte: 0", "x", "yesterday", END));
	assert_false(matches("x|hour|gte: 0", "x", "!true", END));
	assert_false(matches("x|hour|gte: 0", "x", "#1e300", END));
	assert_false(matches("x|hour|gte: 0", "y", "2026-11-23", END));
}

static void
weeks_are_iso_8601s(void **state) /* S14 */
{
	(void)state;
	assert_true(matches("x|week: 53", "x", "2021-01-03", END));
	assert_true(matches("x|week: 1", "x", "2021-01-04", END));
	assert_true(matches("x|week: 1", "x", "2024-12-30", END));
	assert_true(matches("x|week: 52", "x", "2024-12-29", END));
	assert_true(matches("x|week: 1", "x", "1970-01-01", END));
	assert_true(matches("x|week: 1", "x", "1969-12-29", END));
	assert_true(matches("x|week: 53", "x", "2026-12-31", END));
	assert_true(matches("x|week: 1", "x", "0001-01-01", END));
	assert_true(matches("x|week: 52", "x", "9999-12-31", END));
}

static void
a_comparison_may_follow_the_part(void **state)
{
	(void)state;
	assert_true(matches("x|hour|gte: 22", "x", "2026-11-23 22:00:00", END));
	assert_false(matches("x|hour|gt: 22", "x", "2026-11-23 22:59:59", END));
	assert_true(matches("x|hour|lt: 6", "x", "2026-11-23 05:59:59", END));
	assert_true(matches("x|hour|lte: 6", "x", "2026-11-23 06:59:59", END));
	assert_true(matches("x|hour|neq: 6", "x", "2026-11-23 05:00:00", END));
	assert_false(matches("x|hour|neq: 5", "x", "2026-11-23 05:00:00", END));
	assert_true(matches("x|hour|neq: 5", "y", "a", END));
}

static void
a_part_is_a_whole_number(void **state)
{
	(void)state;
	assert_refused(ITEM("a|hour: x"),
	    "r.yml:5:13: 'hour' of a time needs "
	    "a whole number, not 'x'");
	assert_refused(ITEM("a|hour: 5.5"), "r.yml:5:13: 'hour' of a time");
	assert_refused(ITEM("a|hour: null"), "r.yml:5:13: 'hour' of a time");
	assert_refused(ITEM("a|hour|gte: x"), "r.yml:5:17: 'gte' of a time");
}

static void
a_part_out_of_range_is_a_warning(void **state)
{
	(void)state;
	assert_warned(ITEM("a|hour: 24"),
	    "r.yml:5:13: warning: this can never "
	    "match: that part of a time is from 0 to 23",
	    "r.yml:6:14: warning: the rule can never match");
	assert_warned(ITEM("a|hour: 23"), NULL, NULL);
	assert_warned(ITEM("a|hour|gt: 23"), "r.yml:5:16: warning: this can",
	    "r.yml:6:14: warning: the rule");
	assert_warned(ITEM("a|hour|gt: 22"), NULL, NULL);
	assert_warned(ITEM("a|day|lt: 1"), "r.yml:5:15: warning: this can",
	    "r.yml:6:14: warning: the rule");
	assert_warned(ITEM("a|day|lte: 0"), "r.yml:5:16: warning: this can",
	    "r.yml:6:14: warning: the rule");
	assert_warned(ITEM("a|week: [53, 54]"), "r.yml:5:18: warning: this",
	    NULL);
}

/* ---- placeholders ---- */

static void
placeholders_are_any_of_their_values(void **state) /* S15 */
{
	(void)state;
	assert_true(expands("x|expand: '%hosts%'", "BUILD1"));
	assert_true(expands("x|expand: '%hosts%'", "ci-7"));
	assert_false(expands("x|expand: '%hosts%'", "build2"));
	assert_true(expands("x|expand|endswith: '.%hosts%'", "a.build1"));
	assert_true(expands("x|expand: '\\%hosts%'", "%hosts%"));
	assert_true(expands("x|contains|expand: '%hosts%.'", "a build1.b"));
	assert_true(expands("x|expand|base64offset|contains: 'abc'", "YWJj"));
	assert_false(expands("x|expand|neq: '%hosts%'", "build1"));
	assert_true(expands("x|expand: 'plain'", "plain"));
	/* Without the modifier it is text. */
	assert_true(expands("x: '%hosts%'", "%hosts%"));
}

/* What stands for one is a part of the expression, as it is written. */
static void
placeholders_may_stand_in_regexes(void **state) /* S15 */
{
	(void)state;
	assert_true(expands("x|re|expand: '^%hosts%$'", "build1"));
	assert_true(expands("x|re|expand: '^%hosts%$'", "ci---"));
	assert_false(expands("x|re|expand: '^%hosts%$'", "ci-7"));
	assert_false(expands("x|re|expand: '%hosts%'", "BUILD1"));
	assert_true(expands("x|re|expand|i: '%hosts%'", "BUILD1"));
	assert_false(expands("x|re|expand|neq: '%hosts%'", "build1"));
	assert_true(expands("x|re|expand|all: ['%hosts%', 'd1$']", "build1"));
	assert_false(expands("x|re|expand|all: ['%hosts%', '^d']", "build1"));
	assert_true(expands("x|re|expand: '^.\\%\\d+\\*$'", "%%0*"));
	assert_true(expands("x|re: '%hosts%'", "%hosts%"));
	assert_refused(ITEM("a|re|expand: '%hosts%'"),
	    "r.yml:5:18: no values are configured");
	assert_refused(ITEM("a|re|expand: '(x'"),
	    "r.yml:5:18: the regex does not compile");
}

static void
placeholders_without_values_refuse_the_rule(void **state) /* S15 */
{
	struct complaints c;
	struct ruleset	 *rs;

	(void)state;
	assert_refused(ITEM("a|expand: '%hosts%'"),
	    "r.yml:5:15: no values are "
	    "configured for the placeholder '%hosts%'");
	complain_init(&c);
	rs = ruleset_load_text("r.yml", slice_of(ITEM("a|expand: '%empty%'")),
	    &with_placeholders, &c);
	assert_null(rs);
	assert_int_equal(c.errors, 1);
	complain_clear(&c);
}

static void
placeholders_are_part_of_what_a_rule_means(void **state)
{
	static const char *const	     other[] = {"build1", "ci-?"};
	static const struct rule_placeholder changed[] = {{"hosts", other, 2}};
	struct ruleset_limits		     lim = with_placeholders;
	struct slice	  yaml = slice_of(ITEM("a|expand: '%hosts%'"));
	struct ruleset	 *a, *b, *same;
	struct complaints c;

	(void)state;
	complain_init(&c);
	a = ruleset_load_text("r.yml", yaml, &lim, &c);
	same = ruleset_load_text("r.yml", yaml, &lim, &c);
	lim.placeholders = changed;
	lim.nplaceholders = 1;
	b = ruleset_load_text("r.yml", yaml, &lim, &c);
	assert_true(a != NULL && b != NULL && same != NULL);
	assert_true(
	    ruleset_rule(a, 0)->meaning == ruleset_rule(same, 0)->meaning);
	assert_true(ruleset_rule(a, 0)->meaning != ruleset_rule(b, 0)->meaning);
	ruleset_free(&a);
	ruleset_free(&b);
	ruleset_free(&same);
	complain_clear(&c);
}

/* ---- rules that can never match ---- */

static void
a_rule_that_contradicts_itself_is_a_warning(void **state)
{
#define TWO HEAD "  a: {x: b}\n  b: {y: c}\n"

	(void)state;
	assert_warned(TWO "  condition: a and b and not a\n",
	    "r.yml:6:14: warning: the rule can never match", NULL);
	assert_warned(TWO "  condition: not (a or b or not a)\n",
	    "r.yml:6:14: warning: the rule can never match", NULL);
	assert_warned(TWO "  condition: a and not b\n", NULL, NULL);
	assert_warned(TWO "  condition: a or b and not a\n", NULL, NULL);
}

/* A rule for patrol, or for anything, of searches a and b. */
static bool
never(const char *product, const char *a, const char *b, const char *condition)
{
	struct ruleset_limits lim = {.keys_per_rule = 10};
	struct complaints     c;
	struct ruleset	     *rs;
	struct buf	      text;
	bool		      told;

	buf_init(&text);
	buf_addf(&text,
	    "title: t\nlogsource: {product: %s}\ndetection:\n  a: %s\n"
	    "  b: %s\n  condition: %s\n",
	    product, a, b, condition);
	complain_init(&c);
	rs = ruleset_load_text("r.yml", buf_slice(&text), &lim, &c);
	assert_non_null(rs);
	told = c.n > 0 &&
	    strstr(c.list[c.n - 1].text, "the rule can never match") != NULL;
	ruleset_free(&rs);
	complain_clear(&c);
	buf_clear(&text);
	return told;
}

/* Of n values of one field and m others; few pairs are compared, many not. */
static bool
never_of_many(unsigned n, unsigned m)
{
	struct buf a, b;
	unsigned   i;
	bool	   told;

	buf_init(&a);
	buf_init(&b);
	buf_adds(&a, "{action: [x");
	buf_adds(&b, "{action: [y");
	for (i = 1; i < n; i++)
		buf_addf(&a, ", x%u", i);
	for (i = 1; i < m; i++)
		buf_addf(&b, ", y%u", i);
	buf_adds(&a, "]}");
	buf_adds(&b, "]}");
	told = never("patrol", buf_str(&a), buf_str(&b), "a and b");
	buf_clear(&a);
	buf_clear(&b);
	return told;
}

static void
of_very_long_lists_nothing_is_concluded(void **state)
{
	(void)state;
	assert_true(never_of_many(10, 10));
	assert_true(never_of_many(300, 300));
	assert_false(never_of_many(20000, 20000));
}

/* Of any event, and a list of values is one. */
static void
searches_that_contradict_each_other_never_match(void **state)
{
	static const struct {
		const char *a, *b, *condition;
		bool	    is_never;
	} tries[] = {/* The filter leaves out all that is looked for. */
	    {"{x: 1, y: 2}", "{x: 1}", "a and not b", true},
	    {"{x: 1}", "{x: 1, y: 2}", "a and not b", false},
	    {"{x: 1, y: 2}", "[{x: 1}, {z: 3}]", "a and not b", true},
	    {"[{x: 1}, {z: 3}]", "{x: 1}", "a and not b", false},
	    {"{x: p/web}", "{x|startswith: p/}", "a and not b", true},
	    {"{x: [p/a, p/b]}", "{x|startswith: p/}", "a and not b", true},
	    {"{x: [p/a, q/b]}", "{x|startswith: p/}", "a and not b", false},
	    {"{x|startswith: p/}", "{x: p/web}", "a and not b", false},
	    {"{x: 10.1.2.3}", "{x|cidr: 10.0.0.0/8}", "a and not b", true},
	    {"{x: 11.1.2.3}", "{x|cidr: 10.0.0.0/8}", "a and not b", false},
	    {"{x: P/web}", "{x|cased|startswith: p/}", "a and not b", false},
	    /* One field is there and is not. */
	    {"{x: 1}", "{x|exists: false}", "a and b", true},
	    {"{x: 1}", "{x|exists: true}", "a and not b", true},
	    {"{x: null}", "{x|exists: false}", "a and b", false},
	    {"{x: [1, null]}", "{x|exists: false}", "a and b", false},
	    {"{x|gt: 1}", "{x|exists: false}", "a and b", true},
	    {"{x|neq: 1}", "{x|exists: false}", "a and b", false},
	    /* An item and itself, turned round. */
	    {"{x: 1, x|neq: 1}", "{y: 2}", "a", true},
	    {"{x|neq: 1}", "{x|neq: 1}", "a and not b", true},
	    {"{x|neq: 1}", "{x: 1}", "a and not b", false},
	    {"{x|neq: 1}", "{x: 1}", "not a and not b", true},
	    {"{x|re: q}", "{x|re: q}", "a and not b", true},
	    {"{x|re: q}", "{x|re|i: q}", "a and not b", false},
	    {"[q]", "[q]", "a and not b", true},
	    {"{x: 1}", "{y: 1}", "not (a or not a) or b and not b", true},
	    {"{x: 1}", "{y: 1}", "(a or b) and not a and not b", true},
	    {"{x: 1}", "{y: 1}", "(a or b) and not a", false},
	    /* What one value of a list cannot be, two can. */
	    {"{action|all: [pull, push]}", "{y: 2}", "a", false},
	    {"{action: pull}", "{action: push}", "a and b", false},
	    {"{bytes|gt: 10, bytes|lt: 5}", "{y: 2}", "a", false}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof tries / sizeof tries[0]; i++)
		if (never("any", tries[i].a, tries[i].b, tries[i].condition) !=
		    tries[i].is_never)
			fail_msg("%s, %s: %s", tries[i].a, tries[i].b,
			    tries[i].condition);
}

/* Of a use, whose fields have one value each. */
static void
one_value_is_not_two(void **state)
{
	static const struct {
		const char *a, *b;
		bool	    is_never;
	} tries[] = {{"{action|all: [pull, push]}", "{action|exists: true}",
			 true},
	    {"{action|contains|all: [pu, ll]}", "{action: pull}", false},
	    {"{action|contains|all: [pu, ll]}", "{action: push}", true},
	    {"{action: [pull, push]}", "{action: [push, mount]}", false},
	    {"{action: [pull, push]}", "{action: [mount, delete]}", true},
	    {"{action: pull}", "{action: null}", true},
	    {"{action: pull}", "{action|startswith: pus}", true},
	    {"{action: pull}", "{action|re: pus}", false},
	    {"{source.ip: 192.0.2.1}", "{source.ip|cidr: 10.0.0.0/8}", true},
	    {"{bytes: 5}", "{bytes: 6}", false},
	    {"{bytes|gt: 10}", "{bytes|lt: 5}", true},
	    {"{bytes|gt: 5}", "{bytes|lte: 5}", true},
	    {"{bytes|gte: 5}", "{bytes|lte: 5}", false},
	    {"{time|hour|gte: 22}", "{time|hour|lt: 5}", true},
	    {"{time|hour|gte: 22}", "{time|minute|lt: 5}", false},
	    {"{token.label: ci}", "{token.label: fleet}", false},
	    {"{mine: x}", "{mine: y}", false}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		if (never("patrol", tries[i].a, tries[i].b, "a and b") !=
		    tries[i].is_never)
			fail_msg("%s, %s", tries[i].a, tries[i].b);
		assert_false(never("patrol", tries[i].a, tries[i].b, "a or b"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(searches_that_contradict_each_other_never_match),
	    cmocka_unit_test(of_very_long_lists_nothing_is_concluded),
	    cmocka_unit_test(one_value_is_not_two),
	    cmocka_unit_test(a_chain_makes_sense_from_left_to_right),
	    cmocka_unit_test(chains_that_make_sense_load),
	    cmocka_unit_test(only_text_is_rewritten),
	    cmocka_unit_test(windash_takes_each_dash_for_any),
	    cmocka_unit_test(under_all_each_value_has_some_form),
	    cmocka_unit_test(neq_denies_all_forms_together),
	    cmocka_unit_test(encoded_values_compare_like_any_string),
	    cmocka_unit_test(a_value_that_is_no_utf8_never_matches),
	    cmocka_unit_test(fieldref_compares_with_another_field),
	    cmocka_unit_test(fieldref_takes_a_part_of_the_value),
	    cmocka_unit_test(fieldref_fans_out_on_both_sides),
	    cmocka_unit_test(a_field_that_is_absent_equals_none),
	    cmocka_unit_test(fieldref_names_a_field),
	    cmocka_unit_test(parts_of_a_time_are_of_the_instant_in_utc),
	    cmocka_unit_test(a_time_may_be_written_in_several_ways),
	    cmocka_unit_test(weeks_are_iso_8601s),
	    cmocka_unit_test(a_comparison_may_follow_the_part),
	    cmocka_unit_test(a_part_is_a_whole_number),
	    cmocka_unit_test(a_part_out_of_range_is_a_warning),
	    cmocka_unit_test(placeholders_are_any_of_their_values),
	    cmocka_unit_test(placeholders_may_stand_in_regexes),
	    cmocka_unit_test(placeholders_without_values_refuse_the_rule),
	    cmocka_unit_test(placeholders_are_part_of_what_a_rule_means),
	    cmocka_unit_test(a_rule_that_contradicts_itself_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
