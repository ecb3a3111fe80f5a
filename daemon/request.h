/*
 * request - one line of the control socket, taken apart and checked.
 * Pure: it knows names, no command and no peer.
 */
#ifndef PATROL_DAEMON_REQUEST_H
#define PATROL_DAEMON_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "use/json.h"

/* For the reader of such lines. */
extern const struct json_limits request_limits;

struct request {
	int64_t	     id;  /* 0: none, or no whole number */
	struct slice cmd; /* belongs to the reader */
};

/*
 * {"id":1,"cmd":"token.show","args":{...}} from its fields.  0, or -1 with
 * *err set: nothing else may stand in it, and nothing twice.  `id` is set as
 * far as it was found, for the answer.
 */
int request_parse(const struct json_field *f, size_t n, struct request *r,
    struct error *err) MUSTCHECK;
/*
 * Are the arguments among `names` (ends in NULL), each one value?  `cmd` is
 * for the fault: what is misspelt must not be as good as left out.
 */
int request_check_args(const struct json_field *f, size_t n, const char *cmd,
    const char *const *names, struct error *err) MUSTCHECK;
/* An argument's text; absent if it was not given (or null). */
struct slice request_arg(const struct json_field *f, size_t n,
    const char *name);
#endif
