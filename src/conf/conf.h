/*
 * conf - patrold's configuration, checked and complete.
 *
 * One YAML file.  Every option stands once in a table (options.c) with type,
 * default, range and help; the parser, `patrolctl status --config` and
 * patrold.yaml(5) read that table.  A struct conf is never changed after
 * conf_load: a reload makes another.
 */
#ifndef PATROL_CONF_CONF_H
#define PATROL_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/complain.h"
#include "base/slice.h"

#define CONF_LISTENERS_MAX 16
#define CONF_ACCESS_MAX	   256
#define CONF_LIST_MAX	   256
#define CONF_SPAN_MAX	   (100 * USEC_YEAR)
#define CONF_MAP_MAX	   1000	 /* names of a map, */
#define CONF_VALUES_MAX	   10000 /* and texts of one */

/* A list of texts, in the configuration's arena. */
struct conf_list {
	const char **item;
	unsigned     n;
};

struct conf_spans {
	usec_t	*item;
	unsigned n;
};

struct conf_cidrs {
	struct cidr *item;
	unsigned     n;
};

/* Names, each with its texts. */
struct conf_named {
	const char	*name;
	struct conf_list values;
};

struct conf_map {
	struct conf_named *item;
	unsigned	   n;
};

struct conf_ingest {
	const char *socket;
	mode_t	    mode;     /* default 0660 */
	const char *group;    /* NULL: leave */
	const char *registry; /* fixes the sender's name; NULL: free */
};

/* Bits of conf_http.serve. */
enum {
	SERVE_TOKEN = 1,
	SERVE_NOTIFICATIONS = 2,
	SERVE_USES = 4,
	SERVE_METRICS = 8,
	SERVE_HEALTH = 16,
	SERVE_LEAKS = 32,	 /* signed, of partners */
	SERVE_PUBLIC_LEAKS = 64, /* of anybody */
	SERVE_VERIFY = 128
};

/* Bits of conf_access.actions. */
enum { ACCESS_PULL = 1, ACCESS_PUSH = 2, ACCESS_DELETE = 4 };

/* Who may do what in repositories beside their own. */
struct conf_access {
	struct conf_list who;	       /* accounts, "@group", or "*" for all */
	struct conf_list repositories; /* patterns */
	unsigned	 actions;      /* ACCESS_* */
};

struct conf_http {
	const char	 *listen; /* "127.0.0.1:5010", "[::1]:5010" or
					   "/path.sock"; always one of these */
	mode_t		  mode;	  /* of a Unix socket */
	const char	 *group;
	unsigned	  serve;		     /* SERVE_* */
	const char	 *tls_certificate, *tls_key; /* NULL: no TLS */
	struct conf_cidrs trusted_proxies; /* whose X-Forwarded-For counts */
	const char	 *secret_file; /* what a sender of uses must show as a
					   bearer; NULL: refused at load when
					   notifications or uses are served on
					   TCP, loopback or not */
	const char	 *registry;    /* names the sender; NULL: free */
};

struct conf {
	struct arena arena; /* owns all of the below */

	const char *user; /* to become; NULL: stay */

	const char *store_path;
	usec_t	    retain_uses, retain_alerts, retain_refused;
	int64_t	    refused_max;    /* store.refused-max: lines kept */
	usec_t	    store_announce; /* 0: never */

	struct conf_ingest ingest[CONF_LISTENERS_MAX];
	unsigned	   ningest;
	int64_t		   ingest_connections; /* limits.ingest-connections */
	int64_t		   dedup_max;	/* limits.dedup: ids remembered */
	int64_t		   strings_max; /* limits.strings: kept in memory */
	int64_t		   control_connections;

	const char	*control_socket;
	mode_t		 control_mode;
	const char	*control_group;
	struct conf_list role_admin, role_analyst, role_viewer;
	/* user names, or "@group" */

	struct conf_http http[CONF_LISTENERS_MAX];
	unsigned	 nhttp;

	const char *auth_service, *auth_issuer;
	const char *auth_key, *auth_certificate;
	/* NULL: made beside the store */
	usec_t		   auth_lifetime; /* of a JWT, 60 s .. 1 h */
	const char	  *auth_htpasswd; /* NULL: no passwords */
	struct conf_list   auth_public;	  /* repository patterns all may read */
	struct conf_list   auto_clients;  /* client ids that get auto tokens */
	struct conf_map	   groups;	  /* auth.groups */
	struct conf_access access[CONF_ACCESS_MAX];
	unsigned	   naccess;
	int64_t		   wrong_free; /* auth.wrong.free */
	usec_t		   wrong_max;  /* auth.wrong.max-wait */
	const char	  *auth_realm; /* auth.realm; NULL: Basic */
	const char	  *verify_uri, *verify_method; /* names of headers */
	usec_t		   verify_window; /* auth.verify.window; 0: none */
	int64_t		   wrong_keys;	  /* limits.wrong-sign-ins */
	int64_t		   passwords_max; /* limits.passwords */
	int64_t		   repeats_max;	  /* limits.verify-repeats */

	const char *token_prefix; /* "patrol" */
	int64_t	    tokens_per_account, auto_per_account;
	int64_t	    foreign_max;	 /* tokens.foreign-max */
	usec_t	    policy_max_lifetime; /* 0: none */
	usec_t	    policy_default_lifetime, policy_idle_expires; /* likewise */
	usec_t	    policy_max_overlap; /* of two secrets of a token */
	unsigned    policy_forbidden;	/* bits 1 << enum scope_level */
	int	    policy_description; /* is one required? */

	/* notices: how long before the end */
	struct conf_spans notice_expiry, notice_idle;

	const char *leak_keys;	  /* file of partners' keys; NULL: none */
	int	    leak_respond; /* 0 alert 1 deactivate 2 expire */
	int64_t	    leak_rate;	  /* leaks.public-rate */

	struct conf_list rule_paths;
	struct conf_map	 placeholders; /* rules.placeholders */
	int		 rule_ceiling; /* 0 off 1 simulate 2 alert 3 enforce */
	usec_t		 lateness;
	int64_t		 rule_keys; /* rules.keys: groups per rule */
	int64_t		 rule_keys_in_all;
	int64_t		 rule_memory; /* bytes of all groups */
	int64_t		 brake_changes;
	usec_t		 brake_per;
	double		 brake_share; /* 0..1 of all active tokens */

	int	    syslog_facility; /* LOG_AUTHPRIV ...; -1: off */
	const char *syslog_tag;
	const char *syslog_socket; /* "/dev/log" */
	int	    syslog_json;   /* format: 0 kv, 1 json */
	const char *alert_file;	   /* NULL: none */
};

/*
 * Reads a file.  All faults go to `c` as file:line:col; NULL with any error.
 * An absent option has its default.  Paths stay as written.
 */
struct conf *conf_load(const char *path, struct complaints *c);
/*
 * The same for who looks for all the faults there are: with some the result is
 * what could be read, if that says which rules are meant.  Then it must not be
 * put in force.
 */
struct conf *conf_survey(const char *path, struct complaints *c);
/* As conf_load from text, named `file` in faults. */
struct conf *conf_load_text(const char *file, struct slice text,
    struct complaints *c);
void	     conf_free(struct conf **conf);
/*
 * All options with the value they have now as "path: value" YAML lines,
 * those that differ from the default marked "# set".
 */
void conf_format(const struct conf *conf, struct buf *out);
/*
 * What differs from `now` in `next` but only a restart can change: one error
 * each, under the name `file`.  For a reload, which changes all or nothing.
 */
void conf_check_reload(const struct conf *now, const struct conf *next,
    const char *file, struct complaints *c);
#endif
