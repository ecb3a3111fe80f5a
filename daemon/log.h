/*
 * log - what patrold says about itself: stderr, or syslog once it is in the
 * background.  Foreign text is escaped by whoever puts it into a line.
 */
#ifndef PATROL_DAEMON_LOG_H
#define PATROL_DAEMON_LOG_H

#include <stdbool.h>

#include "base/error.h"

/* From now on to syslog(3), not to stderr. */
void log_to_syslog(const char *tag, int facility);
/* Shows debug lines. */
void log_set_verbose(bool on);

void log_debug(const char *fmt, ...) PRINTFLIKE(1, 2);
void log_info(const char *fmt, ...) PRINTFLIKE(1, 2);
/* With errno's text, which survives. */
void log_warn(const char *fmt, ...) PRINTFLIKE(1, 2);
/* Without. */
void log_warnx(const char *fmt, ...) PRINTFLIKE(1, 2);
/* Says it and ends the process with a sysexits code. */
void fatalx(int code, const char *fmt, ...) PRINTFLIKE(2, 3)
    __attribute__((noreturn));
#endif
