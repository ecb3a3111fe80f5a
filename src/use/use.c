#include "use/use.h"

#include "base/buf.h"
#include "base/jsonw.h"

const char *const use_field_names[USE_FIELDS + 1] = {
    [USE_ID] = "id",
    [USE_TIME] = "time",
    [USE_REGISTRY] = "registry",
    [USE_TOKEN] = "token",
    [USE_ACCOUNT] = "account",
    [USE_ACTION] = "action",
    [USE_OUTCOME] = "outcome",
    [USE_REASON] = "reason",
    [USE_REPOSITORY] = "repository",
    [USE_TAG] = "tag",
    [USE_DIGEST] = "digest",
    [USE_MEDIA_TYPE] = "media_type",
    [USE_SOURCE_IP] = "source.ip",
    [USE_USER_AGENT] = "user_agent",
    [USE_BYTES] = "bytes",
    [USE_COUNT] = "count",
    [USE_TOKEN_KIND] = "token.kind",
    [USE_TOKEN_STATE] = "token.state",
    [USE_TOKEN_SCOPE] = "token.scope",
    [USE_TOKEN_LABEL] = "token.label",
    [USE_TOKEN_AGE_DAYS] = "token.age_days",
    [USE_TOKEN_IDLE_DAYS] = "token.idle_days",
    [USE_SOURCE_NET] = "source.net",
    [USE_SOURCE_COUNTRY] = "source.country",
    [USE_SOURCE_ASN] = "source.asn",
    [USE_SOURCE_KIND] = "source.kind",
    [USE_USER_AGENT_FAMILY] = "user_agent.family",
    [USE_LATE_SECONDS] = "late_seconds",
};

#define NAME_LEN_MAX 17 /* "user_agent.family" */
#define SAME_LEN_MAX 6	/* names of one length */

/*
 * The names by their length, each number plus one: every key of every use is
 * looked up here, and at most six comparisons find it.
 */
static const uint8_t by_length[NAME_LEN_MAX + 1][SAME_LEN_MAX + 1] = {
    [2] = {USE_ID + 1},
    [3] = {USE_TAG + 1},
    [4] = {USE_TIME + 1},
    [5] = {USE_TOKEN + 1, USE_BYTES + 1, USE_COUNT + 1},
    [6] = {USE_ACTION + 1, USE_DIGEST + 1, USE_REASON + 1},
    [7] = {USE_OUTCOME + 1, USE_ACCOUNT + 1},
    [8] = {USE_REGISTRY + 1},
    [9] = {USE_SOURCE_IP + 1},
    [10] = {USE_REPOSITORY + 1, USE_USER_AGENT + 1, USE_MEDIA_TYPE + 1,
	USE_TOKEN_KIND + 1, USE_SOURCE_NET + 1, USE_SOURCE_ASN + 1},
    [11] = {USE_TOKEN_STATE + 1, USE_TOKEN_SCOPE + 1, USE_TOKEN_LABEL + 1,
	USE_SOURCE_KIND + 1},
    [12] = {USE_LATE_SECONDS + 1},
    [14] = {USE_TOKEN_AGE_DAYS + 1, USE_SOURCE_COUNTRY + 1},
    [15] = {USE_TOKEN_IDLE_DAYS + 1},
    [17] = {USE_USER_AGENT_FAMILY + 1},
};

int
use_field_find(struct slice name)
{
	const uint8_t *at;
	const char    *known;

	if (name.n > NAME_LEN_MAX)
		return -1;
	for (at = by_length[name.n]; *at != 0; at++) {
		known = use_field_names[*at - 1];
		if (slice_eq((struct slice){known, name.n}, name))
			return *at - 1;
	}
	return -1;
}

/* `other` and `scratch` stay as they are: their counts say what is there. */
void
use_init(struct use *u, usec_t now)
{
	u->time = u->arrival = now;
	u->bytes = -1;
	u->count = 1;
	memset(&u->ip, 0, sizeof u->ip);
	u->granted = false;
	memset(u->field, 0, sizeof u->field);
	u->there = 0;
	u->nother = 0;
	u->nscratch = 0;
}

/* A copy in the scratch room; absent when it does not fit. */
static struct slice
keep(struct use *u, struct slice text)
{
	char *p = u->scratch + u->nscratch;

	if (text.n > sizeof u->scratch - u->nscratch)
		return (struct slice){NULL, 0};
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	u->nscratch += (unsigned)text.n;
	return (struct slice){p, text.n};
}

bool
use_set_copy(struct use *u, enum use_field f, struct slice text)
{
	struct slice copy;

	if (text.p == NULL) {
		use_set(u, f, text);
		return true;
	}
	copy = keep(u, text);
	if (copy.p == NULL)
		return false;
	use_set(u, f, copy);
	return true;
}

bool
use_set_int(struct use *u, enum use_field f, int64_t v)
{
	char	     text[24], *p = text + sizeof text;
	uint64_t     left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	struct slice copy;

	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (v < 0)
		*--p = '-';
	copy = keep(u, (struct slice){p, (size_t)(text + sizeof text - p)});
	if (copy.p == NULL)
		return false;
	use_set_number(u, f, copy);
	return true;
}

void
use_set_net(struct use *u)
{
	char  *text = u->scratch + u->nscratch;
	size_t n;

	if (u->ip.family == 0 ||
	    sizeof u->scratch - u->nscratch < ADDR_TEXT_MAX)
		return;
	n = addr_net_format(&u->ip, text);
	u->nscratch += (unsigned)n;
	use_set(u, USE_SOURCE_NET, (struct slice){text, n});
}

void
use_set_ip(struct use *u, const struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char		     text[ADDR_TEXT_MAX];
	size_t		     n;

	u->ip = *a;
	if (a->family == 6 && memcmp(a->b, mapped, sizeof mapped) == 0) {
		memset(&u->ip, 0, sizeof u->ip);
		u->ip.family = 4;
		memcpy(u->ip.b, a->b + 12, 4);
	}
	n = addr_format(&u->ip, text);
	use_set_copy(u, USE_SOURCE_IP, (struct slice){text, n});
}

bool
use_add_other(struct use *u, struct slice key, struct use_value v)
{
	if (u->nother == USE_FIELDS_MAX)
		return false;
	u->other[u->nother++] = (struct use_other){key, v};
	return true;
}

void
use_add_text(struct use *u, const char *name, struct slice text)
{
	if (text.n > 0)
		(void)use_add_other(u, slice_of(name),
		    (struct use_value){text.p, (uint32_t)text.n, USE_STRING,
			false});
}

/* Where the first of `other` of that name is; `nother`: nowhere. */
static unsigned
find_other(const struct use *u, struct slice key)
{
	unsigned i;

	for (i = 0; i < u->nother; i++)
		if (slice_eq(u->other[i].key, key))
			break;
	return i;
}

bool
use_has_other(const struct use *u, struct slice key)
{
	return find_other(u, key) < u->nother;
}

struct slice
use_other_text(const struct use *u, struct slice key)
{
	unsigned i = find_other(u, key);

	if (i == u->nother)
		return (struct slice){NULL, 0};
	return (struct slice){u->other[i].value.p, u->other[i].value.n};
}

static void
write_value(struct jsonw *w, const struct use_value *v)
{
	struct slice text = {v->p, v->n};

	switch ((enum use_type)v->type) {
	case USE_STRING:
		jsonw_str(w, text);
		break;
	case USE_NUMBER:
	case USE_BOOL:
		jsonw_raw(w, text);
		break;
	case USE_NULL:
	case USE_ABSENT:
		jsonw_null(w);
		break;
	}
}

/* Where the list that starts at `i` ends; i + 1 for a lone value. */
static unsigned
list_end(const struct use *u, unsigned i)
{
	unsigned j = i + 1;

	while (j < u->nother && u->other[j].value.more &&
	    slice_eq(u->other[j].key, u->other[i].key))
		j++;
	return j;
}

/* The values i .. end - 1, with one in front if there is a `first`. */
static void
write_values(struct jsonw *w, const struct use *u,
    const struct use_value *first, unsigned i, unsigned end)
{
	bool list = end - i + (first != NULL) > 1;

	if (list)
		jsonw_array(w);
	if (first != NULL)
		write_value(w, first);
	for (; i < end; i++)
		write_value(w, &u->other[i].value);
	if (list)
		jsonw_end(w);
}

void
use_json(const struct use *u, struct buf *out)
{
	struct jsonw w;
	unsigned     f, i, end;

	jsonw_init(&w, out);
	jsonw_object(&w);
	for (f = 0; f < USE_FIELDS; f++) {
		if (u->field[f].type == USE_ABSENT)
			continue;
		/* Enriching has appended the rest of a list of its own. */
		i = f == USE_TOKEN_LABEL ?
		    find_other(u, slice_of(use_field_names[f])) :
		    u->nother;
		end = i < u->nother ? list_end(u, i) : i;
		jsonw_key(&w, use_field_names[f]);
		write_values(&w, u, &u->field[f], i, end);
	}
	for (i = 0; i < u->nother; i = end) {
		end = list_end(u, i);
		if (use_field_find(u->other[i].key) != -1)
			continue;
		jsonw_keyslice(&w, u->other[i].key);
		write_values(&w, u, NULL, i, end);
	}
	jsonw_end(&w);
}

bool
use_other_json(const struct use *u, struct buf *out)
{
	struct jsonw w;
	unsigned     i, end;

	jsonw_init(&w, out);
	for (i = 0; i < u->nother; i = end) {
		end = list_end(u, i);
		/* What enriching appended is not the sender's. */
		if (use_field_find(u->other[i].key) != -1)
			continue;
		if (w.depth == 0)
			jsonw_object(&w);
		jsonw_keyslice(&w, u->other[i].key);
		write_values(&w, u, NULL, i, end);
	}
	if (w.depth == 0)
		return false;
	jsonw_end(&w);
	return true;
}
