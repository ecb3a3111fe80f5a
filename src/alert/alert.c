#include "alert/alert.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "stream/silence.h"

struct alert_table {
	struct map    by_ident; /* the current alert of (rule, key) */
	struct map    by_id;	/* all that are held */
	struct alert *oldest, *newest;
	struct alert *dirty;
	struct buf    ident; /* scratch */
	size_t	      max, n;
	uint64_t      evicted;
};

static struct slice
ident_key(const void *value)
{
	const struct alert *a = value;

	return slice_of(a->ident);
}

static struct slice
id_key(const void *value)
{
	const struct alert *a = value;

	return slice_of(a->row.id);
}

struct alert_table *
alert_table_new(size_t max)
{
	struct alert_table *at = xcalloc(1, sizeof *at);

	map_init(&at->by_ident, ident_key);
	map_init(&at->by_id, id_key);
	buf_init(&at->ident);
	at->max = max;
	return at;
}

void
alert_row_copy(struct alert_row *to, const struct alert_row *from)
{
	*to = *from;
	to->rule.p = slice_dup(from->rule);
	to->title.p = slice_dup(from->title);
	to->key.p = slice_dup(from->key);
	to->token.p = slice_dup(from->token);
	to->account.p = slice_dup(from->account);
	to->done.p = slice_dup(from->done);
	to->summary.p = slice_dup(from->summary);
	to->why.p = slice_dup(from->why);
}

void
alert_row_clear(struct alert_row *r)
{
	free((char *)r->rule.p);
	free((char *)r->title.p);
	free((char *)r->key.p);
	free((char *)r->token.p);
	free((char *)r->account.p);
	free((char *)r->done.p);
	free((char *)r->summary.p);
	free((char *)r->why.p);
}

static void
free_alert(struct alert *a)
{
	alert_row_clear(&a->row);
	free(a->ident);
	free(a);
}

void
alert_table_free(struct alert_table **atp)
{
	struct alert_table *at = *atp;
	struct alert	   *a, *next;

	if (at == NULL)
		return;
	for (a = at->oldest; a != NULL; a = next) {
		next = a->next;
		free_alert(a);
	}
	map_clear(&at->by_ident);
	map_clear(&at->by_id);
	buf_clear(&at->ident);
	free(at);
	*atp = NULL;
}

void
alert_set_text(struct slice *field, struct slice text)
{
	char *copy = slice_dup(text);

	free((char *)field->p);
	*field = (struct slice){copy, text.n};
}

static struct slice
ident_of(struct alert_table *at, struct slice rule, struct slice key)
{
	at->ident.n = 0;
	buf_addslice(&at->ident, rule);
	buf_addc(&at->ident, '\n');
	buf_addslice(&at->ident, key);
	return buf_slice(&at->ident);
}

static void
link_newest(struct alert_table *at, struct alert *a)
{
	a->prev = at->newest;
	if (at->newest != NULL)
		at->newest->next = a;
	else
		at->oldest = a;
	at->newest = a;
	at->n++;
}

static void
unlink_alert(struct alert_table *at, struct alert *a)
{
	if (a->prev != NULL)
		a->prev->next = a->next;
	else
		at->oldest = a->next;
	if (a->next != NULL)
		a->next->prev = a->prev;
	else
		at->newest = a->prev;
	at->n--;
}

/* A dirty alert is passed over: it is still to be stored. */
static void
evict_oldest(struct alert_table *at)
{
	struct alert *a = at->oldest;

	while (a != NULL && a->dirty)
		a = a->next;
	if (a == NULL)
		return;
	unlink_alert(at, a);
	map_remove(&at->by_id, slice_of(a->row.id));
	if (a->earlier != NULL)
		a->earlier->later = a->later;
	if (a->later != NULL)
		a->later->earlier = a->earlier;
	if (a->current)
		map_remove(&at->by_ident, slice_of(a->ident));
	free_alert(a);
	at->evicted++;
}

/*
 * 75 bits of SHA-256 over rule, key and what tells the first use apart: the
 * same alert has the same id when the use is sent again after a crash.
 */
static void
make_id(struct alert_table *at, const struct alert_hit *h, char *out)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char	      text[ALERT_ID_MAX + 8], *p;
	struct buf    b;

	buf_init(&b);
	buf_addslice(&b, ident_of(at, h->rule, h->key));
	buf_addc(&b, '\n');
	buf_addslice(&b, h->registry);
	buf_addc(&b, '\n');
	buf_addslice(&b, h->use_id);
	buf_addf(&b, "\n%lld", (long long)h->time);
	/* Two in a microsecond that nothing tells apart are two. */
	if (h->realert == 0 && h->use_id.n == 0)
		buf_addf(&b, "\n%lld", (long long)h->seq);
	SHA256((const unsigned char *)b.p, b.n, sum);
	buf_clear(&b);
	base32_encode(sum, 10, text);
	for (p = text; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	memcpy(out, "alr_", 4);
	memcpy(out + 4, text, ALERT_ID_MAX - 5);
	out[ALERT_ID_MAX - 1] = '\0';
}

/* Puts it in its place among those of its ident, by when they were raised;
 * `newest`: in front of all, whatever is there. */
static void
link_ident(struct alert_table *at, struct alert *a, bool newest)
{
	struct alert *b = map_find(&at->by_ident, slice_of(a->ident));
	struct alert *after = NULL;

	while (!newest && b != NULL && b->row.raised > a->row.raised) {
		after = b;
		b = b->earlier;
	}
	a->earlier = b;
	a->later = after;
	if (after != NULL)
		after->earlier = a;
	if (b != NULL)
		b->later = a;
	a->current = after == NULL;
	if (!a->current)
		return;
	if (b != NULL) {
		map_remove(&at->by_ident, slice_of(b->ident));
		b->current = false;
	}
	map_add(&at->by_ident, a);
}

static struct alert *
add_alert(struct alert_table *at, const struct alert_row *r, usec_t silence,
    bool newest)
{
	struct alert *a = xcalloc(1, sizeof *a);

	if (at->n >= at->max)
		evict_oldest(at);
	alert_row_copy(&a->row, r);
	a->silence = silence;
	a->ident = slice_dup(ident_of(at, r->rule, r->key));
	link_ident(at, a, newest);
	map_add(&at->by_id, a);
	link_newest(at, a);
	return a;
}

static struct alert *
raise_alert(struct alert_table *at, const struct alert_hit *h, usec_t silence,
    bool newest)
{
	struct alert_row r = {.rule = h->rule,
	    .title = h->title,
	    .key = h->key,
	    .token = h->token,
	    .account = h->account,
	    .level = h->level,
	    .mode = h->mode,
	    .state = ALERT_OPEN,
	    .first = h->first,
	    .last = h->time,
	    .raised = h->time,
	    .quiet_until = h->time + silence,
	    .count = h->window};
	struct alert	*a;

	make_id(at, h, r.id);
	/* Two uses that cannot be told apart: the same alert. */
	a = map_find(&at->by_id, slice_of(r.id));
	if (a == NULL)
		a = add_alert(at, &r, silence, newest);
	return a;
}

/* Another mode is another matter: it was not silenced so long. */
static usec_t
next_silence(const struct alert *old, const struct alert_hit *h)
{
	return old == NULL || old->row.mode != h->mode ?
	    h->realert :
	    silence_next(h->realert, old->silence, h->time - old->row.last);
}

static void
note_use(struct alert *a, int64_t seq)
{
	if (a->row.nuses < ALERT_USES_MAX)
		a->row.uses[a->row.nuses++] = seq;
}

/* It began earlier than it seemed, and so does its silence. */
static void
begin_earlier(struct alert *a, usec_t t)
{
	a->row.raised = t;
	a->row.quiet_until = t + a->silence;
	if (a->row.quiet_until < a->row.last)
		a->row.quiet_until = a->row.last;
}

/* Where a verdict goes that is older than the newest alert; NULL: none. */
static struct alert *
find_earlier(struct alert *newest, const struct alert_hit *h)
{
	struct alert *a = newest, *after = NULL;

	while (a != NULL && a->row.raised > h->time) {
		after = a;
		a = a->earlier;
	}
	if (a != NULL && h->time <= a->row.quiet_until &&
	    a->row.mode == h->mode)
		return a;
	if (after->row.mode != h->mode ||
	    h->time + h->realert < after->row.raised)
		return NULL;
	begin_earlier(after, h->time);
	return after;
}

static void
count_on(struct alert *a, const struct alert_hit *h)
{
	a->row.count += h->count;
	if (h->time > a->row.last)
		a->row.last = h->time;
	if (h->first < a->row.first)
		a->row.first = h->first;
}

struct alert *
alert_table_hit(struct alert_table *at, const struct alert_hit *h, bool *is_new)
{
	struct slice  ident = ident_of(at, h->rule, h->key);
	struct alert *newest = map_find(&at->by_ident, ident), *a = newest;
	bool	      late = newest != NULL && h->time < newest->row.raised &&
	    newest->row.mode == h->mode;

	if (h->realert == 0)
		a = NULL;
	else if (late)
		a = find_earlier(newest, h);
	else if (newest != NULL &&
	    (h->time > newest->row.quiet_until || newest->row.mode != h->mode))
		a = NULL;
	*is_new = a == NULL;
	if (a != NULL)
		count_on(a, h);
	else if (late)
		a = raise_alert(at, h, h->realert, false);
	else
		a = raise_alert(at, h, next_silence(newest, h), true);
	note_use(a, h->seq);
	alert_table_mark(at, a);
	return a;
}

struct alert *
alert_table_silent(struct alert_table *at, struct slice rule, struct slice key,
    uint8_t mode, usec_t t)
{
	struct alert *a = map_find(&at->by_ident, ident_of(at, rule, key));

	return a != NULL && a->row.mode == mode && t <= a->row.quiet_until ?
	    a :
	    NULL;
}

struct alert *
alert_table_find(struct alert_table *at, struct slice id)
{
	return map_find(&at->by_id, id);
}

struct alert *
alert_table_load(struct alert_table *at, const struct alert_row *r)
{
	struct alert	*a = map_find(&at->by_id, slice_of(r->id));
	struct alert_row row = *r;

	if (a != NULL)
		return a;
	/* It is in the store, and would be much for all that are held. */
	row.why = (struct slice){NULL, 0};
	return add_alert(at, &row, r->quiet_until - r->raised, false);
}

void
alert_table_mark(struct alert_table *at, struct alert *a)
{
	if (a->dirty)
		return;
	a->dirty = true;
	a->next_dirty = at->dirty;
	at->dirty = a;
}

struct alert *
alert_table_pop_dirty(struct alert_table *at)
{
	struct alert *a = at->dirty;

	if (a != NULL) {
		at->dirty = a->next_dirty;
		a->dirty = false;
	}
	return a;
}

size_t
alert_table_count(const struct alert_table *at)
{
	return at->n;
}

uint64_t
alert_table_evicted(const struct alert_table *at)
{
	return at->evicted;
}

void
alert_store(struct alert *a, struct batch *b)
{
	struct alert_row *r = batch_add_alert(b);

	*r = a->row;
	r->rule = batch_text(b, a->row.rule);
	r->title = batch_text(b, a->row.title);
	r->key = batch_text(b, a->row.key);
	r->token = batch_text(b, a->row.token);
	r->account = batch_text(b, a->row.account);
	r->done = batch_text(b, a->row.done);
	r->summary = batch_text(b, a->row.summary);
	r->why = batch_text(b, a->row.why);
	alert_set_text(&a->row.why, (struct slice){NULL, 0});
}

static const char *const state_names[] = {
    [ALERT_OPEN] = "open",
    [ALERT_ACKNOWLEDGED] = "acknowledged",
    [ALERT_CLOSED] = "closed",
};

const char *
alert_state_name(int state)
{
	return state_names[state];
}

int
alert_state_parse(struct slice s)
{
	int i;

	for (i = ALERT_OPEN; i <= ALERT_CLOSED; i++)
		if (slice_is(s, state_names[i]))
			return i;
	return -1;
}
