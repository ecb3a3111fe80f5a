/*
 * What `patrolctl status` shows: the counters of /metrics (http-metrics.c),
 * and what no counter says, such as why the store is in trouble.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/throttle.h"
#include "base/jsonw.h"
#include "base/tally.h"
#include "daemon/cmd.h"
#include "daemon/http.h"
#include "daemon/ingest.h"
#include "daemon/leaks.h"
#include "daemon/patrold.h"
#include "daemon/signin.h"
#include "daemon/sinks.h"
#include "daemon/verifier.h"
#include "engine/brake.h"

#define RULES_MAX 200 /* whose windows are told one by one */

static void
field_count(struct jsonw *w, const char *key, uint64_t v)
{
	jsonw_field_int(w, key, v < INT64_MAX ? (int64_t)v : INT64_MAX);
}

/* The names that were ever counted, each with the columns that were. */
static void
status_tally(struct jsonw *w, const char *key, const struct tally *t,
    const char *(*column_name)(int), int first, int end)
{
	uint64_t v, sum;
	unsigned row;
	int	 i;

	jsonw_key(w, key);
	jsonw_object(w);
	for (row = 0; row < tally_rows(t); row++) {
		for (sum = 0, i = first; i < end; i++)
			sum += tally_get(t, row, (unsigned)i);
		if (sum == 0)
			continue;
		jsonw_keyslice(w, tally_name(t, row));
		jsonw_object(w);
		for (i = first; i < end; i++)
			if ((v = tally_get(t, row, (unsigned)i)) > 0)
				field_count(w, column_name(i), v);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
status_uses(struct jsonw *w, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	unsigned		    i;

	jsonw_key(w, "uses");
	jsonw_object(w);
	jsonw_field_int(w, "taken", (int64_t)c->uses);
	jsonw_field_int(w, "duplicates", (int64_t)c->duplicates);
	jsonw_field_int(w, "empty", (int64_t)c->empty);
	jsonw_field_int(w, "refused", (int64_t)c->refused);
	jsonw_field_time(w, "last", c->last_use);
	jsonw_end(w);
	jsonw_key(w, "refused");
	jsonw_object(w);
	for (i = USE_OK + 1; i < USE_REFUSALS; i++)
		jsonw_field_int(w, use_refusal_name((int)i),
		    (int64_t)p->refusals[i]);
	jsonw_end(w);
	status_tally(w, "registries", engine_registries(p->engine),
	    use_outcome_name, OUTCOME_NONE, OUTCOME_FAILURE + 1);
	status_tally(w, "refused_by", p->senders, use_refusal_name, USE_OK + 1,
	    USE_REFUSALS);
}

static void
status_ingest(struct jsonw *w, const struct patrold *p)
{
	const struct ingest_counts *in = ingest_counts(p->ingest);

	jsonw_key(w, "ingest");
	jsonw_object(w);
	jsonw_field_int(w, "connections", (int64_t)in->connections);
	jsonw_field_int(w, "accepted", (int64_t)in->accepted);
	jsonw_field_int(w, "kept_waiting", (int64_t)in->kept_waiting);
	jsonw_field_int(w, "lines", (int64_t)in->lines);
	jsonw_field_int(w, "settled", (int64_t)in->settled);
	jsonw_field_int(w, "acks", (int64_t)in->acks);
	jsonw_field_int(w, "throttled", (int64_t)in->throttled);
	jsonw_end(w);
}

static void
status_queue(struct jsonw *w, const struct patrold *p, usec_t now)
{
	struct committer_queue q;

	committer_queue(p->committer, &q);
	jsonw_key(w, "queue");
	jsonw_object(w);
	field_count(w, "uses", q.uses);
	field_count(w, "refused", q.refused);
	field_count(w, "bytes", q.bytes);
	jsonw_field_int(w, "oldest_usec",
	    q.oldest != 0 && now > q.oldest ? now - q.oldest : 0);
	jsonw_end(w);
}

/* Values up to each bound, as in /metrics: each bucket has those before. */
static void
status_histogram(struct jsonw *w, const char *key, const struct histogram *h)
{
	char	 name[32];
	unsigned i;

	jsonw_key(w, key);
	jsonw_object(w);
	for (i = 0; i < h->n; i++) {
		snprintf(name, sizeof name, "<=%llu",
		    (unsigned long long)h->bound[i]);
		field_count(w, name, histogram_below(h, i));
	}
	field_count(w, "all", h->count);
	field_count(w, "sum", h->sum);
	jsonw_end(w);
}

static void
status_store(struct jsonw *w, const struct patrold *p)
{
	const struct committer_counts *c = committer_counts(p->committer);
	struct store_size	       size;

	store_size(p->boot_conf->store_path, &size);
	jsonw_key(w, "store");
	jsonw_object(w);
	jsonw_field_str(w, "path", slice_of(p->conf->store_path));
	jsonw_field_str(w, "trouble",
	    slice_of(committer_trouble(p->committer)));
	jsonw_field_str(w, "log_trouble",
	    slice_of(committer_log_trouble(p->committer)));
	jsonw_field_int(w, "commits", (int64_t)c->commits);
	jsonw_field_int(w, "stored_uses", (int64_t)c->uses);
	jsonw_field_int(w, "failures", (int64_t)c->failures);
	jsonw_field_int(w, "last_commit_usec", c->last_usec);
	field_count(w, "database_bytes", size.database);
	field_count(w, "log_bytes", size.log);
	field_count(w, "trimmed_rows", c->trimmed);
	jsonw_end(w);
	status_histogram(w, "commit_usec", &c->took);
	status_histogram(w, "commit_uses", &c->size);
	status_histogram(w, "trim_usec", &c->trims);
}

static void
status_tokens(struct jsonw *w, const struct patrold *p)
{
	const struct rotation_counts *r = engine_rotation_counts(p->engine);
	const struct token_counts    *c;

	c = token_table_counts(engine_tokens(p->engine));
	jsonw_key(w, "tokens");
	jsonw_object(w);
	jsonw_field_int(w, "active", (int64_t)c->by_state[TOKEN_ACTIVE]);
	jsonw_field_int(w, "inactive", (int64_t)c->by_state[TOKEN_INACTIVE]);
	jsonw_field_int(w, "expired", (int64_t)c->by_state[TOKEN_EXPIRED]);
	jsonw_field_int(w, "deleted", (int64_t)c->by_state[TOKEN_DELETED]);
	jsonw_field_int(w, "honey", (int64_t)c->honey);
	jsonw_field_int(w, "rotated", (int64_t)r->tokens);
	jsonw_field_int(w, "old_secrets", (int64_t)r->old);
	jsonw_field_int(w, "old_secrets_forgotten", (int64_t)r->forgotten);
	jsonw_field_int(w, "foreign", (int64_t)c->foreign);
	jsonw_field_int(w, "foreign_evicted", (int64_t)c->foreign_evicted);
	jsonw_field_int(w, "accounts", (int64_t)c->accounts);
	jsonw_end(w);
}

/* Ids tell rules apart, titles tell people more. */
static const char *
window_name(const struct ruleset *rs, const struct rule *r)
{
	const struct rule *other;
	size_t		   i;

	for (i = 0; i < ruleset_count(rs); i++) {
		other = ruleset_rule(rs, i);
		if (other != r && strcmp(other->title, r->title) == 0)
			return r->id;
	}
	return r->title;
}

static void
status_windows(struct jsonw *w, const struct patrold *p)
{
	const struct ruleset *rs = engine_rules(p->engine);
	const struct rule    *r;
	struct rule_stats     s;
	size_t		      i, shown = 0;

	jsonw_key(w, "windows");
	jsonw_object(w);
	for (i = 0; i < ruleset_count(rs) && shown < RULES_MAX; i++) {
		r = ruleset_rule(rs, i);
		if (r->timespan == 0)
			continue;
		shown++;
		ruleset_stats(rs, i, &s);
		jsonw_key(w, window_name(rs, r));
		jsonw_object(w);
		field_count(w, "keys", s.keys);
		field_count(w, "hits", s.hits);
		field_count(w, "evicted", s.evicted);
		field_count(w, "shed", s.shed);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
status_alerts(struct jsonw *w, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	const struct brake	   *b = engine_brake(p->engine);
	struct alert_table	   *at = engine_alerts(p->engine);

	jsonw_key(w, "alerts");
	jsonw_object(w);
	jsonw_field_int(w, "raised", (int64_t)c->alerts);
	jsonw_field_int(w, "simulated", (int64_t)c->simulated);
	jsonw_field_int(w, "held", (int64_t)alert_table_count(at));
	jsonw_field_int(w, "evicted", (int64_t)alert_table_evicted(at));
	jsonw_field_int(w, "responses", (int64_t)c->responses);
	jsonw_end(w);
	jsonw_key(w, "notices");
	jsonw_object(w);
	field_count(w, "expiry", c->notices[NOTICE_EXPIRY]);
	field_count(w, "idle", c->notices[NOTICE_IDLE]);
	field_count(w, "waiting", engine_notices_waiting(p->engine));
	jsonw_end(w);
	jsonw_key(w, "brake");
	jsonw_object(w);
	jsonw_field_bool(w, "on", b->on);
	jsonw_field_time(w, "since", b->since);
	jsonw_field_int(w, "prevented", (int64_t)b->held);
	jsonw_end(w);
}

static void
status_sinks(struct jsonw *w, const struct patrold *p)
{
	struct sink_status s[SINK_MAX];
	unsigned	   i, n = sinks_status(p->sinks, s);

	jsonw_key(w, "sinks");
	jsonw_object(w);
	for (i = 0; i < n; i++) {
		jsonw_key(w, s[i].name);
		jsonw_object(w);
		jsonw_field_str(w, "where", slice_of(s[i].where));
		jsonw_field_int(w, "delivered", (int64_t)s[i].delivered);
		jsonw_field_int(w, "waiting", (int64_t)s[i].waiting);
		jsonw_field_int(w, "failures", (int64_t)s[i].failures);
		jsonw_field_int(w, "dropped", (int64_t)s[i].dropped);
		jsonw_field_str(w, "trouble", slice_of(s[i].trouble));
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
status_signins(struct jsonw *w, const struct signins *s)
{
	jsonw_key(w, "sign_ins");
	jsonw_object(w);
	field_count(w, "wrong", s->counts.wrong);
	field_count(w, "slowed", s->counts.slowed);
	field_count(w, "passwords", s->counts.passwords);
	field_count(w, "passwords_waiting", s->waiting);
	field_count(w, "passwords_turned_away", s->counts.busy);
	field_count(w, "addresses", throttle_count(s->addresses));
	field_count(w, "accounts", throttle_count(s->accounts));
	field_count(w, "known_places", throttle_count(s->known));
	jsonw_end(w);
}

static void
status_verify(struct jsonw *w, struct verifier *v)
{
	const struct verifier_counts *c = verifier_counts(v);

	jsonw_key(w, "verify");
	jsonw_object(w);
	field_count(w, "allowed", c->allowed);
	field_count(w, "repeats", c->repeats);
	field_count(w, "denied", c->denied);
	field_count(w, "refused", c->refused);
	field_count(w, "challenged", c->challenged);
	field_count(w, "windows", verifier_windows(v));
	jsonw_end(w);
}

static void
status_http(struct jsonw *w, const struct patrold *p)
{
	const struct http_counts *c = http_counts(p->http);

	jsonw_key(w, "http");
	jsonw_object(w);
	jsonw_field_int(w, "requests", (int64_t)c->requests);
	jsonw_field_int(w, "refused", (int64_t)c->refused);
	jsonw_field_int(w, "grants", (int64_t)c->grants);
	jsonw_field_int(w, "notifications", (int64_t)c->notifications);
	jsonw_end(w);
	status_signins(w, p->signins);
	status_verify(w, p->verifier);
	jsonw_key(w, "control");
	jsonw_object(w);
	field_count(w, "connections", control_connections(p->control));
	jsonw_end(w);
}

static void
status_memory(struct jsonw *w, const struct patrold *p)
{
	struct engine_evicted e;
	struct ruleset_held   held;

	engine_evicted(p->engine, &e);
	ruleset_held(engine_rules(p->engine), &held);
	jsonw_key(w, "memory");
	jsonw_object(w);
	jsonw_field_int(w, "ids", (int64_t)engine_dedup_count(p->engine));
	jsonw_field_int(w, "ids_max", p->conf->dedup_max);
	jsonw_field_int(w, "strings", (int64_t)engine_strings(p->engine));
	jsonw_field_int(w, "strings_max", p->conf->strings_max);
	jsonw_field_int(w, "foreign_max", p->conf->foreign_max);
	jsonw_field_int(w, "keys", (int64_t)held.keys);
	jsonw_field_int(w, "keys_max", p->conf->rule_keys_in_all);
	jsonw_field_int(w, "keys_bytes", (int64_t)held.bytes);
	jsonw_field_int(w, "keys_bytes_max", p->conf->rule_memory);
	jsonw_field_int(w, "keys_evicted", (int64_t)held.evicted);
	jsonw_end(w);
	jsonw_key(w, "evicted");
	jsonw_object(w);
	field_count(w, "ids", e.ids);
	field_count(w, "strings", e.strings);
	field_count(w, "foreign_tokens", e.foreign);
	field_count(w, "alerts", e.alerts);
	field_count(w, "registry_names", e.registries);
	field_count(w, "sender_names", tally_evicted(p->senders));
	field_count(w, "wrong_addresses",
	    throttle_evicted(p->signins->addresses));
	field_count(w, "wrong_accounts",
	    throttle_evicted(p->signins->accounts));
	field_count(w, "known_places", throttle_evicted(p->signins->known));
	jsonw_end(w);
}

static void
cmd_status(struct control_request *r)
{
	const struct patrold *p = r->p;
	struct jsonw	      w;
	struct buf	      b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "version", SLICE(PATROL_VERSION));
	jsonw_field_int(&w, "pid", (int64_t)getpid());
	jsonw_field_time(&w, "started", p->started);
	status_uses(&w, p);
	status_ingest(&w, p);
	status_queue(&w, p, r->now);
	status_store(&w, p);
	status_tokens(&w, p);
	jsonw_field_int(&w, "rules",
	    (int64_t)ruleset_count(engine_rules(p->engine)));
	status_windows(&w, p);
	status_alerts(&w, p);
	leaks_format_status(p->leaks, &w);
	status_sinks(&w, p);
	status_http(&w, p);
	status_memory(&w, p);
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
cmd_status_config(struct control_request *r)
{
	struct jsonw w;
	struct buf   b, yaml;

	buf_init(&b);
	buf_init(&yaml);
	conf_format(r->p->conf, &yaml);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "yaml", buf_slice(&yaml));
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&yaml);
	buf_clear(&b);
}

/* clang-format off */
const struct cmd_entry cmd_status_entries[] = {
	{"status", ROLE_VIEWER, cmd_status, {NULL}},
	{"status.config", ROLE_ADMIN, cmd_status_config, {NULL}},
	{.name = NULL},
};
/* clang-format on */
