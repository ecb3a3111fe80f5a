/*
 * ctl - one run of patrolctl: what was asked, how to show it, who answers.
 */
#ifndef PATROL_PATROLCTL_CTL_H
#define PATROL_PATROLCTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "patrolctl/answer.h"
#include "patrolctl/client.h"
#include "patrolctl/grammar.h"
#include "patrolctl/print.h"
#include "patrolctl/table.h"

/* Exit codes. */
enum {
	CTL_DONE = 0,
	CTL_REFUSED = 1, /* or not found */
	CTL_USAGE = 2,
	CTL_NO_DAEMON = 3
};

struct ctl {
	const char    *socket; /* NULL: the command's usual one */
	bool	       json, csv, quiet;
	bool	       color;
	unsigned       width; /* of the terminal; 0: none */
	usec_t	       now;
	struct client *client; /* owned; NULL until asked */
	struct buf     out;    /* not yet written to stdout */
};

/* A column of a list, and how a cell of it comes about.  One without a head
 * is not for tables; as CSV a column is the field as it is, under its name, or
 * where no field has it (`made`) the cell. */
struct view_column {
	struct table_column look;
	const char	   *field;
	/* Appends the text, any bytes; NULL: the field as it is. */
	enum style (*cell)(const struct ctl *, const struct fields *,
	    const char *field, struct buf *out);
};

/* What of a list was shown. */
struct shown {
	uint64_t items;
	uint64_t active; /* of them: their state is "active" */
};

/* How the answers of a command look to people. */
struct view {
	const struct view_column *column; /* of items; NULL: none come */
	unsigned		  ncolumn;
	const char		 *id;	 /* the field that -q prints */
	const char		 *csv;	 /* fields for --csv; NULL: no list */
	const char		 *noun;	 /* "token", for "no tokens" */
	bool			  apart; /* a blank line between several */
	bool			  live;	 /* shown as they come, for ever */
	bool with_result; /* the result is shown also where no items are, and
			     is the last line of --json */
	/* The last answer, with what stands above it.  NULL: nothing. */
	void (
	    *result)(struct ctl *, const struct fields *, const struct shown *);
};

/* The time of day. */
usec_t ctl_clock(void);
/* The requests of a call, through its view: the exit code. */
int ctl_run(struct ctl *ctl, const struct grammar_call *call);
/* One request with these args through a view: the exit code. */
int ctl_show(struct ctl *ctl, const struct view *view, const char *cmd,
    struct slice args);
/*
 * One request: items go to `fn` (NULL: to nobody); 0 with the result in *a, or
 * an exit code after saying on stderr why.
 */
int ctl_ask(struct ctl *ctl, const char *cmd, struct slice args,
    client_item_fn fn, void *arg, struct answer *a) MUSTCHECK;
/* The same with items as client_ask_raw has them. */
int ctl_ask_raw(struct ctl *ctl, const char *cmd, struct slice args,
    client_raw_fn fn, void *arg, struct answer *a) MUSTCHECK;
/* JSON of the daemon, on a line of ctl->out. */
void ctl_print_raw(struct ctl *ctl, struct slice json);
/* Asks on stderr, below what there is so far: does the person at the terminal
 * say yes? */
bool ctl_confirm(struct ctl *ctl, const char *question);
/* Writes what is in ctl->out to stdout; dies if that cannot be written. */
void ctl_flush(struct ctl *ctl);
/* "patrolctl: ..." on stderr, a line for each line of foreign `text`. */
void ctl_complain(struct slice text);
/* The same of a file, `-` being standard input: "uses.json: why". */
void ctl_complain_file(const char *file, const char *why);
/* And of a text in it, below so many lines: "uses.json:3:17: why" where it
 * stops being JSON, and "uses.json:3: why" where it does not or is empty. */
void ctl_complain_json(const char *file, struct slice text, uint64_t above,
    const char *why);
/* An empty card on ctl->out with room for keys of `width` columns. */
struct card ctl_card(struct ctl *ctl, size_t width);

/* Cells of several views. */
enum style ctl_cell_when(const struct ctl *ctl, const struct fields *f,
    const char *field, struct buf *out);
enum style ctl_cell_outcome(const struct ctl *ctl, const struct fields *f,
    const char *field, struct buf *out);
/* "older ones: --before 123", when there are. */
void ctl_foot_more(struct ctl *ctl, const struct fields *result,
    const struct shown *shown);

/* What differs between before and after of an audit entry, appended. */
void audit_change(const struct fields *entry, struct buf *out);
/* cmd-show.c: what the store has about a token, below what it is. */
void token_record(struct card *c, const struct fields *token);

/* The views and doings of all commands, one group a file. */
extern const struct view view_accounts, view_account, view_tokens, view_token,
    view_token_change, view_token_new, view_token_rotated, view_uses, view_tail,
    view_watch, view_impact, view_refused, view_alerts, view_alert,
    view_alert_change, view_rule, view_rule_mode, view_undo, view_rules,
    view_audit, view_brake, view_reload, view_whoami, view_keys;
int cmd_token_change(struct ctl *ctl, const struct grammar_call *call);
int cmd_status(struct ctl *ctl, const struct grammar_call *call);
int cmd_rule_promote(struct ctl *ctl, const struct grammar_call *call);
int cmd_rule_backtest(struct ctl *ctl, const struct grammar_call *call);
int cmd_alert_explain(struct ctl *ctl, const struct grammar_call *call);
int cmd_rule_check(struct ctl *ctl, const struct grammar_call *call);
int cmd_rule_test(struct ctl *ctl, const struct grammar_call *call);
int cmd_rule_explain(struct ctl *ctl, const struct grammar_call *call);
int cmd_rule_match(struct ctl *ctl, const struct grammar_call *call);
/* Faults go to stderr, as a compiler's; with --json they are the output. */
struct complaints;
void cmd_rule_tell_faults(struct ctl *ctl, const struct complaints *c);
int  cmd_leak_report(struct ctl *ctl, const struct grammar_call *call);
int  cmd_token_scan(struct ctl *ctl, const struct grammar_call *call);
int  cmd_policy_try(struct ctl *ctl, const struct grammar_call *call);
int  cmd_check(struct ctl *ctl, const struct grammar_call *call);
int  cmd_backup(struct ctl *ctl, const struct grammar_call *call);
int  cmd_audit_verify(struct ctl *ctl, const struct grammar_call *call);
int  cmd_activity_send(struct ctl *ctl, const struct grammar_call *call);
#endif
