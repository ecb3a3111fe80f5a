/*
 * listener - listening sockets: made, handed over by systemd, accepted from.
 *
 * A path that starts with `/` is a Unix socket: a stale file is replaced, one
 * that somebody still serves is not.  Else ADDRESS:PORT over TCP.  When file
 * descriptors run out, accepting pauses for a second and goes on by itself.
 */
#ifndef PATROL_DAEMON_LISTENER_H
#define PATROL_DAEMON_LISTENER_H

#include <sys/types.h>

#include "base/error.h"

struct event_base;
struct evconnlistener;

struct listener;

typedef void (*listener_fn)(int fd, void *arg);

/*
 * The listening fd (non-blocking, close-on-exec), or -1 with *err set.
 * `mode` and `group` (NULL: leave) are for Unix sockets.  A socket that
 * systemd passed (sd_listen_fds(3)) for that path is taken as it is.
 */
int listener_socket(const char *where, mode_t mode, const char *group,
    struct error *err);
/* Accepts on `fd`, which it owns; `where` names it in the log. */
struct listener *listener_new(struct event_base *base, int fd,
    const char *where, listener_fn fn, void *arg);
/* Does not call `fn` again; removes the file of a Unix socket it made. */
void listener_free(struct listener **l);
/* Stops and resumes accepting. */
void listener_pause(struct listener *l);
void listener_resume(struct listener *l);
#endif
