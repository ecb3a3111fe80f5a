#include <string.h>

#include "patrolctl/grammar.h"

static void
add_operand(const struct grammar_operand *o, struct buf *out)
{
	const char *what = o->words != NULL ? o->words : o->name;

	buf_addf(out, o->optional ? " [%s]%s" : " %s%s", what,
	    o->many ? "..." : "");
}

static void
add_option(const struct grammar_option *o, struct buf *out)
{
	buf_adds(out, o->required ? " " : " [");
	buf_adds(out, o->name);
	if (o->value != NULL)
		buf_addf(out, " %s", o->words != NULL ? o->words : o->value);
	buf_adds(out, o->required ? "" : "]");
	buf_adds(out, o->repeats ? "..." : "");
}

void
grammar_usage(const struct grammar_command *c, struct buf *out)
{
	const struct grammar_option *o;
	size_t			     i;

	buf_adds(out, c->words);
	for (i = 0; i < GRAMMAR_OPERANDS && c->operand[i].name != NULL; i++)
		add_operand(&c->operand[i], out);
	for (i = 0; (o = grammar_option(c, i)) != NULL && o != c->also; i++)
		if (!o->hidden)
			add_option(o, out);
	if (c->also != NULL)
		buf_adds(out, " [FILTER]...");
}

static void
list_option(const struct grammar_option *o, struct buf *out)
{
	size_t start = out->n;

	if (o->hidden)
		return;
	buf_addf(out, "    %s", o->name);
	if (o->value != NULL)
		buf_addf(out, " %s", o->value);
	do
		buf_addc(out, ' ');
	while (out->n - start < 28);
	buf_addf(out, "%s\n", o->help);
}

static void
list_globals(struct buf *out)
{
	const struct grammar_option *o;

	buf_adds(out, "\noptions of every command:\n");
	for (o = grammar_globals; o->name != NULL; o++)
		list_option(o, out);
}

static void
help_command(const struct grammar_command *c, struct buf *out)
{
	const struct grammar_option *o;
	size_t			     i;

	buf_adds(out, "usage: patrolctl ");
	grammar_usage(c, out);
	buf_addf(out, "\n\n%s.\n", c->help);
	for (i = 0; (o = grammar_option(c, i)) != NULL; i++) {
		if (o == c->also)
			buf_adds(out, "\nFILTER, all of which must hold:\n");
		else if (i == 0)
			buf_adds(out, "\noptions:\n");
		list_option(o, out);
	}
	list_globals(out);
}

/* All commands, or those whose first word is `group`. */
static void
list_commands(const char *group, struct buf *out)
{
	const struct grammar_command *c;
	size_t			      n, start;

	n = group != NULL ? strcspn(group, " ") : 0;
	for (c = grammar_commands; c->words != NULL; c++) {
		if (n > 0 &&
		    (strncmp(c->words, group, n) != 0 ||
			(c->words[n] != ' ' && c->words[n] != '\0')))
			continue;
		start = out->n;
		buf_addf(out, "    %s", c->words);
		do
			buf_addc(out, ' ');
		while (out->n - start < 24);
		buf_addf(out, "%s\n", c->help);
	}
}

void
grammar_help(const struct grammar_call *call, struct buf *out)
{
	if (call->command != NULL) {
		help_command(call->command, out);
		return;
	}
	buf_addf(out, "usage: patrolctl [OPTIONS] %s\n\n",
	    call->group != NULL ? call->group : "COMMAND ...");
	list_commands(call->group, out);
	list_globals(out);
	buf_adds(out,
	    "\npatrolctl COMMAND --help tells the options of one; "
	    "patrolctl(1) has it all.\n");
}
