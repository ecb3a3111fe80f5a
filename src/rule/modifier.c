#include "rule/modifier.h"

#include "rule/regex.h"

enum modifier_kind {
	MOD_CONTAINS, MOD_STARTSWITH, MOD_ENDSWITH, MOD_ALL, MOD_CASED,
	MOD_NEQ, MOD_EXISTS, MOD_RE, MOD_FLAG_I, MOD_FLAG_M, MOD_FLAG_S,
	MOD_CIDR, MOD_LT, MOD_LTE, MOD_GT, MOD_GTE, MOD_UNKNOWN
};

static const struct {
	const char		*name;
	enum modifier_kind	 kind;
} modifier_words[] = {
	{"contains", MOD_CONTAINS}, {"startswith", MOD_STARTSWITH},
	{"endswith", MOD_ENDSWITH}, {"all", MOD_ALL}, {"cased", MOD_CASED},
	{"neq", MOD_NEQ}, {"exists", MOD_EXISTS}, {"re", MOD_RE},
	{"i", MOD_FLAG_I}, {"ignorecase", MOD_FLAG_I}, {"m", MOD_FLAG_M},
	{"multiline", MOD_FLAG_M}, {"s", MOD_FLAG_S}, {"dotall", MOD_FLAG_S},
	{"cidr", MOD_CIDR}, {"lt", MOD_LT}, {"lte", MOD_LTE}, {"gt", MOD_GT},
	{"gte", MOD_GTE},
};

#define NWORDS (sizeof(modifier_words) / sizeof(modifier_words[0]))

/* Sigma has them; they are refused by name and never ignored. */
static const char *const not_yet[] = {"base64", "base64offset", "wide",
	"utf16", "utf16le", "utf16be", "windash", "expand", "fieldref",
	"minute", "hour", "day", "week", "month", "year", NULL};

/* For "did you mean". */
static const char *const all_names[] = {"contains", "startswith", "endswith",
	"all", "cased", "neq", "exists", "re", "cidr", "lt", "lte", "gt",
	"gte", "ignorecase", "multiline", "dotall", NULL};

/* What the chain has had so far, and where a fault would lie. */
struct chain {
	const struct source	*src;
	const struct yaml_node	*key;
	size_t			 off;	/* of the word in the key */
	struct slice		 word;
	struct modifiers	*m;
	unsigned		 seen;	/* bits of enum modifier_kind */
	bool			 ok;
};

#define CHAIN_ERROR(ch, ...)                                                  \
	do {                                                                  \
		SOURCE_ERROR_AT((ch)->src, (ch)->key, (ch)->off, __VA_ARGS__);\
		(ch)->ok = false;                                             \
	} while (0)

static enum modifier_kind
modifier_find(struct slice word)
{
	size_t i;

	for (i = 0; i < NWORDS; i++)
		if (slice_is(word, modifier_words[i].name))
			return modifier_words[i].kind;
	return MOD_UNKNOWN;
}

static void
refuse_unknown(struct chain *ch)
{
	size_t i;

	for (i = 0; not_yet[i] != NULL; i++) {
		if (slice_is(ch->word, not_yet[i])) {
			CHAIN_ERROR(ch, "modifier '%s' is not supported yet",
			    not_yet[i]);
			return;
		}
	}
	CHAIN_ERROR(ch, "unknown modifier '%.*s'%s", SLICE_ARG(ch->word),
	    source_hint(ch->src, ch->word, all_names));
}

static bool
has(const struct chain *ch, enum modifier_kind k)
{
	return (ch->seen & 1U << k) != 0;
}

/* contains, startswith, endswith: of strings only. */
static void
add_wildcards(struct chain *ch, const char *name, bool lead, bool trail)
{
	if (ch->m->regex || ch->m->cidr || ch->m->op != ITEM_MATCH) {
		CHAIN_ERROR(ch, "'%s' makes no sense after '%s': it compares "
		    "text", name, ch->m->word);
		return;
	}
	ch->m->lead = ch->m->lead || lead;
	ch->m->trail = ch->m->trail || trail;
	ch->m->word = name;
}

/* re, cidr, exists and comparisons take the value as it is written. */
static bool
is_first(struct chain *ch, const char *name)
{
	if (ch->m->word == NULL && !ch->m->cased)
		return true;
	CHAIN_ERROR(ch, "'%s' makes no sense after '%s': it takes the value "
	    "as it is written", name,
	    ch->m->word != NULL ? ch->m->word : "cased");
	return false;
}

static void
add_flag(struct chain *ch, unsigned flag)
{
	if (!ch->m->regex) {
		CHAIN_ERROR(ch, "'%.*s' is a flag of 're' and must follow it",
		    SLICE_ARG(ch->word));
		return;
	}
	ch->m->reflags |= flag;
}

static void
add_cased(struct chain *ch)
{
	if (ch->m->regex || ch->m->cidr || ch->m->op != ITEM_MATCH) {
		CHAIN_ERROR(ch, "'cased' makes no sense after '%s'",
		    ch->m->word);
		return;
	}
	ch->m->cased = true;
}

static void
add_op(struct chain *ch, const char *name, enum item_op op)
{
	if (!is_first(ch, name))
		return;
	ch->m->op = op;
	ch->m->word = name;
}

static void
chain_add(struct chain *ch, enum modifier_kind kind)
{
	struct modifiers *m = ch->m;

	switch (kind) {
	case MOD_CONTAINS:
		add_wildcards(ch, "contains", true, true);
		break;
	case MOD_STARTSWITH:
		add_wildcards(ch, "startswith", false, true);
		break;
	case MOD_ENDSWITH:
		add_wildcards(ch, "endswith", true, false);
		break;
	case MOD_ALL:
		m->all = true;
		break;
	case MOD_CASED:
		add_cased(ch);
		break;
	case MOD_NEQ:
		m->neq = true;
		break;
	case MOD_EXISTS:
		add_op(ch, "exists", ITEM_EXISTS);
		break;
	case MOD_RE:
		if (is_first(ch, "re")) {
			m->regex = true;
			m->word = "re";
		}
		break;
	case MOD_FLAG_I:
		add_flag(ch, REGEX_I);
		break;
	case MOD_FLAG_M:
		add_flag(ch, REGEX_M);
		break;
	case MOD_FLAG_S:
		add_flag(ch, REGEX_S);
		break;
	case MOD_CIDR:
		if (is_first(ch, "cidr")) {
			m->cidr = true;
			m->word = "cidr";
		}
		break;
	case MOD_LT:
		add_op(ch, "lt", ITEM_LT);
		break;
	case MOD_LTE:
		add_op(ch, "lte", ITEM_LTE);
		break;
	case MOD_GT:
		add_op(ch, "gt", ITEM_GT);
		break;
	case MOD_GTE:
		add_op(ch, "gte", ITEM_GTE);
		break;
	case MOD_UNKNOWN:
		refuse_unknown(ch);
		break;
	}
}

bool
modifier_parse(const struct source *src, const struct yaml_node *key,
    struct modifiers *m)
{
	struct chain ch = {.src = src, .key = key, .m = m, .ok = true};
	struct slice rest = key->text;
	enum modifier_kind kind;

	*m = (struct modifiers){.op = ITEM_MATCH};
	slice_cut(&rest, '|', &m->field);
	while (slice_cut(&rest, '|', &ch.word)) {
		ch.off = (size_t)(ch.word.p - key->text.p);
		kind = modifier_find(ch.word);
		if (kind != MOD_UNKNOWN && has(&ch, kind))
			CHAIN_ERROR(&ch, "'%.*s' stands twice",
			    SLICE_ARG(ch.word));
		else
			chain_add(&ch, kind);
		ch.seen |= 1U << kind;
	}
	if (m->op == ITEM_EXISTS && (ch.seen & ~(1U << MOD_EXISTS)) != 0 &&
	    ch.ok) {
		ch.off = 0;
		CHAIN_ERROR(&ch, "'exists' stands alone: take the other "
		    "modifiers away");
	}
	return ch.ok;
}
