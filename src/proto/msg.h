/*
 * msg - the words of the ingest and control protocols.
 *
 * Ingest, one line each:
 *     {"ack":N}                       the first N lines are settled
 *     {"reject":N,"error":"..."}      line N was refused
 * Control: on connecting the daemon greets with
 *     {"patrol":1,"version":"0.1"}
 * then each request line {"id":1,"cmd":"token.show","args":{...}} is answered
 * in order, by any number of {"id":1,"item":{...}} and one last
 *     {"id":1,"ok":true,"result":{...}}
 *     {"id":1,"ok":false,"error":{"code":"not_found","message":"..."}}
 * Among the items there may be {"done":N,"total":M}, how far a long one is
 * (of M 0 nobody knows) or that an endless one goes on, and, where one reads
 * too slowly, {"dropped":N}.
 * A key or an argument that is not known, given twice, or no single value is
 * refused by its name.
 */
#ifndef PATROL_PROTO_MSG_H
#define PATROL_PROTO_MSG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

#define MSG_PROTOCOL	1
#define MSG_CONTROL_MAX (64 * 1024)   /* bytes of one request */
#define MSG_ANSWER_MAX	(1024 * 1024) /* bytes of one answer line */

/* error.code of an answer. */
enum msg_code {
	MSG_BAD_REQUEST, /* "bad_request": not a request, or its args */
	MSG_DENIED,	 /* "denied": the role does not allow it */
	MSG_NOT_FOUND,	 /* "not_found" */
	MSG_CONFLICT,	 /* "conflict": the state does not allow it */
	MSG_LIMIT,	 /* "limit": some maximum is reached */
	MSG_UNAVAILABLE, /* "unavailable": store full, stopping */
	MSG_INTERNAL,	 /* "internal" */
	MSG_CODES
};

const char *msg_code_name(enum msg_code code);

void msg_ack(struct buf *out, uint64_t n);
void msg_reject(struct buf *out, uint64_t n, const char *error);
void msg_greeting(struct buf *out, const char *version);
/* `json` is one object's text. */
void msg_item(struct buf *out, int64_t id, struct slice json);
void msg_ok(struct buf *out, int64_t id, struct slice json);
void msg_error(struct buf *out, int64_t id, enum msg_code code,
    const char *message);
#endif
