/*
 * use - somebody presented a token and something happened.
 *
 * A decoded use: its known fields by number, all others in a short list.
 * Text is borrowed from the reader's buffer (or from `scratch`) and lives
 * until the next use is decoded into the same struct.
 */
#ifndef PATROL_USE_USE_H
#define PATROL_USE_USE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/slice.h"

#define USE_LINE_MAX   (64 * 1024) /* bytes of one line */
#define USE_STRING_MAX (8 * 1024)  /* bytes of one string */
#define USE_FIELDS_MAX 128	   /* scalars in one use */
#define USE_OTHER_MAX  64	   /* fields without a name here */
#define USE_DEPTH_MAX  8
#define USE_ID_MAX     128 /* bytes of `id` and of `token` */
/* Bounds of `bytes` and `count`, so that sums of many cannot overflow. */
#define USE_BYTES_MAX ((int64_t)1 << 53)
#define USE_COUNT_MAX 1000000000
#define USE_AHEAD_MAX (5 * USEC_MIN) /* how far ahead `time` may be */

/* The fields that have a name here; the order is that of use_field_names. */
enum use_field {
	USE_ID,
	USE_TIME,
	USE_REGISTRY,
	USE_TOKEN,
	USE_ACCOUNT,
	USE_ACTION,
	USE_OUTCOME,
	USE_REASON,
	USE_REPOSITORY,
	USE_TAG,
	USE_DIGEST,
	USE_MEDIA_TYPE,
	USE_SOURCE_IP,
	USE_USER_AGENT,
	USE_BYTES,
	USE_COUNT,
	/* Below: added by patrol; a sender that sets one is refused. */
	USE_TOKEN_KIND,
	USE_TOKEN_STATE,
	USE_TOKEN_SCOPE,
	USE_TOKEN_LABEL,
	USE_TOKEN_AGE_DAYS,
	USE_TOKEN_IDLE_DAYS,
	USE_SOURCE_NET,
	USE_SOURCE_COUNTRY,
	USE_SOURCE_ASN,
	USE_SOURCE_KIND,
	USE_USER_AGENT_FAMILY,
	USE_LATE_SECONDS,
	USE_FIELDS
};
#define USE_FIRST_ADDED USE_TOKEN_KIND

static_assert(USE_FIELDS <= 32, "sets of them are words");

enum use_type {
	USE_ABSENT = 0,
	USE_STRING,
	USE_NUMBER, /* p, n: its text */
	USE_BOOL,   /* p, n: "true" or "false" */
	USE_NULL
};

struct use_value {
	const char *p; /* borrowed */
	uint32_t    n;
	uint8_t	    type; /* enum use_type */
	bool	    more; /* a further member of the list before */
};

struct use_other {
	struct slice	 key; /* dotted */
	struct use_value value;
};

struct use {
	usec_t	    time;    /* when it happened */
	usec_t	    arrival; /* when it reached us */
	int64_t	    bytes;   /* -1: absent */
	int64_t	    count;   /* >= 0; 0: of nothing, see engine_use */
	struct addr ip;	     /* family 0: absent */
	bool	    granted; /* let in by us just now, not told of by another */
	struct use_value field[USE_FIELDS]; /* written by use_put alone */
	uint32_t	 there; /* a bit for each of them that is not absent */
	/*
	 * A label list does not fit one value: token.label's further members
	 * are appended here under that key by whoever enriches the use.
	 */
	struct use_other other[USE_FIELDS_MAX];
	unsigned	 nother;
	/* Room for the text that decoding and enriching make. */
	char	 scratch[1024];
	unsigned nscratch;
};

/* "id", "time", ...; NULL-terminated, in the order of enum use_field. */
extern const char *const use_field_names[USE_FIELDS + 1];

/* The number of a known field, or -1. */
int use_field_find(struct slice name);
/* Makes it an empty use that arrived `now`. */
void use_init(struct use *u, usec_t now);
/* Text of a known field; absent if it is not there (or null). */
static inline struct slice
use_text(const struct use *u, enum use_field f)
{
	const struct use_value *v = &u->field[f];

	if (v->type == USE_ABSENT || v->type == USE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){v->p, v->n};
}

/* Sets a known field to a value whose text, if any, is borrowed. */
static inline void
use_put(struct use *u, enum use_field f, struct use_value v)
{
	uint32_t bit = (uint32_t)1 << f;

	u->field[f] = v;
	u->there = v.type != USE_ABSENT ? u->there | bit : u->there & ~bit;
}

/* To text; absent, if that is. */
static inline void
use_set(struct use *u, enum use_field f, struct slice text)
{
	use_put(u, f,
	    (struct use_value){.p = text.p,
		.n = (uint32_t)text.n,
		.type = text.p == NULL ? USE_ABSENT : USE_STRING});
}

/* To the text of a number. */
static inline void
use_set_number(struct use *u, enum use_field f, struct slice text)
{
	use_put(u, f,
	    (struct use_value){.p = text.p,
		.n = (uint32_t)text.n,
		.type = USE_NUMBER});
}

/* To a copy kept in the scratch room, or to a number's text there; it is left
 * out, and false returned, when the room is full. */
bool use_set_copy(struct use *u, enum use_field f, struct slice text);
bool use_set_int(struct use *u, enum use_field f, int64_t v);
/* Sets source.net to the network around ip; not without one. */
void use_set_net(struct use *u);
/*
 * Sets ip and the canonical text of source.ip.  An IPv4 address mapped into
 * IPv6 (::ffff:192.0.2.1, what a dual-stack socket sees) is the IPv4 one.
 */
void use_set_ip(struct use *u, const struct addr *a);
/* Appends a field without a name here; false when `other` is full. */
bool use_add_other(struct use *u, struct slice key, struct use_value v);
/* The same for a text, unless it is empty; both are borrowed. */
void use_add_text(struct use *u, const char *name, struct slice text);
/* Is there one of that key? */
bool use_has_other(const struct use *u, struct slice key);
/* The text of the first of that name; absent: there is none. */
struct slice use_other_text(const struct use *u, struct slice key);
/*
 * The fields of `other` as one JSON object, appended to `out`; nothing
 * (and false) if there are none.  What enriching appended is left out.
 */
struct buf;
bool use_other_json(const struct use *u, struct buf *out);
/*
 * All of its fields as one JSON object, appended, as decode_use with `added`
 * reads them: also those that enriching set.
 */
void use_json(const struct use *u, struct buf *out);
#endif
