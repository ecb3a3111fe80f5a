#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/error.h"

static bool use_syslog;
static bool verbose;

void
log_to_syslog(const char *tag, int facility)
{
	openlog(tag, LOG_PID | LOG_NDELAY, facility);
	use_syslog = true;
}

void
log_set_verbose(bool on)
{
	verbose = on;
}

static void vlog(int priority, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
vlog(int priority, const char *fmt, va_list ap)
{
	char line[2048];
	int  saved = errno;

	vsnprintf(line, sizeof line, fmt, ap);
	if (use_syslog)
		syslog(priority, "%s", line);
	else
		fprintf(stderr, "patrold: %s\n", line);
	errno = saved;
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	vlog(LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_INFO, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	struct error e;
	va_list	     ap;
	int	     saved = errno;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	log_warnx("%s: %s", e.text, strerror(saved));
	errno = saved;
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
fatalx(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_CRIT, fmt, ap);
	va_end(ap);
	exit(code);
}
