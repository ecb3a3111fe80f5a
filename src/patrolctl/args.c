/* What a call means to the daemon: the args of its requests. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "patrolctl/grammar.h"

static const struct grammar_operand *
last_operand(const struct grammar_command *c)
{
	size_t i = GRAMMAR_OPERANDS;

	while (i > 0 && c->operand[i - 1].name == NULL)
		i--;
	return i > 0 ? &c->operand[i - 1] : NULL;
}

size_t
grammar_requests(const struct grammar_call *call)
{
	const struct grammar_operand *last = last_operand(call->command);
	unsigned		      i;

	for (i = 0; i < call->ngiven; i++)
		if (call->given[i].option->times)
			return (size_t)strtoll(call->given[i].text, NULL, 10);
	if (last == NULL || !last->many)
		return 1;
	return call->noperand - (size_t)(last - call->command->operand);
}

static void
add_operands(const struct grammar_call *call, size_t which, struct jsonw *w)
{
	const struct grammar_operand *o = call->command->operand;
	size_t			      i, at;

	for (i = 0; i < GRAMMAR_OPERANDS && o[i].name != NULL; i++) {
		at = o[i].many ? i + which : i;
		if (at < call->noperand && o[i].arg != NULL)
			jsonw_field_str(w, o[i].arg,
			    slice_of(call->operand[at]));
	}
}

/* All values of an option that repeats, joined by blanks. */
static void
add_joined(const struct grammar_call *call, const struct grammar_option *o,
    struct jsonw *w)
{
	struct buf b;
	unsigned   i;

	buf_init(&b);
	for (i = 0; i < call->ngiven; i++) {
		if (call->given[i].option != o)
			continue;
		if (b.n > 0)
			buf_addc(&b, ' ');
		buf_adds(&b, call->given[i].text);
	}
	jsonw_field_str(w, o->arg, buf_slice(&b));
	buf_clear(&b);
}

static void
add_option(const struct grammar_call *call, const struct grammar_value *v,
    struct jsonw *w)
{
	const struct grammar_option *o = v->option;
	const char		    *text;

	text = o->value == NULL ? o->flag : v->text;
	if (o->repeats)
		add_joined(call, o, w);
	else if (o->type == GRAMMAR_YES_NO)
		jsonw_field_bool(w, o->arg, strcmp(text, "yes") == 0);
	else if (o->type == GRAMMAR_NUMBER)
		jsonw_field_int(w, o->arg, strtoll(text, NULL, 10));
	else
		jsonw_field_str(w, o->arg, slice_of(text));
}

void
grammar_args(const struct grammar_call *call, size_t which, struct buf *out)
{
	struct jsonw w;
	unsigned     i, before;

	jsonw_init(&w, out);
	jsonw_object(&w);
	add_operands(call, which, &w);
	for (i = 0; i < call->ngiven; i++) {
		if (call->given[i].option->arg == NULL)
			continue;
		for (before = 0; before < i; before++)
			if (call->given[before].option == call->given[i].option)
				break;
		if (before == i)
			add_option(call, &call->given[i], &w);
	}
	jsonw_end(&w);
}
