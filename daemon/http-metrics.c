/*
 * http-metrics - the counters in Prometheus' text format.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#include <event2/http.h>

#include "base/buf.h"
#include "daemon/http.h"
#include "daemon/ingest.h"
#include "daemon/patrold.h"
#include "daemon/sinks.h"
#include "engine/brake.h"

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
counter(struct buf *b, const char *name, const char *help, uint64_t v)
{
	head(b, name, "counter", help);
	buf_addf(b, "%s %llu\n", name, (unsigned long long)v);
}

static void
gauge(struct buf *b, const char *name, const char *help, uint64_t v)
{
	head(b, name, "gauge", help);
	buf_addf(b, "%s %llu\n", name, (unsigned long long)v);
}

static void
labelled(struct buf *b, const char *name, const char *label, const char *value,
    uint64_t v)
{
	buf_addf(b, "%s{%s=\"%s\"} %llu\n", name, label, value,
	    (unsigned long long)v);
}

static void
add_uses(struct buf *b, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	const struct ingest_counts *in = ingest_counts(p->ingest);
	int			    i;

	counter(b, "patrol_uses_total", "Uses taken.", c->uses);
	counter(b, "patrol_duplicates_total", "Uses that were there already.",
	    c->duplicates);
	counter(b, "patrol_empty_total",
	    "Uses with a count of 0, which are none.", c->empty);
	head(b, "patrol_refused_total", "counter", "Lines refused.");
	for (i = USE_OK + 1; i < USE_REFUSALS; i++)
		labelled(b, "patrol_refused_total", "reason",
		    use_refusal_name(i), p->refusals[i]);
	gauge(b, "patrol_ingest_connections",
	    "Connections to the ingest sockets.", in->connections);
	counter(b, "patrol_ingest_kept_waiting_total",
	    "Times limits.ingest-connections was reached and new ones waited.",
	    in->kept_waiting);
	counter(b, "patrol_ingest_throttled_total",
	    "Times a sender was not read because commits were behind.",
	    in->throttled);
	gauge(b, "patrol_ids_remembered", "Ids kept to tell duplicates by.",
	    engine_dedup_count(p->engine));
	gauge(b, "patrol_strings_remembered", "Texts kept with their numbers.",
	    engine_strings(p->engine));
}

static void
add_store(struct buf *b, const struct patrold *p)
{
	const struct committer_counts *c = committer_counts(p->committer);

	counter(b, "patrol_commits_total", "Transactions made durable.",
	    c->commits);
	counter(b, "patrol_stored_uses_total", "Uses made durable.", c->uses);
	counter(b, "patrol_commit_failures_total",
	    "Transactions that failed and were tried again.", c->failures);
	gauge(b, "patrol_store_in_trouble", "1 while nothing can be stored.",
	    committer_trouble(p->committer) != NULL);
}

static void
add_tokens(struct buf *b, const struct patrold *p)
{
	const struct token_counts *c;
	int			   i;

	c = token_table_counts(engine_tokens(p->engine));
	head(b, "patrol_tokens", "gauge", "Tokens by state.");
	for (i = TOKEN_ACTIVE; i <= TOKEN_DELETED; i++)
		labelled(b, "patrol_tokens", "state",
		    token_state_name((enum token_state)i), c->by_state[i]);
	gauge(b, "patrol_foreign_tokens",
	    "Tokens of other issuers that are kept.", c->foreign);
	counter(b, "patrol_foreign_tokens_evicted_total",
	    "Tokens of other issuers that gave way.", c->foreign_evicted);
}

static void
add_alerts(struct buf *b, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	struct sink_status	    s[SINK_MAX];
	unsigned		    i, n = sinks_status(p->sinks, s);

	counter(b, "patrol_alerts_total", "Alerts raised.", c->alerts);
	counter(b, "patrol_responses_total", "Automatic changes made.",
	    c->responses);
	gauge(b, "patrol_brake_on", "1 while the brake holds.",
	    engine_brake(p->engine)->on);
	head(b, "patrol_sink_delivered_total", "counter", "Alerts delivered.");
	for (i = 0; i < n; i++)
		labelled(b, "patrol_sink_delivered_total", "sink", s[i].name,
		    s[i].delivered);
	head(b, "patrol_sink_failures_total", "counter",
	    "Deliveries that failed and are tried again.");
	for (i = 0; i < n; i++)
		labelled(b, "patrol_sink_failures_total", "sink", s[i].name,
		    s[i].failures);
	head(b, "patrol_sink_waiting", "gauge", "Alerts not delivered yet.");
	for (i = 0; i < n; i++)
		labelled(b, "patrol_sink_waiting", "sink", s[i].name,
		    s[i].waiting);
	head(b, "patrol_sink_dropped_total", "counter",
	    "Alerts that gave way in a sink's queue.");
	for (i = 0; i < n; i++)
		labelled(b, "patrol_sink_dropped_total", "sink", s[i].name,
		    s[i].dropped);
}

static void
add_rules(struct buf *b, const struct patrold *p)
{
	const struct ruleset *rs = engine_rules(p->engine);
	struct ruleset_held   held;

	ruleset_held(rs, &held);
	gauge(b, "patrol_rules", "Rules in force.", ruleset_count(rs));
	gauge(b, "patrol_rule_keys", "Keys that rules watch.", held.keys);
	gauge(b, "patrol_rule_keys_bytes",
	    "Bytes that they and their windows take.", held.bytes);
	counter(b, "patrol_rule_keys_evicted_total",
	    "Keys that gave way to the limits of all rules together.",
	    held.evicted);
}

void
http_metrics_route(struct http_door *d, struct evhttp_request *req)
{
	struct buf b;

	buf_init(&b);
	add_uses(&b, d->p);
	add_store(&b, d->p);
	add_tokens(&b, d->p);
	add_alerts(&b, d->p);
	add_rules(&b, d->p);
	counter(&b, "patrol_http_requests_total", "Requests over HTTP.",
	    http_counts(d->http)->requests);
	counter(&b, "patrol_grants_total", "Sign-ins granted.",
	    http_counts(d->http)->grants);
	http_reply(req, 200, "text/plain; version=0.0.4; charset=utf-8",
	    buf_slice(&b));
	buf_clear(&b);
}
