#include "auth/v2path.h"

#include "base/text.h"
#include "conf/conf.h"

#define TAG_MAX	   128
#define DIGEST_MAX 256
#define UPLOAD_MAX 256

/* --- names ----------------------------------------------------------- */

static bool
is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_word(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Bytes of a separator ".", "_", "__" or dashes that `s` begins with. */
static size_t
separator(struct slice s)
{
	size_t n = 0;

	if (s.p[0] == '.')
		return 1;
	if (s.p[0] == '_')
		return s.n > 1 && s.p[1] == '_' ? 2 : 1;
	while (n < s.n && s.p[n] == '-')
		n++;
	return n;
}

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* */
static bool
is_component(struct slice s)
{
	size_t n;

	for (;;) {
		for (n = 0; n < s.n && is_lower(s.p[n]); n++)
			;
		if (n == 0)
			return false;
		s.p += n;
		s.n -= n;
		if (s.n == 0)
			return true;
		n = separator(s);
		if (n == 0)
			return false;
		s.p += n;
		s.n -= n;
		if (s.n == 0)
			return false;
	}
}

bool
v2path_is_name(struct slice s)
{
	struct slice rest = s, one;

	if (s.n == 0 || s.n > V2PATH_NAME_MAX)
		return false;
	while (slice_cut(&rest, '/', &one))
		if (!is_component(one))
			return false;
	return true;
}

/* [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
static bool
is_tag(struct slice s)
{
	size_t i;

	if (s.n == 0 || s.n > TAG_MAX || !is_word(s.p[0]))
		return false;
	for (i = 1; i < s.n; i++)
		if (!is_word(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return true;
}

/* ALGORITHM:ENCODED, as "sha256:0123..." */
static bool
is_digest(struct slice s)
{
	ptrdiff_t colon = slice_index(s, ':');
	size_t	  i;

	if (colon <= 0 || s.n > DIGEST_MAX || (size_t)colon + 1 == s.n)
		return false;
	for (i = 0; i < s.n; i++) {
		if ((ptrdiff_t)i == colon || is_word(s.p[i]) || s.p[i] == '-' ||
		    s.p[i] == '=')
			continue;
		if ((ptrdiff_t)i < colon && (s.p[i] == '+' || s.p[i] == '.'))
			continue;
		return false;
	}
	return is_lower(s.p[0]);
}

/* What the registry called an upload; it may not climb. */
static bool
is_upload(struct slice s)
{
	size_t i;

	if (s.n > UPLOAD_MAX || slice_is(s, ".") || slice_is(s, ".."))
		return false;
	for (i = 0; i < s.n; i++)
		if (!is_word(s.p[i]) && memchr("-.=", s.p[i], 3) == NULL)
			return false;
	return true;
}

/* --- methods --------------------------------------------------------- */

/* Fills action and needs for what is read, written or deleted as a whole. */
static int
take_method(struct slice method, struct v2path *out)
{
	if (slice_is(method, "GET")) {
		out->action = "pull";
		out->needs = ACCESS_PULL;
	} else if (slice_is(method, "HEAD")) {
		out->action = "check";
		out->needs = ACCESS_PULL;
	} else if (slice_is(method, "PUT")) {
		out->action = "push";
		out->needs = ACCESS_PUSH;
	} else if (slice_is(method, "DELETE")) {
		out->action = "delete";
		out->needs = ACCESS_DELETE;
	} else {
		return -1;
	}
	return 0;
}

/* An upload belongs to who pushes, also to look how far it is, to end it. */
static int
take_upload_method(struct slice method, struct v2path *out)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PATCH",
	    "PUT", "DELETE", NULL};

	if (name_index(method, methods) == -1)
		return -1;
	out->action = "push";
	out->needs = ACCESS_PUSH;
	return 0;
}

static int
take_read(struct slice method, const char *action, struct v2path *out)
{
	if (!slice_is(method, "GET") && !slice_is(method, "HEAD"))
		return -1;
	out->action = action;
	out->needs = ACCESS_PULL;
	return 0;
}

/* --- a mount --------------------------------------------------------- */

/* Percent-decodes a value of a query: the length, or -1. */
static int
decode_value(struct slice s, char out[V2PATH_NAME_MAX + 1])
{
	unsigned char byte;
	size_t	      i, n = 0;

	for (i = 0; i < s.n && n < V2PATH_NAME_MAX; i++) {
		if (s.p[i] != '%') {
			out[n++] = s.p[i];
			continue;
		}
		if (s.n - i < 3 ||
		    hex_decode((struct slice){s.p + i + 1, 2}, &byte, 1) == -1)
			return -1;
		out[n++] = (char)byte;
		i += 2;
	}
	return i == s.n ? (int)n : -1;
}

/*
 * "mount=DIGEST&from=NAME" takes a blob of another repository, so who asks
 * must be able to pull there.  A name that comes twice, or with a `;` or
 * percent signs in it, is read in different ways by different programs.
 */
static int
take_query(struct slice query, struct v2path *out)
{
	struct slice rest = query, pair, name;
	bool	     mount = false;
	int	     n;

	if (query.p == NULL)
		return 0;
	if (slice_index(query, ';') != -1)
		return -1;
	while (slice_cut(&rest, '&', &pair)) {
		(void)slice_cut(&pair, '=', &name);
		if (slice_index(name, '%') != -1 ||
		    slice_index(name, '+') != -1)
			return -1;
		if (slice_is(name, "mount"))
			mount = true;
		if (!slice_is(name, "from"))
			continue;
		if (out->from.p != NULL || pair.p == NULL ||
		    (n = decode_value(pair, out->text)) == -1)
			return -1;
		out->from = (struct slice){out->text, (size_t)n};
		if (!v2path_is_name(out->from))
			return -1;
	}
	if (mount)
		out->action = "mount";
	return 0;
}

/* --- paths ----------------------------------------------------------- */

/* Cuts the last part off, at its slash; false: there is none. */
static bool
cut_last(struct slice *path, struct slice *last)
{
	ptrdiff_t slash = slice_rindex(*path, '/');

	if (slash == -1)
		return false;
	last->p = path->p + slash + 1;
	last->n = path->n - (size_t)slash - 1;
	path->n = (size_t)slash;
	return true;
}

static int
parse_manifest(struct slice method, struct slice reference, struct v2path *out)
{
	if (is_digest(reference))
		out->digest = reference;
	else if (is_tag(reference))
		out->tag = reference;
	else
		return -1;
	return take_method(method, out);
}

/* What stands behind "/v2/": a name, what of it, and which. */
static int
parse_below(struct slice method, struct slice path, struct slice query,
    struct v2path *out)
{
	struct slice last, what, before;
	int	     r = -1;

	if (slice_is(path, "_catalog")) {
		out->action = "admin";
		return 0;
	}
	if (!cut_last(&path, &last) || !cut_last(&path, &what))
		return -1;
	if (slice_is(what, "manifests")) {
		r = parse_manifest(method, last, out);
	} else if (slice_is(what, "blobs") && is_digest(last)) {
		out->digest = last;
		r = take_method(method, out);
	} else if (slice_is(what, "tags") && slice_is(last, "list")) {
		r = take_read(method, "list", out);
	} else if (slice_is(what, "referrers") && is_digest(last)) {
		out->digest = last;
		r = take_read(method, "list", out);
	} else if (slice_is(what, "uploads") && is_upload(last) &&
	    cut_last(&path, &before) && slice_is(before, "blobs")) {
		r = take_upload_method(method, out);
		if (r == 0)
			r = take_query(query, out);
	}
	out->repository = path;
	return r == 0 && v2path_is_name(path) ? 0 : -1;
}

int
v2path_parse(struct slice method, struct slice uri, struct v2path *out,
    struct error *err)
{
	const struct slice top = SLICE("/v2/");
	struct slice	   query = uri, path;

	memset(out, 0, sizeof *out);
	(void)slice_cut(&query, '?', &path);
	if (slice_is(path, "/v2") || slice_eq(path, top)) {
		if (take_read(method, "login", out) == 0) {
			out->needs = 0;
			return 0;
		}
	} else if (slice_starts(path, top)) {
		path.p += top.n;
		path.n -= top.n;
		if (parse_below(method, path, query, out) == 0)
			return 0;
	}
	memset(out, 0, sizeof *out);
	error_set(err, "not a request that a registry knows");
	return -1;
}
