/*
 * cmd-rotate - a new secret for a token, and who still uses the old one.
 */
#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"

static void
format_sighting(struct jsonw *w, const struct sighting *s)
{
	jsonw_field_int(w, "uses", (int64_t)s->count);
	jsonw_field_time(w, "last", s->time);
	jsonw_field_str(w, "ip", sym_text(s->ip));
	jsonw_field_str(w, "client", sym_text(s->client));
}

static void
format_secret(struct jsonw *w, const struct token_secret *s, usec_t now)
{
	const char *state = s->until == 0 ? "current" :
	    secret_works(s, now)	  ? "previous" :
					    ENGINE_SUPERSEDED;

	jsonw_object(w);
	jsonw_field_int(w, "number", s->number);
	jsonw_field_str(w, "state", slice_of(state));
	jsonw_field_time(w, "made", s->made);
	jsonw_field_time(w, "until", s->until);
	format_sighting(w, &s->used);
	jsonw_end(w);
}

/* The oldest that is known is not the first: so many were forgotten. */
static uint32_t
count_forgotten(const struct rotation *r)
{
	const struct token_secret *s = r->newest;

	while (s->older != NULL)
		s = s->older;
	return s->number - 1;
}

void
cmd_rotate_format(const struct control_request *r, const struct token *t,
    struct jsonw *w)
{
	const struct rotation	  *ro = engine_rotation(r->p->engine, t);
	const struct token_secret *s;

	if (ro == NULL)
		return;
	jsonw_key(w, "secrets");
	jsonw_array(w);
	for (s = ro->newest; s != NULL; s = s->older)
		format_secret(w, s, r->now);
	jsonw_end(w);
	jsonw_field_int(w, "secrets_forgotten", count_forgotten(ro));
	if (!t->tried)
		return;
	jsonw_key(w, "superseded");
	jsonw_object(w);
	jsonw_field_int(w, "number", ro->tried_number);
	format_sighting(w, &ro->tried);
	jsonw_end(w);
}

/* "7d"; none: 0, at once.  False and answered if it is something else. */
static bool
overlap_arg(struct control_request *r, usec_t *out)
{
	struct slice s = control_arg(r, "overlap");
	struct error err;

	*out = 0;
	if (s.p == NULL || slice_is(s, "0") || span_parse(s, out, &err) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST,
	    "overlap: a span such as 7d, or 0 to end the old secret at once");
	return false;
}

static void
end_overlap(struct control_request *r, struct token *t)
{
	struct engine_actor by = cmd_actor(r);
	struct error	    err;
	struct buf	    b;
	int		    code;

	code = engine_token_end_overlap(r->p->engine, t, r->now, &by, &err);
	if (code != ENGINE_OK) {
		cmd_fail_engine(r, code, &err);
		return;
	}
	buf_init(&b);
	buf_adds(&b, "{\"token\":");
	cmd_format_token(t, r->now, &b);
	buf_adds(&b, "}");
	control_done_durably(r, buf_slice(&b));
	buf_clear(&b);
}

static void
cmd_token_rotate(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	struct engine_made  made;
	struct token	   *t;
	struct error	    err;
	usec_t		    overlap;
	int		    code, end;

	if (!control_arg_bool(r, "end_overlap", &end) ||
	    !overlap_arg(r, &overlap))
		return;
	if (end == 1 && control_arg(r, "overlap").p != NULL) {
		control_fail(r, MSG_BAD_REQUEST,
		    "end_overlap: excludes overlap");
		return;
	}
	if ((t = cmd_token_arg(r, true)) == NULL)
		return;
	if (end == 1) {
		end_overlap(r, t);
		return;
	}
	code = engine_token_rotate(r->p->engine, t, overlap, r->now, &by, &made,
	    &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		cmd_answer_secret(r, &made);
}

/* clang-format off */
const struct cmd_entry cmd_rotate_entries[] = {
	{"token.rotate", ROLE_ADMIN | ROLE_OWNER, cmd_token_rotate,
	    {"id", "overlap", "end_overlap"}},
	{.name = NULL},
};
/* clang-format on */
