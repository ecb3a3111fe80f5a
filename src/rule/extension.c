#include "rule/extension.h"

#include "base/text.h"

#define REALERT_DEFAULT (1 * USEC_HOUR)
#define REALERT_MAX	(365 * USEC_DAY)

static const char *const patrol_keys[] = {"respond", "mode", "realert",
    "family", "tests", NULL};

static const char *const family_names[] = {"context", "volume", "validity",
    "attack", "reputation", NULL};

/* In the order of their bits. */
static const char *const respond_names[] = {"deactivate", "expire",
    "quarantine", "deny-source", "notify-owner", "exec", NULL};

/* What is carried out so far; the others are refused by name. */
#define RESPOND_DONE (RESPOND_DEACTIVATE | RESPOND_EXPIRE)

void
rule_respond_format(unsigned respond, struct buf *out)
{
	const char *comma = "";
	int	    i;

	for (i = 0; respond_names[i] != NULL; i++) {
		if ((respond & 1U << i) == 0)
			continue;
		buf_adds(out, comma);
		buf_adds(out, respond_names[i]);
		comma = ",";
	}
}

/* One of the names; the index, or -1 and a fault. */
static int
parse_name(const struct source *src, const struct yaml_node *n,
    const char *what, const char *const *names)
{
	int i = n->type == YAML_SCALAR ? name_index(n->text, names) : -1;

	if (i == -1 && n->type != YAML_SCALAR)
		SOURCE_ERROR(src, n, "'%s' must be a name", what);
	else if (i == -1)
		SOURCE_ERROR(src, n, "'%s' cannot be '%.*s'%s", what,
		    SLICE_ARG(n->text), source_hint(src, n->text, names));
	return i;
}

static void
parse_respond_one(const struct source *src, const struct yaml_node *n,
    struct rule *r)
{
	int i = parse_name(src, n, "respond", respond_names);

	if (i == -1)
		return;
	if ((RESPOND_DONE & 1U << i) == 0) {
		SOURCE_ERROR(src, n, "response '%s' is not supported yet",
		    respond_names[i]);
		return;
	}
	r->respond |= 1U << i;
}

static void
parse_respond(const struct source *src, const struct yaml_node *n,
    struct rule *r)
{
	const struct yaml_node *m;

	if (n->type == YAML_SCALAR) {
		parse_respond_one(src, n, r);
		return;
	}
	if (n->type == YAML_MAP) {
		SOURCE_ERROR(src, n, "'respond' must be a list of names");
		return;
	}
	for (m = n->child; m != NULL; m = m->next)
		parse_respond_one(src, m, r);
}

static void
parse_realert(const struct source *src, const struct yaml_node *n,
    struct rule *r)
{
	struct error err;
	usec_t	     span;

	if (n->type != YAML_SCALAR) {
		SOURCE_ERROR(src, n, "'realert' must be a span, as in '1h'");
		return;
	}
	if (span_parse(n->text, &span, &err) != 0) {
		SOURCE_ERROR(src, n, "'realert': %s", err.text);
		return;
	}
	if (span > REALERT_MAX) {
		SOURCE_ERROR(src, n, "'realert' is a year at the most");
		return;
	}
	r->realert = span;
}

void
extension_parse(const struct source *src, const struct yaml_node *patrol,
    struct rule *r, struct rule_test **tests)
{
	const struct yaml_node *n;
	int			i;

	r->mode = RULE_ALERT;
	r->realert = REALERT_DEFAULT;
	r->family = "";
	if (patrol == NULL || yaml_is_null(patrol))
		return;
	if (patrol->type != YAML_MAP) {
		SOURCE_ERROR(src, patrol, "'patrol' must be a map");
		return;
	}
	source_check_keys(src, patrol, patrol_keys, "'patrol'");
	if ((n = yaml_get(patrol, "respond")) != NULL)
		parse_respond(src, n, r);
	if ((n = yaml_get(patrol, "mode")) != NULL) {
		i = parse_name(src, n, "mode", rule_mode_names);
		r->mode = i == -1 ? RULE_ALERT : (enum rule_mode)i;
	}
	if ((n = yaml_get(patrol, "realert")) != NULL)
		parse_realert(src, n, r);
	if ((n = yaml_get(patrol, "family")) != NULL) {
		i = parse_name(src, n, "family", family_names);
		r->family = i == -1 ? "" : family_names[i];
	}
	if ((n = yaml_get(patrol, "tests")) != NULL)
		*tests = testcase_parse(src, n);
}
