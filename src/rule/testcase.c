#include "rule/testcase.h"

#include "base/addr.h"
#include "base/buf.h"
#include "rule/known.h"

#define KEY_MAX 256 /* bytes of a dotted name */

static const char *const test_keys[] = {"name", "uses", "expect", NULL};
static const char *const expect_keys[] = {"key", "count", NULL};

#define NTH "{n}" /* stands for the number of the repetition, from 1 */

/* A list of fields that grows in the arena. */
struct field_list {
	const struct source *src;
	struct test_field   *list;
	size_t		     n, cap;
	unsigned	     others;
	int64_t		     nth;      /* repetition; 0: not one */
	bool		     numbered; /* a text says which one it is */
};

/* ---- fields ---- */

/* The scalar's text, its NTH replaced. */
static struct slice
text_of(struct field_list *l, const struct yaml_node *n)
{
	struct slice rest = n->text, made;
	const char  *at;
	struct buf   b;

	if (l->nth == 0 || memmem(rest.p, rest.n, NTH, strlen(NTH)) == NULL)
		return rest;
	l->numbered = true;
	buf_init(&b);
	while ((at = memmem(rest.p, rest.n, NTH, strlen(NTH))) != NULL) {
		buf_add(&b, rest.p, (size_t)(at - rest.p));
		buf_addf(&b, "%lld", (long long)l->nth);
		rest.n -= (size_t)(at - rest.p) + strlen(NTH);
		rest.p = at + strlen(NTH);
	}
	buf_addslice(&b, rest);
	made = arena_slice(l->src->arena, buf_slice(&b));
	buf_clear(&b);
	return made;
}

static struct use_value
value_of(const struct yaml_node *n, struct slice text)
{
	struct use_value v = {.p = text.p, .n = (uint32_t)text.n};

	if (yaml_is_null(n))
		return (struct use_value){.type = USE_NULL};
	if (yaml_bool(n) != -1) {
		v.type = USE_BOOL;
		v.p = yaml_bool(n) ? "true" : "false";
		v.n = (uint32_t)strlen(v.p);
	} else {
		v.type = yaml_is_number(n) ? USE_NUMBER : USE_STRING;
	}
	return v;
}

static bool
is_well_formed(const struct source *src, const struct yaml_node *n,
    struct slice text, int known)
{
	struct addr a;
	int64_t	    i;

	if (known == USE_TIME) {
		SOURCE_ERROR(src, n,
		    "a test has no 'time': use 'at' or "
		    "'every'");
		return false;
	}
	if (known == USE_SOURCE_IP && addr_parse(text, &a) != 0) {
		SOURCE_ERROR(src, n, "'source.ip' is not an address");
		return false;
	}
	if ((known == USE_COUNT || known == USE_BYTES) &&
	    slice_int(text, known == USE_COUNT, INT64_MAX, &i) != 0) {
		SOURCE_ERROR(src, n, "'%s' needs a whole number",
		    use_field_names[known]);
		return false;
	}
	return true;
}

static void
field_add(struct field_list *l, struct slice key, const struct yaml_node *n,
    bool more)
{
	struct test_field *grown, *f;
	struct slice	   text = text_of(l, n);
	int		   known = use_field_find(key);

	if (!is_well_formed(l->src, n, text, known))
		return;
	if (known == -1 || more)
		l->others++;
	if (l->others > USE_OTHER_MAX) {
		SOURCE_ERROR(l->src, n, "more than %d further fields",
		    USE_OTHER_MAX);
		return;
	}
	if (l->n == l->cap) {
		l->cap = l->cap > 0 ? 2 * l->cap : 8;
		grown = arena_alloc(l->src->arena, l->cap * sizeof(*grown));
		if (l->n > 0)
			memcpy(grown, l->list, l->n * sizeof(*grown));
		l->list = grown;
	}
	f = &l->list[l->n++];
	*f = (struct test_field){arena_slice(l->src->arena, key), known,
	    value_of(n, text)};
	f->value.more = more;
}

/* {source: {ip: X}} is "source.ip: X"; `path` is the name so far. */
static void
fields_add(struct field_list *l, struct buf *path, const struct yaml_node *n)
{
	const struct yaml_node *m;
	size_t			len = path->n;

	switch (n->type) {
	case YAML_SCALAR:
		field_add(l, buf_slice(path), n, false);
		break;
	case YAML_LIST:
		for (m = n->child; m != NULL; m = m->next) {
			if (m->type != YAML_SCALAR)
				SOURCE_ERROR(l->src, m, "a list holds scalars");
			else
				field_add(l, buf_slice(path), m, m != n->child);
		}
		break;
	case YAML_MAP:
		for (m = n->child; m != NULL; m = m->next) {
			if (len > 0)
				buf_addc(path, '.');
			buf_addslice(path, m->key->text);
			if (path->n > KEY_MAX)
				SOURCE_ERROR(l->src, m->key, "too long a name");
			else
				fields_add(l, path, m);
			path->n = len;
		}
		break;
	}
}

static void
field_parse(struct field_list *l, const struct yaml_node *n)
{
	struct buf path;

	buf_init(&path);
	buf_addslice(&path, n->key->text);
	fields_add(l, &path, n);
	buf_clear(&path);
}

/* ---- uses ---- */

static usec_t
span_of(const struct source *src, const struct yaml_node *n)
{
	struct error err;
	usec_t	     span = 0;

	if (n->type != YAML_SCALAR)
		SOURCE_ERROR(src, n, "a span is a number with its unit");
	else if (span_parse(n->text, &span, &err) != 0)
		SOURCE_ERROR(src, n, "%s", err.text);
	else if (span > USEC_YEAR)
		SOURCE_ERROR(src, n, "a test lasts a year at the most");
	return span;
}

static int64_t
count_of(const struct source *src, const struct yaml_node *n, int64_t lo)
{
	int64_t i = lo;

	if (n->type != YAML_SCALAR ||
	    slice_int(n->text, lo, TESTCASE_USES_MAX, &i) != 0)
		SOURCE_ERROR(src, n,
		    "'%.*s' needs a whole number from %d to "
		    "%d",
		    SLICE_ARG(n->key->text), (int)lo, TESTCASE_USES_MAX);
	return i;
}

/* *numbered: its text is another one at each repetition. */
static struct test_use *
use_parse(const struct source *src, const struct yaml_node *map, int64_t nth,
    bool *numbered)
{
	struct test_use	       *u = arena_zalloc(src->arena, sizeof(*u));
	struct field_list	l = {.src = src, .nth = nth};
	const struct yaml_node *n;

	u->repeat = 1;
	u->every = USEC_SEC;
	u->at = -1;
	if (map->type != YAML_MAP) {
		SOURCE_ERROR(src, map, "a use is a map of its fields");
		return u;
	}
	for (n = map->child; n != NULL; n = n->next) {
		if (slice_is(n->key->text, "repeat"))
			u->repeat = count_of(src, n, 1);
		else if (slice_is(n->key->text, "every"))
			u->every = span_of(src, n);
		else if (slice_is(n->key->text, "at"))
			u->at = span_of(src, n);
		else {
			if (nth == 1 && n->type != YAML_MAP)
				known_warn_use(src, n->key);
			field_parse(&l, n);
		}
	}
	u->fields = l.list;
	u->nfields = l.n;
	*numbered = l.numbered;
	return u;
}

/*
 * The uses of a map, behind `at`: one that repeats itself or, if its text has
 * NTH, one for each repetition.  Returns where the next one goes.
 */
static struct test_use **
use_add(const struct source *src, const struct yaml_node *map,
    struct test_use **at, int64_t *sum)
{
	struct test_use *u;
	bool		 numbered = false;
	size_t		 faults = src->c->errors;
	int64_t		 i, repeat;

	*at = u = use_parse(src, map, 1, &numbered);
	*sum += repeat = u->repeat;
	if (!numbered)
		return &u->next;
	if (repeat > TESTCASE_NTH_MAX)
		SOURCE_ERROR(src, map,
		    "with '" NTH "' a use repeats %d times "
		    "at the most",
		    TESTCASE_NTH_MAX);
	u->repeat = 1;
	for (i = 2; i <= repeat && src->c->errors == faults; i++) {
		u = u->next = use_parse(src, map, i, &numbered);
		u->repeat = 1;
		u->at = -1;
	}
	return &u->next;
}

static void
uses_parse(const struct source *src, const struct yaml_node *test,
    struct rule_test *t)
{
	const struct yaml_node *list = yaml_get(test, "uses"), *n;
	struct test_use	      **at = &t->uses;
	int64_t			sum = 0;

	if (list == NULL || list->type != YAML_LIST || list->child == NULL) {
		SOURCE_ERROR(src, list != NULL ? list : test,
		    "a test needs 'uses': a list of uses");
		return;
	}
	for (n = list->child; n != NULL; n = n->next)
		at = use_add(src, n, at, &sum);
	if (sum > TESTCASE_USES_MAX)
		SOURCE_ERROR(src, list, "a test has %d uses at the most",
		    TESTCASE_USES_MAX);
}

/* ---- what is expected ---- */

static struct test_expect *
expect_parse(const struct source *src, const struct yaml_node *map)
{
	struct test_expect     *e = arena_zalloc(src->arena, sizeof(*e));
	struct field_list	l = {.src = src};
	const struct yaml_node *n;
	struct buf		path;

	e->count = 1;
	if (map->type != YAML_MAP) {
		SOURCE_ERROR(src, map,
		    "what is expected is a map of 'key' "
		    "and 'count'");
		return e;
	}
	source_check_keys(src, map, expect_keys, "'expect'");
	if ((n = yaml_get(map, "count")) != NULL)
		e->count = count_of(src, n, 0);
	if ((n = yaml_get(map, "key")) != NULL && n->type != YAML_MAP) {
		SOURCE_ERROR(src, n, "'key' is a map of fields");
	} else if (n != NULL) {
		buf_init(&path);
		buf_reserve(&path, 1);
		fields_add(&l, &path, n);
		buf_clear(&path);
	}
	e->key = l.list;
	e->nkey = l.n;
	return e;
}

static void
expects_parse(const struct source *src, const struct yaml_node *test,
    struct rule_test *t)
{
	const struct yaml_node *list = yaml_get(test, "expect"), *n;
	struct test_expect    **at = &t->expects;

	if (list == NULL || list->type != YAML_LIST) {
		SOURCE_ERROR(src, list != NULL ? list : test,
		    "a test needs "
		    "'expect': a list of alerts, [] for none");
		return;
	}
	for (n = list->child; n != NULL; n = n->next) {
		*at = expect_parse(src, n);
		at = &(*at)->next;
	}
}

struct rule_test *
testcase_parse(const struct source *src, const struct yaml_node *list)
{
	struct rule_test       *first = NULL, **at = &first, *t;
	const struct yaml_node *n;

	if (list->type != YAML_LIST) {
		SOURCE_ERROR(src, list, "'tests' must be a list");
		return NULL;
	}
	for (n = list->child; n != NULL; n = n->next) {
		if (n->type != YAML_MAP) {
			SOURCE_ERROR(src, n,
			    "a test is a map of 'name', "
			    "'uses' and 'expect'");
			continue;
		}
		source_check_keys(src, n, test_keys, "a test");
		t = arena_zalloc(src->arena, sizeof(*t));
		t->line = n->line;
		t->name = source_string(src, n, "name");
		if (t->name == NULL)
			SOURCE_ERROR(src, n, "a test needs a 'name'");
		uses_parse(src, n, t);
		expects_parse(src, n, t);
		*at = t;
		at = &t->next;
	}
	return first;
}
