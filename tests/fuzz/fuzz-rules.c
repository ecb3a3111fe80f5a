/*
 * fuzz-rules - text that claims to be rules.
 *
 * Reaches: libyaml and conf/yaml, all readers of rule/ (detections, modifiers
 * and their chains, encodings, conditions, filters, correlations, expressions,
 * aliases, the patrol key with its tests), resolving and compiling, and the
 * runner of the rules' own tests.
 *
 * A refused text has a reason with a place; an accepted one loads again to
 * rules that mean the same; no complaint can move a terminal's cursor.
 */
#include "fuzz.h"
#include "rule/ruleset.h"
#include "rule/testing.h"

static const char *const	     admins[] = {"admin", "root*", "ku?"};
static const struct rule_placeholder placeholders[] = {
    {"admins", admins, sizeof admins / sizeof admins[0]},
    {"none", NULL, 0},
};
static const struct ruleset_limits limits = {.keys_per_rule = 8,
    .lateness = USEC_HOUR,
    .placeholders = placeholders,
    .nplaceholders = sizeof placeholders / sizeof placeholders[0]};

static void
check_complaints(const struct complaints *c, bool loaded)
{
	struct buf b;
	size_t	   i;

	FUZZ_CHECK(loaded == (c->errors == 0));
	for (i = 0; i < c->n; i++) {
		buf_init(&b);
		complain_format(&c->list[i], &b);
		fuzz_check_reason(buf_str(&b));
		buf_clear(&b);
		FUZZ_CHECK(c->list[i].file != NULL);
		FUZZ_CHECK(c->list[i].line > 0 && c->list[i].col > 0);
	}
}

/* Tests may ask for a million uses: not here. */
static bool
has_long_tests(struct slice text)
{
	const struct slice word = SLICE("repeat");
	struct slice	   rest;
	size_t		   i;
	unsigned	   digits;

	for (i = 0; i + word.n < text.n; i++) {
		rest = (struct slice){text.p + i, text.n - i};
		if (!slice_starts(rest, word))
			continue;
		for (digits = 0, i += word.n; i < text.n && text.p[i] != ',';
		     i++)
			if (text.p[i] >= '0' && text.p[i] <= '9')
				digits++;
			else if (digits > 0)
				break;
		if (digits > 3)
			return true;
	}
	return false;
}

static void
check_test(const struct rule *r, const char *test, unsigned line,
    const char *why, void *arg)
{
	(void)arg;
	FUZZ_CHECK(r != NULL && test != NULL && line > 0);
	if (why != NULL)
		FUZZ_CHECK(slice_is_utf8(slice_of(why)));
}

static struct ruleset *
load(struct slice text)
{
	struct complaints c;
	struct ruleset	 *rs;

	complain_init(&c);
	rs = ruleset_load_text("r.yml", text, &limits, &c);
	check_complaints(&c, rs != NULL);
	complain_clear(&c);
	return rs;
}

static void
check_rule(const struct ruleset *rs, size_t i)
{
	const struct rule *r = ruleset_rule(rs, i);

	FUZZ_CHECK(r->index == i);
	FUZZ_CHECK(r->id != NULL && r->title != NULL && r->line > 0);
	FUZZ_CHECK(ruleset_find(rs, slice_of(r->id)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice	      text = fuzz_input(data, n);
	struct ruleset	     *rs = load(text), *again;
	size_t		      i;
	struct ruleset_change change;

	if (rs == NULL)
		return 0;
	again = load(text);
	FUZZ_CHECK(again != NULL && ruleset_count(again) == ruleset_count(rs));
	for (i = 0; i < ruleset_count(rs); i++) {
		check_rule(rs, i);
		FUZZ_CHECK(ruleset_rule(rs, i)->meaning ==
		    ruleset_rule(again, i)->meaning);
	}
	ruleset_carry(again, rs, &change);
	FUZZ_CHECK(change.reset + change.added + change.gone == 0);
	if (!has_long_tests(text))
		(void)ruleset_test_run(again, check_test, NULL, NULL);
	ruleset_free(&again);
	ruleset_free(&rs);
	return 0;
}
