#include "auth/htpasswd.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "token/secret.h"
#include "token/token.h"

#define PREFIX_LEN   7 /* "$2y$10$" */
#define PASSWORD_MAX 1024

struct entry {
	char *name;
	char  hash[HTPASSWD_HASH];
};

struct htpasswd {
	struct map by_name; /* owns its entries */
	unsigned   cost;
};

static struct slice
key_of(const void *value)
{
	const struct entry *e = value;

	return slice_of(e->name);
}

/* --- the file -------------------------------------------------------- */

/* Of a bcrypt hash: "$2y$", two digits, "$", 53 of its base64; 0: none. */
static unsigned
cost_of(struct slice hash)
{
	static const char digits[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t		  i;
	int64_t		  cost;

	if (hash.n != HTPASSWD_HASH - 1 || hash.p[0] != '$' ||
	    hash.p[1] != '2' || memchr("aby", hash.p[2], 3) == NULL ||
	    hash.p[3] != '$' || hash.p[6] != '$' ||
	    slice_int((struct slice){hash.p + 4, 2}, 0, 99, &cost) == -1)
		return 0;
	for (i = PREFIX_LEN; i < hash.n; i++)
		if (hash.p[i] == '\0' || strchr(digits, hash.p[i]) == NULL)
			return 0;
	return (unsigned)cost;
}

static void
add_entry(struct htpasswd *h, struct slice name, struct slice hash,
    unsigned cost)
{
	struct entry *e = xcalloc(1, sizeof *e);

	e->name = slice_dup(name);
	memcpy(e->hash, hash.p, hash.n);
	map_add(&h->by_name, e);
	if (cost > h->cost)
		h->cost = cost;
}

/* Faults name the line, never what stands in it. */
static void
take_line(struct htpasswd *h, const char *file, unsigned line,
    struct slice text, struct complaints *c)
{
	struct slice name, hash = slice_trim(text);
	unsigned     cost;

	if (hash.n == 0 || hash.p[0] == '#')
		return;
	(void)slice_cut(&hash, ':', &name);
	if (hash.p == NULL || !account_name_is_valid(name)) {
		complain_error(c, file, line, 1,
		    "not ACCOUNT:HASH with the name of an account");
		return;
	}
	cost = cost_of(hash);
	if (cost == 0)
		complain_error(c, file, line, (unsigned)name.n + 2,
		    "not a bcrypt hash: make it with 'htpasswd -B'");
	else if (cost < HTPASSWD_COST_MIN || cost > HTPASSWD_COST_MAX)
		complain_error(c, file, line, (unsigned)name.n + 2,
		    "a bcrypt cost of %u, allowed are %d to %d", cost,
		    HTPASSWD_COST_MIN, HTPASSWD_COST_MAX);
	else if (map_find(&h->by_name, name) != NULL)
		complain_error(c, file, line, 1, "'%.*s' stands here twice",
		    SLICE_ARG(name));
	else
		add_entry(h, name, hash, cost);
}

struct htpasswd *
htpasswd_parse(const char *file, struct slice text, struct complaints *c)
{
	struct htpasswd *h = xcalloc(1, sizeof *h);
	struct slice	 rest = text, one;
	size_t		 errors = c->errors;
	unsigned	 line = 0;

	map_init(&h->by_name, key_of);
	h->cost = HTPASSWD_COST_MIN;
	while (slice_cut(&rest, '\n', &one))
		take_line(h, file, ++line, one, c);
	if (c->errors > errors)
		htpasswd_free(&h);
	return h;
}

/* All of a file that is not too long: 0, or -errno. */
static int
read_all(int fd, struct buf *b)
{
	ssize_t n;

	do {
		buf_reserve(b, b->n + 65536);
		n = read(fd, b->p + b->n, 65536);
		if (n == -1)
			return -errno;
		b->n += (size_t)n;
	} while (n > 0 && b->n <= HTPASSWD_FILE_MAX);
	return n > 0 ? -EFBIG : 0;
}

struct htpasswd *
htpasswd_load(const char *path, struct complaints *c)
{
	struct htpasswd *h = NULL;
	struct buf	 b;
	int		 fd = open(path, O_RDONLY | O_CLOEXEC), r;

	buf_init(&b);
	r = fd == -1 ? -errno : read_all(fd, &b);
	if (fd != -1)
		close(fd);
	if (r == 0)
		h = htpasswd_parse(path, buf_slice(&b), c);
	else
		complain_error(c, path, 0, 0, "auth.htpasswd: %s",
		    strerror(-r));
	secret_wipe(b.p, b.n);
	buf_clear(&b);
	return h;
}

void
htpasswd_free(struct htpasswd **hp)
{
	struct htpasswd *h = *hp;
	struct entry	*e;
	size_t		 at = 0;

	if (h == NULL)
		return;
	while ((e = map_next(&h->by_name, &at)) != NULL) {
		secret_wipe(e->hash, sizeof e->hash);
		free(e->name);
		free(e);
	}
	map_clear(&h->by_name);
	free(h);
	*hp = NULL;
}

const char *
htpasswd_find(const struct htpasswd *h, struct slice account)
{
	const struct entry *e = map_find(&h->by_name, account);

	return e != NULL ? e->hash : NULL;
}

unsigned
htpasswd_cost(const struct htpasswd *h)
{
	return h->cost;
}

size_t
htpasswd_count(const struct htpasswd *h)
{
	return h->by_name.n;
}

/* --- one password ---------------------------------------------------- */

/* Work for nobody, of so much cost. */
static void
idle(unsigned cost, const char *password, struct crypt_data *data)
{
	char setting[HTPASSWD_HASH];

	snprintf(setting, sizeof setting, "$2y$%02u$......................",
	    cost);
	(void)crypt_rn(password, setting, data, sizeof *data);
}

/*
 * Work doubles with each step of cost: once the hash's own and once each one
 * from there to below the wanted one are together the wanted one.
 */
bool
htpasswd_check(const char *hash, unsigned cost, struct slice password)
{
	struct crypt_data *data = xcalloc(1, sizeof *data);
	char		   text[PASSWORD_MAX + 1];
	const char	  *got;
	bool		   right = false;
	unsigned	   own = cost;

	if (password.n > PASSWORD_MAX) { /* nobody's, but as much work */
		password.n = PASSWORD_MAX;
		hash = NULL;
	}
	if (password.n > 0)
		memcpy(text, password.p, password.n);
	text[password.n] = '\0';
	if (hash == NULL) {
		idle(cost, text, data);
	} else {
		own = cost_of(slice_of(hash));
		got = crypt_rn(text, hash, data, sizeof *data);
		right = got != NULL && strlen(got) == HTPASSWD_HASH - 1 &&
		    CRYPTO_memcmp(got, hash, HTPASSWD_HASH - 1) == 0;
	}
	for (; own < cost; own++)
		idle(own, text, data);
	secret_wipe(text, sizeof text);
	secret_wipe(data, sizeof *data);
	free(data);
	return right;
}
