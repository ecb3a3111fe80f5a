#include "daemon/verifier.h"

#include <event2/event.h>
#include <stdlib.h>

#include "auth/jwt-read.h"
#include "auth/repeats.h"
#include "base/buf.h"
#include "base/mem.h"
#include "daemon/patrold.h"

struct verifier {
	struct patrold	      *p;
	struct repeats	      *repeats; /* owned */
	struct jwt_reader     *reader;	/* owned */
	struct buf	       key;	/* scratch */
	struct verifier_counts counts;
};

/* What makes two requests alike; none of these has a NUL in it. */
static const enum use_field kind[] = {USE_REGISTRY, USE_TOKEN, USE_ACCOUNT,
    USE_ACTION, USE_REPOSITORY, USE_TAG, USE_DIGEST, USE_SOURCE_IP,
    USE_USER_AGENT};

#define NKIND (sizeof kind / sizeof kind[0])

struct verifier *
verifier_new(struct patrold *p)
{
	struct verifier *v = xcalloc(1, sizeof *v);

	v->p = p;
	v->repeats = repeats_new((size_t)p->boot_conf->repeats_max);
	v->reader = jwt_reader_new();
	buf_init(&v->key);
	return v;
}

void
verifier_free(struct verifier **vp)
{
	struct verifier *v = *vp;

	if (v == NULL)
		return;
	repeats_free(&v->repeats);
	jwt_reader_free(&v->reader);
	buf_clear(&v->key);
	free(v);
	*vp = NULL;
}

static void
make_key(struct verifier *v, const struct use *u)
{
	size_t i;

	v->key.n = 0;
	for (i = 0; i < NKIND; i++) {
		buf_addslice(&v->key, use_text(u, kind[i]));
		buf_addc(&v->key, '\0');
	}
}

/* The use of a kind again, for all that were like it. */
static void
record(struct verifier *v, struct slice key, uint64_t count, usec_t now)
{
	struct use  *u;
	struct slice text;
	struct addr  ip;
	size_t	     i;

	if (count == 0)
		return;
	u = xmalloc(sizeof *u);
	use_init(u, now);
	for (i = 0; i < NKIND && slice_cut(&key, '\0', &text); i++) {
		if (text.n == 0)
			continue;
		if (kind[i] != USE_SOURCE_IP)
			use_set(u, kind[i], text);
		else if (addr_parse(text, &ip) == 0)
			use_set_ip(u, &ip);
	}
	use_set(u, USE_OUTCOME, SLICE("success"));
	u->count = count < USE_COUNT_MAX ? (int64_t)count : USE_COUNT_MAX;
	(void)engine_use(v->p->engine, u);
	free(u);
}

static void
end_windows(struct verifier *v, usec_t until, usec_t now)
{
	struct slice key;
	uint64_t     count;

	while (repeats_pop(v->repeats, until, &key, &count))
		record(v, key, count, now);
}

void
verifier_tick(struct verifier *v)
{
	usec_t now = patrold_now();

	end_windows(v, now, now);
}

void
verifier_flush(struct verifier *v)
{
	end_windows(v, INT64_MAX, patrold_now());
}

bool
verifier_repeats(struct verifier *v, const struct use *u)
{
	usec_t	     now = u->arrival;
	struct slice old;
	uint64_t     count;

	end_windows(v, now, now);
	make_key(v, u);
	if (repeats_add(v->repeats, buf_slice(&v->key),
		v->p->conf->verify_window, now)) {
		v->counts.repeats++;
		return true;
	}
	if (repeats_is_full(v->repeats) &&
	    repeats_pop(v->repeats, INT64_MAX, &old, &count))
		record(v, old, count, now);
	return false;
}

struct jwt_reader *
verifier_reader(struct verifier *v)
{
	return v->reader;
}

struct verifier_counts *
verifier_counts(struct verifier *v)
{
	return &v->counts;
}

uint64_t
verifier_windows(const struct verifier *v)
{
	return repeats_count(v->repeats);
}
