/*
 * exchange - clients that log in: exchanges a second at the token endpoint,
 * over keep-alive connections with one request under way on each.
 *
 *     exchange [-c connections] [-s seconds] PORT ACCOUNT < tokens
 *
 * Tokens are lines "ID SECRET"; a connection keeps to one.  Every answer must
 * be a grant.  Prints one line of JSON.
 */
#include "tests/bench/bench.h"
#include "tests/bench/wire.h"

#define CONNECTIONS_MAX 256

struct client {
	struct bench_http  http;
	struct bench_token token;
};

static struct client client[CONNECTIONS_MAX];

/* Takes an answer, if it is whole, and asks again; how many were taken. */
static unsigned
take(struct client *c)
{
	int status = bench_http_read(&c->http);

	if (status == 0)
		return 0;
	if (status != 200) {
		fprintf(stderr, "exchange: answered %d\n", status);
		exit(1);
	}
	bench_http_ask(&c->http, &c->token);
	return 1;
}

/* Exchanges in so many seconds. */
static unsigned
measure(unsigned n, double seconds)
{
	struct pollfd pfd[CONNECTIONS_MAX];
	unsigned      i, done = 0;
	double	      end = bench_now() + seconds;

	for (i = 0; i < n; i++)
		pfd[i] =
		    (struct pollfd){.fd = client[i].http.fd, .events = POLLIN};
	while (bench_now() < end) {
		if (poll(pfd, n, 20000) <= 0)
			bench_die("no answer");
		for (i = 0; i < n; i++)
			if (pfd[i].revents != 0)
				done += take(&client[i]);
	}
	return done;
}

int
main(int argc, char **argv)
{
	unsigned i, n = 32, done;
	double	 seconds = 2;
	int	 c;

	while ((c = getopt(argc, argv, "c:s:")) != -1) {
		if (c == 'c')
			n = (unsigned)atoi(optarg);
		else if (c == 's')
			seconds = atof(optarg);
		else
			return 64;
	}
	if (optind + 2 != argc || n == 0 || n > CONNECTIONS_MAX)
		return 64;
	for (i = 0; i < n; i++) {
		if (!bench_token_read(&client[i].token, stdin,
			argv[optind + 1])) {
			fprintf(stderr, "exchange: %u tokens, %u needed\n", i,
			    n);
			return 64;
		}
		client[i].http.fd = bench_dial_http(argv[optind]);
		bench_http_ask(&client[i].http, &client[i].token);
	}
	done = measure(n, seconds);
	printf("{\"exchanges\":%u,\"exchanges_per_second\":%.0f}\n", done,
	    done / seconds);
	return 0;
}
