#include "daemon/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/log.h"

#define LISTEN_FDS_START 3
#define LISTEN_BACKLOG	 512

struct listener {
	struct evconnlistener *evl;
	struct event	      *retry;
	listener_fn	       fn;
	void		      *arg;
	char		      *where;
	bool		       paused; /* by its owner */
};

/* Passed by systemd for this path? */
static int
find_activated(const char *path)
{
	const char	  *n = getenv("LISTEN_FDS");
	const char	  *pid = getenv("LISTEN_PID");
	struct sockaddr_un sun;
	socklen_t	   len;
	int		   fd, last;

	if (n == NULL || pid == NULL || atol(pid) != (long)getpid())
		return -1;
	last = LISTEN_FDS_START + atoi(n);
	for (fd = LISTEN_FDS_START; fd < last; fd++) {
		len = sizeof sun;
		memset(&sun, 0, sizeof sun);
		if (getsockname(fd, (struct sockaddr *)&sun, &len) == 0 &&
		    sun.sun_family == AF_UNIX &&
		    strcmp(sun.sun_path, path) == 0) {
			evutil_make_socket_nonblocking(fd);
			evutil_make_socket_closeonexec(fd);
			return fd;
		}
	}
	return -1;
}

/* Removes what a dead patrold left; fails if somebody answers there. */
static int
clear_stale(const char *path, const struct sockaddr_un *sun, struct error *err)
{
	struct stat st;
	int	    fd, r;

	if (lstat(path, &st) == -1)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		error_set(err, "%s is there and not a socket", path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = fd == -1 ? -1 :
		       connect(fd, (const struct sockaddr *)sun, sizeof *sun);
	if (fd != -1)
		close(fd);
	if (r == 0) {
		error_set(err, "%s is served by another process", path);
		return -1;
	}
	(void)unlink(path);
	return 0;
}

static int
set_owner(const char *path, mode_t mode, const char *group, struct error *err)
{
	struct group *gr;

	if (group != NULL) {
		if ((gr = getgrnam(group)) == NULL) {
			error_set(err,
			    "%s: no group '%s'; create it or "
			    "name another",
			    path, group);
			return -1;
		}
		if (chown(path, (uid_t)-1, gr->gr_gid) == -1) {
			error_set(err, "%s: cannot give it to group %s: %s",
			    path, group, strerror(errno));
			return -1;
		}
	}
	if (chmod(path, mode) == -1) {
		error_set(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

static int
unix_socket(const char *path, mode_t mode, const char *group, struct error *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	mode_t		   old;
	int		   fd, r;

	if ((fd = find_activated(path)) != -1)
		return fd;
	if (strlen(path) >= sizeof sun.sun_path) {
		error_set(err, "%s: longer than %zu bytes", path,
		    sizeof sun.sun_path - 1);
		return -1;
	}
	strcpy(sun.sun_path, path);
	if (clear_stale(path, &sun, err) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1) {
		error_set(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	/* Nobody gets in between bind and chmod. */
	old = umask(0777);
	r = bind(fd, (struct sockaddr *)&sun, sizeof sun);
	umask(old);
	if (r == -1)
		error_set(err, "%s: cannot bind: %s", path, strerror(errno));
	if (r == 0)
		r = set_owner(path, mode, group, err);
	if (r == 0 && (r = listen(fd, LISTEN_BACKLOG)) == -1)
		error_set(err, "%s: %s", path, strerror(errno));
	if (r != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
tcp_socket(const char *where, struct error *err)
{
	struct sockaddr_storage ss;
	int			fd, one = 1, len = sizeof ss;

	if (evutil_parse_sockaddr_port(where, (struct sockaddr *)&ss, &len) !=
	    0) {
		error_set(err, "%s: not ADDRESS:PORT", where);
		return -1;
	}
	fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
		    sizeof one);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&ss, (socklen_t)len) == -1 ||
	    listen(fd, LISTEN_BACKLOG) == -1) {
		error_set(err, "%s: cannot listen: %s", where, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

int
listener_socket(const char *where, mode_t mode, const char *group,
    struct error *err)
{
	return where[0] == '/' ? unix_socket(where, mode, group, err) :
				 tcp_socket(where, err);
}

static void
accept_cb(struct evconnlistener *evl, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct listener *l = arg;

	(void)evl, (void)sa, (void)len;
	l->fn(fd, l->arg);
}

static void
error_cb(struct evconnlistener *evl, void *arg)
{
	struct listener *l = arg;
	struct timeval	 second = {1, 0};

	log_warn("%s: accept, trying again in a second", l->where);
	evconnlistener_disable(evl);
	event_add(l->retry, &second);
}

static void
retry_cb(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd, (void)what;
	if (!l->paused)
		evconnlistener_enable(l->evl);
}

struct listener *
listener_new(struct event_base *base, int fd, const char *where, listener_fn fn,
    void *arg)
{
	struct listener *l = xcalloc(1, sizeof *l);

	l->fn = fn;
	l->arg = arg;
	l->where = xstrdup(where);
	l->evl = evconnlistener_new(base, accept_cb, l,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	evconnlistener_set_error_cb(l->evl, error_cb);
	l->retry = evtimer_new(base, retry_cb, l);
	return l;
}

void
listener_free(struct listener **lp)
{
	struct listener *l = *lp;

	if (l == NULL)
		return;
	if (l->where[0] == '/' && find_activated(l->where) == -1)
		(void)unlink(l->where);
	evconnlistener_free(l->evl);
	event_free(l->retry);
	free(l->where);
	free(l);
	*lp = NULL;
}

void
listener_pause(struct listener *l)
{
	l->paused = true;
	evconnlistener_disable(l->evl);
}

void
listener_resume(struct listener *l)
{
	l->paused = false;
	evconnlistener_enable(l->evl);
}
