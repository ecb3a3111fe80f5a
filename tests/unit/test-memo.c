#include "rule-fixture.h"

#include <string.h>

#include "rule/memo.h"

static struct use u;

/* Of a use of "key", "word" pairs: is it known what held?  How many then. */
static int
known(struct memo *m, struct fields *f, ...)
{
	const uint32_t *held;
	const char     *key;
	va_list		ap;
	size_t		n;

	use_init(&u, T0);
	va_start(ap, f);
	while ((key = va_arg(ap, const char *)) != NULL)
		use_word(&u, key, va_arg(ap, const char *));
	va_end(ap);
	fields_begin(f, &u);
	return memo_find(m, &held, &n) ? (int)n : -1;
}

static void
uses_that_look_the_same_are_known(void **state)
{
	const uint32_t held[] = {3, 5};
	struct fields *f = fields_new();
	unsigned       slots[] = {fields_slot(f, SLICE("action")),
		  fields_slot(f, SLICE("x.y"))};
	struct memo   *m = memo_new(f, slots, 2);

	(void)state;
	assert_int_equal(known(m, f, "action", "pull", NULL), -1);
	memo_add(m, held, 2);
	assert_int_equal(known(m, f, "action", "pull", NULL), 2);
	/* Another value, another type, another field, none. */
	assert_int_equal(known(m, f, "action", "push", NULL), -1);
	assert_int_equal(known(m, f, "action", "~", NULL), -1);
	assert_int_equal(known(m, f, "action", "pull", "tag", "a", NULL), -1);
	memo_add(m, held, 1);
	/* Only that it is there matters where no item compares it. */
	assert_int_equal(known(m, f, "action", "pull", "tag", "b", NULL), 1);
	assert_int_equal(known(m, f, NULL), -1);
	memo_add(m, held, 0);
	assert_int_equal(known(m, f, NULL), 0);
	memo_free(&m);
	assert_null(m);
	fields_free(&f);
}

static void
further_fields_count_by_name_and_those_compared_by_value(void **state)
{
	const uint32_t held[] = {7};
	struct fields *f = fields_new();
	unsigned       slots[] = {fields_slot(f, SLICE("x.y"))};
	struct memo   *m = memo_new(f, slots, 1);

	(void)state;
	assert_int_equal(known(m, f, "x.y", "a", "z", "1", NULL), -1);
	memo_add(m, held, 1);
	assert_int_equal(known(m, f, "x.y", "a", "z", "2", NULL), 1);
	assert_int_equal(known(m, f, "x.y", "b", "z", "1", NULL), -1);
	assert_int_equal(known(m, f, "x.y", "a", "w", "1", NULL), -1);
	assert_int_equal(known(m, f, "x.y", "a", NULL), -1);
	/* A list of two is not its text joined. */
	assert_int_equal(known(m, f, "x.y", "a", "x.y", "+b", NULL), -1);
	memo_add(m, held, 1);
	assert_int_equal(known(m, f, "x.y", "ab", "x.y", "+", NULL), -1);
	assert_int_equal(known(m, f, "x.y", "a", "x.y", "+b", NULL), 1);
	memo_free(&m);
	fields_free(&f);
}

static void
what_is_too_long_or_too_much_is_not_kept(void **state)
{
	uint32_t       held[MEMO_HELD + 1] = {0};
	struct fields *f = fields_new();
	unsigned       slots[] = {fields_slot(f, SLICE("tag"))};
	struct memo   *m = memo_new(f, slots, 1);
	char	       tag[300];

	(void)state;
	memset(tag, 'x', sizeof(tag));
	tag[299] = '\0';
	assert_int_equal(known(m, f, "tag", tag, NULL), -1);
	memo_add(m, held, 1);
	assert_int_equal(known(m, f, "tag", tag, NULL), -1);
	tag[200] = '\0';
	assert_int_equal(known(m, f, "tag", tag, NULL), -1);
	memo_add(m, held, MEMO_HELD + 1);
	assert_int_equal(known(m, f, "tag", tag, NULL), -1);
	memo_add(m, held, MEMO_HELD);
	assert_int_equal(known(m, f, "tag", tag, NULL), MEMO_HELD);
	memo_free(&m);
	fields_free(&f);
}

/* Else each use would cost a look that finds nothing. */
static void
it_rests_where_nothing_comes_again(void **state)
{
	struct fields *f = fields_new();
	unsigned       slots[] = {fields_slot(f, SLICE("tag"))}, i;
	struct memo   *m = memo_new(f, slots, 1);
	char	       tag[16];

	(void)state;
	for (i = 0; i < 2000; i++) {
		snprintf(tag, sizeof(tag), "%u", i);
		assert_int_equal(known(m, f, "tag", tag, NULL), -1);
		memo_add(m, NULL, 0);
	}
	assert_int_equal(known(m, f, "tag", tag, NULL), -1);
	/* And looks again after a while. */
	for (i = 0; i < 100000 && known(m, f, "tag", "a", NULL) == -1; i++)
		memo_add(m, NULL, 0);
	assert_in_range(i, 1000, 99999);
	memo_free(&m);
	fields_free(&f);
}

#define RULE(name, detection)               \
	"---\ntitle: " name "\nname: " name \
	"\nlogsource: {product: patrol}\ndetection: {" detection "}\n"

/* Items of every kind that one use may pass on to another. */
static const char rules[] = RULE("a", "s: {action: [pull, push]}, condition: s")
    RULE("b", "s: {token|exists: true, outcome: denied}, condition: s")
	RULE("c", "s: {token|exists: false}, condition: s") RULE("d",
	    "s: {reason: null}, condition: not s") RULE("e",
	    "s: {token.idle_days|gte: 3}, condition: s") RULE("f",
	    "s: {tag|fieldref: reason}, condition: s") RULE("g",
	    "s: {source|exists: true}, condition: s") RULE("h",
	    "s: {token.label: x}, f: {token.label: y}, condition: s and not f")
	    RULE("i", "s: {x.y: 1}, condition: s")
		RULE("j", "s: {x|exists: true}, condition: s") RULE("k",
		    "s: {user_agent|re|i: '^DOCKER'}, condition: s") RULE("l",
		    "s: {action|startswith: pu}, f: {outcome|neq: success}, "
		    "condition: s and not f");

static void
random_use(void)
{
	static const char *const words[] = {"pull", "push", "x", "y", "#1",
	    "#4", "~", "docker/20", "denied", "success", ""};
	static const char *const keys[] = {"action", "token", "outcome",
	    "reason", "token.idle_days", "tag", "source.ip", "token.label",
	    "user_agent"};
	static const char *const others[] = {"x.y", "x", "z", "token.label"};
	unsigned		 i;

	use_init(&u, T0);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (rand() % 2 == 0)
			use_word(&u, keys[i], words[rand() % 11]);
	for (i = 0; i < 4; i++)
		if (rand() % 8 == 0)
			assert_true(use_add_other(&u, slice_of(others[i]),
			    (struct use_value){"x", 1, USE_STRING, false}));
}

static void
with_it_rules_hold_where_they_do_when_all_are_asked(void **state)
{
	struct ruleset_limits all = fixture_limits;
	struct ruleset	     *with = rules_load(rules), *without;
	const struct verdict *v, *w;
	size_t		      i, k, n;

	(void)state;
	all.no_index = true;
	without = rules_load_with(rules, &all);
	for (i = 0; i < 200000; i++) {
		if (i % 3 == 0)
			random_use();
		n = ruleset_judge(with, &u, &v);
		assert_int_equal(ruleset_judge(without, &u, &w), n);
		for (k = 0; k < n; k++)
			assert_string_equal(v[k].rule->id, w[k].rule->id);
	}
	ruleset_free(&with);
	ruleset_free(&without);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(uses_that_look_the_same_are_known),
	    cmocka_unit_test(
		further_fields_count_by_name_and_those_compared_by_value),
	    cmocka_unit_test(what_is_too_long_or_too_much_is_not_kept),
	    cmocka_unit_test(it_rests_where_nothing_comes_again),
	    cmocka_unit_test(
		with_it_rules_hold_where_they_do_when_all_are_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
