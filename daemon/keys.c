#include "daemon/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/jwt.h"
#include "base/mem.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "token/secret.h"

void
keys_paths(const struct patrold *p, struct keys_paths *out)
{
	char *dir = file_store_dir(p);

	out->ours = p->boot_conf->auth_key == NULL;
	if (out->ours) {
		out->key = xasprintf("%s/auth-key.pem", dir);
		out->bundle = xasprintf("%s/auth-certificate.pem", dir);
	} else {
		out->key = xstrdup(p->boot_conf->auth_key);
		out->bundle = xstrdup(p->boot_conf->auth_certificate);
	}
	out->next = xasprintf("%s/auth-key-next.pem", dir);
	free(dir);
}

void
keys_paths_clear(struct keys_paths *paths)
{
	free(paths->key);
	free(paths->next);
	free(paths->bundle);
	memset(paths, 0, sizeof *paths);
}

/*
 * The bundle first, with `others` before the new certificate: where there is
 * a key, its certificate is there too.
 */
static int
make_key(const struct patrold *p, const char *key, const char *bundle,
    struct slice others, usec_t now, struct error *err)
{
	struct buf k, c, all;
	int	   r;

	buf_init(&k);
	buf_init(&c);
	buf_init(&all);
	r = jwt_key_generate("patrol", now, &k, &c, err);
	buf_addslice(&all, others);
	buf_addslice(&all, buf_slice(&c));
	if (r == 0)
		r = file_write(p, bundle, 0644, buf_slice(&all), err);
	if (r == 0)
		r = file_write(p, key, 0600, buf_slice(&k), err);
	secret_wipe(k.p, k.n);
	buf_clear(&k);
	buf_clear(&c);
	buf_clear(&all);
	return r;
}

/* --- what there is --------------------------------------------------- */

/* The id of a key that is in a file, and that the bundle has. */
static int
read_id(const char *key, const char *bundle, char out[OSSL_KID_MAX],
    struct error *err)
{
	struct jwt_key *k;

	if (jwt_key_load(key, bundle, &k, err) != 0)
		return -1;
	snprintf(out, OSSL_KID_MAX, "%s", jwt_key_id(k));
	jwt_key_unref(&k);
	return 0;
}

int
keys_show(const struct keys_paths *paths, struct keys_shown *out,
    struct error *err)
{
	out->next[0] = '\0';
	if (bundle_read(paths->bundle, &out->bundle, err) != 0 ||
	    read_id(paths->key, paths->bundle, out->signs, err) != 0)
		return -1;
	if (!paths->ours || access(paths->next, F_OK) == -1)
		return 0;
	return read_id(paths->next, paths->bundle, out->next, err);
}

void
keys_shown_clear(struct keys_shown *s)
{
	bundle_clear(&s->bundle);
}

/* --- at start -------------------------------------------------------- */

/*
 * While one key takes the place of another, what the old one signed is good
 * until its end; the bundle has that one's certificate.
 */
static void
load_old(struct patrold *p, const struct keys_paths *paths)
{
	struct keys_shown		 s = {.signs = ""};
	const struct bundle_certificate *c;
	struct error			 err;
	unsigned			 i;
	int				 r = keys_show(paths, &s, &err);

	for (i = 0; r == 0 && p->old_key == NULL && i < s.bundle.n; i++) {
		c = &s.bundle.list[i];
		if (strcmp(c->kid, s.signs) != 0 && strcmp(c->kid, s.next) != 0)
			r = jwt_key_of_certificate(c->pem, &p->old_key, &err);
	}
	if (r != 0)
		log_warnx("what another key has signed is not taken: %s",
		    err.text);
	keys_shown_clear(&s);
}

int
keys_load(struct patrold *p, struct error *err)
{
	struct keys_paths paths;
	int		  r = secret_key_new(p->print_key);

	if (r != 0)
		error_set(err, "no random numbers: %s", strerror(-r));
	keys_paths(p, &paths);
	if (r == 0 && paths.ours && access(paths.key, F_OK) == -1) {
		r = make_key(p, paths.key, paths.bundle, SLICE(""),
		    patrold_now(), err);
		if (r == 0)
			log_info("made a signing key; give the registry %s as "
				 "its rootcertbundle",
			    paths.bundle);
	}
	if (r == 0)
		r = jwt_key_load(paths.key, paths.bundle, &p->key, err);
	if (r != 0)
		error_prefix(err, "auth");
	else
		load_old(p, &paths);
	keys_paths_clear(&paths);
	return r == 0 ? 0 : EX_CONFIG;
}

/* --- the stages ------------------------------------------------------ */

static int
keep_signing_only(const struct keys_paths *paths, const struct keys_shown *s,
    struct error *err)
{
	struct buf all;
	int	   r;

	buf_init(&all);
	buf_addslice(&all, bundle_find(&s->bundle, s->signs)->pem);
	buf_addc(&all, '\n');
	r = file_write(NULL, paths->bundle, 0644, buf_slice(&all), err);
	buf_clear(&all);
	return r;
}

static int
begin(const struct keys_paths *paths, const struct keys_shown *s, usec_t now,
    struct error *err)
{
	struct buf old;
	int	   r;

	if (s->next[0] != '\0' || s->bundle.n > 1) {
		error_set(err,
		    s->next[0] != '\0' ?
			"a new key has been made already: use or cancel it" :
			"the old certificate is still in the bundle: finish "
			"the last rotation first");
		return 1;
	}
	buf_init(&old);
	buf_addslice(&old, bundle_find(&s->bundle, s->signs)->pem);
	buf_addc(&old, '\n');
	r = make_key(NULL, paths->next, paths->bundle, buf_slice(&old), now,
	    err);
	buf_clear(&old);
	return r;
}

/* Loaded from its old place: once it has the new one it must be good. */
static int
use(const struct keys_paths *paths, const struct keys_shown *s,
    struct jwt_key **now_signs, struct error *err)
{
	struct jwt_key *k;

	if (s->next[0] == '\0') {
		error_set(err, "no new key has been made: begin first");
		return 1;
	}
	if (jwt_key_load(paths->next, paths->bundle, &k, err) != 0)
		return -1;
	if (rename(paths->next, paths->key) == -1) {
		error_set(err, "%s: %s", paths->key, strerror(errno));
		jwt_key_unref(&k);
		return -1;
	}
	file_sync_parent(paths->key);
	*now_signs = k;
	return 0;
}

static int
finish(const struct keys_paths *paths, const struct keys_shown *s,
    struct error *err)
{
	if (s->next[0] != '\0') {
		error_set(err,
		    "the new key does not sign yet: use it first, "
		    "or cancel");
		return 1;
	}
	if (s->bundle.n == 1) {
		error_set(err, "no rotation is under way");
		return 1;
	}
	return keep_signing_only(paths, s, err);
}

/* The key first: without it, the bundle is one to finish. */
static int
cancel(const struct keys_paths *paths, const struct keys_shown *s,
    struct error *err)
{
	if (s->next[0] == '\0') {
		error_set(err, "there is no new key to cancel");
		return 1;
	}
	if (unlink(paths->next) == -1) {
		error_set(err, "%s: %s", paths->next, strerror(errno));
		return -1;
	}
	return keep_signing_only(paths, s, err);
}

int
keys_rotate(const struct keys_paths *paths, enum keys_stage stage, usec_t now,
    struct jwt_key **now_signs, struct error *err)
{
	struct keys_shown s = {.signs = ""};
	int		  r;

	if (!paths->ours) {
		error_set(err,
		    "auth.key is in the configuration: put both certificates "
		    "into the file of auth.certificate yourself, restart the "
		    "registry, then change auth.key and restart patrold");
		return 1;
	}
	r = keys_show(paths, &s, err);
	if (r == 0)
		switch (stage) {
		case KEYS_BEGIN:
			r = begin(paths, &s, now, err);
			break;
		case KEYS_USE:
			r = use(paths, &s, now_signs, err);
			break;
		case KEYS_FINISH:
			r = finish(paths, &s, err);
			break;
		case KEYS_CANCEL:
			r = cancel(paths, &s, err);
			break;
		}
	keys_shown_clear(&s);
	return r;
}
