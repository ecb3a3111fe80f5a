/*
 * cmd - the table of control commands; what is not in it is refused.
 *
 * Each entry says who may: a peer needs one of the roles.  ROLE_OWNER alone
 * lets a peer in whose user name is an account; the command then looks only
 * at that account (cmd_may, list_new), and at none of its traps.
 */
#ifndef PATROL_DAEMON_CMD_H
#define PATROL_DAEMON_CMD_H

#include "daemon/control.h"
#include "token/filter.h"

#define CMD_ARGS_MAX 24
/* Beside the roles: it tells of secrets that were found, so one in its texts
 * is masked, and is not taken for an attempt to use it. */
#define CMD_TELLS_SECRETS 0x100

struct cmd_entry {
	const char *name;  /* "token.create" */
	unsigned    roles; /* ROLE_*, maybe CMD_TELLS_SECRETS */
	void (*exec)(struct control_request *);
	const char
	    *args[CMD_ARGS_MAX + 1]; /* any other is refused; NULL ends */
};

/* One group a file; each ends with an entry whose name is NULL. */
extern const struct cmd_entry cmd_account_entries[];
extern const struct cmd_entry cmd_token_entries[];
extern const struct cmd_entry cmd_token_edit_entries[];
extern const struct cmd_entry cmd_token_list_entries[];
extern const struct cmd_entry cmd_token_bulk_entries[];
extern const struct cmd_entry cmd_policy_entries[];
extern const struct cmd_entry cmd_rotate_entries[];
extern const struct cmd_entry cmd_alert_entries[];
extern const struct cmd_entry cmd_rule_entries[];
extern const struct cmd_entry cmd_list_entries[];
extern const struct cmd_entry cmd_activity_entries[];
extern const struct cmd_entry cmd_show_entries[];
extern const struct cmd_entry cmd_tail_entries[];
extern const struct cmd_entry cmd_watch_entries[];
extern const struct cmd_entry cmd_impact_entries[];
extern const struct cmd_entry cmd_explain_entries[];
extern const struct cmd_entry cmd_leak_entries[];
extern const struct cmd_entry cmd_daemon_entries[];
extern const struct cmd_entry cmd_status_entries[];
extern const struct cmd_entry cmd_backup_entries[];
extern const struct cmd_entry cmd_check_entries[];
extern const struct cmd_entry cmd_chain_entries[];
extern const struct cmd_entry cmd_auth_entries[];

/* The entry of a name, or NULL; *nearest is then a near miss or NULL. */
const struct cmd_entry *cmd_find(struct slice name, const char **nearest);
/* "admin or owner" */
void cmd_roles_format(unsigned roles, struct buf *out);

/* May the peer see (or, with `change`, change) what is the account's? */
bool cmd_may(const struct control_request *r, const struct account *a,
    bool change);
/* Answers for a code of the engine's admin operations. */
void cmd_fail_engine(struct control_request *r, int code,
    const struct error *err);
/* Who asks, for the audit. */
struct engine_actor cmd_actor(const struct control_request *r);
/* The token of args.id that the peer may see or change; else NULL, and the
 * request is answered and gone: read its other arguments before. */
struct token *cmd_token_arg(struct control_request *r, bool change);
/* cmd-rule.c: the rule of args.id; NULL, and answered and gone, if there is
 * none. */
const struct rule *cmd_rule_arg(struct control_request *r);
/* A time, or a span before now such as 7d; 0 if it was not given; false (and
 * answered) if it is something else. */
bool cmd_time_arg(struct control_request *r, const char *name, usec_t *out);
/* A limit of `idle_expires`; *out stays if it was not given. */
bool cmd_idle_arg(struct control_request *r, usec_t *out);
/* Done: the token as it now is, told when that is durable. */
void cmd_answer_token(struct control_request *r, const struct token *t);
/* `since` and `until` so, the one after the other. */
bool cmd_span_args(struct control_request *r, usec_t *since, usec_t *until);
/* cmd-activity.c: takes the arguments that narrow uses; false: answered. */
struct list;
bool cmd_use_filters(struct list *l);
void cmd_format_token(const struct token *t, usec_t now, struct buf *out);
/* The fields of that and all else that is held of it, into an open object. */
struct jsonw;
void cmd_format_token_whole(struct jsonw *w, const struct control_request *r,
    const struct token *t);
/* The last line after a secret was made, which it shows and wipes. */
void cmd_answer_secret(struct control_request *r, struct engine_made *made);
/* cmd-rotate.c: the secrets of one token, in an object that is open. */
void cmd_rotate_format(const struct control_request *r, const struct token *t,
    struct jsonw *w);
/* Owners take back only what they did themselves: who switched a token off
 * for a reason decides when it works again. */
bool cmd_may_activate(const struct control_request *r, const struct token *t);
/* A span ahead of now, 0 if it was not given; false, and answered, if it is
 * none. */
bool cmd_arg_for(struct control_request *r, usec_t *until);

/* cmd-token-filter.c: which tokens, by these arguments.  What the peer may not
 * see (or, with `change`, change) does not match.  *given: did any narrow?
 * The texts are the request's.  False, and answered, with a wrong one. */
#define CMD_FILTER_ARGS                                                    \
	"account", "state", "kind", "scope", "label", "registry",          \
	    "created_after", "created_before", "expires_after",            \
	    "expires_before", "used_after", "used_before", "unused_since", \
	    "never_used", "never_expires", "from", "text"
bool cmd_filter(struct control_request *r, bool change, struct token_filter *f,
    bool *given);

/* cmd-list.c: hands an alert to `then`, from memory or from the store.  The
 * request is answered if there is none. */
void cmd_with_alert(struct control_request *r,
    void (*then)(struct control_request *, struct alert *));
/* Only its row, with the `why` that the store alone has. */
void cmd_with_alert_row(struct control_request *r,
    void (*then)(struct control_request *, const struct alert_row *));
#endif
