#include "daemon/request.h"

#include "base/text.h"
#include "proto/msg.h"

#define QUOTE_MAX 64 /* bytes of a stranger's word in an error */

const struct json_limits request_limits = {.text = MSG_CONTROL_MAX,
    .string = 16 * 1024,
    .fields = 128,
    .depth = 4};

static const struct slice args = {"args.", 5};

static int
fail_unknown(struct error *err, const char *what, struct slice word,
    const char *where, const char *const *names)
{
	const char *near = nearest_name(word, names);
	int	    n = word.n < QUOTE_MAX ? (int)word.n : QUOTE_MAX;

	error_set(err, "unknown %s '%.*s' of %s%s%s%s", what, n, word.p, where,
	    near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
	    near != NULL ? "'?" : "");
	return -1;
}

/* The members of one list stand in a row. */
static bool
is_given_twice(const struct json_field *f, size_t i)
{
	size_t j;

	for (j = 0; j < i && !f[i].more; j++)
		if (slice_eq(f[j].key, f[i].key))
			return true;
	return false;
}

static int
check_top(const struct json_field *f, struct error *err)
{
	static const char *const names[] = {"id", "cmd", "args", NULL};
	struct slice		 rest = f->key, name;
	const char		*want = NULL;

	if (slice_starts(f->key, args))
		return 0;
	(void)slice_cut(&rest, '.', &name);
	if (name_index(name, names) == -1)
		return fail_unknown(err, "key", name, "the request", names);
	if (rest.p != NULL)
		want = "no key below it";
	else if (f->member)
		want = "one value, not a list";
	else if (slice_is(f->key, "args") && f->type != JSON_NULL &&
	    (f->type != JSON_EMPTY || f->value.p[0] != '{'))
		want = "an object";
	if (want == NULL)
		return 0;
	error_set(err, "%.*s: want %s", SLICE_ARG(name), want);
	return -1;
}

int
request_parse(const struct json_field *f, size_t n, struct request *r,
    struct error *err)
{
	const struct json_field *j;
	size_t			 i;

	*r = (struct request){0, {NULL, 0}};
	j = json_find(f, n, "id");
	if (j != NULL && j->type == JSON_NUMBER)
		(void)slice_int(j->value, 0, INT64_MAX, &r->id);
	for (i = 0; i < n; i++) {
		if (is_given_twice(f, i)) {
			error_set(err, "'%.*s' is given twice",
			    f[i].key.n < QUOTE_MAX ? (int)f[i].key.n :
						     QUOTE_MAX,
			    f[i].key.p);
			return -1;
		}
		if (check_top(&f[i], err) == -1)
			return -1;
	}
	j = json_find(f, n, "cmd");
	if (j == NULL || j->type != JSON_STRING) {
		error_set(err, "no \"cmd\"");
		return -1;
	}
	r->cmd = j->value;
	return 0;
}

int
request_check_args(const struct json_field *f, size_t n, const char *cmd,
    const char *const *names, struct error *err)
{
	struct slice name;
	size_t	     i;

	for (i = 0; i < n; i++) {
		if (!slice_starts(f[i].key, args))
			continue;
		name = (struct slice){f[i].key.p + args.n, f[i].key.n - args.n};
		if (name_index(name, names) == -1)
			return fail_unknown(err, "argument", name, cmd, names);
		if (f[i].member || f[i].type == JSON_EMPTY) {
			error_set(err, "%.*s: want one value, no list",
			    SLICE_ARG(name));
			return -1;
		}
	}
	return 0;
}

struct slice
request_arg(const struct json_field *f, size_t n, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < n; i++)
		if (slice_starts(f[i].key, args) &&
		    f[i].key.n == args.n + len &&
		    memcmp(f[i].key.p + args.n, name, len) == 0)
			return f[i].type == JSON_NULL ?
			    (struct slice){NULL, 0} :
			    f[i].value;
	return (struct slice){NULL, 0};
}
