/*
 * leakbody - bodies in which strangers report leaked secrets.
 *
 * A secret leaves this file as its hash only: the caller's text is wiped as
 * far as it was a secret, and so are all copies made here.  Pure.
 */
#ifndef PATROL_AUTH_LEAKBODY_H
#define PATROL_AUTH_LEAKBODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "token/secret.h"

#define LEAKBODY_MAX	     (1024 * 1024) /* bytes of a body */
#define LEAKBODY_RECORDS     5000
#define LEAKBODY_CREDENTIALS 1000
#define LEAKBODY_TYPE	     256  /* bytes kept of a type or a source, */
#define LEAKBODY_URL	     1024 /* and of an address */

/* Borrowed until the function that gets it returns. */
struct leak_record {
	bool	     ok;	 /* it has a token; else nothing else is set */
	bool	     wellformed; /* which has form and checksum of a secret */
	uint8_t	     hash[SECRET_HASH];
	struct slice type, url, source; /* masked and cut; may be absent */
};

typedef void (*leakbody_fn)(const struct leak_record *r, void *arg);

/* Functions return 0 or one of these, with *err set; then `fn` was not
 * called. */
enum {
	LEAKBODY_OK = 0,
	LEAKBODY_E_FORM, /* not what it should be as a whole */
	LEAKBODY_E_LIMIT /* too long, or too many */
};

/*
 * As GitHub's secret scanning sends them to its partners:
 *     [{"token":"...","type":"...","url":"...","source":"content"}]
 * Each record is handed to `fn` for itself, also one that is not right.
 */
int leakbody_records(struct slice body, leakbody_fn fn, void *arg,
    struct error *err) MUSTCHECK;
/*
 * As GitHub's API takes them from anybody:
 *     {"credentials":["...","..."]}
 */
int leakbody_credentials(struct slice body, leakbody_fn fn, void *arg,
    struct error *err) MUSTCHECK;
#endif
