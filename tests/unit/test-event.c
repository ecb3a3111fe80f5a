#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rule/event.h"
#include "rule/fields.h"

struct fix {
	struct json_reader *reader;
	struct event	    event;
	struct fields	   *fields;
	struct error	    err;
};

static int
setup(void **state)
{
	struct fix *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->reader = json_reader_new(&event_limits);
	x->fields = fields_new();
	event_init(&x->event);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *x = *state;

	event_clear(&x->event);
	fields_free(&x->fields);
	json_reader_free(&x->reader);
	free(x);
	return 0;
}

static void
read_event(struct fix *x, const char *text)
{
	assert_int_equal(event_read(&x->event, x->reader, slice_of(text),
			     &x->err),
	    JSON_OK);
}

/* The members of a field, ",10,text,-", where - has no string view. */
static void
assert_members(struct fix *x, const char *text, const char *name,
    const char *want)
{
	unsigned     slot = fields_slot(x->fields, slice_of(name));
	struct slice s;
	struct buf   b;
	int	     m;

	read_event(x, text);
	fields_begin_event(x->fields, &x->event, 0);
	buf_init(&b);
	for (m = fields_first(x->fields, slot); m != FIELDS_END;
	     m = fields_next(x->fields, slot, m)) {
		s = fields_text(x->fields, m);
		buf_addc(&b, ',');
		buf_addslice(&b, s.p != NULL ? s : SLICE("-"));
	}
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
a_name_leads_through_objects(void **state)
{
	assert_members(*state, "{\"a\":{\"b\":{\"c\":1.50}}}", "a.b.c",
	    ",1.50");
	assert_members(*state, "{\"a\":{\"b\":{\"c\":1}}}", "a.c", "");
	assert_members(*state, "{\"a\":{\"b\":{\"c\":1}}}", "c", "");
	assert_members(*state, "{\"a\":{\"b\":{\"c\":1}}}", "a.b", ",-");
}

static void
a_name_is_looked_up_whole_first(void **state)
{
	assert_members(*state, "{\"a\":{\"b\":1},\"a.b\":2}", "a.b", ",2");
	assert_members(*state, "{\"a.b\":2,\"a\":{\"b\":1}}", "a.b", ",2");
	assert_members(*state, "{\"a.b\":[],\"a\":{\"b\":1}}", "a.b", "");
	assert_members(*state, "{\"a.b\":null,\"a\":{\"b\":1}}", "a.b", ",-");
}

static void
a_key_with_a_dot_is_no_segment(void **state)
{
	assert_members(*state, "{\"a.b\":{\"c\":1}}", "a.b.c", "");
	assert_members(*state, "{\"a\":{\"b.c\":1}}", "a.b.c", "");
	assert_members(*state, "{\"a\":{\"b.c\":{\"d\":1}}}", "a.d", "");
}

static void
lists_fan_out(void **state)
{
	assert_members(*state, "{\"a\":[1,[2,[3]],null,true]}", "a",
	    ",1,2,3,-,true");
	assert_members(*state, "{\"a\":[{\"b\":1},[{\"b\":[2,3]}],{\"c\":4}]}",
	    "a.b", ",1,2,3");
	assert_members(*state, "{\"a.b\":[1,{\"c\":2}]}", "a.b", ",1,-");
}

static void
what_is_there_without_a_value_exists(void **state)
{
	struct fix *x = *state;
	unsigned    list = fields_slot(x->fields, SLICE("list"));
	unsigned    object = fields_slot(x->fields, SLICE("object"));
	unsigned    gone = fields_slot(x->fields, SLICE("gone"));

	read_event(x, "{\"list\":[],\"object\":{}}");
	fields_begin_event(x->fields, &x->event, 0);
	assert_true(fields_is_object(x->fields, list));
	assert_true(fields_is_object(x->fields, object));
	assert_false(fields_is_object(x->fields, gone));
}

static void
one_scalar_is_one_and_nothing_beside_it(void **state)
{
	struct fix  *x = *state;
	unsigned     a = fields_slot(x->fields, SLICE("a"));
	struct slice s;

	read_event(x, "{\"a\":[\"one\"]}");
	fields_begin_event(x->fields, &x->event, 0);
	assert_true(fields_scalar(x->fields, a, &s));
	assert_true(slice_is(s, "one"));
	read_event(x, "{\"a\":[\"one\",{}]}");
	fields_begin_event(x->fields, &x->event, 0);
	assert_false(fields_scalar(x->fields, a, &s));
}

/* More members than a use may have, each with a case to fold. */
static void
many_members_are_all_kept(void **state)
{
	struct fix *x = *state;
	unsigned    slot = fields_slot(x->fields, SLICE("a"));
	struct buf  b;
	int	    m, n = 0;

	buf_init(&b);
	buf_adds(&b, "{\"a\":[\"X0\"");
	for (m = 1; m < 1000; m++)
		buf_addf(&b, ",\"X%d\"", m);
	buf_adds(&b, "]}");
	read_event(x, buf_str(&b));
	fields_begin_event(x->fields, &x->event, 0);
	for (m = fields_first(x->fields, slot); m != FIELDS_END;
	     m = fields_next(x->fields, slot, m))
		n += fields_folded(x->fields, m).p[0] == 'x';
	assert_int_equal(n, 1000);
	buf_clear(&b);
}

static void
assert_time(struct fix *x, const char *text, const char *field, usec_t want)
{
	usec_t t = -1;

	read_event(x, text);
	assert_int_equal(event_time(&x->event, field, &t), want != -1);
	assert_int_equal(t, want);
}

static void
an_event_says_when_it_happened(void **state)
{
	assert_time(*state, "{\"time\":2}", NULL, 2 * USEC_SEC);
	assert_time(*state, "{\"timestamp\":2.5}", NULL, 2500000);
	/* S14: epochs are numbers. */
	assert_time(*state, "{\"timestamp\":\"2.5\"}", NULL, -1);
	assert_time(*state, "{\"@timestamp\":1000000000001}", NULL,
	    1000000000001 * 1000);
	/* Seconds, beyond the year 9999. */
	assert_time(*state, "{\"time\":1000000000000}", NULL, -1);
	assert_time(*state, "{\"time\":\"1970-01-02\"}", NULL, USEC_DAY);
	assert_time(*state, "{\"time\":\"1970-01-01 00:00:01.25\"}", NULL,
	    1250000);
	assert_time(*state, "{\"time\":\"1970-01-01T01:00:00+01:00\"}", NULL,
	    0);
	/* No text has an end in its middle. */
	assert_time(*state, "{\"time\":\"1970-01-02T00:00:00\\u0000x\"}", NULL,
	    -1);
}

static void
the_first_usual_field_with_a_time_counts(void **state)
{
	assert_time(*state, "{\"@timestamp\":3,\"time\":1}", NULL, USEC_SEC);
	assert_time(*state, "{\"timestamp\":3,\"time\":\"noon\"}", NULL,
	    3 * USEC_SEC);
	assert_time(*state, "{\"time\":null}", NULL, -1);
	assert_time(*state, "{\"when\":1}", NULL, -1);
}

static void
another_field_may_have_the_time(void **state)
{
	assert_time(*state, "{\"time\":1,\"e\":{\"at\":2}}", "e.at",
	    2 * USEC_SEC);
	assert_time(*state, "{\"e\":{\"at\":2},\"e.at\":3}", "e.at",
	    3 * USEC_SEC);
	assert_time(*state, "{\"time\":1}", "e.at", -1);
}

static void
rubbish_is_refused(void **state)
{
	struct fix *x = *state;

	assert_int_not_equal(event_read(&x->event, x->reader, SLICE("[1]"),
				 &x->err),
	    JSON_OK);
	assert_int_not_equal(event_read(&x->event, x->reader, SLICE("{"),
				 &x->err),
	    JSON_OK);
	read_event(x, "{}");
}

/* 64 objects, one in the other, are read; 65 are not. */
static void
depth_has_its_limit(void **state)
{
	struct fix *x = *state;
	struct buf  b;
	int	    depth, i, r;

	for (depth = 64; depth <= 65; depth++) {
		buf_init(&b);
		for (i = 0; i < depth; i++)
			buf_adds(&b, "{\"a\":");
		buf_adds(&b, "1");
		for (i = 0; i < depth; i++)
			buf_adds(&b, "}");
		r = event_read(&x->event, x->reader, buf_slice(&b), &x->err);
		assert_int_equal(r, depth == 64 ? JSON_OK : JSON_E_LIMIT);
		if (r == JSON_OK)
			fields_begin_event(x->fields, &x->event, 0);
		buf_clear(&b);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_name_leads_through_objects),
	    T(a_name_is_looked_up_whole_first),
	    T(a_key_with_a_dot_is_no_segment),
	    T(lists_fan_out),
	    T(what_is_there_without_a_value_exists),
	    T(one_scalar_is_one_and_nothing_beside_it),
	    T(many_members_are_all_kept),
	    T(an_event_says_when_it_happened),
	    T(the_first_usual_field_with_a_time_counts),
	    T(another_field_may_have_the_time),
	    T(rubbish_is_refused),
	    T(depth_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
