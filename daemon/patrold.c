#include "daemon/patrold.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "auth/htpasswd.h"
#include "auth/jwt.h"
#include "base/mem.h"
#include "base/tally.h"
#include "daemon/boot.h"
#include "daemon/chain.h"
#include "daemon/committer.h"
#include "daemon/control.h"
#include "daemon/http.h"
#include "daemon/ingest.h"
#include "daemon/keys.h"
#include "daemon/leaks.h"
#include "daemon/log.h"
#include "daemon/reader.h"
#include "daemon/signin.h"
#include "daemon/sinks.h"
#include "daemon/verifier.h"
#include "daemon/watch.h"
#include "daemon/wiping.h"
#include "token/secret.h"

#define ALERTS_HELD   100000   /* in memory, to count on in */
#define RELOAD_LOGGED 20       /* rules named, a line each */
#define CLOCK_JUMP    USEC_SEC /* no slewing gains that in a second */

usec_t
patrold_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000;
}

int
patrold_admit(const struct use *u, struct error *err)
{
	struct slice token = use_text(u, USE_TOKEN);

	if (secret_is_masked(token) || secret_is_wellformed(token)) {
		error_set(err,
		    "token: this is a secret; send the token's "
		    "public id (pat_...) and replace the token");
		return USE_E_TYPE;
	}
	return USE_OK;
}

int
patrold_take(struct patrold *p, struct use *u, struct error *err)
{
	int r = patrold_admit(u, err);

	if (r == USE_OK)
		(void)engine_use(p->engine, u);
	return r;
}

void
patrold_refuse(struct patrold *p, usec_t now, const char *who,
    const char *sender, int refusal, const char *error, struct slice line)
{
	p->refusals[refusal]++;
	tally_add(p->senders, slice_of(who), (unsigned)refusal, 1);
	engine_refuse(p->engine, now, sender, use_refusal_name(refusal), error,
	    line);
}

void
patrold_policy(const struct conf *c, struct token_policy *out)
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
patrold_engine_opts(const struct conf *c, struct engine_opts *o)
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
	patrold_policy(c, &o->policy);
	notices_of(&c->notice_expiry, &o->notices[NOTICE_EXPIRY]);
	notices_of(&c->notice_idle, &o->notices[NOTICE_IDLE]);
}

/* --- loading configuration and rules --------------------------------- */

/* Nanoseconds, for the cost of rules. */
static uint64_t
rule_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

struct ruleset *
patrold_load_rules(const struct conf *c, struct complaints *faults)
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

static void
format_faults(const struct complaints *faults, struct buf *out)
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

static void
keep_of(const struct conf *c, struct committer_keep *keep)
{
	*keep = (struct committer_keep){.refused_max = c->refused_max,
	    .uses = c->retain_uses,
	    .alerts = c->retain_alerts,
	    .refused = c->retain_refused};
}

/* "tokens.policy.idle-expires is 30d, was 0"; what of it is not only for
 * tokens that are made from now on is told. */
static void
log_policy_span(const char *name, usec_t was, usec_t is, const char *meaning)
{
	char old[TIME_TEXT_MAX], new[TIME_TEXT_MAX];

	if (was == is)
		return;
	span_format(was, old);
	span_format(is, new);
	log_info("reloaded: %s is %s, was %s: %s", name, new, old, meaning);
}

static void
log_policy(const struct conf *was, const struct conf *is)
{
	log_policy_span("tokens.policy.idle-expires", was->policy_idle_expires,
	    is->policy_idle_expires,
	    "it holds for the tokens there are, and those unused for longer "
	    "expire now");
	log_policy_span("tokens.policy.max-lifetime", was->policy_max_lifetime,
	    is->policy_max_lifetime, "for tokens made from now on");
	if (was->policy_forbidden != is->policy_forbidden)
		log_info("reloaded: tokens.policy.forbidden-scopes is another "
			 "list: for tokens made from now on");
}

/* What else the configuration names and a reload reads. */
struct files {
	struct pubkeys	*keys;
	struct htpasswd *passwords;
};

static void
load_files(const struct conf *conf, const char *path, struct files *f,
    struct complaints *c)
{
	f->keys = leaks_load_keys(conf, path, c);
	if (conf->auth_htpasswd != NULL)
		f->passwords = htpasswd_load(conf->auth_htpasswd, c);
}

static void
files_free(struct files *f)
{
	pubkeys_free(&f->keys);
	htpasswd_free(&f->passwords);
}

/* Takes what is in `files` over. */
static void
put_in_force(struct patrold *p, struct conf *conf, struct ruleset *rs,
    struct files *files, struct reload_result *r)
{
	struct committer_keep keep;
	struct engine_opts    o;
	struct conf	     *old = p->conf;

	patrold_engine_opts(conf, &o);
	engine_set_opts(p->engine, &o);
	r->had = ruleset_count(engine_rules(p->engine));
	engine_set_rules(p->engine, rs, &r->change);
	r->rules = ruleset_count(rs);
	p->conf = conf;
	leaks_set_keys(p->leaks, files->keys);
	log_policy(old, conf);
	sinks_configure(p->sinks);
	ingest_configure(p->ingest);
	signins_configure(p->signins, files->passwords);
	keep_of(conf, &keep);
	committer_configure(p->committer, &keep);
	if (old != p->boot_conf)
		conf_free(&old);
}

/* Which rules forgot what they had counted; a few by name. */
static void
log_reload(const struct ruleset *rs, const struct reload_result *r)
{
	const struct ruleset_change *c = &r->change;
	const struct rule	    *rule;
	size_t			     i, told = 0;

	log_info("reloaded: %zu rules, %zu of them new, %zu gone; windows of "
		 "%zu carried over, %zu begin anew",
	    r->rules, c->added, c->gone, c->carried, c->reset);
	for (i = 0; i < ruleset_count(rs) && told < RELOAD_LOGGED; i++) {
		rule = ruleset_rule(rs, i);
		if (!rule->anew)
			continue;
		log_info("reloaded: windows begin anew: %s (%s)", rule->title,
		    rule->id);
		told++;
	}
	if (c->reset > told)
		log_info("reloaded: windows begin anew: ... and %zu more",
		    c->reset - told);
}

int
patrold_reload(struct patrold *p, struct reload_result *r, struct buf *faults)
{
	struct complaints c;
	struct conf	 *conf;
	struct ruleset	 *rs = NULL;
	struct files	  files = {NULL, NULL};

	complain_init(&c);
	conf = conf_load(p->conf_path, &c);
	if (conf != NULL)
		conf_check_reload(p->boot_conf, conf, p->conf_path, &c);
	if (conf != NULL) {
		rs = patrold_load_rules(conf, &c);
		load_files(conf, p->conf_path, &files, &c);
	}
	if (conf == NULL || rs == NULL || c.errors > 0) {
		format_faults(&c, faults);
		files_free(&files);
		ruleset_free(&rs);
		conf_free(&conf);
		complain_clear(&c);
		return -1;
	}
	complain_clear(&c);
	put_in_force(p, conf, rs, &files, r);
	log_reload(rs, r);
	return 0;
}

void
patrold_audit_reload(struct patrold *p, const struct engine_actor *by,
    const struct reload_result *r)
{
	char before[64], after[64];

	snprintf(before, sizeof before, "{\"rules\":%zu}", r->had);
	snprintf(after, sizeof after, "{\"rules\":%zu}", r->rules);
	engine_audit(p->engine, patrold_now(), by, "reload", p->conf_path,
	    slice_of(before), slice_of(after));
}

/* --- signals and timers ---------------------------------------------- */

static void
stop_cb(evutil_socket_t sig, short what, void *arg)
{
	struct patrold *p = arg;

	(void)what;
	log_info("stopping on %s", sig == SIGTERM ? "SIGTERM" : "SIGINT");
	p->stopping = true;
}

static void
reload_cb(evutil_socket_t sig, short what, void *arg)
{
	struct patrold	    *p = arg;
	struct reload_result r;
	struct buf	     faults;
	struct slice	     rest, line;

	(void)sig, (void)what;
	buf_init(&faults);
	boot_notify("RELOADING=1");
	if (patrold_reload(p, &r, &faults) == 0) {
		patrold_audit_reload(p,
		    &(struct engine_actor){"patrold", -1, -1}, &r);
	} else {
		log_warnx("reload refused, nothing was changed:");
		rest = buf_slice(&faults);
		while (slice_cut(&rest, '\n', &line))
			log_warnx("%.*s", SLICE_ARG(line));
	}
	boot_notify("READY=1");
	buf_clear(&faults);
}

/* How far the wall clock is before one that nobody can set. */
static usec_t
clock_lead(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return patrold_now() - (ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000);
}

/* Times in alerts and in the store are only as good as the clock was. */
static void
watch_clock(struct patrold *p)
{
	usec_t lead = clock_lead(), jump = lead - p->clock_lead;

	p->clock_lead = lead;
	if (jump > -CLOCK_JUMP && jump < CLOCK_JUMP)
		return;
	log_warnx("the clock was set %s by %lld s", jump > 0 ? "ahead" : "back",
	    (long long)((jump > 0 ? jump : -jump) + USEC_SEC / 2) / USEC_SEC);
	p->chain_next = 0; /* it may lie in the new future */
}

static void
tick_cb(evutil_socket_t fd, short what, void *arg)
{
	struct patrold *p = arg;

	(void)fd, (void)what;
	watch_clock(p);
	engine_tick(p->engine, patrold_now());
	sinks_tick(p->sinks);
	http_tick(p->http);
	verifier_tick(p->verifier);
	chain_tick(p);
	boot_notify("WATCHDOG=1");
}

struct loop_events {
	struct event *term, *intr, *hup, *tick;
};

static void
add_events(struct patrold *p, struct loop_events *e)
{
	struct timeval second = {1, 0};

	e->term = evsignal_new(p->base, SIGTERM, stop_cb, p);
	e->intr = evsignal_new(p->base, SIGINT, stop_cb, p);
	e->hup = evsignal_new(p->base, SIGHUP, reload_cb, p);
	e->tick = event_new(p->base, -1, EV_PERSIST, tick_cb, p);
	event_add(e->term, NULL);
	event_add(e->intr, NULL);
	event_add(e->hup, NULL);
	event_add(e->tick, &second);
}

static void
free_events(struct loop_events *e)
{
	event_free(e->term);
	event_free(e->intr);
	event_free(e->hup);
	event_free(e->tick);
}

/* --- the committer's hooks ------------------------------------------- */

static void
committed(const struct batch *b, void *arg)
{
	struct patrold *p = arg;

	sinks_committed(p->sinks, b);
	watch_committed(p, b);
}

static void
room(void *arg)
{
	struct patrold *p = arg;

	ingest_room(p->ingest);
}

/* --- life ------------------------------------------------------------ */

static int
open_doors(struct patrold *p, struct error *err)
{
	if (ingest_open(p, &p->ingest, err) != 0 ||
	    http_open(p, &p->http, err) != 0 ||
	    control_open(p, &p->control, err) != 0)
		return EX_CANTCREAT;
	return 0;
}

static int
store_exit_code(int r)
{
	return r == STORE_E_BUSY		 ? EX_TEMPFAIL :
	    r == STORE_E_FULL || r == STORE_E_IO ? EX_IOERR :
						   EX_DATAERR;
}

/* What is wrong with files that the configuration names, in full; then *err
 * has their number. */
static int
fail_for(const struct complaints *faults, const char *what, struct error *err)
{
	struct buf b;

	buf_init(&b);
	format_faults(faults, &b);
	log_warnx("%s:\n%s", what, buf_str(&b));
	error_set(err, "%zu faults in the %s", faults->errors, what);
	buf_clear(&b);
	return EX_CONFIG;
}

static int
make_engine(struct patrold *p, struct error *err)
{
	struct engine_opts o;
	struct complaints  faults;
	struct ruleset	  *rs;
	int		   r = 0;

	complain_init(&faults);
	rs = patrold_load_rules(p->conf, &faults);
	if (rs == NULL)
		r = fail_for(&faults, "rules", err);
	complain_clear(&faults);
	if (r != 0)
		return r;
	patrold_engine_opts(p->conf, &o);
	p->engine = engine_new(&o, rs);
	return 0;
}

static int
make_leaks(struct patrold *p, struct error *err)
{
	struct complaints faults;
	struct pubkeys	 *keys;
	int		  r = 0;

	complain_init(&faults);
	keys = leaks_load_keys(p->conf, p->conf_path, &faults);
	if (faults.errors > 0) {
		error_set(err, "%s", faults.list[0].text);
		r = EX_CONFIG;
	}
	complain_clear(&faults);
	p->leaks = leaks_new(p, keys);
	return r;
}

static int
make_signins(struct patrold *p, struct error *err)
{
	struct complaints faults;
	int		  r = 0;

	complain_init(&faults);
	p->signins = signins_new(p, p->conf, &faults);
	if (p->signins == NULL)
		r = fail_for(&faults, "passwords", err);
	complain_clear(&faults);
	p->verifier = verifier_new(p);
	return r;
}

/* Bottom up; what listens is made before privileges go, the store after. */
static int
build(struct patrold *p, struct error *err)
{
	struct committer_hooks hooks = {committed, room, p};
	struct committer_keep  keep;
	struct store	      *st = NULL;
	int		       r;

	if ((r = boot_dir(p, err)) != 0 || (r = keys_load(p, err)) != 0 ||
	    (r = make_engine(p, err)) != 0 || (r = make_leaks(p, err)) != 0 ||
	    (r = make_signins(p, err)) != 0 || (r = open_doors(p, err)) != 0 ||
	    (r = boot_drop(p, err)) != 0)
		return r;
	if ((r = store_open(p->conf->store_path, &st, err)) != STORE_OK)
		return store_exit_code(r);
	p->sinks = sinks_new(p);
	if ((r = boot_load(p, st, err)) == 0 &&
	    sinks_load(p->sinks, st, err) != STORE_OK)
		r = EX_DATAERR;
	if (r != 0) {
		store_close(&st);
		return r;
	}
	keep_of(p->conf, &keep);
	p->committer = committer_new(p->base, st, p->engine, &keep, &hooks);
	p->reader = reader_new(p->base, p->conf->store_path, "reader");
	p->slow = reader_new(p->base, p->conf->store_path, "slow reader");
	p->signer = reader_new(p->base, NULL, "signer");
	signins_start(p->signins);
	return 0;
}

static void
loop(struct patrold *p)
{
	while (!p->stopping) {
		http_turn(p->http);
		committer_turn(p->committer);
		if (event_base_loop(p->base, EVLOOP_ONCE) == -1)
			fatalx(EX_OSERR, "the event loop failed");
	}
}

/* Stops reading, commits what was read, acknowledges it. */
static int
wind_down(struct patrold *p)
{
	bool clean;

	boot_notify("STOPPING=1");
	ingest_stop(p->ingest);
	http_stop(p->http);
	leaks_settle(p->leaks);
	control_stop(p->control);
	sinks_tick(p->sinks);
	signins_stop(p->signins);
	verifier_flush(p->verifier);
	clean = committer_stop(p->committer);
	if (!clean)
		log_warnx("what was not acknowledged could not be stored");
	reader_free(&p->signer);
	/* One pass, so that answers that were just queued leave. */
	event_base_loop(p->base, EVLOOP_NONBLOCK);
	return clean ? EX_OK : EX_IOERR;
}

/* Top down. */
static void
tear_down(struct patrold *p)
{
	reader_free(&p->signer);
	reader_free(&p->slow);
	reader_free(&p->reader);
	signins_free(&p->signins);
	verifier_free(&p->verifier);
	control_free(&p->control);
	http_free(&p->http);
	leaks_free(&p->leaks);
	ingest_free(&p->ingest);
	committer_free(&p->committer);
	sinks_free(&p->sinks);
	engine_free(&p->engine);
	tally_free(&p->senders);
	jwt_key_unref(&p->key);
	jwt_key_unref(&p->old_key);
	secret_wipe(p->print_key, sizeof p->print_key);
	if (p->conf != p->boot_conf)
		conf_free(&p->conf);
	conf_free(&p->boot_conf);
}

static void
serve(struct patrold *p)
{
	ingest_start(p->ingest);
	http_start(p->http);
	control_start(p->control);
	log_info("patrold %s is ready: %zu rules, %llu tokens", PATROL_VERSION,
	    ruleset_count(engine_rules(p->engine)),
	    (unsigned long long)token_table_counts(engine_tokens(p->engine))
		->by_state[TOKEN_ACTIVE]);
	if (!p->foreground)
		log_to_syslog("patrold", LOG_DAEMON);
	boot_notify("READY=1");
	loop(p);
}

/*
 * evhttp turns reading off and on again for each request, and writing too:
 * four system calls each that come to nothing.  With a change list the kernel
 * is told what is left of them before it is asked to wait.  No descriptor of
 * ours that is in the loop was made by dup(2), which it could not stand.
 */
static struct event_base *
make_base(void)
{
	struct event_config *c = event_config_new();
	struct event_base   *base = NULL;

	if (c != NULL &&
	    event_config_set_flag(c, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
		base = event_base_new_with_config(c);
	if (c != NULL)
		event_config_free(c);
	return base;
}

int
patrold_run(struct patrold *p)
{
	struct loop_events events;
	struct error	   err;
	int		   r;

	signal(SIGPIPE, SIG_IGN);
	wiping_start();
	if (evthread_use_pthreads() == -1 || (p->base = make_base()) == NULL)
		fatalx(EX_OSERR, "no event loop");
	p->started = patrold_now();
	p->clock_lead = clock_lead();
	p->boot_conf = p->conf;
	p->senders = tally_new(USE_REFUSALS);
	r = build(p, &err);
	if (r == 0) {
		add_events(p, &events);
		serve(p);
		r = wind_down(p);
		free_events(&events);
	} else {
		log_warnx("%s", err.text);
	}
	tear_down(p);
	/* libevent frees a connection after what it deferred for it. */
	while (event_base_get_num_events(p->base, EVENT_BASE_COUNT_ACTIVE) > 0)
		if (event_base_loop(p->base, EVLOOP_NONBLOCK) != 0)
			break;
	event_base_free(p->base);
	libevent_global_shutdown();
	return r;
}
