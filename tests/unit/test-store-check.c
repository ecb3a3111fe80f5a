#include "test-store.h"

#include <fcntl.h>

#include "store/db.h"

/* What was found, and told, and when to stop. */
struct found {
	struct store_checked checked;
	unsigned	     told;
	char		     place[160], text[512], todo[256]; /* the first */
	uint64_t	     looks;
	bool		     stop;
};

static void
take_finding(const char *place, const char *text, const char *todo, void *arg)
{
	struct found *f = arg;

	if (f->told++ > 0)
		return;
	snprintf(f->place, sizeof f->place, "%s", place);
	snprintf(f->text, sizeof f->text, "%s", text);
	snprintf(f->todo, sizeof f->todo, "%s", todo);
}

static bool
look(uint64_t done, uint64_t total, void *arg)
{
	struct found *f = arg;

	(void)done;
	assert_true(total > 0);
	f->looks++;
	return !f->stop;
}

static int
check_as(struct fixture *f, struct found *found, const char *path)
{
	struct store_check_hooks h = {take_finding, look, found};

	return store_check(path, &h, &found->checked, &f->err);
}

static struct found
check(struct fixture *f)
{
	struct found found = {.told = 0};
	int	     r = check_as(f, &found, f->path);

	if (r != 0)
		fail_msg("store_check: %d %s", r, f->err.text);
	return found;
}

static void
assert_sound(struct fixture *f)
{
	struct found found = check(f);

	if (found.checked.findings > 0)
		fail_msg("%s: %s", found.place, found.text);
}

static void
assert_finds(struct fixture *f, const char *place, const char *text)
{
	struct found found = check(f);

	assert_int_equal(found.checked.findings, 1);
	assert_string_equal(found.place, place);
	if (strstr(found.text, text) == NULL)
		fail_msg("%s", found.text);
	assert_true(found.todo[0] != '\0');
}

static void
exec(struct fixture *f, const char *sql)
{
	if (db_exec(&f->store->db, sql) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(f->store->db.sql));
}

/* Three uses of one token and one of another; a fifth after the checkpoint. */
static int
setup(void **state)
{
	struct fixture	    *f;
	struct use_row	    *u;
	struct lastused_row *l;

	if (fixture_begin_open(state) != 0)
		return -1;
	f = *state;
	add_string(f, 1, "hub");
	add_string(f, 2, "success");
	add_string(f, 3, "denied");
	add_string(f, 4, "hub");
	add_account(f, 1, "alice");
	add_token(f, 1, "pat_a")->aid = 1;
	add_token(f, 2, "pat_b");
	u = add_use(f, 1, 0, 1);
	u->registry = 1;
	u->outcome = 2;
	add_use(f, 2, 0, 2);
	u = add_use(f, 3, 1, 1);
	u->outcome = 3;
	u->count = 4;
	u = add_use(f, 4, 3, 1);
	u->registry = 1;
	u->outcome = 2;
	add_use(f, 5, 4, 1);
	l = add_lastused(f, 1);
	l->time = 4 * USEC_SEC;
	l->first = 1 * USEC_SEC;
	l->uses = 6;
	l->refused = 4;
	l->last_seq = 4;
	l->registry = 4; /* another number of the same text */
	l->outcome = OUTCOME_SUCCESS;
	l = add_lastused(f, 2);
	l->time = l->first = 2 * USEC_SEC;
	l->uses = 1;
	l->last_seq = 2;
	f->batch.checkpoint = 4;
	fixture_commit(f);
	return 0;
}

static void
a_sound_store_gives_no_finding(void **state)
{
	struct fixture *f = *state;
	struct found	found = check(f);

	assert_int_equal(found.checked.findings, 0);
	assert_int_equal(found.checked.uses, 5);
	assert_int_equal(found.checked.tokens, 2);
	assert_true(found.checked.pages > 0);
}

static void
an_empty_store_is_sound(void **state)
{
	fixture_open(*state);
	assert_sound(*state);
}

static void
a_predecessor_that_is_none_is_found(void **state)
{
	struct fixture *f = *state;

	exec(f, "UPDATE uses SET prev = 2 WHERE seq = 3");
	assert_finds(f, "use 3",
	    "use 2 of its token was before, but use 1 was");
	exec(f, "UPDATE uses SET prev = NULL WHERE seq = 3");
	assert_finds(f, "use 3",
	    "use 0 of its token was before, but use 1 was");
	exec(f,
	    "UPDATE uses SET prev = 1 WHERE seq = 3;"
	    "UPDATE uses SET prev = 1 WHERE seq = 2");
	assert_finds(f, "use 2", "use 1 of its token was before, but none was");
}

static void
what_retention_deleted_is_no_finding(void **state)
{
	struct fixture *f = *state;

	exec(f, "DELETE FROM uses WHERE seq < 4");
	assert_sound(f);
	exec(f, "DELETE FROM uses WHERE seq < 5");
	assert_sound(f);
	/* A hole is one, and so is a last use that lies in it. */
	exec(f, "INSERT INTO uses (seq, time) VALUES (3, 3)");
	assert_int_equal(check(f).checked.findings, 2);
	assert_string_equal(check(f).place, "use 5");
}

static void
counts_may_be_higher_only_when_uses_are_gone(void **state)
{
	struct fixture *f = *state;

	exec(f, "UPDATE last_used SET uses = 7 WHERE tid = 1");
	assert_finds(f, "token pat_a", "has uses 7, its stored uses give 6");
	exec(f, "DELETE FROM uses WHERE seq < 3");
	assert_sound(f);
	exec(f, "UPDATE last_used SET uses = 4 WHERE tid = 1");
	assert_finds(f, "token pat_a", "has uses 4, its stored uses give 5");
}

static void
last_used_is_compared_in_all_its_columns(void **state)
{
	static const struct {
		const char *set, *back, *text;
	} cases[] = {
	    {"refused = 3", "refused = 4", "refused uses 3"},
	    {"time = 1", "time = 4000000", "last used at another time"},
	    {"first = 2", "first = 1000000", "first used at another time"},
	    {"seq = 3", "seq = 4", "its last use is 4, not 3"},
	    {"registry = 2", "registry = 1", "its last registry"},
	    {"ip = 2", "ip = NULL", "its last address"},
	    {"client = 2", "client = NULL", "its last client"},
	    {"action = 2", "action = NULL", "its last action"},
	    {"repository = 2", "repository = NULL", "its last repository"},
	    {"outcome = 3", "outcome = 1", "its last outcome"},
	};
	struct fixture *f = *state;
	char		sql[128];
	size_t		i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(sql, sizeof sql,
		    "UPDATE last_used SET %s WHERE tid = 1", cases[i].set);
		exec(f, sql);
		assert_finds(f, "token pat_a", cases[i].text);
		snprintf(sql, sizeof sql,
		    "UPDATE last_used SET %s WHERE tid = 1", cases[i].back);
		exec(f, sql);
	}
	assert_sound(f);
	exec(f, "DELETE FROM last_used WHERE tid = 2");
	assert_finds(f, "token pat_b", "has no last-used, but 1 uses");
}

/* As a checkpoint leaves it that was cut short. */
static void
a_row_may_be_newer_than_the_checkpoint(void **state)
{
	struct fixture *f = *state;

	exec(f,
	    "UPDATE last_used SET uses = 7, seq = 5, time = 5000000,"
	    " outcome = NULL, registry = NULL WHERE tid = 1");
	assert_sound(f);
	exec(f, "UPDATE last_used SET uses = 6 WHERE tid = 1");
	assert_finds(f, "token pat_a", "has uses 6, its stored uses give 7");
	exec(f, "UPDATE last_used SET uses = 7, seq = 6 WHERE tid = 1");
	assert_finds(f, "token pat_a", "its last use is 5, not 6");
}

static void
what_is_named_must_be_there(void **state)
{
	struct fixture *f = *state;

	exec(f, "UPDATE uses SET repository = 77 WHERE seq = 2");
	assert_finds(f, "use 2", "its repository, text 77, is not there");
	exec(f,
	    "UPDATE uses SET repository = NULL WHERE seq = 2;"
	    "INSERT INTO uses (seq, time, token) VALUES (6, 1, 9)");
	assert_finds(f, "use 6", "its token 9 is not there");
	exec(f,
	    "DELETE FROM uses WHERE seq = 6;"
	    "UPDATE tokens SET aid = 5 WHERE tid = 2");
	assert_finds(f, "token pat_b", "its account 5 is not there");
	exec(f,
	    "UPDATE tokens SET aid = NULL WHERE tid = 2;"
	    "INSERT INTO last_used (tid, outcome, uses, refused)"
	    " VALUES (3, 0, 1, 0)");
	assert_finds(f, "last-used of token 3", "there is no such token");
	exec(f,
	    "DELETE FROM last_used WHERE tid = 3;"
	    "INSERT INTO secrets (tid, number, made, uses)"
	    " VALUES (4, 1, 0, 0), (4, 2, 0, 0)");
	assert_finds(f, "secrets of token 4", "there is no such token");
	exec(f,
	    "DELETE FROM last_used WHERE tid = 3;"
	    "UPDATE marks SET value = 99 WHERE name = 'checkpoint'");
	assert_true(check(f).checked.findings > 0);
}

static void
an_alert_names_what_is_there(void **state)
{
	struct fixture	 *f = *state;
	struct alert_row *a;

	a = add_alert(f, "alr_a");
	a->rule = a->title = a->key = SLICE("{}");
	a->uses[0] = 4;
	a->nuses = 1;
	a->tid = 1;
	fixture_commit(f);
	assert_sound(f);
	exec(f, "UPDATE alerts SET uses = '[4,44]'");
	assert_finds(f, "alert alr_a", "its use 44 is not there");
	exec(f, "UPDATE alerts SET uses = '[0]', tid = 8");
	assert_finds(f, "alert alr_a", "its token 8 is not there");
}

/* Of each kind some are told, all are counted. */
static void
many_findings_are_counted_and_some_told(void **state)
{
	struct fixture *f = *state;
	struct found	found;

	exec(f,
	    "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n"
	    " LIMIT 500) INSERT INTO uses (seq, time, ip) SELECT i, i, 99"
	    " FROM n; UPDATE last_used SET uses = 9 WHERE tid = 1");
	found = check(f);
	assert_int_equal(found.checked.findings, 501);
	assert_int_equal(found.told, 21);
}

/* The wrong way round in the file itself, behind SQLite's back. */
static void
a_damaged_page_is_found(void **state)
{
	struct fixture *f = *state;
	char		junk[4096];
	int64_t		i, root;
	int		fd;

	for (i = 6; i < 4000; i++)
		add_use(f, i, 0, 0);
	fixture_commit(f);
	assert_int_equal(db_get_int(&f->store->db,
			     "SELECT rootpage FROM sqlite_master WHERE"
			     " name = 'uses'",
			     &root),
	    SQLITE_OK);
	store_close(&f->store);
	memset(junk, 0x5a, sizeof junk);
	fd = open(f->path, O_RDWR);
	assert_int_equal(pwrite(fd, junk, sizeof junk, root * 8192 - 4096),
	    sizeof junk);
	close(fd);
	assert_true(check(f).checked.findings > 0);
	assert_string_equal(check(f).place, "file");
}

static void
it_ends_when_it_is_not_wanted_any_more(void **state)
{
	struct fixture *f = *state;
	struct found	found = {.stop = true};
	int64_t		i;

	for (i = 6; i < 20000; i++)
		add_use(f, i, 0, 0);
	fixture_commit(f);
	assert_int_equal(check_as(f, &found, f->path), STORE_E_OTHER);
	assert_non_null(strstr(f->err.text, "cancelled"));
	assert_int_equal(found.looks, 1);
}

static void
what_is_no_store_cannot_be_checked(void **state)
{
	struct fixture *f = *state;
	struct found	found = {.told = 0};
	int		fd;

	assert_true(check_as(f, &found, "/nowhere/patrol.db") != 0);
	store_close(&f->store);
	fd = open(f->path, O_RDWR | O_TRUNC);
	assert_int_equal(write(fd, "this is no database, really not", 31), 31);
	close(fd);
	assert_int_equal(check_as(f, &found, f->path), STORE_E_DAMAGED);
	assert_int_equal(found.told, 0);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_end)
	const struct CMUnitTest tests[] = {
	    TEST(a_sound_store_gives_no_finding),
	    cmocka_unit_test_setup_teardown(an_empty_store_is_sound,
		fixture_begin, fixture_end),
	    TEST(a_predecessor_that_is_none_is_found),
	    TEST(what_retention_deleted_is_no_finding),
	    TEST(counts_may_be_higher_only_when_uses_are_gone),
	    TEST(last_used_is_compared_in_all_its_columns),
	    TEST(a_row_may_be_newer_than_the_checkpoint),
	    TEST(what_is_named_must_be_there),
	    TEST(an_alert_names_what_is_there),
	    TEST(many_findings_are_counted_and_some_told),
	    TEST(a_damaged_page_is_found),
	    TEST(it_ends_when_it_is_not_wanted_any_more),
	    TEST(what_is_no_store_cannot_be_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
