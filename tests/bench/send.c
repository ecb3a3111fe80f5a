/*
 * send - a registry in a hurry: sends made-up uses over one ingest connection
 * and times from the first byte written to the last ack.
 *
 *     send [-n uses] [-t tokens | -f names] [-i] [-w] [-r rate] [-s seed]
 *         socket
 *
 * -i gives every use an id, as registries do; -w uses each token in turn; -f
 * names the tokens.  Without -r all lines are made before the clock starts.
 * With it, so many leave a second, evenly, until there were `uses` of them or
 * SIGTERM comes.  Prints one line of JSON.
 */
#include <fcntl.h>
#include <signal.h>

#include "tests/bench/bench.h"
#include "tests/bench/uses.h"
#include "tests/bench/wire.h"

#define BEHIND_MAX (1024 * BENCH_LINE) /* made and not taken yet */

static volatile sig_atomic_t stopped;

struct sender {
	struct bench_uses uses;
	struct bench_acks acks;
	char		 *text; /* owned */
	size_t		  len, done;
};

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
add_line(struct sender *s)
{
	s->len += bench_uses_line(&s->uses, s->text + s->len);
}

/* Waits until something can be done, and does it; false: nothing came. */
static bool
pump(struct sender *s, int timeout)
{
	struct pollfd pfd = {.fd = s->acks.fd};
	ssize_t	      n;
	int	      r;

	pfd.events = POLLIN | (s->done < s->len ? POLLOUT : 0);
	r = poll(&pfd, 1, timeout);
	if (r <= 0)
		return r == -1 && errno == EINTR;
	if (pfd.revents & (POLLIN | POLLHUP | POLLERR))
		bench_acks_read(&s->acks);
	if (pfd.revents & POLLOUT) {
		n = send(s->acks.fd, s->text + s->done, s->len - s->done,
		    MSG_NOSIGNAL);
		if (n > 0)
			s->done += (size_t)n;
		else if (errno != EAGAIN)
			bench_die("send");
	}
	return true;
}

static void
finish(struct sender *s)
{
	while (s->acks.acked < s->uses.made)
		if (!pump(s, 60000)) {
			fprintf(stderr, "send: no reply for a minute\n");
			exit(1);
		}
}

/* Makes what is due, if what is made leaves. */
static void
make_due(struct sender *s, double due)
{
	if (s->done == s->len)
		s->done = s->len = 0;
	while (s->uses.made < due && s->len + BENCH_LINE < BEHIND_MAX)
		add_line(s);
}

static void
send_paced(struct sender *s, unsigned n, unsigned rate)
{
	double start = bench_now(), due;

	while (!stopped && s->uses.made < n) {
		due = (bench_now() - start) * rate;
		make_due(s, due < n ? due : n);
		(void)pump(s, 1);
	}
}

static void
print(const struct sender *s, double took)
{
	printf("{\"uses\":%u,\"seconds\":%.4f,\"uses_per_second\":%.0f,"
	       "\"rejected\":%" PRIu64 "}\n",
	    s->uses.made, took, s->uses.made / took, s->acks.rejected);
}

static void
send_all(struct sender *s, unsigned n, unsigned rate)
{
	double start;

	s->text = malloc(rate > 0 ? BEHIND_MAX : (size_t)n * BENCH_LINE);
	if (s->text == NULL)
		bench_die("malloc");
	while (rate == 0 && s->uses.made < n)
		add_line(s);
	start = bench_now();
	if (rate > 0)
		send_paced(s, n, rate);
	finish(s);
	print(s, bench_now() - start);
	free(s->text);
}

int
main(int argc, char **argv)
{
	static struct sender s = {.uses = {.tokens = 100000}};
	unsigned	     n = 1000000, rate = 0;
	char		    *names = NULL;
	int		     c;

	s.uses.seed = 88172645463325252u;
	while ((c = getopt(argc, argv, "n:t:f:iwr:s:")) != -1) {
		if (c == 'n')
			n = (unsigned)atoi(optarg);
		else if (c == 't')
			s.uses.tokens = (unsigned)atoi(optarg);
		else if (c == 'f')
			s.uses.names = names =
			    bench_uses_names(optarg, &s.uses.tokens);
		else if (c == 'i')
			s.uses.ids = true;
		else if (c == 'w')
			s.uses.in_turn = true;
		else if (c == 'r')
			rate = (unsigned)atoi(optarg);
		else if (c == 's')
			s.uses.seed += strtoull(optarg, NULL, 10) << 32;
		else
			return 64;
	}
	if (optind + 1 != argc || s.uses.tokens == 0)
		return 64;
	signal(SIGTERM, stop);
	s.acks.fd = bench_dial(argv[optind]);
	fcntl(s.acks.fd, F_SETFL, O_NONBLOCK);
	send_all(&s, n, rate);
	close(s.acks.fd);
	free(names);
	return 0;
}
