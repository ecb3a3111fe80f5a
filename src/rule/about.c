#include "rule/about.h"

#include "base/clock.h"
#include "base/text.h"
#include "rule/uuid.h"

static const char *const statuses[] = {"stable", "test", "experimental",
    "deprecated", "unsupported", NULL};

static const char *const relations[] = {"derived", "obsolete", "merged",
    "renamed", "similar", "correlation", NULL};

/* Beside what is kept, as the title is. */
static const char *const texts[] = {"author", "license", "taxonomy", NULL};

static const char *const lists[] = {"references", "fields", "falsepositives",
    "scope", "tags", "related", NULL};

/* The value under a key, if one is given. */
static const struct yaml_node *
given(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n == NULL || yaml_is_null(n) ? NULL : n;
}

static void
check_texts(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n;
	size_t			i;

	for (i = 0; texts[i] != NULL; i++)
		if ((n = given(root, texts[i])) != NULL &&
		    n->type != YAML_SCALAR)
			SOURCE_ERROR(src, n, "'%s' must be text", texts[i]);
	n = given(root, "taxonomy");
	if (n != NULL && n->type == YAML_SCALAR && n->text.n == 0)
		SOURCE_ERROR(src, n, "the 'taxonomy' is empty: leave it out");
}

/* The specification has one false positive without a list, too. */
static void
check_lists(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n;
	size_t			i;

	for (i = 0; lists[i] != NULL; i++) {
		n = given(root, lists[i]);
		if (n == NULL || n->type == YAML_LIST ||
		    (n->type == YAML_SCALAR &&
			slice_is(n->key->text, "falsepositives")))
			continue;
		SOURCE_ERROR(src, n, "'%s' must be a list", lists[i]);
	}
}

static void
check_status(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n = given(root, "status");

	if (n == NULL ||
	    (n->type == YAML_SCALAR && name_caseindex(n->text, statuses) != -1))
		return;
	SOURCE_ERROR(src, n,
	    "'status' is one of stable, test, experimental, deprecated, "
	    "unsupported%s",
	    n->type == YAML_SCALAR ? source_hint(src, n->text, statuses) : "");
}

/* ---- dates ---- */

/* Digits, at the most two and with `sep` in front, as two; cut off `s`. */
static bool
take_two_digits(struct slice *s, char sep, char *out)
{
	struct slice rest = {s->p + 1, s->n - 1};
	size_t	     n;

	if (s->n == 0 || s->p[0] != sep || (n = slice_digits(rest)) == 0 ||
	    n > 2 || (n == 1 && sep == '-'))
		return false;
	out[0] = n == 2 ? rest.p[0] : '0';
	out[1] = rest.p[n - 1];
	*s = (struct slice){rest.p + n, rest.n - n};
	return true;
}

/* 2026-01-31, 2026/1/31; a time behind it is none of our business. */
static bool
is_date(struct slice s)
{
	char   text[] = "0000-00-00T00:00:00Z";
	char   sep = s.n > 4 ? s.p[4] : '-';
	usec_t t;

	if (slice_digits(s) != 4 || (sep != '-' && sep != '/'))
		return false;
	memcpy(text, s.p, 4);
	s = (struct slice){s.p + 4, s.n - 4};
	if (!take_two_digits(&s, sep, text + 5) ||
	    !take_two_digits(&s, sep, text + 8))
		return false;
	return (s.n == 0 || s.p[0] == ' ' || s.p[0] == 'T') &&
	    time_parse(slice_of(text), &t) == 0;
}

static void
check_date(const struct source *src, const struct yaml_node *root,
    const char *key)
{
	const struct yaml_node *n = given(root, key);

	if (n != NULL && (n->type != YAML_SCALAR || !is_date(n->text)))
		SOURCE_ERROR(src, n, "'%s' is a date as in 2026-01-31", key);
}

/* ---- lists of something ---- */

/* A namespace, a dot, and a name. */
static void
check_tags(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n = given(root, "tags"), *tag;

	if (n == NULL || n->type != YAML_LIST)
		return;
	for (tag = n->child; tag != NULL; tag = tag->next)
		if (tag->type != YAML_SCALAR ||
		    slice_index(tag->text, '.') == -1)
			SOURCE_ERROR(src, tag,
			    "a tag has a namespace, as in attack.t1110");
}

static void
check_relation(const struct source *src, const struct yaml_node *n)
{
	const struct yaml_node *id = yaml_get(n, "id");
	const struct yaml_node *type = yaml_get(n, "type");

	if (id == NULL || id->type != YAML_SCALAR || !uuid_is(id->text))
		SOURCE_ERROR(src, id != NULL ? id : n,
		    "a related rule needs its 'id', a UUID");
	if (type == NULL || type->type != YAML_SCALAR ||
	    name_caseindex(type->text, relations) == -1)
		SOURCE_ERROR(src, type != NULL ? type : n,
		    "a related rule needs a 'type': derived, obsolete, merged, "
		    "renamed, similar or correlation");
}

static void
check_related(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n = given(root, "related"), *one;

	if (n == NULL || n->type != YAML_LIST)
		return;
	for (one = n->child; one != NULL; one = one->next)
		check_relation(src, one);
}

void
about_check(const struct source *src, const struct yaml_node *root)
{
	check_texts(src, root);
	check_lists(src, root);
	check_status(src, root);
	check_date(src, root, "date");
	check_date(src, root, "modified");
	check_tags(src, root);
	check_related(src, root);
}
