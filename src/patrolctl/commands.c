#include "patrolctl/ctl.h"

/* Tables laid out by hand. */
/* clang-format off */

#define ACCOUNT_OPERAND \
	{.name = "NAME", .arg = "name", .from = FROM_ACCOUNTS}
#define TOKENS_OPERAND \
	{.name = "ID", .arg = "id", .from = FROM_TOKENS, .many = true}
#define REASON \
	{.name = "--reason", .value = "TEXT", .arg = "reason", \
	    .help = "why, for the audit and for the token's owner"}
#define LIMIT \
	{.name = "--limit", .value = "N", .arg = "limit", \
	    .type = GRAMMAR_NUMBER, .help = "at most so many (50; to 1000)"}
#define BEFORE \
	{.name = "--before", .value = "N", .arg = "before", \
	    .type = GRAMMAR_NUMBER, .help = "go on there, with older ones"}
#define OF_ACCOUNT \
	{.name = "--account", .value = "NAME", .arg = "account", \
	    .help = "of this account only"}
#define OF_TOKEN \
	{.name = "--token", .value = "ID", .arg = "token", \
	    .help = "of this token only"}

#define SINCE \
	{.name = "--since", .value = "WHEN", .arg = "since", \
	    .help = "from then on: 7d before now, or a time"}
#define UNTIL \
	{.name = "--until", .value = "WHEN", .arg = "until", \
	    .help = "and before this"}
#define TEXT_ANYWHERE \
	{.name = "--text", .value = "TEXT", .arg = "text", \
	    .help = "with this in any text of it, whatever its case"}
/* What narrows uses, beside account and token. */
#define OF_USES \
	{.name = "--registry", .value = "NAME", .arg = "registry", \
	    .help = "at this registry only"}, \
	{.name = "--action", .value = "ACTION", .arg = "action", \
	    .help = "pull, push, login, ..."}, \
	{.name = "--outcome", .value = "OUTCOME", \
	    .words = "success|denied|failure", .arg = "outcome", \
	    .help = "how it went"}, \
	{.name = "--reason", .value = "TEXT", .arg = "reason", \
	    .help = "with this in the reason why not"}, \
	{.name = "--repository", .value = "PATTERN", .arg = "repository", \
	    .help = "alice/app, alice/*"}, \
	{.name = "--ip", .value = "NET", .arg = "ip", \
	    .help = "192.0.2.7, 192.0.2.0/24"}, \
	{.name = "--client", .value = "TEXT", .arg = "client", \
	    .help = "with this in its user agent"}

const struct grammar_command grammar_commands[] = {
	{.words = "account add", .cmd = "account.add",
	    .help = "Make an account that tokens can belong to",
	    .operand = {{.name = "NAME", .arg = "name"}},
	    .option = {{.name = "--two-factor", .arg = "two_factor",
		.flag = "yes", .type = GRAMMAR_YES_NO,
		.help = "its password is refused: tokens only"}},
	    .view = &view_account},
	{.words = "account list", .cmd = "account.list",
	    .help = "List all accounts", .view = &view_accounts},
	{.words = "account show", .cmd = "account.show",
	    .help = "Show one account", .operand = {ACCOUNT_OPERAND},
	    .view = &view_account},
	{.words = "account set", .cmd = "account.set",
	    .help = "Change an account",
	    .operand = {ACCOUNT_OPERAND},
	    .option = {{.name = "--disabled", .value = "YES",
		.words = "yes|no", .arg = "disabled", .type = GRAMMAR_YES_NO,
		.help = "yes: none of its tokens works"},
		{.name = "--two-factor", .value = "YES", .words = "yes|no",
		.arg = "two_factor", .type = GRAMMAR_YES_NO,
		.help = "yes: its password is refused"}},
	    .view = &view_account},

	{.words = "token create", .cmd = "token.create",
	    .help = "Make a token; its secret is shown once",
	    .option = {{.name = "--account", .value = "NAME",
		.arg = "account", .required = true,
		.help = "whose it is"},
		{.name = "--description", .value = "TEXT",
		.arg = "description", .help = "what it is for"},
		{.name = "--scope", .value = "SCOPE", .arg = "scope",
		.help = "public-read, read (default), write, delete; or "
		"\"LEVEL PATTERN=LEVEL ...\""},
		{.name = "--expires", .value = "WHEN", .arg = "expires",
		.help = "90d from now, or 2027-01-31T00:00:00Z"},
		{.name = "--auto", .arg = "kind", .flag = "auto",
		.help = "an auto-generated one, of a sign-in"},
		{.name = "--honey", .arg = "kind", .flag = "honey",
		.help = "a trap: never works, any use is an alarm"},
		{.name = "--label", .value = "LABEL", .arg = "labels",
		.repeats = true,
		.help = "for rules; no rule changes a \"protected\" one"}},
	    .view = &view_token_new},
	{.words = "token list", .cmd = "token.list",
	    .help = "List tokens, and how each was last used",
	    .option = {OF_ACCOUNT,
		{.name = "--state", .value = "STATE",
		.words = "active|inactive|expired|deleted", .arg = "state",
		.help = "in this state only"},
		{.name = "--kind", .value = "KIND",
		.words = "manual|auto|honey|foreign", .arg = "kind",
		.help = "of this kind only"}},
	    .view = &view_tokens},
	{.words = "token show", .cmd = "token.show",
	    .help = "Show all of a token, with its last use in full",
	    .operand = {TOKENS_OPERAND}, .view = &view_token},
	{.words = "token rename", .cmd = "token.rename",
	    .help = "Give a token another description",
	    .operand = {{.name = "ID", .arg = "id", .from = FROM_TOKENS},
		{.name = "DESCRIPTION", .arg = "description"}},
	    .view = &view_token_change},
	{.words = "token activate", .cmd = "token.activate",
	    .help = "Let inactive tokens work again",
	    .operand = {TOKENS_OPERAND}, .option = {REASON},
	    .view = &view_token_change},
	{.words = "token deactivate", .cmd = "token.deactivate",
	    .help = "Switch tokens off; they can be activated again",
	    .operand = {TOKENS_OPERAND}, .option = {REASON},
	    .view = &view_token_change},
	{.words = "token expire", .cmd = "token.expire",
	    .help = "End tokens for good; they stay in the lists",
	    .operand = {TOKENS_OPERAND}, .option = {REASON},
	    .view = &view_token_change},
	{.words = "token delete", .cmd = "token.delete",
	    .help = "Take tokens out of service and out of the lists",
	    .operand = {TOKENS_OPERAND}, .option = {REASON},
	    .view = &view_token_change},
	{.words = "token history", .cmd = "token.history",
	    .help = "List the uses of a token, newest first",
	    .operand = {{.name = "ID", .arg = "id", .from = FROM_TOKENS}},
	    .option = {LIMIT, BEFORE, SINCE, UNTIL}, .view = &view_uses},
	{.words = "token scan",
	    .help = "Find secrets in files, and tell which of them are live",
	    .operand = {{.name = "PATH", .from = FROM_FILES, .many = true,
		.optional = true}},
	    .option = {{.name = "--live",
		.help = "only those that work"},
		{.name = "--no-daemon",
		.help = "only tell where they are; ask nobody"}},
	    .run = cmd_token_scan},

	{.words = "leak report",
	    .help = "Report leaked secrets, or ids, from standard input",
	    .option = {{.name = "--source", .value = "TEXT",
		.help = "what they were found in, for the alert"},
		{.name = "--url", .value = "URL",
		.help = "where they were found, for the alert"}},
	    .run = cmd_leak_report},

	{.words = "alert list", .cmd = "alert.list",
	    .help = "List alerts, newest first",
	    .option = {{.name = "--state", .value = "STATE",
		.words = "open|acknowledged|closed|all", .arg = "state",
		.help = "in this state only"},
		LIMIT, BEFORE, OF_TOKEN, OF_ACCOUNT},
	    .view = &view_alerts},
	{.words = "alert show", .cmd = "alert.show",
	    .help = "Show an alert, what was done, and how to undo it",
	    .operand = {{.name = "ID", .arg = "id", .from = FROM_ALERTS,
		.many = true}},
	    .view = &view_alert},
	{.words = "alert explain",
	    .help = "Tell why an alert was raised: its rule at that use",
	    .operand = {{.name = "ID", .from = FROM_ALERTS}},
	    .run = cmd_alert_explain},
	{.words = "alert ack", .cmd = "alert.ack",
	    .help = "Say that somebody looks into alerts",
	    .operand = {{.name = "ID", .arg = "id", .from = FROM_ALERTS,
		.many = true}},
	    .view = &view_alert_change},
	{.words = "alert close", .cmd = "alert.close",
	    .help = "Close an alert with a verdict",
	    .operand = {{.name = "ID", .arg = "id", .from = FROM_ALERTS},
		{.name = "VERDICT", .words = "true|false|expected",
		.arg = "verdict"}},
	    .view = &view_alert_change},
	{.words = "undo", .cmd = "undo",
	    .help = "Take back what an alert did to its token",
	    .operand = {{.name = "ALERT", .arg = "alert",
		.from = FROM_ALERTS, .many = true}},
	    .view = &view_undo},

	{.words = "rule list", .cmd = "rule.list",
	    .help = "List the rules in force and what they found",
	    .view = &view_rules},
	{.words = "rule show", .cmd = "rule.show",
	    .help = "Show a rule in force and what it found",
	    .operand = {{.name = "RULE", .arg = "id", .many = true}},
	    .view = &view_rule},
	{.words = "rule mode", .cmd = "rule.mode",
	    .help = "Say how far a rule may go, over what its file says",
	    .operand = {{.name = "RULE", .arg = "id"},
		{.name = "MODE", .words = "off|simulate|alert|enforce|file",
		.arg = "mode"}},
	    .view = &view_rule_mode},
	{.words = "rule promote",
	    .help = "Let a rule in simulate change tokens",
	    .operand = {{.name = "RULE"}},
	    .option = {{.name = "--try",
		.help = "only tell what it would have done until now"},
		{.name = "--yes", .help = "do not ask"}},
	    .run = cmd_rule_promote},
	{.words = "rule check",
	    .help = "Read rule files; tell all their faults",
	    .operand = {{.name = "PATH", .from = FROM_FILES, .many = true}},
	    .option = {{.name = "--placeholders", .value = "FILE",
		.help = "what stands for %name% in rules, as YAML"}},
	    .run = cmd_rule_check},
	{.words = "rule test",
	    .help = "Run the tests that rule files carry",
	    .operand = {{.name = "PATH", .from = FROM_FILES, .many = true}},
	    .option = {{.name = "--placeholders", .value = "FILE",
		.help = "what stands for %name% in rules, as YAML"},
		{.name = "--strict",
		.help = "a rule that alerts and has no test is a failure"}},
	    .run = cmd_rule_test},
	{.words = "rule match",
	    .help = "Tell which events rules match: any JSON, one a line",
	    .operand = {{.name = "PATH", .from = FROM_FILES, .many = true,
		.optional = true}},
	    .option = {{.name = "--rules", .value = "PATH", .required = true,
		.repeats = true, .help = "rule files or folders"},
		{.name = "--events", .value = "FILE",
		.help = "the events; standard input without it, or as -"},
		{.name = "--placeholders", .value = "FILE",
		.help = "what stands for %name% in rules, as YAML"},
		{.name = "--time-field", .value = "NAME",
		.help = "has an event's time, not `time` or `timestamp`"},
		{.name = "--lateness", .value = "SPAN",
		.help = "how late an event may come; without it, any"},
		{.name = "--no-index", .hidden = true,
		.help = "judge each rule by itself"}},
	    .run = cmd_rule_match},
	{.words = "rule explain",
	    .help = "Tell why a rule holds at a use, or does not",
	    .operand = {{.name = "RULE"}},
	    .option = {{.name = "--use", .value = "FILE",
		.help = "a use that has not come, as JSON; - reads it"},
		{.name = "--stored", .value = "SEQ", .type = GRAMMAR_NUMBER,
		.help = "a stored one, by its number in activity list"},
		{.name = "--rules", .value = "PATH", .repeats = true,
		.help = "these rules, not those in force; then --use has "
		"events, the last of which is explained"},
		{.name = "--placeholders", .value = "FILE",
		.help = "what stands for %name% in them"}},
	    .run = cmd_rule_explain},

	{.words = "rule backtest",
	    .help = "Tell what rules would have found among stored uses",
	    .operand = {{.name = "PATH", .from = FROM_FILES, .many = true}},
	    .option = {{.name = "--since", .value = "WHEN",
		.help = "uses that came since: 30d, or a time; all without"},
		{.name = "--until", .value = "WHEN",
		.help = "and before this"},
		{.name = "--against", .value = "RULES", .words = "current",
		.help = "only what differs from the rules in force"},
		{.name = "--placeholders", .value = "FILE",
		.help = "what stands for %name%, not what is configured"}},
	    .run = cmd_rule_backtest},

	{.words = "activity list", .cmd = "activity.list",
	    .help = "List uses of all tokens, newest first",
	    .option = {LIMIT, BEFORE, OF_ACCOUNT, OF_TOKEN, OF_USES, SINCE,
		UNTIL, TEXT_ANYWHERE},
	    .view = &view_uses},
	{.words = "activity send",
	    .help = "Send uses from a file, one JSON object a line",
	    .operand = {{.name = "FILE", .from = FROM_FILES,
		.optional = true}},
	    .run = cmd_activity_send},
	{.words = "activity refused", .cmd = "activity.refused",
	    .help = "List lines that were refused, and why",
	    .option = {LIMIT, BEFORE}, .view = &view_refused},

	{.words = "audit list", .cmd = "audit.list",
	    .help = "List who changed what, newest first",
	    .option = {LIMIT, BEFORE,
		{.name = "--actor", .value = "TEXT", .arg = "actor",
		.help = "with this in the name of who did it"},
		{.name = "--uid", .value = "N", .arg = "uid",
		.help = "by this user id"},
		{.name = "--object", .value = "ID", .arg = "object",
		.help = "what was done to this token, account or alert"},
		{.name = "--action", .value = "ACTION", .arg = "action",
		.help = "of this kind only: token.create, token.*"},
		SINCE, UNTIL, TEXT_ANYWHERE},
	    .view = &view_audit},

	{.words = "audit verify",
	    .help = "Check that nobody has changed what was stored",
	    .option = {{.name = "--head", .value = "SEQ:HASH",
		.help = "a head of the chain that patrold has logged"}},
	    .run = cmd_audit_verify},

	{.words = "brake release", .cmd = "brake.release",
	    .help = "Let rules change tokens again",
	    .view = &view_brake},
	{.words = "status", .cmd = "status",
	    .help = "Show how patrold fares, or how it is configured",
	    .option = {{.name = "--config",
		.help = "every option with its value, as YAML"}},
	    .run = cmd_status},
	{.words = "backup",
	    .help = "Copy the store into a file, while patrold runs",
	    .operand = {{.name = "FILE", .from = FROM_FILES}},
	    .option = {{.name = "--force",
		.help = "in place of a file that is there already"}},
	    .run = cmd_backup},
	{.words = "check",
	    .help = "Look whether the store is sound, while patrold runs",
	    .run = cmd_check},
	{.words = "reload", .cmd = "reload",
	    .help = "Read configuration and rules again, all or nothing",
	    .view = &view_reload},
	{.words = "whoami", .cmd = "whoami",
	    .help = "Show who the daemon takes you for",
	    .view = &view_whoami},
	{.words = NULL}};
