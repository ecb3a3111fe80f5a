#include "token/seen.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A network's key or a symbol's address in `what`, which so need not lie at
 * a multiple of eight. */
struct entry {
	uint32_t what[2];
	uint32_t first, last; /* seconds */
	uint32_t count;
};

/* Networks, then clients; that of the latest use is mostly in front. */
struct seen {
	uint8_t	     n[SEEN_KINDS];
	struct entry at[];
};

#define FORM 1		    /* of seen_pack */
#define WARM (2 * MEM_LINE) /* bytes: of most tokens all */

static uint64_t
what_of(const struct entry *e)
{
	uint64_t v;

	memcpy(&v, e->what, sizeof v);
	return v;
}

static uint64_t
of_sym(struct sym *s)
{
	return (uint64_t)(uintptr_t)s;
}

static struct sym *
sym_of(const struct entry *e)
{
	return (struct sym *)(uintptr_t)what_of(e);
}

static struct entry *
part(struct seen *s, enum seen_kind kind)
{
	return kind == SEEN_NETWORK ? s->at : s->at + s->n[SEEN_NETWORK];
}

static size_t
total(const struct seen *s)
{
	return s == NULL ? 0 : (size_t)s->n[SEEN_NETWORK] + s->n[SEEN_CLIENT];
}

static uint32_t
seconds(usec_t t)
{
	int64_t s = t / USEC_SEC;

	return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

struct slice
seen_product(struct slice agent)
{
	size_t n, max = agent.n < SEEN_CLIENT_MAX ? agent.n : SEEN_CLIENT_MAX;

	for (n = 0; n < max && agent.p[n] != ' ';)
		n++;
	/* Not inside a character. */
	if (n == SEEN_CLIENT_MAX && n < agent.n)
		while (n > 0 && (agent.p[n] & 0xc0) == 0x80)
			n--;
	return (struct slice){n > 0 ? agent.p : NULL, n};
}

/*
 * Entries that there is room for with n of them: 5, 8, 11 ...  Most tokens in
 * use come to a few networks and a client or two.  The place that one gives up
 * as it moves is mostly too small for another, and a million such places add
 * up: so it moves seldom.
 */
static size_t
room(size_t n)
{
	return n <= 5 ? 5 : (n + 3) / 3 * 3 - 1;
}

static struct seen *
room_for_one(struct seen **s, enum seen_kind kind)
{
	size_t	     n = total(*s);
	struct seen *new = *s;

	if (new == NULL || room(n + 1) > room(n))
		new = xreallocarray(*s, 1,
		    sizeof *new + room(n + 1) * sizeof *new->at);
	if (*s == NULL)
		memset(new, 0, sizeof *new);
	*s = new;
	if (kind == SEEN_NETWORK)
		memmove(&new->at[new->n[kind] + 1], &new->at[new->n[kind]],
		    new->n[SEEN_CLIENT] * sizeof *new->at);
	new->n[kind]++;
	return new;
}

/* The place of a new entry: another one, or that of the one longest ago. */
static struct entry *
new_entry(struct seen **s, enum seen_kind kind, uint64_t what)
{
	struct entry *e, *oldest;
	struct sym   *client;
	unsigned      n = *s != NULL ? (*s)->n[kind] : 0, i;

	if (n < SEEN_MAX) {
		e = &part(room_for_one(s, kind), kind)[n];
	} else {
		oldest = part(*s, kind);
		for (i = 1, e = oldest + 1; i < n; i++, e++)
			if (e->last < oldest->last)
				oldest = e;
		e = oldest;
		if (kind == SEEN_CLIENT && (client = sym_of(e)) != NULL)
			sym_unref(&client);
	}
	if (kind == SEEN_CLIENT)
		sym_ref((struct sym *)(uintptr_t)what);
	*e = (struct entry){.first = UINT32_MAX};
	memcpy(e->what, &what, sizeof what);
	return e;
}

static struct entry *
find(struct seen *s, enum seen_kind kind, uint64_t what)
{
	struct entry *first, swap;
	unsigned      i;

	if (s == NULL)
		return NULL;
	first = part(s, kind);
	for (i = 0; i < s->n[kind]; i++) {
		if (what_of(&first[i]) != what)
			continue;
		if (i > 0) {
			swap = first[0];
			first[0] = first[i];
			first[i] = swap;
		}
		return first;
	}
	return NULL;
}

static void
add_one(struct seen **s, enum seen_kind kind, uint64_t what, uint32_t at,
    uint64_t count)
{
	struct entry *e;

	if (what == 0)
		return;
	if ((e = find(*s, kind, what)) == NULL)
		e = new_entry(s, kind, what);
	if (at < e->first)
		e->first = at;
	if (at > e->last)
		e->last = at;
	e->count = count < UINT32_MAX - e->count ? e->count + (uint32_t)count :
						   UINT32_MAX;
}

void
seen_add(struct seen **s, uint64_t network, struct sym *client, usec_t time,
    uint64_t count)
{
	uint32_t at = seconds(time);

	add_one(s, SEEN_NETWORK, network, at, count);
	add_one(s, SEEN_CLIENT, of_sym(client), at, count);
}

void
seen_free(struct seen **s)
{
	struct entry *e;
	struct sym   *client;
	unsigned      i;

	if (*s == NULL)
		return;
	e = part(*s, SEEN_CLIENT);
	for (i = 0; i < (*s)->n[SEEN_CLIENT]; i++) {
		client = sym_of(&e[i]);
		sym_unref(&client);
	}
	free(*s);
	*s = NULL;
}

void
seen_warm(const struct seen *s)
{
	if (s != NULL)
		mem_warm(s, WARM);
}

/* The latest first; as late, in the order of their values. */
static int
compare_views(const void *a, const void *b)
{
	const struct seen_view *x = a, *y = b;

	if (x->last != y->last)
		return x->last < y->last ? 1 : -1;
	if (x->client.p != NULL)
		return slice_cmp(x->client, y->client);
	return memcmp(x->network.net.b, y->network.net.b,
	    sizeof x->network.net.b);
}

unsigned
seen_list(const struct seen *s, enum seen_kind kind,
    struct seen_view out[SEEN_MAX])
{
	const struct entry *e;
	unsigned	    i, n;

	if (s == NULL)
		return 0;
	e = part((struct seen *)s, kind);
	n = s->n[kind];
	for (i = 0; i < n; i++, e++) {
		out[i] = (struct seen_view){.first = e->first * USEC_SEC,
		    .last = e->last * USEC_SEC,
		    .count = e->count};
		if (kind == SEEN_NETWORK)
			out[i].network = addr_net_of_key(what_of(e));
		else
			out[i].client = sym_text(sym_of(e));
	}
	qsort(out, n, sizeof *out, compare_views);
	return n;
}

/* --- as the store keeps it ------------------------------------------- */

static char *
put8(char *out, size_t v)
{
	*out = (char)v;
	return out + 1;
}

static char *
put32(char *out, uint32_t v)
{
	v = htole32(v);
	memcpy(out, &v, sizeof v);
	return out + sizeof v;
}

static char *
put64(char *out, uint64_t v)
{
	v = htole64(v);
	memcpy(out, &v, sizeof v);
	return out + sizeof v;
}

static bool
get(struct slice *in, uint64_t *v, unsigned bytes)
{
	unsigned i;

	if (in->n < bytes)
		return false;
	for (*v = 0, i = 0; i < bytes; i++)
		*v |= (uint64_t)(uint8_t)in->p[i] << 8 * i;
	in->p += bytes;
	in->n -= bytes;
	return true;
}

static char *
put_client(char *out, struct slice client)
{
	out = put8(out, client.n);
	memcpy(out, client.p, client.n);
	return out + client.n;
}

size_t
seen_pack(const struct seen *s, char out[SEEN_PACKED_MAX])
{
	const struct entry *e;
	char		   *p = out;
	size_t		    i;

	if (s == NULL)
		return 0;
	p = put8(p, FORM);
	p = put8(p, s->n[SEEN_NETWORK]);
	p = put8(p, s->n[SEEN_CLIENT]);
	for (i = 0, e = s->at; i < total(s); i++, e++) {
		p = i < s->n[SEEN_NETWORK] ? put64(p, what_of(e)) :
					     put_client(p, sym_text(sym_of(e)));
		p = put32(p, e->first);
		p = put32(p, e->last);
		p = put32(p, e->count);
	}
	return (size_t)(p - out);
}

static bool
get_what(struct slice *in, enum seen_kind kind, struct intern *clients,
    uint64_t *what)
{
	struct slice text;
	uint64_t     n;
	bool	     is_new;

	if (kind == SEEN_NETWORK)
		return get(in, what, 8) && addr_net_of_key(*what).net.family;
	if (!get(in, &n, 1) || n == 0 || n > SEEN_CLIENT_MAX || n > in->n)
		return false;
	text = (struct slice){in->p, (size_t)n};
	in->p += n;
	in->n -= n;
	*what = of_sym(intern_add(clients, text, &is_new));
	return true;
}

static bool
get_entry(struct slice *in, enum seen_kind kind, struct intern *clients,
    struct seen **s)
{
	struct entry *e;
	uint64_t      what, first, last, count;

	if (!get_what(in, kind, clients, &what) || !get(in, &first, 4) ||
	    !get(in, &last, 4) || !get(in, &count, 4) || what == 0)
		return false;
	if (find(*s, kind, what) != NULL)
		return false;
	e = new_entry(s, kind, what);
	e->first = (uint32_t)first;
	e->last = (uint32_t)last;
	e->count = (uint32_t)count;
	return true;
}

int
seen_unpack(struct slice in, struct intern *clients, struct seen **out)
{
	uint64_t form, n[SEEN_KINDS], i;
	int	 kind;

	*out = NULL;
	if (in.p == NULL)
		return 0;
	if (!get(&in, &form, 1) || form != FORM || !get(&in, &n[0], 1) ||
	    !get(&in, &n[1], 1) || n[0] > SEEN_MAX || n[1] > SEEN_MAX)
		return -1;
	for (kind = 0; kind < SEEN_KINDS; kind++) {
		for (i = 0; i < n[kind]; i++) {
			if (get_entry(&in, (enum seen_kind)kind, clients, out))
				continue;
			seen_free(out);
			return -1;
		}
	}
	if (in.n == 0)
		return 0;
	seen_free(out);
	return -1;
}
