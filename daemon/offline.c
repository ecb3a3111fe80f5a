#include "daemon/offline.h"

#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/patrold.h"

static bool
is_known_client(const struct conf *c, struct slice client)
{
	unsigned i;

	for (i = 0; i < c->auto_clients.n; i++)
		if (slice_is(client, c->auto_clients.item[i]))
			return true;
	return false;
}

static bool
is_wanted(const struct conf *c, const struct offline_request *o)
{
	return (slice_is(o->offline_token, "true") ||
		   slice_is(o->access_type, "offline")) &&
	    is_known_client(c, o->client);
}

/* "docker, signed in from 192.0.2.1" */
static struct slice
describe(struct slice client, const struct addr *from, char *room, size_t max)
{
	char address[ADDR_TEXT_MAX];
	int  n;

	if (from->family != 0)
		(void)addr_format(from, address);
	n = snprintf(room, max, "%.*s, signed in%s%s", SLICE_ARG(client),
	    from->family != 0 ? " from " : "",
	    from->family != 0 ? address : "");
	return (struct slice){room, (size_t)n < max ? (size_t)n : max - 1};
}

void
offline_make(struct patrold *p, const struct account *a,
    const struct offline_request *o, const struct addr *from, usec_t now,
    char secret[SECRET_MAX])
{
	struct engine_actor	by = {.uid = -1, .pid = -1};
	char			text[TOKEN_DESCRIPTION_MAX];
	char			actor[ACCOUNT_NAME_MAX + 16];
	struct engine_new_token want = {.account = slice_of(a->name),
	    .kind = TOKEN_AUTO};
	struct engine_made	made;
	struct error		err;

	secret[0] = '\0';
	if (!is_wanted(p->conf, o))
		return;
	snprintf(actor, sizeof actor, "sign-in:%s", a->name);
	by.name = actor;
	want.description = describe(o->client, from, text, sizeof text);
	if (engine_token_create(p->engine, &want, now, &by, &made, &err) !=
	    ENGINE_OK) {
		log_warnx("no auto-generated token for %s: %s", a->name,
		    err.text);
		return;
	}
	memcpy(secret, made.secret, SECRET_MAX);
	secret_wipe(made.secret, sizeof made.secret);
}
