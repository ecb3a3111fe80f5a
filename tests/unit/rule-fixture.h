/*
 * rule-fixture - rules from text and uses from words, for the tests of rule/.
 */
#ifndef PATROL_TESTS_RULE_FIXTURE_H
#define PATROL_TESTS_RULE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "rule/ruleset.h"

/* A Monday, 2024-01-01T00:00:00Z. */
#define T0 (1704067200 * USEC_SEC)

#define HEAD "title: t\nlogsource: {product: patrol}\ndetection:\n"

static const struct ruleset_limits fixture_limits = {.keys_per_rule = 100,
    .lateness = USEC_DAY};

static inline struct ruleset *
rules_load_with(const char *yaml, const struct ruleset_limits *lim)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;
	size_t		  i;

	complain_init(&c);
	rs = ruleset_load_text("r.yml", slice_of(yaml), lim, &c);
	for (i = 0; i < c.n && rs == NULL; i++) {
		buf_init(&b);
		complain_format(&c.list[i], &b);
		print_error("%s\n", buf_str(&b));
		buf_clear(&b);
	}
	complain_clear(&c);
	assert_non_null(rs);
	return rs;
}

static inline struct ruleset *
rules_load(const char *yaml)
{
	return rules_load_with(yaml, &fixture_limits);
}

/* Loading fails, and the first fault begins so: "r.yml:5:3: unknown". */
static inline void
assert_refused(const char *yaml, const char *begin)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;

	complain_init(&c);
	rs = ruleset_load_text("r.yml", slice_of(yaml), &fixture_limits, &c);
	assert_null(rs);
	assert_true(c.n > 0);
	buf_init(&b);
	complain_format(&c.list[0], &b);
	if (strncmp(buf_str(&b), begin, strlen(begin)) != 0)
		assert_string_equal(buf_str(&b), begin);
	buf_clear(&b);
	complain_clear(&c);
}

/* It loads, with one complaint, which begins so. */
static inline void
assert_warns(const char *yaml, const char *begin)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;

	complain_init(&c);
	buf_init(&b);
	rs = ruleset_load_text("r.yml", slice_of(yaml), &fixture_limits, &c);
	assert_non_null(rs);
	assert_int_equal(c.n, 1);
	complain_format(&c.list[0], &b);
	if (strncmp(buf_str(&b), begin, strlen(begin)) != 0)
		assert_string_equal(buf_str(&b), begin);
	buf_clear(&b);
	complain_clear(&c);
	ruleset_free(&rs);
}

/*
 * Sets a field: "text", "#12" a number, "!true" a boolean, "~" null; "+" in
 * front makes it a further member of the list before; "=..." is text as is.
 */
static inline void
use_word(struct use *u, const char *key, const char *word)
{
	struct use_value v = {.type = USE_STRING};
	int		 f = use_field_find(slice_of(key));

	if (*word == '+') {
		v.more = true;
		word++;
	}
	if (*word == '#')
		v.type = USE_NUMBER;
	else if (*word == '!')
		v.type = USE_BOOL;
	else if (*word == '~')
		v.type = USE_NULL;
	if (*word == '#' || *word == '!' || *word == '=')
		word++;
	v.p = word;
	v.n = (uint32_t)strlen(word);
	if (f >= 0 && !v.more)
		use_put(u, (enum use_field)f, v);
	else
		assert_true(use_add_other(u, slice_of(key), v));
	if (f == USE_COUNT)
		u->count = atoll(word);
}

/* Judges a use at T0 + `at` of "key", "word" pairs that end in NULL. */
static inline size_t
judge_va(struct ruleset *rs, usec_t at, const struct verdict **v, va_list ap)
{
	static struct use u;
	const char	 *key;

	use_init(&u, T0 + at);
	u.time = T0 + at;
	while ((key = va_arg(ap, const char *)) != NULL)
		use_word(&u, key, va_arg(ap, const char *));
	return ruleset_judge(rs, &u, v);
}

static inline size_t
judge(struct ruleset *rs, usec_t at, const struct verdict **v, ...)
{
	va_list ap;
	size_t	n;

	va_start(ap, v);
	n = judge_va(rs, at, v, ap);
	va_end(ap);
	return n;
}

/* Does a detection with that body, "  s: {a: b}\n  condition: s\n", hold? */
static inline bool
detects(const char *body, ...)
{
	const struct verdict *v;
	struct ruleset	     *rs;
	char		      yaml[4096];
	va_list		      ap;
	size_t		      n;

	snprintf(yaml, sizeof(yaml), HEAD "%s", body);
	rs = rules_load(yaml);
	va_start(ap, body);
	n = judge_va(rs, 0, &v, ap);
	va_end(ap);
	ruleset_free(&rs);
	return n == 1;
}

/* The same for one item in a block: "a|contains: b". */
#define matches(item, ...) \
	detects("  s:\n    " item "\n  condition: s\n", __VA_ARGS__)
#endif
