#include "patrolctl/grammar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define NAMES_MAX 64

const struct grammar_option grammar_globals[] =
    {{.name = "-s", .value = "SOCKET", .help = "the daemon's socket"},
	{.name = "--json", .help = "JSON, one line an item"},
	{.name = "--csv", .help = "lists for a spreadsheet"},
	{.name = "-q", .help = "ids only"},
	{.name = "--no-color", .help = "no colours"},
	{.name = "--help", .help = "this text"},
	{.name = "--version", .help = "the version"}, {.name = NULL}};

/* Where the parser is. */
struct parser {
	int		     argc;
	char *const	    *argv;
	int		     i;
	bool		     words_only; /* after "--" */
	struct grammar_call *call;
	struct error	    *err;
};

static void
fail(struct parser *p, const char *what, struct slice word,
    const char *const *names)
{
	const char *near = nearest_name(word, names);

	if (near != NULL)
		error_set(p->err, "%s '%.*s', did you mean '%s'?", what,
		    SLICE_ARG(word), near);
	else
		error_set(p->err, "%s '%.*s'", what, SLICE_ARG(word));
}

/* --- options --------------------------------------------------------- */

static const struct grammar_option *
find_in(const struct grammar_option *list, size_t n, struct slice name)
{
	size_t i;

	for (i = 0; i < n && list[i].name != NULL; i++)
		if (slice_is(name, list[i].name))
			return &list[i];
	return NULL;
}

const struct grammar_option *
grammar_option(const struct grammar_command *c, size_t i)
{
	const struct grammar_option *o = c->option;
	size_t			     n;

	for (n = 0; n < GRAMMAR_OPTIONS && o->name != NULL; n++, o++)
		if (n == i)
			return o;
	if ((o = c->also) == NULL)
		return NULL;
	for (; o->name != NULL; n++, o++)
		if (n == i)
			return o;
	return NULL;
}

static const struct grammar_option *
find_own(const struct grammar_command *c, struct slice name)
{
	const struct grammar_option *o;
	size_t			     i;

	for (i = 0; (o = grammar_option(c, i)) != NULL; i++)
		if (slice_is(name, o->name))
			return o;
	return NULL;
}

static const struct grammar_option *
find_option(const struct grammar_call *call, struct slice name)
{
	const struct grammar_option *o = NULL;

	if (slice_is(name, "-h"))
		name = SLICE("--help");
	if (slice_is(name, "-V"))
		name = SLICE("--version");
	if (call->command != NULL)
		o = find_own(call->command, name);
	return o != NULL ? o : find_in(grammar_globals, NAMES_MAX, name);
}

static void
fail_option(struct parser *p, struct slice name)
{
	const struct grammar_command *c = p->call->command;
	const char		     *names[NAMES_MAX];
	const struct grammar_option  *o;
	size_t			      i, n = 0;

	for (i = 0; c != NULL && (o = grammar_option(c, i)) != NULL; i++)
		names[n++] = o->name;
	for (i = 0; grammar_globals[i].name != NULL; i++)
		names[n++] = grammar_globals[i].name;
	names[n] = NULL;
	fail(p,
	    c == NULL ? "unknown option before the command" : "unknown option",
	    name, names);
}

static void
set_global(struct grammar_call *call, const struct grammar_option *o,
    const char *text)
{
	struct slice name = slice_of(o->name);

	if (slice_is(name, "-s"))
		call->socket = text;
	else if (slice_is(name, "--json"))
		call->json = true;
	else if (slice_is(name, "--csv"))
		call->csv = true;
	else if (slice_is(name, "-q"))
		call->quiet = true;
	else if (slice_is(name, "--no-color"))
		call->no_color = true;
	else if (slice_is(name, "--help"))
		call->help = true;
	else
		call->version = true;
}

bool
grammar_has_word(const char *words, struct slice text)
{
	struct slice rest = slice_of(words), word;

	while (slice_cut(&rest, '|', &word))
		if (slice_eq(word, text))
			return true;
	return false;
}

static int
check_value(struct parser *p, const struct grammar_option *o, const char *text)
{
	int64_t v;

	/* Of a script whose variable is empty: it meant not to say nothing. */
	if (text[0] == '\0' && !o->empty) {
		error_set(p->err, "%s: is empty", o->name);
		return -1;
	}
	if (o->words != NULL && !grammar_has_word(o->words, slice_of(text))) {
		error_set(p->err, "%s: %s, not '%s'", o->name, o->words, text);
		return -1;
	}
	if (o->type == GRAMMAR_NUMBER &&
	    slice_int(slice_of(text), 1, INT64_MAX, &v) == -1) {
		error_set(p->err, "%s: a number from 1 on, not '%s'", o->name,
		    text);
		return -1;
	}
	if (o->times && v > GRAMMAR_TIMES) {
		error_set(p->err, "%s: at most %d at a time, not %s", o->name,
		    GRAMMAR_TIMES, text);
		return -1;
	}
	return 0;
}

static int
keep_option(struct parser *p, const struct grammar_option *o, const char *text)
{
	struct grammar_call *call = p->call;
	unsigned	     i;

	if (o->value != NULL && check_value(p, o, text) == -1)
		return -1;
	for (i = 0; i < call->ngiven; i++) {
		if (call->given[i].option == o && o->repeats)
			continue;
		if (call->given[i].option == o) {
			error_set(p->err, "%s is given twice", o->name);
			return -1;
		}
		if (o->arg != NULL && call->given[i].option->arg != NULL &&
		    strcmp(o->arg, call->given[i].option->arg) == 0) {
			error_set(p->err, "%s and %s exclude each other",
			    call->given[i].option->name, o->name);
			return -1;
		}
	}
	if (call->ngiven == GRAMMAR_GIVEN) {
		error_set(p->err, "more than %d options", GRAMMAR_GIVEN);
		return -1;
	}
	call->given[call->ngiven++] = (struct grammar_value){o, text};
	return 0;
}

static bool
is_global(const struct grammar_option *o)
{
	return find_in(grammar_globals, NAMES_MAX, slice_of(o->name)) == o;
}

/* "--name VALUE", "--name=VALUE" or "--flag". */
static int
parse_option(struct parser *p)
{
	struct slice		     name = slice_of(p->argv[p->i++]);
	const struct grammar_option *o;
	ptrdiff_t		     eq = slice_index(name, '=');
	const char		    *text = NULL;

	if (eq > 0) {
		text = name.p + eq + 1;
		name.n = (size_t)eq;
	}
	if ((o = find_option(p->call, name)) == NULL) {
		fail_option(p, name);
		return -1;
	}
	if (o->value == NULL && text != NULL) {
		error_set(p->err, "%s takes no value", o->name);
		return -1;
	}
	if (o->value != NULL && text == NULL) {
		if (p->i == p->argc) {
			error_set(p->err, "%s wants %s", o->name, o->value);
			return -1;
		}
		text = p->argv[p->i++];
	}
	if (!is_global(o))
		return keep_option(p, o, text);
	set_global(p->call, o, text);
	return 0;
}

/* --- words ----------------------------------------------------------- */

/* The first word of a command, and what follows it (absent: nothing). */
static struct slice
first_word(const struct grammar_command *c, struct slice *second)
{
	struct slice first;

	*second = slice_of(c->words);
	(void)slice_cut(second, ' ', &first);
	return first;
}

/*
 * Finds the command whose words are `first` and `second`; with `second`
 * absent, the one of one word.  *known: any begins with `first`.
 */
static const struct grammar_command *
find_command(struct slice first, struct slice second, bool *known)
{
	const struct grammar_command *c;
	struct slice		      a, b;

	*known = false;
	for (c = grammar_commands; c->words != NULL; c++) {
		a = first_word(c, &b);
		if (!slice_eq(a, first))
			continue;
		*known = true;
		if ((b.p == NULL) == (second.p == NULL) && slice_eq(b, second))
			return c;
	}
	return NULL;
}

/* A word that is not there: after `group`, or (NULL) at the beginning. */
static void
fail_word(struct parser *p, const char *group, const char *word)
{
	const struct grammar_command *c;
	struct slice		      a, b;
	char			     *names[NAMES_MAX];
	size_t			      i, n = 0;

	for (c = grammar_commands; c->words != NULL && n < NAMES_MAX - 1; c++) {
		a = first_word(c, &b);
		if (group == NULL)
			names[n++] = slice_dup(a);
		else if (slice_is(a, group))
			names[n++] = slice_dup(b);
	}
	names[n] = NULL;
	fail(p, group == NULL ? "unknown command" : "unknown word",
	    slice_of(word), (const char *const *)names);
	if (group != NULL)
		error_prefix(p->err, "%s", group);
	for (i = 0; i < n; i++)
		free(names[i]);
}

static int
parse_word(struct parser *p)
{
	struct grammar_call *call = p->call;
	const char	    *word = p->argv[p->i++];
	bool		     known;

	if (call->command != NULL) {
		call->operand[call->noperand++] = word;
		return 0;
	}
	if (call->group == NULL) {
		call->command = find_command(slice_of(word),
		    (struct slice){NULL, 0}, &known);
		if (known)
			call->group = word;
		else
			fail_word(p, NULL, word);
		return known ? 0 : -1;
	}
	call->command =
	    find_command(slice_of(call->group), slice_of(word), &known);
	if (call->command == NULL)
		fail_word(p, call->group, word);
	return call->command == NULL ? -1 : 0;
}

/* --- the whole line -------------------------------------------------- */

static int
check_operands(const struct grammar_call *call, struct error *err)
{
	const struct grammar_operand *o = call->command->operand;
	size_t			      i, n = 0;

	for (i = 0; i < GRAMMAR_OPERANDS && o[i].name != NULL; i++, n++) {
		if (i < call->noperand && o[i].words != NULL &&
		    !grammar_has_word(o[i].words, slice_of(call->operand[i]))) {
			error_set(err, "%s: %s, not '%s'", call->command->words,
			    o[i].words, call->operand[i]);
			return -1;
		}
		if (i >= call->noperand && !o[i].optional) {
			error_set(err, "%s wants %s", call->command->words,
			    o[i].words != NULL ? o[i].words : o[i].name);
			return -1;
		}
	}
	if (call->noperand > n && (n == 0 || !o[n - 1].many)) {
		error_set(err, "%s: '%s' is one word too many",
		    call->command->words, call->operand[n]);
		return -1;
	}
	return 0;
}

static int
check_required(const struct grammar_call *call, struct error *err)
{
	const struct grammar_option *o;
	size_t			     i;

	for (i = 0; (o = grammar_option(call->command, i)) != NULL; i++)
		if (o->required && grammar_get(call, o->name) == NULL) {
			error_set(err, "%s needs %s %s", call->command->words,
			    o->name, o->value);
			return -1;
		}
	return 0;
}

/* One form of output at a time. */
static int
check_forms(const struct grammar_call *call, struct error *err)
{
	if (!call->csv || (!call->json && !call->quiet))
		return 0;
	error_set(err, "--csv and %s exclude each other",
	    call->json ? "--json" : "-q");
	return -1;
}

/* Asking for help must work whatever else is written. */
static bool
wants_help(int argc, char *const *argv)
{
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int
parse_all(struct parser *p)
{
	const char *s;
	int	    r = 0;

	while (r == 0 && p->i < p->argc) {
		s = p->argv[p->i];
		if (!p->words_only && strcmp(s, "--") == 0) {
			p->words_only = true;
			p->i++;
		} else if (!p->words_only && s[0] == '-' && s[1] != '\0')
			r = parse_option(p);
		else
			r = parse_word(p);
	}
	return r;
}

int
grammar_parse(int argc, char *const *argv, struct grammar_call *call,
    struct error *err)
{
	struct parser p = {.argc = argc,
	    .argv = argv,
	    .call = call,
	    .err = err};
	int	      r;

	memset(call, 0, sizeof *call);
	call->operand = xcalloc((size_t)argc + 1, sizeof *call->operand);
	r = parse_all(&p);
	call->help = wants_help(argc, argv);
	if (call->help)
		return 0;
	if (r == -1)
		return -1;
	if (call->version)
		return 0;
	if (call->command == NULL) {
		error_set(err,
		    call->group != NULL ? "%s: and then?" : "no command",
		    call->group);
		return -1;
	}
	r = check_forms(call, err);
	if (r == 0)
		r = check_operands(call, err);
	return r == 0 ? check_required(call, err) : r;
}

void
grammar_clear(struct grammar_call *call)
{
	free(call->operand);
	call->operand = NULL;
}

const char *
grammar_get(const struct grammar_call *call, const char *name)
{
	unsigned i;

	for (i = 0; i < call->ngiven; i++)
		if (strcmp(call->given[i].option->name, name) == 0)
			return call->given[i].text != NULL ?
			    call->given[i].text :
			    "";
	return NULL;
}
