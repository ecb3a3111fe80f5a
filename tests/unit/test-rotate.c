/* engine/rotate: a new secret, and which one somebody presents. */
#include "engine-fixture.h"

#include <string.h>

#define T0   (490000 * USEC_HOUR)
#define WEEK (7 * USEC_DAY)

static const char rules[] =
    "title: superseded\n"
    "id: 00000000-0000-4000-8000-000000000001\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {reason: superseded, secret.state: superseded,\n"
    "  secret.number: 1}, condition: s}\n";

struct fixture {
	struct engine *e;
	struct batch  *other;
	struct token  *t;
	char	       first[SECRET_MAX]; /* the secret of t */
};

static struct engine_made
make(struct fixture *f, enum token_kind kind)
{
	struct engine_new_token want = {.account = SLICE("alice"),
	    .kind = kind};
	struct engine_made	made;
	struct error		err;

	if (engine_token_create(f->e, &want, T0, &root, &made, &err) !=
	    ENGINE_OK)
		fail_msg("%s", err.text);
	return made;
}

static int
setup(void **state)
{
	struct fixture	  *f = xcalloc(1, sizeof *f);
	struct engine_opts o = {.dedup_max = 10,
	    .strings_max = 100,
	    .foreign_max = 3,
	    .alerts_max = 100,
	    .token_prefix = "patrol",
	    .policy.max_per_account = 3,
	    .auto_per_account = 2,
	    .max_overlap = 30 * USEC_DAY,
	    .ceiling = RULE_ENFORCE,
	    .brake_changes = 1,
	    .brake_per = USEC_MIN,
	    .brake_share = 1.0};
	struct engine_made made;

	fixture_engine(&o, rules, T0, &f->e, &f->other);
	made = make(f, TOKEN_MANUAL);
	f->t = made.token;
	memcpy(f->first, made.secret, sizeof f->first);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fixture_engine_free(&f->e, &f->other);
	free(f);
	return 0;
}

static struct batch *
take(struct fixture *f, bool checkpoint)
{
	return checkpoint ? fixture_take_all(f->e, &f->other) :
			    fixture_take(f->e, &f->other, 0);
}

static struct engine_made
rotate(struct fixture *f, usec_t overlap, usec_t now)
{
	struct engine_made made;
	struct error	   err;

	if (engine_token_rotate(f->e, f->t, overlap, now, &root, &made, &err) !=
	    ENGINE_OK)
		fail_msg("%s", err.text);
	return made;
}

/* Which of the token's secrets this is, at that time. */
static struct engine_presented
present(struct fixture *f, const char *secret, usec_t now)
{
	struct engine_presented p;

	engine_present(f->e, slice_of(secret), now, &p);
	return p;
}

/* A sign-in as the token endpoint tells it. */
static void
sign_in(struct fixture *f, const char *secret, usec_t now, const char *ip)
{
	struct engine_presented p = present(f, secret, now);
	struct use	       *u = xcalloc(1, sizeof *u);
	struct addr		a;

	use_init(u, now);
	use_set(u, USE_TOKEN, slice_of(p.token->id));
	use_set(u, USE_ACTION, SLICE("login"));
	if (p.secret == SECRET_SUPERSEDED) {
		use_set(u, USE_OUTCOME, SLICE("denied"));
		use_set(u, USE_REASON, SLICE(ENGINE_SUPERSEDED));
	}
	assert_int_equal(addr_parse(slice_of(ip), &a), 0);
	use_set_ip(u, &a);
	engine_present_fields(&p, u);
	assert_int_equal(engine_use(f->e, u), ENGINE_NEW);
	free(u);
}

static void
a_token_with_one_secret_has_no_number(void **state)
{
	struct fixture	       *f = *state;
	struct engine_presented p = present(f, f->first, T0);

	assert_ptr_equal(p.token, f->t);
	assert_int_equal(p.secret, SECRET_CURRENT);
	assert_int_equal(p.number, 0);
	assert_null(engine_rotation(f->e, f->t));
	(void)take(f, false);
	sign_in(f, f->first, T0 + 1, "192.0.2.1");
	/* So its uses say nothing of it, and are as small as they were. */
	assert_null(take(f, false)->uses[0].other.p);
}

static void
nobodys_secret_is_nobodys(void **state)
{
	struct fixture	       *f = *state;
	struct engine_presented p;

	engine_present(f->e, SLICE("patrol_"), T0, &p);
	assert_null(p.token);
	engine_present(f->e, (struct slice){NULL, 0}, T0, &p);
	assert_null(p.token);
}

static void
both_work_in_the_overlap_and_one_after_it(void **state)
{
	struct fixture	       *f = *state;
	struct engine_made	made = rotate(f, WEEK, T0 + 1);
	struct engine_presented p;

	assert_string_not_equal(made.secret, f->first);
	assert_int_equal(made.until, T0 + 1 + WEEK);
	assert_false(made.clamped);
	p = present(f, f->first, T0 + WEEK);
	assert_ptr_equal(p.token, f->t);
	assert_int_equal(p.secret, SECRET_PREVIOUS);
	assert_int_equal(p.number, 1);
	p = present(f, made.secret, T0 + WEEK);
	assert_int_equal(p.secret, SECRET_CURRENT);
	assert_int_equal(p.number, 2);
	p = present(f, f->first, T0 + 1 + WEEK);
	assert_ptr_equal(p.token, f->t);
	assert_int_equal(p.secret, SECRET_SUPERSEDED);
}

static void
the_overlap_is_cut_to_the_policy_and_told(void **state)
{
	struct fixture	  *f = *state;
	struct engine_made made = rotate(f, 30 * USEC_DAY, T0);

	assert_false(made.clamped);
	made = rotate(f, 30 * USEC_DAY + 1, T0);
	assert_true(made.clamped);
	assert_int_equal(made.until, T0 + 30 * USEC_DAY);
	assert_int_equal(rotate(f, 0, T0).until, 0);
}

static void
a_rotation_is_stored_and_audited(void **state)
{
	struct fixture	   *f = *state;
	const struct batch *b;

	(void)take(f, false);
	(void)rotate(f, WEEK, T0);
	b = take(f, false);
	assert_int_equal(b->ntokens, 1);
	assert_memory_equal(b->tokens[0].hash, f->t->hash, SECRET_HASH);
	assert_int_equal(b->nsecrets, 2);
	assert_int_equal(b->secrets[0].number, 2);
	assert_int_equal(b->secrets[0].until, 0);
	assert_int_equal(b->secrets[1].number, 1);
	assert_int_equal(b->secrets[1].until, T0 + WEEK);
	assert_int_equal(b->naudits, 1);
	assert_true(slice_is(b->audits[0].action, "token.rotate"));
	assert_true(slice_is(b->audits[0].before, "{\"secret\":1}"));
	assert_true(slice_starts(b->audits[0].after,
	    SLICE("{\"secret\":2,\"previous\":1,\"until\":\"")));
}

static void
what_is_forgotten_is_deleted(void **state)
{
	struct fixture	   *f = *state;
	const struct batch *b;
	int		    i;

	for (i = 0; i < ROTATION_OLD_MAX; i++)
		(void)rotate(f, 0, T0 + i);
	(void)take(f, false);
	(void)rotate(f, 0, T0 + i);
	b = take(f, false);
	assert_true(b->secrets[0].forgotten);
	assert_int_equal(b->secrets[0].number, 1);
	assert_null(present(f, f->first, T0 + i).token);
	assert_int_equal(engine_rotation_counts(f->e)->forgotten, 1);
}

static void
an_overlap_can_be_ended(void **state)
{
	struct fixture	   *f = *state;
	struct error	    err;
	const struct batch *b;

	assert_int_equal(engine_token_end_overlap(f->e, f->t, T0, &root, &err),
	    ENGINE_E_CONFLICT);
	(void)rotate(f, WEEK, T0);
	(void)take(f, false);
	assert_int_equal(engine_token_end_overlap(f->e, f->t, T0 + 5, &root,
			     &err),
	    ENGINE_OK);
	assert_int_equal(present(f, f->first, T0 + 5).secret,
	    SECRET_SUPERSEDED);
	b = take(f, false);
	assert_int_equal(b->nsecrets, 1);
	assert_int_equal(b->secrets[0].until, T0 + 5);
	assert_true(slice_is(b->audits[0].action, "token.rotate.end"));
	assert_true(slice_is(b->audits[0].after, "{\"secret\":2}"));
	assert_int_equal(engine_token_end_overlap(f->e, f->t, T0 + 6, &root,
			     &err),
	    ENGINE_E_CONFLICT);
}

static void
what_is_over_or_a_trap_or_not_ours_gets_no_secret(void **state)
{
	struct fixture	  *f = *state;
	struct engine_made made;
	struct error	   err;
	bool		   is_new;
	struct token	  *t;

	t = make(f, TOKEN_HONEY).token;
	assert_int_equal(engine_token_rotate(f->e, t, 0, T0, &root, &made,
			     &err),
	    ENGINE_E_CONFLICT);
	t = token_table_foreign(engine_tokens(f->e), SLICE("harbor-1"),
	    &is_new);
	assert_int_equal(engine_token_rotate(f->e, t, 0, T0, &root, &made,
			     &err),
	    ENGINE_E_CONFLICT);
	/* One that is switched off may be given another one first. */
	assert_int_equal(engine_token_change(f->e, f->t, TOKEN_INACTIVE, NULL,
			     T0, &root, &err),
	    ENGINE_OK);
	(void)rotate(f, 0, T0);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	assert_int_equal(engine_token_change(f->e, f->t, TOKEN_EXPIRED, NULL,
			     T0, &root, &err),
	    ENGINE_OK);
	assert_int_equal(engine_token_rotate(f->e, f->t, 0, T0, &root, &made,
			     &err),
	    ENGINE_E_CONFLICT);
}

static void
sign_ins_tell_the_secrets_apart(void **state)
{
	struct fixture	      *f = *state;
	struct engine_made     made = rotate(f, WEEK, T0);
	const struct rotation *r = engine_rotation(f->e, f->t);
	const struct batch    *b;

	(void)take(f, true);
	sign_in(f, f->first, T0 + 1, "192.0.2.1");
	sign_in(f, made.secret, T0 + 2, "192.0.2.2");
	sign_in(f, made.secret, T0 + 3, "192.0.2.3");
	assert_int_equal(rotation_secret(r, 1)->used.count, 1);
	assert_int_equal(r->newest->used.count, 2);
	assert_true(slice_is(sym_text(r->newest->used.ip), "192.0.2.3"));
	b = take(f, false);
	assert_true(slice_is(b->uses[0].other,
	    "{\"secret.number\":1,\"secret.state\":\"previous\"}"));
	assert_int_equal(b->nsecrets_seen, 0);
	/* What is new since the checkpoint before goes with the next. */
	b = take(f, true);
	assert_int_equal(b->nsecrets_seen, 2);
	assert_int_equal(b->secrets_seen[0].number, 2);
	assert_int_equal(b->secrets_seen[0].seen.count, 2);
	sign_in(f, made.secret, T0 + 4, "192.0.2.3");
	assert_int_equal(take(f, true)->nsecrets_seen, 1);
}

static void
a_superseded_one_is_for_the_rules_and_marks_the_family(void **state)
{
	struct fixture	      *f = *state;
	const struct rotation *r;
	const struct batch    *b;

	(void)rotate(f, 0, T0);
	(void)take(f, true);
	sign_in(f, f->first, T0 + 1, "203.0.113.9");
	b = take(f, true);
	assert_int_equal(b->nalerts, 1);
	assert_true(slice_is(b->alerts[0].title, "superseded"));
	assert_int_equal(b->nsecrets_seen, 1);
	assert_true(b->secrets_seen[0].superseded);
	assert_int_equal(b->secrets_seen[0].number, 1);
	r = engine_rotation(f->e, f->t);
	assert_true(f->t->tried);
	assert_true(slice_is(sym_text(r->tried.ip), "203.0.113.9"));
	assert_int_equal(rotation_secret(r, 1)->used.count, 0);
}

static void
replay(struct fixture *f, struct use *u, int64_t seq, bool fold)
{
	struct use_row	    r = {.seq = seq, .token = f->t->tid};
	struct engine_ahead a;
	unsigned	    step;

	engine_replay_enrich(f->e, u, &r);
	for (step = 0; step < ENGINE_WARM; step++)
		engine_replay_ahead(f->e, u, &a, step);
	engine_replay(f->e, u, &r, &a, fold);
}

/* As after a crash: the row of the checkpoint, and the uses since. */
static void
stored_uses_count_for_their_secret_again(void **state)
{
	struct fixture	       *f = *state;
	const struct rotation  *r;
	struct use	       *u = xcalloc(1, sizeof *u);
	struct engine_presented p;

	(void)rotate(f, WEEK, T0);
	r = engine_rotation(f->e, f->t);
	p = present(f, f->first, T0);
	use_init(u, T0 + 5);
	use_set(u, USE_TOKEN, slice_of(f->t->id));
	engine_present_fields(&p, u);
	replay(f, u, 100, false);
	assert_int_equal(rotation_secret(r, 1)->used.count, 0);
	replay(f, u, 101, true);
	assert_int_equal(rotation_secret(r, 1)->used.count, 1);
	assert_int_equal(rotation_secret(r, 1)->used.time, T0 + 5);
	free(u);
}

static void
rows_that_make_no_sense_are_refused(void **state)
{
	struct fixture	      *f = *state;
	struct secret_row      row = {.tid = f->t->tid, .number = 1};
	struct secret_seen_row seen = {.tid = f->t->tid, .number = 1};
	struct error	       err;

	assert_int_equal(engine_load_superseded(f->e, &seen, &err), -1);
	assert_int_equal(engine_load_secret(f->e, &row, &err), 0);
	assert_int_equal(engine_load_superseded(f->e, &seen, &err), 0);
	assert_int_equal(engine_load_secret(f->e, &row, &err), -1);
	row.tid = seen.tid = 99;
	assert_int_equal(engine_load_secret(f->e, &row, &err), -1);
	assert_int_equal(engine_load_superseded(f->e, &seen, &err), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_token_with_one_secret_has_no_number),
	    TEST(nobodys_secret_is_nobodys),
	    TEST(both_work_in_the_overlap_and_one_after_it),
	    TEST(the_overlap_is_cut_to_the_policy_and_told),
	    TEST(a_rotation_is_stored_and_audited),
	    TEST(what_is_forgotten_is_deleted),
	    TEST(an_overlap_can_be_ended),
	    TEST(what_is_over_or_a_trap_or_not_ours_gets_no_secret),
	    TEST(sign_ins_tell_the_secrets_apart),
	    TEST(a_superseded_one_is_for_the_rules_and_marks_the_family),
	    TEST(stored_uses_count_for_their_secret_again),
	    TEST(rows_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
