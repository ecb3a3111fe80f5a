#include "test-store.h"

#include "store/chain.h"
#include "store/db.h"

/* What verifying said: the last fault and the outcome. */
struct heard {
	struct store_verified out;
	int64_t		      link;
	char		      text[256];
};

static void
hear(int64_t link, const char *text, void *arg)
{
	struct heard *h = arg;

	h->link = link;
	snprintf(h->text, sizeof h->text, "%s", text);
}

static const struct store_verify all = {.rows = 1000000};

static void
verify(struct fixture *f, const struct store_verify *want, struct heard *h)
{
	memset(h, 0, sizeof *h);
	store_reader_close(&f->reader);
	fixture_read(f);
	if (store_verify(f->reader, want, &h->out, hear, h, &f->err) != 0)
		fail_msg("store_verify: %s", f->err.text);
}

static void
assert_intact(struct fixture *f, uint64_t links)
{
	struct heard h;

	verify(f, &all, &h);
	if (h.out.faults > 0)
		fail_msg("link %d: %s", (int)h.link, h.text);
	assert_int_equal(h.out.links, links);
	assert_false(h.out.more);
}

/* One fault, in that link, that says so. */
static void
assert_fault(struct fixture *f, int64_t link, const char *says)
{
	struct heard h;

	verify(f, &all, &h);
	if (strstr(h.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", h.text, says);
	assert_int_equal(h.out.faults, 1);
	assert_int_equal(h.link, link);
}

/* Changes the file as a thief would, who can write to it. */
static void
outside(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
add_audit(struct fixture *f, usec_t time)
{
	struct audit_row *r = batch_add_audit(&f->batch);

	r->time = time;
	r->actor = SLICE("uid:0(root)");
	r->uid = 0;
	r->pid = -1;
	r->action = SLICE("token.deactivate");
	r->object = SLICE("pat_a");
	r->after = SLICE("{}");
}

/* Three links: uses 1-3 with two strings, 4-6 with an audit entry, 7-9. */
static void
fill(struct fixture *f)
{
	int64_t i;

	add_string(f, 1, "pull");
	add_string(f, 2, "192.0.2.7");
	for (i = 1; i <= 9; i++) {
		add_use(f, i, i - 1, 7)->ip = 2;
		if (i == 5)
			add_audit(f, 5 * USEC_SEC);
		if (i % 3 == 0)
			fixture_commit(f);
	}
}

static void
what_was_written_is_intact(void **state)
{
	struct fixture *f = *state;
	struct use_row *u;

	fill(f);
	u = add_use(f, 10, 9, 7);
	u->id = SLICE("8c0b8a8e-3f7e-4b0b-9a53-0e8b3c2c8a11");
	u->other = SLICE("{\"note\":\"x\"}");
	u->arrival += 77;
	u->bytes = 0;
	u->count = 3;
	u->standing = (struct standing){TOKEN_INACTIVE, 5};
	u = add_use(f, 11, 10, 7);
	u->id = SLICE("not a uuid");
	fixture_commit(f);
	assert_intact(f, 4);
	fixture_reopen(f);
	assert_intact(f, 4);
}

static void
an_empty_store_is_intact(void **state)
{
	struct heard h;

	assert_intact(*state, 0);
	verify(*state, &all, &h);
	assert_int_equal(h.out.head_seq, 0);
	assert_int_equal(h.out.waiting, 0);
}

static void
one_changed_byte_of_a_use_names_its_link(void **state)
{
	struct fixture *f = *state;

	fill(f);
	outside(f, "UPDATE uses SET ip = 1 WHERE seq = 5");
	assert_fault(f, 2, "uses 4 to 6 are not what was written");
}

static void
a_value_where_none_was_shows(void **state)
{
	struct fixture *f = *state;

	fill(f);
	outside(f, "UPDATE uses SET count = 1 WHERE seq = 8");
	assert_fault(f, 3, "uses 7 to 9");
}

static void
a_changed_string_shows(void **state)
{
	struct fixture *f = *state;

	fill(f);
	outside(f, "UPDATE strings SET text = '192.0.2.8' WHERE id = 2");
	assert_fault(f, 1, "strings 1 to 2");
}

static void
a_changed_audit_entry_shows(void **state)
{
	struct fixture *f = *state;

	fill(f);
	outside(f,
	    "DROP TRIGGER audit_no_update;"
	    "UPDATE audit SET actor = 'uid:9(bob)' WHERE seq = 1;");
	assert_fault(f, 2, "audit entries 1 to 1");
}

static void
a_use_taken_from_the_middle_shows(void **state)
{
	struct fixture *f = *state;

	fill(f);
	outside(f, "DELETE FROM uses WHERE seq = 6");
	assert_fault(f, 2, "uses 4 to 6");
}

static void
a_link_made_to_fit_shows_by_its_hash(void **state)
{
	struct fixture *f = *state;

	fill(f);
	outside(f,
	    "DROP TRIGGER chain_no_update;"
	    "UPDATE chain SET time = time + 1 WHERE seq = 2;");
	assert_fault(f, 2, "the link itself");
}

static void
a_missing_link_is_named(void **state)
{
	struct fixture *f = *state;
	struct heard	h;

	fill(f);
	outside(f,
	    "DROP TRIGGER chain_no_delete;"
	    "DELETE FROM chain WHERE seq = 2;");
	verify(f, &all, &h);
	assert_int_not_equal(h.out.faults, 0);
	assert_int_equal(h.link, 3);
}

/* Cut off at the end, the rest is a good chain; only who knows a later head
 * can tell. */
static void
a_head_that_was_told_is_looked_for(void **state)
{
	struct fixture	   *f = *state;
	struct store_verify want = all;
	struct heard	    h;

	fill(f);
	verify(f, &all, &h);
	assert_int_equal(h.out.head_seq, 3);
	assert_int_equal(h.out.head_use, 9);
	want.head_seq = 3;
	memcpy(want.head, h.out.head, STORE_HASH);
	verify(f, &want, &h);
	assert_true(h.out.head_found);
	assert_int_equal(h.out.faults, 0);
	want.head[0] ^= 1;
	verify(f, &want, &h);
	assert_int_equal(h.out.faults, 1);
	want.head_seq = 4;
	verify(f, &want, &h);
	assert_false(h.out.head_found);
}

static void
uses_that_age_took_are_no_fault_and_others_are(void **state)
{
	struct fixture	   *f = *state;
	struct store_verify want = all;
	struct heard	    h;

	fill(f);
	outside(f, "DELETE FROM uses WHERE seq <= 5");
	want.kept_since = 6 * USEC_SEC;
	verify(f, &want, &h);
	assert_int_equal(h.out.faults, 0);
	assert_int_equal(h.out.gone, 5);
	assert_int_equal(h.out.links, 3);
	want.kept_since = 3 * USEC_SEC;
	verify(f, &want, &h);
	assert_int_equal(h.out.faults, 1);
	assert_int_equal(h.link, 2);
	assert_non_null(strstr(h.text, "not old enough"));
}

/*
 * A link's time was the latest of any link so far: after one use with a clock
 * that was ahead, every use that age took looked too young to be gone.
 */
static void
a_clock_that_was_ahead_dates_its_own_link_only(void **state)
{
	struct fixture	   *f = *state;
	struct store_verify want = all;
	struct heard	    h;

	fill(f);
	add_use(f, 10, 9, 7)->arrival = 1000 * USEC_SEC;
	fixture_commit(f);
	add_use(f, 11, 10, 7);
	f->batch.checkpoint = 11; /* a link at once */
	fixture_commit(f);
	add_use(f, 12, 11, 7);
	fixture_commit(f);
	add_use(f, 13, 12, 7);
	fixture_commit(f);
	assert_intact(f, 7);
	outside(f, "DELETE FROM uses WHERE seq <= 12");
	want.now = 20 * USEC_SEC;
	want.kept_since = 12 * USEC_SEC;
	verify(f, &want, &h);
	assert_int_equal(h.out.faults, 0);
	assert_int_equal(h.out.gone, 12);
	want.kept_since = 11 * USEC_SEC;
	verify(f, &want, &h);
	assert_int_equal(h.out.faults, 1);
	assert_int_equal(h.link, 6);
}

static void
it_is_verified_in_parts(void **state)
{
	struct fixture	   *f = *state;
	struct store_verify want = all;
	struct heard	    h;

	fill(f);
	want.rows = 1;
	verify(f, &want, &h);
	assert_true(h.out.more);
	assert_int_equal(h.out.links, 1);
	assert_int_equal(h.out.at, 1);
	assert_int_equal(h.out.at_use, 3);
	want.after = h.out.at;
	want.rows = 1000;
	outside(f, "UPDATE uses SET ip = 1 WHERE seq = 2");
	verify(f, &want, &h);
	assert_int_equal(h.out.faults, 0);
	assert_int_equal(h.out.links, 2);
	assert_false(h.out.more);
}

static void
a_transaction_that_failed_leaves_no_trace(void **state)
{
	struct fixture *f = *state;

	fill(f);
	add_string(f, 3, "new");
	add_use(f, 10, 9, 7);
	add_use(f, 9, 8, 7); /* that key is taken */
	assert_int_not_equal(store_commit(f->store, &f->batch, &f->err), 0);
	f->batch.nuses = 1;
	fixture_commit(f);
	assert_intact(f, 4);
}

/* Uses of the same second wait for the link; a start takes them up. */
static void
rows_that_wait_for_a_link_survive_a_kill(void **state)
{
	struct fixture *f = *state;
	struct fixture	copy;
	char		cmd[8192];
	struct heard	h;

	fill(f);
	add_use(f, 10, 9, 7)->arrival = 9 * USEC_SEC + 1;
	add_audit(f, 9 * USEC_SEC + 1);
	add_string(f, 3, "late");
	fixture_commit(f);
	verify(f, &all, &h);
	assert_int_equal(h.out.links, 3);
	assert_int_equal(h.out.waiting, 1);
	copy = *f;
	snprintf(copy.path, sizeof copy.path, "%.500s/copy.db", f->dir);
	snprintf(cmd, sizeof cmd, "cp %s %s && cp %s-wal %s-wal", f->path,
	    copy.path, f->path, copy.path);
	assert_int_equal(system(cmd), 0);
	fixture_open(&copy);
	add_use(&copy, 11, 10, 7);
	fixture_commit(&copy);
	assert_intact(&copy, 4);
	store_reader_close(&copy.reader);
	f->reader = NULL;
	f->batch = copy.batch;
	store_close(&copy.store);
}

static void
what_waits_is_sealed_when_the_store_is_closed(void **state)
{
	struct fixture *f = *state;

	fill(f);
	add_use(f, 10, 9, 7)->arrival = 9 * USEC_SEC + 1;
	fixture_commit(f);
	assert_intact(f, 3);
	fixture_reopen(f);
	assert_intact(f, 4);
}

static void
many_uses_of_one_moment_do_not_wait(void **state)
{
	struct fixture *f = *state;
	int64_t		i;

	fill(f);
	for (i = 10; i < 10 + CHAIN_ROWS; i++)
		add_use(f, i, 0, 0)->arrival = 9 * USEC_SEC;
	fixture_commit(f);
	assert_intact(f, 4);
}

static void
a_lost_chain_is_reported_and_not_made_anew(void **state)
{
	struct fixture *f = *state;

	fill(f);
	store_close(&f->store);
	outside(f, "DROP TRIGGER chain_no_delete; DELETE FROM chain;");
	assert_int_equal(store_open(f->path, &f->store, &f->err),
	    STORE_E_DAMAGED);
	assert_non_null(strstr(f->err.text, "hash chain"));
}

/* The formats are kept: a store of today must verify tomorrow. */
static void
the_hash_of_known_rows_is_known(void **state)
{
	struct fixture *f = *state;
	struct use_row *u;
	struct heard	h;
	char		hex[2 * STORE_HASH + 1];
	unsigned	i;

	fill(f);
	u = add_use(f, 10, 9, 7);
	u->id = SLICE("8c0b8a8e-3f7e-4b0b-9a53-0e8b3c2c8a11");
	u->other = SLICE("{}");
	fixture_commit(f);
	verify(f, &all, &h);
	for (i = 0; i < STORE_HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", h.out.head[i]);
	assert_string_equal(hex,
	    "10be193653e162c8794fdcf7b6351aa184c9e52c36daf877913436c6d73a6718");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_written_is_intact),
	    TEST(an_empty_store_is_intact),
	    TEST(one_changed_byte_of_a_use_names_its_link),
	    TEST(a_value_where_none_was_shows),
	    TEST(a_changed_string_shows),
	    TEST(a_changed_audit_entry_shows),
	    TEST(a_use_taken_from_the_middle_shows),
	    TEST(a_link_made_to_fit_shows_by_its_hash),
	    TEST(a_missing_link_is_named),
	    TEST(a_head_that_was_told_is_looked_for),
	    TEST(uses_that_age_took_are_no_fault_and_others_are),
	    TEST(a_clock_that_was_ahead_dates_its_own_link_only),
	    TEST(it_is_verified_in_parts),
	    TEST(a_transaction_that_failed_leaves_no_trace),
	    TEST(rows_that_wait_for_a_link_survive_a_kill),
	    TEST(what_waits_is_sealed_when_the_store_is_closed),
	    TEST(many_uses_of_one_moment_do_not_wait),
	    TEST(a_lost_chain_is_reported_and_not_made_anew),
	    TEST(the_hash_of_known_rows_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
