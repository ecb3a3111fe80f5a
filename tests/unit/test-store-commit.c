#include "test-store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/db.h"

static int64_t
count_rows(struct fixture *f, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_get_int(&f->store->db, sql, &n), SQLITE_OK);
	return n;
}

/* One row of each kind. */
static void
add_everything(struct fixture *f)
{
	add_string(f, 1, "pull");
	add_token(f, 9, "pat_a");
	add_use(f, 7, 0, 9)->action = 1;
	add_account(f, 3, "alice");
	add_lastused(f, 9);
	add_alert(f, "alr_a");
	batch_add_audit(&f->batch)->action = SLICE("reload");
	add_refused(f, SLICE("x"));
	add_outbox(f, 1);
	add_cursor(f, "syslog", 1);
	f->batch.checkpoint = 7;
}

static const char all_rows[] =
    "SELECT (SELECT count(*) FROM uses) + (SELECT count(*) FROM strings)"
    " + (SELECT count(*) FROM tokens) + (SELECT count(*) FROM accounts)"
    " + (SELECT count(*) FROM alerts) + (SELECT count(*) FROM audit)"
    " + (SELECT count(*) FROM refused) + (SELECT count(*) FROM outbox)"
    " + (SELECT count(*) FROM cursors) + (SELECT count(*) FROM marks)";

static void
assert_nothing_stored(struct fixture *f)
{
	assert_true(sqlite3_get_autocommit(f->store->db.sql));
	assert_int_equal(count_rows(f, all_rows), 0);
}

static void
add_big_use(struct fixture *f, int64_t seq, size_t n)
{
	char *text = xmalloc(n);

	memset(text, 'x', n);
	add_use(f, seq, 0, 0)->other =
	    batch_text(&f->batch, (struct slice){text, n});
	free(text);
}

static void
a_full_store_keeps_nothing_and_goes_on_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	int64_t		pages;
	char		sql[64];

	pages = count_rows(f, "PRAGMA page_count");
	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld",
	    (long long)pages);
	assert_int_equal(db_exec(&f->store->db, sql), SQLITE_OK);
	add_everything(f);
	add_big_use(f, 8, 100000);
	assert_int_equal(store_commit(f->store, &f->batch, &f->err),
	    STORE_E_FULL);
	assert_non_null(strstr(f->err.text, "full"));
	assert_nothing_stored(f);
	assert_int_equal(store_commit(f->store, &f->batch, &f->err),
	    STORE_E_FULL);
	assert_int_equal(db_exec(&f->store->db,
			     "PRAGMA max_page_count = 1000000"),
	    SQLITE_OK);
	fixture_commit(f);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM uses"), 2);
}

/* The write-ahead log may not grow: write(2) fails in the commit. */
static void
a_failing_disk_keeps_nothing_and_the_batch_can_be_tried_again(void **state)
{
	struct fixture *f = *state;
	struct rlimit	old, low;
	struct stat	st;
	char		wal[1100];
	int		r;

	snprintf(wal, sizeof wal, "%s-wal", f->path);
	assert_int_equal(stat(wal, &st), 0);
	add_everything(f);
	add_big_use(f, 8, 1000000);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)st.st_size + 200000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	r = store_commit(f->store, &f->batch, &f->err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r, STORE_E_IO);
	assert_non_null(strstr(f->err.text, f->path));
	assert_nothing_stored(f);
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM uses"), 2);
}

static void
a_key_that_is_taken_stores_nothing_of_the_batch(void **state)
{
	struct fixture *f = *state;

	add_use(f, 1, 0, 0);
	fixture_commit(f);
	add_string(f, 1, "x");
	add_use(f, 1, 0, 0);
	assert_int_equal(store_commit(f->store, &f->batch, &f->err),
	    STORE_E_OTHER);
	assert_int_equal(count_rows(f, "SELECT count(*) FROM strings"), 0);
	batch_reset(&f->batch);
	add_use(f, 2, 0, 0);
	fixture_commit(f);
}

static void
a_store_that_another_writes_to_is_busy(void **state)
{
	struct fixture *f = *state;
	sqlite3	       *other;

	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
			     NULL),
	    SQLITE_OK);
	add_use(f, 1, 0, 0);
	assert_int_equal(store_commit(f->store, &f->batch, &f->err),
	    STORE_E_BUSY);
	sqlite3_close(other);
	fixture_commit(f);
}

static void
copy_file(const char *from, const char *to)
{
	char   buf[65536];
	FILE  *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(buf, 1, sizeof buf, in)) > 0)
		assert_int_equal(fwrite(buf, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Takes what a machine that lost power now would find on its disk. */
static void
crash(struct fixture *f, const char *copy)
{
	char from[1100], to[1200];

	copy_file(f->path, copy);
	snprintf(from, sizeof from, "%s-wal", f->path);
	snprintf(to, sizeof to, "%s-wal", copy);
	copy_file(from, to);
}

static int64_t
uses_after_crash(const char *copy)
{
	struct store *s = NULL;
	struct error  err;
	int64_t	      n = -1;

	assert_int_equal(store_open(copy, &s, &err), 0);
	assert_int_equal(db_get_int(&s->db, "SELECT count(*) FROM uses", &n),
	    SQLITE_OK);
	store_close(&s);
	return n;
}

static void
what_was_committed_survives_a_crash(void **state)
{
	struct fixture *f = *state;
	char		copy[1100];

	snprintf(copy, sizeof copy, "%s/crashed.db", f->dir);
	add_everything(f);
	fixture_commit(f);
	add_use(f, 8, 0, 0);
	fixture_commit(f);
	crash(f, copy);
	assert_int_equal(uses_after_crash(copy), 2);
}

/* The log holds pages of a transaction that never came to its end. */
static void
what_was_not_committed_is_gone_after_a_crash(void **state)
{
	struct fixture *f = *state;
	char		copy[1100];

	snprintf(copy, sizeof copy, "%s/crashed.db", f->dir);
	add_use(f, 1, 0, 0);
	fixture_commit(f);
	assert_int_equal(
	    db_exec(&f->store->db,
		"PRAGMA cache_size = 5;"
		"BEGIN; INSERT INTO strings SELECT value, hex(zeroblob(2000))"
		" FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT"
		" value + 1 FROM n WHERE value < 100) SELECT value FROM n);"
		"INSERT INTO uses (seq, time) VALUES (2, 2);"),
	    SQLITE_OK);
	crash(f, copy);
	assert_int_equal(db_exec(&f->store->db, "ROLLBACK"), SQLITE_OK);
	assert_int_equal(uses_after_crash(copy), 1);
}

static void
a_store_in_memory_works_for_tests(void **state)
{
	struct store	  *s = NULL;
	struct batch	   b;
	struct error	   err;
	struct store_marks m;

	(void)state;
	assert_int_equal(store_open(":memory:", &s, &err), 0);
	batch_init(&b);
	batch_add_use(&b)->seq = 1;
	assert_int_equal(store_commit(s, &b, &err), 0);
	assert_int_equal(store_marks(s, &m, &err), 0);
	assert_int_equal(m.last_seq, 1);
	batch_clear(&b);
	store_close(&s);
	store_close(&s);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_full_store_keeps_nothing_and_goes_on_when_there_is_room),
	    TEST(a_failing_disk_keeps_nothing_and_the_batch_can_be_tried_again),
	    TEST(a_key_that_is_taken_stores_nothing_of_the_batch),
	    TEST(a_store_that_another_writes_to_is_busy),
	    TEST(what_was_committed_survives_a_crash),
	    TEST(what_was_not_committed_is_gone_after_a_crash),
	    TEST(a_store_in_memory_works_for_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
