/*
 * ossl - tells what OpenSSL has against something.
 */
#ifndef PATROL_AUTH_OSSL_H
#define PATROL_AUTH_OSSL_H

#include "base/error.h"

/*
 * Sets "what: reason", the reason being the newest that this thread's error
 * queue holds, and empties the queue.
 */
void ossl_error_set(struct error *err, const char *fmt, ...) PRINTFLIKE(2, 3);
#endif
