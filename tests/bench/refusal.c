/*
 * refusal - how long a token goes on working once the use that is one too
 * many was written.
 *
 *     refusal INGEST-SOCKET PORT ACCOUNT < tokens    (lines "ID SECRET")
 *
 * For each token: nine denied uses; then the tenth, timed from its write to
 * the first answer 401 of the token endpoint.  A grant is answered after the
 * commit and a refusal at once; so that the disk is not measured, the next
 * exchange does not wait for an answer longer than PATIENCE, and then goes
 * over the next of several connections.  The floor is one more exchange with
 * the same token, which is refused anyway.  Prints one line of JSON.
 */
#include "tests/bench/bench.h"
#include "tests/bench/wire.h"

#define CONNECTIONS 32
#define PATIENCE    100000 /* nanoseconds */
#define USES	    10
#define TOKENS_MAX  10000

struct prober {
	struct bench_acks acks;
	struct bench_http http[CONNECTIONS];
	uint64_t	  sent;
	unsigned	  exchanges; /* until refused, all tokens */
};

static void
send_denied(struct prober *p, const struct bench_token *t, unsigned n)
{
	char	 text[USES * 256];
	int	 len = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		len += snprintf(text + len, sizeof text - (size_t)len,
		    "{\"id\":\"%s-%" PRIu64 "\",\"token\":\"%s\",\"action\":"
		    "\"pull\",\"outcome\":\"denied\",\"source.ip\":"
		    "\"192.0.2.1\"}\n",
		    t->id, ++p->sent, t->id);
	bench_write(p->acks.fd, text, (size_t)len);
}

/* Waits for answers for a moment; the statuses seen: 401, 200 or 0. */
static int
look(struct prober *p, const struct timespec *patience)
{
	struct pollfd pfd[CONNECTIONS];
	unsigned      i;
	int	      status, seen = 0;

	for (i = 0; i < CONNECTIONS; i++)
		pfd[i] =
		    (struct pollfd){.fd = p->http[i].asked ? p->http[i].fd : -1,
			.events = POLLIN};
	(void)ppoll(pfd, CONNECTIONS, patience, NULL);
	for (i = 0; i < CONNECTIONS; i++) {
		if (pfd[i].revents == 0)
			continue;
		status = bench_http_read(&p->http[i]);
		if (status > seen)
			seen = status;
	}
	return seen;
}

static void
ask_again(struct prober *p, const struct bench_token *t)
{
	unsigned i;

	for (i = 0; i < CONNECTIONS; i++)
		if (!p->http[i].asked) {
			bench_http_ask(&p->http[i], t);
			p->exchanges++;
			return;
		}
}

static void
settle(struct prober *p)
{
	unsigned i;

	for (i = 0; i < CONNECTIONS; i++)
		if (p->http[i].asked)
			(void)bench_http_wait(&p->http[i]);
	bench_acks_wait(&p->acks, p->sent);
}

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "refusal: %s\n", what);
	exit(1);
}

/* Seconds until refused; the floor goes to *floor. */
static double
probe(struct prober *p, const struct bench_token *t, double *floor)
{
	static const struct timespec patience = {0, PATIENCE};
	double			     start, took;

	must(bench_http_exchange(&p->http[0], t) == 200,
	    "a good token was refused");
	send_denied(p, t, USES - 1);
	settle(p);
	start = bench_now();
	send_denied(p, t, 1);
	do {
		ask_again(p, t);
		took = bench_now() - start;
		must(took < 10, "a token was not refused");
	} while (look(p, &patience) != 401);
	took = bench_now() - start;
	settle(p);
	start = bench_now();
	must(bench_http_exchange(&p->http[0], t) == 401,
	    "a refused token was granted");
	*floor = bench_now() - start;
	return took;
}

int
main(int argc, char **argv)
{
	static struct prober p;
	static double	     took[TOKENS_MAX], floor[TOKENS_MAX];
	struct bench_token   t;
	size_t		     i, n = 0;

	if (argc != 4)
		return 64;
	p.acks.fd = bench_dial(argv[1]);
	for (i = 0; i < CONNECTIONS; i++)
		p.http[i].fd = bench_dial_http(argv[2]);
	for (; n < TOKENS_MAX && bench_token_read(&t, stdin, argv[3]); n++)
		took[n] = probe(&p, &t, &floor[n]);
	must(n > 0, "no tokens");
	printf("{\"tokens\":%zu,\"exchanges\":%.2f,", n,
	    (double)p.exchanges / (double)n);
	bench_print_times("", took, n);
	putchar(',');
	bench_print_times("floor_", floor, n);
	printf("}\n");
	return 0;
}
