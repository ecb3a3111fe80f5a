/*
 * What may come next on a half-written line: etc/completions asks patrolctl
 * itself, so that completions cannot lag behind the table.
 */
#include <stdlib.h>
#include <string.h>

#include "patrolctl/grammar.h"

/* Adds "WORD\thelp" unless it does not begin as the half word does, or is
 * there already. */
static void
offer(struct buf *out, struct slice word, const char *help, struct slice half)
{
	struct slice rest = buf_slice(out), line;

	if (!slice_starts(word, half))
		return;
	while (slice_cut(&rest, '\n', &line))
		if (line.n > word.n && line.p[word.n] == '\t' &&
		    slice_starts(line, word))
			return;
	buf_addslice(out, word);
	buf_addf(out, "\t%s\n", help);
}

static void
offer_words(struct buf *out, const char *words, struct slice half)
{
	struct slice rest = slice_of(words), word;

	while (slice_cut(&rest, '|', &word))
		offer(out, word, "", half);
}

static void
offer_option(struct buf *out, const struct grammar_option *o, struct slice half)
{
	if (!o->hidden)
		offer(out, slice_of(o->name), o->help, half);
}

static void
offer_options(struct buf *out, const struct grammar_command *c,
    struct slice half)
{
	const struct grammar_option *o;
	size_t			     i;

	for (i = 0; c != NULL && (o = grammar_option(c, i)) != NULL; i++)
		offer_option(out, o, half);
	for (o = grammar_globals; o->name != NULL; o++)
		offer_option(out, o, half);
}

static void
offer_commands(struct buf *out, const char *group, struct slice half)
{
	const struct grammar_command *c;
	struct slice		      first, rest;

	for (c = grammar_commands; c->words != NULL; c++) {
		rest = slice_of(c->words);
		(void)slice_cut(&rest, ' ', &first);
		if (group == NULL)
			offer(out, first, rest.p == NULL ? c->help : "", half);
		else if (slice_is(first, group) && rest.p != NULL)
			offer(out, rest, c->help, half);
	}
}

/* The option whose value the half word is, or NULL. */
static const struct grammar_option *
open_option(const struct grammar_call *call, const char *before)
{
	const struct grammar_option *o;
	size_t			     i;

	for (o = grammar_globals; o->name != NULL; o++)
		if (strcmp(o->name, before) == 0 && o->value != NULL)
			return o;
	if (call->command == NULL)
		return NULL;
	for (i = 0; (o = grammar_option(call->command, i)) != NULL; i++)
		if (strcmp(o->name, before) == 0 && o->value != NULL)
			return o;
	return NULL;
}

static enum grammar_source
source_of(const struct grammar_option *o)
{
	if (strcmp(o->name, "-s") == 0 || strcmp(o->name, "--rules") == 0 ||
	    strcmp(o->name, "--events") == 0 ||
	    strcmp(o->name, "--placeholders") == 0)
		return FROM_FILES;
	if (strcmp(o->name, "--account") == 0)
		return FROM_ACCOUNTS;
	return strcmp(o->name, "--token") == 0 ? FROM_TOKENS : FROM_NOTHING;
}

static void
complete_operand(const struct grammar_call *call, struct slice half,
    struct buf *out, enum grammar_source *from)
{
	const struct grammar_operand *o = call->command->operand;
	size_t			      i = call->noperand;

	while (i >= GRAMMAR_OPERANDS ||
	    (i > 0 && o[i].name == NULL && o[i - 1].many))
		i--;
	if (i < call->noperand && !o[i].many)
		return;
	if (o[i].name == NULL)
		return;
	if (o[i].words != NULL)
		offer_words(out, o[i].words, half);
	*from = o[i].from;
}

/* Is there a word that is no option and no option's value? */
static bool
has_word(const struct grammar_call *call, int argc, char *const *argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (argv[i][0] != '-')
			return true;
		if (open_option(call, argv[i]) != NULL)
			i++;
	}
	return false;
}

void
grammar_complete(int argc, char *const *argv, struct buf *out,
    enum grammar_source *from)
{
	struct slice		     half = SLICE("");
	const struct grammar_option *open = NULL;
	struct grammar_call	     call;

	*from = FROM_NOTHING;
	if (argc > 0)
		half = slice_of(argv[--argc]);
	/* What stands before may be incomplete: only the words matter. */
	(void)!grammar_parse(argc, argv, &call, NULL);
	if (argc > 0)
		open = open_option(&call, argv[argc - 1]);
	if (open != NULL) {
		offer_words(out, open->words, half);
		*from = source_of(open);
	} else if (half.n > 0 && half.p[0] == '-') {
		offer_options(out, call.command, half);
	} else if (call.command == NULL) {
		if (call.group != NULL || !has_word(&call, argc, argv))
			offer_commands(out, call.group, half);
	} else {
		complete_operand(&call, half, out, from);
	}
	grammar_clear(&call);
}
