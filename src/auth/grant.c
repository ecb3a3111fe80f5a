#include "auth/grant.h"

#include "auth/access.h"
#include "base/jsonw.h"

/* The actions that a repository knows; `*` asks for all of them. */
static const struct slice known[] = {
    {"pull", 4},
    {"push", 4},
    {"delete", 6},
};
#define NKNOWN (sizeof known / sizeof known[0])

/*
 * Everything that a name, a type or an action may hold is printable ASCII.
 * Checked once for the whole parameter, so that faults can quote it.
 */
static bool
is_printable(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

static bool
has_action(const struct grant_access *a, struct slice action)
{
	unsigned i;

	for (i = 0; i < a->naction; i++)
		if (slice_eq(a->action[i], action))
			return true;
	return false;
}

/* Adds an action that is not there: 0, or -1 when there is no room. */
static int
add_action(struct grant_access *a, struct slice action)
{
	if (has_action(a, action))
		return 0;
	if (a->naction == GRANT_ACTIONS_MAX)
		return -1;
	a->action[a->naction++] = action;
	return 0;
}

static int
parse_actions(struct slice rest, struct grant_access *a, struct error *err)
{
	struct slice action;

	while (slice_cut(&rest, ',', &action)) {
		if (action.n == 0 || action.n > GRANT_NAME_MAX) {
			error_set(err, "scope: an action of '%.*s' is %s",
			    SLICE_ARG(a->name),
			    action.n == 0 ? "empty" : "too long");
			return -1;
		}
		if (add_action(a, action) == -1) {
			error_set(err,
			    "scope: more than %d actions for "
			    "'%.*s'",
			    GRANT_ACTIONS_MAX, SLICE_ARG(a->name));
			return -1;
		}
	}
	return 0;
}

/* The entry of a type and name, made if need be; NULL: the list is full. */
static struct grant_access *
list_entry(struct grant_list *g, struct slice type, struct slice name)
{
	struct grant_access *a;
	unsigned	     i;

	for (i = 0; i < g->n; i++)
		if (slice_eq(g->list[i].type, type) &&
		    slice_eq(g->list[i].name, name))
			return &g->list[i];
	if (g->n == GRANT_SCOPES_MAX)
		return NULL;
	a = &g->list[g->n++];
	a->type = type;
	a->name = name;
	a->naction = 0;
	return a;
}

/* type ":" name ":" actions; the name may hold `:` itself. */
static int
parse_resource(struct slice word, struct grant_list *g, struct error *err)
{
	ptrdiff_t	     first = slice_index(word, ':');
	ptrdiff_t	     last = slice_rindex(word, ':');
	struct slice	     type, name;
	struct grant_access *a;

	if (first <= 0 || last - first < 2) {
		error_set(err, "scope: '%.*s' is not TYPE:NAME:ACTIONS",
		    word.n > 64 ? 64 : (int)word.n, word.p);
		return -1;
	}
	type = (struct slice){word.p, (size_t)first};
	name = (struct slice){word.p + first + 1, (size_t)(last - first) - 1};
	if (type.n > GRANT_NAME_MAX || name.n > GRANT_NAME_MAX) {
		error_set(err, "scope: a name has more than %d bytes",
		    GRANT_NAME_MAX);
		return -1;
	}
	if ((a = list_entry(g, type, name)) == NULL) {
		error_set(err, "scope: more than %d resources",
		    GRANT_SCOPES_MAX);
		return -1;
	}
	return parse_actions((struct slice){word.p + last + 1,
				 word.n - (size_t)last - 1},
	    a, err);
}

int
grant_parse(struct slice scope, struct grant_list *g, struct error *err)
{
	struct slice rest = scope, word;

	if (!is_printable(scope)) {
		error_set(err, "scope: a character is not printable ASCII");
		return -1;
	}
	while (slice_cut(&rest, ' ', &word))
		if (word.n > 0 && parse_resource(word, g, err) == -1)
			return -1;
	return 0;
}

/*
 * "repository", or with the class of what is stored in it, as in
 * "repository(plugin)"; *class is then that word, else absent.
 */
static bool
is_repository(struct slice type, struct slice *class)
{
	const struct slice word = SLICE("repository");

	*class = (struct slice){NULL, 0};
	if (!slice_starts(type, word))
		return false;
	if (type.n == word.n)
		return true;
	if (type.n < word.n + 3 || type.p[word.n] != '(' ||
	    type.p[type.n - 1] != ')')
		return false;
	*class = (struct slice){type.p + word.n + 1, type.n - word.n - 2};
	return true;
}

bool
grant_is_admin(const struct grant_access *a)
{
	enum scope_level l;
	struct slice class;
	unsigned i;

	if (!is_repository(a->type, &class))
		return true;
	for (i = 0; i < a->naction; i++)
		if (scope_action_level(a->action[i], &l) == -1)
			return true;
	return false;
}

/* `out` gets what of `a` the bits allow; it has no action yet. */
static void
allow_actions(const struct grant_access *a, unsigned bits,
    struct grant_access *out)
{
	unsigned i, k;

	/* At most NKNOWN different actions are allowed, so all fit. */
	for (i = 0; i < a->naction; i++)
		for (k = 0; k < NKNOWN; k++)
			if ((slice_is(a->action[i], "*") ||
				slice_eq(a->action[i], known[k])) &&
			    (access_bit(known[k]) & bits) != 0)
				(void)add_action(out, known[k]);
}

void
grant_allow(const struct grant_list *asked, const struct conf *c,
    struct slice account, const struct scope *s, struct grant_list *allowed)
{
	const struct grant_access *a;
	struct grant_access	  *out;
	struct slice class;
	unsigned i;

	for (i = 0; i < asked->n; i++) {
		a = &asked->list[i];
		out = &allowed->list[i];
		out->type = a->type;
		out->name = a->name;
		out->naction = 0;
		if (is_repository(a->type, &class))
			allow_actions(a, access_bits(c, account, s, a->name),
			    out);
	}
	allowed->n = asked->n;
}

/* A class goes into a field of its own: the registry compares the type. */
static void
format_type(struct jsonw *w, struct slice type)
{
	struct slice class;

	if (!is_repository(type, &class)) {
		jsonw_field_str(w, "type", type);
		return;
	}
	jsonw_field_str(w, "type", SLICE("repository"));
	jsonw_field_opt(w, "class", class);
}

void
grant_format(const struct grant_list *g, struct buf *out)
{
	struct jsonw w;
	unsigned     i, k;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = 0; i < g->n; i++) {
		if (g->list[i].naction == 0)
			continue;
		jsonw_object(&w);
		format_type(&w, g->list[i].type);
		jsonw_field_str(&w, "name", g->list[i].name);
		jsonw_key(&w, "actions");
		jsonw_array(&w);
		for (k = 0; k < g->list[i].naction; k++)
			jsonw_str(&w, g->list[i].action[k]);
		jsonw_end(&w);
		jsonw_end(&w);
	}
	jsonw_end(&w);
}

void
grant_access_format(const struct grant_access *a, struct buf *out)
{
	unsigned i;

	buf_addslice(out, a->type);
	buf_addc(out, ':');
	buf_addslice(out, a->name);
	buf_addc(out, ':');
	for (i = 0; i < a->naction; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_addslice(out, a->action[i]);
	}
}
