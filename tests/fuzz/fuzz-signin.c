/*
 * fuzz-signin - what a proxy tells /verify of a request, and a file of
 * passwords.
 *
 * The input is lines: a method, a URI, and the rest is the file.
 *
 * Reaches: auth/v2path, auth/htpasswd, auth/throttle, auth/repeats.
 *
 * A request that is understood needs what its method does, in a repository
 * whose name is one, and stands in the URI as it is told; nothing with a
 * percent sign in its path, or a part of it that climbs, is.
 */
#include "auth/htpasswd.h"
#include "auth/repeats.h"
#include "auth/throttle.h"
#include "auth/v2path.h"
#include "conf/conf.h"
#include "fuzz.h"

static bool
has(struct slice s, const char *what)
{
	return s.n > 0 && memmem(s.p, s.n, what, strlen(what)) != NULL;
}

/* Is any part of the path "", "." or ".."?  The last one may be empty. */
static bool
climbs(struct slice path)
{
	struct slice rest = path, part;

	(void)slice_cut(&rest, '/', &part);
	while (slice_cut(&rest, '/', &part))
		if ((part.n == 0 && rest.p != NULL) || slice_is(part, ".") ||
		    slice_is(part, ".."))
			return true;
	return false;
}

static void
check_needs(struct slice method, const struct v2path *p)
{
	if (slice_is(method, "GET") || slice_is(method, "HEAD"))
		FUZZ_CHECK((p->needs & ACCESS_DELETE) == 0);
	else
		FUZZ_CHECK(p->repository.p == NULL ||
		    (p->needs & (ACCESS_PUSH | ACCESS_DELETE)) != 0);
	FUZZ_CHECK((p->repository.p == NULL) == (p->needs == 0));
}

static void
check_path(struct slice method, struct slice uri)
{
	static struct v2path p;
	struct error	     err = {.text = ""};
	struct slice	     path, query = uri;

	if (v2path_parse(method, uri, &p, &err) != 0) {
		FUZZ_CHECK(err.text[0] != '\0' && p.repository.p == NULL);
		return;
	}
	(void)slice_cut(&query, '?', &path);
	FUZZ_CHECK(!has(path, "%") && !climbs(path));
	check_needs(method, &p);
	if (p.from.p != NULL)
		FUZZ_CHECK(v2path_is_name(p.from) && has(query, "from="));
	if (p.repository.p == NULL)
		return;
	FUZZ_CHECK(v2path_is_name(p.repository));
	FUZZ_CHECK(p.repository.p == path.p + strlen("/v2/"));
	FUZZ_CHECK(path.p[strlen("/v2/") + p.repository.n] == '/');
}

static void
check_file(struct slice text)
{
	struct complaints c;
	struct htpasswd	 *h;

	complain_init(&c);
	h = htpasswd_parse("f", text, &c);
	FUZZ_CHECK((h == NULL) == (c.errors > 0));
	if (h != NULL) {
		FUZZ_CHECK(htpasswd_cost(h) >= HTPASSWD_COST_MIN);
		FUZZ_CHECK(htpasswd_cost(h) <= HTPASSWD_COST_MAX);
		FUZZ_CHECK(htpasswd_find(h, SLICE("")) == NULL);
	}
	htpasswd_free(&h);
	complain_clear(&c);
}

/* Each byte a key and, by its high bits, what happens to it. */
static void
check_tables(struct slice text)
{
	struct throttle *t = throttle_new(3);
	struct repeats	*r = repeats_new(3);
	struct slice	 key, popped;
	usec_t		 now = FUZZ_NOW;
	uint64_t	 n, in = 0, out = 0;
	size_t		 i;

	throttle_configure(t, 2, USEC_MIN);
	for (i = 0; i < text.n; i++) {
		key = (struct slice){text.p + i, (size_t)(text.p[i] & 1)};
		now += (text.p[i] & 0x0e) * USEC_SEC;
		FUZZ_CHECK(throttle_wait(t, key, now) <= USEC_MIN);
		if (text.p[i] & 0x40)
			throttle_wrong(t, key, now);
		else
			throttle_right(t, key, text.p[i] & 0x20);
		while (repeats_pop(r, now, &popped, &n))
			out += n;
		in += repeats_add(r, (struct slice){text.p + i, 1}, USEC_SEC,
		    now);
		FUZZ_CHECK(throttle_count(t) <= 3 && repeats_count(r) <= 3);
	}
	while (repeats_pop(r, INT64_MAX, &popped, &n))
		out += n;
	FUZZ_CHECK(in == out);
	throttle_free(&t);
	repeats_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice rest = fuzz_input(data, n), method, uri;

	(void)slice_cut(&rest, '\n', &method);
	if (!slice_cut(&rest, '\n', &uri))
		return 0;
	check_path(method, uri);
	check_tables(uri);
	check_file(rest.p != NULL ? rest : SLICE(""));
	return 0;
}
