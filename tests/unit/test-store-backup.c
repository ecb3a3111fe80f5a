#include "test-store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/db.h"

static char copy[1100];

static int
setup(void **state)
{
	struct fixture *f;
	int64_t		i;

	if (fixture_begin_open(state) != 0)
		return -1;
	f = *state;
	snprintf(copy, sizeof copy, "%s/copy.db", f->dir);
	add_string(f, 1, "hub");
	for (i = 1; i <= 3000; i++)
		add_use(f, i, 0, 0)->registry = 1;
	fixture_commit(f);
	return 0;
}

static int
open_copy(int flags)
{
	int fd = open(copy, flags | O_CREAT | O_EXCL, 0600);

	assert_int_not_equal(fd, -1);
	return fd;
}

static struct store_backup *
begin(struct fixture *f, int fd)
{
	struct store_backup *b;
	int		     r = store_backup_open(f->path, fd, &b, &f->err);

	if (r != 0)
		fail_msg("store_backup_open: %d %s", r, f->err.text);
	return b;
}

static int64_t
count(struct store *st)
{
	int64_t n;

	assert_int_equal(db_get_int(&st->db, "SELECT count(*) FROM uses", &n),
	    SQLITE_OK);
	return n;
}

/* The copy, as a patrold would open it. */
static void
assert_copy_has(struct fixture *f, int64_t uses)
{
	struct store *st;
	int64_t	      faults;
	int	      r = store_open(copy, &st, &f->err);

	if (r != 0)
		fail_msg("store_open: %d %s", r, f->err.text);
	assert_int_equal(count(st), uses);
	assert_int_equal(db_get_int(&st->db,
			     "SELECT count(*) FROM pragma_integrity_check"
			     " WHERE integrity_check <> 'ok'",
			     &faults),
	    SQLITE_OK);
	assert_int_equal(faults, 0);
	store_close(&st);
}

/*
 * Each step is one page and a commit comes between any two: a backup that
 * begins anew when the source was changed would never come to its end.
 */
static void
a_copy_ends_under_a_stream_of_commits(void **state)
{
	struct fixture		 *f = *state;
	struct store_backup_state st = {.more = true};
	int			  fd = open_copy(O_RDWR);
	struct store_backup	 *b = begin(f, fd);
	int64_t			  seq = 3000;
	uint64_t		  before = 0;

	while (st.more) {
		assert_int_equal(store_backup_step(b, 1, &st, &f->err), 0);
		assert_true(st.done >= before && st.done <= st.total);
		before = st.done;
		assert_true(seq < 4000);
		add_use(f, ++seq, 0, 0);
		fixture_commit(f);
	}
	assert_int_equal(st.done, st.total);
	store_backup_close(&b);
	assert_null(b);
	close(fd);
	assert_true(seq > 3010);
	assert_copy_has(f, 3000);
	assert_int_equal(count(f->store), seq);
}

static void
a_copy_that_was_not_ended_is_not_whole(void **state)
{
	struct fixture		 *f = *state;
	struct store_backup_state st;
	int			  fd = open_copy(O_RDWR);
	struct store_backup	 *b = begin(f, fd);
	struct store		 *opened;

	assert_int_equal(store_backup_step(b, 1, &st, &f->err), 0);
	assert_true(st.more);
	store_backup_close(&b);
	/* Nothing came yet, or what came is no whole store. */
	if (lseek(fd, 0, SEEK_END) > 0)
		assert_int_equal(store_open(copy, &opened, &f->err),
		    STORE_E_DAMAGED);
	close(fd);
}

static void
the_descriptor_stays_the_callers(void **state)
{
	struct fixture		 *f = *state;
	struct store_backup_state st;
	int			  fd = open_copy(O_RDWR);
	struct store_backup	 *b = begin(f, fd);
	struct stat		  sb;

	assert_int_equal(store_backup_step(b, -1, &st, &f->err), 0);
	assert_false(st.more);
	store_backup_close(&b);
	assert_int_equal(fstat(fd, &sb), 0);
	assert_int_equal((uint64_t)sb.st_size, st.total);
	close(fd);
}

static void
assert_no_target(struct fixture *f, int fd, const char *why)
{
	struct store_backup *b = NULL;

	assert_int_equal(store_backup_open(f->path, fd, &b, &f->err),
	    STORE_E_OTHER);
	assert_null(b);
	assert_non_null(strstr(f->err.text, why));
	if (fd != -1)
		close(fd);
	(void)unlink(copy);
}

/* Bytes 18 and 19: no log that would have to be made to read it. */
static void
a_copy_needs_no_file_beside_it(void **state)
{
	struct fixture		 *f = *state;
	struct store_backup_state st;
	int			  fd = open_copy(O_RDWR);
	struct store_backup	 *b = begin(f, fd);
	char			  version[2];

	assert_int_equal(store_backup_step(b, -1, &st, &f->err), 0);
	store_backup_close(&b);
	assert_int_equal(pread(fd, version, 2, 18), 2);
	assert_int_equal(version[0], 1);
	assert_int_equal(version[1], 1);
	close(fd);
	assert_copy_has(f, 3000);
}

static void
a_descriptor_that_is_no_empty_file_is_refused(void **state)
{
	struct fixture *f = *state;
	int		fd = open_copy(O_RDWR);

	assert_int_equal(write(fd, "x", 1), 1);
	assert_no_target(f, fd, "not empty");
	assert_no_target(f, open_copy(O_WRONLY), "not open to read");
	assert_no_target(f, open_copy(O_RDONLY), "not open to read");
	assert_no_target(f, open_copy(O_RDWR | O_APPEND), "not open to read");
	assert_no_target(f, open("/dev/null", O_RDWR), "no regular file");
	assert_no_target(f, open("/tmp", O_RDONLY), "no regular file");
	assert_no_target(f, -1, "Bad file descriptor");
}

static void
a_store_that_is_not_there_is_told(void **state)
{
	struct fixture	    *f = *state;
	struct store_backup *b = NULL;
	int		     fd = open_copy(O_RDWR);

	assert_int_not_equal(store_backup_open("/nowhere/patrol.db", fd, &b,
				 &f->err),
	    0);
	assert_null(b);
	assert_non_null(strstr(f->err.text, "/nowhere/patrol.db"));
	close(fd);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_end)
	const struct CMUnitTest tests[] = {
	    TEST(a_copy_ends_under_a_stream_of_commits),
	    TEST(a_copy_that_was_not_ended_is_not_whole),
	    TEST(the_descriptor_stays_the_callers),
	    TEST(a_copy_needs_no_file_beside_it),
	    TEST(a_descriptor_that_is_no_empty_file_is_refused),
	    TEST(a_store_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
