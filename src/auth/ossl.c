#include "auth/ossl.h"

#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>

void
ossl_error_set(struct error *err, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char   *reason = ERR_reason_error_string(code);
	char	      what[ERROR_TEXT_MAX];
	va_list	      ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (reason != NULL)
		error_set(err, "%s: %s", what, reason);
	else
		error_set(err, "%s", what);
	ERR_clear_error();
}
