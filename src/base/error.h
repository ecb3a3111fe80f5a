/*
 * error - what a person will read about a fault, one line of text.
 *
 * Functions that can fail for a reason worth telling take a
 * `struct error *` last (NULL is fine) and return 0, a positive
 * MODULE_E_* or a negative -errno.  Each level puts its context in front.
 */
#ifndef PATROL_BASE_ERROR_H
#define PATROL_BASE_ERROR_H

#define ERROR_TEXT_MAX 512

#define PRINTFLIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define MUSTCHECK	       __attribute__((warn_unused_result))

struct error {
	char text[ERROR_TEXT_MAX]; /* NUL-terminated, cut when too long */
};

/*
 * One line that can be shown anywhere, in place: control characters (of which
 * C1, U+0080 to U+009F, move terminals too) and bytes that are not UTF-8, as
 * of a character cut in two, become `?`.
 */
void error_make_printable(char *text);
/* Sets the text, made printable: it may quote what a stranger wrote.  `e` may
 * be NULL.  errno survives. */
void error_set(struct error *e, const char *fmt, ...) PRINTFLIKE(2, 3);
/* Puts "context: " in front of the text.  `e` may be NULL. */
void error_prefix(struct error *e, const char *fmt, ...) PRINTFLIKE(2, 3);
#endif
