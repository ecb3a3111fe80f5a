/*
 * grammar - the words of patrolctl: one table (commands.c) that the parser,
 * --help, the completions and the check of the manual all read.
 */
#ifndef PATROL_PATROLCTL_GRAMMAR_H
#define PATROL_PATROLCTL_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define GRAMMAR_OPERANDS 2
#define GRAMMAR_OPTIONS	 20
#define GRAMMAR_GIVEN	 64   /* options of one call, --label repeated */
#define GRAMMAR_TIMES	 1000 /* requests that an option may ask for */

struct ctl;
struct view;
struct grammar_call;

enum grammar_type { GRAMMAR_TEXT, GRAMMAR_NUMBER, GRAMMAR_YES_NO };

struct grammar_option {
	const char	 *name;	 /* "--account" */
	const char	 *value; /* "NAME"; NULL: a flag */
	const char	 *words; /* "yes|no": what it may be, or NULL */
	const char	 *arg;	 /* in the request; NULL: stays here */
	const char	 *flag;	 /* what a flag stands for: "auto" */
	enum grammar_type type;
	bool		  required;
	bool		  repeats; /* joined by blanks */
	bool		  empty;   /* "" is a value like others */
	bool		  hidden;  /* told nowhere: for tests */
	bool		  times;   /* a number of requests, all alike */
	const char	 *help;
};

/* What a word may be completed from. */
enum grammar_source {
	FROM_NOTHING,
	FROM_TOKENS,
	FROM_ALERTS,
	FROM_ACCOUNTS,
	FROM_FILES
};

struct grammar_operand {
	const char	   *name;  /* "ID"; NULL: no more */
	const char	   *words; /* "true|false|expected", or NULL */
	const char	   *arg;   /* in the request; NULL: stays here */
	enum grammar_source from;
	bool		    many; /* one or more; the last one only */
	bool		    optional;
};

struct grammar_command {
	const char		    *words; /* "token create" */
	const char		    *cmd; /* "token.create"; NULL: done here */
	const char		    *help;
	struct grammar_operand	     operand[GRAMMAR_OPERANDS];
	struct grammar_option	     option[GRAMMAR_OPTIONS];
	const struct grammar_option *also; /* more of them, or NULL */
	const struct view	    *view; /* how its answer looks */
	/* Does it all where a request and its view do not: an exit code. */
	int (*run)(struct ctl *, const struct grammar_call *);
};

/* The option number `i` of a command, `also` behind its own; NULL: none. */
const struct grammar_option *grammar_option(const struct grammar_command *c,
    size_t								  i);

/* The table; ends with words NULL. */
extern const struct grammar_command grammar_commands[];
/* Options that every command has. */
extern const struct grammar_option grammar_globals[];

struct grammar_value {
	const struct grammar_option *option;
	const char		    *text; /* borrowed from argv */
};

/* A command line, understood. */
struct grammar_call {
	const struct grammar_command *command; /* NULL with help, version */
	const char		     *group; /* first word, for help; or NULL */
	struct grammar_value	      given[GRAMMAR_GIVEN];
	unsigned		      ngiven;
	const char		    **operand; /* owned; borrowed texts */
	size_t			      noperand;
	const char		     *socket; /* NULL: the usual one */
	bool			      json, csv, quiet, no_color, help, version;
};

/*
 * argv without the program's name.  0, or -1 with *err set.  With `help` or
 * `version` set the rest may be incomplete.  grammar_clear in any case.
 */
int  grammar_parse(int argc, char *const *argv, struct grammar_call *call,
     struct error *err) MUSTCHECK;
void grammar_clear(struct grammar_call *call);
/* The text of an option of this call, or NULL. */
const char *grammar_get(const struct grammar_call *call, const char *name);
/*
 * How many requests a call makes (one for each of many operands, or as many
 * as an option says), and the args of the one number `which` as a JSON object.
 */
size_t grammar_requests(const struct grammar_call *call);
void   grammar_args(const struct grammar_call *call, size_t which,
      struct buf *out);

/* Is `text` one of "a|b|c"? */
bool grammar_has_word(const char *words, struct slice text);
/* "token create --account NAME [--description TEXT] ..." */
void grammar_usage(const struct grammar_command *c, struct buf *out);
/* Everything, a group ("token"), or one command. */
void grammar_help(const struct grammar_call *call, struct buf *out);
/*
 * What may follow the words of `argv`, the last of which is being written
 * (maybe ""): a candidate a line, "WORD\thelp".  *from: where it may also
 * come from.
 */
void grammar_complete(int argc, char *const *argv, struct buf *out,
    enum grammar_source *from);
#endif
