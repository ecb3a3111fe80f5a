#include "daemon/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
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

#include "auth/jwt.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/replay.h"
#include "stream/silence.h"
#include "token/secret.h"

/* --- the directory --------------------------------------------------- */

static char *
store_dir(const struct patrold *p)
{
	char *path = xstrdup(p->conf->store_path);
	char *dir = xstrdup(dirname(path));

	free(path);
	return dir;
}

/* Made here, before privileges are dropped, a file becomes the user's. */
static void
give_to_user(const struct patrold *p, int fd)
{
	struct passwd *pw;

	if (p->conf->user == NULL || geteuid() != 0 ||
	    (pw = getpwnam(p->conf->user)) == NULL)
		return;
	if (fchown(fd, pw->pw_uid, pw->pw_gid) == -1)
		log_warn("giving a file to %s", p->conf->user);
}

/* A new name is on the disk when its directory was synced: syncing the file
 * alone may leave it without a name after a power loss. */
static void
sync_parent(const char *path)
{
	char *copy = xstrdup(path);
	int   fd;

	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		log_warn("%s: cannot sync its directory, ignoring", path);
	if (fd != -1)
		close(fd);
	free(copy);
}

static int
make_dir(const struct patrold *p, const char *dir)
{
	int fd;

	if (mkdir(dir, 0750) == -1)
		return errno == EEXIST ? 0 : -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	give_to_user(p, fd);
	close(fd);
	sync_parent(dir);
	return 0;
}

int
boot_dir(struct patrold *p, struct error *err)
{
	char *dir = store_dir(p);
	int   r = make_dir(p, dir);

	if (r == -1)
		error_set(err, "store: cannot make %s: %s", dir,
		    strerror(errno));
	free(dir);
	return r == -1 ? EX_CANTCREAT : 0;
}

/* --- the signing key ------------------------------------------------- */

static int
write_new(struct patrold *p, const char *path, mode_t mode, struct slice text)
{
	int fd, r = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (fd == -1)
		return -1;
	if (write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0)
		r = 0;
	give_to_user(p, fd);
	close(fd);
	return r;
}

/* The whole file, or none, whenever the power goes. */
static int
write_file(struct patrold *p, const char *path, mode_t mode, struct slice text,
    struct error *err)
{
	char *new = xasprintf("%s.new", path);
	int r = write_new(p, new, mode, text);

	if (r == 0)
		r = rename(new, path);
	if (r == 0)
		sync_parent(path);
	else
		error_set(err, "cannot write %s: %s", path, strerror(errno));
	free(new);
	return r;
}

/* The key last: where there is one, its certificate is there too. */
static int
make_key(struct patrold *p, const char *key, const char *cert,
    struct error *err)
{
	struct buf k, c;
	int	   r;

	buf_init(&k);
	buf_init(&c);
	r = jwt_key_generate("patrol", patrold_now(), &k, &c, err);
	if (r == 0)
		r = write_file(p, cert, 0644, buf_slice(&c), err);
	if (r == 0)
		r = write_file(p, key, 0600, buf_slice(&k), err);
	secret_wipe(k.p, k.n);
	buf_clear(&k);
	buf_clear(&c);
	if (r == 0)
		log_info("made a signing key; give the registry %s as its "
			 "rootcertbundle",
		    cert);
	return r;
}

int
boot_key(struct patrold *p, struct error *err)
{
	char *dir = store_dir(p), *key, *cert;
	int   r = secret_key_new(p->print_key);

	if (r != 0)
		error_set(err, "no random numbers: %s", strerror(-r));
	if (p->conf->auth_key != NULL) {
		key = xstrdup(p->conf->auth_key);
		cert = xstrdup(p->conf->auth_certificate);
	} else {
		key = xasprintf("%s/auth-key.pem", dir);
		cert = xasprintf("%s/auth-certificate.pem", dir);
		if (r == 0 && access(key, F_OK) == -1)
			r = make_key(p, key, cert, err);
	}
	if (r == 0)
		r = jwt_key_load(key, cert, &p->key, err);
	if (r != 0)
		error_prefix(err, "auth");
	free(dir);
	free(key);
	free(cert);
	return r == 0 ? 0 : EX_CONFIG;
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
	if (r == -1)
		*err = l.err;
	if (r != STORE_OK) {
		error_prefix(err, "store %s", p->conf->store_path);
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
