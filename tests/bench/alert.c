/*
 * alert - from the write of a use to its alert in syslog.
 *
 *     alert [-n alerts] [-s seed] INGEST-SOCKET SYSLOG-SOCKET FILE
 *
 * Listens on SYSLOG-SOCKET in syslogd's place.  Each use is of a new token
 * and of the repository that a rule of the bench alerts at.  The floor, after
 * each: 4 KiB appended to FILE and fdatasync(2).  Prints one line of JSON.
 */
#include <fcntl.h>

#include "tests/bench/bench.h"
#include "tests/bench/wire.h"

#define ALERTS_MAX 10000
#define APPEND	   4096

struct prober {
	struct bench_acks acks;
	int		  syslog, file;
	unsigned	  seed;
	uint64_t	  sent;
};

static int
listen_syslog(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct timeval	   patience = {20, 0};
	int		   fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	(void)unlink(path);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof sun) == -1)
		bench_die(path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static void
wait_alert(struct prober *p, const char *token)
{
	char	line[8192];
	ssize_t n;

	do {
		n = recv(p->syslog, line, sizeof line - 1, 0);
		if (n == -1)
			bench_die("no alert");
		line[n] = '\0';
	} while (strstr(line, token) == NULL);
}

static double
probe(struct prober *p)
{
	char   text[256], token[64];
	double start, took;
	int    n;

	snprintf(token, sizeof token, "alert-%u-%" PRIu64 ".", p->seed,
	    ++p->sent);
	n = snprintf(text, sizeof text,
	    "{\"token\":\"%s\",\"action\":\"pull\",\"outcome\":\"success\","
	    "\"repository\":\"bench-alert/app\",\"source.ip\":\"192.0.2.1\"}\n",
	    token);
	start = bench_now();
	bench_write(p->acks.fd, text, (size_t)n);
	wait_alert(p, token);
	took = bench_now() - start;
	bench_acks_wait(&p->acks, p->sent);
	return took;
}

static double
probe_disk(struct prober *p)
{
	static const char page[APPEND];
	double		  start = bench_now();

	if (write(p->file, page, sizeof page) != APPEND ||
	    fdatasync(p->file) == -1)
		bench_die("append");
	return bench_now() - start;
}

static void
measure(struct prober *p, size_t n)
{
	static double took[ALERTS_MAX], floor[ALERTS_MAX];
	size_t	      i;

	/* The first finds a syslogd that was gone, and may wait its turn. */
	(void)probe(p);
	for (i = 0; i < n; i++) {
		took[i] = probe(p);
		floor[i] = probe_disk(p);
	}
	printf("{\"alerts\":%zu,", n);
	bench_print_times("", took, n);
	putchar(',');
	bench_print_times("floor_", floor, n);
	printf("}\n");
}

int
main(int argc, char **argv)
{
	static struct prober p;
	size_t		     n = 200;
	int		     c;

	while ((c = getopt(argc, argv, "n:s:")) != -1) {
		if (c == 'n')
			n = (size_t)atoi(optarg);
		else if (c == 's')
			p.seed = (unsigned)atoi(optarg);
		else
			return 64;
	}
	if (optind + 3 != argc || n == 0 || n > ALERTS_MAX)
		return 64;
	p.syslog = listen_syslog(argv[optind + 1]);
	p.acks.fd = bench_dial(argv[optind]);
	p.file = open(argv[optind + 2], O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (p.file == -1)
		bench_die(argv[optind + 2]);
	measure(&p, n);
	return 0;
}
