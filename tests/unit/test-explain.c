#include "rule/explain.h"

#include "base/mem.h"
#include "rule-fixture.h"
#include "use/json.h"

#define COUNT3                                                                 \
	"title: pulls\nname: pulls\nlogsource: {product: patrol}\n"            \
	"detection: {s: {action: pull}, condition: s}\n---\n"                  \
	"title: many\nname: many\ncorrelation:\n  type: event_count\n"         \
	"  rules: [pulls]\n  group-by: [token]\n  timespan: 1m\n  condition: " \
	"{gte: 3}\n"

static void
assert_json(struct slice s)
{
	static const struct json_limits limits = {.text = 1 << 20,
	    .string = 1 << 16,
	    .fields = 65536,
	    .depth = 14,
	    .index_lists = true};
	struct json_reader	       *r = json_reader_new(&limits);
	const struct json_field	       *f;
	struct error			err;
	size_t				n;

	if (json_read_copy(r, s, &f, &n, &err) != JSON_OK)
		fail_msg("%s: %.*s", err.text, SLICE_ARG(s));
	json_reader_free(&r);
}

/* What is told of the rule of that name at the use just judged. */
static char *
told_max(struct ruleset *rs, const char *name, size_t max)
{
	struct buf b;
	char	  *s;

	buf_init(&b);
	ruleset_explain(rs, ruleset_find(rs, slice_of(name)), max, &b);
	assert_json(buf_slice(&b));
	assert_true(b.n <= max + EXPLAIN_OVER);
	s = slice_dup(buf_slice(&b));
	buf_clear(&b);
	return s;
}

static char *
told(struct ruleset *rs, const char *name)
{
	return told_max(rs, name, EXPLAIN_BYTES);
}

static void
assert_has(char *told, const char *part)
{
	if (strstr(told, part) == NULL)
		fail_msg("no %s in\n%s", part, told);
	free(told);
}

/* Of a detection with that body at a use of these words. */
static char *
told_of(const char *body, ...)
{
	const struct verdict *v;
	struct ruleset	     *rs;
	char		      yaml[4096], *s;
	va_list		      ap;

	snprintf(yaml, sizeof(yaml), HEAD "%s", body);
	rs = rules_load(yaml);
	va_start(ap, body);
	judge_va(rs, 0, &v, ap);
	va_end(ap);
	s = told(rs, "t");
	ruleset_free(&rs);
	return s;
}

/* ---- detections ---- */

static void
each_identifier_says_whether_it_held(void **state)
{
	(void)state;
	assert_has(told_of("  a: {action: pull}\n  b: {outcome: denied}\n"
			   "  condition: a and b\n",
		       "action", "pull", "outcome", "success", NULL),
	    "\"identifiers\":[{\"name\":\"a\",\"held\":true,\"search\":{"
	    "\"held\":true,\"line\":4,\"field\":\"action\",\"values\":["
	    "\"pull\"],\"members\":[{\"value\":\"pull\",\"by\":\"pull\"}]}},"
	    "{\"name\":\"b\",\"held\":false,\"search\":{\"held\":false,"
	    "\"line\":5,\"field\":\"outcome\",\"values\":[\"denied\"],"
	    "\"members\":[{\"value\":\"success\"}]}}]");
}

static void
each_part_of_the_condition_has_its_value(void **state)
{
	(void)state;
	assert_has(told_of("  sel: {action: pull}\n  f_1: {outcome: denied}\n"
			   "  f_2: {tag: x}\n"
			   "  condition: sel and not (1 of f_* or sel)\n",
		       "action", "pull", "outcome", "denied", NULL),
	    "\"condition\":{\"text\":\"sel and not (1 of f_* or sel)\","
	    "\"held\":false,\"parts\":[{\"text\":\"1 of f_*\",\"held\":true},"
	    "{\"text\":\"1 of f_* or sel\",\"held\":true},"
	    "{\"text\":\"not (1 of f_* or sel)\",\"held\":false},"
	    "{\"text\":\"sel and not (1 of f_* or sel)\",\"held\":false}]}");
}

static void
a_list_of_conditions_is_told_as_one(void **state)
{
	(void)state;
	assert_has(told_of("  a: {action: pull}\n  b: {tag: x}\n"
			   "  condition: [not a, b]\n",
		       "action", "push", NULL),
	    "\"text\":\"(not a) or (b)\",\"held\":true,"
	    "\"parts\":[{\"text\":\"not a\",\"held\":true}]");
}

static void
the_value_that_a_member_satisfies_is_named(void **state)
{
	(void)state;
	assert_has(told_of("  s: {list|contains: [x, bc]}\n  condition: s\n",
		       "list", "q", "list", "+abcd", NULL),
	    "\"modifiers\":\"contains\",\"values\":[\"x\",\"bc\"],"
	    "\"members\":[{\"value\":\"abcd\",\"by\":\"bc\"},"
	    "{\"value\":\"q\"}]");
	assert_has(told_of("  s: {n|gte: 10}\n  condition: s\n", "n", "#12",
		       NULL),
	    "\"values\":[\"10\"],\"members\":[{\"value\":\"12\",\"by\":"
	    "\"10\"}]");
}

static void
an_absent_field_has_no_members(void **state)
{
	(void)state;
	assert_has(told_of("  s: {tag: x}\n  condition: s\n", "action", "pull",
		       NULL),
	    "\"held\":false,\"line\":4,\"field\":\"tag\",\"values\":[\"x\"],"
	    "\"members\":[]");
	assert_has(told_of("  s: {tag|exists: false}\n  condition: s\n",
		       "action", "pull", NULL),
	    "\"modifiers\":\"exists\",\"exists\":false,\"members\":[]");
}

static void
keywords_have_no_field(void **state)
{
	(void)state;
	assert_has(told_of("  s: [ull]\n  condition: s\n", "action", "pull",
		       NULL),
	    "\"search\":{\"held\":true,\"field\":null,\"values\":[\"ull\"],"
	    "\"members\":[{\"value\":\"pull\",\"by\":\"ull\"}");
}

static void
lists_of_maps_keep_their_form(void **state)
{
	(void)state;
	assert_has(told_of("  s:\n    - {action: pull, tag: x}\n"
			   "    - {action: push}\n  condition: s\n",
		       "action", "push", NULL),
	    "\"search\":{\"op\":\"or\",\"held\":true,\"of\":[{\"op\":\"and\","
	    "\"held\":false,\"of\":[{");
}

static void
a_filter_is_told_beside_the_rule(void **state)
{
	const struct verdict *v;
	struct ruleset	     *rs;

	(void)state;
	rs = rules_load(
	    "title: t\nname: t\nlogsource: {product: patrol}\n"
	    "detection: {s: {action: pull}, condition: s}\n---\n"
	    "title: but ours\nlogsource: {product: patrol}\n"
	    "filter: {rules: [t], own: {account: us}, condition: not own}\n");
	assert_int_equal(judge(rs, 0, &v, "action", "pull", "account", "us",
			     NULL),
	    0);
	assert_has(told(rs, "t"),
	    "\"condition\":{\"text\":\"s\",\"held\":true,\"parts\":[]}");
	assert_has(told(rs, "t"), "\"title\":\"t\",\"held\":false");
	assert_has(told(rs, "t"),
	    "\"filters\":[{\"title\":\"but ours\",\"file\":\"r.yml\","
	    "\"condition\":{\"text\":\"not own\",\"held\":false,");
	ruleset_free(&rs);
}

static void
what_is_too_much_is_left_out_and_counted(void **state)
{
	struct buf	      yaml;
	struct ruleset	     *rs;
	const struct verdict *v;
	int		      i;

	(void)state;
	buf_init(&yaml);
	buf_adds(&yaml, HEAD "  s:\n    tag:\n");
	for (i = 0; i < 23; i++)
		buf_addf(&yaml, "      - v%d\n", i);
	buf_adds(&yaml, "  condition: s\n");
	rs = rules_load(buf_str(&yaml));
	judge(rs, 0, &v, "tag", "v22", NULL);
	/* The one that matters is told all the same. */
	assert_has(told(rs, "t"),
	    "\"v19\"],\"values_left_out\":3,\"members\":[{\"value\":\"v22\","
	    "\"by\":\"v22\"}]");
	assert_has(told_max(rs, "t", 0), "\"left_out\":1");
	ruleset_free(&rs);
	buf_clear(&yaml);
}

static void
long_text_is_cut_between_characters(void **state)
{
	char text[400], part[500];

	(void)state;
	/* The 200th byte is the second of a character. */
	memset(text, 'a', sizeof text);
	memcpy(text + 199, "\xC3\xA9", 2);
	text[300] = '\0';
	snprintf(part, sizeof part, "\"value\":\"%.199s…\"}", text);
	assert_has(told_of("  s: {tag: x}\n  condition: s\n", "tag", text,
		       NULL),
	    part);
	text[200] = '\0';
	memcpy(text + 198, "bb", 2);
	snprintf(part, sizeof part, "\"value\":\"%s\"}", text);
	assert_has(told_of("  s: {tag: x}\n  condition: s\n", "tag", text,
		       NULL),
	    part);
}

/* ---- correlations ---- */

static void
a_count_shows_its_window(void **state)
{
	struct ruleset	     *rs = rules_load(COUNT3);
	const struct verdict *v;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", NULL);
	judge(rs, 10 * USEC_SEC, &v, "action", "pull", "token", "a", "count",
	    "#2", NULL);
	assert_has(told(rs, "many"),
	    "\"rules\":[{\"rule\":\"pulls\",\"title\":\"pulls\","
	    "\"held\":true}],\"condition\":{\"text\":\"gte 3\"},"
	    "\"group_by\":[\"token\"],\"timespan_seconds\":60,"
	    "\"groups\":[{\"key\":{\"token\":\"a\"},\"fed\":true,"
	    "\"held\":true,\"measured\":3,\"window\":["
	    "{\"time\":\"2024-01-01T00:00:00Z\"},"
	    "{\"time\":\"2024-01-01T00:00:10Z\",\"count\":2}]}],"
	    "\"based_on\":[{\"rule\":\"pulls\"");
	ruleset_free(&rs);
}

static void
a_use_that_does_not_feed_shows_the_window_as_it_is(void **state)
{
	struct ruleset	     *rs = rules_load(COUNT3);
	const struct verdict *v;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", NULL);
	judge(rs, 1, &v, "action", "push", "token", "a", NULL);
	assert_has(told(rs, "many"),
	    "\"fed\":false,\"held\":false,\"measured\":1,\"window\":[{");
	judge(rs, 2, &v, "action", "push", "token", "b", NULL);
	assert_has(told(rs, "many"),
	    "\"fed\":false,\"held\":false,\"measured\":0}]");
	judge(rs, 3, &v, "action", "pull", NULL);
	assert_has(told(rs, "many"), "\"lacks\":\"token\",\"groups\":[]");
	ruleset_free(&rs);
}

static void
distinct_values_have_the_time_they_were_last_seen(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: p\nname: p\nlogsource: {product: patrol}\n"
	    "detection: {s: {action: pull}, condition: s}\n---\n"
	    "title: c\nname: c\ncorrelation: {type: value_count, rules: [p], "
	    "group-by: [token], timespan: 1m, condition: {field: tag, gt: "
	    "1}}\n");
	const struct verdict *v;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", "tag", "x", NULL);
	judge(rs, USEC_SEC, &v, "action", "pull", "token", "a", "tag", "y",
	    NULL);
	assert_has(told(rs, "c"),
	    "\"condition\":{\"text\":\"gt 1\"},\"field\":[\"tag\"],");
	assert_has(told(rs, "c"),
	    "\"held\":true,\"measured\":2,\"window\":[{\"value\":\"y\","
	    "\"last\":\"2024-01-01T00:00:01Z\"},{\"value\":\"x\","
	    "\"last\":\"2024-01-01T00:00:00Z\"}]");
	ruleset_free(&rs);
}

#define PAIR(type)                                                         \
	"title: a\nname: a\nlogsource: {product: patrol}\n"                \
	"detection: {s: {action: pull}, condition: s}\n---\n"              \
	"title: b\nname: b\nlogsource: {product: patrol}\n"                \
	"detection: {s: {action: push}, condition: s}\n---\n"              \
	"title: c\nname: c\ncorrelation: {type: " type ", rules: [a, b], " \
	"group-by: [token], timespan: 1m}\n"

static void
a_sequence_shows_where_it_began(void **state)
{
	struct ruleset	     *rs = rules_load(PAIR("temporal_ordered"));
	const struct verdict *v;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", NULL);
	assert_has(told(rs, "c"),
	    "\"condition\":{\"text\":\"all of the rules\"}");
	assert_has(told(rs, "c"),
	    "\"measured\":1,\"window\":[{\"rule\":\"a\",\"start\":"
	    "\"2024-01-01T00:00:00Z\"},{\"rule\":\"b\",\"start\":null}]");
	ruleset_free(&rs);
}

static void
what_was_seen_together_shows_its_times(void **state)
{
	struct ruleset	     *rs = rules_load(PAIR("temporal"));
	const struct verdict *v;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", NULL);
	judge(rs, 2 * USEC_MIN, &v, "action", "push", "token", "a", NULL);
	assert_has(told(rs, "c"),
	    "\"held\":false,\"measured\":1,\"window\":[{\"rule\":\"a\","
	    "\"last\":null},{\"rule\":\"b\",\"last\":"
	    "\"2024-01-01T00:02:00Z\"}]");
	ruleset_free(&rs);
}

static void
a_figure_shows_its_values(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: p\nname: p\nlogsource: {product: patrol}\n"
	    "detection: {s: {action: pull}, condition: s}\n---\n"
	    "title: c\nname: c\ncorrelation: {type: value_avg, rules: [p], "
	    "group-by: [token], timespan: 1m, condition: {field: bytes, gt: "
	    "5}}\n");
	const struct verdict *v;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", "bytes", "#2", NULL);
	judge(rs, 1, &v, "action", "pull", "token", "a", "bytes", "#3", NULL);
	assert_has(told(rs, "c"),
	    "\"measured\":2.5,\"window\":[{\"time\":\"2024-01-01T00:00:00Z\","
	    "\"value\":2},{\"time\":\"2024-01-01T00:00:00.000001Z\","
	    "\"value\":3}]");
	judge(rs, 1, &v, "action", "pull", "token", "a", NULL);
	assert_has(told(rs, "c"), "\"lacks\":\"bytes\"");
	ruleset_free(&rs);
}

/* ---- a look without judging ---- */

static char *
tried(struct ruleset *rs, const char *name, usec_t at, const char *action,
    const char *tag)
{
	static struct use u;
	struct buf	  b;
	char		 *s;

	use_init(&u, T0 + at);
	use_word(&u, "action", action);
	use_word(&u, "token", "a");
	use_word(&u, "tag", tag);
	use_word(&u, "bytes", "#7");
	buf_init(&b);
	ruleset_explain_use(rs, ruleset_find(rs, slice_of(name)), &u,
	    EXPLAIN_BYTES, &b);
	assert_json(buf_slice(&b));
	s = slice_dup(buf_slice(&b));
	buf_clear(&b);
	return s;
}

static void
trying_a_use_moves_nothing(void **state)
{
	struct ruleset	     *rs = rules_load(COUNT3);
	const struct verdict *v;
	struct rule_stats     stats;
	int		      i;

	(void)state;
	judge(rs, 0, &v, "action", "pull", "token", "a", NULL);
	judge(rs, 1, &v, "action", "pull", "token", "a", NULL);
	for (i = 0; i < 5; i++)
		assert_has(tried(rs, "many", 2, "pull", "x"),
		    "\"held\":true,\"measured\":3,\"before\":2,\"window\":[");
	/* Late, on time and far ahead. */
	assert_has(tried(rs, "many", -5, "pull", "x"), "\"late\":true");
	assert_has(tried(rs, "many", USEC_HOUR, "pull", "x"),
	    "\"held\":false,\"measured\":1,\"before\":2");
	ruleset_stats(rs, 1, &stats);
	assert_int_equal(stats.hits, 0);
	assert_int_equal(stats.keys, 1);
	assert_int_equal(judge(rs, 2, &v, "action", "pull", "token", "a", NULL),
	    1);
	assert_int_equal(v[0].count, 3);
	ruleset_free(&rs);
}

#define EVERY_TYPE                                                           \
	"title: p\nname: p\nlogsource: {product: patrol}\n"                  \
	"detection: {s: {action: pull}, condition: s}\n---\n"                \
	"title: q\nname: q\nlogsource: {product: patrol}\n"                  \
	"detection: {s: {tag: x}, condition: s}\n---\n"                      \
	"title: c1\nname: c1\ncorrelation: {type: event_count, rules: [p], " \
	"group-by: [token], timespan: 1m, condition: {gte: 3}}\n---\n"       \
	"title: c2\nname: c2\ncorrelation: {type: value_count, rules: [p], " \
	"group-by: [token], timespan: 1m, condition: {field: tag, gte: "     \
	"3}}\n---\n"                                                         \
	"title: c3\nname: c3\ncorrelation: {type: temporal, rules: [p, q], " \
	"group-by: [token], timespan: 1m}\n---\n"                            \
	"title: c4\nname: c4\ncorrelation: {type: temporal_ordered, rules: " \
	"[p, q], group-by: [token], timespan: 1m}\n---\n"                    \
	"title: c5\nname: c5\ncorrelation: {type: value_sum, rules: [p], "   \
	"group-by: [token], timespan: 1m, condition: {field: bytes, gt: "    \
	"20}}\n---\n"                                                        \
	"title: c6\nname: c6\ncorrelation: {type: value_median, rules: "     \
	"[p], group-by: [token], timespan: 1m, condition: {field: bytes, "   \
	"gt: 6}}\n---\n"                                                     \
	"title: c7\nname: c7\ncorrelation: {type: event_count, rules: "      \
	"[c1, c2], group-by: [token], timespan: 1m, condition: {gte: 2}}\n"

/* Two sets get the same uses; one is looked at before each. */
static void
looking_changes_no_verdict(void **state)
{
	static const char *const tags[] = {"x", "y", "z", "w"};
	struct ruleset *a = rules_load(EVERY_TYPE), *b = rules_load(EVERY_TYPE);
	const struct verdict *v, *w;
	char		      name[3] = "c1";
	unsigned	      r = 1, i;
	usec_t		      t = 0;
	size_t		      n;

	(void)state;
	for (i = 0; i < 400; i++) {
		r = r * 1103515245 + 12345;
		t += (usec_t)(r >> 16 & 31) * USEC_SEC - 4 * USEC_SEC;
		for (name[1] = '1'; name[1] <= '7'; name[1]++)
			free(tried(a, name, t, r & 1 << 20 ? "pull" : "push",
			    tags[r >> 22 & 3]));
		n = judge(a, t, &v, "action", r & 1 << 20 ? "pull" : "push",
		    "token", "a", "tag", tags[r >> 22 & 3], "bytes", "#7",
		    NULL);
		assert_int_equal(judge(b, t, &w, "action",
				     r & 1 << 20 ? "pull" : "push", "token",
				     "a", "tag", tags[r >> 22 & 3], "bytes",
				     "#7", NULL),
		    n);
		while (n-- > 0) {
			assert_string_equal(v[n].rule->id, w[n].rule->id);
			assert_int_equal(v[n].count, w[n].count);
			assert_int_equal(v[n].first, w[n].first);
		}
	}
	ruleset_free(&a);
	ruleset_free(&b);
}

#define HELD "\"fed\":true,\"held\":true"

/* What is tried comes true, when the same use is judged after it. */
static void
a_try_tells_what_judging_says(void **state)
{
	struct ruleset	     *rs = rules_load(EVERY_TYPE);
	const struct verdict *v;
	char		      name[3] = "c1", *try, *after;
	unsigned	      r = 7, i, held = 0;
	usec_t		      t = 0;

	(void)state;
	for (i = 0; i < 200; i++) {
		r = r * 1103515245 + 12345;
		t += (usec_t)(r >> 16 & 31) * USEC_SEC;
		name[1] = (char)('1' + i % 7);
		try = tried(rs, name, t, "pull", r & 1 << 22 ? "x" : "y");
		judge(rs, t, &v, "action", "pull", "token", "a", "tag",
		    r & 1 << 22 ? "x" : "y", "bytes", "#7", NULL);
		after = told(rs, name);
		held += strstr(try, HELD) != NULL;
		assert_int_equal(strstr(try, HELD) != NULL,
		    strstr(after, HELD) != NULL);
		free(try);
		free(after);
	}
	assert_in_range(held, 20, 180);
	ruleset_free(&rs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_identifier_says_whether_it_held),
	    cmocka_unit_test(each_part_of_the_condition_has_its_value),
	    cmocka_unit_test(a_list_of_conditions_is_told_as_one),
	    cmocka_unit_test(the_value_that_a_member_satisfies_is_named),
	    cmocka_unit_test(an_absent_field_has_no_members),
	    cmocka_unit_test(keywords_have_no_field),
	    cmocka_unit_test(lists_of_maps_keep_their_form),
	    cmocka_unit_test(a_filter_is_told_beside_the_rule),
	    cmocka_unit_test(what_is_too_much_is_left_out_and_counted),
	    cmocka_unit_test(long_text_is_cut_between_characters),
	    cmocka_unit_test(a_count_shows_its_window),
	    cmocka_unit_test(
		a_use_that_does_not_feed_shows_the_window_as_it_is),
	    cmocka_unit_test(distinct_values_have_the_time_they_were_last_seen),
	    cmocka_unit_test(a_sequence_shows_where_it_began),
	    cmocka_unit_test(what_was_seen_together_shows_its_times),
	    cmocka_unit_test(a_figure_shows_its_values),
	    cmocka_unit_test(trying_a_use_moves_nothing),
	    cmocka_unit_test(looking_changes_no_verdict),
	    cmocka_unit_test(a_try_tells_what_judging_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
