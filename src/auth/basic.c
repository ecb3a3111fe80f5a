#include "auth/basic.h"

#include "base/text.h"
#include "token/secret.h"

/* Base64 of BASIC_MAX bytes, and what base64_decode may write for it. */
#define ENCODED_MAX ((BASIC_MAX + 2) / 3 * 4)
#define DECODED_MAX (ENCODED_MAX / 4 * 3)

/* What follows the scheme's name and its blanks; absent: another scheme. */
static struct slice
cut_credentials(struct slice header)
{
	const struct slice scheme = SLICE("Basic");

	header = slice_trim(header);
	if (header.n < scheme.n ||
	    !slice_caseeq((struct slice){header.p, scheme.n}, scheme))
		return (struct slice){NULL, 0};
	header.p += scheme.n;
	header.n -= scheme.n;
	if (header.n > 0 && header.p[0] != ' ')
		return (struct slice){NULL, 0};
	return slice_trim(header);
}

/* Neither control characters (RFC 7617 section 2) nor broken UTF-8. */
static bool
is_text(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return slice_is_utf8(s);
}

/* Decodes into b->text: the length, or -1. */
static ptrdiff_t
decode(struct slice encoded, struct basic *b)
{
	unsigned char bytes[DECODED_MAX];
	ptrdiff_t     n = -1;

	if (encoded.n <= ENCODED_MAX) {
		n = base64_decode(encoded, bytes);
		if (n > BASIC_MAX)
			n = -1;
		if (n > 0)
			memcpy(b->text, bytes, (size_t)n);
		secret_wipe(bytes, sizeof bytes);
	}
	return n;
}

int
basic_parse(struct slice header, struct basic *b)
{
	struct slice text = cut_credentials(header);
	ptrdiff_t    n, colon;

	basic_wipe(b);
	if (text.p == NULL)
		return BASIC_E_ABSENT;
	n = decode(text, b);
	if (n == -1)
		return BASIC_E_BAD;
	text = (struct slice){b->text, (size_t)n};
	colon = slice_index(text, ':');
	if (colon == -1 || !is_text(text)) {
		basic_wipe(b);
		return BASIC_E_BAD;
	}
	b->user = (struct slice){b->text, (size_t)colon};
	b->password =
	    (struct slice){b->text + colon + 1, text.n - (size_t)colon - 1};
	return BASIC_OK;
}

void
basic_wipe(struct basic *b)
{
	secret_wipe(b, sizeof *b);
}
