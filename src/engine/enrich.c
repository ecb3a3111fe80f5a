#include "engine/priv.h"

static void
enrich_labels(struct use *u, const struct token *t)
{
	struct slice rest = slice_of(t->labels), label;

	if (!slice_cut(&rest, ' ', &label))
		return;
	use_set(u, USE_TOKEN_LABEL, label);
	while (slice_cut(&rest, ' ', &label) && u->nother < USE_FIELDS_MAX) {
		u->other[u->nother++] = (struct use_other){.key = SLICE(
							       "token.label"),
		    .value = {label.p, (uint32_t)label.n, USE_STRING, true}};
	}
}

void
engine_standing(const struct use *u, const struct token *t,
    struct standing *out)
{
	*out = (struct standing){.idle_days = -1};
	if (t == NULL)
		return;
	out->state = (uint8_t)t->state;
	if (t->last.time != 0)
		out->idle_days = u->time > t->last.time ?
		    (u->time - t->last.time) / USEC_DAY :
		    0;
}

void
engine_enrich_token(struct use *u, const struct token *t,
    const struct standing *s)
{
	if (t == NULL)
		return;
	use_set(u, USE_TOKEN_KIND, token_kind_text(t->kind));
	use_set(u, USE_TOKEN_STATE,
	    token_state_text((enum token_state)s->state));
	if (t->account != NULL && u->field[USE_ACCOUNT].type == USE_ABSENT)
		use_set(u, USE_ACCOUNT, slice_of(t->account->name));
	if (!token_is_foreign(t)) {
		use_set(u, USE_TOKEN_SCOPE,
		    slice_of(scope_level_name(t->scope.level)));
		use_set_int(u, USE_TOKEN_AGE_DAYS,
		    u->time > t->created ? (u->time - t->created) / USEC_DAY :
					   0);
	}
	if (s->idle_days >= 0)
		use_set_int(u, USE_TOKEN_IDLE_DAYS, s->idle_days);
	if (t->labels != NULL)
		enrich_labels(u, t);
}

/* "docker/20.10.24 go/go1.19 ..." is of the family "docker". */
static void
enrich_client(struct use *u)
{
	struct slice agent = use_text(u, USE_USER_AGENT);
	size_t	     n;

	if (agent.n == 0)
		return;
	for (n = 0; n < agent.n && agent.p[n] != '/' && agent.p[n] != ' ';)
		n++;
	use_set(u, USE_USER_AGENT_FAMILY, (struct slice){agent.p, n});
}

void
engine_enrich_alone(struct use *u)
{
	use_set_net(u);
	enrich_client(u);
	if (u->arrival > u->time)
		use_set_int(u, USE_LATE_SECONDS,
		    (u->arrival - u->time) / USEC_SEC);
}

void
engine_enrich(struct use *u, const struct token *t, const struct standing *s)
{
	engine_enrich_alone(u);
	engine_enrich_token(u, t, s);
}

void
engine_look(struct engine *e, struct use *u)
{
	struct slice	id = use_text(u, USE_TOKEN);
	struct token   *t = NULL;
	struct standing s;

	if (id.n > 0)
		t = token_table_find(e->tokens, id);
	engine_standing(u, t, &s);
	engine_enrich(u, t, &s);
}
