#include "daemon/presented.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/committer.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/patrold.h"

/* By whom is the kernel's word; `t` is NULL for a secret that nobody has. */
static void
take_use(struct patrold *p, const struct control_peer *peer, usec_t now,
    const struct token *t)
{
	struct use  *u = xcalloc(1, sizeof *u);
	struct error err;

	use_init(u, now);
	use_set(u, USE_ACTION, SLICE("admin"));
	use_set(u, USE_OUTCOME, t != NULL ? SLICE("denied") : SLICE("failure"));
	use_set(u, USE_REASON,
	    t != NULL ? SLICE("access token on the control socket") :
			SLICE("unknown secret on the control socket"));
	if (t != NULL)
		use_set(u, USE_TOKEN, slice_of(t->id));
	if (t != NULL && t->account != NULL)
		use_set(u, USE_ACCOUNT, slice_of(t->account->name));
	use_add_text(u, "control.by", slice_of(peer->actor));
	if (patrold_take(p, u, &err) != USE_OK)
		log_warnx("a token on the control socket: %s, ignoring",
		    err.text);
	free(u);
}

static void
keep_hash(struct slice secret, void *arg)
{
	struct presented *pr = arg;

	if (pr->n < PRESENTED_MAX)
		secret_hash(secret, pr->hash[pr->n]);
	pr->n++;
}

void
presented_find(struct presented *pr, char *line, size_t n)
{
	pr->n = 0;
	secret_find_json(line, n, keep_hash, pr);
}

void
presented_take(const struct presented *pr, struct patrold *p,
    const struct control_peer *peer, usec_t now, struct error *what)
{
	struct engine_presented shown;
	struct token	       *t;
	unsigned		i;

	for (i = 0; i < pr->n && i < PRESENTED_MAX; i++) {
		/* One that was replaced by another gives it away as well. */
		engine_present_hash(p->engine, pr->hash[i], now, &shown);
		t = shown.token;
		if (i == 0)
			error_set(what, "access token %s",
			    t != NULL ? t->id : "(unknown)");
		/* While nothing can be stored, strangers must not fill the
		 * memory. */
		if (!committer_is_stuck(p->committer))
			take_use(p, peer, now, t);
	}
}
