#include "daemon/reload.h"

#include <stdio.h>

#include "auth/htpasswd.h"
#include "auth/pubkeys.h"
#include "daemon/boot.h"
#include "daemon/committer.h"
#include "daemon/ingest.h"
#include "daemon/leaks.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/settings.h"
#include "daemon/signin.h"
#include "daemon/sinks.h"

#define RELOAD_LOGGED 20 /* rules named, a line each */

/* --- what it changed, for the log --------------------------------------- */

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

/* Which rules forgot what they had counted; a few by name. */
static void
log_reload(struct engine *e, const struct reload_result *r)
{
	const struct ruleset	    *rs = engine_rules(e);
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
	for (i = told = 0; i < ruleset_count(rs) && told < RELOAD_LOGGED; i++) {
		rule = ruleset_rule(rs, i);
		if (!engine_rule_lost_mode(e, rule))
			continue;
		log_info("reloaded: it means something else than when it was "
			 "given a mode, and has that of its file: %s (%s)",
		    rule->title, rule->id);
		told++;
	}
}

/* --- reading, and taking over --------------------------------------------- */

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

	settings_engine(conf, &o);
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
	settings_keep(conf, &keep);
	committer_configure(p->committer, &keep);
	if (old != p->boot_conf)
		conf_free(&old);
}

int
reload_run(struct patrold *p, struct reload_result *r, struct buf *faults)
{
	struct complaints c;
	struct conf	 *conf;
	struct ruleset	 *rs = NULL;
	struct files	  files = {NULL, NULL};

	complain_init(&c);
	conf = conf_survey(p->conf_path, &c);
	if (conf != NULL && c.errors == 0) {
		conf_check_reload(p->boot_conf, conf, p->conf_path, &c);
		load_files(conf, p->conf_path, &files, &c);
	}
	if (conf != NULL)
		rs = settings_load_rules(conf, &c);
	if (conf == NULL || rs == NULL || c.errors > 0) {
		settings_format_faults(&c, faults);
		files_free(&files);
		ruleset_free(&rs);
		conf_free(&conf);
		complain_clear(&c);
		return -1;
	}
	complain_clear(&c);
	put_in_force(p, conf, rs, &files, r);
	log_reload(p->engine, r);
	return 0;
}

void
reload_audit(struct patrold *p, const struct engine_actor *by,
    const struct reload_result *r)
{
	char before[64], after[64];

	snprintf(before, sizeof before, "{\"rules\":%zu}", r->had);
	snprintf(after, sizeof after, "{\"rules\":%zu}", r->rules);
	engine_audit(p->engine, patrold_now(), by, "reload", p->conf_path,
	    slice_of(before), slice_of(after));
}

void
reload_by_signal(struct patrold *p)
{
	struct reload_result r;
	struct buf	     faults;
	struct slice	     rest, line;

	buf_init(&faults);
	boot_notify("RELOADING=1");
	if (reload_run(p, &r, &faults) == 0) {
		reload_audit(p, &(struct engine_actor){"patrold", -1, -1}, &r);
	} else {
		log_warnx("reload refused, nothing was changed:");
		rest = buf_slice(&faults);
		while (slice_cut(&rest, '\n', &line))
			log_warnx("%.*s", SLICE_ARG(line));
	}
	boot_notify("READY=1");
	buf_clear(&faults);
}
