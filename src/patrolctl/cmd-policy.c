/*
 * policy try: which tokens a configuration would touch that is not in force.
 * The file is read here, whole, as patrold would; what it says of tokens goes
 * to patrold, which knows them.
 */
#include <inttypes.h>

#include "base/complain.h"
#include "base/jsonw.h"
#include "conf/conf.h"
#include "patrolctl/ctl.h"
#include "token/scope.h"

static const char *const parts[] = {"max-lifetime", "idle-expires",
    "forbidden-scopes", "description-required"};

#define NPARTS (sizeof parts / sizeof parts[0])

/* "idle-expires: expired, max-lifetime: clamped" */
static enum style
cell_touched(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	enum style    style = STYLE_PLAIN;
	const char   *sep = "";
	struct fields touched;
	struct slice  effect;
	char	      room[64];
	size_t	      i;

	(void)ctl;
	touched = answer_sub(f, field, room);
	for (i = 0; i < NPARTS; i++) {
		effect = answer_text(&touched, parts[i]);
		if (effect.n == 0)
			continue;
		buf_addf(out, "%s%s: %.*s", sep, parts[i], SLICE_ARG(effect));
		sep = ", ";
		if (slice_is(effect, "expired"))
			style = STYLE_BAD;
	}
	return style;
}

static enum style
cell_uses(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	int64_t n = answer_int(f, field);

	(void)ctl;
	print_number(out, n);
	if (answer_bool(f, "uses_are_more"))
		buf_adds(out, " and more");
	return n > 0 ? STYLE_WARN : STYLE_DIM;
}

static const struct view_column touched_columns[] = {{{.head = "DESCRIPTION",
							  .shrink = 12},
							 "description", NULL},
    {{.head = "ID"}, "id", NULL},
    {{.head = "ACCOUNT", .shrink = 7}, "account", NULL},
    {{.head = "SCOPE", .shrink = 6}, "scope", NULL},
    {{.head = "TOUCHED BY", .shrink = 12}, "touched", cell_touched},
    {{.head = "USES IN 30 D", .below = "uses in 30 d"}, "uses_lately",
	cell_uses},
    {{.head = "LAST USED", .below = "last used"}, "last_used", ctl_cell_when}};

static void
foot_part(struct ctl *ctl, const struct fields *policies, size_t i)
{
	static const char *const what[] = {"keep their end, which one made "
					   "anew could not have",
	    "would expire at once", "could not be made anew",
	    "could not be made anew"};
	struct fields		 part;
	int64_t			 n;
	char			 room[64];

	part = answer_sub(policies, parts[i], room);
	if ((n = answer_int(&part, "tokens")) == 0)
		return;
	buf_addf(&ctl->out, "%s: ", parts[i]);
	print_count(&ctl->out, n, "token");
	buf_addf(&ctl->out, " %s; ", what[i]);
	print_number(&ctl->out, answer_int(&part, "used_lately"));
	buf_adds(&ctl->out, " of them used in the last 30 days\n");
}

static void
foot_try(struct ctl *ctl, const struct fields *result, const struct shown *s)
{
	struct fields policies;
	int64_t	      over = answer_int(result, "accounts_over");
	char	      room[64];
	size_t	      i;

	policies = answer_sub(result, "policies", room);
	if (s->items > 0)
		buf_addc(&ctl->out, '\n');
	if (answer_int(result, "tokens") == 0)
		buf_adds(&ctl->out, "no token would be touched\n");
	for (i = 0; i < NPARTS; i++)
		foot_part(ctl, &policies, i);
	if (over > 0) {
		buf_adds(&ctl->out, "max-per-account: ");
		print_count(&ctl->out, over, "account");
		buf_adds(&ctl->out, " could make no further token\n");
	}
	if (answer_bool(result, "more"))
		buf_addf(&ctl->out,
		    "%" PRIu64 " shown; further ones: --after %" PRId64 "\n",
		    s->items, answer_int(result, "next"));
}

static const struct view view_try = {.column = touched_columns,
    .ncolumn = sizeof touched_columns / sizeof touched_columns[0],
    .id = "id",
    .with_result = true,
    .result = foot_try};

static void
add_span(struct jsonw *w, const char *key, usec_t span)
{
	char text[TIME_TEXT_MAX];

	jsonw_field_str(w, key, (struct slice){text, span_format(span, text)});
}

static void
add_scopes(struct jsonw *w, unsigned bits)
{
	struct buf b;
	unsigned   l;

	buf_init(&b);
	for (l = SCOPE_PUBLIC_READ; l <= SCOPE_DELETE; l++)
		if (bits & 1U << l)
			buf_addf(&b, "%s%s", b.n > 0 ? " " : "",
			    scope_level_name((enum scope_level)l));
	jsonw_field_str(w, "forbidden_scopes", buf_slice(&b));
	buf_clear(&b);
}

static void
format_args(const struct conf *c, const struct grammar_call *call,
    struct buf *out)
{
	const char  *limit = grammar_get(call, "--limit");
	const char  *after = grammar_get(call, "--after");
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	add_span(&w, "max_lifetime", c->policy_max_lifetime);
	add_span(&w, "idle_expires", c->policy_idle_expires);
	add_scopes(&w, c->policy_forbidden);
	jsonw_field_bool(&w, "description_required",
	    c->policy_description != 0);
	jsonw_field_int(&w, "max_per_account", c->tokens_per_account);
	jsonw_field_opt(&w, "limit", slice_of(limit));
	jsonw_field_opt(&w, "after", slice_of(after));
	jsonw_field_bool(&w, "used", grammar_get(call, "--used") != NULL);
	jsonw_end(&w);
}

int
cmd_policy_try(struct ctl *ctl, const struct grammar_call *call)
{
	struct complaints c;
	struct conf	 *conf;
	struct buf	  args;
	int		  code = CTL_REFUSED;

	complain_init(&c);
	conf = conf_load(call->operand[0], &c);
	if (conf == NULL) {
		cmd_rule_tell_faults(ctl, &c);
	} else {
		buf_init(&args);
		format_args(conf, call, &args);
		code = ctl_show(ctl, &view_try, "policy.try", buf_slice(&args));
		buf_clear(&args);
	}
	conf_free(&conf);
	complain_clear(&c);
	ctl_flush(ctl);
	return code;
}
