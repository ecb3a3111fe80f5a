#include "rule-fixture.h"

#include "stream/distinct.h"

#define END (const char *)NULL
#define DENIED                                                           \
	"title: base\nname: base\nlogsource: {product: p}\ndetection:\n" \
	"  s: {outcome: denied}\n  condition: s\n"
#define COUNT(n)                                                      \
	"---\ntitle: c\nname: c\ncorrelation:\n  type: event_count\n" \
	"  rules: [base]\n  group-by: [token]\n  timespan: 10s\n"     \
	"  condition: {gte: " n "}\n"

static const struct verdict *verdict;

static size_t
denied(struct ruleset *rs, usec_t at, const char *token)
{
	return judge(rs, at, &verdict, "token", token, "outcome", "denied",
	    END);
}

static void
the_key_of_a_detection_is_who_did_it(void **state)
{
	struct ruleset *rs = rules_load(DENIED);

	(void)state;
	assert_int_equal(judge(rs, 0, &verdict, "outcome", "denied", "token",
			     "pat_a", "account", "alice", "source.ip", "::1",
			     END),
	    1);
	assert_string_equal(verdict->key_name[0], "token");
	assert_true(slice_is(verdict->key[0], "pat_a"));
	assert_int_equal(verdict->nkey, 1);
	assert_int_equal(verdict->count, 1);
	assert_int_equal(verdict->first, T0);
	assert_int_equal(judge(rs, 0, &verdict, "outcome", "denied", "account",
			     "alice", "source.ip", "::1", END),
	    1);
	assert_string_equal(verdict->key_name[0], "account");
	assert_int_equal(judge(rs, 0, &verdict, "outcome", "denied",
			     "source.ip", "::1", END),
	    1);
	assert_string_equal(verdict->key_name[0], "source.ip");
	assert_int_equal(judge(rs, 0, &verdict, "outcome", "denied", END), 1);
	assert_int_equal(verdict->nkey, 0);
	ruleset_free(&rs);
}

/* The token endpoint writes none, and what is judged again has none. */
static void
a_use_without_a_text_for_its_time_has_one_all_the_same(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: t\nlogsource: {product: p}\ndetection:\n"
	    "  s: {time|hour: 0, time|minute|gte: 1}\n  condition: s\n");

	(void)state;
	assert_int_equal(T0 % USEC_DAY, 0);
	assert_int_equal(judge(rs, USEC_MIN, &verdict, "token", "x", END), 1);
	assert_int_equal(judge(rs, 0, &verdict, "token", "x", END), 0);
	assert_int_equal(judge(rs, 0, &verdict, "time", "2024-01-01T00:01:00Z",
			     END),
	    1);
	assert_int_equal(judge(rs, USEC_HOUR + USEC_MIN, &verdict, END), 0);
	ruleset_free(&rs);
}

static void
verdicts_come_in_the_order_of_the_rules(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: c\ncorrelation: {type: event_count, rules: base, "
	    "timespan: 10s, condition: {gte: 1}, generate: "
	    "true}\n---\n" DENIED);

	(void)state;
	assert_int_equal(denied(rs, 0, "pat_a"), 2);
	assert_string_equal(verdict[0].rule->title, "c");
	assert_int_equal(verdict[0].rule->index, 0);
	assert_string_equal(verdict[1].rule->title, "base");
	assert_int_equal(verdict[1].rule->index, 1);
	ruleset_free(&rs);
}

static void
a_rule_that_is_off_says_nothing_but_feeds(void **state)
{
	struct ruleset *rs = rules_load(DENIED "patrol: {mode: off}\n");

	(void)state;
	assert_int_equal(denied(rs, 0, "pat_a"), 0);
	ruleset_free(&rs);
	rs = rules_load(DENIED "patrol: {mode: 'off'}\n" COUNT("1"));
	assert_int_equal(denied(rs, 0, "pat_a"), 1);
	ruleset_free(&rs);
}

static void
stats_count_what_held(void **state)
{
	struct ruleset	 *rs = rules_load(DENIED COUNT("2"));
	struct rule_stats s;

	(void)state;
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.hits, 0);
	assert_int_equal(s.last_hit, 0);
	(void)denied(rs, 0, "pat_a");
	(void)denied(rs, 1, "pat_a");
	(void)denied(rs, 2, "pat_b");
	ruleset_stats(rs, 0, &s);
	assert_int_equal(s.hits, 3);
	assert_int_equal(s.last_hit, T0 + 2);
	assert_int_equal(s.keys, 0);
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.hits, 1);
	assert_int_equal(s.last_hit, T0 + 1);
	assert_int_equal(s.keys, 2);
	ruleset_free(&rs);
}

static void
groups_past_the_cap_give_way(void **state)
{
	struct ruleset	 *rs = rules_load(DENIED COUNT("2"));
	struct rule_stats s;
	char		  token[16];
	int		  i;

	(void)state;
	(void)denied(rs, 0, "pat_a");
	for (i = 1; i < 100; i++) {
		snprintf(token, sizeof(token), "pat_%d", i);
		(void)denied(rs, i, token);
	}
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.keys, 100);
	assert_int_equal(s.evicted, 0);
	(void)denied(rs, 100, "pat_new");
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.keys, 100);
	assert_int_equal(s.evicted, 1);
	assert_int_equal(denied(rs, 101, "pat_a"), 0);
	assert_int_equal(denied(rs, 102, "pat_5"), 1);
	ruleset_free(&rs);
}

static void
groups_expire_when_no_late_use_can_reach_them(void **state)
{
	struct ruleset	 *rs = rules_load(DENIED COUNT("2"));
	const usec_t	  reach = USEC_DAY + 10 * USEC_SEC + USE_AHEAD_MAX;
	struct rule_stats s;

	(void)state;
	(void)denied(rs, 0, "pat_a");
	(void)denied(rs, reach, "pat_b");
	(void)denied(rs, reach, "pat_b");
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.keys, 2);
	/* The times of groups are kept to two minutes or so. */
	(void)denied(rs, reach + 300 * USEC_SEC, "pat_b");
	(void)denied(rs, reach + 300 * USEC_SEC, "pat_b");
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.keys, 1);
	assert_int_equal(s.evicted, 0);
	ruleset_free(&rs);
}

static void
windows_of_unchanged_rules_are_carried_over(void **state)
{
	struct ruleset	     *old = rules_load(DENIED COUNT("2")), *new;
	struct rule_stats     s;
	struct ruleset_change change;

	(void)state;
	(void)denied(old, 0, "pat_a");
	/* Another title, level, mode and layout: the same meaning. */
	new = rules_load("# moved\n\n" DENIED "level: low\n" COUNT(
	    "2") "level: high\npatrol: {mode: enforce}\n");
	assert_true(
	    ruleset_rule(new, 1)->meaning == ruleset_rule(old, 1)->meaning);
	ruleset_carry(new, old, &change);
	assert_int_equal(change.carried, 1);
	assert_int_equal(change.reset + change.added + change.gone, 0);
	assert_false(ruleset_rule(new, 1)->anew);
	ruleset_free(&old);
	ruleset_stats(new, 0, &s);
	assert_int_equal(s.hits, 1);
	assert_int_equal(denied(new, 1, "pat_a"), 1);
	ruleset_free(&new);
}

#define SECOND                                                 \
	"---\ntitle: second\n" /* of the same, by outcome */   \
	"correlation:\n  type: event_count\n  rules: [base]\n" \
	"  group-by: [outcome]\n  timespan: 10s\n  condition: {gte: 2}\n"

static void
rules_that_come_and_go_are_counted(void **state)
{
	struct ruleset	     *one = rules_load(DENIED COUNT("2"));
	struct ruleset	     *two = rules_load(DENIED COUNT("2") SECOND);
	struct ruleset_change change;

	(void)state;
	ruleset_carry(two, one, &change);
	assert_int_equal(change.added, 1);
	assert_int_equal(change.reset, 0);
	assert_int_equal(change.gone, 0);
	ruleset_free(&one);
	one = rules_load(DENIED COUNT("2"));
	ruleset_carry(one, two, &change);
	assert_int_equal(change.added, 0);
	assert_int_equal(change.gone, 1);
	ruleset_free(&one);
	ruleset_free(&two);
}

static struct ruleset *
load_capped(size_t keys_in_all)
{
	struct ruleset_limits lim = fixture_limits;

	lim.keys_in_all = keys_in_all;
	return rules_load_with(DENIED COUNT("2") SECOND, &lim);
}

static void
rules_share_a_cap_of_groups(void **state)
{
	struct ruleset	     *rs = load_capped(3), *new;
	struct ruleset_held   held;
	struct ruleset_change change;
	struct rule_stats     s;

	(void)state;
	(void)denied(rs, 0, "pat_a");
	(void)denied(rs, 1, "pat_b"); /* and the one of `denied`: three */
	ruleset_held(rs, &held);
	assert_int_equal(held.keys, 3);
	assert_int_equal(held.evicted, 0);
	(void)denied(rs, 2, "pat_c"); /* pat_a gives way */
	ruleset_held(rs, &held);
	assert_int_equal(held.keys, 3);
	assert_int_equal(held.evicted, 1);
	assert_true(held.bytes > 0);
	ruleset_stats(rs, 1, &s);
	assert_int_equal(s.evicted, 1);
	/* A reload takes them along, and may bring another cap. */
	new = load_capped(2);
	ruleset_carry(new, rs, &change);
	ruleset_free(&rs);
	ruleset_held(new, &held);
	assert_int_equal(held.keys, 2);
	assert_int_equal(held.evicted, 2);
	assert_int_equal(denied(new, 3, "pat_c"), 2);
	ruleset_free(&new);
}

static void
windows_of_changed_rules_start_anew(void **state)
{
	struct ruleset	     *old = rules_load(DENIED COUNT("2")), *new;
	struct ruleset_change change;

	(void)state;
	(void)denied(old, 0, "pat_a");
	new = rules_load(DENIED COUNT("1 , lt: 3"));
	ruleset_carry(new, old, &change);
	assert_int_equal(change.carried, 0);
	assert_int_equal(change.reset, 1);
	assert_true(ruleset_rule(new, 1)->anew);
	assert_false(ruleset_rule(new, 0)->anew);
	ruleset_free(&new);
	/* What feeds it changed. */
	new = rules_load("title: base\nname: base\nlogsource: {product: p}\n"
			 "detection:\n  s: {outcome: [denied, failure]}\n"
			 "  condition: s\n" COUNT("2"));
	ruleset_carry(new, old, &change);
	assert_int_equal(change.carried, 0);
	assert_int_equal(change.reset, 1);
	assert_true(ruleset_rule(new, 1)->anew);
	assert_false(ruleset_rule(new, 0)->anew);
	assert_int_equal(denied(new, 1, "pat_a"), 0);
	ruleset_free(&new);
	ruleset_free(&old);
}

static void
an_empty_text_is_an_empty_set(void **state)
{
	struct ruleset *rs = rules_load("");

	(void)state;
	assert_int_equal(ruleset_count(rs), 0);
	assert_int_equal(ruleset_reach(rs), 0);
	assert_int_equal(denied(rs, 0, "pat_a"), 0);
	ruleset_free(&rs);
	assert_null(rs);
	ruleset_free(&rs);
}

/* The last fault of a set whose rules may take so many bytes, "" for none. */
static const char *
fault_with_room(size_t room, unsigned count, struct buf *out)
{
	struct ruleset_limits lim = {.keys_per_rule = 10, .room_in_all = room};
	struct complaints     c;
	struct ruleset	     *rs;
	struct buf	      text;

	buf_init(&text);
	buf_addf(&text,
	    HEAD "  s: {action: pull}\n  condition: s\nname: b\n---\n"
		 "title: c\ncorrelation:\n  type: value_count\n  rules: [b]\n"
		 "  timespan: 1h\n  condition: {field: repository, gte: %u}\n",
	    count);
	complain_init(&c);
	rs = ruleset_load_text("r.yml", buf_slice(&text), &lim, &c);
	assert_true((rs == NULL) == (c.errors > 0));
	out->n = 0;
	if (c.n > 0)
		complain_format(&c.list[c.n - 1], out);
	ruleset_free(&rs);
	complain_clear(&c);
	buf_clear(&text);
	return buf_str(out);
}

static void
a_count_that_memory_cannot_hold_is_refused(void **state)
{
	size_t	   room = distinct_least(20000);
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_string_equal(fault_with_room(room, 20000, &b), "");
	assert_string_equal(fault_with_room(0, 100000, &b), "");
	assert_non_null(strstr(fault_with_room(room, 20001, &b),
	    "r.yml:13:14: it never holds: so many values take more memory "
	    "than the "));
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_key_of_a_detection_is_who_did_it),
	    cmocka_unit_test(
		a_use_without_a_text_for_its_time_has_one_all_the_same),
	    cmocka_unit_test(verdicts_come_in_the_order_of_the_rules),
	    cmocka_unit_test(a_rule_that_is_off_says_nothing_but_feeds),
	    cmocka_unit_test(stats_count_what_held),
	    cmocka_unit_test(groups_past_the_cap_give_way),
	    cmocka_unit_test(groups_expire_when_no_late_use_can_reach_them),
	    cmocka_unit_test(windows_of_unchanged_rules_are_carried_over),
	    cmocka_unit_test(rules_that_come_and_go_are_counted),
	    cmocka_unit_test(rules_share_a_cap_of_groups),
	    cmocka_unit_test(a_count_that_memory_cannot_hold_is_refused),
	    cmocka_unit_test(windows_of_changed_rules_start_anew),
	    cmocka_unit_test(an_empty_text_is_an_empty_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
