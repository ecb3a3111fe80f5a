/*
 * What the tests of the store share: a directory of its own for each, and
 * rows made short.
 */
#ifndef PATROL_TEST_STORE_H
#define PATROL_TEST_STORE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

struct fixture {
	char		     dir[512];
	char		     path[1024]; /* dir/patrol.db; not there yet */
	struct store	    *store;	 /* closed by fixture_end */
	struct store_reader *reader;	 /* likewise */
	struct batch	     batch;	 /* empty */
	struct error	     err;
};

static inline int
fixture_begin(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	const char     *tmp = getenv("TMPDIR");

	snprintf(f->dir, sizeof f->dir, "%s/test-store.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->path, sizeof f->path, "%s/patrol.db", f->dir);
	batch_init(&f->batch);
	*state = f;
	return 0;
}

static inline int
fixture_end(void **state)
{
	struct fixture *f = *state;
	struct dirent  *e;
	char		path[1024];
	DIR	       *d;

	store_reader_close(&f->reader);
	store_close(&f->store);
	batch_clear(&f->batch);
	d = opendir(f->dir);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", f->dir, e->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static inline void
fixture_open(struct fixture *f)
{
	int r = store_open(f->path, &f->store, &f->err);

	if (r != 0)
		fail_msg("store_open: %d %s", r, f->err.text);
}

static inline int
fixture_begin_open(void **state)
{
	if (fixture_begin(state) != 0)
		return -1;
	fixture_open(*state);
	return 0;
}

/* What is read next comes from a new process, as far as the store knows. */
static inline void
fixture_reopen(struct fixture *f)
{
	store_close(&f->store);
	fixture_open(f);
}

static inline void
fixture_commit(struct fixture *f)
{
	int r = store_commit(f->store, &f->batch, &f->err);

	if (r != 0)
		fail_msg("store_commit: %d %s", r, f->err.text);
	batch_reset(&f->batch);
}

static inline void
fixture_read(struct fixture *f)
{
	int r = store_reader_open(f->path, &f->reader, &f->err);

	if (r != 0)
		fail_msg("store_reader_open: %d %s", r, f->err.text);
}

/* --- rows ------------------------------------------------------------ */

#define LIST_ADD(b, name)                                            \
	((b)->name = xgrow((b)->name, (b)->n##name, &(b)->cap##name, \
	     sizeof *(b)->name),                                     \
	    memset(&(b)->name[(b)->n##name], 0, sizeof *(b)->name),  \
	    &(b)->name[(b)->n##name++])

static inline void
add_string(struct fixture *f, uint32_t id, const char *text)
{
	struct string_row *r = LIST_ADD(&f->batch, strings);

	r->id = id;
	r->text = slice_of(text);
}

static inline struct token_row *
add_token(struct fixture *f, uint32_t tid, const char *id)
{
	struct token_row *r = LIST_ADD(&f->batch, tokens);

	r->tid = tid;
	r->id = slice_of(id);
	return r;
}

static inline struct lastused_row *
add_lastused(struct fixture *f, uint32_t tid)
{
	struct lastused_row *r = LIST_ADD(&f->batch, lastused);

	r->tid = tid;
	return r;
}

static inline struct account_row *
add_account(struct fixture *f, uint32_t aid, const char *name)
{
	struct account_row *r = LIST_ADD(&f->batch, accounts);

	r->aid = aid;
	r->name = slice_of(name);
	return r;
}

static inline struct use_row *
add_use(struct fixture *f, int64_t seq, int64_t prev, uint32_t token)
{
	struct use_row *r = batch_add_use(&f->batch);

	r->seq = seq;
	r->prev = prev;
	r->token = token;
	r->time = r->arrival = seq * USEC_SEC;
	r->bytes = -1;
	r->count = 1;
	return r;
}

static inline struct alert_row *
add_alert(struct fixture *f, const char *id)
{
	struct alert_row *r = batch_add_alert(&f->batch);

	snprintf(r->id, sizeof r->id, "%s", id);
	return r;
}

static inline void
add_outbox(struct fixture *f, int64_t seq)
{
	struct outbox_row *r = batch_add_outbox(&f->batch);

	r->seq = seq;
	r->alert = SLICE("{}");
}

static inline void
add_cursor(struct fixture *f, const char *sink, int64_t seq)
{
	struct cursor_row *r = batch_add_cursor(&f->batch);

	r->sink = slice_of(sink);
	r->seq = seq;
}

static inline void
add_refused(struct fixture *f, struct slice line)
{
	struct refused_row *r = batch_add_refused(&f->batch);

	r->time = 5;
	r->sender = SLICE("ingest uid 1000");
	r->reason = SLICE("json");
	r->error = SLICE("not JSON");
	r->line = line;
}

/* --- results --------------------------------------------------------- */

/* Keys in the order they came, and when to stop. */
struct keys {
	int64_t	 key[64];
	unsigned n;
	unsigned stop_at; /* the n at which to stop; 0: never */
};

static inline int
keys_add(struct keys *k, int64_t key)
{
	if (k->n < 64)
		k->key[k->n++] = key;
	return k->n == k->stop_at ? 77 : 0;
}

static inline int
keys_use(const struct stored_use *u, void *arg)
{
	return keys_add(arg, u->seq);
}

static inline int
keys_row(const struct use_row *u, void *arg)
{
	return keys_add(arg, u->seq);
}

/* All stored uses, with their names. */
static inline int
fixture_uses(struct fixture *f, store_use_fn fn, void *arg)
{
	if (f->reader == NULL)
		fixture_read(f);
	return store_read_range(f->reader, 0, INT64_MAX, 1000, fn, arg,
	    &f->err);
}

/* The keys are exactly these; ended by 0. */
static inline void
assert_keys(const struct keys *k, ...)
{
	va_list	 ap;
	unsigned n = 0;
	int	 want;

	va_start(ap, k);
	while ((want = va_arg(ap, int)) != 0) {
		assert_in_range(n, 0, k->n > 0 ? k->n - 1 : 0);
		assert_int_equal(k->key[n], want);
		n++;
	}
	va_end(ap);
	assert_int_equal(k->n, n);
}

#define assert_slice(s, text) assert_true(slice_is((s), (text)))
#define assert_absent(s)      assert_null((s).p)

/* A page of uses and where the next begins. */
static inline struct keys
page_of(struct fixture *f, struct store_query q, int64_t *next)
{
	struct keys k = {.n = 0};

	if (f->reader == NULL)
		fixture_read(f);
	assert_int_equal(store_read_uses(f->reader, &q, keys_use, &k, &f->err),
	    0);
	*next = store_reader_next(f->reader);
	return k;
}
#endif
