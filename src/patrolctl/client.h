/*
 * client - one blocking connection to patrold's control socket.
 */
#ifndef PATROL_PATROLCTL_CLIENT_H
#define PATROL_PATROLCTL_CLIENT_H

#include "base/error.h"
#include "base/slice.h"
#include "patrolctl/answer.h"

#define CLIENT_CONTROL "/run/patrol/control.sock"
#define CLIENT_INGEST  "/run/patrol/ingest.sock"

/* Functions return 0 or one of these. */
enum {
	CLIENT_OK = 0,
	CLIENT_E_REFUSED, /* the answer is an error: see it */
	CLIENT_E_GONE	  /* no (understandable) answer; *err set */
};

struct client;

/* One item of an answer; it lives until the function returns. */
typedef void (*client_item_fn)(const struct fields *item, void *arg);

/* A connected stream socket, or -1 with *err set: the line for a person. */
int client_connect(const char *path, struct error *err) MUSTCHECK;
/* Connects and reads the greeting.  NULL with *err set. */
struct client *client_open(const char *path, struct error *err);
/* Also wipes what was received: it may hold a secret. */
void client_close(struct client **c);
/*
 * Sends one request, hands each item to `fn` (NULL: to nobody), and waits for
 * the last line, left in *a until the next request.  `args` is an object's
 * JSON.
 */
int client_ask(struct client *c, const char *cmd, struct slice args,
    client_item_fn fn, void *arg, struct answer *a,
    struct error *err) MUSTCHECK;
/*
 * The same for many items, each of which is handed on as the JSON that it
 * came as, with JSON_PADDING readable bytes behind it; non-zero from `fn`
 * ends it all with CLIENT_E_GONE, *err as it left it.
 */
typedef int (*client_raw_fn)(struct slice item, void *arg, struct error *err);
int client_ask_raw(struct client *c, const char *cmd, struct slice args,
    client_raw_fn fn, void *arg, struct answer *a, struct error *err) MUSTCHECK;
/* From within an item's function: lends the daemon a descriptor, which it
 * had asked for.  0, or -1 with *err set. */
int client_lend(struct client *c, int fd, struct error *err) MUSTCHECK;
#endif
