#include "daemon/patrold.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <signal.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

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
#include "daemon/reload.h"
#include "daemon/settings.h"
#include "daemon/signin.h"
#include "daemon/sinks.h"
#include "daemon/verifier.h"
#include "daemon/watch.h"
#include "daemon/wiping.h"
#include "token/secret.h"

#define CLOCK_JUMP USEC_SEC /* no slewing gains that in a second */

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
	(void)sig, (void)what;
	reload_by_signal(arg);
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
	settings_format_faults(faults, &b);
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
	rs = settings_load_rules(p->conf, &faults);
	if (rs == NULL)
		r = fail_for(&faults, "rules", err);
	complain_clear(&faults);
	if (r != 0)
		return r;
	settings_engine(p->conf, &o);
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
	settings_keep(p->conf, &keep);
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
 * ours that is in the loop was made by dup(2), which it could not stand.  Of a
 * descriptor that was closed a deletion is left, which fails, whoever has its
 * number by then: other threads have files, and no file is in the loop.
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
