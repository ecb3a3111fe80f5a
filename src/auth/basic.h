/*
 * basic - the Authorization header of RFC 7617.
 */
#ifndef PATROL_AUTH_BASIC_H
#define PATROL_AUTH_BASIC_H

#include "base/slice.h"

#define BASIC_MAX 1024 /* bytes of the decoded user:password */

struct basic {
	char	     text[BASIC_MAX + 1]; /* decoded; wipe after use */
	struct slice user, password;	  /* point into text */
};

enum {
	BASIC_OK = 0,
	BASIC_E_ABSENT, /* no header, or another scheme */
	BASIC_E_BAD	/* not base64, no colon, too long, a NUL or
				   control character, not UTF-8 */
};

/* Parses the header's value (absent slice: no header). */
int basic_parse(struct slice header, struct basic *b)
    __attribute__((warn_unused_result));
/* Overwrites the decoded text. */
void basic_wipe(struct basic *b);
#endif
