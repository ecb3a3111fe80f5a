#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "token/scope.h"

static enum scope_level
level_at(const char *text, const char *repository)
{
	struct scope	 s;
	enum scope_level l;

	assert_int_equal(scope_parse(slice_of(text), &s, NULL), 0);
	l = scope_level_for(&s, slice_of(repository));
	scope_clear(&s);
	return l;
}

static void
assert_fault(const char *text, const char *message)
{
	struct scope s = {.level = SCOPE_WRITE};
	struct error err;

	assert_int_equal(scope_parse(slice_of(text), &s, &err), -1);
	assert_string_equal(err.text, message);
	assert_int_equal(s.level, SCOPE_WRITE);
}

static void
levels_have_names_that_come_back(void **state)
{
	enum scope_level l;
	int		 i;

	(void)state;
	for (i = SCOPE_NONE; i <= SCOPE_DELETE; i++) {
		assert_int_equal(scope_level_parse(slice_of(scope_level_name(
						       (enum scope_level)i)),
				     &l, NULL),
		    0);
		assert_int_equal(l, i);
	}
}

static void
admin_is_refused_by_name(void **state)
{
	(void)state;
	assert_fault("admin",
	    "'admin' is not a scope: no token can "
	    "administer anything");
	assert_fault("read a/b=admin",
	    "a/b: 'admin' is not a scope: no "
	    "token can administer anything");
}

static void
an_unknown_level_is_told_with_the_nearest(void **state)
{
	(void)state;
	assert_fault("raed", "unknown scope 'raed', did you mean 'read'?");
	assert_fault("everything", "unknown scope 'everything'");
	assert_fault("", "no scope given");
	assert_fault("a\tb", "unknown scope 'a\\x09b'");
}

static void
actions_need_their_levels(void **state)
{
	enum scope_level l = SCOPE_NONE;

	(void)state;
	assert_int_equal(scope_action_level(SLICE("pull"), &l), 0);
	assert_int_equal(l, SCOPE_READ);
	assert_int_equal(scope_action_level(SLICE("push"), &l), 0);
	assert_int_equal(l, SCOPE_WRITE);
	assert_int_equal(scope_action_level(SLICE("delete"), &l), 0);
	assert_int_equal(l, SCOPE_DELETE);
	assert_int_equal(scope_action_level(SLICE("*"), &l), 0);
	assert_int_equal(l, SCOPE_DELETE);
	assert_int_equal(scope_action_level(SLICE("Pull"), &l), -1);
	assert_int_equal(scope_action_level(SLICE(""), &l), -1);
}

static void
a_level_alone_holds_everywhere(void **state)
{
	(void)state;
	assert_int_equal(level_at("write", "alice/app"), SCOPE_WRITE);
	assert_int_equal(level_at(" read ", ""), SCOPE_READ);
	assert_int_equal(level_at("none", "alice/app"), SCOPE_NONE);
}

static void
with_patterns_only_what_matches_is_allowed(void **state)
{
	const char *s = "delete alice/app=write team-?/x=read";

	(void)state;
	assert_int_equal(level_at(s, "alice/app"), SCOPE_WRITE);
	assert_int_equal(level_at(s, "alice/app2"), SCOPE_NONE);
	assert_int_equal(level_at(s, "team-a/x"), SCOPE_READ);
	assert_int_equal(level_at(s, "team-/x"), SCOPE_NONE);
	assert_int_equal(level_at(s, "bob/app"), SCOPE_NONE);
}

static void
the_highest_level_that_matches_holds(void **state)
{
	const char *s = "delete alice/*=read *=public-read "
			"alice/app=delete alice/a*=write";

	(void)state;
	assert_int_equal(level_at(s, "alice/app"), SCOPE_DELETE);
	assert_int_equal(level_at(s, "alice/art"), SCOPE_WRITE);
	assert_int_equal(level_at(s, "alice/x/y"), SCOPE_READ);
	assert_int_equal(level_at(s, "bob/x"), SCOPE_PUBLIC_READ);
}

static void
the_level_in_front_bounds_them_all(void **state)
{
	(void)state;
	assert_int_equal(level_at("read alice/app=write", "alice/app"),
	    SCOPE_READ);
	assert_int_equal(level_at("read alice/app=write *=delete", "b"),
	    SCOPE_READ);
}

static void
a_pattern_may_hold_an_equals_sign(void **state)
{
	(void)state;
	assert_int_equal(level_at("read a=b=read", "a=b"), SCOPE_READ);
}

static void
broken_patterns_are_refused(void **state)
{
	(void)state;
	assert_fault("read alice/app",
	    "a pattern must be written PATTERN=LEVEL");
	assert_fault("read =read", "a pattern must be written PATTERN=LEVEL");
	assert_fault("read a=", "a: unknown scope ''");
	assert_fault("read a\x01=read", "a pattern must be printable ASCII");
	assert_fault("read \xc3\xa4=read", "a pattern must be printable ASCII");
}

static void
fifty_patterns_are_taken_and_not_51(void **state)
{
	struct scope s;
	struct buf   b;
	unsigned     i;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "read");
	for (i = 0; i < SCOPE_PATTERNS_MAX; i++)
		buf_addf(&b, " a/%u=read", i);
	assert_int_equal(scope_parse(buf_slice(&b), &s, NULL), 0);
	assert_int_equal(s.npatterns, SCOPE_PATTERNS_MAX);
	assert_int_equal(scope_level_for(&s, SLICE("a/49")), SCOPE_READ);
	scope_clear(&s);
	buf_adds(&b, " one=read");
	assert_fault(buf_str(&b), "more than 50 patterns");
	buf_clear(&b);
}

static void
a_pattern_has_256_bytes_and_not_257(void **state)
{
	char	     text[5 + SCOPE_PATTERN_MAX + 1 + 5 + 1];
	struct scope s;

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, "read ", 5);
	strcpy(text + 5 + SCOPE_PATTERN_MAX, "=read");
	assert_int_equal(scope_parse(slice_of(text), &s, NULL), 0);
	scope_clear(&s);
	strcpy(text + 5 + SCOPE_PATTERN_MAX, "x=read");
	assert_fault(text, "a pattern has more than 256 bytes");
}

static void
what_is_written_reads_back_the_same(void **state)
{
	const char *const text[] = {"none", "write",
	    "delete alice/*=write b=public-read"};
	struct scope	  s;
	struct buf	  b;
	size_t		  i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < sizeof text / sizeof text[0]; i++) {
		assert_int_equal(scope_parse(slice_of(text[i]), &s, NULL), 0);
		b.n = 0;
		scope_format(&s, &b);
		assert_string_equal(buf_str(&b), text[i]);
		scope_clear(&s);
	}
	buf_clear(&b);
}

/* --- one scope within another ------------------------------------------ */

static bool
is_within(const char *inner, const char *outer)
{
	struct scope i, o;
	bool	     r;

	assert_int_equal(scope_parse(slice_of(inner), &i, NULL), 0);
	assert_int_equal(scope_parse(slice_of(outer), &o, NULL), 0);
	r = scope_is_within(&i, &o);
	scope_clear(&i);
	scope_clear(&o);
	return r;
}

static void
a_lower_level_is_within_a_higher_one(void **state)
{
	(void)state;
	assert_true(is_within("read", "write"));
	assert_true(is_within("write", "write"));
	assert_false(is_within("delete", "write"));
}

static void
patterns_narrow_and_their_absence_widens(void **state)
{
	(void)state;
	assert_true(is_within("read alice/app=read", "read"));
	assert_false(is_within("read", "read alice/app=read"));
	assert_true(is_within("read", "read *=read"));
	assert_true(is_within("write a=write b=read", "write a=write b=write"));
	assert_false(is_within("write a=write c=read", "write a=write b=read"));
	/* The level in front bounds all of them, on both sides. */
	assert_true(is_within("read a=delete", "read a=read"));
	assert_false(is_within("write a=write", "read a=write"));
}

static void
a_pattern_covers_narrower_ones(void **state)
{
	(void)state;
	assert_true(is_within("read alice/app*=read", "read alice/*=read"));
	assert_false(is_within("read alice/*=read", "read alice/app*=read"));
	assert_true(is_within("read team-?/x=read", "read team-*/x=read"));
	assert_false(is_within("read team-*/x=read", "read team-?/x=read"));
	assert_false(is_within("read a?=read", "read ab=read"));
	assert_true(is_within("read a?=read", "read a?=read"));
	/* Together they would cover it; one by one they do not. */
	assert_false(is_within("read *=read", "read a*=read ?=read"));
	/* Bounded, whatever stars there are. */
	assert_false(
	    is_within("read aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=read",
		"read *a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b=read"));
}

static unsigned seed = 20261127;

/* Up to three patterns of up to four of "ab*?". */
static void
any_scope(char *out, size_t size)
{
	static const char *const levels[] = {"public-read", "read", "write",
	    "delete"};
	size_t			 n, i, npatterns = (size_t)rand_r(&seed) % 4;

	n = (size_t)snprintf(out, size, "%s", levels[rand_r(&seed) % 4]);
	while (npatterns-- > 0) {
		out[n++] = ' ';
		for (i = (size_t)rand_r(&seed) % 4 + 1; i > 0; i--)
			out[n++] = "ab*?"[rand_r(&seed) % 4];
		n += (size_t)snprintf(out + n, size - n, "=%s",
		    levels[rand_r(&seed) % 4]);
	}
}

/* Every text of up to four of "ab": 30 of them. */
static bool
allows_more_somewhere(const char *inner, const char *outer)
{
	char	 name[5];
	unsigned len, bits, i;

	for (len = 1; len <= 4; len++)
		for (bits = 0; bits < 1U << len; bits++) {
			for (i = 0; i < len; i++)
				name[i] = bits >> i & 1 ? 'b' : 'a';
			name[len] = '\0';
			if (level_at(inner, name) > level_at(outer, name))
				return true;
		}
	return false;
}

static void
what_is_within_allows_nothing_more_anywhere(void **state)
{
	char	 inner[128], outer[128];
	unsigned i, n = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		any_scope(inner, sizeof inner);
		any_scope(outer, sizeof outer);
		if (!is_within(inner, outer))
			continue;
		n++;
		if (allows_more_somewhere(inner, outer))
			fail_msg("'%s' is not within '%s'", inner, outer);
	}
	assert_true(n > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(levels_have_names_that_come_back),
	    cmocka_unit_test(admin_is_refused_by_name),
	    cmocka_unit_test(an_unknown_level_is_told_with_the_nearest),
	    cmocka_unit_test(actions_need_their_levels),
	    cmocka_unit_test(a_level_alone_holds_everywhere),
	    cmocka_unit_test(with_patterns_only_what_matches_is_allowed),
	    cmocka_unit_test(the_highest_level_that_matches_holds),
	    cmocka_unit_test(the_level_in_front_bounds_them_all),
	    cmocka_unit_test(a_pattern_may_hold_an_equals_sign),
	    cmocka_unit_test(broken_patterns_are_refused),
	    cmocka_unit_test(fifty_patterns_are_taken_and_not_51),
	    cmocka_unit_test(a_pattern_has_256_bytes_and_not_257),
	    cmocka_unit_test(what_is_written_reads_back_the_same),
	    cmocka_unit_test(a_lower_level_is_within_a_higher_one),
	    cmocka_unit_test(patterns_narrow_and_their_absence_widens),
	    cmocka_unit_test(a_pattern_covers_narrower_ones),
	    cmocka_unit_test(what_is_within_allows_nothing_more_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
