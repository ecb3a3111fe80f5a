/* patrolctl/grammar: the words, and that the manual has them all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "patrolctl/grammar.h"

#define WORDS_MAX 16

/* A line's words; single quotes hold blanks together. */
static int
split(char *line, char **argv)
{
	char *s = line;
	int   n = 0;

	while (*s != '\0' && n < WORDS_MAX) {
		if (*s == '\'') {
			argv[n++] = ++s;
			s += strcspn(s, "'");
		} else {
			argv[n++] = s;
			s += strcspn(s, " ");
		}
		if (*s != '\0')
			*s++ = '\0';
		s += strspn(s, " ");
	}
	return n;
}

static char line[1024];

static int
parse(const char *text, struct grammar_call *call, struct error *err)
{
	char *argv[WORDS_MAX];

	snprintf(line, sizeof line, "%s", text);
	return grammar_parse(split(line, argv), argv, call, err);
}

/* The request that a line makes. */
static void
asks(const char *text, const char *cmd, const char *args)
{
	struct grammar_call call;
	struct error	    err = {""};
	struct buf	    b;

	buf_init(&b);
	if (parse(text, &call, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(call.command->cmd, cmd);
	grammar_args(&call, 0, &b);
	assert_string_equal(buf_str(&b), args);
	buf_clear(&b);
	grammar_clear(&call);
}

static void
refuses(const char *text, const char *why)
{
	struct grammar_call call;
	struct error	    err = {""};

	assert_int_equal(parse(text, &call, &err), -1);
	assert_string_equal(err.text, why);
	grammar_clear(&call);
}

static void
words_become_requests(void **state)
{
	(void)state;
	asks("whoami", "whoami", "{}");
	asks("account add alice --two-factor", "account.add",
	    "{\"name\":\"alice\",\"two_factor\":true}");
	asks("account set alice --disabled no", "account.set",
	    "{\"name\":\"alice\",\"disabled\":false}");
	asks("token create --account alice --description 'my \"laptop\"' "
	     "--scope=write --auto --label a --label b",
	    "token.create",
	    "{\"account\":\"alice\",\"description\":\"my \\\"laptop\\\"\","
	    "\"scope\":\"write\",\"kind\":\"auto\",\"labels\":\"a b\"}");
	asks("token rename pat_a 'new name'", "token.rename",
	    "{\"id\":\"pat_a\",\"description\":\"new name\"}");
	asks("token history pat_a --limit 3", "token.history",
	    "{\"id\":\"pat_a\",\"limit\":3}");
	asks("alert close alr_a expected", "alert.close",
	    "{\"id\":\"alr_a\",\"verdict\":\"expected\"}");
	asks("undo alr_a", "undo", "{\"alert\":\"alr_a\"}");
}

static void
options_stand_anywhere(void **state)
{
	struct grammar_call call;

	(void)state;
	assert_int_equal(parse("-s /x --json token -q show pat_a --no-color",
			     &call, NULL),
	    0);
	assert_string_equal(call.socket, "/x");
	assert_true(call.json && call.quiet && call.no_color);
	assert_string_equal(call.operand[0], "pat_a");
	grammar_clear(&call);
}

static void
words_after_two_dashes_are_no_options(void **state)
{
	(void)state;
	asks("token rename pat_a -- --odd", "token.rename",
	    "{\"id\":\"pat_a\",\"description\":\"--odd\"}");
	refuses("token rename pat_a --odd", "unknown option '--odd'");
}

static void
many_ids_are_many_requests(void **state)
{
	struct grammar_call call;
	struct buf	    b;

	(void)state;
	buf_init(&b);
	assert_int_equal(parse("token deactivate a b c --reason lost", &call,
			     NULL),
	    0);
	assert_int_equal(grammar_requests(&call), 3);
	grammar_args(&call, 2, &b);
	assert_string_equal(buf_str(&b), "{\"id\":\"c\",\"reason\":\"lost\"}");
	buf_clear(&b);
	grammar_clear(&call);
}

static void
near_misses_are_named(void **state)
{
	(void)state;
	refuses("tokne list",
	    "unknown command 'tokne', did you mean "
	    "'token'?");
	refuses("token lsit",
	    "token: unknown word 'lsit', did you mean "
	    "'list'?");
	refuses("token list --acount a",
	    "unknown option '--acount', did "
	    "you mean '--account'?");
	refuses("frobnicate", "unknown command 'frobnicate'");
}

static void
what_is_missing_or_too_much_is_named(void **state)
{
	(void)state;
	refuses("", "no command");
	refuses("token", "token: and then?");
	refuses("token show", "token show wants ID");
	refuses("token rename pat_a", "token rename wants DESCRIPTION");
	refuses("token rename pat_a my laptop",
	    "token rename: 'laptop' is one word too many");
	refuses("token create", "token create needs --account NAME");
	refuses("alert close alr_a", "alert close wants true|false|expected");
	refuses("alert close alr_a maybe",
	    "alert close: true|false|expected, not 'maybe'");
	refuses("token list --state", "--state wants STATE");
	refuses("whoami you", "whoami: 'you' is one word too many");
}

static void
values_are_checked(void **state)
{
	(void)state;
	refuses("token list --account ''", "--account: is empty");
	refuses("token list --account= --yes", "--account: is empty");
	refuses("alert list --limit ''", "--limit: is empty");
	asks("token edit pat_a --description ''", "token.edit",
	    "{\"id\":\"pat_a\",\"description\":\"\"}");
	refuses("token history pat_a --limit 0",
	    "--limit: a number from 1 on, not '0'");
	refuses("token history pat_a --limit 9223372036854775808",
	    "--limit: a number from 1 on, not '9223372036854775808'");
	asks("token history pat_a --limit 9223372036854775807", "token.history",
	    "{\"id\":\"pat_a\",\"limit\":9223372036854775807}");
	refuses("token list --state gone",
	    "--state: "
	    "active|inactive|expired|deleted, not 'gone'");
	refuses("account add a --two-factor=yes",
	    "--two-factor takes no value");
}

static void
a_count_makes_as_many_requests_all_alike(void **state)
{
	struct grammar_call call;
	struct error	    err = {""};

	(void)state;
	asks("token create --account a --honey --count 3", "token.create",
	    "{\"account\":\"a\",\"kind\":\"honey\"}");
	assert_int_equal(parse("token create --account a --count 1000", &call,
			     &err),
	    0);
	assert_int_equal(grammar_requests(&call), 1000);
	grammar_clear(&call);
	assert_int_equal(parse("token create --account a", &call, &err), 0);
	assert_int_equal(grammar_requests(&call), 1);
	grammar_clear(&call);
	refuses("token create --account a --count 1001",
	    "--count: at most 1000 at a time, not 1001");
	refuses("token create --account a --count 0",
	    "--count: a number from 1 on, not '0'");
}

static void
a_rotation_says_how_long_the_old_secret_works(void **state)
{
	(void)state;
	asks("token rotate pat_a", "token.rotate", "{\"id\":\"pat_a\"}");
	asks("token rotate pat_a --overlap 7d", "token.rotate",
	    "{\"id\":\"pat_a\",\"overlap\":\"7d\"}");
	asks("token rotate pat_a --end-overlap", "token.rotate",
	    "{\"id\":\"pat_a\",\"end_overlap\":true}");
	refuses("token rotate", "token rotate wants ID");
	refuses("token rotate pat_a pat_b",
	    "token rotate: 'pat_b' is one word too many");
}

static void
options_that_exclude_each_other_are_refused(void **state)
{
	(void)state;
	refuses("token create --account a --auto --honey",
	    "--auto and --honey exclude each other");
	refuses("token edit a --label x --no-labels",
	    "--label and --no-labels exclude each other");
	refuses("token edit a --no-labels --label x",
	    "--no-labels and --label exclude each other");
	refuses("token list --state active --state expired",
	    "--state is given twice");
}

static void
options_that_commands_share_are_theirs(void **state)
{
	(void)state;
	asks("token list --label a --sort uses --label b --never-used",
	    "token.list",
	    "{\"label\":\"a b\",\"sort\":\"uses\",\"never_used\":true}");
	asks("token deactivate --account a --for 2h", "token.deactivate",
	    "{\"account\":\"a\",\"for\":\"2h\"}");
	refuses("token list --scope admin",
	    "--scope: public-read|read|write|delete, not 'admin'");
	refuses("token delete --acount a",
	    "unknown option '--acount', did you mean '--account'?");
	refuses("token history pat_a --state active",
	    "unknown option '--state'");
}

static void
an_option_is_found_by_its_number(void **state)
{
	const struct grammar_command *c = grammar_commands;
	size_t			      i, n;

	(void)state;
	for (; c->words != NULL; c++) {
		for (n = 0; grammar_option(c, n) != NULL; n++)
			;
		for (i = 0; i < 3; i++)
			assert_null(grammar_option(c, n + i));
	}
}

static void
output_has_one_form(void **state)
{
	(void)state;
	refuses("token list --csv --json",
	    "--csv and --json exclude each other");
	refuses("-q token list --csv", "--csv and -q exclude each other");
}

static void
help_wins_over_faults(void **state)
{
	struct grammar_call call;

	(void)state;
	assert_int_equal(parse("token create --nope --help", &call, NULL), 0);
	assert_true(call.help);
	assert_string_equal(call.command->words, "token create");
	grammar_clear(&call);
	assert_int_equal(parse("-h", &call, NULL), 0);
	assert_true(call.help);
	grammar_clear(&call);
}

static void
help_tells_every_command(void **state)
{
	const struct grammar_command *c;
	struct grammar_call	      call = {.help = true};
	struct buf		      b;

	(void)state;
	buf_init(&b);
	grammar_help(&call, &b);
	for (c = grammar_commands; c->words != NULL; c++)
		assert_non_null(strstr(buf_str(&b), c->words));
	buf_clear(&b);
}

/* --- completion ------------------------------------------------------ */

static void
completes(const char *text, const char *want, enum grammar_source source)
{
	enum grammar_source from;
	struct buf	    b;
	char		   *argv[WORDS_MAX + 1];
	int		    n;

	snprintf(line, sizeof line, "%s", text);
	n = split(line, argv);
	buf_init(&b);
	grammar_complete(n, argv, &b, &from);
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(from, source);
	buf_clear(&b);
}

static void
half_words_are_completed(void **state)
{
	(void)state;
	completes("tok", "token\t\n", FROM_NOTHING);
	completes("token re", "rename\tGive a token another description\n",
	    FROM_NOTHING);
	completes("token list --sta", "--state\tin this state only\n",
	    FROM_NOTHING);
	completes("token list --state in", "inactive\t\n", FROM_NOTHING);
	completes("alert close alr_a ''", "true\t\nfalse\t\nexpected\t\n",
	    FROM_NOTHING);
}

static void
ids_come_from_where_they_are(void **state)
{
	(void)state;
	completes("token show pat", "", FROM_TOKENS);
	completes("token show pat_a pat", "", FROM_TOKENS);
	completes("undo a", "", FROM_ALERTS);
	completes("token list --account a", "", FROM_ACCOUNTS);
	completes("rule check ru", "", FROM_FILES);
	completes("token rename pat_a na", "", FROM_NOTHING);
}

/* --- the manual: read from the top of the tree ------------------------ */

static char manual[128 * 1024];

/* The part of the manual about a command: its item up to the next. */
static struct slice
manual_item(const char *words)
{
	char  head[128];
	char *begin, *end;

	snprintf(head, sizeof head, "\n.It Cm %s", words);
	for (begin = strstr(manual, head); begin != NULL;
	     begin = strstr(begin + 1, head))
		if (strchr(" \n", begin[strlen(head)]) != NULL)
			break;
	if (begin == NULL) {
		fail_msg("patrolctl.1 lacks '%s'", words);
		return (struct slice){NULL, 0};
	}
	end = strstr(begin + 1, "\n.It Cm ");
	return (struct slice){begin,
	    end != NULL ? (size_t)(end - begin) : strlen(begin)};
}

static void
item_has_option(const char *words, struct slice item,
    const struct grammar_option *o)
{
	char fl[64];

	if (o->hidden)
		return;
	snprintf(fl, sizeof fl, "Fl %s", o->name + 1);
	if (memmem(item.p, item.n, fl, strlen(fl)) == NULL)
		fail_msg("patrolctl.1: '%s' lacks %s", words, o->name);
}

static void
the_manual_has_every_word_and_option(void **state)
{
	const struct grammar_command *c;
	const struct grammar_option  *o;
	struct slice		      item;
	FILE			     *f;
	size_t			      i;

	(void)state;
	f = fopen("etc/man/patrolctl.1", "r");
	assert_non_null(f);
	assert_true(fread(manual, 1, sizeof manual - 1, f) > 0);
	fclose(f);
	for (c = grammar_commands; c->words != NULL; c++) {
		item = manual_item(c->words);
		for (i = 0; (o = grammar_option(c, i)) != NULL; i++) {
			/* What several commands share is told once. */
			if (o == c->also)
				item = slice_of(manual);
			item_has_option(c->words, item, o);
		}
	}
	for (o = grammar_globals; o->name != NULL; o++)
		item_has_option("options", slice_of(manual), o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
					       words_become_requests),
	    cmocka_unit_test(options_stand_anywhere),
	    cmocka_unit_test(words_after_two_dashes_are_no_options),
	    cmocka_unit_test(many_ids_are_many_requests),
	    cmocka_unit_test(near_misses_are_named),
	    cmocka_unit_test(what_is_missing_or_too_much_is_named),
	    cmocka_unit_test(values_are_checked),
	    cmocka_unit_test(a_count_makes_as_many_requests_all_alike),
	    cmocka_unit_test(a_rotation_says_how_long_the_old_secret_works),
	    cmocka_unit_test(options_that_exclude_each_other_are_refused),
	    cmocka_unit_test(options_that_commands_share_are_theirs),
	    cmocka_unit_test(an_option_is_found_by_its_number),
	    cmocka_unit_test(output_has_one_form),
	    cmocka_unit_test(help_wins_over_faults),
	    cmocka_unit_test(help_tells_every_command),
	    cmocka_unit_test(half_words_are_completed),
	    cmocka_unit_test(ids_come_from_where_they_are),
	    cmocka_unit_test(the_manual_has_every_word_and_option)};

	return cmocka_run_group_tests_name("patrolctl/grammar", tests, NULL,
	    NULL);
}
