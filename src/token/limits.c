#include "token/limits.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define MAPPED_BITS 96 /* of ::ffff:0:0/96, the IPv4 within IPv6 */

struct token_limits *
limits_new(void)
{
	return xcalloc(1, sizeof(struct token_limits));
}

void
limits_free(struct token_limits **l)
{
	if (*l == NULL)
		return;
	free((*l)->allow);
	free(*l);
	*l = NULL;
}

/* The IPv4 address that an IPv6 one stands for, or the address itself. */
static struct addr
unmap(const struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct addr	     v4 = {.family = 4};

	if (a->family != 6 || memcmp(a->b, mapped, sizeof mapped) != 0)
		return *a;
	memcpy(v4.b, a->b + sizeof mapped, 4);
	return v4;
}

static bool
holds(const struct cidr *outer, const struct cidr *inner)
{
	return outer->bits <= inner->bits && cidr_has(outer, &inner->net);
}

/* Adds one to `list` of *n, which has room; what lies within another goes. */
static void
add_network(struct cidr *list, unsigned *n, const struct cidr *c)
{
	unsigned i, kept = 0;

	for (i = 0; i < *n; i++)
		if (holds(&list[i], c))
			return;
	for (i = 0; i < *n; i++)
		if (!holds(c, &list[i]))
			list[kept++] = list[i];
	list[kept++] = *c;
	*n = kept;
}

static int
parse_network(struct slice word, struct cidr *c, struct error *err)
{
	if (cidr_parse(word, c, err) == -1)
		return -1;
	if (c->net.family == 6 && c->bits >= MAPPED_BITS) {
		c->net = unmap(&c->net);
		if (c->net.family == 4)
			c->bits -= MAPPED_BITS;
	}
	return 0;
}

/* The next word before a blank or a comma; false at the end. */
static bool
next_word(struct slice *rest, struct slice *word)
{
	static const char parts[] = " ,";
	size_t		  n = 0;

	while (rest->n > 0 && memchr(parts, rest->p[0], 2) != NULL)
		rest->p++, rest->n--;
	while (n < rest->n && memchr(parts, rest->p[n], 2) == NULL)
		n++;
	if (n == 0)
		return false;
	*word = (struct slice){rest->p, n};
	rest->p += n;
	rest->n -= n;
	return true;
}

int
limits_parse_allow(struct slice text, struct token_limits *l, struct error *err)
{
	struct slice rest = text, word;
	struct cidr  list[LIMITS_NETWORKS_MAX], c;
	unsigned     n = 0;

	while (next_word(&rest, &word)) {
		if (parse_network(word, &c, err) == -1) {
			error_prefix(err, "allow-from");
			return -1;
		}
		if (n == LIMITS_NETWORKS_MAX) {
			error_set(err, "allow-from: more than %d networks",
			    LIMITS_NETWORKS_MAX);
			return -1;
		}
		add_network(list, &n, &c);
	}
	free(l->allow);
	l->allow = NULL;
	l->nallow = n;
	if (n > 0) {
		l->allow = xreallocarray(NULL, n, sizeof *list);
		memcpy(l->allow, list, n * sizeof *list);
	}
	return 0;
}

void
limits_format_allow(const struct token_limits *l, struct buf *out)
{
	char	 text[ADDR_TEXT_MAX];
	unsigned i;

	for (i = 0; i < l->nallow; i++) {
		cidr_format(&l->allow[i], text);
		buf_addf(out, "%s%s", i > 0 ? " " : "", text);
	}
}

bool
limits_allow(const struct token_limits *l, const struct addr *from)
{
	struct addr a;
	unsigned    i;

	if (l == NULL || l->nallow == 0)
		return true;
	a = unmap(from);
	for (i = 0; i < l->nallow; i++)
		if (cidr_has(&l->allow[i], &a))
			return true;
	return false;
}

/* Does the list hold all of that network? */
static bool
list_holds(const struct token_limits *l, const struct cidr *c)
{
	unsigned i;

	for (i = 0; i < l->nallow; i++)
		if (holds(&l->allow[i], c))
			return true;
	return false;
}

/* Both 0 where there is no bound. */
static bool
is_bounded(int64_t inner, int64_t outer)
{
	return outer == 0 || (inner != 0 && inner <= outer);
}

bool
limits_are_within(const struct token_limits *inner,
    const struct token_limits		    *outer)
{
	static const struct token_limits none;
	unsigned			 i;

	inner = inner != NULL ? inner : &none;
	outer = outer != NULL ? outer : &none;
	for (i = 0; outer->nallow > 0 && i < inner->nallow; i++)
		if (!list_holds(outer, &inner->allow[i]))
			return false;
	return (outer->nallow == 0 || inner->nallow > 0) &&
	    is_bounded(inner->idle_expires, outer->idle_expires) &&
	    is_bounded(inner->max_uses, outer->max_uses);
}

bool
limits_used_up(const struct token_limits *l)
{
	return l != NULL && l->max_uses != 0 && l->used >= l->max_uses;
}

void
limits_use(struct token_limits *l, int64_t count)
{
	int64_t left = l->max_uses - l->used;

	l->used += count < left ? count : left;
}
