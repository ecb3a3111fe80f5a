/*
 * fuzz-auth - what a client shows at the token endpoint.
 *
 * The input is lines: an Authorization header, a scope parameter, the scope
 * of the token it has; and the rest is an account's name.
 *
 * Reaches: auth/basic, auth/grant, auth/access, token/scope, auth/jwt,
 * auth/jwt-read.
 *
 * Credentials written again are the same; nothing is granted that was not
 * asked for, or that alice or the token's scope may not; what is signed is valid
 * JSON, whatever was asked, and is read back as it was signed.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "auth/basic.h"
#include "auth/grant.h"
#include "auth/jwt-read.h"
#include "auth/jwt.h"
#include "base/text.h"
#include "fuzz.h"
#include "oracle.h"

static struct jwt_key *key;

/* ---- who --------------------------------------------------------------- */

static void
check_basic(struct slice header)
{
	static struct basic b, again;
	struct buf	    text, line;

	if (basic_parse(header, &b) != BASIC_OK)
		return;
	FUZZ_CHECK(fuzz_is_tame(b.user) && slice_is_utf8(b.password));
	FUZZ_CHECK(slice_index(b.user, ':') == -1);
	buf_init(&text);
	buf_init(&line);
	buf_addslice(&text, b.user);
	buf_addc(&text, ':');
	buf_addslice(&text, b.password);
	buf_adds(&line, "basic  ");
	base64_encode(&line, text.p, text.n);
	FUZZ_CHECK(basic_parse(buf_slice(&line), &again) == BASIC_OK);
	FUZZ_CHECK(slice_eq(b.user, again.user));
	FUZZ_CHECK(slice_eq(b.password, again.password));
	buf_clear(&text);
	buf_clear(&line);
}

/* ---- what -------------------------------------------------------------- */

static bool
parse_scope(struct slice text, struct scope *s)
{
	struct scope again;
	struct error err = {.text = ""};
	struct buf   a, b;

	if (scope_parse(text, s, &err) != 0) {
		fuzz_check_reason(err.text);
		return false;
	}
	buf_init(&a);
	buf_init(&b);
	scope_format(s, &a);
	FUZZ_CHECK(scope_parse(buf_slice(&a), &again, &err) == 0);
	scope_format(&again, &b);
	FUZZ_CHECK(slice_eq(buf_slice(&a), buf_slice(&b)));
	FUZZ_CHECK(scope_is_within(s, &again));
	scope_clear(&again);
	buf_clear(&a);
	buf_clear(&b);
	return true;
}

/* An entry as a client would write it is that entry again. */
static void
check_access(const struct grant_access *a)
{
	static struct grant_list again;
	struct error		 err;
	struct buf		 b;
	unsigned		 i;

	buf_init(&b);
	again.n = 0;
	grant_access_format(a, &b);
	FUZZ_CHECK(grant_parse(buf_slice(&b), &again, &err) == 0);
	FUZZ_CHECK(again.n == 1 && again.list[0].naction == a->naction);
	FUZZ_CHECK(slice_eq(again.list[0].name, a->name));
	for (i = 0; i < a->naction; i++)
		FUZZ_CHECK(slice_eq(again.list[0].action[i], a->action[i]));
	buf_clear(&b);
}

static bool
asks(const struct grant_access *a, struct slice action)
{
	unsigned i;

	for (i = 0; i < a->naction; i++)
		if (slice_eq(a->action[i], action) ||
		    slice_is(a->action[i], "*"))
			return true;
	return false;
}

/* Everybody reads what is public; alice reads and writes in shared too. */
static struct conf *
make_conf(void)
{
	static const char *public[] = {"public/*"}, *shared[] = {"shared/*"},
			  *alice[] = {"alice"};
	struct conf *c = xcalloc(1, sizeof *c);

	c->auth_public = (struct conf_list){public, 1};
	c->naccess = 1;
	c->access[0].who = (struct conf_list){alice, 1};
	c->access[0].repositories = (struct conf_list){shared, 1};
	c->access[0].actions = ACCESS_PULL | ACCESS_PUSH;
	return c;
}

/* The most that alice may with an action, by its name alone. */
static bool
alice_may(struct slice repository, struct slice action)
{
	return slice_starts(repository, SLICE("alice/")) ||
	    (slice_starts(repository, SLICE("shared/")) &&
		!slice_is(action, "delete")) ||
	    (slice_starts(repository, SLICE("public/")) &&
		slice_is(action, "pull"));
}

static void
check_granted(const struct grant_access *asked, const struct grant_access *got,
    const struct scope *s)
{
	enum scope_level need, have = scope_level_for(s, asked->name);
	unsigned	 i;

	FUZZ_CHECK(slice_eq(asked->name, got->name));
	FUZZ_CHECK(have <= s->level);
	for (i = 0; i < got->naction; i++) {
		FUZZ_CHECK(asks(asked, got->action[i]));
		FUZZ_CHECK(alice_may(asked->name, got->action[i]));
		FUZZ_CHECK(scope_action_level(got->action[i], &need) == 0);
		FUZZ_CHECK(need <= have ||
		    (need == SCOPE_READ && have >= SCOPE_PUBLIC_READ &&
			slice_starts(asked->name, SLICE("public/"))));
		FUZZ_CHECK(slice_starts(asked->type, SLICE("repository")));
	}
}

/* ---- what is signed ---------------------------------------------------- */

/* base64url without padding, by way of the decoder there is. */
static void
check_payload(struct slice text)
{
	struct buf     b;
	unsigned char *out;
	unsigned       depth;
	ptrdiff_t      n;
	size_t	       i;

	buf_init(&b);
	buf_addslice(&b, text);
	while (b.n % 4 != 0)
		buf_addc(&b, '=');
	for (i = 0; i < b.n; i++)
		b.p[i] = (char)(b.p[i] == '-' ? '+' :
			b.p[i] == '_'	      ? '/' :
						b.p[i]);
	out = xmalloc(b.n);
	n = base64_decode(buf_slice(&b), out);
	FUZZ_CHECK(n > 0);
	FUZZ_CHECK(
	    oracle_is_object((struct slice){(char *)out, (size_t)n}, &depth));
	free(out);
	buf_clear(&b);
}

/* It says what was signed, and nothing once a byte of it is another. */
static void
check_read(struct slice jwt, const struct jwt_claims *c,
    const struct grant_list *g)
{
	static struct jwt_reader   *reader;
	static struct jwt_said	    said;
	const struct jwt_key *const keys[] = {NULL, key};
	unsigned		    i, n = 0;
	char			   *other;

	if (reader == NULL)
		reader = jwt_reader_new();
	if (slice_is_utf8(c->subject) && c->subject.n < 1024) {
		FUZZ_CHECK(jwt_read(reader, keys, 2, jwt, &said) == 0);
		FUZZ_CHECK(slice_eq(said.subject, c->subject));
		FUZZ_CHECK(slice_eq(said.audience, c->audience));
		for (i = 0; i < g->n; i++)
			n += g->list[i].naction > 0;
		FUZZ_CHECK(said.access.n == n);
	}
	other = slice_dup(jwt);
	other[jwt.n / 2] ^= 1;
	FUZZ_CHECK(jwt_read(reader, keys, 2, slice_of(other), &said) == -1);
	free(other);
}

static void
check_signed(const struct grant_list *g, struct slice subject)
{
	struct jwt_claims c = {.issuer = SLICE("patrol"),
	    .audience = SLICE("registry.example"),
	    .subject = subject,
	    .now = FUZZ_NOW,
	    .lifetime = USEC_MIN};
	struct buf	  access, jwt;
	struct slice	  rest, part;
	struct error	  err;

	buf_init(&access);
	buf_init(&jwt);
	grant_format(g, &access);
	c.access = buf_slice(&access);
	FUZZ_CHECK(jwt_sign(key, &c, &jwt, &err) == 0);
	rest = buf_slice(&jwt);
	FUZZ_CHECK(slice_cut(&rest, '.', &part));
	check_payload(part);
	FUZZ_CHECK(slice_cut(&rest, '.', &part));
	check_payload(part);
	FUZZ_CHECK(rest.n > 0 && slice_index(rest, '.') == -1);
	check_read(buf_slice(&jwt), &c, g);
	buf_clear(&access);
	buf_clear(&jwt);
}

/* A file without a name: the path of what is in the buffer. */
static char *
memory_file(const struct buf *b)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_CHECK(fd != -1 && write(fd, b->p, b->n) == (ssize_t)b->n);
	return xasprintf("/proc/self/fd/%d", fd);
}

static void
make_key(void)
{
	struct buf   k, c;
	struct error err;
	char	    *key_path, *certificate_path;

	buf_init(&k);
	buf_init(&c);
	FUZZ_CHECK(jwt_key_generate("fuzz", FUZZ_NOW, &k, &c, &err) == 0);
	key_path = memory_file(&k);
	certificate_path = memory_file(&c);
	FUZZ_CHECK(jwt_key_load(key_path, certificate_path, &key, &err) == 0);
	free(key_path);
	free(certificate_path);
	buf_clear(&k);
	buf_clear(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct conf	*conf;
	static struct grant_list asked, granted;
	struct slice		 rest = fuzz_input(data, n), line;
	struct error		 err = {.text = ""};
	struct scope		 s;
	unsigned		 i;

	if (key == NULL) {
		make_key();
		conf = make_conf();
	}
	(void)slice_cut(&rest, '\n', &line);
	check_basic(line);
	if (!slice_cut(&rest, '\n', &line))
		return 0;
	asked.n = 0;
	if (grant_parse(line, &asked, &err) != 0) {
		fuzz_check_reason(err.text);
		return 0;
	}
	if (!slice_cut(&rest, '\n', &line) || !parse_scope(line, &s))
		return 0;
	grant_allow(&asked, conf, SLICE("alice"), &s, &granted);
	FUZZ_CHECK(granted.n == asked.n);
	for (i = 0; i < asked.n; i++) {
		check_access(&asked.list[i]);
		check_granted(&asked.list[i], &granted.list[i], &s);
	}
	check_signed(&granted, rest.p != NULL ? rest : SLICE(""));
	scope_clear(&s);
	return 0;
}
