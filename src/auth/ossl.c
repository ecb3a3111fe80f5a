#include "auth/ossl.h"

#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "token/secret.h"

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

/* DER of the public key, hashed, in groups. */
int
ossl_kid(EVP_PKEY *pkey, char out[OSSL_KID_MAX])
{
	char	       text[OSSL_KID_TEXT + 1];
	uint8_t	       hash[SECRET_HASH];
	unsigned char *der = NULL;
	int	       n = i2d_PUBKEY(pkey, &der);
	char	      *at = out;
	unsigned       i;

	if (n <= 0)
		return -1;
	secret_hash((struct slice){(char *)der, (size_t)n}, hash);
	OPENSSL_free(der);
	base32_encode(hash, OSSL_KID_HASHED, text);
	for (i = 0; i < OSSL_KID_TEXT; i++) {
		if (i > 0 && i % OSSL_KID_GROUP == 0)
			*at++ = ':';
		*at++ = text[i];
	}
	*at = '\0';
	return 0;
}
