#include "conf/options.h"

#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/text.h"
#include "conf/conf.h"

/* Tables laid out by hand. */
/* clang-format off */

#define KEYS_MAX     64	/* of one section */
#define KEY_MAX	     32	/* bytes, with the NUL */
#define BILLION	     1000000000
#define MIB		     ((int64_t)1024 * 1024)
#define PATH_BYTES   4095
#define SOCKET_BYTES 107	/* sun_path, less its NUL */

#define AT(field)	 offsetof(struct conf, field)
#define AT_INGEST(field) offsetof(struct conf_ingest, field)
#define AT_HTTP(field)	 offsetof(struct conf_http, field)
#define AT_ACCESS(field) offsetof(struct conf_access, field)
#define RELOAD		 OPTION_RELOAD

static const struct option_word ceilings[] = {
	{"off", 0}, {"simulate", 1}, {"alert", 2}, {"enforce", 3}, {NULL, 0}
};

static const struct option_word formats[] = {
	{"kv", 0}, {"json", 1}, {NULL, 0}
};

static const struct option_word services[] = {
	{"token", SERVE_TOKEN}, {"notifications", SERVE_NOTIFICATIONS},
	{"uses", SERVE_USES}, {"metrics", SERVE_METRICS},
	{"health", SERVE_HEALTH}, {"leaks", SERVE_LEAKS},
	{"public-leaks", SERVE_PUBLIC_LEAKS}, {"verify", SERVE_VERIFY},
	{NULL, 0}
};

static const struct option_word responses[] = {
	{"alert", 0}, {"deactivate", 1}, {"expire", 2}, {NULL, 0}
};

static const struct option_word actions[] = {
	{"pull", ACCESS_PULL}, {"push", ACCESS_PUSH},
	{"delete", ACCESS_DELETE}, {NULL, 0}
};

static const struct option_word facilities[] = {
	{"off", -1}, {"auth", LOG_AUTH}, {"authpriv", LOG_AUTHPRIV},
	{"cron", LOG_CRON}, {"daemon", LOG_DAEMON}, {"ftp", LOG_FTP},
	{"lpr", LOG_LPR}, {"mail", LOG_MAIL}, {"news", LOG_NEWS},
	{"syslog", LOG_SYSLOG}, {"user", LOG_USER}, {"uucp", LOG_UUCP},
	{"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
	{"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
	{"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
	{"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}, {NULL, 0}
};

/* 1 << enum scope_level */
static const struct option_word scopes[] = {
	{"public-read", 2}, {"read", 4}, {"write", 8}, {"delete", 16},
	{NULL, 0}
};

static const struct option_word yes_no[] = {
	{"no", 0}, {"yes", 1}, {"false", 0}, {"true", 1}, {NULL, 0}
};

static const struct option_group groups[] = {
	{"ingest[].", AT(ingest), sizeof(struct conf_ingest),
	    CONF_LISTENERS_MAX, AT(ningest)},
	{"http[].", AT(http), sizeof(struct conf_http), CONF_LISTENERS_MAX,
	    AT(nhttp)},
	{"auth.access[].", AT(access), sizeof(struct conf_access),
	    CONF_ACCESS_MAX, AT(naccess)},
};

static const struct option table[] = {
	{"user", OPTION_STRING, AT(user), NULL, 1, 32, NULL, 0,
	    "The user to become once sockets and store are open; none: stay "
	    "as started."},

	{"store.path", OPTION_PATH, AT(store_path),
	    "/var/lib/patrol/patrol.db", 1, PATH_BYTES, NULL, 0,
	    "The database; its directory also holds the keys that patrold "
	    "makes."},
	{"store.retain.uses", OPTION_SPAN, AT(retain_uses), "90d",
	    USEC_HOUR, 100 * USEC_YEAR, NULL, RELOAD,
	    "How long uses are kept."},
	{"store.retain.alerts", OPTION_SPAN, AT(retain_alerts), "400d",
	    USEC_HOUR, 100 * USEC_YEAR, NULL, RELOAD,
	    "How long alerts are kept."},
	{"store.retain.refused", OPTION_SPAN, AT(retain_refused), "14d",
	    USEC_HOUR, 100 * USEC_YEAR, NULL, RELOAD,
	    "How long refused lines are kept."},
	{"store.refused-max", OPTION_INT, AT(refused_max), "10000",
	    0, 100000000, NULL, RELOAD,
	    "How many refused lines are kept; the oldest go first."},
	{"store.announce", OPTION_SPAN, AT(store_announce), "1h",
	    0, USEC_YEAR, NULL, RELOAD,
	    "How often the head of the hash chain is told to the log, for "
	    "'patrolctl audit verify --head'; 0: never."},

	{"ingest[].socket", OPTION_SOCKET, AT_INGEST(socket),
	    "/run/patrol/ingest.sock", 1, SOCKET_BYTES, NULL, 0,
	    "The Unix socket that takes uses, one a line."},
	{"ingest[].mode", OPTION_MODE, AT_INGEST(mode), "\"0660\"",
	    0, 0777, NULL, 0, "The mode of the socket."},
	{"ingest[].group", OPTION_STRING, AT_INGEST(group), NULL, 1, 32,
	    NULL, 0, "The group of the socket; none: that of the process."},
	{"ingest[].registry", OPTION_STRING, AT_INGEST(registry), NULL, 1,
	    255, NULL, 0,
	    "The registry that sends here; its uses cannot claim another.  "
	    "None: each use names its own."},

	{"control.socket", OPTION_SOCKET, AT(control_socket),
	    "/run/patrol/control.sock", 1, SOCKET_BYTES, NULL, 0,
	    "The Unix socket for patrolctl(1)."},
	{"control.mode", OPTION_MODE, AT(control_mode), "\"0660\"",
	    0, 0777, NULL, 0,
	    "The mode of the socket; \"0666\" lets the owners of accounts "
	    "in."},
	{"control.group", OPTION_STRING, AT(control_group), NULL, 1, 32,
	    NULL, 0, "The group of the socket; none: that of the process."},
	{"control.roles.admin", OPTION_LIST, AT(role_admin),
	    "[root, \"@patrol-admin\"]", 0, CONF_LIST_MAX, NULL, RELOAD,
	    "Users, and groups after an @, who may do everything."},
	{"control.roles.analyst", OPTION_LIST, AT(role_analyst),
	    "[\"@patrol-analyst\"]", 0, CONF_LIST_MAX, NULL, RELOAD,
	    "Users and groups who work with alerts and rules."},
	{"control.roles.viewer", OPTION_LIST, AT(role_viewer),
	    "[\"@patrol\"]", 0, CONF_LIST_MAX, NULL, RELOAD,
	    "Users and groups who may look."},

	{"http[].listen", OPTION_LISTEN, AT_HTTP(listen), NULL,
	    1, SOCKET_BYTES, NULL, OPTION_REQUIRED,
	    "Where to listen: an address and a port, or the path of a Unix "
	    "socket."},
	{"http[].mode", OPTION_MODE, AT_HTTP(mode), "\"0660\"",
	    0, 0777, NULL, 0, "The mode of a Unix socket."},
	{"http[].group", OPTION_STRING, AT_HTTP(group), NULL, 1, 32,
	    NULL, 0, "The group of a Unix socket."},
	{"http[].serve", OPTION_WORDS, AT_HTTP(serve), NULL, 1, 8, services,
	    OPTION_REQUIRED,
	    "What is served: the token endpoint (/token), the registry "
	    "webhook (/notifications), uses (/v1/uses), /metrics, "
	    "/healthz, signed reports of leaked secrets (/leaks/partner), "
	    "reports of anybody (/leaks/public), and /verify for a proxy "
	    "that asks of each request."},
	{"http[].tls.certificate", OPTION_PATH, AT_HTTP(tls_certificate),
	    NULL, 1, PATH_BYTES, NULL, 0,
	    "The certificate chain, PEM; with the key it turns TLS on."},
	{"http[].tls.key", OPTION_PATH, AT_HTTP(tls_key), NULL, 1,
	    PATH_BYTES, NULL, 0, "The key of the certificate, PEM."},
	{"http[].trusted-proxies", OPTION_CIDRS, AT_HTTP(trusted_proxies),
	    "[]", 0, CONF_LIST_MAX, NULL, 0,
	    "Networks of proxies whose X-Forwarded-For is believed."},
	{"http[].secret-file", OPTION_PATH, AT_HTTP(secret_file), NULL, 1,
	    PATH_BYTES, NULL, 0,
	    "A file with the bearer secret that senders of notifications and "
	    "uses must show.  Needed for these on TCP."},
	{"http[].registry", OPTION_STRING, AT_HTTP(registry), NULL, 1, 255,
	    NULL, 0,
	    "The registry that sends here; its uses cannot claim another."},

	{"auth.service", OPTION_STRING, AT(auth_service),
	    "registry.example", 1, 255, NULL, RELOAD,
	    "The name of the registry, as it stands in its own "
	    "configuration of the token endpoint."},
	{"auth.issuer", OPTION_STRING, AT(auth_issuer), "patrol", 1, 255,
	    NULL, RELOAD, "The issuer named in the tokens that are signed."},
	{"auth.realm", OPTION_STRING, AT(auth_realm), NULL, 1, 255, NULL,
	    RELOAD,
	    "The URL of the token endpoint, which /verify sends clients to; "
	    "none: it asks for the access token itself."},
	{"auth.key", OPTION_PATH, AT(auth_key), NULL, 1, PATH_BYTES, NULL, 0,
	    "The key to sign with, PEM; none: made beside the store."},
	{"auth.certificate", OPTION_PATH, AT(auth_certificate), NULL, 1,
	    PATH_BYTES, NULL, 0,
	    "The certificate of the key, PEM, which the registry trusts; "
	    "none: made beside the store."},
	{"auth.lifetime", OPTION_SPAN, AT(auth_lifetime), "60s",
	    USEC_MIN, USEC_HOUR, NULL, RELOAD,
	    "How long a signed token is good: how late a deactivation can "
	    "come into effect at a registry."},
	{"auth.htpasswd", OPTION_PATH, AT(auth_htpasswd), NULL, 1,
	    PATH_BYTES, NULL, RELOAD,
	    "A file of passwords (bcrypt) of accounts, as htpasswd(1) writes "
	    "it; none: access tokens only."},
	{"auth.public", OPTION_LIST, AT(auth_public), "[]", 0,
	    CONF_LIST_MAX, NULL, RELOAD,
	    "Patterns of the repositories that everybody may pull."},
	{"auth.auto-clients", OPTION_LIST, AT(auto_clients), "[]", 0,
	    CONF_LIST_MAX, NULL, RELOAD,
	    "Clients, by their client_id, that get an auto-generated token "
	    "when somebody signs in with a password and they ask to stay "
	    "signed in."},
	{"auth.groups", OPTION_MAP, AT(groups), "{}", 0, CONF_MAP_MAX, NULL,
	    RELOAD, "Groups of accounts, for auth.access."},
	{"auth.access[].who", OPTION_LIST, AT_ACCESS(who), NULL, 1,
	    CONF_LIST_MAX, NULL, RELOAD | OPTION_REQUIRED,
	    "Accounts, groups of auth.groups after an @, or * for every "
	    "account."},
	{"auth.access[].repositories", OPTION_LIST, AT_ACCESS(repositories),
	    NULL, 1, CONF_LIST_MAX, NULL, RELOAD | OPTION_REQUIRED,
	    "Patterns of repositories that are not their own, in which they "
	    "may do so."},
	{"auth.access[].actions", OPTION_WORDS, AT_ACCESS(actions), "[pull]",
	    1, 3, actions, RELOAD,
	    "What they may do there, as far as their token may."},
	{"auth.wrong.free", OPTION_INT, AT(wrong_free), "5", 1, 1000000,
	    NULL, RELOAD,
	    "Wrong sign-ins of an address, and for an account, before the "
	    "next one must wait."},
	{"auth.wrong.max-wait", OPTION_SPAN, AT(wrong_max), "1m", USEC_SEC,
	    USEC_HOUR, NULL, RELOAD,
	    "The wait is a second, doubles with each further wrong one, and "
	    "ends here."},
	{"auth.verify.uri-header", OPTION_TAG, AT(verify_uri),
	    "X-Original-URI", 1, 64, NULL, RELOAD,
	    "The header in which the proxy tells /verify what was asked for."},
	{"auth.verify.method-header", OPTION_TAG, AT(verify_method),
	    "X-Original-Method", 1, 64, NULL, RELOAD,
	    "The header in which the proxy tells /verify the method."},
	{"auth.verify.window", OPTION_SPAN, AT(verify_window), "1s", 0,
	    USEC_MIN, NULL, RELOAD,
	    "Requests through /verify that are alike are one use with a "
	    "count, for so long; 0: each is a use of its own."},

	{"tokens.prefix", OPTION_NAME, AT(token_prefix), "patrol", 1, 16,
	    NULL, 0, "What the secret of a new token begins with."},
	{"tokens.max-per-account", OPTION_INT, AT(tokens_per_account),
	    "100", 1, 1000000, NULL, RELOAD,
	    "How many tokens an account may have."},
	{"tokens.auto-per-account", OPTION_INT, AT(auto_per_account), "5",
	    1, 1000, NULL, RELOAD,
	    "How many of them made at sign-in; the one used longest ago "
	    "gives way."},
	{"tokens.foreign-max", OPTION_INT, AT(foreign_max), "100000", 0,
	    100000000, NULL, 0,
	    "How many tokens of other issuers are remembered."},
	{"tokens.policy.max-lifetime", OPTION_SPAN, AT(policy_max_lifetime),
	    "365d", 0, 100 * USEC_YEAR, NULL, RELOAD,
	    "No token lives longer; 0: no limit."},
	{"tokens.policy.default-lifetime", OPTION_SPAN,
	    AT(policy_default_lifetime), "0", 0, 100 * USEC_YEAR, NULL,
	    RELOAD,
	    "How long a token lives that is made without an end; 0: as long "
	    "as max-lifetime allows."},
	{"tokens.policy.idle-expires", OPTION_SPAN, AT(policy_idle_expires),
	    "0", 0, 100 * USEC_YEAR, NULL, RELOAD,
	    "A token not used for so long expires; 0: never.  Holds for the "
	    "tokens there are, too."},
	{"tokens.policy.max-overlap", OPTION_SPAN, AT(policy_max_overlap),
	    "30d", 0, 100 * USEC_YEAR, NULL, RELOAD,
	    "No longer do two secrets of a rotated token work; 0: the old "
	    "one is out of service at once."},
	{"tokens.policy.forbidden-scopes", OPTION_WORDS, AT(policy_forbidden),
	    "[]", 0, 4, scopes, RELOAD,
	    "Scopes that no token may be made with."},
	{"tokens.policy.description-required", OPTION_ENUM,
	    AT(policy_description), "no", 0, 0, yes_no, RELOAD,
	    "No token is made without a description, but at sign-in."},

	{"notices.expiry", OPTION_SPANS, AT(notice_expiry), "[30d, 7d, 1d]",
	    0, 8, NULL, RELOAD,
	    "How long before a token's end its owner is told, by way of the "
	    "sinks of alerts; []: never."},
	{"notices.idle", OPTION_SPANS, AT(notice_idle), "[14d, 3d]", 0, 8,
	    NULL, RELOAD,
	    "The same before a token expires for not being used."},

	{"leaks.respond", OPTION_ENUM, AT(leak_respond), "deactivate", 0, 0,
	    responses, RELOAD,
	    "What becomes of an active token whose secret is reported as "
	    "leaked, beside the alert: alert is that alone."},
	{"leaks.keys", OPTION_PATH, AT(leak_keys), NULL, 1, PATH_BYTES, NULL,
	    RELOAD,
	    "The public keys of who signs such reports, in the JSON that "
	    "GitHub publishes them in.  Needed to serve leaks."},
	{"leaks.public-rate", OPTION_INT, AT(leak_rate), "1000", 1, 1000000,
	    NULL, RELOAD,
	    "How many secrets an address (of IPv6, a /64) may report to "
	    "public-leaks in a minute, and how many wrong signatures to "
	    "leaks."},

	{"rules.paths", OPTION_LIST, AT(rule_paths), "[/etc/patrol/rules]",
	    0, CONF_LIST_MAX, NULL, RELOAD,
	    "Files of rules, and directories of them."},
	{"rules.placeholders", OPTION_MAP, AT(placeholders), "{}",
	    0, CONF_MAP_MAX, NULL, RELOAD,
	    "What stands for %name% in rules with the modifier expand; a rule "
	    "that uses any other is refused."},
	{"rules.ceiling", OPTION_ENUM, AT(rule_ceiling), "enforce", 0, 0,
	    ceilings, RELOAD,
	    "The most that any rule may do, whatever mode it asks for."},
	{"rules.lateness", OPTION_SPAN, AT(lateness), "24h", 0,
	    30 * USEC_DAY, NULL, RELOAD,
	    "How far behind a use may arrive; older ones are refused."},
	{"rules.keys", OPTION_INT, AT(rule_keys), "100000", 1, 100000000,
	    NULL, RELOAD,
	    "How many keys (tokens, addresses) one rule watches at a time; "
	    "the oldest go first."},
	{"rules.keys-in-all", OPTION_INT, AT(rule_keys_in_all), "1000000", 1,
	    BILLION, NULL, RELOAD,
	    "How many keys all rules together watch at a time; the oldest go "
	    "first."},
	{"rules.memory", OPTION_SIZE, AT(rule_memory), "1GiB", MIB,
	    1024 * 1024 * MIB, NULL, RELOAD,
	    "How much memory the keys of all rules and their windows take; "
	    "the oldest go first."},
	{"rules.brake.changes", OPTION_INT, AT(brake_changes), "20", 0,
	    1000000, NULL, RELOAD,
	    "More automatic changes of tokens than this and patrold only "
	    "alerts until an admin releases the brake."},
	{"rules.brake.per", OPTION_SPAN, AT(brake_per), "10m", USEC_SEC,
	    USEC_DAY, NULL, RELOAD,
	    "The time in which the changes are counted."},
	{"rules.brake.share", OPTION_SHARE, AT(brake_share), "5%", 0, 100,
	    NULL, RELOAD,
	    "The same for changes as a share of all active tokens."},

	{"alerts.syslog.facility", OPTION_ENUM, AT(syslog_facility),
	    "authpriv", 0, 0, facilities, RELOAD | OPTION_SWITCH,
	    "The syslog facility of alerts."},
	{"alerts.syslog.tag", OPTION_TAG, AT(syslog_tag), "patrold", 1, 32,
	    NULL, RELOAD, "The syslog tag of alerts."},
	{"alerts.syslog.socket", OPTION_SOCKET, AT(syslog_socket),
	    "/dev/log", 1, SOCKET_BYTES, NULL, RELOAD,
	    "The socket of the syslog daemon."},
	{"alerts.syslog.format", OPTION_ENUM, AT(syslog_json), "kv", 0, 0,
	    formats, RELOAD, "How an alert is written in a line."},
	{"alerts.file.path", OPTION_PATH, AT(alert_file), NULL, 1,
	    PATH_BYTES, NULL, RELOAD | OPTION_SWITCH,
	    "A file that gets each alert as a line of JSON."},

	{"limits.ingest-connections", OPTION_INT, AT(ingest_connections),
	    "1000", 1, 100000, NULL, 0,
	    "Connections to the ingest sockets at a time, each of which may "
	    "take 192 KiB."},
	{"limits.control-connections", OPTION_INT, AT(control_connections),
	    "100", 1, 100000, NULL, 0,
	    "Connections to the control socket at a time."},
	{"limits.wrong-sign-ins", OPTION_INT, AT(wrong_keys), "100000", 1,
	    10000000, NULL, 0,
	    "How many addresses, and how many accounts, are remembered for "
	    "wrong sign-ins; the longest ago go first."},
	{"limits.passwords", OPTION_INT, AT(passwords_max), "64", 1, 10000,
	    NULL, RELOAD,
	    "Passwords that wait to be checked; more are told to come back."},
	{"limits.verify-repeats", OPTION_INT, AT(repeats_max), "10000", 1,
	    10000000, NULL, 0,
	    "Uses of /verify that count on at a time (auth.verify.window)."},
	{"limits.dedup", OPTION_INT, AT(dedup_max), "4000000", 1, BILLION,
	    NULL, 0,
	    "How many ids of uses are remembered, to find duplicates."},
	{"limits.strings", OPTION_INT, AT(strings_max), "1000000", 1,
	    BILLION, NULL, 0,
	    "How many texts (repositories, addresses, clients) are kept in "
	    "memory."},
};

const struct option *
options_all(size_t *n)
{
	*n = sizeof table / sizeof *table;
	return table;
}

const struct option_group *
options_group(struct slice path)
{
	size_t	 i;

	for (i = 0; i < sizeof groups / sizeof *groups; i++) {
		if (slice_starts(path, slice_of(groups[i].prefix)))
			return &groups[i];
	}
	return NULL;
}

/* The key of an option below a prefix; absent if it does not lie there. */
static struct slice
key_below(const struct option *o, struct slice prefix)
{
	struct slice	 s = slice_of(o->path);

	if (!slice_starts(s, prefix))
		return (struct slice){NULL, 0};
	s.p += prefix.n;
	s.n = strcspn(s.p, ".[");
	return s;
}

enum option_step
options_step(struct slice prefix, struct slice key, const struct option **o,
    struct slice *below)
{
	struct slice	 s;
	size_t		 i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		s = key_below(&table[i], prefix);
		if (s.p == NULL || !slice_eq(s, key))
			continue;
		*o = &table[i];
		below->p = table[i].path;
		below->n = (size_t)(s.p + s.n - below->p);
		if (s.p[s.n] == '[') {
			below->n += strlen("[].");
			return STEP_LIST;
		}
		if (s.p[s.n] == '.') {
			below->n += strlen(".");
			return STEP_SECTION;
		}
		return STEP_VALUE;
	}
	return STEP_UNKNOWN;
}

struct slice
options_nearest(struct slice prefix, struct slice key)
{
	char		 text[KEYS_MAX][KEY_MAX];
	const char	*names[KEYS_MAX + 1] = {NULL}, *best;
	const struct option *o;
	struct slice	 s, below;
	size_t		 i, n = 0;

	for (i = 0; i < sizeof table / sizeof *table && n < KEYS_MAX; i++) {
		s = key_below(&table[i], prefix);
		if (s.p == NULL || s.n >= KEY_MAX)
			continue;
		snprintf(text[n], KEY_MAX, "%.*s", SLICE_ARG(s));
		names[n] = text[n];
		n++;
	}
	best = nearest_name(key, names);
	if (best == NULL ||
	    options_step(prefix, slice_of(best), &o, &below) == STEP_UNKNOWN)
		return (struct slice){NULL, 0};
	return key_below(o, prefix);
}

const struct option *
options_switch(struct slice prefix)
{
	size_t	 i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		if ((table[i].flags & OPTION_SWITCH) &&
		    key_below(&table[i], prefix).p != NULL &&
		    strchr(table[i].path + prefix.n, '.') == NULL)
			return &table[i];
	}
	return NULL;
}
