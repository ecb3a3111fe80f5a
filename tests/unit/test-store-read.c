#include "test-store.h"

#include "store/db.h"

/* --- all uses -------------------------------------------------------- */

static void
add_uses(struct fixture *f, int64_t from, int64_t to)
{
	for (; from <= to; from++)
		add_use(f, from, 0, 0);
}

static void
uses_come_newest_first(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_uses(f, 1, 4);
	fixture_commit(f);
	k = page_of(f, (struct store_query){.limit = 10}, &next);
	assert_keys(&k, 4, 3, 2, 1, 0);
	assert_int_equal(next, 0);
}

static void
a_full_page_that_is_the_last_has_no_next(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_uses(f, 1, 3);
	fixture_commit(f);
	k = page_of(f, (struct store_query){.limit = 3}, &next);
	assert_keys(&k, 3, 2, 1, 0);
	assert_int_equal(next, 0);
}

static void
one_use_more_than_the_page_is_the_next_pages(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_uses(f, 1, 4);
	fixture_commit(f);
	k = page_of(f, (struct store_query){.limit = 3}, &next);
	assert_keys(&k, 4, 3, 2, 0);
	assert_int_equal(next, 2);
	k = page_of(f, (struct store_query){.limit = 3, .before = next}, &next);
	assert_keys(&k, 1, 0);
	assert_int_equal(next, 0);
}

static void
a_limit_of_zero_is_none(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_uses(f, 1, 4);
	fixture_commit(f);
	k = page_of(f, (struct store_query){.limit = 0}, &next);
	assert_keys(&k, 4, 3, 2, 1, 0);
}

static void
a_reader_sees_what_is_committed_later(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	fixture_read(f);
	add_uses(f, 1, 1);
	fixture_commit(f);
	k = page_of(f, (struct store_query){.limit = 5}, &next);
	assert_keys(&k, 1, 0);
}

static void
one_use_is_read_by_its_key(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_uses(f, 1, 3);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_use(f->reader, 2, keys_use, &k, &f->err),
	    0);
	assert_int_equal(store_read_use(f->reader, 4, keys_use, &k, &f->err),
	    0);
	assert_keys(&k, 2, 0);
}

static void
a_callback_stops_a_page_with_its_value(void **state)
{
	struct fixture	  *f = *state;
	struct store_query q = {.limit = 10};
	struct keys	   k = {.stop_at = 2};

	add_uses(f, 1, 4);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_uses(f->reader, &q, keys_use, &k, &f->err),
	    77);
	assert_keys(&k, 4, 3, 0);
}

static void
a_reader_cannot_write(void **state)
{
	struct fixture *f = *state;
	sqlite3	       *raw;

	fixture_read(f);
	/* The head of the struct is its connection. */
	raw = ((struct db *)f->reader)->sql;
	assert_int_not_equal(sqlite3_exec(raw, "DELETE FROM uses", NULL, NULL,
				 NULL),
	    SQLITE_OK);
}

/* --- of one token ---------------------------------------------------- */

/*
 * Token 9 (pat_a) has uses 1, 3, 4 and 6, token 8 (pat_b) 2 and 5; the
 * checkpoint and both last_seq as told.
 */
static void
add_chains(struct fixture *f, int64_t checkpoint, int64_t last_9)
{
	add_token(f, 8, "pat_b");
	add_token(f, 9, "pat_a");
	add_use(f, 1, 0, 9);
	add_use(f, 2, 0, 8);
	add_use(f, 3, 1, 9);
	add_use(f, 4, 3, 9);
	add_use(f, 5, 2, 8);
	add_use(f, 6, 4, 9);
	add_lastused(f, 9)->last_seq = last_9;
	f->batch.checkpoint = checkpoint;
	fixture_commit(f);
}

static struct keys
pat_a(struct fixture *f, int64_t before, unsigned limit, int64_t *next)
{
	return page_of(f,
	    (struct store_query){.token = SLICE("pat_a"),
		.before = before,
		.limit = limit},
	    next);
}

static void
a_token_has_its_own_uses_newest_first(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 6, 6);
	k = pat_a(f, 0, 10, &next);
	assert_keys(&k, 6, 4, 3, 1, 0);
	assert_int_equal(next, 0);
}

static void
uses_beyond_the_checkpoint_are_found(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 3, 3);
	k = pat_a(f, 0, 10, &next);
	assert_keys(&k, 6, 4, 3, 1, 0);
}

static void
a_token_first_used_beyond_the_checkpoint_is_found(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 0, 0);
	k = pat_a(f, 0, 10, &next);
	assert_keys(&k, 6, 4, 3, 1, 0);
}

static void
a_tokens_page_goes_on_where_it_ended(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 5, 4);
	k = pat_a(f, 0, 2, &next);
	assert_keys(&k, 6, 4, 0);
	assert_int_equal(next, 4);
	k = pat_a(f, next, 2, &next);
	assert_keys(&k, 3, 1, 0);
	assert_int_equal(next, 0);
}

static void
a_tokens_page_begins_below_a_use_of_another(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 6, 6);
	k = pat_a(f, 5, 10, &next);
	assert_keys(&k, 4, 3, 1, 0);
	k = pat_a(f, 1000, 10, &next);
	assert_keys(&k, 6, 4, 3, 1, 0);
}

static void
an_unknown_token_has_no_uses(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 6, 6);
	k = page_of(f,
	    (struct store_query){.token = SLICE("pat_none"), .limit = 10},
	    &next);
	assert_int_equal(k.n, 0);
	assert_int_equal(next, 0);
}

static void
a_token_never_used_has_no_uses(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 6, 6);
	add_token(f, 10, "pat_new");
	fixture_commit(f);
	k = page_of(f,
	    (struct store_query){.token = SLICE("pat_new"), .limit = 10},
	    &next);
	assert_int_equal(k.n, 0);
}

/* A foreign token that was forgotten and came again: two tids, one id. */
static void
the_history_of_a_forgotten_token_goes_on(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_token(f, 1, "pat_a");
	add_token(f, 2, "pat_a");
	add_use(f, 1, 0, 1);
	add_use(f, 2, 1, 1);
	add_use(f, 3, 0, 2);
	add_use(f, 4, 3, 2);
	add_lastused(f, 1)->last_seq = 2;
	f->batch.checkpoint = 2;
	fixture_commit(f);
	k = pat_a(f, 0, 3, &next);
	assert_keys(&k, 4, 3, 2, 0);
	assert_int_equal(next, 2);
	k = pat_a(f, next, 3, &next);
	assert_keys(&k, 1, 0);
	assert_int_equal(next, 0);
}

static void
a_chain_ends_where_uses_were_deleted_by_age(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_chains(f, 6, 6);
	assert_int_equal(db_exec(&f->store->db,
			     "DELETE FROM uses WHERE seq <= 3"),
	    SQLITE_OK);
	k = pat_a(f, 0, 10, &next);
	assert_keys(&k, 6, 4, 0);
	assert_int_equal(next, 0);
}

static void
a_chain_that_leads_round_is_damage(void **state)
{
	struct fixture	  *f = *state;
	struct store_query q = {.token = SLICE("pat_a")};
	struct keys	   k = {.n = 0};

	add_token(f, 9, "pat_a");
	add_use(f, 1, 2, 9);
	add_use(f, 2, 1, 9);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_uses(f->reader, &q, keys_use, &k, &f->err),
	    STORE_E_DAMAGED);
	assert_keys(&k, 2, 1, 0);
}

/* --- of one account -------------------------------------------------- */

static void
an_account_has_what_names_it_or_its_tokens(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_string(f, 1, "alice");
	add_string(f, 2, "bob");
	add_string(f, 3, "alice"); /* came again, with a new id */
	add_account(f, 5, "alice");
	add_token(f, 9, "pat_a")->aid = 5;
	add_use(f, 1, 0, 0)->account = 1;
	add_use(f, 2, 0, 0)->account = 2;
	add_use(f, 3, 0, 0)->account = 3;
	add_use(f, 4, 0, 9);
	add_use(f, 5, 0, 0);
	fixture_commit(f);
	k = page_of(f,
	    (struct store_query){.account = SLICE("alice"), .limit = 2}, &next);
	assert_keys(&k, 4, 3, 0);
	assert_int_equal(next, 3);
	k = page_of(f,
	    (struct store_query){.account = SLICE("alice"),
		.limit = 2,
		.before = next},
	    &next);
	assert_keys(&k, 1, 0);
	assert_int_equal(next, 0);
}

/* Two uses with as many keys between them as a page looks at. */
static void
add_far_uses(struct fixture *f)
{
	add_string(f, 1, "alice");
	add_use(f, 1, 0, 0)->account = 1;
	add_use(f, 250002, 0, 0);
	fixture_commit(f);
}

static void
a_search_that_found_nothing_yet_has_a_next_page(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_far_uses(f);
	k = page_of(f,
	    (struct store_query){.account = SLICE("alice"), .limit = 2}, &next);
	assert_int_equal(k.n, 0);
	assert_int_equal(next, 3);
	k = page_of(f,
	    (struct store_query){.account = SLICE("alice"),
		.limit = 2,
		.before = next},
	    &next);
	assert_keys(&k, 1, 0);
	assert_int_equal(next, 0);
}

static void
a_token_of_another_account_is_not_shown(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_account(f, 5, "alice");
	add_token(f, 9, "pat_a")->aid = 5;
	add_use(f, 1, 0, 9);
	fixture_commit(f);
	k = page_of(f,
	    (struct store_query){.token = SLICE("pat_a"),
		.account = SLICE("bob")},
	    &next);
	assert_int_equal(k.n, 0);
	k = page_of(f,
	    (struct store_query){.token = SLICE("pat_a"),
		.account = SLICE("alice")},
	    &next);
	assert_keys(&k, 1, 0);
}

/* --- alerts, audit, refused ------------------------------------------ */

static int
keys_alert(int64_t key, const struct alert_row *r, void *arg)
{
	(void)key;
	return keys_add(arg, r->first);
}

static struct keys
alerts_of(struct fixture *f, struct store_query q)
{
	struct keys k = {.n = 0};

	if (f->reader == NULL)
		fixture_read(f);
	assert_int_equal(store_read_alerts(f->reader, &q, keys_alert, &k,
			     &f->err),
	    0);
	return k;
}

/* Alerts 1 to 4 by `first`; odd ones of pat_a, even ones of alice. */
static void
add_four_alerts(struct fixture *f)
{
	struct alert_row *a;
	char		  id[8];
	unsigned	  i;

	for (i = 1; i <= 4; i++) {
		snprintf(id, sizeof id, "alr_%u", i);
		a = add_alert(f, id);
		a->first = i;
		a->level = (uint8_t)i;
		a->state = i == 4 ? ALERT_CLOSED : ALERT_OPEN;
		if (i % 2 == 1)
			a->token = SLICE("pat_a");
		else
			a->account = SLICE("alice");
	}
	fixture_commit(f);
}

static void
alerts_page_newest_first(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;

	add_four_alerts(f);
	k = alerts_of(f, (struct store_query){.state = -1, .limit = 3});
	assert_keys(&k, 4, 3, 2, 0);
	next = store_reader_next(f->reader);
	assert_int_not_equal(next, 0);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .limit = 3, .before = next});
	assert_keys(&k, 1, 0);
	assert_int_equal(store_reader_next(f->reader), 0);
}

static void
an_alert_that_counts_on_keeps_its_place(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_four_alerts(f);
	add_alert(f, "alr_2")->first = 2;
	fixture_commit(f);
	k = alerts_of(f, (struct store_query){.state = -1});
	assert_keys(&k, 4, 3, 2, 1, 0);
}

static void
alerts_are_narrowed_by_each_field(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_four_alerts(f);
	k = alerts_of(f, (struct store_query){.state = ALERT_OPEN});
	assert_keys(&k, 3, 2, 1, 0);
	k = alerts_of(f, (struct store_query){.state = ALERT_CLOSED});
	assert_keys(&k, 4, 0);
	k = alerts_of(f, (struct store_query){.state = -1, .level = 3});
	assert_keys(&k, 4, 3, 0);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .token = SLICE("pat_a")});
	assert_keys(&k, 3, 1, 0);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .account = SLICE("alice")});
	assert_keys(&k, 4, 2, 0);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .id = SLICE("alr_2")});
	assert_keys(&k, 2, 0);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .id = SLICE("alr_")});
	assert_int_equal(k.n, 0);
}

static int
check_audit(int64_t seq, const struct audit_row *r, void *arg)
{
	assert_int_equal(r->time, 5);
	assert_slice(r->actor, "uid:0(root)");
	assert_int_equal(r->uid, 0);
	assert_int_equal(r->pid, 17);
	assert_slice(r->action, "token.deactivate");
	assert_slice(r->object, "pat_a");
	assert_slice(r->before, "{\"state\":\"active\"}");
	assert_absent(r->after);
	return keys_add(arg, seq);
}

static void
an_audit_row_comes_back(void **state)
{
	struct fixture	  *f = *state;
	struct store_query q = {.limit = 5};
	struct audit_row  *a = batch_add_audit(&f->batch);
	struct keys	   k = {.n = 0};

	a->time = 5;
	a->actor = SLICE("uid:0(root)");
	a->uid = 0;
	a->pid = 17;
	a->action = SLICE("token.deactivate");
	a->object = SLICE("pat_a");
	a->before = SLICE("{\"state\":\"active\"}");
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_audit(f->reader, &q, check_audit, &k,
			     &f->err),
	    0);
	assert_keys(&k, 1, 0);
}

static int
keys_audit(int64_t seq, const struct audit_row *r, void *arg)
{
	assert_int_equal(r->uid, -1);
	assert_int_equal(r->pid, -1);
	return keys_add(arg, seq);
}

static void
add_audit(struct fixture *f, const char *action, const char *object)
{
	struct audit_row *a = batch_add_audit(&f->batch);

	a->uid = a->pid = -1;
	a->action = slice_of(action);
	a->object = slice_of(object);
}

static struct keys
audit_of(struct fixture *f, struct store_query q)
{
	struct keys k = {.n = 0};

	if (f->reader == NULL)
		fixture_read(f);
	assert_int_equal(store_read_audit(f->reader, &q, keys_audit, &k,
			     &f->err),
	    0);
	return k;
}

static void
audit_is_narrowed_by_action_and_object(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_audit(f, "token.create", "pat_a");
	add_audit(f, "token.delete", "pat_a");
	add_audit(f, "token.create", "pat_b");
	fixture_commit(f);
	k = audit_of(f, (struct store_query){.limit = 2});
	assert_keys(&k, 3, 2, 0);
	assert_int_equal(store_reader_next(f->reader), 2);
	k = audit_of(f, (struct store_query){.action = SLICE("token.create")});
	assert_keys(&k, 3, 1, 0);
	k = audit_of(f, (struct store_query){.id = SLICE("pat_a")});
	assert_keys(&k, 2, 1, 0);
}

static struct audit_row *
add_audit_by(struct fixture *f, usec_t time, const char *actor, int64_t uid)
{
	struct audit_row *a = batch_add_audit(&f->batch);

	a->time = time;
	a->actor = slice_of(actor);
	a->uid = uid;
	a->pid = -1;
	a->action = SLICE("token.rename");
	a->object = SLICE("pat_a");
	return a;
}

static int
keys_any(int64_t seq, const struct audit_row *r, void *arg)
{
	(void)r;
	return keys_add(arg, seq);
}

static struct keys
audit_by(struct fixture *f, struct store_query q)
{
	struct keys k = {.n = 0};

	if (f->reader == NULL)
		fixture_read(f);
	assert_int_equal(store_read_audit(f->reader, &q, keys_any, &k, &f->err),
	    0);
	return k;
}

static void
audit_is_narrowed_by_who_when_and_what(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_audit_by(f, 10, "uid:0(root)", 0)->after =
	    SLICE("{\"description\":\"The Laptop\"}");
	add_audit_by(f, 20, "uid:1000(alice)", 1000);
	add_audit_by(f, 30, "rule:8794", -1)->action = SLICE("rule.mode");
	fixture_commit(f);
	k = audit_by(f, (struct store_query){.actor = SLICE("alice")});
	assert_keys(&k, 2, 0);
	k = audit_by(f, (struct store_query){.actor = SLICE("rule:")});
	assert_keys(&k, 3, 0);
	k = audit_by(f, (struct store_query){.by_uid = true, .uid = 0});
	assert_keys(&k, 1, 0);
	k = audit_by(f, (struct store_query){.since = 20});
	assert_keys(&k, 3, 2, 0);
	k = audit_by(f, (struct store_query){.since = 11, .until = 30});
	assert_keys(&k, 2, 0);
	k = audit_by(f, (struct store_query){.text = SLICE("laptop")});
	assert_keys(&k, 1, 0);
	k = audit_by(f, (struct store_query){.text = SLICE("RULE:8")});
	assert_keys(&k, 3, 0);
	k = audit_by(f, (struct store_query){.action = SLICE("token.*")});
	assert_keys(&k, 2, 1, 0);
}

/* One entry more than a page looks at; only the first is wanted. */
static void
a_long_search_of_the_audit_goes_on(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		next;
	unsigned	i;

	add_audit(f, "token.create", "pat_a");
	for (i = 0; i < 50000; i++)
		add_audit(f, "token.create", "pat_b");
	fixture_commit(f);
	k = audit_of(f, (struct store_query){.id = SLICE("pat_a"), .limit = 5});
	assert_int_equal(k.n, 0);
	next = store_reader_next(f->reader);
	assert_int_equal(next, 2);
	k = audit_of(f,
	    (struct store_query){.id = SLICE("pat_a"),
		.limit = 5,
		.before = next});
	assert_keys(&k, 1, 0);
	assert_int_equal(store_reader_next(f->reader), 0);
	/* Who wants all of them has no such bound. */
	k = audit_of(f, (struct store_query){.limit = 2});
	assert_keys(&k, 50001, 50000, 0);
}

/* Tokens 8 of alice, 9 of bob, 10 a trap of alice's. */
static void
add_owners(struct fixture *f)
{
	struct token_row *t;

	add_account(f, 5, "alice");
	add_account(f, 6, "bob");
	add_token(f, 8, "pat_a")->aid = 5;
	add_token(f, 9, "pat_b")->aid = 6;
	t = add_token(f, 10, "pat_trap");
	t->aid = 5;
	t->kind = TOKEN_HONEY;
}

static void
an_owner_has_the_audit_of_the_own_account(void **state)
{
	struct fixture *f = *state;
	struct keys	k;

	add_owners(f);
	add_audit(f, "account.add", "alice");
	add_audit(f, "token.create", "pat_a");
	add_audit(f, "token.create", "pat_b");
	add_audit(f, "token.create", "pat_trap");
	add_audit(f, "account.add", "bob");
	add_audit(f, "reload", "alice");
	fixture_commit(f);
	k = audit_of(f, (struct store_query){.owner = SLICE("alice")});
	assert_keys(&k, 2, 1, 0);
	k = audit_of(f,
	    (struct store_query){.owner = SLICE("alice"),
		.id = SLICE("pat_b")});
	assert_int_equal(k.n, 0);
	k = audit_of(f, (struct store_query){.owner = SLICE("carol")});
	assert_int_equal(k.n, 0);
}

static void
an_owner_has_the_alerts_of_the_own_tokens(void **state)
{
	static const char *const tokens[] = {"pat_a", "pat_b", "pat_trap", NULL,
	    NULL, "pat_a"};
	struct fixture		*f = *state;
	struct alert_row	*a;
	struct keys		 k;
	char			 id[8];
	unsigned		 i;

	add_owners(f);
	for (i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "alr_%u", i + 1);
		a = add_alert(f, id);
		a->first = i + 1;
		a->token = slice_of(tokens[i]);
		a->account = i == 4 ? SLICE("bob") : SLICE("alice");
		a->key = i == 5 ? SLICE("{\"account\":\"bob\"}") : SLICE("{}");
	}
	fixture_commit(f);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .owner = SLICE("alice")});
	assert_keys(&k, 4, 1, 0);
	k = alerts_of(f,
	    (struct store_query){.state = -1, .owner = SLICE("bob")});
	assert_keys(&k, 5, 2, 0);
}

static const char rubbish[] = {'a', '\0', '\xff', '\n'};

static int
check_refused(int64_t seq, const struct refused_row *r, void *arg)
{
	assert_int_equal(r->time, 5);
	assert_slice(r->sender, "ingest uid 1000");
	assert_slice(r->reason, "json");
	assert_slice(r->error, "not JSON");
	if (seq == 2)
		assert_slice(r->line, "{");
	else if (seq == 3)
		assert_slice(r->line, "");
	else {
		assert_int_equal(r->line.n, sizeof rubbish);
		assert_memory_equal(r->line.p, rubbish, sizeof rubbish);
	}
	return keys_add(arg, seq);
}

static void
refused_lines_come_back_byte_for_byte(void **state)
{
	struct fixture	  *f = *state;
	struct store_query q = {.limit = 5};
	struct keys	   k = {.n = 0};

	add_refused(f, (struct slice){rubbish, sizeof rubbish});
	add_refused(f, SLICE("{"));
	add_refused(f, SLICE(""));
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_refused(f->reader, &q, check_refused, &k,
			     &f->err),
	    0);
	assert_keys(&k, 3, 2, 1, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(uses_come_newest_first),
	    TEST(a_full_page_that_is_the_last_has_no_next),
	    TEST(one_use_more_than_the_page_is_the_next_pages),
	    TEST(a_limit_of_zero_is_none),
	    TEST(a_reader_sees_what_is_committed_later),
	    TEST(one_use_is_read_by_its_key),
	    TEST(a_callback_stops_a_page_with_its_value),
	    TEST(a_reader_cannot_write),
	    TEST(a_token_has_its_own_uses_newest_first),
	    TEST(uses_beyond_the_checkpoint_are_found),
	    TEST(a_token_first_used_beyond_the_checkpoint_is_found),
	    TEST(a_tokens_page_goes_on_where_it_ended),
	    TEST(a_tokens_page_begins_below_a_use_of_another),
	    TEST(an_unknown_token_has_no_uses),
	    TEST(a_token_never_used_has_no_uses),
	    TEST(the_history_of_a_forgotten_token_goes_on),
	    TEST(a_chain_ends_where_uses_were_deleted_by_age),
	    TEST(a_chain_that_leads_round_is_damage),
	    TEST(an_account_has_what_names_it_or_its_tokens),
	    TEST(a_search_that_found_nothing_yet_has_a_next_page),
	    TEST(a_token_of_another_account_is_not_shown),
	    TEST(alerts_page_newest_first),
	    TEST(an_alert_that_counts_on_keeps_its_place),
	    TEST(alerts_are_narrowed_by_each_field),
	    TEST(an_audit_row_comes_back),
	    TEST(audit_is_narrowed_by_action_and_object),
	    TEST(audit_is_narrowed_by_who_when_and_what),
	    TEST(a_long_search_of_the_audit_goes_on),
	    TEST(an_owner_has_the_audit_of_the_own_account),
	    TEST(an_owner_has_the_alerts_of_the_own_tokens),
	    TEST(refused_lines_come_back_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
