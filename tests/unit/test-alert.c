#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alert/alert.h"
#include "stream/silence.h"

#define T0 (500000 * USEC_HOUR)

static struct alert_hit
hit_at(usec_t t, const char *key)
{
	return (struct alert_hit){.rule = SLICE("r-1"),
	    .title = SLICE("Theft"),
	    .key = slice_of(key),
	    .level = 3,
	    .mode = 2,
	    .realert = USEC_HOUR,
	    .first = t - USEC_MIN,
	    .time = t,
	    .seq = (int64_t)(t / USEC_SEC),
	    .count = 1,
	    .window = 10,
	    .token = SLICE("pat_a"),
	    .registry = SLICE("hub"),
	    .use_id = SLICE("u1")};
}

static struct alert *
hit(struct alert_table *at, usec_t t, const char *key, bool *is_new)
{
	struct alert_hit h = hit_at(t, key);

	return alert_table_hit(at, &h, is_new);
}

static void
the_first_hit_raises(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a;
	bool		    is_new;

	(void)state;
	a = hit(at, T0, "{\"token\":\"pat_a\"}", &is_new);
	assert_true(is_new);
	assert_int_equal(a->row.count, 10);
	assert_int_equal(a->row.raised, T0);
	assert_int_equal(a->row.first, T0 - USEC_MIN);
	assert_int_equal(a->row.state, ALERT_OPEN);
	assert_int_equal(strlen(a->row.id), ALERT_ID_MAX - 1);
	assert_memory_equal(a->row.id, "alr_", 4);
	assert_ptr_equal(alert_table_find(at, slice_of(a->row.id)), a);
	alert_table_free(&at);
	assert_null(at);
}

static void
further_hits_count_on_until_the_silence_ends(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a, *b;
	bool		    is_new;

	(void)state;
	a = hit(at, T0, "{}", &is_new);
	b = hit(at, T0 + USEC_HOUR, "{}", &is_new);
	assert_false(is_new);
	assert_ptr_equal(a, b);
	assert_int_equal(a->row.count, 11);
	assert_int_equal(a->row.last, T0 + USEC_HOUR);
	assert_int_equal(a->row.nuses, 2);
	b = hit(at, T0 + USEC_HOUR + 1, "{}", &is_new);
	assert_true(is_new);
	assert_ptr_not_equal(a, b);
	alert_table_free(&at);
}

static void
the_silence_doubles_while_it_goes_on_and_starts_anew_after(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a;
	usec_t		    t = T0;
	bool		    is_new;

	(void)state;
	(void)hit(at, t, "{}", &is_new);
	(void)hit(at, t + USEC_HOUR / 2, "{}", &is_new);
	t += USEC_HOUR + 1;
	a = hit(at, t, "{}", &is_new);
	assert_true(is_new);
	assert_int_equal(a->silence, 2 * USEC_HOUR);
	/* Nothing for longer than the silence: it had ended. */
	t += 2 * USEC_HOUR + 1;
	a = hit(at, t, "{}", &is_new);
	assert_true(is_new);
	assert_int_equal(a->silence, USEC_HOUR);
	alert_table_free(&at);
}

static void
without_a_silence_every_hit_raises(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert_hit    h = hit_at(T0, "{}");
	struct alert	   *a, *b;
	bool		    is_new;

	(void)state;
	/* It had one before, and counts on no longer. */
	(void)hit(at, T0 - 1, "{}", &is_new);
	h.realert = 0;
	h.use_id = (struct slice){NULL, 0};
	a = alert_table_hit(at, &h, &is_new);
	assert_true(is_new);
	assert_int_equal(a->silence, 0);
	/* The same moment, and nothing tells them apart: two all the same. */
	h.seq++;
	b = alert_table_hit(at, &h, &is_new);
	assert_true(is_new);
	assert_ptr_not_equal(a, b);
	assert_string_not_equal(a->row.id, b->row.id);
	/* A late one, too. */
	h.time = T0 - USEC_MIN;
	b = alert_table_hit(at, &h, &is_new);
	assert_true(is_new);
	/* One that says who it is is the same alert when it comes again. */
	h.use_id = SLICE("u2");
	a = alert_table_hit(at, &h, &is_new);
	h.seq++;
	assert_ptr_equal(alert_table_hit(at, &h, &is_new), a);
	assert_int_equal(alert_table_count(at), 5);
	alert_table_free(&at);
}

static void
the_silence_is_a_day_at_the_most(void **state)
{
	struct alert_table *at = alert_table_new(20);
	struct alert	   *a = NULL;
	usec_t		    t = T0;
	bool		    is_new;
	unsigned	    i;

	(void)state;
	for (i = 0; i < 8; i++) {
		a = hit(at, t, "{}", &is_new);
		assert_true(is_new);
		t = a->row.quiet_until;
		(void)hit(at, t, "{}", &is_new);
		assert_false(is_new);
		t++;
	}
	assert_int_equal(a->silence, SILENCE_MAX);
	alert_table_free(&at);
}

/*
 * A rule is promoted while its alert is open: who does so wants it to act now.
 * The open alert said that nothing was done, and would have swallowed the uses
 * of up to a day.  And one that is lowered must not act on in its open alert.
 */
static void
another_mode_begins_another_alert(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert_hit    h = hit_at(T0, "{}");
	struct alert	   *a, *b;
	bool		    is_new;

	(void)state;
	h.mode = 1;
	a = alert_table_hit(at, &h, &is_new);
	(void)alert_table_hit(at, &h, &is_new);
	assert_false(is_new);
	/* Also by a use that comes late, once. */
	h = hit_at(T0 - USEC_MIN, "{}");
	h.mode = 3;
	b = alert_table_hit(at, &h, &is_new);
	assert_true(is_new);
	assert_ptr_not_equal(a, b);
	assert_int_equal(a->row.mode, 1);
	assert_int_equal(a->row.count, 11);
	assert_int_equal(b->row.mode, 3);
	assert_int_equal(b->silence, USEC_HOUR);
	assert_ptr_equal(alert_table_hit(at, &h, &is_new), b);
	assert_false(is_new);
	h.mode = 1;
	h.time++;
	assert_ptr_not_equal(alert_table_hit(at, &h, &is_new), b);
	assert_true(is_new);
	alert_table_free(&at);
}

static void
keys_are_apart(void **state)
{
	struct alert_table *at = alert_table_new(10);
	bool		    is_new;

	(void)state;
	(void)hit(at, T0, "{\"token\":\"a\"}", &is_new);
	(void)hit(at, T0, "{\"token\":\"b\"}", &is_new);
	assert_true(is_new);
	assert_int_equal(alert_table_count(at), 2);
	alert_table_free(&at);
}

static void
the_same_use_makes_the_same_id_in_another_life(void **state)
{
	struct alert_table *x = alert_table_new(10);
	struct alert_table *y = alert_table_new(10);
	struct alert	   *a, *b;
	struct alert_hit    h = hit_at(T0, "{}");
	bool		    is_new;

	(void)state;
	a = alert_table_hit(x, &h, &is_new);
	h.seq = 99;
	b = alert_table_hit(y, &h, &is_new);
	assert_string_equal(a->row.id, b->row.id);
	h.use_id = SLICE("u2");
	h.time += 2 * USEC_HOUR;
	b = alert_table_hit(y, &h, &is_new);
	assert_string_not_equal(a->row.id, b->row.id);
	alert_table_free(&x);
	alert_table_free(&y);
}

static void
only_the_first_uses_are_kept(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a = NULL;
	bool		    is_new;
	unsigned	    i;

	(void)state;
	for (i = 0; i < ALERT_USES_MAX + 5; i++)
		a = hit(at, T0 + i * USEC_SEC, "{}", &is_new);
	assert_int_equal(a->row.nuses, ALERT_USES_MAX);
	assert_int_equal(a->row.uses[0], T0 / USEC_SEC);
	assert_int_equal(a->row.count, 10 + ALERT_USES_MAX + 4);
	alert_table_free(&at);
}

static void
a_full_table_drops_the_oldest_that_is_stored(void **state)
{
	struct alert_table *at = alert_table_new(2);
	struct alert	   *a;
	bool		    is_new;

	(void)state;
	(void)hit(at, T0, "{\"k\":1}", &is_new);
	(void)hit(at, T0, "{\"k\":2}", &is_new);
	/* Both are still to be stored: the table rather grows. */
	(void)hit(at, T0, "{\"k\":3}", &is_new);
	assert_int_equal(alert_table_count(at), 3);
	while ((a = alert_table_pop_dirty(at)) != NULL)
		assert_false(a->dirty);
	(void)hit(at, T0, "{\"k\":4}", &is_new);
	assert_int_equal(alert_table_count(at), 3);
	assert_int_equal(alert_table_evicted(at), 1);
	(void)hit(at, T0 + 1, "{\"k\":1}", &is_new);
	assert_true(is_new);
	alert_table_free(&at);
}

static void
why_it_was_raised_is_stored_once_and_not_held(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a;
	struct batch	    batch;
	bool		    is_new;

	(void)state;
	batch_init(&batch);
	a = hit(at, T0, "{}", &is_new);
	alert_set_text(&a->row.why, SLICE("{\"held\":true}"));
	alert_store(a, &batch);
	assert_true(slice_is(batch.alerts[0].why, "{\"held\":true}"));
	assert_null(a->row.why.p);
	alert_store(a, &batch);
	assert_null(batch.alerts[1].why.p);
	alert_table_free(&at);
	at = alert_table_new(10);
	assert_null(alert_table_load(at, &batch.alerts[0])->row.why.p);
	batch_clear(&batch);
	alert_table_free(&at);
}

static void
a_stored_alert_counts_on_after_a_restart(void **state)
{
	struct alert_table *x = alert_table_new(10);
	struct alert_table *y = alert_table_new(10);
	struct alert	   *a, *b;
	struct batch	    batch;
	bool		    is_new;

	(void)state;
	batch_init(&batch);
	a = hit(x, T0, "{}", &is_new);
	alert_store(a, &batch);
	assert_int_equal(batch.nalerts, 1);
	(void)alert_table_load(y, &batch.alerts[0]);
	b = hit(y, T0 + USEC_MIN, "{}", &is_new);
	assert_false(is_new);
	assert_string_equal(a->row.id, b->row.id);
	assert_int_equal(b->row.count, 11);
	batch_clear(&batch);
	alert_table_free(&x);
	alert_table_free(&y);
}

static void
an_older_alert_of_the_key_is_found_but_does_not_count_on(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert_row    old = {.id = "alr_old",
	       .rule = SLICE("r-1"),
	       .title = SLICE("t"),
	       .key = SLICE("{}"),
	       .raised = T0 - USEC_DAY,
	       .quiet_until = T0 - USEC_HOUR};
	struct alert	   *a, *b;
	bool		    is_new;

	(void)state;
	a = hit(at, T0, "{}", &is_new);
	(void)alert_table_load(at, &old);
	assert_non_null(alert_table_find(at, SLICE("alr_old")));
	b = hit(at, T0 + 1, "{}", &is_new);
	assert_ptr_equal(a, b);
	alert_table_free(&at);
}

static void
states_have_names(void **state)
{
	(void)state;
	assert_string_equal(alert_state_name(ALERT_ACKNOWLEDGED),
	    "acknowledged");
	assert_int_equal(alert_state_parse(SLICE("closed")), ALERT_CLOSED);
	assert_int_equal(alert_state_parse(SLICE("shut")), -1);
}

/* Bursts of less than an hour, more than an hour apart. */
#define BURSTS 4
#define HITS   (BURSTS * 6)

static usec_t
burst_time(unsigned i)
{
	return T0 + (usec_t)(i / 6) * 3 * USEC_HOUR +
	    (usec_t)(i % 6) * 10 * USEC_MIN;
}

static void
in_any_order_bursts_come_to_the_same_alerts(void **state)
{
	struct alert_table *at;
	struct alert	   *of[BURSTS], *a;
	unsigned	    order[HITS], i, j, swap, round, raised;
	bool		    is_new;

	(void)state;
	for (round = 0; round < 500; round++) {
		at = alert_table_new(100);
		for (i = 0; i < HITS; i++) {
			j = (unsigned)rand() % (i + 1);
			order[i] = order[j];
			order[j] = i;
		}
		memset(of, 0, sizeof of);
		for (raised = 0, i = 0; i < HITS; i++) {
			swap = order[i];
			a = hit(at, burst_time(swap), "{}", &is_new);
			raised += is_new;
			assert_true(is_new == (of[swap / 6] == NULL));
			of[swap / 6] = a;
		}
		assert_int_equal(raised, BURSTS);
		for (i = 0; i < BURSTS; i++) {
			assert_int_equal(of[i]->row.raised, burst_time(6 * i));
			assert_int_equal(of[i]->row.last,
			    burst_time(6 * i + 5));
			assert_int_equal(of[i]->row.count, 10 + 5);
			assert_true(of[i]->current == (i == BURSTS - 1));
		}
		alert_table_free(&at);
	}
}

static void
a_late_hit_that_would_have_silenced_an_alert_is_its_beginning(void **state)
{
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a, *b;
	bool		    is_new;

	(void)state;
	a = hit(at, T0, "{}", &is_new);
	b = hit(at, T0 - USEC_HOUR, "{}", &is_new);
	assert_ptr_equal(a, b);
	assert_false(is_new);
	assert_int_equal(a->row.raised, T0 - USEC_HOUR);
	assert_int_equal(a->row.quiet_until, T0);
	b = hit(at, T0 - 2 * USEC_HOUR - 1, "{}", &is_new);
	assert_true(is_new);
	assert_ptr_not_equal(a, b);
	/* What comes now is still the newest one's. */
	assert_ptr_equal(hit(at, T0, "{}", &is_new), a);
	alert_table_free(&at);
}

static void
an_alert_that_gave_way_is_found_by_no_late_hit(void **state)
{
	struct alert_table *at = alert_table_new(3);
	bool		    is_new;
	int		    i;

	(void)state;
	for (i = 0; i < 20; i++) {
		(void)hit(at, T0 + i * 3 * USEC_HOUR, "{}", &is_new);
		assert_true(is_new);
		/* As if stored: before that it does not give way. */
		(void)alert_table_pop_dirty(at);
	}
	assert_int_equal(alert_table_count(at), 3);
	/* The first of those held: anew, and it gives way at once again. */
	(void)hit(at, T0, "{}", &is_new);
	assert_true(is_new);
	(void)hit(at, T0 + 19 * 3 * USEC_HOUR, "{}", &is_new);
	assert_false(is_new);
	assert_int_equal(alert_table_count(at), 3);
	alert_table_free(&at);
}

static void
who_asks_before_is_told_what_a_hit_would_do(void **state)
{
	const struct slice  key = SLICE("k"), rule = SLICE("r-1");
	struct alert_table *at = alert_table_new(10);
	struct alert	   *a;
	bool		    is_new;

	(void)state;
	assert_null(alert_table_silent(at, rule, key, 2, T0));
	a = hit(at, T0, "k", &is_new);
	assert_ptr_equal(alert_table_silent(at, rule, key, 2, T0), a);
	assert_ptr_equal(alert_table_silent(at, rule, key, 2, T0 + USEC_HOUR),
	    a);
	assert_null(alert_table_silent(at, rule, key, 2, T0 + USEC_HOUR + 1));
	assert_null(alert_table_silent(at, rule, key, 3, T0));
	assert_null(alert_table_silent(at, rule, SLICE("l"), 2, T0));
	assert_int_equal(a->row.count, 10);
	alert_table_free(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_hit_raises),
	    cmocka_unit_test(further_hits_count_on_until_the_silence_ends),
	    cmocka_unit_test(
		the_silence_doubles_while_it_goes_on_and_starts_anew_after),
	    cmocka_unit_test(without_a_silence_every_hit_raises),
	    cmocka_unit_test(the_silence_is_a_day_at_the_most),
	    cmocka_unit_test(another_mode_begins_another_alert),
	    cmocka_unit_test(keys_are_apart),
	    cmocka_unit_test(the_same_use_makes_the_same_id_in_another_life),
	    cmocka_unit_test(only_the_first_uses_are_kept),
	    cmocka_unit_test(a_full_table_drops_the_oldest_that_is_stored),
	    cmocka_unit_test(why_it_was_raised_is_stored_once_and_not_held),
	    cmocka_unit_test(in_any_order_bursts_come_to_the_same_alerts),
	    cmocka_unit_test(
		a_late_hit_that_would_have_silenced_an_alert_is_its_beginning),
	    cmocka_unit_test(an_alert_that_gave_way_is_found_by_no_late_hit),
	    cmocka_unit_test(a_stored_alert_counts_on_after_a_restart),
	    cmocka_unit_test(
		an_older_alert_of_the_key_is_found_but_does_not_count_on),
	    cmocka_unit_test(who_asks_before_is_told_what_a_hit_would_do),
	    cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
