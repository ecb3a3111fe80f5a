#include "test-store.h"

#include "store/db.h"

static int
keys_outbox(const struct outbox_row *r, void *arg)
{
	return keys_add(arg, r->seq);
}

static struct keys
outbox_of(struct fixture *f, const char *sink, size_t max)
{
	struct keys k = {.n = 0};

	assert_int_equal(store_load_outbox(f->store, sink, max, keys_outbox, &k,
			     &f->err),
	    0);
	return k;
}

static void
add_three_lines(struct fixture *f)
{
	add_outbox(f, 1);
	add_outbox(f, 2);
	add_outbox(f, 3);
	fixture_commit(f);
}

#define STEP 1000

static void
trim_keeping(struct fixture *f, struct store_keep keep)
{
	struct store_trimmed done;

	keep.step = STEP;
	do
		assert_int_equal(store_trim(f->store, &keep, &done, &f->err),
		    0);
	while (done.more);
}

static void
trim(struct fixture *f, int64_t refused_max)
{
	trim_keeping(f, (struct store_keep){.refused_max = refused_max});
}

static void
a_sink_gets_what_is_beyond_its_cursor(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_three_lines(f);
	add_cursor(f, "syslog", 1);
	fixture_commit(f);
	k = outbox_of(f, "syslog", 10);
	assert_keys(&k, 2, 3, 0);
	k = outbox_of(f, "syslog", 1);
	assert_keys(&k, 2, 0);
	k = outbox_of(f, "file", 10);
	assert_keys(&k, 1, 2, 3, 0);
}

static void
the_slowest_cursor_decides_what_is_trimmed(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_three_lines(f);
	add_cursor(f, "syslog", 3);
	add_cursor(f, "file", 2);
	fixture_commit(f);
	trim(f, 0);
	k = outbox_of(f, "none", 10);
	assert_keys(&k, 3, 0);
}

static void
a_cursor_at_zero_holds_everything(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_three_lines(f);
	add_cursor(f, "syslog", 3);
	add_cursor(f, "file", 0);
	fixture_commit(f);
	trim(f, 0);
	k = outbox_of(f, "none", 10);
	assert_keys(&k, 1, 2, 3, 0);
}

static void
without_a_cursor_no_line_is_trimmed(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_three_lines(f);
	trim(f, 0);
	k = outbox_of(f, "none", 10);
	assert_keys(&k, 1, 2, 3, 0);
}

static int
check_lines(const struct outbox_row *r, void *arg)
{
	++*(int *)arg;
	assert_int_equal(r->tid, r->seq == 1 ? 0 : 9);
	assert_int_equal(r->notice, r->seq == 3 ? NOTICE_IDLE : NOTICE_EXPIRY);
	assert_int_equal(r->step, r->seq == 1 ? 0 : 77);
	return 0;
}

static void
a_notice_comes_back_with_what_it_is_about(void **state)
{
	struct fixture *f = *state;
	int		n = 0;

	add_outbox(f, 1);
	add_outbox(f, 2);
	add_outbox(f, 3);
	f->batch.outbox[1].tid = f->batch.outbox[2].tid = 9;
	f->batch.outbox[1].step = f->batch.outbox[2].step = 77;
	f->batch.outbox[2].notice = NOTICE_IDLE;
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(store_load_outbox(f->store, "file", 10, check_lines,
			     &n, &f->err),
	    0);
	assert_int_equal(n, 3);
}

static void
a_line_that_no_patrol_has_written_is_refused(void **state)
{
	struct fixture *f = *state;
	int		n = 0;

	add_outbox(f, 1);
	f->batch.outbox[0].tid = 9;
	f->batch.outbox[0].notice = NOTICE_KINDS;
	fixture_commit(f);
	assert_int_equal(store_load_outbox(f->store, "file", 10, check_lines,
			     &n, &f->err),
	    STORE_E_DAMAGED);
	assert_int_equal(n, 0);
}

/* Else a new line would get a key that the cursors have passed. */
static void
an_outbox_trimmed_empty_remembers_its_end(void **state)
{
	struct fixture	  *f = *state;
	struct store_marks m;

	add_three_lines(f);
	add_cursor(f, "syslog", 3);
	fixture_commit(f);
	trim(f, 0);
	fixture_reopen(f);
	assert_int_equal(store_marks(f->store, &m, &f->err), 0);
	assert_int_equal(m.last_outbox, 3);
}

static int64_t
count_rows(struct fixture *f, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_get_int(&f->store->db, sql, &n), SQLITE_OK);
	return n;
}

static void
add_refused_lines(struct fixture *f, unsigned n)
{
	while (n-- > 0)
		add_refused(f, SLICE("x"));
	fixture_commit(f);
}

static void
refused_lines_at_the_limit_stay(void **state)
{
	struct fixture *f = *state;

	add_refused_lines(f, 5);
	trim(f, 5);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 5);
}

static void
one_refused_line_too_many_costs_the_oldest(void **state)
{
	struct fixture *f = *state;

	add_refused_lines(f, 6);
	trim(f, 5);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 5);
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM refused"), 2);
}

static void
a_step_takes_so_many_rows_and_says_there_is_more(void **state)
{
	struct fixture	    *f = *state;
	struct store_keep    keep = {.refused_max = 1, .step = STEP};
	struct store_trimmed done;

	add_refused_lines(f, STEP + 2);
	assert_int_equal(store_trim(f->store, &keep, &done, &f->err), 0);
	assert_true(done.more);
	assert_int_equal(done.rows, STEP);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 2);
	assert_int_equal(store_trim(f->store, &keep, &done, &f->err), 0);
	assert_false(done.more);
	assert_int_equal(done.rows, 1);
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM refused"),
	    STEP + 2);
}

static void
add_use_at(struct fixture *f, int64_t seq, usec_t time, usec_t arrival)
{
	struct use_row *r = batch_add_use(&f->batch);

	r->seq = seq;
	r->time = time;
	r->arrival = arrival;
	r->bytes = -1;
	r->count = 1;
}

/* A late use is as old as its arrival: it was stored that long ago. */
static void
uses_go_when_they_are_older_than_what_is_kept(void **state)
{
	struct fixture *f = *state;

	add_use_at(f, 1, 10, 99);
	add_use_at(f, 2, 10, 100);
	add_use_at(f, 3, 200, 200);
	fixture_commit(f);
	trim_keeping(f, (struct store_keep){.refused_max = 9, .uses_since = 0});
	assert_int_equal(count_rows(f, "SELECT count(*) FROM uses"), 3);
	trim_keeping(f,
	    (struct store_keep){.refused_max = 9, .uses_since = 100});
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM uses"), 2);
	/* The newest stays: its key must not be given out again. */
	trim_keeping(f,
	    (struct store_keep){.refused_max = 9, .uses_since = 1000});
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM uses"), 3);
}

/*
 * Uses go from the oldest end only: each link of the hash chain is whole, or
 * has lost its beginning.  A clock that was set back for a while made uses in
 * the middle look old; taken out, they left a hole that `audit verify` told
 * as a row removed.
 */
static void
a_clock_that_was_set_back_makes_no_hole(void **state)
{
	struct store_keep keep = {.refused_max = 9, .uses_since = 100};
	struct fixture	 *f = *state;

	add_use_at(f, 1, 150, 150);
	add_use_at(f, 2, 50, 50); /* the clock was wrong */
	add_use_at(f, 3, 160, 160);
	fixture_commit(f);
	trim_keeping(f, keep);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM uses"), 3);
	keep.uses_since = 151;
	trim_keeping(f, keep);
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM uses"), 3);
}

/* Else one wrong moment of the clock would keep everything for years. */
static void
a_use_from_the_future_holds_nothing_up(void **state)
{
	struct store_keep keep = {.refused_max = 9,
	    .uses_since = 100,
	    .now = 1000};
	struct fixture	 *f = *state;

	add_use_at(f, 1, 1001, 1001);
	add_use_at(f, 2, 99, 99);
	add_use_at(f, 3, 1001, 1001);
	add_use_at(f, 4, 1000, 1000);
	fixture_commit(f);
	trim_keeping(f, keep);
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM uses"), 3);
}

/* Of each table, and of uses with what the clock made of them too. */
static void
a_step_is_the_bound_of_each_table(void **state)
{
	struct fixture	    *f = *state;
	struct store_keep    keep = {.refused_max = 9,
	       .uses_since = 5000,
	       .now = 9000,
	       .step = 10};
	struct store_trimmed done;
	int64_t		     i;

	for (i = 1; i <= 35; i++)
		add_use_at(f, i, i % 7 == 0 ? 9999 : i, i % 7 == 0 ? 9999 : i);
	fixture_commit(f);
	for (i = 10; i <= 30; i += 10) {
		assert_int_equal(store_trim(f->store, &keep, &done, &f->err),
		    0);
		assert_in_range(done.rows, 9, 10);
		assert_true(
		    count_rows(f, "SELECT min(seq) FROM uses") <= i + 1);
	}
}

static void
alerts_and_refused_lines_go_by_age_too(void **state)
{
	struct fixture	 *f = *state;
	struct alert_row *a;
	unsigned	  i;

	for (i = 1; i <= 2; i++) {
		a = batch_add_alert(&f->batch);
		snprintf(a->id, sizeof a->id, "alr_%u", i);
		a->rule = a->title = a->key = SLICE("{}");
		a->last = (usec_t)i * 100;
		batch_add_refused(&f->batch)->time = (usec_t)i * 100;
	}
	fixture_commit(f);
	trim_keeping(f,
	    (struct store_keep){.refused_max = 9,
		.alerts_since = 200,
		.refused_since = 200});
	assert_int_equal(count_rows(f, "SELECT count(*) FROM alerts"), 1);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 1);
	assert_int_equal(count_rows(f, "SELECT time FROM refused"), 200);
}

static void
audit_rows_can_be_neither_changed_nor_deleted(void **state)
{
	struct fixture *f = *state;

	batch_add_audit(&f->batch)->action = SLICE("reload");
	fixture_commit(f);
	assert_int_not_equal(db_exec(&f->store->db,
				 "UPDATE audit SET actor = 'nobody'"),
	    SQLITE_OK);
	assert_int_not_equal(db_exec(&f->store->db, "DELETE FROM audit"),
	    SQLITE_OK);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM audit"), 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_sink_gets_what_is_beyond_its_cursor),
	    TEST(the_slowest_cursor_decides_what_is_trimmed),
	    TEST(a_cursor_at_zero_holds_everything),
	    TEST(without_a_cursor_no_line_is_trimmed),
	    TEST(an_outbox_trimmed_empty_remembers_its_end),
	    TEST(a_notice_comes_back_with_what_it_is_about),
	    TEST(a_line_that_no_patrol_has_written_is_refused),
	    TEST(refused_lines_at_the_limit_stay),
	    TEST(one_refused_line_too_many_costs_the_oldest),
	    TEST(a_step_takes_so_many_rows_and_says_there_is_more),
	    TEST(uses_go_when_they_are_older_than_what_is_kept),
	    TEST(a_clock_that_was_set_back_makes_no_hole),
	    TEST(a_use_from_the_future_holds_nothing_up),
	    TEST(a_step_is_the_bound_of_each_table),
	    TEST(alerts_and_refused_lines_go_by_age_too),
	    TEST(audit_rows_can_be_neither_changed_nor_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
