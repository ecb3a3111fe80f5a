#include "daemon/leaks.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "base/rate.h"
#include "daemon/expose.h"
#include "daemon/patrold.h"

#define WAITING_MAX (16 * LEAKBODY_CREDENTIALS) /* of the public ones */
#define BY_MAX	    (sizeof "public " + ADDR_TEXT_MAX)

struct waiting {
	uint8_t	    hash[SECRET_HASH];
	bool	    wellformed;
	struct addr from;
};

struct leaks {
	struct patrold *p;
	struct pubkeys *keys;	 /* owned; NULL: none */
	struct event   *later;	 /* owned */
	struct waiting *waiting; /* owned */
	size_t		nwaiting, cap_waiting;
	uint64_t	reports[LEAK_DOORS][LEAK_RESULTS];
	uint64_t	signatures[PUBKEYS_RESULTS];
	struct rate	rate;
};

static const char *const door_names[] = {
    [LEAK_PARTNER] = "partner",
    [LEAK_PUBLIC] = "public",
    [LEAK_CONTROL] = "control",
};

const char *
leaks_result_name(unsigned result)
{
	static const char *const own[] = {"unknown", "malformed", "limited"};

	return result < LEAK_UNKNOWN ?
	    engine_leaked_name((enum engine_leaked)result) :
	    own[result - LEAK_UNKNOWN];
}

/* --- life ------------------------------------------------------------ */

struct pubkeys *
leaks_load_keys(const struct conf *c, const char *file,
    struct complaints *faults)
{
	struct pubkeys *keys;
	struct error	err;

	if (c->leak_keys == NULL)
		return NULL;
	keys = pubkeys_load(c->leak_keys, &err);
	if (keys == NULL)
		complain_error(faults, file, 0, 0, "leaks.keys: %s", err.text);
	return keys;
}

void
leaks_settle(struct leaks *l)
{
	const struct engine_actor actor = {"public", -1, -1};
	usec_t			  now = patrold_now();
	struct leak_record	  r = {.ok = true};
	char			  by[BY_MAX], text[ADDR_TEXT_MAX];
	char			  alert[ALERT_ID_MAX];
	struct token		 *t;
	size_t			  i;

	for (i = 0; i < l->nwaiting; i++) {
		(void)addr_format(&l->waiting[i].from, text);
		snprintf(by, sizeof by, "public%s%s",
		    text[0] != '\0' ? " " : "", text);
		memcpy(r.hash, l->waiting[i].hash, sizeof r.hash);
		r.wellformed = l->waiting[i].wellformed;
		(void)leaks_take(l, LEAK_PUBLIC, &r, by, &actor, now, &t,
		    alert);
	}
	l->nwaiting = 0;
}

static void
take_waiting_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	leaks_settle(arg);
}

struct leaks *
leaks_new(struct patrold *p, struct pubkeys *keys)
{
	struct leaks *l = xcalloc(1, sizeof *l);

	l->p = p;
	l->keys = keys;
	l->later = evtimer_new(p->base, take_waiting_cb, l);
	return l;
}

void
leaks_free(struct leaks **lp)
{
	struct leaks *l = *lp;

	if (l == NULL)
		return;
	if (l->later != NULL)
		event_free(l->later);
	pubkeys_free(&l->keys);
	free(l->waiting);
	free(l);
	*lp = NULL;
}

void
leaks_set_keys(struct leaks *l, struct pubkeys *keys)
{
	pubkeys_free(&l->keys);
	l->keys = keys;
}

/* --- who says so ----------------------------------------------------- */

enum pubkeys_result
leaks_verify(struct leaks *l, struct slice name, struct slice signature,
    struct slice bytes)
{
	enum pubkeys_result r = PUBKEYS_E_KEY;

	if (l->keys != NULL)
		r = pubkeys_verify(l->keys, name, signature, bytes);
	l->signatures[r]++;
	return r;
}

#define WHO_BYTES 10

/* Of IPv6 a /64, as one host can have all of its addresses; what a stranger
 * does at one door is not held against a partner at the other. */
static struct slice
name_stranger(enum leak_door door, const struct addr *from, char who[WHO_BYTES])
{
	who[0] = (char)door;
	who[1] = (char)from->family;
	memcpy(who + 2, from->b, WHO_BYTES - 2);
	return (struct slice){who, from->family == 6 ? WHO_BYTES : 6};
}

bool
leaks_may(const struct leaks *l, enum leak_door door, const struct addr *from,
    uint64_t n)
{
	char who[WHO_BYTES];

	return rate_may(&l->rate, name_stranger(door, from, who), n,
	    (uint64_t)l->p->conf->leak_rate, patrold_now());
}

bool
leaks_allow(struct leaks *l, enum leak_door door, const struct addr *from,
    uint64_t n)
{
	char who[WHO_BYTES];

	return rate_take(&l->rate, name_stranger(door, from, who), n,
	    (uint64_t)l->p->conf->leak_rate, patrold_now());
}

/* --- reports --------------------------------------------------------- */

void
leaks_count(struct leaks *l, enum leak_door door, unsigned result, uint64_t n)
{
	l->reports[door][result] += n;
}

unsigned
leaks_take(struct leaks *l, enum leak_door door, const struct leak_record *r,
    const char *by, const struct engine_actor *actor, usec_t now,
    struct token **t, char alert[ALERT_ID_MAX])
{
	struct engine	       *e = l->p->engine;
	struct engine_leak	leak = {.by = by,
		 .type = r->type,
		 .source = r->source,
		 .url = r->url};
	struct engine_presented shown;
	unsigned		result = LEAK_UNKNOWN;

	engine_present_hash(e, r->hash, now, &shown);
	*t = shown.token;
	alert[0] = '\0';
	if (*t != NULL) {
		leak.token = *t;
		leak.superseded = shown.secret == SECRET_SUPERSEDED;
		result = engine_leak(e, &leak, now, actor, alert);
	} else if (!r->wellformed) {
		result = LEAK_MALFORMED;
	}
	leaks_count(l, door, result, 1);
	return result;
}

bool
leaks_take_later(struct leaks *l, const struct leak_record *r,
    const struct addr *from)
{
	static const struct timeval at_once = {0, 0};
	struct waiting		   *w;

	if (l->nwaiting == WAITING_MAX) {
		leaks_count(l, LEAK_PUBLIC, LEAK_LIMITED, 1);
		return false;
	}
	l->waiting =
	    xgrow(l->waiting, l->nwaiting, &l->cap_waiting, sizeof *l->waiting);
	w = &l->waiting[l->nwaiting++];
	memcpy(w->hash, r->hash, sizeof w->hash);
	w->wellformed = r->wellformed;
	w->from = *from;
	if (l->nwaiting == 1)
		evtimer_add(l->later, &at_once);
	return true;
}

/* --- figures --------------------------------------------------------- */

void
leaks_format_status(const struct leaks *l, struct jsonw *w)
{
	unsigned door, i;

	jsonw_key(w, "leaks");
	jsonw_object(w);
	for (door = 0; door < LEAK_DOORS; door++) {
		jsonw_key(w, door_names[door]);
		jsonw_object(w);
		for (i = 0; i < LEAK_RESULTS; i++)
			jsonw_field_int(w, leaks_result_name(i),
			    (int64_t)l->reports[door][i]);
		jsonw_end(w);
	}
	jsonw_key(w, "signatures");
	jsonw_object(w);
	jsonw_field_int(w, "keys",
	    l->keys != NULL ? (int64_t)pubkeys_count(l->keys) : 0);
	for (i = PUBKEYS_OK; i < PUBKEYS_RESULTS; i++)
		jsonw_field_int(w, pubkeys_result_name((enum pubkeys_result)i),
		    (int64_t)l->signatures[i]);
	jsonw_end(w);
	jsonw_end(w);
}

void
leaks_format_metrics(const struct leaks *l, struct expose *x)
{
	unsigned door, i;

	expose_counter(x, "patrol_leak_reports_total",
	    "Reports of leaked secrets, by source and result.");
	for (door = 0; door < LEAK_DOORS; door++)
		for (i = 0; i < LEAK_RESULTS; i++) {
			expose_label(x, "source", slice_of(door_names[door]));
			expose_label(x, "result",
			    slice_of(leaks_result_name(i)));
			expose_int(x, l->reports[door][i]);
		}
	expose_counter(x, "patrol_leak_signatures_total",
	    "Signatures of such reports, by result.");
	for (i = PUBKEYS_OK; i < PUBKEYS_RESULTS; i++) {
		expose_label(x, "result",
		    slice_of(pubkeys_result_name((enum pubkeys_result)i)));
		expose_int(x, l->signatures[i]);
	}
}
