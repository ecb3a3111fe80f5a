#include "rule-fixture.h"

#include <string.h>

#define UUID "5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b11"
#define BODY                                                 \
	"logsource: {product: p}\ndetection:\n  s: {a: b}\n" \
	"  condition: s\n"
/* An item alone on line 5, from column 5. */
#define ITEM(text)                                                       \
	"title: t\nlogsource: {product: p}\ndetection:\n  s:\n    " text \
	"\n  condition: s\n"
/* The patrol key from line 6 on. */
#define PATROL(text) "title: t\n" BODY "patrol:\n" text "\n"

static void
a_rule_has_what_it_was_given(void **state)
{
	struct ruleset *rs = rules_load(
	    "---\ntitle: A title\nid: " UUID
	    "\nname: a_name\ndescription: What it is\nlevel: critical\n"
	    "owner: [kept, not, refused]\n" BODY
	    "patrol: {mode: enforce, respond: [deactivate, expire], "
	    "realert: 2h, family: attack}\n");
	const struct rule *r = ruleset_find(rs, SLICE("a_name"));
	struct buf	   b;

	(void)state;
	assert_non_null(r);
	assert_ptr_equal(r, ruleset_find(rs, SLICE(UUID)));
	assert_null(ruleset_find(rs, SLICE("A title")));
	assert_string_equal(r->id, UUID);
	assert_string_equal(r->title, "A title");
	assert_string_equal(r->description, "What it is");
	assert_string_equal(r->file, "r.yml");
	assert_int_equal(r->line, 2);
	assert_string_equal(r->type, "detection");
	assert_int_equal(r->level, RULE_CRITICAL);
	assert_int_equal(r->mode, RULE_ENFORCE);
	assert_int_equal(r->respond, RESPOND_DEACTIVATE | RESPOND_EXPIRE);
	assert_int_equal(r->realert, 2 * USEC_HOUR);
	assert_string_equal(r->family, "attack");
	assert_true(r->alerts);
	buf_init(&b);
	rule_respond_format(r->respond, &b);
	assert_string_equal(buf_str(&b), "deactivate,expire");
	buf_clear(&b);
	ruleset_free(&rs);
}

static void
what_is_left_out_has_a_default(void **state)
{
	struct ruleset	  *rs = rules_load("title: A title\n" BODY);
	const struct rule *r = ruleset_rule(rs, 0);

	(void)state;
	assert_string_equal(r->id, "A title");
	assert_null(r->name);
	assert_string_equal(r->description, "");
	assert_int_equal(r->level, RULE_MEDIUM);
	assert_int_equal(r->mode, RULE_ALERT);
	assert_int_equal(r->respond, 0);
	assert_int_equal(r->realert, USEC_HOUR);
	assert_string_equal(r->family, "");
	assert_int_equal(r->timespan, 0);
	ruleset_free(&rs);
}

static void
names_of_modes_and_levels_are_words(void **state)
{
	(void)state;
	assert_string_equal(rule_mode_name(RULE_SIMULATE), "simulate");
	assert_int_equal(rule_mode_parse(SLICE("enforce")), RULE_ENFORCE);
	assert_int_equal(rule_mode_parse(SLICE("off")), RULE_OFF);
	assert_int_equal(rule_mode_parse(SLICE("Alert")), -1);
	assert_string_equal(rule_level_name(RULE_INFORMATIONAL),
	    "informational");
}

static void
mandatory_parts_are_asked_for(void **state)
{
	(void)state;
	assert_refused(BODY, "r.yml:1:1: a rule needs a 'title'");
	assert_refused("title: ''\n" BODY, "r.yml:1:8: a rule needs a");
	assert_refused("title: t\ndetection:\n  s: {a: b}\n  condition: s\n",
	    "r.yml:1:1: a detection needs a 'logsource'");
	assert_refused("title: t\nlogsource: {definition: x}\ndetection:\n"
		       "  s: {a: b}\n  condition: s\n",
	    "r.yml:2:12: the logsource needs one of category, product, "
	    "service");
	assert_refused("title: t\nlogsource: {product: p}\n",
	    "r.yml:1:1: a rule needs a 'detection' or a 'correlation'");
	assert_refused("title: t\nlogsource: {product: p}\ndetection:\n"
		       "  s: {a: b}\n",
	    "r.yml:4:3: the detection needs a 'condition'");
	assert_refused("title: t\nlogsource: {product: p}\ndetection:\n"
		       "  condition: s\n",
	    "r.yml:4:3: the detection has nothing to");
	assert_refused("- a\n", "r.yml:1:1: a rule is a map");
	assert_refused("title: t\nlogsource: {product: p}\ndetection: x\n",
	    "r.yml:3:12: 'detection' must be a map");
}

static void
a_level_may_have_any_case_and_none(void **state)
{
	static const struct {
		const char     *line;
		enum rule_level level;
	} tries[] = {{"level: HIGH\n", RULE_HIGH}, {"level: Low\n", RULE_LOW},
	    {"level: null\n", RULE_MEDIUM}, {"level:\n", RULE_MEDIUM},
	    {"", RULE_MEDIUM}};
	struct ruleset_limits lim = {.keys_per_rule = 10};
	struct complaints     c;
	struct ruleset	     *rs;
	struct buf	      text;
	size_t		      i;

	(void)state;
	for (i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		buf_init(&text);
		buf_addf(&text, "title: t\n%s" BODY, tries[i].line);
		complain_init(&c);
		rs = ruleset_load_text("r.yml", buf_slice(&text), &lim, &c);
		assert_non_null(rs);
		assert_int_equal(ruleset_rule(rs, 0)->level, tries[i].level);
		ruleset_free(&rs);
		complain_clear(&c);
		buf_clear(&text);
	}
}

static void
ids_and_levels_are_checked(void **state)
{
	(void)state;
	assert_refused("title: t\nid: 12\n" BODY,
	    "r.yml:2:5: the 'id' must be a UUID");
	assert_refused("title: t\nid: "
		       "5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b1g\n" BODY,
	    "r.yml:2:5: the 'id' must be a UUID");
	assert_refused("title: t\nlevel: hihg\n" BODY,
	    "r.yml:2:8: 'level' is one of informational, low, medium, high, "
	    "critical, did you mean 'high'?");
}

static void
a_title_has_256_characters_at_the_most(void **state)
{
	char		yaml[600] = "title: ";
	struct ruleset *rs;

	(void)state;
	memset(yaml + 7, 'a', 256);
	strcpy(yaml + 7 + 256, "\n" BODY);
	rs = rules_load(yaml);
	ruleset_free(&rs);
	yaml[7 + 256] = 'a';
	strcpy(yaml + 7 + 257, "\n" BODY);
	assert_refused(yaml, "r.yml:1:8: the title is longer than 256");
}

/* Characters, not bytes. */
static void
a_title_may_be_of_any_script(void **state)
{
	char		yaml[1200] = "title: ", *p = yaml + 7;
	struct ruleset *rs;
	int		i;

	(void)state;
	for (i = 0; i < 256; i++, p += 3)
		memcpy(p, "\u65E5", 3);
	strcpy(p, "\n" BODY);
	rs = rules_load(yaml);
	ruleset_free(&rs);
	strcpy(p, "\u65E5\n" BODY);
	assert_refused(yaml, "r.yml:1:8: the title is longer than 256");
}

static void
names_are_text(void **state)
{
	(void)state;
	assert_refused("title: ~\n" BODY, "r.yml:1:8: a rule needs a 'title'");
	assert_refused("title: 404\n" BODY,
	    "r.yml:1:8: the title must be text: put it in quotes");
	assert_refused("title: true\n" BODY, "r.yml:1:8: the title must be");
	assert_refused("title: t\nlogsource: {product: 5}\ndetection:\n"
		       "  s: {a: b}\n  condition: s\n",
	    "r.yml:2:22: 'product' must be text: put it in quotes");
	assert_refused("title: t\nlogsource: {product: p, service: false}\n"
		       "detection:\n  s: {a: b}\n  condition: s\n",
	    "r.yml:2:34: 'service' must be text");
}

#define UUID_UPPER "5E9B2A1C-3F64-4d0e-8a53-0c2f6f7f1b11"

static void
uuids_compare_without_case(void **state)
{
	struct ruleset *rs =
	    rules_load("title: a\nid: " UUID_UPPER "\n" BODY
		       "---\ntitle: b\ncorrelation:\n  type: event_count\n"
		       "  rules: [" UUID "]\n  timespan: 1m\n"
		       "  condition: {gte: 5}\n");

	(void)state;
	/* As they were written. */
	assert_string_equal(ruleset_find(rs, SLICE(UUID))->id, UUID_UPPER);
	ruleset_free(&rs);
	assert_refused("title: a\nid: " UUID "\n" BODY
		       "---\ntitle: b\nid: " UUID_UPPER "\n" BODY,
	    "r.yml:9:5: id '" UUID_UPPER "' is taken by the rule at r.yml:1");
	/* Of a rule with faults, too. */
	assert_refused("title: a\nid: " UUID_UPPER "\n" BODY "level: x\n"
		       "---\ntitle: b\ncorrelation:\n  type: event_count\n"
		       "  rules: [" UUID "]\n  timespan: 1m\n"
		       "  condition: {gte: 5}\n",
	    "r.yml:7:8: 'level' is one of");
	/* A name is no UUID. */
	assert_refused("title: a\nname: n\n" BODY
		       "---\ntitle: b\ncorrelation:\n  type: event_count\n"
		       "  rules: [N]\n  timespan: 1m\n"
		       "  condition: {gte: 5}\n",
	    "r.yml:11:11: no rule has the id or name 'N'");
}

static void
ids_and_names_are_taken_once(void **state)
{
	(void)state;
	assert_refused("title: a\nid: " UUID "\n" BODY
		       "---\ntitle: b\nid: " UUID "\n" BODY,
	    "r.yml:9:5: id '" UUID "' is taken by the rule at r.yml:1");
	assert_refused("title: a\nname: n\n" BODY
		       "---\ntitle: b\nname: n\n" BODY,
	    "r.yml:9:7: name 'n' is taken by the rule at r.yml:1");
	assert_refused("title: a\n" BODY "---\ntitle: a\n" BODY,
	    "r.yml:7:8: title 'a' is taken by the rule at r.yml:1");
}

static void
modifiers_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	assert_refused(ITEM("a|contians: b"),
	    "r.yml:5:7: unknown modifier "
	    "'contians', did you mean 'contains'?");
	assert_refused(ITEM("a|contains|re: b"),
	    "r.yml:5:16: 're' makes no "
	    "sense after 'contains'");
	assert_refused(ITEM("a|cased|re: b"),
	    "r.yml:5:13: 're' makes no "
	    "sense after 'cased'");
	assert_refused(ITEM("a|endswith|cidr: b"),
	    "r.yml:5:16: 'cidr' makes "
	    "no sense after 'endswith'");
	assert_refused(ITEM("a|re|contains: b"),
	    "r.yml:5:10: 'contains' makes "
	    "no sense after 're'");
	assert_refused(ITEM("a|re|cased: b"),
	    "r.yml:5:10: 'cased' makes no "
	    "sense after 're'");
	assert_refused(ITEM("a|i: b"), "r.yml:5:7: 'i' is a flag of 're'");
	assert_refused(ITEM("a|gte|lt: 1"),
	    "r.yml:5:11: 'lt' makes no sense "
	    "after 'gte'");
	assert_refused(ITEM("a|contains|contains: b"),
	    "r.yml:5:16: "
	    "'contains' stands twice");
	assert_refused(ITEM("a|exists|neq: true"),
	    "r.yml:5:5: 'exists' "
	    "stands alone");
	assert_refused(ITEM("'a|': b"), "r.yml:5:8: unknown modifier ''");
	assert_refused(ITEM("'|cidr': 10.0.0.0/8"),
	    "r.yml:5:5: 'cidr' needs "
	    "a field");
	assert_refused(ITEM("'|gt': 5"), "r.yml:5:5: 'gt' needs a field");
}

static void
values_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	assert_refused(ITEM("a|contains: 5"),
	    "r.yml:5:17: 'contains' needs "
	    "text, not a number: put it in quotes");
	assert_refused(ITEM("a|endswith: true"),
	    "r.yml:5:17: 'endswith' needs "
	    "text, not a boolean");
	assert_refused(ITEM("'|contains': 5"),
	    "r.yml:5:18: 'contains' needs text, not a number");
	assert_refused(ITEM("'|base64': true"),
	    "r.yml:5:16: 'base64' needs text, not a boolean");
	assert_refused(ITEM("a|cased: [B, 5]"),
	    "r.yml:5:18: 'cased' needs text, not a number");
	assert_refused(ITEM("a|cased:"),
	    "r.yml:5:13: 'cased' needs text, not null");
	assert_refused(ITEM("a|contains: 0x1F"),
	    "r.yml:5:17: 'contains' needs text, not a number");
	assert_refused(ITEM("a: 0x10000000000000000"),
	    "r.yml:5:8: the number is too long");
	assert_refused(ITEM("a|gte: 010"), "r.yml:5:12: 'gte' needs a number");
	assert_refused(ITEM("a|hour: 5.5"),
	    "r.yml:5:13: 'hour' of a time needs a whole number");
	assert_refused(ITEM("a|contains: [b, null]"),
	    "r.yml:5:21: 'contains' "
	    "needs text, not null");
	assert_refused(ITEM("a|gte: x"),
	    "r.yml:5:12: 'gte' needs a number, "
	    "not 'x'");
	assert_refused(ITEM("a|exists: 1"), "r.yml:5:15: 'exists' needs true");
	assert_refused(ITEM("a|exists: [true]"), "r.yml:5:15: 'exists' needs");
	assert_refused(ITEM("a|cidr: 10.0.0.1/8"), "r.yml:5:13: 'cidr': ");
	assert_refused(ITEM("a|cidr: x"), "r.yml:5:13: 'cidr': ");
	assert_refused(ITEM("a|re: '('"),
	    "r.yml:5:11: the regex does not "
	    "compile: ");
	assert_refused(ITEM("a|re: '(?=x)'"), "r.yml:5:11: the regex does");
	assert_refused(ITEM("a|re: 5"), "r.yml:5:11: 're' needs text");
	assert_refused(ITEM("a: []"), "r.yml:5:8: an empty list can never");
	assert_refused(ITEM("a: {b: c}"),
	    "r.yml:5:8: a value must be a "
	    "scalar, not a map");
	assert_refused(ITEM("a: [[b]]"),
	    "r.yml:5:9: a value must be a scalar, "
	    "not a list");
	assert_refused(ITEM("{}"), "r.yml:5:5: an empty search says nothing");
	assert_refused(ITEM("- null"), "r.yml:5:7: a keyword must not be null");
}

static void
what_sigma_no_longer_has_is_refused_by_name(void **state)
{
	(void)state;
	assert_refused("title: t\naction: global\n" BODY,
	    "r.yml:2:1: 'action' documents were taken out of Sigma");
	assert_refused("title: t\nlogsource: {product: p}\ndetection:\n"
		       "  s: {a: b}\n  timeframe: 5m\n  condition: s\n",
	    "r.yml:5:3: 'timeframe' belonged to the old aggregations");
}

static void
the_patrol_key_is_strict(void **state)
{
	(void)state;
	assert_refused(PATROL("  respnd: []"),
	    "r.yml:7:3: unknown key "
	    "'respnd' in 'patrol', did you mean 'respond'?");
	assert_refused(PATROL("  mode: enfroce"),
	    "r.yml:7:9: 'mode' cannot be "
	    "'enfroce', did you mean 'enforce'?");
	assert_refused(PATROL("  mode: []"), "r.yml:7:9: 'mode' must be a");
	assert_refused(PATROL("  realert: 1x"), "r.yml:7:12: 'realert': ");
	assert_refused(PATROL("  realert: 366d"),
	    "r.yml:7:12: 'realert' is a "
	    "year at the most");
	assert_refused(PATROL("  family: atack"),
	    "r.yml:7:11: 'family' cannot "
	    "be 'atack', did you mean 'attack'?");
	assert_refused(PATROL("  respond: [deactivat]"),
	    "r.yml:7:13: "
	    "'respond' cannot be 'deactivat', did you mean 'deactivate'?");
	assert_refused(PATROL("  respond: {a: b}"),
	    "r.yml:7:12: 'respond' "
	    "must be a list");
	assert_refused("title: t\n" BODY "patrol: x\n",
	    "r.yml:6:9: 'patrol' must be a map");
}

static void
responses_that_nobody_carries_out_are_refused(void **state)
{
	static const char *const words[] = {"quarantine", "deny-source",
	    "notify-owner", "exec"};
	char			 yaml[300], begin[100];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(yaml, sizeof(yaml),
		    PATROL("  respond: [deactivate, %s]"), words[i]);
		snprintf(begin, sizeof(begin),
		    "r.yml:7:25: response '%s' is "
		    "not supported yet",
		    words[i]);
		assert_refused(yaml, begin);
	}
}

static void
all_faults_are_told_at_once(void **state)
{
	struct complaints c;
	struct ruleset	 *rs;

	(void)state;
	complain_init(&c);
	rs = ruleset_load_text("r.yml",
	    SLICE("level: x\nid: y\n"
		  "logsource: {}\ndetection:\n  s: {'a|contains': 5, 'b|foo': "
		  "1}\n"
		  "  condition: s and t\npatrol: {mode: x, respnd: y}\n"
		  "---\ntitle: t\n"),
	    &fixture_limits, &c);
	assert_null(rs);
	assert_int_equal(c.errors, 10);
	complain_clear(&c);
}

/* All complaints about a text, a line each, by their places. */
static void
assert_complaints(const char *yaml, const char *want)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;
	size_t		  i;

	complain_init(&c);
	buf_init(&b);
	rs = ruleset_survey_text("r.yml", slice_of(yaml), &fixture_limits, &c);
	for (i = 0; i < c.n; i++) {
		complain_format(&c.list[i], &b);
		buf_addc(&b, '\n');
	}
	assert_string_equal(buf_str(&b), want);
	ruleset_free(&rs);
	buf_clear(&b);
	complain_clear(&c);
}

/* It would be told, and found, by what stands in front of that. */
static void
a_name_has_no_nul(void **state)
{
#define AS(title, more)                                       \
	"title: " title "\n" more "logsource: {product: x}\n" \
	"detection: {s: {a: \"b\\0\"}, condition: s}\n"

	(void)state;
	assert_refused(AS("\"a\\0b\"", ""),
	    "r.yml:1:8: 'title' has a NUL character");
	assert_refused(AS("a", "name: \"a\\0b\"\n"),
	    "r.yml:2:7: 'name' has a NUL character");
	assert_refused(AS("a", "description: \"a\\0b\"\n"),
	    "r.yml:2:14: 'description' has a NUL character");
	assert_complaints(AS("a", ""), "");
}

/* Who mends one fault must not find the next one behind it. */
static void
a_fault_hides_no_other(void **state)
{
	(void)state;
	assert_complaints("title: t\nlogsource: {product: patrol}\ndetection:\n"
			  "  s: {acton: pull, 'x|contian': y}\n"
			  "  unused: {action: pull}\n"
			  "  condition: s and missing\n",
	    "r.yml:4:7: warning: patrol knows no field 'acton', did you mean "
	    "'action'?\n"
	    "r.yml:4:23: unknown modifier 'contian', did you mean "
	    "'contains'?\n"
	    "r.yml:6:20: the condition names 'missing', which the detection "
	    "does not have\n");
	assert_complaints("title: t\nlogsource: {product: patrol}\ndetection:\n"
			  "  s: {'x|contian': y}\n"
			  "  unused: {action: pull}\n"
			  "  condition: s\n",
	    "r.yml:4:10: unknown modifier 'contian', did you mean "
	    "'contains'?\n"
	    "r.yml:5:3: warning: 'unused' is not used by the condition\n");
	assert_complaints("title: b\nname: b\nlogsource: {product: patrol}\n"
			  "detection: {s: {action: pull}, condition: s}\n"
			  "---\ntitle: c\ncorrelation:\n  type: event_count\n"
			  "  rules: [b, nobody]\n  group-by: [tokn]\n"
			  "  timespan: 1q\n  condition: {gte: 1}\n",
	    "r.yml:9:14: no rule has the id or name 'nobody'\n"
	    "r.yml:10:14: warning: patrol knows no field 'tokn', did you mean "
	    "'token'?\n"
	    "r.yml:11:13: a correlation needs a 'timespan': a number and one "
	    "of s m h d w M y, as in '10m'\n");
#define NAMED(id, name, level)                                            \
	"title: t\nid: " id "\nname: " name "\nlogsource: {product: x}\n" \
	"detection: {s: {a: b}, condition: s}\nlevel: " level "\n---\n"
	/* Names that are taken, of rules with faults: 1 and 3 are, 2 is not. */
	assert_complaints(NAMED(UUID, "n", "hihg") NAMED(UUID_UPPER, "m", "low")
			      NAMED(UUID, "n", "hihg"),
	    "r.yml:2:5: id '" UUID "' is taken by the rule at r.yml:8\n"
	    "r.yml:6:8: 'level' is one of informational, low, medium, high, "
	    "critical, did you mean 'high'?\n"
	    "r.yml:16:5: id '" UUID "' is taken by the rule at r.yml:8\n"
	    "r.yml:17:7: name 'n' is taken by the rule at r.yml:1\n"
	    "r.yml:20:8: 'level' is one of informational, low, medium, high, "
	    "critical, did you mean 'high'?\n");
}

static void
a_key_of_a_tests_use_may_be_nearly_one(void **state)
{
	(void)state;
	assert_complaints(HEAD
	    "  s: {action: pull}\n  condition: s\npatrol:\n  tests:\n"
	    "    - name: n\n      uses:\n"
	    "        - {repat: 2, evry: 2, acton: 'p{n}', repeat: 3}\n"
	    "        - {source: {ip: 192.0.2.1}, repository: a, event: b, at: "
	    "1s}\n"
	    "      expect: []\n",
	    "r.yml:10:12: warning: 'repat' is taken for a field, did you mean "
	    "'repeat'?\n"
	    "r.yml:10:22: warning: 'evry' is taken for a field, did you mean "
	    "'every'?\n"
	    "r.yml:10:31: warning: patrol knows no field 'acton', did you mean "
	    "'action'?\n");
}

/* What a correlation counts, and has aliases for, are fields as well. */
static void
a_field_of_a_correlation_may_be_nearly_one(void **state)
{
	(void)state;
	assert_complaints("title: b\nname: b\nlogsource: {product: patrol}\n"
			  "detection: {s: {action: pull}, condition: s}\n"
			  "---\ntitle: c\ncorrelation:\n  type: value_count\n"
			  "  rules: [b]\n  group-by: [who, acount]\n"
			  "  aliases: {who: {b: tokn}, acount: {b: account}}\n"
			  "  timespan: 1m\n"
			  "  condition: {field: repositry, gte: 2}\n",
	    "r.yml:11:22: warning: patrol knows no field 'tokn', did you mean "
	    "'token'?\n"
	    "r.yml:13:22: warning: patrol knows no field 'repositry', did you "
	    "mean 'repository'?\n");
}

static void
a_key_that_is_nearly_one_of_a_rule_is_a_warning(void **state)
{
	(void)state;
	assert_complaints(HEAD "  s: {a: b}\n  condition: s\nlevle: high\n"
			       "flasepositives: [x]\nmy-own: 5\n",
	    "r.yml:6:1: warning: a rule has no key 'levle', did you mean "
	    "'level'?\n"
	    "r.yml:7:1: warning: a rule has no key 'flasepositives', did you "
	    "mean 'falsepositives'?\n");
}

static void
an_identifier_nobody_uses_is_a_warning(void **state)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;

	(void)state;
	complain_init(&c);
	rs = ruleset_load_text("r.yml",
	    SLICE(HEAD "  s: {a: b}\n"
		       "  filter: {c: d}\n  _x: {e: f}\n  condition: s\n"),
	    &fixture_limits, &c);
	assert_non_null(rs);
	assert_int_equal(c.warnings, 1);
	buf_init(&b);
	complain_format(&c.list[0], &b);
	assert_string_equal(buf_str(&b),
	    "r.yml:5:3: warning: 'filter' is not "
	    "used by the condition");
	buf_clear(&b);
	complain_clear(&c);
	ruleset_free(&rs);
}

/* As pySigma has it; published rules live by it. */
static void
a_name_that_no_condition_can_say_is_a_warning(void **state)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;

	(void)state;
	complain_init(&c);
	rs = ruleset_load_text("r.yml",
	    SLICE(HEAD "  s_a.b: {a: b}\n"
		       "  condition: 1 of s_*\n"),
	    &fixture_limits, &c);
	assert_non_null(rs);
	assert_int_equal(c.n, 1);
	buf_init(&b);
	complain_format(&c.list[0], &b);
	assert_string_equal(buf_str(&b),
	    "r.yml:4:3: warning: only a pattern "
	    "can select 's_a.b': names in a condition are of letters, digits, "
	    "'_' and '-'");
	buf_clear(&b);
	complain_clear(&c);
	ruleset_free(&rs);
	assert_refused(HEAD "  s.b: {a: b}\n  condition: s.b\n",
	    "r.yml:4:3: warning: only a pattern can select");
	assert_refused(HEAD "  '': {a: b}\n  condition: 1 of *\n",
	    "r.yml:4:3: a search needs a name");
}

static void
files_and_folders_are_told_when_they_cannot_be_read(void **state)
{
	const char	 *paths[] = {"/nonexistent/rules", "rules"};
	struct complaints c;

	(void)state;
	complain_init(&c);
	assert_null(ruleset_load(paths, 2, &fixture_limits, &c));
	assert_int_equal(c.errors, 1);
	assert_string_equal(c.list[0].file, "/nonexistent/rules");
	complain_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_has_what_it_was_given),
	    cmocka_unit_test(what_is_left_out_has_a_default),
	    cmocka_unit_test(names_of_modes_and_levels_are_words),
	    cmocka_unit_test(mandatory_parts_are_asked_for),
	    cmocka_unit_test(a_level_may_have_any_case_and_none),
	    cmocka_unit_test(ids_and_levels_are_checked),
	    cmocka_unit_test(a_title_has_256_characters_at_the_most),
	    cmocka_unit_test(a_title_may_be_of_any_script),
	    cmocka_unit_test(names_are_text),
	    cmocka_unit_test(uuids_compare_without_case),
	    cmocka_unit_test(ids_and_names_are_taken_once),
	    cmocka_unit_test(modifiers_that_make_no_sense_are_refused),
	    cmocka_unit_test(values_that_do_not_fit_are_refused),
	    cmocka_unit_test(what_sigma_no_longer_has_is_refused_by_name),
	    cmocka_unit_test(the_patrol_key_is_strict),
	    cmocka_unit_test(responses_that_nobody_carries_out_are_refused),
	    cmocka_unit_test(all_faults_are_told_at_once),
	    cmocka_unit_test(a_name_has_no_nul),
	    cmocka_unit_test(a_fault_hides_no_other),
	    cmocka_unit_test(a_field_of_a_correlation_may_be_nearly_one),
	    cmocka_unit_test(a_key_of_a_tests_use_may_be_nearly_one),
	    cmocka_unit_test(a_key_that_is_nearly_one_of_a_rule_is_a_warning),
	    cmocka_unit_test(an_identifier_nobody_uses_is_a_warning),
	    cmocka_unit_test(a_name_that_no_condition_can_say_is_a_warning),
	    cmocka_unit_test(
		files_and_folders_are_told_when_they_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
