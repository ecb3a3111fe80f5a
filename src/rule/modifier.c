#include "rule/modifier.h"

#include "rule/regex.h"

enum modifier_kind {
	MOD_WILD,
	MOD_ALL,
	MOD_CASED,
	MOD_NEQ,
	MOD_RE,
	MOD_FLAG,
	MOD_CIDR,
	MOD_OP,
	MOD_PART,
	MOD_FIELDREF,
	MOD_STEP
};

/* Where wildcards go. */
enum { WILD_LEAD = 1, WILD_TRAIL = 2 };

static const struct word {
	const char	  *name;
	enum modifier_kind kind;
	unsigned	   arg; /* WILD_*, REGEX_*, enum item_op,
					   timepart or encode_step */
} words[] = {
    {"contains", MOD_WILD, WILD_LEAD | WILD_TRAIL},
    {"startswith", MOD_WILD, WILD_TRAIL},
    {"endswith", MOD_WILD, WILD_LEAD},
    {"all", MOD_ALL, 0},
    {"cased", MOD_CASED, 0},
    {"neq", MOD_NEQ, 0},
    {"exists", MOD_OP, ITEM_EXISTS},
    {"re", MOD_RE, 0},
    {"i", MOD_FLAG, REGEX_I},
    {"ignorecase", MOD_FLAG, REGEX_I},
    {"m", MOD_FLAG, REGEX_M},
    {"multiline", MOD_FLAG, REGEX_M},
    {"s", MOD_FLAG, REGEX_S},
    {"dotall", MOD_FLAG, REGEX_S},
    {"cidr", MOD_CIDR, 0},
    {"lt", MOD_OP, ITEM_LT},
    {"lte", MOD_OP, ITEM_LTE},
    {"gt", MOD_OP, ITEM_GT},
    {"gte", MOD_OP, ITEM_GTE},
    {"fieldref", MOD_FIELDREF, 0},
    {"minute", MOD_PART, TIMEPART_MINUTE},
    {"hour", MOD_PART, TIMEPART_HOUR},
    {"day", MOD_PART, TIMEPART_DAY},
    {"week", MOD_PART, TIMEPART_WEEK},
    {"month", MOD_PART, TIMEPART_MONTH},
    {"year", MOD_PART, TIMEPART_YEAR},
    {"windash", MOD_STEP, ENCODE_WINDASH},
    {"expand", MOD_STEP, ENCODE_EXPAND},
    {"base64", MOD_STEP, ENCODE_BASE64},
    {"base64offset", MOD_STEP, ENCODE_BASE64OFFSET},
    {"wide", MOD_STEP, ENCODE_UTF16LE},
    {"utf16le", MOD_STEP, ENCODE_UTF16LE},
    {"utf16be", MOD_STEP, ENCODE_UTF16BE},
    {"utf16", MOD_STEP, ENCODE_UTF16},
};

#define NWORDS (sizeof(words) / sizeof(words[0]))

/* What the chain has had so far, and where a fault would lie. */
struct chain {
	const struct source    *src;
	const struct yaml_node *key;
	size_t			off; /* of the word in the key */
	struct modifiers       *m;
	const struct word      *seen[NWORDS];
	size_t			nseen;
	bool			ok;
};

#define CHAIN_ERROR(ch, ...)                                                   \
	do {                                                                   \
		SOURCE_ERROR_AT((ch)->src, (ch)->key, (ch)->off, __VA_ARGS__); \
		(ch)->ok = false;                                              \
	} while (0)

static void
refuse_unknown(struct chain *ch, struct slice name)
{
	const char *names[NWORDS + 1];
	size_t	    i;

	for (i = 0; i < NWORDS; i++)
		names[i] = words[i].name;
	names[NWORDS] = NULL;
	CHAIN_ERROR(ch, "unknown modifier '%.*s'%s", SLICE_ARG(name),
	    source_hint(ch->src, name, names));
}

/* By the same name or another: `wide` is `utf16le`. */
static bool
is_seen(const struct chain *ch, const struct word *w)
{
	size_t i;

	for (i = 0; i < ch->nseen; i++)
		if (ch->seen[i]->kind == w->kind && ch->seen[i]->arg == w->arg)
			return true;
	return false;
}

static void
refuse_after(struct chain *ch, const char *name, const char *before,
    const char *why)
{
	CHAIN_ERROR(ch, "'%s' makes no sense after '%s': %s", name, before,
	    why);
}

/* Does the chain still work on text, rather than on what it was read as? */
static bool
is_text(const struct modifiers *m)
{
	return !m->regex && !m->cidr && !m->fieldref && m->op == ITEM_MATCH &&
	    m->part == TIMEPART_NONE;
}

/* contains, startswith, endswith: of strings, and of what a field has. */
static void
add_wildcards(struct chain *ch, const struct word *w)
{
	struct modifiers *m = ch->m;

	if (!is_text(m) && !m->fieldref) {
		refuse_after(ch, w->name, m->word, "it compares text");
		return;
	}
	m->lead = m->lead || (w->arg & WILD_LEAD) != 0;
	m->trail = m->trail || (w->arg & WILD_TRAIL) != 0;
	m->word = w->name;
}

/*
 * re, cidr, exists, fieldref, comparisons and parts of a time take the value
 * as it is written; but a comparison may be of a part.  Nothing at all stands
 * before re and cidr, as in pySigma.
 */
static bool
is_first(struct chain *ch, const struct word *w)
{
	const struct modifiers *m = ch->m;

	if ((w->kind == MOD_RE || w->kind == MOD_CIDR) && ch->nseen > 0) {
		refuse_after(ch, w->name, ch->seen[ch->nseen - 1]->name,
		    m->word == NULL && !m->cased ?
			"it stands first" :
			"it takes the value as it is written");
		return false;
	}
	if (w->kind == MOD_OP && w->arg != ITEM_EXISTS &&
	    m->part != TIMEPART_NONE && m->op == ITEM_MATCH)
		return true;
	if (m->word == NULL && (!m->cased || w->kind == MOD_FIELDREF))
		return true;
	refuse_after(ch, w->name, m->word != NULL ? m->word : "cased",
	    "it takes the value as it is written");
	return false;
}

static void
add_first(struct chain *ch, const struct word *w)
{
	struct modifiers *m = ch->m;

	if (!is_first(ch, w))
		return;
	m->word = w->name;
	if (w->kind == MOD_RE)
		m->regex = true;
	else if (w->kind == MOD_CIDR)
		m->cidr = true;
	else if (w->kind == MOD_FIELDREF)
		m->fieldref = true;
	else if (w->kind == MOD_PART)
		m->part = (enum timepart)w->arg;
	else
		m->op = (enum item_op)w->arg;
}

static void
add_flag(struct chain *ch, const struct word *w)
{
	if (!ch->m->regex) {
		CHAIN_ERROR(ch, "'%s' is a flag of 're' and must follow it",
		    w->name);
		return;
	}
	ch->m->reflags |= w->arg;
}

static void
add_cased(struct chain *ch)
{
	if (!is_text(ch->m) && !ch->m->fieldref) {
		CHAIN_ERROR(ch, "'cased' makes no sense after '%s'",
		    ch->m->word);
		return;
	}
	ch->m->cased = true;
}

/* ---- steps that rewrite text ---- */

static bool
is_utf16(unsigned step)
{
	return step == ENCODE_UTF16LE || step == ENCODE_UTF16BE ||
	    step == ENCODE_UTF16;
}

static bool
is_base64(unsigned step)
{
	return step == ENCODE_BASE64 || step == ENCODE_BASE64OFFSET;
}

/* Why a step makes no sense after the one before; NULL: it does. */
static const char *
step_fault(unsigned step, unsigned before)
{
	if (!is_base64(step) && !is_utf16(step))
		return is_base64(before) || is_utf16(before) ?
		    "it looks for plain text" :
		    NULL;
	if (is_utf16(step) && is_utf16(before))
		return "text is encoded in one of them";
	if (is_base64(step) && before == ENCODE_BASE64OFFSET)
		return "a part of base64 is no whole text";
	return NULL;
}

static void
add_step(struct chain *ch, const struct word *w)
{
	struct modifiers *m = ch->m;
	const char	 *why;
	size_t		  i;

	if (!is_text(m) && !(m->regex && w->arg == ENCODE_EXPAND)) {
		refuse_after(ch, w->name, m->word, "it rewrites text");
		return;
	}
	if (is_base64(w->arg) && (m->lead || m->trail)) {
		for (i = ch->nseen; ch->seen[i - 1]->kind != MOD_WILD; i--)
			;
		refuse_after(ch, w->name, ch->seen[i - 1]->name,
		    "it cannot encode a wildcard");
		return;
	}
	for (i = 0; i < ch->nseen; i++) {
		if (ch->seen[i]->kind != MOD_STEP)
			continue;
		why = step_fault(w->arg, ch->seen[i]->arg);
		if (why != NULL) {
			refuse_after(ch, w->name, ch->seen[i]->name, why);
			return;
		}
	}
	m->steps[m->nsteps++] = (enum encode_step)w->arg;
	m->word = w->name;
}

/* ---- the chain ---- */

static void
chain_add(struct chain *ch, const struct word *w)
{
	switch (w->kind) {
	case MOD_WILD:
		add_wildcards(ch, w);
		break;
	case MOD_ALL:
		ch->m->all = true;
		break;
	case MOD_CASED:
		add_cased(ch);
		break;
	case MOD_NEQ:
		ch->m->neq = true;
		break;
	case MOD_RE:
	case MOD_CIDR:
	case MOD_OP:
	case MOD_PART:
	case MOD_FIELDREF:
		add_first(ch, w);
		break;
	case MOD_FLAG:
		add_flag(ch, w);
		break;
	case MOD_STEP:
		add_step(ch, w);
		break;
	}
}

static void
chain_add_name(struct chain *ch, struct slice name)
{
	const struct word *w = words;

	while (w < words + NWORDS && !slice_is(name, w->name))
		w++;
	if (w == words + NWORDS) {
		refuse_unknown(ch, name);
		return;
	}
	if (is_seen(ch, w)) {
		CHAIN_ERROR(ch, "'%s' stands twice", w->name);
		return;
	}
	chain_add(ch, w);
	ch->seen[ch->nseen++] = w;
}

bool
modifier_parse(const struct source *src, const struct yaml_node *key,
    struct modifiers *m)
{
	struct chain ch = {.src = src, .key = key, .m = m, .ok = true};
	struct slice rest = key->text, name;

	*m = (struct modifiers){.key = key, .op = ITEM_MATCH};
	slice_cut(&rest, '|', &m->field);
	while (slice_cut(&rest, '|', &name)) {
		ch.off = (size_t)(name.p - key->text.p);
		chain_add_name(&ch, name);
	}
	if (m->op == ITEM_EXISTS && ch.nseen > 1 && ch.ok) {
		ch.off = 0;
		CHAIN_ERROR(&ch,
		    "'exists' stands alone: take the other "
		    "modifiers away");
	}
	return ch.ok;
}
