#include "test-store.h"

#include "store/db.h"

static int
keep_use(const struct stored_use *u, void *arg)
{
	*(struct stored_use *)arg = *u;
	return 1; /* stop here: the text dies with the walk */
}

/* Checks the one stored use in the callback, where its text lives. */
static int
check_full_use(const struct stored_use *u, void *arg)
{
	(void)arg;
	assert_int_equal(u->seq, 7);
	assert_int_equal(u->prev, 3);
	assert_int_equal(u->time, 1000);
	assert_int_equal(u->arrival, 900);
	assert_int_equal(u->token, 9);
	assert_slice(u->token_id, "pat_a");
	assert_slice(u->account, "s1");
	assert_slice(u->registry, "s2");
	assert_slice(u->action, "s3");
	assert_slice(u->outcome, "s4");
	assert_slice(u->reason, "s5");
	assert_slice(u->repository, "s6");
	assert_slice(u->tag, "s7");
	assert_slice(u->digest, "s8");
	assert_slice(u->media_type, "s9");
	assert_slice(u->ip, "s10");
	assert_slice(u->user_agent, "s11");
	assert_int_equal(u->bytes, 0);
	assert_int_equal(u->count, 0);
	assert_slice(u->id, "not a uuid");
	assert_slice(u->other, "{\"x\":1}");
	assert_int_equal(u->standing.state, TOKEN_EXPIRED);
	assert_int_equal(u->standing.idle_days, 93);
	return 0;
}

static void
add_full_use(struct fixture *f)
{
	static const char *const texts[] = {"s1", "s2", "s3", "s4", "s5", "s6",
	    "s7", "s8", "s9", "s10", "s11"};
	struct use_row		*u;
	uint32_t		 i;

	for (i = 1; i <= 11; i++)
		add_string(f, i, texts[i - 1]);
	add_token(f, 9, "pat_a");
	u = add_use(f, 7, 3, 9);
	u->time = 1000;
	u->arrival = 900; /* the sender's clock runs ahead */
	u->account = 1;
	u->registry = 2;
	u->action = 3;
	u->outcome = 4;
	u->reason = 5;
	u->repository = 6;
	u->tag = 7;
	u->digest = 8;
	u->media_type = 9;
	u->ip = 10;
	u->user_agent = 11;
	u->bytes = 0;
	u->count = 0;
	u->id = SLICE("not a uuid");
	u->other = SLICE("{\"x\":1}");
	u->standing = (struct standing){TOKEN_EXPIRED, 93};
}

static void
a_use_with_all_fields_comes_back(void **state)
{
	struct fixture *f = *state;

	add_full_use(f);
	fixture_commit(f);
	assert_int_equal(fixture_uses(f, check_full_use, NULL), 0);
}

/* The same numbers, as it was put in. */
static int
check_full_row(const struct use_row *u, void *arg)
{
	(void)arg;
	assert_int_equal(u->seq, 7);
	assert_int_equal(u->prev, 3);
	assert_int_equal(u->time, 1000);
	assert_int_equal(u->arrival, 900);
	assert_int_equal(u->token, 9);
	assert_int_equal(u->account, 1);
	assert_int_equal(u->registry, 2);
	assert_int_equal(u->action, 3);
	assert_int_equal(u->outcome, 4);
	assert_int_equal(u->reason, 5);
	assert_int_equal(u->repository, 6);
	assert_int_equal(u->tag, 7);
	assert_int_equal(u->digest, 8);
	assert_int_equal(u->media_type, 9);
	assert_int_equal(u->ip, 10);
	assert_int_equal(u->user_agent, 11);
	assert_int_equal(u->bytes, 0);
	assert_int_equal(u->count, 0);
	assert_slice(u->id, "not a uuid");
	assert_slice(u->other, "{\"x\":1}");
	assert_int_equal(u->standing.state, TOKEN_EXPIRED);
	assert_int_equal(u->standing.idle_days, 93);
	return 0;
}

static int
check_bare_row(const struct use_row *u, void *arg)
{
	assert_int_equal(u->seq, 1);
	assert_int_equal(u->prev, 0);
	assert_int_equal(u->arrival, u->time);
	assert_int_equal(u->token, 0);
	assert_int_equal(u->account, 0);
	assert_int_equal(u->user_agent, 0);
	assert_int_equal(u->bytes, -1);
	assert_int_equal(u->count, 1);
	assert_slice(u->id, arg);
	assert_absent(u->other);
	assert_int_equal(u->standing.state, TOKEN_ACTIVE);
	assert_int_equal(u->standing.idle_days, -1);
	return 0;
}

static void
a_use_comes_back_as_the_row_that_it_was(void **state)
{
	static char	uuid[] = "320678d8-ca14-430f-8bb6-4ca139cd83f7";
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_use(f, 1, 0, 0)->id = slice_of(uuid);
	add_full_use(f);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_rows(f->reader, 0, keys_row, &k, &f->err),
	    0);
	assert_keys(&k, 1, 7, 0);
	assert_int_equal(store_read_rows(f->reader, 1, check_full_row, NULL,
			     &f->err),
	    0);
	/* As it is alone, and first. */
	k = (struct keys){.stop_at = 1};
	assert_int_equal(store_read_rows(f->reader, 0, keys_row, &k, &f->err),
	    77);
	assert_keys(&k, 1, 0);
}

static void
what_a_row_has_not_is_zero(void **state)
{
	static char	uuid[] = "320678d8-ca14-430f-8bb6-4ca139cd83f7";
	struct fixture *f = *state;

	add_use(f, 1, 0, 0)->id = slice_of(uuid);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_rows(f->reader, 0, check_bare_row, uuid,
			     &f->err),
	    0);
}

static struct slice
name_of(struct fixture *f, enum store_names what, uint32_t number)
{
	struct slice s = SLICE("not asked");

	assert_int_equal(store_read_name(f->reader, what, number, &s, &f->err),
	    0);
	return s;
}

/* Also where two share a place, or differ in what they are a number of. */
static void
numbers_in_rows_have_names(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	add_string(f, 1, "one");
	add_string(f, 2, "");
	add_string(f, 8193, "shares the place of one");
	add_token(f, 1, "pat_one");
	fixture_commit(f);
	fixture_read(f);
	for (i = 0; i < 2; i++) {
		assert_slice(name_of(f, STORE_STRING, 1), "one");
		assert_slice(name_of(f, STORE_TOKEN_ID, 1), "pat_one");
		assert_slice(name_of(f, STORE_STRING, 8193),
		    "shares the place of one");
		assert_slice(name_of(f, STORE_STRING, 2), "");
		assert_absent(name_of(f, STORE_STRING, 3));
		assert_absent(name_of(f, STORE_TOKEN_ID, 8193));
		assert_absent(name_of(f, STORE_STRING, 0));
		assert_absent(name_of(f, STORE_STRING, UINT32_MAX));
	}
}

static void
what_a_use_has_not_stays_absent(void **state)
{
	struct fixture	 *f = *state;
	struct stored_use u;

	add_use(f, 1, 0, 0);
	fixture_commit(f);
	assert_int_equal(fixture_uses(f, keep_use, &u), 1);
	assert_int_equal(u.prev, 0);
	assert_int_equal(u.token, 0);
	assert_int_equal(u.arrival, u.time);
	assert_absent(u.token_id);
	assert_absent(u.account);
	assert_absent(u.user_agent);
	assert_absent(u.id);
	assert_absent(u.other);
	assert_int_equal(u.bytes, -1);
	assert_int_equal(u.count, 1);
	assert_int_equal(u.standing.state, TOKEN_ACTIVE);
	assert_int_equal(u.standing.idle_days, -1);
}

/* An active token used today, as nearly all are, costs no byte but NULL's. */
static void
a_usual_standing_is_null(void **state)
{
	struct fixture	 *f = *state;
	struct stored_use u;
	int64_t		  n;

	add_use(f, 2, 1, 0)->standing = (struct standing){TOKEN_ACTIVE, 0};
	fixture_commit(f);
	assert_int_equal(db_get_int(&f->store->db,
			     "SELECT standing IS NULL FROM uses", &n),
	    SQLITE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(fixture_uses(f, keep_use, &u), 1);
	assert_int_equal(u.standing.state, TOKEN_ACTIVE);
	assert_int_equal(u.standing.idle_days, 0);
}

static int
check_id(const struct stored_use *u, void *arg)
{
	assert_slice(u->id, arg);
	return 0;
}

/* Stores a use of this id; returns what type SQLite made of it. */
static int
stored_id_type(struct fixture *f, const char *id)
{
	sqlite3_stmt *st;
	char	      text[64];
	int	      type;

	snprintf(text, sizeof text, "%s", id);
	add_use(f, 1, 0, 0)->id = slice_of(id);
	fixture_commit(f);
	assert_int_equal(fixture_uses(f, check_id, text), 0);
	assert_int_equal(sqlite3_prepare_v2(f->store->db.sql,
			     "SELECT id FROM uses", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	type = sqlite3_column_type(st, 0);
	sqlite3_finalize(st);
	return type;
}

static void
a_uuid_is_kept_as_bytes(void **state)
{
	assert_int_equal(stored_id_type(*state,
			     "320678d8-ca14-430f-8bb6-4ca139cd83f7"),
	    SQLITE_BLOB);
}

static void
an_upper_case_uuid_is_kept_as_it_came(void **state)
{
	assert_int_equal(stored_id_type(*state,
			     "320678D8-ca14-430f-8bb6-4ca139cd83f7"),
	    SQLITE_TEXT);
}

static void
a_uuid_with_a_dash_elsewhere_is_kept_as_it_came(void **state)
{
	assert_int_equal(stored_id_type(*state,
			     "320678d8c-a14-430f-8bb6-4ca139cd83f7"),
	    SQLITE_TEXT);
}

static void
an_id_one_longer_than_a_uuid_is_kept_as_it_came(void **state)
{
	assert_int_equal(stored_id_type(*state,
			     "320678d8-ca14-430f-8bb6-4ca139cd83f70"),
	    SQLITE_TEXT);
}

static void
sixteen_letters_are_not_taken_for_a_uuid(void **state)
{
	assert_int_equal(stored_id_type(*state, "abcdefghijklmnop"),
	    SQLITE_TEXT);
}

static int
check_token(const struct token_row *t, const struct lastused_row *u, void *arg)
{
	uint8_t hash[SECRET_HASH];

	++*(unsigned *)arg;
	memset(hash, 0xab, sizeof hash);
	assert_int_equal(t->tid, 9);
	assert_slice(t->id, "pat_a");
	assert_memory_equal(t->hash, hash, sizeof hash);
	assert_int_equal(t->state, TOKEN_DELETED);
	assert_int_equal(t->kind, TOKEN_FOREIGN);
	assert_int_equal(t->aid, 3);
	assert_slice(t->description, "");
	assert_slice(t->labels, "a b");
	assert_slice(t->scope, "read");
	assert_slice(t->cause, "stolen");
	assert_slice(t->actor, "uid:0(root)");
	assert_int_equal(t->created, 1);
	assert_int_equal(t->expires, 2);
	assert_int_equal(t->changed, 3);
	assert_int_equal(t->idle_expires, 4);
	assert_int_equal(t->max_uses, 6);
	assert_int_equal(t->used, 5);
	assert_slice(t->allow_from, "192.0.2.0/24");
	assert_int_equal(t->told[NOTICE_EXPIRY], 7);
	assert_int_equal(t->told[NOTICE_IDLE], 8);
	assert_int_equal(t->until, 9);
	assert_int_equal(u->tid, 9);
	assert_int_equal(u->time, 11);
	assert_int_equal(u->first, 10);
	assert_int_equal(u->ip, 1);
	assert_int_equal(u->client, 2);
	assert_int_equal(u->action, 3);
	assert_int_equal(u->repository, 4);
	assert_int_equal(u->registry, UINT32_MAX);
	assert_int_equal(u->outcome, OUTCOME_FAILURE);
	assert_int_equal(u->uses, 20);
	assert_int_equal(u->refused, 5);
	assert_int_equal(u->last_seq, 99);
	return 0;
}

static void
fill_token(struct token_row *t)
{
	memset(t->hash, 0xab, sizeof t->hash);
	t->state = TOKEN_DELETED;
	t->kind = TOKEN_FOREIGN;
	t->aid = 3;
	t->description = SLICE("");
	t->labels = SLICE("a b");
	t->scope = SLICE("read");
	t->cause = SLICE("stolen");
	t->actor = SLICE("uid:0(root)");
	t->created = 1;
	t->expires = 2;
	t->changed = 3;
	t->idle_expires = 4;
	t->max_uses = 6;
	t->used = 5;
	t->allow_from = SLICE("192.0.2.0/24");
	t->told[NOTICE_EXPIRY] = 7;
	t->told[NOTICE_IDLE] = 8;
	t->until = 9;
}

static void
fill_lastused(struct lastused_row *u)
{
	u->time = 11;
	u->first = 10;
	u->ip = 1;
	u->client = 2;
	u->action = 3;
	u->repository = 4;
	u->registry = UINT32_MAX;
	u->outcome = OUTCOME_FAILURE;
	u->uses = 20;
	u->refused = 5;
	u->last_seq = 99;
}

static void
a_token_and_its_last_use_come_back(void **state)
{
	struct fixture *f = *state;
	unsigned	n = 0;

	fill_token(add_token(f, 9, "pat_a"));
	fill_lastused(add_lastused(f, 9));
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(store_load_tokens(f->store, check_token, &n, &f->err),
	    0);
	assert_int_equal(n, 1);
}

/* A state change must not take the last use away. */
static void
a_token_that_changes_keeps_its_last_use(void **state)
{
	struct fixture *f = *state;
	unsigned	n = 0;

	add_token(f, 9, "pat_a");
	fill_lastused(add_lastused(f, 9));
	fixture_commit(f);
	fill_token(add_token(f, 9, "pat_a"));
	fixture_commit(f);
	assert_int_equal(store_load_tokens(f->store, check_token, &n, &f->err),
	    0);
	assert_int_equal(n, 1);
}

static int
check_fresh_token(const struct token_row *t, const struct lastused_row *u,
    void *arg)
{
	static const uint8_t none[SECRET_HASH];

	(void)arg;
	assert_memory_equal(t->hash, none, sizeof none);
	assert_int_equal(t->aid, 0);
	assert_absent(t->description);
	assert_int_equal(u->time, 0);
	assert_int_equal(u->ip, 0);
	assert_int_equal(u->uses, 0);
	assert_int_equal(u->last_seq, 0);
	return 0;
}

static void
a_token_never_used_has_no_last_use(void **state)
{
	struct fixture *f = *state;

	add_token(f, 9, "pat_a");
	fixture_commit(f);
	assert_int_equal(store_load_tokens(f->store, check_fresh_token, NULL,
			     &f->err),
	    0);
}

static int
keys_token(const struct token_row *t, const struct lastused_row *u, void *arg)
{
	(void)u;
	return keys_add(arg, t->tid);
}

static void
of_tokens_with_one_id_the_newest_is_loaded_last(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_token(f, 1, "foreign");
	add_token(f, 2, "other");
	add_token(f, 3, "foreign");
	fixture_commit(f);
	assert_int_equal(store_load_tokens(f->store, keys_token, &k, &f->err),
	    0);
	assert_keys(&k, 1, 2, 3, 0);
}

static void
a_token_in_no_known_state_is_damage(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_token(f, 1, "a")->state = TOKEN_DELETED + 1;
	fixture_commit(f);
	assert_int_equal(store_load_tokens(f->store, keys_token, &k, &f->err),
	    STORE_E_DAMAGED);
	assert_int_equal(k.n, 0);
}

static int
check_account(const struct account_row *a, void *arg)
{
	++*(unsigned *)arg;
	assert_int_equal(a->aid, 3);
	assert_slice(a->name, "alice");
	assert_true(a->two_factor);
	assert_true(a->disabled);
	assert_int_equal(a->created, 12);
	return 0;
}

static void
an_account_is_replaced_by_what_it_now_is(void **state)
{
	struct fixture	   *f = *state;
	struct account_row *a;
	unsigned	    n = 0;

	add_account(f, 3, "alice");
	fixture_commit(f);
	a = add_account(f, 3, "alice");
	a->two_factor = a->disabled = true;
	a->created = 12;
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(store_load_accounts(f->store, check_account, &n,
			     &f->err),
	    0);
	assert_int_equal(n, 1);
}

/* --- alerts ---------------------------------------------------------- */

static void
fill_alert(struct alert_row *a)
{
	unsigned i;

	a->rule = SLICE("rule");
	a->title = SLICE("Title");
	a->key = SLICE("{\"token\":\"pat_a\"}");
	a->token = SLICE("pat_a");
	a->account = SLICE("alice");
	a->done = SLICE("deactivated");
	a->summary = SLICE("{}");
	a->level = 4;
	a->mode = 2;
	a->state = ALERT_CLOSED;
	a->verdict = 't';
	a->undone = true;
	a->first = 1;
	a->last = 2;
	a->raised = 3;
	a->quiet_until = 4;
	a->count = 5;
	a->nuses = ALERT_USES_MAX;
	for (i = 0; i < ALERT_USES_MAX; i++)
		a->uses[i] = INT64_MAX - i;
	a->tid = 9;
	a->was_state = TOKEN_EXPIRED;
}

static int
check_alert(const struct alert_row *a, void *arg)
{
	unsigned i;

	++*(unsigned *)arg;
	assert_string_equal(a->id, "alr_abcdefghijklmno");
	assert_slice(a->rule, "rule");
	assert_slice(a->title, "Title");
	assert_slice(a->key, "{\"token\":\"pat_a\"}");
	assert_slice(a->token, "pat_a");
	assert_slice(a->account, "alice");
	assert_slice(a->done, "deactivated");
	assert_slice(a->summary, "{}");
	assert_int_equal(a->level, 4);
	assert_int_equal(a->mode, 2);
	assert_int_equal(a->state, ALERT_CLOSED);
	assert_int_equal(a->verdict, 't');
	assert_true(a->undone);
	assert_int_equal(a->first, 1);
	assert_int_equal(a->last, 2);
	assert_int_equal(a->raised, 3);
	assert_int_equal(a->quiet_until, 4);
	assert_int_equal(a->count, 5);
	assert_int_equal(a->nuses, ALERT_USES_MAX);
	for (i = 0; i < ALERT_USES_MAX; i++)
		assert_int_equal(a->uses[i], INT64_MAX - i);
	assert_int_equal(a->tid, 9);
	assert_int_equal(a->was_state, TOKEN_EXPIRED);
	return 0;
}

static void
an_alert_counts_on_in_one_row(void **state)
{
	struct fixture *f = *state;
	unsigned	n = 0;

	add_alert(f, "alr_abcdefghijklmno");
	fixture_commit(f);
	fill_alert(add_alert(f, "alr_abcdefghijklmno"));
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(store_load_alerts(f->store, 0, check_alert, &n,
			     &f->err),
	    0);
	assert_int_equal(n, 1);
}

static int
keys_first(const struct alert_row *a, void *arg)
{
	return keys_add(arg, a->first);
}

static void
alerts_that_are_over_are_not_loaded(void **state)
{
	struct fixture	 *f = *state;
	struct alert_row *a;
	struct keys	  k = {.n = 0};

	a = add_alert(f, "over");
	a->first = 1;
	a->last = a->quiet_until = 99;
	a = add_alert(f, "goes on");
	a->first = 2;
	a->last = 100;
	a = add_alert(f, "silent");
	a->first = 3;
	a->quiet_until = 100;
	fixture_commit(f);
	assert_int_equal(store_load_alerts(f->store, 100, keys_first, &k,
			     &f->err),
	    0);
	assert_keys(&k, 2, 3, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_use_with_all_fields_comes_back),
	    TEST(a_use_comes_back_as_the_row_that_it_was),
	    TEST(what_a_row_has_not_is_zero),
	    TEST(numbers_in_rows_have_names),
	    TEST(what_a_use_has_not_stays_absent),
	    TEST(a_usual_standing_is_null),
	    TEST(a_uuid_is_kept_as_bytes),
	    TEST(an_upper_case_uuid_is_kept_as_it_came),
	    TEST(a_uuid_with_a_dash_elsewhere_is_kept_as_it_came),
	    TEST(an_id_one_longer_than_a_uuid_is_kept_as_it_came),
	    TEST(sixteen_letters_are_not_taken_for_a_uuid),
	    TEST(a_token_and_its_last_use_come_back),
	    TEST(a_token_that_changes_keeps_its_last_use),
	    TEST(a_token_never_used_has_no_last_use),
	    TEST(of_tokens_with_one_id_the_newest_is_loaded_last),
	    TEST(a_token_in_no_known_state_is_damage),
	    TEST(an_account_is_replaced_by_what_it_now_is),
	    TEST(an_alert_counts_on_in_one_row),
	    TEST(alerts_that_are_over_are_not_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
