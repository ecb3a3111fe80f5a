/*
 * A log as SQLite writes it, and what can become of it.
 */
#include "store/wal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

#define PAGE  4096
#define FRAME (24 + PAGE)

struct fixture {
	char	     dir[64], path[80], log[96];
	sqlite3	    *db;
	struct error err;
};

static void
run(struct fixture *f, const char *sql)
{
	assert_int_equal(sqlite3_exec(f->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
commits(struct fixture *f, unsigned n)
{
	while (n-- > 0)
		run(f, "INSERT INTO t VALUES (randomblob(5000))");
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/patrol-wal-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/x.db", f->dir);
	snprintf(f->log, sizeof f->log, "%s-wal", f->path);
	assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
	run(f,
	    "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
	    "PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (b)");
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	char		command[128];

	sqlite3_close(f->db);
	snprintf(command, sizeof command, "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static off_t
size_of_log(const struct fixture *f)
{
	struct stat st;

	assert_int_equal(stat(f->log, &st), 0);
	return st.st_size;
}

static void
flip(const struct fixture *f, off_t at)
{
	int	fd = open(f->log, O_RDWR);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void
assert_damaged(struct fixture *f, unsigned frame)
{
	char said[64];

	assert_int_equal(wal_check(f->path, &f->err), STORE_E_DAMAGED);
	snprintf(said, sizeof said, "is damaged at page %u of", frame);
	assert_non_null(strstr(f->err.text, said));
}

static void
no_log_is_whole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wal_check("/nonexistent/x.db", &f->err), 0);
}

static void
a_log_is_whole_and_so_is_an_empty_one(void **state)
{
	struct fixture *f = *state;

	commits(f, 5);
	assert_int_equal(wal_check(f->path, &f->err), 0);
	assert_int_equal(truncate(f->log, 0), 0);
	assert_int_equal(wal_check(f->path, &f->err), 0);
}

static void
a_log_that_began_anew_over_a_longer_one_is_whole(void **state)
{
	struct fixture *f = *state;

	commits(f, 10);
	run(f, "PRAGMA wal_checkpoint(RESTART)");
	commits(f, 2);
	assert_true(size_of_log(f) > 20 * FRAME);
	assert_int_equal(wal_check(f->path, &f->err), 0);
}

static void
a_log_cut_anywhere_is_what_a_power_loss_leaves(void **state)
{
	struct fixture *f = *state;
	off_t		size;

	commits(f, 3);
	for (size = size_of_log(f); size > 0; size -= 1000) {
		assert_int_equal(truncate(f->log, size), 0);
		assert_int_equal(wal_check(f->path, &f->err), 0);
	}
}

static void
the_last_transaction_may_be_torn(void **state)
{
	struct fixture *f = *state;

	commits(f, 3);
	flip(f, size_of_log(f) - 2 * FRAME + 1000);
	assert_int_equal(wal_check(f->path, &f->err), 0);
}

static void
one_before_the_last_may_not(void **state)
{
	struct fixture *f = *state;
	unsigned	n;

	commits(f, 2);
	n = (unsigned)((size_of_log(f) - 32) / FRAME);
	commits(f, 1);
	flip(f, 32 + (n - 1) * (off_t)FRAME + 1000);
	assert_damaged(f, n);
}

static void
any_byte_of_a_frame_counts(void **state)
{
	struct fixture *f = *state;
	off_t		at;

	commits(f, 10);
	for (at = 0; at < FRAME; at += at < 24 ? 1 : 97) {
		flip(f, 32 + 3 * FRAME + at);
		assert_damaged(f, 4);
		flip(f, 32 + 3 * FRAME + at);
	}
	assert_int_equal(wal_check(f->path, &f->err), 0);
}

static void
any_byte_of_the_header_counts(void **state)
{
	struct fixture *f = *state;
	off_t		at;

	commits(f, 3);
	for (at = 0; at < 32; at++) {
		flip(f, at);
		assert_damaged(f, 1);
		flip(f, at);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(no_log_is_whole),
	    TEST(a_log_is_whole_and_so_is_an_empty_one),
	    TEST(a_log_that_began_anew_over_a_longer_one_is_whole),
	    TEST(a_log_cut_anywhere_is_what_a_power_loss_leaves),
	    TEST(the_last_transaction_may_be_torn),
	    TEST(one_before_the_last_may_not),
	    TEST(any_byte_of_a_frame_counts),
	    TEST(any_byte_of_the_header_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
