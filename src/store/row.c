#include "store/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
row_bind_text(sqlite3_stmt *st, int i, struct slice s)
{
	if (s.p == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_text(st, i, s.p, (int)s.n, SQLITE_STATIC);
}

void
row_bind_blob(sqlite3_stmt *st, int i, struct slice s)
{
	if (s.p == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_blob(st, i, s.p, (int)s.n, SQLITE_STATIC);
}

void
row_bind_int(sqlite3_stmt *st, int i, int64_t v, int64_t none)
{
	if (v == none)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_int64(st, i, v);
}

void
row_bind_foreign(sqlite3_stmt *st, int i, struct slice s)
{
	if (s.p == NULL || (slice_is_utf8(s) && slice_index(s, '\0') == -1))
		row_bind_text(st, i, s);
	else
		row_bind_blob(st, i, s);
}

/* The value of a lower-case hex digit, or -1. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool
uuid_has_dash(unsigned at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

/* Exactly the text that uuid_format writes, so that nothing is lost. */
static bool
uuid_parse(struct slice s, uint8_t out[ROW_UUID])
{
	unsigned i, n = 0;
	int	 hi, lo;

	if (s.n != ROW_UUID_TEXT)
		return false;
	for (i = 0; i < ROW_UUID_TEXT; i += 2) {
		if (uuid_has_dash(i)) {
			if (s.p[i++] != '-')
				return false;
		}
		hi = hex_value(s.p[i]);
		lo = hex_value(s.p[i + 1]);
		if (hi == -1 || lo == -1)
			return false;
		out[n++] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static void
uuid_format(const uint8_t *b, char out[ROW_UUID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	unsigned	  i, n = 0;

	for (i = 0; i < ROW_UUID; i++) {
		if (uuid_has_dash(n))
			out[n++] = '-';
		out[n++] = hex[b[i] >> 4];
		out[n++] = hex[b[i] & 15];
	}
}

struct slice
row_slice(sqlite3_stmt *st, int i)
{
	int	    type = sqlite3_column_type(st, i);
	const char *p;

	if (type == SQLITE_NULL)
		return (struct slice){NULL, 0};
	/* The pointer first: asking for it settles the length.  An empty
	 * blob has none. */
	p = type == SQLITE_BLOB ? sqlite3_column_blob(st, i) :
				  (const char *)sqlite3_column_text(st, i);
	if (p == NULL)
		return SLICE("");
	return (struct slice){p, (size_t)sqlite3_column_bytes(st, i)};
}

int64_t
row_int(sqlite3_stmt *st, int i, int64_t none)
{
	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return none;
	return sqlite3_column_int64(st, i);
}

struct slice
row_use_id(sqlite3_stmt *st, int i, char text[ROW_UUID_TEXT])
{
	struct slice s = row_slice(st, i);

	if (sqlite3_column_type(st, i) != SQLITE_BLOB || s.n != ROW_UUID)
		return s;
	uuid_format((const uint8_t *)s.p, text);
	return (struct slice){text, ROW_UUID_TEXT};
}

/*
 * The idle days times 4, plus the state: 0, kept as NULL, for nearly all.
 */
#define STANDING_STATES 4

static int64_t
standing_number(const struct standing *s)
{
	int64_t idle = s->idle_days > 0 ? s->idle_days : 0;

	return idle * STANDING_STATES + s->state;
}

/* What no patrol wrote reads as an active token. */
static void
row_read_standing(sqlite3_stmt *st, int i, bool used_before, struct standing *s)
{
	int64_t v = row_int(st, i, 0);

	if (v < 0)
		v = 0;
	s->state = (uint8_t)(v % STANDING_STATES);
	s->idle_days = used_before ? v / STANDING_STATES : -1;
}

/* `none` is NULL. */
static void
put_number(struct row_use *u, enum row_use_column i, int64_t v, int64_t none)
{
	u->number[i] = v;
	u->present |= (uint32_t)(v != none) << i;
}

static void
put_texts(struct row_use *u, const struct use_row *r)
{
	u->id = r->id;
	u->id_is_blob = uuid_parse(r->id, u->uuid);
	if (u->id_is_blob)
		u->id = (struct slice){(const char *)u->uuid, ROW_UUID};
	u->other = r->other;
	u->present |= (uint32_t)(u->id.p != NULL) << ROW_USE_ID;
	u->present |= (uint32_t)(u->other.p != NULL) << ROW_USE_OTHER;
}

void
row_use_make(const struct use_row *r, struct row_use *out)
{
	out->present = ROW_BIT(ROW_USE_SEQ) | ROW_BIT(ROW_USE_TIME);
	out->number[ROW_USE_SEQ] = r->seq;
	out->number[ROW_USE_TIME] = r->time;
	put_number(out, ROW_USE_PREV, r->prev, 0);
	put_number(out, ROW_USE_LATE, r->arrival - r->time, 0);
	put_number(out, ROW_USE_TOKEN, r->token, 0);
	put_number(out, ROW_USE_ACCOUNT, r->account, 0);
	put_number(out, ROW_USE_REGISTRY, r->registry, 0);
	put_number(out, ROW_USE_ACTION, r->action, 0);
	put_number(out, ROW_USE_OUTCOME, r->outcome, 0);
	put_number(out, ROW_USE_REASON, r->reason, 0);
	put_number(out, ROW_USE_REPOSITORY, r->repository, 0);
	put_number(out, ROW_USE_TAG, r->tag, 0);
	put_number(out, ROW_USE_DIGEST, r->digest, 0);
	put_number(out, ROW_USE_MEDIA_TYPE, r->media_type, 0);
	put_number(out, ROW_USE_IP, r->ip, 0);
	put_number(out, ROW_USE_USER_AGENT, r->user_agent, 0);
	put_number(out, ROW_USE_BYTES, r->bytes, -1);
	put_number(out, ROW_USE_COUNT, r->count, 1);
	put_number(out, ROW_USE_STANDING, standing_number(&r->standing), 0);
	put_texts(out, r);
}

void
row_use_read(sqlite3_stmt *st, struct row_use *out)
{
	int i;

	out->present = 0;
	for (i = 0; i < ROW_USE_COLUMNS; i++) {
		if (sqlite3_column_type(st, i) == SQLITE_NULL)
			continue;
		out->present |= ROW_BIT(i);
		if (i != ROW_USE_ID && i != ROW_USE_OTHER)
			out->number[i] = sqlite3_column_int64(st, i);
	}
	out->id_is_blob = sqlite3_column_type(st, ROW_USE_ID) == SQLITE_BLOB;
	out->id = row_slice(st, ROW_USE_ID);
	out->other = row_slice(st, ROW_USE_OTHER);
}

void
row_read_use(sqlite3_stmt *st, struct stored_use *u, char text[ROW_UUID_TEXT])
{
	u->seq = sqlite3_column_int64(st, 0);
	u->prev = row_int(st, 1, 0);
	u->time = sqlite3_column_int64(st, 2);
	u->arrival = u->time + row_int(st, 3, 0);
	u->token = (uint32_t)row_int(st, 4, 0);
	u->token_id = row_slice(st, 5);
	u->id = row_use_id(st, 6, text);
	u->account = row_slice(st, 7);
	u->registry = row_slice(st, 8);
	u->action = row_slice(st, 9);
	u->outcome = row_slice(st, 10);
	u->reason = row_slice(st, 11);
	u->repository = row_slice(st, 12);
	u->tag = row_slice(st, 13);
	u->digest = row_slice(st, 14);
	u->media_type = row_slice(st, 15);
	u->ip = row_slice(st, 16);
	u->user_agent = row_slice(st, 17);
	u->bytes = row_int(st, 18, -1);
	u->count = row_int(st, 19, 1);
	u->other = row_slice(st, 20);
	row_read_standing(st, 21, u->prev != 0, &u->standing);
}

/* NULL reads as 0, which is what most columns have for absent. */
static int64_t
use_number(sqlite3_stmt *st, enum row_use_column i)
{
	return sqlite3_column_int64(st, i);
}

static uint32_t
use_key(sqlite3_stmt *st, enum row_use_column i)
{
	return (uint32_t)sqlite3_column_int64(st, i);
}

void
row_read_stored(sqlite3_stmt *st, struct use_row *u, char text[ROW_UUID_TEXT])
{
	u->seq = use_number(st, ROW_USE_SEQ);
	u->prev = use_number(st, ROW_USE_PREV);
	u->time = use_number(st, ROW_USE_TIME);
	u->arrival = u->time + use_number(st, ROW_USE_LATE);
	u->token = use_key(st, ROW_USE_TOKEN);
	u->account = use_key(st, ROW_USE_ACCOUNT);
	u->registry = use_key(st, ROW_USE_REGISTRY);
	u->action = use_key(st, ROW_USE_ACTION);
	u->outcome = use_key(st, ROW_USE_OUTCOME);
	u->reason = use_key(st, ROW_USE_REASON);
	u->repository = use_key(st, ROW_USE_REPOSITORY);
	u->tag = use_key(st, ROW_USE_TAG);
	u->digest = use_key(st, ROW_USE_DIGEST);
	u->media_type = use_key(st, ROW_USE_MEDIA_TYPE);
	u->ip = use_key(st, ROW_USE_IP);
	u->user_agent = use_key(st, ROW_USE_USER_AGENT);
	u->bytes = row_int(st, ROW_USE_BYTES, -1);
	u->count = row_int(st, ROW_USE_COUNT, 1);
	u->id = row_use_id(st, ROW_USE_ID, text);
	u->other = row_slice(st, ROW_USE_OTHER);
	row_read_standing(st, ROW_USE_STANDING, u->prev != 0, &u->standing);
}

/* Reads a small number; false if it is more than `max` or below 0. */
static bool
row_small(sqlite3_stmt *st, int i, uint8_t max, uint8_t *out)
{
	int64_t v = sqlite3_column_int64(st, i);

	if (v < 0 || v > max)
		return false;
	*out = (uint8_t)v;
	return true;
}

static bool
row_key(sqlite3_stmt *st, int i, uint32_t *out)
{
	int64_t v = row_int(st, i, 0);

	if (v < 0 || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
row_hash(sqlite3_stmt *st, int i, uint8_t out[SECRET_HASH])
{
	struct slice s = row_slice(st, i);

	memset(out, 0, SECRET_HASH);
	if (s.p == NULL)
		return true;
	if (s.n != SECRET_HASH)
		return false;
	memcpy(out, s.p, SECRET_HASH);
	return true;
}

static bool
row_read_lastused(sqlite3_stmt *st, struct lastused_row *u)
{
	u->time = row_int(st, 14, 0);
	u->first = row_int(st, 15, 0);
	u->uses = (uint64_t)sqlite3_column_int64(st, 22);
	u->refused = (uint64_t)sqlite3_column_int64(st, 23);
	u->last_seq = row_int(st, 24, 0);
	u->seen = row_slice(st, 25);
	return row_key(st, 16, &u->ip) && row_key(st, 17, &u->client) &&
	    row_key(st, 18, &u->action) && row_key(st, 19, &u->repository) &&
	    row_key(st, 20, &u->registry) &&
	    row_small(st, 21, OUTCOME_FAILURE, &u->outcome);
}

static void
row_read_limits(sqlite3_stmt *st, struct token_row *t)
{
	t->idle_expires = row_int(st, 26, 0);
	t->max_uses = row_int(st, 27, 0);
	t->used = row_int(st, 28, 0);
	t->allow_from = row_slice(st, 29);
	t->told[NOTICE_EXPIRY] = row_int(st, 30, 0);
	t->told[NOTICE_IDLE] = row_int(st, 31, 0);
}

bool
row_read_token(sqlite3_stmt *st, struct token_row *t, struct lastused_row *u)
{
	t->id = row_slice(st, 1);
	t->description = row_slice(st, 6);
	t->labels = row_slice(st, 7);
	t->scope = row_slice(st, 8);
	t->cause = row_slice(st, 9);
	t->actor = row_slice(st, 10);
	t->created = sqlite3_column_int64(st, 11);
	t->expires = sqlite3_column_int64(st, 12);
	t->changed = sqlite3_column_int64(st, 13);
	row_read_limits(st, t);
	t->until = row_int(st, 32, 0);
	if (!row_key(st, 0, &t->tid) || !row_hash(st, 2, t->hash) ||
	    !row_small(st, 3, TOKEN_DELETED, &t->state) ||
	    !row_small(st, 4, TOKEN_FOREIGN, &t->kind) ||
	    !row_key(st, 5, &t->aid) || t->tid == 0)
		return false;
	u->tid = t->tid;
	return row_read_lastused(st, u);
}

/* Time, ip, client and count, from column `i` on. */
static bool
row_read_sighting(sqlite3_stmt *st, int i, struct sighting_row *s)
{
	s->time = row_int(st, i, 0);
	s->count = (uint64_t)sqlite3_column_int64(st, i + 3);
	return row_key(st, i + 1, &s->ip) && row_key(st, i + 2, &s->client);
}

bool
row_read_secret(sqlite3_stmt *st, struct secret_row *r)
{
	r->forgotten = false;
	r->made = sqlite3_column_int64(st, 3);
	r->until = row_int(st, 4, 0);
	return row_key(st, 0, &r->tid) && row_key(st, 1, &r->number) &&
	    row_hash(st, 2, r->hash) && row_read_sighting(st, 5, &r->used);
}

bool
row_read_superseded(sqlite3_stmt *st, struct secret_seen_row *r)
{
	r->superseded = true;
	return row_key(st, 0, &r->tid) && row_key(st, 1, &r->number) &&
	    row_read_sighting(st, 2, &r->seen);
}

void
row_read_account(sqlite3_stmt *st, struct account_row *a)
{
	a->aid = (uint32_t)sqlite3_column_int64(st, 0);
	a->name = row_slice(st, 1);
	a->two_factor = sqlite3_column_int(st, 2) != 0;
	a->disabled = sqlite3_column_int(st, 3) != 0;
	a->created = sqlite3_column_int64(st, 4);
}

int64_t
row_read_audit(sqlite3_stmt *st, struct audit_row *r)
{
	r->time = sqlite3_column_int64(st, 1);
	r->actor = row_slice(st, 2);
	r->uid = row_int(st, 3, -1);
	r->pid = row_int(st, 4, -1);
	r->action = row_slice(st, 5);
	r->object = row_slice(st, 6);
	r->before = row_slice(st, 7);
	r->after = row_slice(st, 8);
	return sqlite3_column_int64(st, 0);
}

size_t
row_format_uses(const struct alert_row *a, char out[ROW_USES_TEXT])
{
	unsigned i;
	size_t	 n = 0;

	out[n++] = '[';
	for (i = 0; i < a->nuses && i < ALERT_USES_MAX; i++)
		n += (size_t)snprintf(out + n, ROW_USES_TEXT - n, "%s%" PRId64,
		    i > 0 ? "," : "", a->uses[i]);
	out[n++] = ']';
	return n;
}

/* What row_format_uses wrote; reading stops at what it would not write. */
static unsigned
parse_uses(struct slice s, int64_t out[ALERT_USES_MAX])
{
	struct slice rest, part;
	unsigned     n = 0;

	if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return 0;
	rest = (struct slice){s.p + 1, s.n - 2};
	while (n < ALERT_USES_MAX && slice_cut(&rest, ',', &part)) {
		if (slice_int(part, 0, INT64_MAX, &out[n]) != 0)
			break;
		n++;
	}
	return n;
}

/* The short fixed fields; the id must fit its place. */
static bool
row_read_alert_state(sqlite3_stmt *st, struct alert_row *a)
{
	struct slice id = row_slice(st, 1);

	if (id.n >= sizeof a->id)
		return false;
	memset(a->id, 0, sizeof a->id);
	memcpy(a->id, id.p, id.n);
	a->undone = sqlite3_column_int(st, 13) != 0;
	return row_small(st, 9, UINT8_MAX, &a->level) &&
	    row_small(st, 10, UINT8_MAX, &a->mode) &&
	    row_small(st, 11, ALERT_CLOSED, &a->state) &&
	    row_small(st, 12, UINT8_MAX, &a->verdict) &&
	    row_key(st, 20, &a->tid) &&
	    row_small(st, 21, TOKEN_DELETED, &a->was_state);
}

bool
row_read_outbox(sqlite3_stmt *st, struct outbox_row *r)
{
	int64_t kind = row_int(st, 3, NOTICE_EXPIRY);

	r->seq = sqlite3_column_int64(st, 0);
	r->alert = row_slice(st, 1);
	r->step = row_int(st, 4, 0);
	if (kind < 0 || kind >= NOTICE_KINDS)
		return false;
	r->notice = (enum notice_kind)kind;
	return row_key(st, 2, &r->tid);
}

bool
row_read_alert(sqlite3_stmt *st, struct alert_row *a, int64_t *key)
{
	*key = sqlite3_column_int64(st, 0);
	a->rule = row_slice(st, 2);
	a->title = row_slice(st, 3);
	a->key = row_slice(st, 4);
	a->token = row_slice(st, 5);
	a->account = row_slice(st, 6);
	a->done = row_slice(st, 7);
	a->summary = row_slice(st, 8);
	a->why = row_slice(st, 22);
	a->first = sqlite3_column_int64(st, 14);
	a->last = sqlite3_column_int64(st, 15);
	a->raised = sqlite3_column_int64(st, 16);
	a->quiet_until = sqlite3_column_int64(st, 17);
	a->count = (uint64_t)sqlite3_column_int64(st, 18);
	memset(a->uses, 0, sizeof a->uses);
	a->nuses = parse_uses(row_slice(st, 19), a->uses);
	return row_read_alert_state(st, a);
}
