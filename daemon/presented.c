#include "daemon/presented.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/committer.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/patrold.h"

struct presented {
	struct patrold		  *p;
	const struct control_peer *peer;
	usec_t			   now;
	unsigned		   n;
	struct error		  *what;
};

static void
add_fact(struct use *u, const char *name, const char *text)
{
	(void)use_add_other(u, slice_of(name),
	    (struct use_value){text, (uint32_t)strlen(text), USE_STRING,
		false});
}

/* By whom is the kernel's word; `t` is NULL for a secret that nobody has. */
static void
take_use(const struct presented *pr, const struct token *t)
{
	struct use  *u = xcalloc(1, sizeof *u);
	struct error err;

	use_init(u, pr->now);
	use_set(u, USE_ACTION, SLICE("admin"));
	use_set(u, USE_OUTCOME, t != NULL ? SLICE("denied") : SLICE("failure"));
	use_set(u, USE_REASON,
	    t != NULL ? SLICE("access token on the control socket") :
			SLICE("unknown secret on the control socket"));
	if (t != NULL)
		use_set(u, USE_TOKEN, slice_of(t->id));
	if (t != NULL && t->account != NULL)
		use_set(u, USE_ACCOUNT, slice_of(t->account->name));
	add_fact(u, "control.by", pr->peer->actor);
	if (patrold_take(pr->p, u, &err) != USE_OK)
		log_warnx("a token on the control socket: %s, ignoring",
		    err.text);
	free(u);
}

static void
found(struct slice secret, void *arg)
{
	struct presented *pr = arg;
	uint8_t		  hash[SECRET_HASH];
	struct token	 *t;

	if (++pr->n > PRESENTED_MAX)
		return;
	secret_hash(secret, hash);
	t = token_table_find_secret(engine_tokens(pr->p->engine), hash);
	secret_wipe(hash, sizeof hash);
	if (pr->n == 1)
		error_set(pr->what, "access token %s",
		    t != NULL ? t->id : "(unknown)");
	/* While nothing can be stored, strangers must not fill the memory. */
	if (!committer_is_stuck(pr->p->committer))
		take_use(pr, t);
}

bool
presented_take(struct patrold *p, const struct control_peer *peer, usec_t now,
    char *line, size_t n, struct error *what)
{
	struct presented pr = {p, peer, now, 0, what};

	secret_find_json(line, n, found, &pr);
	return pr.n > 0;
}
