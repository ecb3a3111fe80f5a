/*
 * decode - a line of JSON into a use, strict: every limit of use.h holds, a
 * known field has its type, and what is refused is refused by name.  No field
 * is mandatory.  A known field that is null counts as absent, as does empty
 * text in `id`, `registry`, `token`, `account` and `source.ip`, which would
 * name nothing (one empty id must not hide the next as its duplicate).
 */
#ifndef PATROL_USE_DECODE_H
#define PATROL_USE_DECODE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"
#include "use/use.h"

/* Why a line was refused; the reason is counted by this. */
enum use_refusal {
	USE_OK = 0,
	USE_E_SYNTAX, /* not one JSON object */
	USE_E_UTF8,
	USE_E_LIMIT, /* a line, string, field or depth limit */
	USE_E_DUPLICATE_KEY,
	USE_E_TYPE,	  /* a known field of the wrong type or form */
	USE_E_TIME_AHEAD, /* more than USE_AHEAD_MAX ahead */
	USE_E_TIME_LATE,  /* more than the lateness behind */
	USE_E_RESERVED,	  /* a field that patrol adds */
	USE_E_REGISTRY,	  /* claims another registry than its door's */
	USE_REFUSALS
};

struct decoder;

struct decode_opts {
	usec_t lateness;   /* how old a use may be */
	bool   ignore_age; /* rebuilding or testing: any time will do */
	bool   added;	   /* from patrold itself: has the fields it adds */
};

struct decoder *decoder_new(const struct decode_opts *o);
void		decoder_free(struct decoder **d);
/*
 * One line (without its newline; JSON_PADDING readable bytes behind it) that
 * arrived `now` through a door that is fixed to `registry` (absent: not
 * fixed).  0 (USE_OK), or the refusal with *err naming field and fault; then
 * *u is not to be used.  Slices of *u live until the next call.
 */
int decode_use(struct decoder *d, struct slice line, struct slice registry,
    usec_t now, struct use *u, struct error *err) MUSTCHECK;
/*
 * The fields of a stored use_other_json() text into u->other, for judging it
 * again.  Slices live until the next call.  0, or a refusal with *err set.
 */
int decode_other(struct decoder *d, struct slice json, struct use *u,
    struct error *err) MUSTCHECK;

/*
 * For doors that make uses of other forms: each checks one field as
 * decode_use does and sets it, or refuses it by name.
 */
int decode_time(struct use *u, struct slice text, const struct decode_opts *o,
    struct error *err) MUSTCHECK;
int decode_text(struct use *u, enum use_field f, struct slice text,
    struct error *err) MUSTCHECK;
int decode_int(struct use *u, enum use_field f, struct slice number,
    struct error *err) MUSTCHECK;
/* A short word for counters and the refused table, e.g. "time_ahead". */
const char *use_refusal_name(int refusal);
#endif
