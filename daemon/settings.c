#include "daemon/settings.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

#define ALERTS_HELD 100000 /* in memory, to count on in */

void
settings_policy(const struct conf *c, struct token_policy *out)
{
	*out = (struct token_policy){.max_lifetime = c->policy_max_lifetime,
	    .default_lifetime = c->policy_default_lifetime,
	    .idle_expires = c->policy_idle_expires,
	    .forbidden_scopes = c->policy_forbidden,
	    .description_required = c->policy_description != 0,
	    .max_per_account = (unsigned)c->tokens_per_account};
}

/* The table of options knows no more of them than there is room for. */
static void
notices_of(const struct conf_spans *l, struct notice_steps *out)
{
	for (out->n = 0; out->n < l->n; out->n++)
		out->before[out->n] = l->item[out->n];
}

void
settings_engine(const struct conf *c, struct engine_opts *o)
{
	*o = (struct engine_opts){.lateness = c->lateness,
	    .dedup_max = (size_t)c->dedup_max,
	    .strings_max = (size_t)c->strings_max,
	    .foreign_max = (size_t)c->foreign_max,
	    .alerts_max = ALERTS_HELD,
	    .token_prefix = c->token_prefix,
	    .auto_per_account = (unsigned)c->auto_per_account,
	    .max_overlap = c->policy_max_overlap,
	    .leak_to = (enum token_state)c->leak_respond,
	    .grant_lifetime = c->auth_lifetime,
	    .ceiling = (enum rule_mode)c->rule_ceiling,
	    .brake_changes = (unsigned)c->brake_changes,
	    .brake_per = c->brake_per,
	    .brake_share = c->brake_share};
	settings_policy(c, &o->policy);
	notices_of(&c->notice_expiry, &o->notices[NOTICE_EXPIRY]);
	notices_of(&c->notice_idle, &o->notices[NOTICE_IDLE]);
}

void
settings_keep(const struct conf *c, struct committer_keep *keep)
{
	*keep = (struct committer_keep){.refused_max = c->refused_max,
	    .uses = c->retain_uses,
	    .alerts = c->retain_alerts,
	    .refused = c->retain_refused};
}

/* --- rules --------------------------------------------------------- */

/* Nanoseconds, for the cost of rules. */
static uint64_t
rule_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

struct ruleset *
settings_load_rules(const struct conf *c, struct complaints *faults)
{
	struct rule_placeholder *list =
	    xcalloc(c->placeholders.n + 1, sizeof *list);
	struct ruleset_limits	 lim = {.keys_per_rule = (size_t)c->rule_keys,
	       .keys_in_all = (size_t)c->rule_keys_in_all,
	       .room_in_all = (size_t)c->rule_memory,
	       .lateness = c->lateness,
	       .clock = rule_clock,
	       .keep_texts = true,
	       .placeholders = list,
	       .nplaceholders = c->placeholders.n};
	struct ruleset		*rs;
	const struct conf_named *p;
	unsigned		 i;

	for (i = 0; i < c->placeholders.n; i++) {
		p = &c->placeholders.item[i];
		list[i] = (struct rule_placeholder){p->name,
		    (const char *const *)p->values.item, p->values.n};
	}
	rs = ruleset_load((const char *const *)c->rule_paths.item,
	    c->rule_paths.n, &lim, faults);
	free(list);
	return rs;
}

void
settings_format_faults(const struct complaints *faults, struct buf *out)
{
	size_t i, told = 0;

	for (i = 0; i < faults->n; i++) {
		if (faults->list[i].warning)
			continue;
		if (out->n > 0)
			buf_addc(out, '\n');
		complain_format(&faults->list[i], out);
		told++;
	}
	if (faults->errors > told)
		buf_addf(out, "\n... and %zu more", faults->errors - told);
}
