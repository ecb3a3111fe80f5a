#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/conf.h"

struct fixture {
	struct complaints c;
	struct conf	 *conf;
	struct buf	  text;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	complain_init(&f->c);
	buf_init(&f->text);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	complain_clear(&f->c);
	conf_free(&f->conf);
	buf_clear(&f->text);
	free(f);
	return 0;
}

static const struct conf *
load(struct fixture *f, const char *text)
{
	conf_free(&f->conf);
	complain_clear(&f->c);
	f->conf = conf_load_text("f", slice_of(text), &f->c);
	return f->conf;
}

static void
assert_told(struct fixture *f, size_t i, const char *want)
{
	struct buf b;

	assert_true(i < f->c.n);
	buf_init(&b);
	complain_format(&f->c.list[i], &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

/* A text that must be right, without a warning. */
static const struct conf *
loaded(struct fixture *f, const char *text)
{
	load(f, text);
	if (f->c.n > 0)
		assert_told(f, 0, "");
	assert_non_null(f->conf);
	return f->conf;
}

/* A text with one fault, which is told like this. */
static void
assert_refused(struct fixture *f, const char *text, const char *want)
{
	assert_null(load(f, text));
	assert_told(f, 0, want);
	assert_int_equal(f->c.n, 1);
}

/* --- defaults ---------------------------------------------------------- */

static void
an_empty_file_has_all_defaults(void **state)
{
	const struct conf *c = loaded(*state, "");

	assert_null(c->user);
	assert_string_equal(c->store_path, "/var/lib/patrol/patrol.db");
	assert_int_equal(c->retain_uses, 90 * USEC_DAY);
	assert_int_equal(c->retain_alerts, 400 * USEC_DAY);
	assert_int_equal(c->retain_refused, 14 * USEC_DAY);
	assert_int_equal(c->refused_max, 10000);
	assert_int_equal(c->nhttp, 0);
	assert_string_equal(c->auth_service, "registry.example");
	assert_string_equal(c->auth_issuer, "patrol");
	assert_null(c->auth_key);
	assert_int_equal(c->auth_lifetime, 60 * USEC_SEC);
	assert_int_equal(c->auth_public.n, 0);
	assert_string_equal(c->token_prefix, "patrol");
	assert_int_equal(c->tokens_per_account, 100);
	assert_int_equal(c->auto_per_account, 5);
	assert_int_equal(c->foreign_max, 100000);
	assert_int_equal(c->policy_max_lifetime, 365 * USEC_DAY);
	assert_int_equal(c->policy_idle_expires, 0);
}

static void
an_empty_file_has_rules_and_alerts(void **state)
{
	const struct conf *c = loaded(*state, "# nothing\n");

	assert_int_equal(c->rule_paths.n, 1);
	assert_string_equal(c->rule_paths.item[0], "/etc/patrol/rules");
	assert_int_equal(c->rule_ceiling, 3);
	assert_int_equal(c->lateness, USEC_DAY);
	assert_int_equal(c->rule_keys, 100000);
	assert_int_equal(c->rule_keys_in_all, 1000000);
	assert_int_equal(c->rule_memory, 1024 * 1024 * 1024);
	assert_int_equal(c->brake_changes, 20);
	assert_int_equal(c->brake_per, 10 * USEC_MIN);
	assert_true(c->brake_share > 0.0499 && c->brake_share < 0.0501);
	assert_int_equal(c->syslog_facility, LOG_AUTHPRIV);
	assert_string_equal(c->syslog_tag, "patrold");
	assert_string_equal(c->syslog_socket, "/dev/log");
	assert_int_equal(c->syslog_json, 0);
	assert_null(c->alert_file);
}

static void
an_empty_file_has_both_unix_sockets(void **state)
{
	const struct conf *c = loaded(*state, "---\n");

	assert_int_equal(c->ningest, 1);
	assert_string_equal(c->ingest[0].socket, "/run/patrol/ingest.sock");
	assert_int_equal(c->ingest[0].mode, 0660);
	assert_null(c->ingest[0].group);
	assert_null(c->ingest[0].registry);
	assert_string_equal(c->control_socket, "/run/patrol/control.sock");
	assert_int_equal(c->control_mode, 0660);
	assert_int_equal(c->role_admin.n, 2);
	assert_string_equal(c->role_admin.item[0], "root");
	assert_string_equal(c->role_admin.item[1], "@patrol-admin");
	assert_int_equal(c->ingest_connections, 1000);
	assert_int_equal(c->control_connections, 100);
	assert_int_equal(c->dedup_max, 4000000);
	assert_int_equal(c->strings_max, 1000000);
}

/* --- values ------------------------------------------------------------ */

static void
every_kind_of_value_is_read(void **state)
{
	const struct conf *c;

	c = loaded(*state,
	    "user: patrol\n"
	    "store: {path: p.db, retain: {uses: 1h}}\n"
	    "ingest:\n"
	    "  - {socket: /a, mode: \"0600\", group: g, registry: hub}\n"
	    "  - {socket: /b}\n"
	    "auth: {lifetime: 5m, public: [library/*]}\n"
	    "rules: {ceiling: simulate, brake: {share: 2.5%}}\n"
	    "alerts: {syslog: {facility: local3, format: json}}\n"
	    "limits: {dedup: 7}\n");
	assert_string_equal(c->user, "patrol");
	assert_string_equal(c->store_path, "p.db");
	assert_int_equal(c->retain_uses, USEC_HOUR);
	assert_int_equal(c->retain_alerts, 400 * USEC_DAY);
	assert_int_equal(c->ningest, 2);
	assert_int_equal(c->ingest[0].mode, 0600);
	assert_string_equal(c->ingest[0].group, "g");
	assert_string_equal(c->ingest[0].registry, "hub");
	assert_int_equal(c->ingest[1].mode, 0660);
	assert_null(c->ingest[1].registry);
	assert_int_equal(c->auth_lifetime, 5 * USEC_MIN);
	assert_string_equal(c->auth_public.item[0], "library/*");
	assert_int_equal(c->rule_ceiling, 1);
	assert_true(c->brake_share > 0.0249 && c->brake_share < 0.0251);
	assert_int_equal(c->syslog_facility, LOG_LOCAL3);
	assert_int_equal(c->syslog_json, 1);
	assert_int_equal(c->dedup_max, 7);
}

static void
http_listeners_are_read(void **state)
{
	const struct conf *c;

	c = loaded(*state,
	    "http:\n"
	    "  - listen: 127.0.0.1:5010\n"
	    "    serve: [token, uses, health]\n"
	    "    tls: {certificate: /c, key: /k}\n"
	    "    trusted-proxies: [10.0.0.0/8, '::1']\n"
	    "    secret-file: /s\n"
	    "  - {listen: /run/http.sock, mode: 0600, serve: [metrics]}\n");
	assert_int_equal(c->nhttp, 2);
	assert_string_equal(c->http[0].listen, "127.0.0.1:5010");
	assert_int_equal(c->http[0].serve,
	    SERVE_TOKEN | SERVE_USES | SERVE_HEALTH);
	assert_string_equal(c->http[0].tls_certificate, "/c");
	assert_string_equal(c->http[0].tls_key, "/k");
	assert_int_equal(c->http[0].trusted_proxies.n, 2);
	assert_int_equal(c->http[0].trusted_proxies.item[0].bits, 8);
	assert_string_equal(c->http[0].secret_file, "/s");
	assert_int_equal(c->http[1].mode, 0600);
	assert_int_equal(c->http[1].serve, SERVE_METRICS);
	assert_int_equal(c->http[1].trusted_proxies.n, 0);
}

static void
a_list_of_no_ingest_sockets_is_none(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loaded(f, "ingest: []\n")->ningest, 0);
	/* All entries commented out: as if it were not there. */
	assert_int_equal(loaded(f, "ingest:\nstore:\n")->ningest, 1);
}

static void
none_is_a_value_where_it_is_the_default(void **state)
{
	struct fixture *f = *state;

	assert_null(loaded(f, "user: ~\nalerts: {file: {path: }}\n")->user);
	assert_refused(f, "store: {path: ~}\n",
	    "f:1:15: store.path: has no value; allowed: a path");
}

static void
sinks_can_be_off(void **state)
{
	struct fixture	  *f = *state;
	const struct conf *c;

	c = loaded(f, "alerts: {syslog: off, file: off}\n");
	assert_int_equal(c->syslog_facility, -1);
	assert_null(c->alert_file);
	c = loaded(f, "alerts: {file: {path: /f}}\n");
	assert_int_equal(c->syslog_facility, LOG_AUTHPRIV);
	assert_string_equal(c->alert_file, "/f");
	assert_refused(f, "alerts: {syslog: on}\n",
	    "f:1:18: alerts.syslog: wants options, or off");
	assert_refused(f, "store: off\n", "f:1:8: store: wants options");
}

/* --- faults ------------------------------------------------------------ */

static void
an_unknown_option_names_the_nearest(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "store:\n  retian: {uses: 1d}\n",
	    "f:2:3: unknown option 'retian', did you mean 'retain'?");
	assert_refused(f, "zebra: 1\n", "f:1:1: unknown option 'zebra'");
	assert_refused(f, "auth: {zebra: [1, {a: b}]}\n",
	    "f:1:8: unknown option 'zebra' in 'auth'");
	assert_refused(f, "ingest: [{sock: /a}]\n",
	    "f:1:11: unknown option 'sock', did you mean 'socket'?");
	assert_refused(f, "store.path: x\n",
	    "f:1:1: unknown option 'store.path'");
}

static void
a_strange_key_is_cut_and_escaped(void **state)
{
	struct fixture *f = *state;
	const char     *text;

	buf_adds(&f->text, "\"\\n");
	memset(buf_reserve(&f->text, 1000), 'k', 1000);
	f->text.n += 1000;
	buf_adds(&f->text, "\": 1\n");
	assert_null(load(f, buf_str(&f->text)));
	text = f->c.list[0].text;
	assert_non_null(strstr(text, "unknown option '\\x0akkk"));
	assert_true(strlen(text) < 100);
}

static void
all_faults_are_told(void **state)
{
	struct fixture *f = *state;

	assert_null(load(f,
	    "store: {path: [a], retain: {uses: 90}}\n"
	    "limits: {dedup: many}\n"
	    "huh: 1\n"
	    "http: [{listen: 127.0.0.1:1, serve: [uses]}]\n"));
	assert_int_equal(f->c.errors, 5);
	assert_told(f, 0,
	    "f:1:15: store.path: wants one value; allowed: a path");
	assert_told(f, 1,
	    "f:1:35: store.retain.uses: '90' has no unit; "
	    "allowed: a duration with its unit, like 10m or 90d, from 1h to "
	    "100y");
	assert_told(f, 2,
	    "f:2:17: limits.dedup: 'many' is not an integer; "
	    "allowed: an integer from 1 to 1000000000");
	assert_told(f, 3, "f:3:1: unknown option 'huh'");
	assert_told(f, 4,
	    "f:4:8: http[].secret-file: needed to serve "
	    "notifications or uses on TCP");
}

static void
bad_yaml_is_told_with_its_place(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "user: a\nuser: b\n",
	    "f:2:1: duplicate key 'user', first in line 1");
	assert_refused(f, "- user\n",
	    "f:1:1: a configuration is a map of options");
	assert_refused(f, "user: a\n---\nuser: b\n",
	    "f: a configuration is one document, not several");
	assert_refused(f, "user: \"a\\x01\"\n",
	    "f:1:7: user: 'a\\x01' has "
	    "control characters; allowed: a text of at most 32 bytes");
}

static void
integers_keep_their_range(void **state)
{
	struct fixture *f = *state;
	const char     *range = "allowed: an integer from 1 to 1000000";

	assert_int_equal(loaded(f, "tokens: {max-per-account: 1}")
			     ->tokens_per_account,
	    1);
	assert_int_equal(loaded(f, "tokens: {max-per-account: 1000000}")
			     ->tokens_per_account,
	    1000000);
	snprintf(buf_reserve(&f->text, 200), 200,
	    "f:1:27: "
	    "tokens.max-per-account: '0' is out of range; %s",
	    range);
	assert_refused(f, "tokens: {max-per-account: 0}", f->text.p);
	snprintf(f->text.p, 200,
	    "f:1:27: "
	    "tokens.max-per-account: '1000001' is out of range; %s",
	    range);
	assert_refused(f, "tokens: {max-per-account: 1000001}", f->text.p);
	snprintf(f->text.p, 200,
	    "f:1:27: tokens.max-per-account: "
	    "'99999999999999999999' is out of range; %s",
	    range);
	assert_refused(f, "tokens: {max-per-account: 99999999999999999999}",
	    f->text.p);
	snprintf(f->text.p, 200,
	    "f:1:27: "
	    "tokens.max-per-account: '5' is not an integer; %s",
	    range);
	assert_refused(f, "tokens: {max-per-account: '5'}", f->text.p);
	snprintf(f->text.p, 200,
	    "f:1:27: "
	    "tokens.max-per-account: '5.0' is not an integer; %s",
	    range);
	assert_refused(f, "tokens: {max-per-account: 5.0}", f->text.p);
}

static void
durations_keep_their_range(void **state)
{
	struct fixture *f = *state;
#define ALLOWED                                                  \
	"; allowed: a duration with its unit, like 10m or 90d, " \
	"from 1m to 1h"

	assert_int_equal(loaded(f, "auth: {lifetime: 60s}")->auth_lifetime,
	    USEC_MIN);
	assert_int_equal(loaded(f, "auth: {lifetime: '1h'}")->auth_lifetime,
	    USEC_HOUR);
	assert_refused(f, "auth: {lifetime: 59s}",
	    "f:1:18: auth.lifetime: '59s' is out of range" ALLOWED);
	assert_refused(f, "auth: {lifetime: 61m}",
	    "f:1:18: auth.lifetime: '61m' is out of range" ALLOWED);
	assert_refused(f, "auth: {lifetime: 0}",
	    "f:1:18: auth.lifetime: '0' is out of range" ALLOWED);
	assert_refused(f, "auth: {lifetime: 5 minutes}",
	    "f:1:18: auth.lifetime: '5 minutes' is not a duration" ALLOWED);
	assert_refused(f, "auth: {lifetime: 99999999999y}",
	    "f:1:18: auth.lifetime: '99999999999y' is not a duration" ALLOWED);
#undef ALLOWED
}

static void
shares_keep_their_range(void **state)
{
	struct fixture *f = *state;
#define ALLOWED	 "; allowed: a share with its unit, like 5%, from 0% to 100%"
#define SHARE(v) "rules: {brake: {share: " v "}}"
#define AT	 "f:1:24: rules.brake.share: "

	assert_true(loaded(f, SHARE("0%"))->brake_share == 0);
	assert_true(loaded(f, SHARE("0"))->brake_share == 0);
	assert_true(loaded(f, SHARE("100%"))->brake_share == 1);
	assert_refused(f, SHARE("101%"), AT "'101%' is out of range" ALLOWED);
	assert_refused(f, SHARE("100.1%"),
	    AT "'100.1%' is out of range" ALLOWED);
	assert_refused(f, SHARE("5"), AT "'5' has no unit" ALLOWED);
	assert_refused(f, SHARE("0.05"), AT "'0.05' has no unit" ALLOWED);
	assert_refused(f, SHARE("-5%"), AT "'-5%' is not a share" ALLOWED);
	assert_refused(f, SHARE("nan%"), AT "'nan%' is not a share" ALLOWED);
	assert_refused(f, SHARE("'%'"), AT "'%' is not a share" ALLOWED);
	assert_refused(f, SHARE("5.%"), AT "'5.%' is not a share" ALLOWED);
	assert_refused(f, SHARE("1.2.3%"),
	    AT "'1.2.3%' is not a share" ALLOWED);
#undef AT
#undef SHARE
#undef ALLOWED
}

static void
sizes_keep_their_range(void **state)
{
	struct fixture *f = *state;
#define ALLOWED                                                           \
	"; allowed: a size with its unit, like 64KiB or 1GiB, from 1MiB " \
	"to 1TiB"
#define SIZE(v) "rules: {memory: " v "}"
#define AT	"f:1:17: rules.memory: "

	assert_int_equal(loaded(f, SIZE("1MiB"))->rule_memory, 1 << 20);
	assert_int_equal(loaded(f, SIZE("1024KiB"))->rule_memory, 1 << 20);
	assert_refused(f, SIZE("1023KiB"),
	    AT "'1023KiB' is out of range" ALLOWED);
	assert_refused(f, SIZE("0"), AT "'0' is out of range" ALLOWED);
	assert_refused(f, SIZE("5000000"), AT "'5000000' has no unit" ALLOWED);
	assert_refused(f, SIZE("64MB"), AT "'64MB' is not a size" ALLOWED);
	assert_refused(f, SIZE("-1MiB"), AT "'-1MiB' is not a size" ALLOWED);
#undef AT
#undef SIZE
#undef ALLOWED
}

static void
modes_are_four_octal_digits(void **state)
{
	struct fixture		*f = *state;
	static const char *const wrong[] = {"660", "1777", "0680", "07777",
	    "rw", "''"};
	size_t			 i;

	assert_int_equal(loaded(f, "control: {mode: 0777}")->control_mode,
	    0777);
	assert_int_equal(loaded(f, "control: {mode: '0000'}")->control_mode, 0);
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		f->text.n = 0;
		buf_addf(&f->text, "control: {mode: %s}", wrong[i]);
		assert_null(load(f, buf_str(&f->text)));
		assert_non_null(strstr(f->c.list[0].text,
		    "is not a mode; "
		    "allowed: an octal mode of four digits, like \"0660\""));
	}
}

static void
words_are_known_ones(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "rules: {ceiling: loud}",
	    "f:1:18: rules.ceiling: "
	    "'loud' is unknown; allowed: one of off, simulate, alert, "
	    "enforce");
	assert_refused(f, "http: [{listen: /a, serve: [token, tea]}]",
	    "f:1:36: http[].serve: 'tea' is unknown; allowed: a list of "
	    "token, notifications, uses, metrics, health, leaks, "
	    "public-leaks, verify");
	assert_refused(f, "http: [{listen: /a, serve: token}]",
	    "f:1:28: http[].serve: 'token' is not a list; allowed: a list of "
	    "token, notifications, uses, metrics, health, leaks, "
	    "public-leaks, verify");
}

static void
who_may_what_beside_their_own(void **state)
{
	struct fixture	  *f = *state;
	const struct conf *c;

	c = load(f,
	    "auth:\n"
	    "  groups: {build: [alice, bob], ops: carol}\n"
	    "  access:\n"
	    "    - {who: ['@build', dave], repositories: [a/*, b/*],\n"
	    "       actions: [push, pull]}\n"
	    "    - {who: ['*'], repositories: [c]}\n");
	assert_non_null(c);
	assert_int_equal(c->naccess, 2);
	assert_int_equal(c->access[0].who.n, 2);
	assert_string_equal(c->access[0].repositories.item[1], "b/*");
	assert_int_equal(c->access[0].actions, ACCESS_PULL | ACCESS_PUSH);
	assert_int_equal(c->access[1].actions, ACCESS_PULL);
}

static void
an_access_entry_names_whom_where_and_groups_that_are_there(void **state)
{
	struct fixture *f = *state;

	assert_null(load(f, "auth: {access: [{}]}"));
	assert_int_equal(f->c.errors, 2);
	assert_told(f, 0, "f:1:17: auth.access[].who is missing");
	assert_told(f, 1, "f:1:17: auth.access[].repositories is missing");
	assert_refused(f,
	    "auth: {groups: {bild: [a]}, "
	    "access: [{who: ['@build'], repositories: [a]}]}",
	    "f:1:7: auth.access[].who: no group 'build' in auth.groups");
	assert_refused(f,
	    "auth: {access: [{who: [a], repositories: [a], actions: [admin]}]}",
	    "f:1:57: auth.access[].actions: 'admin' is unknown; allowed: a "
	    "list of pull, push, delete");
}

/* auth.access with `n` entries. */
static const char *
with_access(struct fixture *f, unsigned n)
{
	f->text.n = 0;
	buf_adds(&f->text, "auth:\n  access:\n");
	while (n-- > 0)
		buf_adds(&f->text, "    - {who: [a], repositories: [b]}\n");
	return buf_str(&f->text);
}

static void
so_many_access_entries_are_taken_and_not_one_more(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loaded(f, with_access(f, CONF_ACCESS_MAX))->naccess,
	    CONF_ACCESS_MAX);
	assert_refused(f, with_access(f, CONF_ACCESS_MAX + 1),
	    "f:3:5: auth.access[]: has too many entries");
}

static void
who_asks_verify_on_tcp_is_a_proxy_we_trust(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "http: [{listen: '127.0.0.1:1', serve: [verify]}]",
	    "f:1:8: http[].trusted-proxies: needed to serve verify on TCP: "
	    "who may ask");
	assert_non_null(load(f,
	    "http: [{listen: '127.0.0.1:1', serve: [verify], "
	    "trusted-proxies: [127.0.0.1]}]"));
	assert_non_null(load(f, "http: [{listen: /s, serve: [verify]}]"));
}

static void
lists_hold_texts_and_networks(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "rules: {paths: [/a, [b]]}",
	    "f:1:21: rules.paths: "
	    "is not a text; allowed: a list of at most 256 texts");
	assert_refused(f, "rules: {paths: [/a, ~]}",
	    "f:1:21: rules.paths: "
	    "is not a text; allowed: a list of at most 256 texts");
	assert_refused(f,
	    "http: [{listen: /a, serve: [health], "
	    "trusted-proxies: [10.0.0.1/8]}]",
	    "f:1:56: http[].trusted-proxies: '10.0.0.1/8' has host bits set: "
	    "the network is 10.0.0.0/8");
}

/* rules.paths with `n` entries. */
static const char *
with_paths(struct fixture *f, unsigned n)
{
	unsigned i;

	f->text.n = 0;
	buf_adds(&f->text, "rules:\n  paths:\n");
	for (i = 0; i < n; i++)
		buf_addf(&f->text, "    - /r%u\n", i);
	return buf_str(&f->text);
}

static void
the_length_of_a_list_is_bounded(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loaded(f, with_paths(f, CONF_LIST_MAX))->rule_paths.n,
	    CONF_LIST_MAX);
	assert_refused(f, with_paths(f, CONF_LIST_MAX + 1),
	    "f:3:5: rules.paths: the list is too long; allowed: a list of at "
	    "most 256 texts");
}

/* `n` ingest sockets. */
static const char *
with_sockets(struct fixture *f, unsigned n)
{
	unsigned i;

	f->text.n = 0;
	buf_adds(&f->text, "ingest:\n");
	for (i = 0; i < n; i++)
		buf_addf(&f->text, " - {socket: /s%u}\n", i);
	return buf_str(&f->text);
}

static void
the_number_of_listeners_is_bounded(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loaded(f, with_sockets(f, CONF_LISTENERS_MAX))
			     ->ningest,
	    CONF_LISTENERS_MAX);
	assert_refused(f, with_sockets(f, CONF_LISTENERS_MAX + 1),
	    "f:2:2: ingest[]: has too many entries");
	assert_refused(f, "ingest: /s\n", "f:1:9: ingest[]: wants a list");
	assert_refused(f, "ingest: [/s]\n", "f:1:10: ingest[]: wants options");
}

/* control.socket with a path of `n` bytes. */
static const char *
with_path_of(struct fixture *f, size_t n)
{
	f->text.n = 0;
	buf_adds(&f->text, "control: {socket: /");
	memset(buf_reserve(&f->text, n), 'p', n);
	f->text.n += n - 1;
	buf_adds(&f->text, "}");
	return buf_str(&f->text);
}

static void
a_socket_path_fits_its_address(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(strlen(
			     loaded(f, with_path_of(f, 107))->control_socket),
	    107);
	assert_null(load(f, with_path_of(f, 108)));
	assert_non_null(strstr(f->c.list[0].text,
	    "is too long; allowed: a path of at most 107 bytes"));
}

static void
a_prefix_is_short_and_plain(void **state)
{
	struct fixture *f = *state;

	loaded(f, "tokens: {prefix: abcdefghijklm012}");
	assert_refused(f, "tokens: {prefix: abcdefghijklm0123}",
	    "f:1:18: tokens.prefix: 'abcdefghijklm0123' is too long; "
	    "allowed: at most 16 of a-z and 0-9");
	assert_refused(f, "tokens: {prefix: a_b}",
	    "f:1:18: tokens.prefix: 'a_b' has other characters than a-z and "
	    "0-9; allowed: at most 16 of a-z and 0-9");
	assert_refused(f, "tokens: {prefix: ''}",
	    "f:1:18: tokens.prefix: '' "
	    "is empty; allowed: at most 16 of a-z and 0-9");
}

static void
a_tag_is_short_and_visible(void **state)
{
	struct fixture *f = *state;
#define TAG(v)	"alerts: {syslog: {tag: " v "}}"
#define ALLOWED "; allowed: at most 32 visible ASCII characters"

	loaded(f, TAG("abcdefghijklmnopqrstuvwxyz012345"));
	assert_refused(f, TAG("abcdefghijklmnopqrstuvwxyz0123456"),
	    "f:1:24: alerts.syslog.tag: 'abcdefghijklmnopqrstuvwxyz0123456' "
	    "is too long" ALLOWED);
	assert_refused(f, TAG("''"),
	    "f:1:24: alerts.syslog.tag: '' is empty" ALLOWED);
	assert_refused(f, TAG("a b"),
	    "f:1:24: alerts.syslog.tag: 'a b' has "
	    "blanks or characters beyond ASCII" ALLOWED);
#undef ALLOWED
#undef TAG
}

static void
an_address_to_listen_at_has_a_port(void **state)
{
	static const char *const right[] = {"127.0.0.1:1", "127.0.0.1:65535",
	    "[::1]:5010", "/s"};
	static const char *const wrong[] = {"127.0.0.1", "localhost:1", ":5010",
	    "::1:5010", "[::1]", "127.0.0.1:0", "127.0.0.1:65536",
	    "127.0.0.1:", "./s", "[127.0.0.1:5"};
	struct fixture		*f = *state;
	size_t			 i;

	for (i = 0; i < sizeof right / sizeof *right; i++) {
		f->text.n = 0;
		buf_addf(&f->text, "http: [{listen: '%s', serve: [health]}]",
		    right[i]);
		loaded(f, buf_str(&f->text));
	}
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		f->text.n = 0;
		buf_addf(&f->text, "http: [{listen: '%s', serve: [health]}]",
		    wrong[i]);
		assert_null(load(f, buf_str(&f->text)));
		assert_non_null(strstr(f->c.list[0].text,
		    "is not an address with a port; allowed: "));
	}
}

/* --- what must go together ---------------------------------------------- */

static void
a_listener_says_where_and_what(void **state)
{
	struct fixture *f = *state;

	assert_null(load(f, "http:\n  - {}\n"));
	assert_int_equal(f->c.errors, 2);
	assert_told(f, 0, "f:2:5: http[].listen is missing");
	assert_told(f, 1, "f:2:5: http[].serve is missing");
	assert_refused(f, "http: [{listen: /s, serve: []}]",
	    "f:1:28: http[].serve: the list is empty; allowed: a list of "
	    "token, notifications, uses, metrics, health, leaks, "
	    "public-leaks, verify");
}

static void
senders_on_tcp_show_a_secret(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "http: [{listen: '[::1]:1', serve: [notifications]}]",
	    "f:1:8: http[].secret-file: needed to serve notifications or "
	    "uses on TCP");
	loaded(f,
	    "http: [{listen: '[::1]:1', serve: [notifications], "
	    "secret-file: /s}]");
	loaded(f, "http: [{listen: '[::1]:1', serve: [token, metrics]}]");
	loaded(f, "http: [{listen: /s, serve: [uses]}]");
}

static void
beyond_loopback_without_tls_is_a_warning(void **state)
{
	struct fixture *f = *state;

	assert_non_null(
	    load(f, "http: [{listen: 192.0.2.1:80, serve: [token]}]"));
	assert_int_equal(f->c.warnings, 1);
	assert_told(f, 0,
	    "f:1:8: warning: http[].listen: '192.0.2.1:80' is "
	    "not loopback and has no TLS: secrets travel in the clear");
	assert_non_null(load(f, "http: [{listen: '[::]:80', serve: [token]}]"));
	assert_int_equal(f->c.warnings, 1);
	loaded(f,
	    "http: [{listen: 192.0.2.1:80, serve: [token], "
	    "tls: {key: /k, certificate: /c}}]");
	loaded(f, "http: [{listen: 127.1.2.3:80, serve: [token]}]");
}

static void
a_key_comes_with_its_certificate(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "auth: {key: /k}",
	    "f:1:7: auth.key without "
	    "auth.certificate: set both or none");
	assert_refused(f, "auth: {certificate: /k}",
	    "f:1:7: "
	    "auth.certificate without auth.key: set both or none");
	loaded(f, "auth: {key: /k, certificate: /c}");
	assert_refused(f,
	    "http: [{listen: /s, serve: [token], "
	    "tls: {key: /k}}]",
	    "f:1:8: http[].tls.key without "
	    "http[].tls.certificate: set both or none");
}

static void
no_two_listen_at_one_place(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "ingest: [{socket: /a}, {socket: /a}]",
	    "f:1:24: ingest[].socket: '/a' is taken by ingest[].socket "
	    "already");
	assert_refused(f, "control: {socket: /run/patrol/ingest.sock}",
	    "f: ingest[].socket: '/run/patrol/ingest.sock' is taken by "
	    "control.socket already");
	assert_refused(f,
	    "http:\n - {listen: '[::1]:1', serve: [token]}\n"
	    " - {listen: '[0:0::1]:1', serve: [health]}\n",
	    "f:3:4: http[].listen: '[0:0::1]:1' is taken by http[].listen "
	    "already");
	loaded(f,
	    "http:\n - {listen: '[::1]:1', serve: [token]}\n"
	    " - {listen: '[::1]:2', serve: [health]}\n");
}

/* --- out --------------------------------------------------------------- */

static const char *
shown(struct fixture *f, const char *text)
{
	f->text.n = 0;
	conf_format(loaded(f, text), &f->text);
	return buf_str(&f->text);
}

static void
what_is_set_is_marked(void **state)
{
	const char *s;

	s = shown(*state,
	    "user: patrol\nstore: {retain: {uses: 24h}}\n"
	    "rules: {lateness: 24h, brake: {share: 12.5%}}\n"
	    "control: {mode: '0600', roles: {admin: ['@a b', c]}}\n"
	    "alerts: {syslog: off}\n");
	assert_non_null(strstr(s, "user: patrol  # set\n"));
	assert_non_null(strstr(s, "\nstore.retain.uses: 1d  # set\n"));
	assert_non_null(strstr(s, "\nstore.retain.alerts: 400d\n"));
	assert_non_null(strstr(s, "\nrules.lateness: 24h\n"));
	assert_non_null(strstr(s, "\nrules.brake.share: 12.5%  # set\n"));
	assert_non_null(strstr(s, "\ncontrol.mode: \"0600\"  # set\n"));
	assert_non_null(strstr(s, "\ncontrol.group: ~\n"));
	assert_non_null(
	    strstr(s, "\ncontrol.roles.admin: [\"@a b\", c]  # set\n"));
	assert_non_null(strstr(s, "\nalerts.syslog.facility: off  # set\n"));
}

static void
listeners_are_shown_by_number(void **state)
{
	struct fixture *f = *state;
	const char     *s;

	s = shown(f,
	    "ingest: [{}, {socket: /b, registry: 'null'}]\n"
	    "http: [{listen: '127.0.0.1:5', serve: [health, token], "
	    "trusted-proxies: ['::1', 10.0.0.0/8]}]\n");
	assert_non_null(
	    strstr(s, "\ningest[0].socket: /run/patrol/ingest.sock\n"));
	assert_non_null(strstr(s, "\ningest[1].socket: /b  # set\n"));
	assert_non_null(strstr(s, "\ningest[1].mode: \"0660\"\n"));
	assert_non_null(strstr(s, "\ningest[1].registry: \"null\"  # set\n"));
	assert_non_null(
	    strstr(s, "\nhttp[0].listen: \"127.0.0.1:5\"  # set\n"));
	assert_non_null(strstr(s, "\nhttp[0].serve: [token, health]  # set\n"));
	assert_non_null(strstr(s,
	    "\nhttp[0].trusted-proxies: "
	    "[\"::1/128\", 10.0.0.0/8]  # set\n"));
	assert_non_null(strstr(shown(f, "ingest: []"), "\ningest: []\n"));
}

static void
what_is_shown_is_yaml(void **state)
{
	struct fixture	 *f = *state;
	struct complaints c;
	const char	 *s;

	s = shown(f,
	    "user: \"a: 'b' #\\\"\\\\c\"\nhttp:\n"
	    " - {listen: /s, serve: [uses]}\n");
	complain_init(&c);
	/* Flat names are no options, but the YAML is right. */
	assert_null(conf_load_text("f", slice_of(s), &c));
	assert_non_null(strstr(c.list[0].text, "unknown option"));
	complain_clear(&c);
	assert_non_null(strstr(s, "user: \"a: 'b' #\\\"\\\\c\"  # set\n"));
}

/* --- reload and files -------------------------------------------------- */

static void
a_reload_tells_what_takes_a_restart(void **state)
{
	struct fixture *f = *state;
	struct conf    *now;

	loaded(f, "rules: {ceiling: alert}\ningest: [{socket: /a}]\n");
	now = f->conf;
	f->conf = NULL;
	loaded(f, "rules: {ceiling: enforce}\ningest: [{socket: /a}]\n");
	conf_check_reload(now, f->conf, "f", &f->c);
	assert_int_equal(f->c.n, 0);
	loaded(f, "user: x\ningest: [{socket: /b}]\n");
	conf_check_reload(now, f->conf, "f", &f->c);
	assert_int_equal(f->c.errors, 2);
	assert_told(f, 0, "f: user: only a restart can change it");
	assert_told(f, 1, "f: ingest[].socket: only a restart can change it");
	conf_free(&now);
}

static void
a_file_is_loaded(void **state)
{
	struct fixture *f = *state;
	char		path[] = "/tmp/patrol-conf-XXXXXX";
	int		fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "user: x\n", 8), 8);
	close(fd);
	f->conf = conf_load(path, &f->c);
	unlink(path);
	assert_non_null(f->conf);
	assert_string_equal(f->conf->user, "x");
}

/* What conf_survey makes of a text; the caller looks at f->c. */
static struct conf *
survey(struct fixture *f, const char *text)
{
	char	     path[] = "/tmp/patrol-conf-XXXXXX";
	int	     fd = mkstemp(path);
	struct conf *conf;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	conf = conf_survey(path, &f->c);
	unlink(path);
	return conf;
}

static void
beside_faults_the_rules_that_are_meant_are_known(void **state)
{
	struct fixture *f = *state;

	f->conf = survey(f, "rules: {paths: [/r], keyz: 1}\nuse: x\n");
	assert_int_equal(f->c.errors, 2);
	assert_non_null(f->conf);
	assert_string_equal(f->conf->rule_paths.item[0], "/r");
}

static void
or_they_are_not_and_nothing_is(void **state)
{
	static const char *const texts[] = {"ruls: {paths: [/r]}\n",
	    "rules: {paths: {}}\n", "usr: x\n", "rules: {path: [/r]}\n",
	    "rules: {paths: [/r], placeholders: 5}\n",
	    "rules: {paths: [/r], lateness: 5}\n", "[]\n", "a: [\n"};
	struct fixture		*f = *state;
	size_t			 i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_null(survey(f, texts[i]));
		assert_int_equal(f->c.errors, i + 1);
	}
}

static void
a_file_that_is_not_there_is_a_fault(void **state)
{
	struct fixture *f = *state;

	assert_null(conf_load("/nonexistent/f", &f->c));
	assert_told(f, 0, "/nonexistent/f: No such file or directory");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(an_empty_file_has_all_defaults),
	    T(an_empty_file_has_rules_and_alerts),
	    T(an_empty_file_has_both_unix_sockets),
	    T(every_kind_of_value_is_read),
	    T(http_listeners_are_read),
	    T(a_list_of_no_ingest_sockets_is_none),
	    T(none_is_a_value_where_it_is_the_default),
	    T(sinks_can_be_off),
	    T(an_unknown_option_names_the_nearest),
	    T(a_strange_key_is_cut_and_escaped),
	    T(all_faults_are_told),
	    T(bad_yaml_is_told_with_its_place),
	    T(integers_keep_their_range),
	    T(durations_keep_their_range),
	    T(shares_keep_their_range),
	    T(sizes_keep_their_range),
	    T(modes_are_four_octal_digits),
	    T(words_are_known_ones),
	    T(who_may_what_beside_their_own),
	    T(an_access_entry_names_whom_where_and_groups_that_are_there),
	    T(so_many_access_entries_are_taken_and_not_one_more),
	    T(who_asks_verify_on_tcp_is_a_proxy_we_trust),
	    T(lists_hold_texts_and_networks),
	    T(the_length_of_a_list_is_bounded),
	    T(the_number_of_listeners_is_bounded),
	    T(a_socket_path_fits_its_address),
	    T(a_prefix_is_short_and_plain),
	    T(a_tag_is_short_and_visible),
	    T(an_address_to_listen_at_has_a_port),
	    T(a_listener_says_where_and_what),
	    T(senders_on_tcp_show_a_secret),
	    T(beyond_loopback_without_tls_is_a_warning),
	    T(a_key_comes_with_its_certificate),
	    T(no_two_listen_at_one_place),
	    T(what_is_set_is_marked),
	    T(listeners_are_shown_by_number),
	    T(what_is_shown_is_yaml),
	    T(a_reload_tells_what_takes_a_restart),
	    T(a_file_is_loaded),
	    T(beside_faults_the_rules_that_are_meant_are_known),
	    T(or_they_are_not_and_nothing_is),
	    T(a_file_that_is_not_there_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
