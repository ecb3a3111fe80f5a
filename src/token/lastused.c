#include "token/lastused.h"

/* A total that a stranger's `count` cannot wrap round. */
static void
add_count(uint64_t *total, uint64_t n)
{
	if (__builtin_add_overflow(*total, n, total))
		*total = UINT64_MAX;
}

static void
replace_last(struct token *t, const struct lastused_input *in)
{
	struct last_used *l = &t->last;

	t->outcome = in->outcome;
	l->time = in->time;
	sym_set(&l->ip, in->ip);
	sym_set(&l->client, in->client);
	sym_set(&l->action, in->action);
	sym_set(&l->repository, in->repository);
	sym_set(&l->registry, in->registry);
}

void
lastused_add(struct token *t, const struct lastused_input *in)
{
	add_count(&t->uses, in->count);
	if (in->outcome == OUTCOME_DENIED || in->outcome == OUTCOME_FAILURE)
		add_count(&t->refused, in->count);
	if (t->first_used == 0 || in->time < t->first_used)
		t->first_used = in->time;
	if (in->time >= t->last.time)
		replace_last(t, in);
	seen_add(&t->seen, in->network, in->product, in->time, in->count);
}
