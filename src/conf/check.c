#include "conf/check.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"

#define SENDER_SERVES  (SERVE_NOTIFICATIONS | SERVE_USES)
#define FORBIDS_DELETE 16 /* of the words of forbidden-scopes */
#define SOCKETS_MAX    (2 * CONF_LISTENERS_MAX + 1)

struct check {
	const struct conf      *conf;
	const struct yaml_node *root;
	const char	       *file;
	struct complaints      *c;
};

/* A place that something listens at, and where the file says so. */
struct door {
	const char	       *at;
	const struct yaml_node *n;
	const char	       *path; /* of the option */
};

/* Line and column of a node, which may be missing. */
#define PLACE(k, n) \
	(k)->file, (n) != NULL ? (n)->line : 0, (n) != NULL ? (n)->col : 0

/* Entry `i` of a list at the top; NULL if the file has none. */
static const struct yaml_node *
entry_of(const struct check *k, const char *list, unsigned i)
{
	const struct yaml_node *n = yaml_get(k->root, list);

	if (n == NULL || n->type != YAML_LIST)
		return NULL;
	for (n = n->child; n != NULL && i > 0; n = n->next)
		i--;
	return n;
}

static bool
is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (a->family == 4)
		return a->b[0] == 127;
	return memcmp(a->b, one, sizeof one) == 0;
}

static void
check_pair(const struct check *k, const struct yaml_node *n, const char *a,
    const char *a_value, const char *b, const char *b_value)
{
	if ((a_value == NULL) == (b_value == NULL))
		return;
	complain_error(k->c, PLACE(k, n), "%s without %s: set both or none",
	    a_value != NULL ? a : b, a_value != NULL ? b : a);
}

/* Is there a group of that name? */
static bool
has_group(const struct conf *conf, const char *name)
{
	unsigned i;

	for (i = 0; i < conf->groups.n; i++)
		if (strcmp(conf->groups.item[i].name, name) == 0)
			return true;
	return false;
}

/* What is signed can only be told by the keys. */
static void
check_leaks(const struct check *k)
{
	unsigned i;

	for (i = 0; i < k->conf->nhttp && k->conf->leak_keys == NULL; i++)
		if (k->conf->http[i].serve & SERVE_LEAKS)
			complain_error(k->c, PLACE(k, entry_of(k, "http", i)),
			    "leaks.keys: needed to serve leaks");
}

/* Each scope contains the ones before it. */
static void
check_scopes(const struct check *k)
{
	unsigned bits = k->conf->policy_forbidden;

	if (bits != 0 && (bits & FORBIDS_DELETE) == 0)
		complain_warning(k->c, PLACE(k, yaml_get(k->root, "tokens")),
		    "tokens.policy.forbidden-scopes: what is allowed still "
		    "contains what is forbidden: a scope contains all below "
		    "it");
}

/* A misspelt group would be one that nobody is in, and nobody would know. */
static void
check_access(const struct check *k, const struct conf_access *a)
{
	unsigned i;

	for (i = 0; i < a->who.n; i++)
		if (a->who.item[i][0] == '@' &&
		    !has_group(k->conf, a->who.item[i] + 1))
			complain_error(k->c,
			    PLACE(k, yaml_get(k->root, "auth")),
			    "auth.access[].who: no group '%s' in auth.groups",
			    a->who.item[i] + 1);
}

/*
 * Whoever can connect to a TCP port could send uses; so they show a secret.
 * And who asks /verify tells of others' requests; so it is a proxy we trust.
 */
static void
check_http(const struct check *k, unsigned i)
{
	const struct conf_http *h = &k->conf->http[i];
	const struct yaml_node *n = entry_of(k, "http", i);
	struct addr		a;
	uint16_t		port;

	check_pair(k, n, "http[].tls.certificate", h->tls_certificate,
	    "http[].tls.key", h->tls_key);
	if (h->listen == NULL ||
	    value_parse_listen(slice_of(h->listen), &a, &port) != 0)
		return;
	if ((h->serve & SENDER_SERVES) && h->secret_file == NULL)
		complain_error(k->c, PLACE(k, n),
		    "http[].secret-file: "
		    "needed to serve notifications or uses on TCP");
	if ((h->serve & SERVE_VERIFY) && h->trusted_proxies.n == 0)
		complain_error(k->c, PLACE(k, n),
		    "http[].trusted-proxies: "
		    "needed to serve verify on TCP: who may ask");
	if (!is_loopback(&a) && h->tls_key == NULL)
		complain_warning(k->c, PLACE(k, n),
		    "http[].listen: '%s' is "
		    "not loopback and has no TLS: secrets travel in the clear",
		    h->listen);
}

/* "[::1]:80" and "[0:0::1]:80" are one. */
static bool
is_same_door(const char *a, const char *b)
{
	struct addr x, y;
	uint16_t    p, q;

	if (value_parse_listen(slice_of(a), &x, &p) == 0 &&
	    value_parse_listen(slice_of(b), &y, &q) == 0)
		return p == q && addr_eq(&x, &y);
	return strcmp(a, b) == 0;
}

static void
check_doors(const struct check *k, const struct door *d, unsigned n)
{
	unsigned i, j;

	for (i = 1; i < n; i++) {
		for (j = 0; j < i; j++) {
			if (!is_same_door(d[i].at, d[j].at))
				continue;
			complain_error(k->c, PLACE(k, d[i].n),
			    "%s: '%s' is taken by %s already", d[i].path,
			    d[i].at, d[j].path);
			break;
		}
	}
}

static unsigned
list_doors(const struct check *k, struct door d[SOCKETS_MAX])
{
	const struct conf *conf = k->conf;
	unsigned	   i, n = 0;

	d[n++] = (struct door){conf->control_socket,
	    yaml_get(k->root, "control"), "control.socket"};
	for (i = 0; i < conf->ningest; i++)
		d[n++] = (struct door){conf->ingest[i].socket,
		    entry_of(k, "ingest", i), "ingest[].socket"};
	for (i = 0; i < conf->nhttp; i++) {
		if (conf->http[i].listen != NULL)
			d[n++] = (struct door){conf->http[i].listen,
			    entry_of(k, "http", i), "http[].listen"};
	}
	return n;
}

void
check_conf(const struct conf *conf, const struct yaml_node *root,
    const char *file, struct complaints *c)
{
	const struct check k = {conf, root, file, c};
	struct door	   doors[SOCKETS_MAX];
	unsigned	   i;

	check_scopes(&k);
	for (i = 0; i < conf->naccess; i++)
		check_access(&k, &conf->access[i]);
	check_pair(&k, yaml_get(root, "auth"), "auth.key", conf->auth_key,
	    "auth.certificate", conf->auth_certificate);
	for (i = 0; i < conf->nhttp; i++)
		check_http(&k, i);
	check_leaks(&k);
	check_doors(&k, doors, list_doors(&k, doors));
}
