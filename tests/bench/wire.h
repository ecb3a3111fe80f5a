/*
 * wire - how the programs that measure a running patrold talk to it: the
 * ingest socket and its answers, exchanges over HTTP, percentiles.
 *
 * They are measured programs' other half: what goes wrong ends them.
 */
#ifndef PATROL_TESTS_BENCH_WIRE_H
#define PATROL_TESTS_BENCH_WIRE_H

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BENCH_SCOPE "repository:team-1/app-1:pull"

static inline _Noreturn void
bench_die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- connections ----------------------------------------------------- */

static inline int
bench_dial(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int		   fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, sizeof sun) == -1)
		bench_die(path);
	return fd;
}

static inline int
bench_dial_http(const char *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int		   fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd == -1 || connect(fd, (struct sockaddr *)&sin, sizeof sin) == -1)
		bench_die(port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

/* All of it; for short texts on a blocking socket. */
static inline void
bench_write(int fd, const char *text, size_t n)
{
	if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
		bench_die("send");
}

/* --- answers of the ingest socket ------------------------------------- */

struct bench_acks {
	int	 fd;
	char	 buf[65536];
	size_t	 n;
	uint64_t acked, rejected;
};

/* Reads once. */
static inline void
bench_acks_read(struct bench_acks *a)
{
	ssize_t got = read(a->fd, a->buf + a->n, sizeof a->buf - a->n);
	char   *line = a->buf, *end, *nl;

	if (got == -1 && errno == EAGAIN)
		return;
	if (got <= 0)
		bench_die("ingest socket");
	end = a->buf + a->n + got;
	for (; (nl = memchr(line, '\n', (size_t)(end - line))) != NULL;
	     line = nl + 1)
		if (strncmp(line, "{\"ack\":", 7) == 0)
			a->acked = strtoull(line + 7, NULL, 10);
		else
			a->rejected++;
	a->n = (size_t)(end - line);
	memmove(a->buf, line, a->n);
}

static inline void
bench_acks_wait(struct bench_acks *a, uint64_t n)
{
	while (a->acked < n)
		bench_acks_read(a);
}

/* --- exchanges -------------------------------------------------------- */

struct bench_http {
	int    fd;
	char   buf[16384];
	size_t n;
	bool   asked; /* and not answered yet */
};

struct bench_token {
	char id[32], request[512];
	int  length;
};

/* A line "ID SECRET" of `fp`; false at its end. */
static inline bool
bench_token_read(struct bench_token *t, FILE *fp, const char *account)
{
	char	      secret[96], pair[160];
	unsigned char basic[256];

	if (fscanf(fp, "%31s %95s", t->id, secret) != 2)
		return false;
	snprintf(pair, sizeof pair, "%s:%s", account, secret);
	EVP_EncodeBlock(basic, (unsigned char *)pair, (int)strlen(pair));
	t->length = snprintf(t->request, sizeof t->request,
	    "GET /token?service=registry.example&scope=" BENCH_SCOPE
	    " HTTP/1.1\r\nHost: registry.example\r\n"
	    "User-Agent: docker/24.0.5\r\nAuthorization: Basic %s\r\n\r\n",
	    basic);
	return true;
}

static inline void
bench_http_ask(struct bench_http *h, const struct bench_token *t)
{
	bench_write(h->fd, t->request, (size_t)t->length);
	h->asked = true;
}

/* Reads once; the status of a whole answer, 0 if more is to come. */
static inline int
bench_http_read(struct bench_http *h)
{
	ssize_t got = read(h->fd, h->buf + h->n, sizeof h->buf - 1 - h->n);
	char   *body, *length;

	if (got <= 0)
		bench_die("token endpoint");
	h->n += (size_t)got;
	h->buf[h->n] = '\0';
	if ((body = strstr(h->buf, "\r\n\r\n")) == NULL)
		return 0;
	body += 4;
	length = strcasestr(h->buf, "\r\ncontent-length:");
	if (length == NULL || length > body) {
		fprintf(stderr, "an answer without a length\n");
		exit(1);
	}
	if ((size_t)(h->buf + h->n - body) < strtoul(length + 17, NULL, 10))
		return 0;
	h->n = 0;
	h->asked = false;
	return atoi(h->buf + 9);
}

static inline int
bench_http_wait(struct bench_http *h)
{
	int status;

	while ((status = bench_http_read(h)) == 0)
		;
	return status;
}

static inline int
bench_http_exchange(struct bench_http *h, const struct bench_token *t)
{
	bench_http_ask(h, t);
	return bench_http_wait(h);
}

/* --- figures ---------------------------------------------------------- */

static inline int
bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Prints "NAMEp50_ms":..., "NAMEp99_ms":..., "NAMEmax_ms":... of seconds, which
 * it sorts. */
static inline void
bench_print_times(const char *name, double *t, size_t n)
{
	qsort(t, n, sizeof *t, bench_compare);
	printf("\"%sp50_ms\":%.4f,\"%sp99_ms\":%.4f,\"%smax_ms\":%.4f", name,
	    t[n / 2] * 1e3, name, t[n * 99 / 100] * 1e3, name, t[n - 1] * 1e3);
}
#endif
