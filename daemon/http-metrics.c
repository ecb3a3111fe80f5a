/*
 * http-metrics - the counters, for Prometheus.
 *
 * All of them are members of structs of the loop thread, which counts as it
 * works: a scrape reads, and the road of a use takes no lock for it.  Each
 * label has a bound: names that strangers choose are rows of a tally, rules
 * beyond RULES_MAX are summed.  `patrolctl status` shows the same
 * (cmd-status.c).
 */
#include <event2/http.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "auth/throttle.h"
#include "base/tally.h"
#include "daemon/control.h"
#include "daemon/expose.h"
#include "daemon/http.h"
#include "daemon/ingest.h"
#include "daemon/leaks.h"
#include "daemon/patrold.h"
#include "daemon/signin.h"
#include "daemon/sinks.h"
#include "daemon/verifier.h"
#include "engine/brake.h"

#define RULES_MAX 200 /* with a row of their own */

static void
counter(struct expose *x, const char *name, const char *help, uint64_t v)
{
	expose_counter(x, name, help);
	expose_int(x, v);
}

static void
gauge(struct expose *x, const char *name, const char *help, uint64_t v)
{
	expose_gauge(x, name, help);
	expose_int(x, v);
}

static void
labelled(struct expose *x, const char *label, const char *value, uint64_t v)
{
	expose_label(x, label, slice_of(value));
	expose_int(x, v);
}

/* --- uses ------------------------------------------------------------ */

/* A row for each name and column that was ever counted in. */
static void
add_tally(struct expose *x, const struct tally *t, const char *label,
    const char *column, const char *(*column_name)(int), int first, int end)
{
	uint64_t v;
	unsigned row;
	int	 i;

	for (row = 0; row < tally_rows(t); row++)
		for (i = first; i < end; i++) {
			v = tally_get(t, row, (unsigned)i);
			if (v == 0)
				continue;
			expose_label(x, label, tally_name(t, row));
			labelled(x, column, column_name(i), v);
		}
}

static void
add_refused(struct expose *x, const struct patrold *p)
{
	int i;

	expose_counter(x, "patrol_refused_total", "Lines refused, by reason.");
	for (i = USE_OK + 1; i < USE_REFUSALS; i++)
		labelled(x, "reason", use_refusal_name(i), p->refusals[i]);
	expose_counter(x, "patrol_refused_by_sender_total",
	    "Lines refused, by who sent them and reason.");
	add_tally(x, p->senders, "sender", "reason", use_refusal_name,
	    USE_OK + 1, USE_REFUSALS);
}

static void
add_uses(struct expose *x, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);

	expose_counter(x, "patrol_uses_total",
	    "Uses taken, by registry and outcome.");
	add_tally(x, engine_registries(p->engine), "registry", "outcome",
	    use_outcome_name, OUTCOME_NONE, OUTCOME_FAILURE + 1);
	counter(x, "patrol_duplicates_total", "Uses that were there already.",
	    c->duplicates);
	counter(x, "patrol_empty_total",
	    "Uses with a count of 0, which are none.", c->empty);
	expose_gauge(x, "patrol_last_use_timestamp_seconds",
	    "When a use came last; 0: never.");
	expose_seconds(x, c->last_use);
	add_refused(x, p);
}

static void
add_ingest(struct expose *x, const struct patrold *p)
{
	const struct ingest_counts *c = ingest_counts(p->ingest);

	gauge(x, "patrol_ingest_connections",
	    "Connections to the ingest sockets.", c->connections);
	counter(x, "patrol_ingest_accepted_total",
	    "Connections that the ingest sockets ever had.", c->accepted);
	counter(x, "patrol_ingest_kept_waiting_total",
	    "Times limits.ingest-connections was reached and new ones waited.",
	    c->kept_waiting);
	counter(x, "patrol_ingest_throttled_total",
	    "Times a sender was not read because commits were behind.",
	    c->throttled);
	counter(x, "patrol_ingest_lines_total",
	    "Lines read from the ingest sockets.", c->lines);
	counter(x, "patrol_ingest_settled_lines_total",
	    "Of these, lines that acknowledgements cover.", c->settled);
	counter(x, "patrol_ingest_acks_total",
	    "Acknowledgements sent; each covers all lines before it.", c->acks);
}

/* --- store ----------------------------------------------------------- */

static void
add_queue(struct expose *x, const struct patrold *p, usec_t now)
{
	struct committer_queue q;

	committer_queue(p->committer, &q);
	gauge(x, "patrol_queue_uses", "Uses taken that are not durable yet.",
	    q.uses);
	gauge(x, "patrol_queue_refused",
	    "Refused lines that are not durable yet.", q.refused);
	gauge(x, "patrol_queue_bytes", "Texts of what is not durable yet.",
	    q.bytes);
	expose_gauge(x, "patrol_unacknowledged_age_seconds",
	    "Age of the oldest line that is not acknowledged; 0: none.");
	expose_seconds(x, q.oldest != 0 ? now - q.oldest : 0);
}

static void
add_store(struct expose *x, const struct patrold *p)
{
	const struct committer_counts *c = committer_counts(p->committer);
	struct store_size	       size;

	counter(x, "patrol_stored_uses_total", "Uses made durable.", c->uses);
	counter(x, "patrol_commit_failures_total",
	    "Transactions that failed and were tried again.", c->failures);
	expose_histogram_seconds(x, "patrol_commit_seconds",
	    "How long transactions took until they were durable.", &c->took);
	expose_histogram(x, "patrol_commit_uses", "Uses in a transaction.",
	    &c->size);
	expose_histogram_seconds(x, "patrol_trim_seconds",
	    "How long steps of deleting what is too old took.", &c->trims);
	counter(x, "patrol_trimmed_rows_total", "Rows that these deleted.",
	    c->trimmed);
	gauge(x, "patrol_store_in_trouble", "1 while nothing can be stored.",
	    committer_trouble(p->committer) != NULL);
	store_size(p->boot_conf->store_path, &size);
	expose_gauge(x, "patrol_store_bytes", "The store, by file.");
	labelled(x, "file", "database", size.database);
	labelled(x, "file", "log", size.log);
}

/* --- tokens, alerts, rules ------------------------------------------- */

static void
add_tokens(struct expose *x, const struct patrold *p)
{
	const struct rotation_counts *r = engine_rotation_counts(p->engine);
	const struct token_counts    *c;
	int			      i;

	c = token_table_counts(engine_tokens(p->engine));
	expose_gauge(x, "patrol_tokens", "Issued tokens, by state.");
	for (i = TOKEN_ACTIVE; i <= TOKEN_DELETED; i++)
		labelled(x, "state", token_state_name((enum token_state)i),
		    c->by_state[i]);
	gauge(x, "patrol_honey_tokens", "Traps that are laid.", c->honey);
	gauge(x, "patrol_rotated_tokens",
	    "Tokens that were ever given another secret.", r->tokens);
	gauge(x, "patrol_old_secrets",
	    "Secrets that were replaced and are still known.", r->old);
	gauge(x, "patrol_foreign_tokens",
	    "Tokens of other issuers that are kept.", c->foreign);
	gauge(x, "patrol_accounts", "Accounts that tokens can belong to.",
	    c->accounts);
}

static void
add_memory(struct expose *x, const struct patrold *p)
{
	struct engine_evicted e;

	engine_evicted(p->engine, &e);
	gauge(x, "patrol_ids_remembered", "Ids kept to tell duplicates by.",
	    engine_dedup_count(p->engine));
	gauge(x, "patrol_strings_remembered", "Texts kept with their numbers.",
	    engine_strings(p->engine));
	gauge(x, "patrol_alerts_held", "Alerts in memory, to count on in.",
	    alert_table_count(engine_alerts(p->engine)));
	expose_counter(x, "patrol_evictions_total",
	    "What gave way in memory when a table was full, by table.");
	labelled(x, "table", "ids", e.ids);
	labelled(x, "table", "strings", e.strings);
	labelled(x, "table", "foreign_tokens", e.foreign);
	labelled(x, "table", "old_secrets",
	    engine_rotation_counts(p->engine)->forgotten);
	labelled(x, "table", "alerts", e.alerts);
	labelled(x, "table", "registry_names", e.registries);
	labelled(x, "table", "sender_names", tally_evicted(p->senders));
	labelled(x, "table", "wrong_addresses",
	    throttle_evicted(p->signins->addresses));
	labelled(x, "table", "wrong_accounts",
	    throttle_evicted(p->signins->accounts));
	labelled(x, "table", "known_places",
	    throttle_evicted(p->signins->known));
}

static void
add_alerts(struct expose *x, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	const struct brake	   *b = engine_brake(p->engine);

	counter(x, "patrol_alerts_total", "Alerts raised.", c->alerts);
	counter(x, "patrol_alerts_simulated_total",
	    "Alerts raised by rules on trial.", c->simulated);
	counter(x, "patrol_responses_total", "Automatic changes made.",
	    c->responses);
	expose_counter(x, "patrol_notices_total",
	    "Notices of a token's end that a sink has had, by what ends.");
	labelled(x, "notice", "expiry", c->notices[NOTICE_EXPIRY]);
	labelled(x, "notice", "idle", c->notices[NOTICE_IDLE]);
	gauge(x, "patrol_notices_waiting", "Notices that wait for a sink.",
	    engine_notices_waiting(p->engine));
	gauge(x, "patrol_brake_on", "1 while the brake holds.", b->on);
	counter(x, "patrol_brake_prevented_total",
	    "Automatic changes that the brake has prevented.", b->held);
}

static void
add_sinks(struct expose *x, const struct patrold *p)
{
	struct sink_status s[SINK_MAX];
	unsigned	   i, n = sinks_status(p->sinks, s);

	expose_counter(x, "patrol_sink_delivered_total", "Alerts delivered.");
	for (i = 0; i < n; i++)
		labelled(x, "sink", s[i].name, s[i].delivered);
	expose_counter(x, "patrol_sink_failures_total",
	    "Deliveries that failed and are tried again.");
	for (i = 0; i < n; i++)
		labelled(x, "sink", s[i].name, s[i].failures);
	expose_gauge(x, "patrol_sink_waiting", "Alerts in a sink's spool.");
	for (i = 0; i < n; i++)
		labelled(x, "sink", s[i].name, s[i].waiting);
	expose_counter(x, "patrol_sink_dropped_total",
	    "Alerts that gave way in a sink's spool.");
	for (i = 0; i < n; i++)
		labelled(x, "sink", s[i].name, s[i].dropped);
}

enum rule_figure { RULE_HITS, RULE_WINDOWS, RULE_EVICTED, RULE_SHED };

static uint64_t
rule_figure(const struct rule_stats *s, enum rule_figure which)
{
	switch (which) {
	case RULE_HITS:
		return s->hits;
	case RULE_WINDOWS:
		return s->keys;
	case RULE_EVICTED:
		return s->evicted;
	case RULE_SHED:
		return s->shed;
	}
	return 0;
}

/* Of each rule, or of each that has windows. */
static void
add_figure(struct expose *x, const struct ruleset *rs, enum rule_figure which)
{
	const struct rule *r;
	struct rule_stats  s;
	uint64_t	   others = 0;
	size_t		   i, shown = 0;

	for (i = 0; i < ruleset_count(rs); i++) {
		r = ruleset_rule(rs, i);
		if (which != RULE_HITS && r->timespan == 0)
			continue;
		ruleset_stats(rs, i, &s);
		if (shown++ >= RULES_MAX) {
			others += rule_figure(&s, which);
			continue;
		}
		expose_label(x, "rule", slice_of(r->id));
		expose_label(x, "title", slice_of(r->title));
		expose_int(x, rule_figure(&s, which));
	}
	if (shown <= RULES_MAX)
		return;
	expose_label(x, "rule", SLICE(TALLY_OTHERS));
	expose_label(x, "title", SLICE(TALLY_OTHERS));
	expose_int(x, others);
}

static void
add_rules(struct expose *x, const struct patrold *p)
{
	const struct ruleset *rs = engine_rules(p->engine);
	struct ruleset_held   held;

	ruleset_held(rs, &held);
	gauge(x, "patrol_rules", "Rules in force.", ruleset_count(rs));
	gauge(x, "patrol_rule_keys", "Keys that rules watch.", held.keys);
	gauge(x, "patrol_rule_keys_bytes",
	    "Bytes that they and their windows take.", held.bytes);
	counter(x, "patrol_rule_keys_evicted_total",
	    "Keys that gave way to the limits of all rules together.",
	    held.evicted);
	expose_counter(x, "patrol_rule_hits_total",
	    "Uses at which a rule held, since it was loaded.");
	add_figure(x, rs, RULE_HITS);
	expose_gauge(x, "patrol_rule_windows",
	    "Windows of a rule, one for each of its keys.");
	add_figure(x, rs, RULE_WINDOWS);
	expose_counter(x, "patrol_rule_windows_evicted_total",
	    "Windows of a rule that gave way.");
	add_figure(x, rs, RULE_EVICTED);
	expose_counter(x, "patrol_rule_uses_shed_total",
	    "Uses that gave way within windows of a rule.");
	add_figure(x, rs, RULE_SHED);
}

/* --- sign-ins -------------------------------------------------------- */

static void
add_verify(struct expose *x, struct verifier *v)
{
	const struct verifier_counts *c = verifier_counts(v);

	expose_counter(x, "patrol_verify_total",
	    "Requests that a proxy asked about, by answer.");
	labelled(x, "answer", "allowed", c->allowed);
	labelled(x, "answer", "denied", c->denied);
	labelled(x, "answer", "refused", c->refused);
	labelled(x, "answer", "challenged", c->challenged);
	counter(x, "patrol_verify_repeats_total",
	    "Of the allowed, those counted to a use like them.", c->repeats);
	gauge(x, "patrol_verify_windows", "Uses that such are counted to.",
	    verifier_windows(v));
}

static void
add_signins(struct expose *x, const struct patrold *p)
{
	const struct signins *s = p->signins;

	counter(x, "patrol_grants_total", "Sign-ins granted.",
	    http_counts(p->http)->grants);
	counter(x, "patrol_sign_ins_wrong_total",
	    "Sign-ins with a wrong secret or password.", s->counts.wrong);
	counter(x, "patrol_sign_ins_slowed_total",
	    "Sign-ins turned away unseen: too early after wrong ones.",
	    s->counts.slowed);
	counter(x, "patrol_passwords_checked_total", "Passwords checked.",
	    s->counts.passwords);
	counter(x, "patrol_passwords_turned_away_total",
	    "Passwords not checked: limits.passwords waited already.",
	    s->counts.busy);
	gauge(x, "patrol_passwords_waiting", "Passwords that wait for it.",
	    s->waiting);
	gauge(x, "patrol_wrong_addresses",
	    "Addresses remembered for wrong sign-ins.",
	    throttle_count(s->addresses));
	gauge(x, "patrol_wrong_accounts",
	    "Accounts remembered for wrong sign-ins.",
	    throttle_count(s->accounts));
	gauge(x, "patrol_known_places",
	    "Pairs of account and address where a password was right.",
	    throttle_count(s->known));
	add_verify(x, p->verifier);
}

/* --- the process ----------------------------------------------------- */

/* /proc/self/statm: total and resident pages; 0 where there is none. */
static uint64_t
resident_bytes(void)
{
	unsigned long long pages = 0;
	FILE		  *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*s %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

static usec_t
cpu_time(void)
{
	struct rusage ru;

	if (getrusage(RUSAGE_SELF, &ru) == -1)
		return 0;
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * USEC_SEC +
	    ru.ru_utime.tv_usec + ru.ru_stime.tv_usec;
}

/* Under the names that every exporter has for these. */
static void
add_process(struct expose *x, const struct patrold *p)
{
	expose_gauge(x, "process_start_time_seconds",
	    "When patrold started, since 1970.");
	expose_seconds(x, p->started);
	expose_counter(x, "process_cpu_seconds_total",
	    "Processor time used, of user and system.");
	expose_seconds(x, cpu_time());
	gauge(x, "process_resident_memory_bytes", "Resident memory.",
	    resident_bytes());
	expose_gauge(x, "patrol_build_info", "1; the version is its label.");
	labelled(x, "version", PATROL_VERSION, 1);
}

void
http_metrics_route(struct http_door *d, struct evhttp_request *req)
{
	const struct patrold *p = d->p;
	struct expose	      x;
	struct buf	      b;

	buf_init(&b);
	expose_init(&x, &b);
	add_uses(&x, p);
	add_ingest(&x, p);
	add_queue(&x, p, patrold_now());
	add_store(&x, p);
	add_tokens(&x, p);
	add_memory(&x, p);
	add_rules(&x, p);
	add_alerts(&x, p);
	leaks_format_metrics(p->leaks, &x);
	add_sinks(&x, p);
	counter(&x, "patrol_http_requests_total", "Requests over HTTP.",
	    http_counts(d->http)->requests);
	add_signins(&x, p);
	gauge(&x, "patrol_control_connections",
	    "Connections to the control socket.",
	    control_connections(p->control));
	add_process(&x, p);
	http_reply(req, 200, "text/plain; version=0.0.4; charset=utf-8",
	    buf_slice(&b));
	expose_clear(&x);
	buf_clear(&b);
}
