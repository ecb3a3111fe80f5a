#include "test-store.h"

static int
keys_string(uint32_t id, struct slice text, void *arg)
{
	char want[16];

	snprintf(want, sizeof want, "s%u", (unsigned)id);
	assert_slice(text, want);
	return keys_add(arg, id);
}

static void
add_ten_strings(struct fixture *f)
{
	static char text[11][16];
	uint32_t    i;

	for (i = 1; i <= 10; i++) {
		snprintf(text[i], sizeof text[i], "s%u", (unsigned)i);
		add_string(f, i, text[i]);
	}
}

static void
all_strings_come_back_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_ten_strings(f);
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(store_load_strings(f->store, 10, keys_string, &k,
			     &f->err),
	    0);
	assert_keys(&k, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0);
}

static void
beyond_the_room_the_oldest_strings_stay_out(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_ten_strings(f);
	fixture_commit(f);
	assert_int_equal(store_load_strings(f->store, 9, keys_string, &k,
			     &f->err),
	    0);
	assert_keys(&k, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0);
}

static void
strings_that_a_last_use_names_always_come_back(void **state)
{
	struct fixture	    *f = *state;
	struct lastused_row *u;
	struct keys	     k = {.n = 0};

	add_ten_strings(f);
	add_token(f, 1, "a");
	u = add_lastused(f, 1);
	u->ip = 2;
	u->client = 9;
	u->registry = 4;
	fixture_commit(f);
	assert_int_equal(store_load_strings(f->store, 2, keys_string, &k,
			     &f->err),
	    0);
	assert_keys(&k, 2, 4, 9, 10, 0);
}

static void
add_secret(struct fixture *f, uint32_t number, usec_t until, int byte)
{
	struct secret_row *r = LIST_ADD(&f->batch, secrets);

	r->tid = 1;
	r->number = number;
	r->made = number;
	r->until = until;
	memset(r->hash, byte, sizeof r->hash);
	r->used = (struct sighting_row){10 + number, 2, 3, 4};
}

struct secrets {
	struct secret_row      row[4];
	unsigned	       n;
	struct secret_seen_row seen;
};

static int
keep_secret(const struct secret_row *r, void *arg)
{
	struct secrets *s = arg;

	s->row[s->n++] = *r;
	return 0;
}

static int
keep_seen(const struct secret_seen_row *r, void *arg)
{
	((struct secrets *)arg)->seen = *r;
	return 0;
}

static void
load_secrets(struct fixture *f, struct secrets *s)
{
	memset(s, 0, sizeof *s);
	assert_int_equal(store_load_secrets(f->store, keep_secret, keep_seen, s,
			     &f->err),
	    0);
}

static void
secrets_come_back_by_number(void **state)
{
	struct fixture	    *f = *state;
	struct secrets	     s;
	struct keys	     k = {.n = 0};
	static const uint8_t none[SECRET_HASH];

	add_ten_strings(f);
	add_token(f, 1, "a");
	add_secret(f, 2, 0, 0);
	add_secret(f, 1, 99, 7);
	fixture_commit(f);
	fixture_reopen(f);
	load_secrets(f, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.row[0].number, 1);
	assert_int_equal(s.row[0].until, 99);
	assert_int_equal(s.row[0].hash[31], 7);
	assert_int_equal(s.row[0].used.time, 11);
	assert_int_equal(s.row[0].used.client, 3);
	assert_int_equal(s.row[1].until, 0);
	assert_memory_equal(s.row[1].hash, none, SECRET_HASH);
	/* The strings that they name, too. */
	assert_int_equal(store_load_strings(f->store, 1, keys_string, &k,
			     &f->err),
	    0);
	assert_keys(&k, 2, 3, 10, 0);
}

/* Replayed uses would be counted twice else. */
static void
a_secret_that_gives_way_keeps_the_use_of_the_checkpoint(void **state)
{
	struct fixture *f = *state;
	struct secrets	s;

	add_token(f, 1, "a");
	add_secret(f, 1, 0, 0);
	fixture_commit(f);
	add_secret(f, 1, 50, 9);
	f->batch.secrets[0].used.count = 1000;
	fixture_commit(f);
	load_secrets(f, &s);
	assert_int_equal(s.row[0].until, 50);
	assert_int_equal(s.row[0].hash[0], 9);
	assert_int_equal(s.row[0].used.count, 4);
}

static void
a_checkpoint_writes_what_was_seen_of_secrets(void **state)
{
	struct fixture	       *f = *state;
	struct secret_seen_row *r;
	struct secrets		s;

	add_token(f, 1, "a");
	add_secret(f, 1, 50, 9);
	add_secret(f, 2, 0, 0);
	r = LIST_ADD(&f->batch, secrets_seen);
	*r = (struct secret_seen_row){1, 2, false, {77, 5, 6, 8}};
	r = LIST_ADD(&f->batch, secrets_seen);
	*r = (struct secret_seen_row){1, 1, true, {78, 6, 7, 9}};
	fixture_commit(f);
	load_secrets(f, &s);
	assert_int_equal(s.row[0].used.count, 4);
	assert_int_equal(s.row[1].used.time, 77);
	assert_int_equal(s.row[1].used.count, 8);
	assert_int_equal(s.seen.number, 1);
	assert_true(s.seen.superseded);
	assert_int_equal(s.seen.seen.time, 78);
	assert_int_equal(s.seen.seen.ip, 6);
	/* And one that is forgotten goes. */
	LIST_ADD(&f->batch, secrets);
	f->batch.secrets[0] =
	    (struct secret_row){.tid = 1, .number = 1, .forgotten = true};
	fixture_commit(f);
	load_secrets(f, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.row[0].number, 2);
}

static void
with_room_for_none_only_named_strings_come(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_ten_strings(f);
	add_token(f, 1, "a");
	add_lastused(f, 1)->action = 10;
	fixture_commit(f);
	assert_int_equal(store_load_strings(f->store, 0, keys_string, &k,
			     &f->err),
	    0);
	assert_keys(&k, 10, 0);
}

static void
replay_begins_after_the_key_and_ascends(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.n = 0};

	add_use(f, 1, 0, 0);
	add_use(f, 2, 0, 0);
	fixture_commit(f);
	add_use(f, 3, 0, 0);
	add_use(f, 4, 0, 0);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_rows(f->reader, 1, keys_row, &k, &f->err),
	    0);
	assert_keys(&k, 2, 3, 4, 0);
}

static void
a_callback_stops_the_replay_with_its_value(void **state)
{
	struct fixture *f = *state;
	struct keys	k = {.stop_at = 2};

	add_use(f, 1, 0, 0);
	add_use(f, 2, 0, 0);
	add_use(f, 3, 0, 0);
	fixture_commit(f);
	fixture_read(f);
	assert_int_equal(store_read_rows(f->reader, 0, keys_row, &k, &f->err),
	    77);
	assert_keys(&k, 1, 2, 0);
	/* And it can be begun again. */
	k = (struct keys){.n = 0};
	assert_int_equal(store_read_rows(f->reader, 2, keys_row, &k, &f->err),
	    0);
	assert_keys(&k, 3, 0);
}

static void
marks_of_an_empty_store_are_zero(void **state)
{
	struct fixture	  *f = *state;
	struct store_marks m;

	memset(&m, 0xff, sizeof m);
	assert_int_equal(store_marks(f->store, &m, &f->err), 0);
	assert_int_equal(m.last_seq, 0);
	assert_int_equal(m.checkpoint, 0);
	assert_int_equal(m.brake_since, 0);
	assert_int_equal(m.last_string, 0);
	assert_int_equal(m.last_outbox, 0);
}

static void
marks_tell_the_highest_keys(void **state)
{
	struct fixture	  *f = *state;
	struct store_marks m;

	add_use(f, 5, 0, 0);
	add_use(f, 6, 0, 0);
	add_string(f, 40, "x");
	add_outbox(f, 3);
	f->batch.checkpoint = 5;
	f->batch.brake_changed = true;
	f->batch.brake_since = 77;
	fixture_commit(f);
	fixture_reopen(f);
	assert_int_equal(store_marks(f->store, &m, &f->err), 0);
	assert_int_equal(m.last_seq, 6);
	assert_int_equal(m.checkpoint, 5);
	assert_int_equal(m.brake_since, 77);
	assert_int_equal(m.last_string, 40);
	assert_int_equal(m.last_outbox, 3);
}

static void
a_batch_without_a_checkpoint_leaves_the_old_one(void **state)
{
	struct fixture	  *f = *state;
	struct store_marks m;

	f->batch.checkpoint = 5;
	fixture_commit(f);
	add_use(f, 6, 0, 0);
	fixture_commit(f);
	assert_int_equal(store_marks(f->store, &m, &f->err), 0);
	assert_int_equal(m.checkpoint, 5);
}

/* Uses 1, 2, 4, 5 arrived at second 1, 2, 4, 5; 3 is missing. */
static int64_t
seq_before(struct fixture *f, usec_t since)
{
	int64_t seq = -1;

	if (f->batch.checkpoint == 0) {
		add_use(f, 1, 0, 0);
		add_use(f, 2, 0, 0);
		add_use(f, 4, 0, 0);
		add_use(f, 5, 0, 0);
		fixture_commit(f);
		f->batch.checkpoint = 1;
	}
	assert_int_equal(store_seq_before(f->store, since, &seq, &f->err), 0);
	return seq;
}

static void
a_replay_begins_at_the_first_use_since(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(seq_before(f, 0), 0);
	assert_int_equal(seq_before(f, USEC_SEC), 0);
	assert_int_equal(seq_before(f, USEC_SEC + 1), 1);
	assert_in_range(seq_before(f, 3 * USEC_SEC), 2, 3);
	assert_in_range(seq_before(f, 4 * USEC_SEC), 2, 3);
	assert_int_equal(seq_before(f, 5 * USEC_SEC), 4);
	assert_int_equal(seq_before(f, 5 * USEC_SEC + 1), 5);
}

static void
an_empty_store_replays_from_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t		seq = -1;

	assert_int_equal(store_seq_before(f->store, 1, &seq, &f->err), 0);
	assert_int_equal(seq, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_strings_come_back_when_there_is_room),
	    TEST(beyond_the_room_the_oldest_strings_stay_out),
	    TEST(strings_that_a_last_use_names_always_come_back),
	    TEST(secrets_come_back_by_number),
	    TEST(a_secret_that_gives_way_keeps_the_use_of_the_checkpoint),
	    TEST(a_checkpoint_writes_what_was_seen_of_secrets),
	    TEST(with_room_for_none_only_named_strings_come),
	    TEST(replay_begins_after_the_key_and_ascends),
	    TEST(a_callback_stops_the_replay_with_its_value),
	    TEST(marks_of_an_empty_store_are_zero),
	    TEST(marks_tell_the_highest_keys),
	    TEST(a_batch_without_a_checkpoint_leaves_the_old_one),
	    TEST(a_replay_begins_at_the_first_use_since),
	    TEST(an_empty_store_replays_from_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
