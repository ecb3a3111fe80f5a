#include "test-store.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/schema.h"

/* Runs SQL on the file as another program would. */
static void
outside(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
write_file(const char *path, const char *bytes, size_t n)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	assert_int_equal(fwrite(bytes, 1, n, fp), n);
	assert_int_equal(fclose(fp), 0);
}

static size_t
read_file(const char *path, char *out, size_t max)
{
	FILE  *fp = fopen(path, "r");
	size_t n;

	assert_non_null(fp);
	n = fread(out, 1, max, fp);
	fclose(fp);
	return n;
}

static void
assert_refused(struct fixture *f, int code, const char *says)
{
	assert_int_equal(store_open(f->path, &f->store, &f->err), code);
	assert_null(f->store);
	assert_non_null(strstr(f->err.text, f->path));
	assert_non_null(strstr(f->err.text, says));
}

static void
a_new_file_has_our_marks(void **state)
{
	struct fixture *f = *state;
	int64_t		v = 0;

	fixture_open(f);
	assert_int_equal(db_get_int(&f->store->db, "PRAGMA application_id", &v),
	    SQLITE_OK);
	assert_int_equal(v, SCHEMA_APPLICATION_ID);
	assert_int_equal(db_get_int(&f->store->db, "PRAGMA user_version", &v),
	    SQLITE_OK);
	assert_int_equal(v, SCHEMA_VERSION);
	assert_int_equal(db_get_int(&f->store->db, "PRAGMA page_size", &v),
	    SQLITE_OK);
	assert_int_equal(v, 8192);
	assert_int_equal(db_get_int(&f->store->db, "PRAGMA synchronous", &v),
	    SQLITE_OK);
	assert_int_equal(v, 2);
}

static void
strangers_cannot_read_a_new_file(void **state)
{
	struct fixture *f = *state;
	struct stat	st;

	fixture_open(f);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
}

/* A store is named when it is whole: this one has lost what it held. */
static void
an_empty_file_is_no_new_store(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "", 0);
	assert_refused(f, STORE_E_DAMAGED, "is empty");
}

static void
a_store_without_tables_is_no_new_store(void **state)
{
	struct fixture *f = *state;

	outside(f->path, "PRAGMA journal_mode = WAL");
	assert_refused(f, STORE_E_DAMAGED, "is empty");
}

static void
what_a_first_start_left_half_made_is_made_anew(void **state)
{
	struct fixture *f = *state;
	char		name[sizeof f->path + 4];

	snprintf(name, sizeof name, "%s.new", f->path);
	write_file(name, "half", 4);
	fixture_open(f);
	assert_int_equal(access(name, F_OK), -1);
}

static void
this_schema_opens_again(void **state)
{
	struct fixture *f = *state;

	fixture_open(f);
	fixture_reopen(f);
}

static void
one_schema_newer_is_refused_with_advice(void **state)
{
	struct fixture *f = *state;
	char		sql[64];

	fixture_open(f);
	store_close(&f->store);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d",
	    SCHEMA_VERSION + 1);
	outside(f->path, sql);
	assert_refused(f, STORE_E_NEWER, "install that version");
	assert_int_equal(store_reader_open(f->path, &f->reader, &f->err),
	    STORE_E_NEWER);
}

static void
a_version_below_the_first_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_open(f);
	store_close(&f->store);
	outside(f->path, "PRAGMA user_version = 0");
	assert_refused(f, STORE_E_DAMAGED, "schema version");
}

/* Refusing must not have touched it. */
static void
another_programs_database_is_left_as_it_was(void **state)
{
	struct fixture *f = *state;
	static char	before[65536], after[65536];
	size_t		n;

	outside(f->path,
	    "CREATE TABLE bookmarks (url TEXT);"
	    "INSERT INTO bookmarks VALUES ('https://example.org');");
	n = read_file(f->path, before, sizeof before);
	assert_refused(f, STORE_E_DAMAGED, "another program");
	assert_int_equal(read_file(f->path, after, sizeof after), n);
	assert_memory_equal(before, after, n);
}

static void
another_application_id_is_refused(void **state)
{
	struct fixture *f = *state;

	outside(f->path, "PRAGMA application_id = 252006674");
	assert_refused(f, STORE_E_DAMAGED, "another program");
}

static void
refuse_bytes(struct fixture *f, const char *bytes, size_t n)
{
	char after[8192];

	write_file(f->path, bytes, n);
	assert_refused(f, STORE_E_DAMAGED, "not a database");
	assert_int_equal(read_file(f->path, after, sizeof after), n);
	assert_memory_equal(bytes, after, n);
}

static void
a_file_of_garbage_is_left_as_it_was(void **state)
{
	char bytes[4096];

	memset(bytes, 'x', sizeof bytes);
	refuse_bytes(*state, bytes, sizeof bytes);
}

/* Not one: SQLite takes a file of a single byte for an empty one. */
static void
a_file_of_two_bytes_is_left_as_it_was(void **state)
{
	refuse_bytes(*state, "xy", 2);
}

static void
a_directory_that_is_not_there_is_an_io_error(void **state)
{
	struct fixture *f = *state;

	snprintf(f->path, sizeof f->path, "%s/none/patrol.db", f->dir);
	assert_refused(f, STORE_E_IO, "No such file");
}

static void
a_second_instance_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store   *second = NULL;

	fixture_open(f);
	assert_int_equal(store_open(f->path, &second, &f->err), STORE_E_BUSY);
	assert_null(second);
	assert_non_null(strstr(f->err.text, "in use"));
	store_close(&f->store);
	assert_int_equal(store_open(f->path, &f->store, &f->err), STORE_OK);
}

static void
a_reader_makes_no_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_reader_open(f->path, &f->reader, &f->err),
	    STORE_E_IO);
	assert_null(f->reader);
	assert_int_equal(access(f->path, F_OK), -1);
}

static int
view_column(sqlite3_stmt *st, const char *name)
{
	int i;

	for (i = 0; i < sqlite3_column_count(st); i++)
		if (strcmp(sqlite3_column_name(st, i), name) == 0)
			return i;
	fail_msg("no column %s", name);
	return -1;
}

static void
assert_view(sqlite3_stmt *st, const char *name, const char *text)
{
	const unsigned char *have;

	have = sqlite3_column_text(st, view_column(st, name));
	if (text == NULL)
		assert_null(have);
	else
		assert_string_equal((const char *)have, text);
}

static void
the_use_view_reads_like_a_sentence(void **state)
{
	struct fixture *f = *state;
	struct use_row *u;
	sqlite3_stmt   *st;

	fixture_open(f);
	add_string(f, 1, "pull");
	add_string(f, 2, "192.0.2.7");
	add_token(f, 9, "pat_a");
	u = add_use(f, 2, 1, 9);
	u->standing = (struct standing){TOKEN_INACTIVE, 3};
	u->time = INT64_C(1795451045956361);
	u->arrival = u->time + 43639;
	u->action = 1;
	u->ip = 2;
	u->id = SLICE("320678d8-ca14-430f-8bb6-4ca139cd83f7");
	fixture_commit(f);
	assert_int_equal(sqlite3_prepare_v2(f->store->db.sql,
			     "SELECT * FROM use_view", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_view(st, "time", "2026-11-23T16:24:05.956361Z");
	assert_view(st, "arrival", "2026-11-23T16:24:06.000000Z");
	assert_view(st, "token", "pat_a");
	assert_view(st, "action", "pull");
	assert_view(st, "ip", "192.0.2.7");
	assert_view(st, "repository", NULL);
	assert_view(st, "count", "1");
	assert_view(st, "token_state", "inactive");
	assert_view(st, "token_idle_days", "3");
	assert_view(st, "id", "320678d8-ca14-430f-8bb6-4ca139cd83f7");
	sqlite3_finalize(st);
}

static void
the_token_view_has_words_for_numbers(void **state)
{
	struct fixture	 *f = *state;
	struct token_row *t;
	sqlite3_stmt	 *st;

	fixture_open(f);
	add_account(f, 3, "alice");
	t = add_token(f, 9, "pat_a");
	t->aid = 3;
	t->state = TOKEN_INACTIVE;
	t->kind = TOKEN_HONEY;
	t->created = INT64_C(1795451045000000);
	t->idle_expires = 30 * USEC_DAY;
	t->allow_from = SLICE("192.0.2.0/24");
	t->until = t->created + USEC_SEC;
	fixture_commit(f);
	assert_int_equal(sqlite3_prepare_v2(f->store->db.sql,
			     "SELECT * FROM token_view", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_view(st, "account", "alice");
	assert_view(st, "state", "inactive");
	assert_view(st, "kind", "honey");
	assert_view(st, "created", "2026-11-23T16:24:05.000000Z");
	assert_view(st, "expires", NULL);
	assert_view(st, "inactive_until", "2026-11-23T16:24:06.000000Z");
	assert_view(st, "last_used", NULL);
	assert_view(st, "idle_expires_seconds", "2592000");
	assert_view(st, "max_uses", NULL);
	assert_view(st, "allow_from", "192.0.2.0/24");
	sqlite3_finalize(st);
}

/* Runs a file of SQL on a new database. */
static void
make_from(struct fixture *f, const char *sql)
{
	static char text[65536];
	size_t	    n = read_file(sql, text, sizeof text - 1);

	assert_true(n > 0 && n < sizeof text - 1);
	text[n] = '\0';
	outside(f->path, text);
}

/* What is in them: uses, and the one whose token was out of service, for who
 * kept that. */
static const struct {
	int64_t uses, inactive;
} old_files[SCHEMA_VERSION] = {{12, 0}, {12, 11}, {14, 0}, {14, 0}, {14, 0},
    {14, 0}};

struct old_uses {
	int	version;
	int64_t n;
};

static int
check_old_use(const struct stored_use *u, void *arg)
{
	struct old_uses *o = arg;

	assert_int_equal(u->seq, ++o->n);
	assert_int_equal(u->standing.state,
	    u->seq == old_files[o->version - 1].inactive ? TOKEN_INACTIVE :
							   TOKEN_ACTIVE);
	assert_int_equal(u->standing.idle_days, u->prev == 0 ? -1 : 0);
	return 0;
}

/* The files that older versions left: all that they hold is still there. */
static void
every_older_schema_is_brought_up_to_date(void **state)
{
	struct fixture *f = *state;
	char		sql[64];
	int64_t		v;
	int		version;
	struct old_uses o;

	for (version = 1; version < SCHEMA_VERSION; version++) {
		snprintf(sql, sizeof sql, "tests/fixtures/store/schema-%d.sql",
		    version);
		make_from(f, sql);
		fixture_open(f);
		assert_int_equal(db_get_int(&f->store->db,
				     "PRAGMA user_version", &v),
		    SQLITE_OK);
		assert_int_equal(v, SCHEMA_VERSION);
		o = (struct old_uses){version, 0};
		assert_int_equal(fixture_uses(f, check_old_use, &o), 0);
		assert_int_equal(o.n, old_files[version - 1].uses);
		store_reader_close(&f->reader);
		store_close(&f->store);
		assert_int_equal(unlink(f->path), 0);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_new_file_has_our_marks),
	    TEST(strangers_cannot_read_a_new_file),
	    TEST(an_empty_file_is_no_new_store),
	    TEST(what_a_first_start_left_half_made_is_made_anew),
	    TEST(a_store_without_tables_is_no_new_store),
	    TEST(this_schema_opens_again),
	    TEST(one_schema_newer_is_refused_with_advice),
	    TEST(a_version_below_the_first_is_refused),
	    TEST(another_programs_database_is_left_as_it_was),
	    TEST(another_application_id_is_refused),
	    TEST(a_file_of_garbage_is_left_as_it_was),
	    TEST(a_file_of_two_bytes_is_left_as_it_was),
	    TEST(a_directory_that_is_not_there_is_an_io_error),
	    TEST(a_second_instance_is_refused),
	    TEST(a_reader_makes_no_file),
	    TEST(every_older_schema_is_brought_up_to_date),
	    TEST(the_use_view_reads_like_a_sentence),
	    TEST(the_token_view_has_words_for_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
