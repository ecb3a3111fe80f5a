#include "daemon/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/replay.h"
#include "stream/silence.h"

/* --- the directory --------------------------------------------------- */

static int
make_dir(const struct patrold *p, const char *dir)
{
	int fd;

	if (mkdir(dir, 0750) == -1)
		return errno == EEXIST ? 0 : -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	file_give_to_user(p, fd);
	close(fd);
	file_sync_parent(dir);
	return 0;
}

int
boot_dir(struct patrold *p, struct error *err)
{
	char *dir = file_store_dir(p);
	int   r = make_dir(p, dir);

	if (r == -1)
		error_set(err, "store: cannot make %s: %s", dir,
		    strerror(errno));
	free(dir);
	return r == -1 ? EX_CANTCREAT : 0;
}

/* --- what the store kept --------------------------------------------- */

struct loading {
	struct patrold *p;
	struct error	err;
};

static int
load_string(uint32_t id, struct slice text, void *arg)
{
	engine_load_string(((struct loading *)arg)->p->engine, id, text);
	return 0;
}

static int
load_account(const struct account_row *r, void *arg)
{
	engine_load_account(((struct loading *)arg)->p->engine, r);
	return 0;
}

static int
load_token(const struct token_row *t, const struct lastused_row *u, void *arg)
{
	struct loading *l = arg;

	return engine_load_token(l->p->engine, t, u, &l->err);
}

static int
load_secret(const struct secret_row *r, void *arg)
{
	struct loading *l = arg;

	return engine_load_secret(l->p->engine, r, &l->err);
}

static int
load_superseded(const struct secret_seen_row *r, void *arg)
{
	struct loading *l = arg;

	return engine_load_superseded(l->p->engine, r, &l->err);
}

static int
load_alert(const struct alert_row *r, void *arg)
{
	engine_load_alert(((struct loading *)arg)->p->engine, r);
	return 0;
}

static int
load_mode(const struct mode_row *r, void *arg)
{
	engine_load_mode(((struct loading *)arg)->p->engine, r);
	return 0;
}

static int
load_all(struct loading *l, struct store *st, struct error *err)
{
	struct patrold	  *p = l->p;
	struct store_marks m;
	usec_t		   now = patrold_now();
	usec_t		   reach = p->conf->lateness;
	int64_t		   from;
	int		   r;

	if (ruleset_reach(engine_rules(p->engine)) > reach)
		reach = ruleset_reach(engine_rules(p->engine));
	if ((r = store_marks(st, &m, err)) != STORE_OK ||
	    (r = store_load_strings(st, (size_t)p->conf->strings_max,
		 load_string, l, err)) != STORE_OK ||
	    (r = store_load_accounts(st, load_account, l, err)) != STORE_OK ||
	    (r = store_load_tokens(st, load_token, l, err)) != STORE_OK ||
	    (r = store_load_secrets(st, load_secret, load_superseded, l,
		 err)) != STORE_OK ||
	    (r = store_load_alerts(st, now - 2 * SILENCE_MAX, load_alert, l,
		 err)) != STORE_OK ||
	    (r = store_load_modes(st, load_mode, l, err)) != STORE_OK ||
	    (r = store_seq_before(st, now - reach, &from, err)) != STORE_OK)
		return r;
	engine_load_marks(p->engine, m.last_seq, m.last_outbox);
	engine_load_brake(p->engine, m.brake_since);
	r = replay(p->engine, p->conf->store_path,
	    m.checkpoint < from ? m.checkpoint : from, m.checkpoint, err);
	engine_load_done(p->engine);
	return r;
}

int
boot_load(struct patrold *p, struct store *st, struct error *err)
{
	struct loading l = {.p = p};
	int	       r;

	r = load_all(&l, st, err);
	if (r == -1) {
		*err = l.err;
		r = store_damaged(st, err);
	}
	if (r != STORE_OK) {
		error_prefix(err, "store");
		return EX_DATAERR;
	}
	return 0;
}

/* --- privileges ------------------------------------------------------ */

/* The doors are open to many: as many descriptors as the system lets us. */
static void
raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

int
boot_drop(struct patrold *p, struct error *err)
{
	struct rlimit  none = {0, 0};
	struct passwd *pw;

	/* Secrets pass through our memory: no core file, no tracer. */
	(void)setrlimit(RLIMIT_CORE, &none);
	raise_files();
	if (p->conf->user != NULL && geteuid() == 0) {
		if ((pw = getpwnam(p->conf->user)) == NULL) {
			error_set(err,
			    "user: no user '%s'; create it or "
			    "name another",
			    p->conf->user);
			return EX_NOUSER;
		}
		if (initgroups(pw->pw_name, pw->pw_gid) == -1 ||
		    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
		    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1) {
			error_set(err, "user: cannot become %s: %s",
			    p->conf->user, strerror(errno));
			return EX_OSERR;
		}
	}
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		error_set(err, "no-new-privs: %s", strerror(errno));
		return EX_OSERR;
	}
	return 0;
}

/* --- systemd --------------------------------------------------------- */

void
boot_notify(const char *state)
{
	const char	  *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t		   n = path != NULL ? strlen(path) : 0;
	int		   fd;

	if (n == 0 || n >= sizeof sun.sun_path)
		return;
	memcpy(sun.sun_path, path, n);
	/* '@' stands for the abstract name space. */
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}
