/*
 * A new secret for a token, and which of its secrets somebody presents.
 *
 * Which secret a sign-in showed goes into the use as `secret.number` and
 * `secret.state`, so that rules see it, and so that each secret's last use is
 * made again from the stored uses at start, like the token's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "engine/priv.h"

/* --- who presents it -------------------------------------------------- */

static void
present_current(const struct engine *e, struct token *t,
    struct engine_presented *out)
{
	const struct rotation *r = rotation_of(e->rotations, t);

	out->token = t;
	out->secret = SECRET_CURRENT;
	out->number = r != NULL ? r->newest->number : 0;
}

static void
present_old(const struct token_secret *s, usec_t now,
    struct engine_presented *out)
{
	out->token = s->of->token;
	out->secret =
	    secret_works(s, now) ? SECRET_PREVIOUS : SECRET_SUPERSEDED;
	out->number = s->number;
}

/* Both tables are asked, whatever the first says: the same work for all. */
void
engine_present_hash(struct engine *e, const uint8_t hash[SECRET_HASH],
    usec_t now, struct engine_presented *out)
{
	struct token	    *t = token_table_find_secret(e->tokens, hash);
	struct token_secret *s = rotations_find(e->rotations, hash);

	memset(out, 0, sizeof *out);
	if (t != NULL)
		present_current(e, t, out);
	else if (s != NULL)
		present_old(s, now, out);
}

void
engine_present(struct engine *e, struct slice secret, usec_t now,
    struct engine_presented *out)
{
	uint8_t hash[SECRET_HASH];

	secret_hash(secret.p != NULL ? secret : SLICE(""), hash);
	engine_present_hash(e, hash, now, out);
	secret_wipe(hash, sizeof hash);
}

static const char *const secret_states[] = {
    [SECRET_CURRENT] = "current",
    [SECRET_PREVIOUS] = "previous",
    [SECRET_SUPERSEDED] = ENGINE_SUPERSEDED,
};

void
engine_present_fields(struct engine_presented *p, struct use *u)
{
	const char *state = secret_states[p->secret];
	int	    n;

	if (p->number == 0)
		return;
	n = snprintf(p->text, sizeof p->text, "%" PRIu32, p->number);
	(void)use_add_other(u, SLICE("secret.number"),
	    (struct use_value){p->text, (uint32_t)n, USE_NUMBER, false});
	use_add_text(u, "secret.state", slice_of(state));
}

void
engine_fold_secret(struct engine *e, const struct use *u, const struct token *t,
    struct sym *ip, struct sym *client)
{
	struct rotation *r = rotation_of(e->rotations, t);
	int64_t		 number;

	if (r == NULL ||
	    slice_int(use_other_text(u, SLICE("secret.number")), 1, UINT32_MAX,
		&number) != 0)
		return;
	rotation_saw(r, (uint32_t)number,
	    slice_is(use_other_text(u, SLICE("secret.state")),
		ENGINE_SUPERSEDED),
	    u->time, ip, client, (uint64_t)u->count);
}

/* --- a new one -------------------------------------------------------- */

/* What an audit entry tells: which secrets there are, none of them. */
static struct slice
secret_facts(struct engine *e, const struct token *t, usec_t now)
{
	const struct rotation	  *r = rotation_of(e->rotations, t);
	const struct token_secret *s;
	struct jsonw		   w;

	s = r != NULL ? rotation_overlap(r, now) : NULL;
	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	jsonw_field_int(&w, "secret", r != NULL ? r->newest->number : 1);
	if (s != NULL) {
		jsonw_field_int(&w, "previous", s->number);
		jsonw_field_time(&w, "until", s->until);
	}
	jsonw_end(&w);
	return batch_text(e->batch, buf_slice(&e->text));
}

static int
check_rotation(const struct token *t, struct error *err)
{
	if (token_is_foreign(t)) {
		error_set(err, "token %s was not issued here", t->id);
		return ENGINE_E_CONFLICT;
	}
	if (t->kind == TOKEN_HONEY) {
		error_set(err, "token %s is a trap, which nobody uses", t->id);
		return ENGINE_E_CONFLICT;
	}
	if (t->state == TOKEN_EXPIRED || t->state == TOKEN_DELETED) {
		error_set(err, "token %s is %s for good; create another", t->id,
		    token_state_name(t->state));
		return ENGINE_E_CONFLICT;
	}
	return ENGINE_OK;
}

/* The newest, and what another one before it has become by that. */
static void
store_secrets(struct engine *e, const struct rotation *r)
{
	const struct token_secret *s;

	for (s = r->newest; s != NULL; s = s->older)
		batch_add_secret(e->batch, s);
}

static usec_t
overlap_end(struct engine *e, usec_t now, usec_t overlap,
    struct engine_made *made)
{
	usec_t most = e->opts.max_overlap;

	if (overlap <= most)
		return now + overlap;
	made->clamped = "the overlap was cut to what "
			"tokens.policy.max-overlap allows";
	return now + most;
}

int
engine_token_rotate(struct engine *e, struct token *t, usec_t overlap,
    usec_t now, const struct engine_actor *by, struct engine_made *out,
    struct error *err)
{
	struct engine_made made = {.token = t};
	struct slice	   before;
	struct rotation	  *r;
	usec_t		   until;
	uint8_t		   hash[SECRET_HASH];
	uint32_t	   forgotten;
	int		   res;

	engine_expire(e, t, now);
	if ((res = check_rotation(t, err)) != ENGINE_OK)
		return res;
	if (secret_new(e->opts.token_prefix, made.secret) != 0) {
		error_set(err, "no random numbers to be had");
		return ENGINE_E_LIMIT;
	}
	before = secret_facts(e, t, now);
	until = overlap_end(e, now, overlap, &made);
	made.until = until > now ? until : 0;
	r = rotation_begin(e->rotations, t, now, until, &forgotten);
	secret_hash(slice_of(made.secret), hash);
	token_table_set_hash(e->tokens, t, hash);
	if (forgotten != 0)
		batch_forget_secret(e->batch, t, forgotten);
	store_secrets(e, r);
	batch_add_token(e->batch, t);
	engine_audit(e, now, by, "token.rotate", t->id, before,
	    secret_facts(e, t, now));
	*out = made;
	secret_wipe(made.secret, sizeof made.secret);
	return ENGINE_OK;
}

int
engine_token_end_overlap(struct engine *e, struct token *t, usec_t now,
    const struct engine_actor *by, struct error *err)
{
	struct rotation	    *r = rotation_of(e->rotations, t);
	struct token_secret *s = r != NULL ? rotation_overlap(r, now) : NULL;
	struct slice	     before;

	if (s == NULL) {
		error_set(err,
		    "token %s has one secret that works: no overlap "
		    "to end",
		    t->id);
		return ENGINE_E_CONFLICT;
	}
	before = secret_facts(e, t, now);
	s->until = now;
	batch_add_secret(e->batch, s);
	engine_audit(e, now, by, "token.rotate.end", t->id, before,
	    secret_facts(e, t, now));
	return ENGINE_OK;
}

const struct rotation *
engine_rotation(const struct engine *e, const struct token *t)
{
	return rotation_of(e->rotations, t);
}

const struct rotation_counts *
engine_rotation_counts(const struct engine *e)
{
	return rotations_counts(e->rotations);
}
