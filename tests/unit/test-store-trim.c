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
	struct keys	k = {.n = 0};

	assert_int_equal(store_load_outbox(f->store, sink, max, keys_outbox,
	    &k, &f->err), 0);
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

static void
a_sink_gets_what_is_beyond_its_cursor(void **state)
{
	struct fixture	*f = *state;
	struct keys	 k;

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
	struct fixture	*f = *state;
	struct keys	 k;

	add_three_lines(f);
	add_cursor(f, "syslog", 3);
	add_cursor(f, "file", 2);
	fixture_commit(f);
	assert_int_equal(store_trim(f->store, 0, &f->err), 0);
	k = outbox_of(f, "none", 10);
	assert_keys(&k, 3, 0);
}

static void
a_cursor_at_zero_holds_everything(void **state)
{
	struct fixture	*f = *state;
	struct keys	 k;

	add_three_lines(f);
	add_cursor(f, "syslog", 3);
	add_cursor(f, "file", 0);
	fixture_commit(f);
	assert_int_equal(store_trim(f->store, 0, &f->err), 0);
	k = outbox_of(f, "none", 10);
	assert_keys(&k, 1, 2, 3, 0);
}

static void
without_a_cursor_no_line_is_trimmed(void **state)
{
	struct fixture	*f = *state;
	struct keys	 k;

	add_three_lines(f);
	assert_int_equal(store_trim(f->store, 0, &f->err), 0);
	k = outbox_of(f, "none", 10);
	assert_keys(&k, 1, 2, 3, 0);
}

/* Else a new line would get a key that the cursors have passed. */
static void
an_outbox_trimmed_empty_remembers_its_end(void **state)
{
	struct fixture		*f = *state;
	struct store_marks	 m;

	add_three_lines(f);
	add_cursor(f, "syslog", 3);
	fixture_commit(f);
	assert_int_equal(store_trim(f->store, 0, &f->err), 0);
	fixture_reopen(f);
	assert_int_equal(store_marks(f->store, &m, &f->err), 0);
	assert_int_equal(m.last_outbox, 3);
}

static int64_t
count_rows(struct fixture *f, const char *sql)
{
	int64_t	n = -1;

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
	struct fixture	*f = *state;

	add_refused_lines(f, 5);
	assert_int_equal(store_trim(f->store, 5, &f->err), 0);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 5);
}

static void
one_refused_line_too_many_costs_the_oldest(void **state)
{
	struct fixture	*f = *state;

	add_refused_lines(f, 6);
	assert_int_equal(store_trim(f->store, 5, &f->err), 0);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 5);
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM refused"), 2);
}

static void
more_refused_lines_than_a_step_go_too(void **state)
{
	struct fixture	*f = *state;

	add_refused_lines(f, 2501);
	assert_int_equal(store_trim(f->store, 1, &f->err), 0);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM refused"), 1);
	assert_int_equal(count_rows(f, "SELECT min(seq) FROM refused"), 2501);
}

static void
audit_rows_can_be_neither_changed_nor_deleted(void **state)
{
	struct fixture	*f = *state;

	batch_add_audit(&f->batch)->action = SLICE("reload");
	fixture_commit(f);
	assert_int_not_equal(db_exec(&f->store->db,
	    "UPDATE audit SET actor = 'nobody'"), SQLITE_OK);
	assert_int_not_equal(db_exec(&f->store->db, "DELETE FROM audit"),
	    SQLITE_OK);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM audit"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name,		\
	    fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(a_sink_gets_what_is_beyond_its_cursor),
		TEST(the_slowest_cursor_decides_what_is_trimmed),
		TEST(a_cursor_at_zero_holds_everything),
		TEST(without_a_cursor_no_line_is_trimmed),
		TEST(an_outbox_trimmed_empty_remembers_its_end),
		TEST(refused_lines_at_the_limit_stay),
		TEST(one_refused_line_too_many_costs_the_oldest),
		TEST(more_refused_lines_than_a_step_go_too),
		TEST(audit_rows_can_be_neither_changed_nor_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
