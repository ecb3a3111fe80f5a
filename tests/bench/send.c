/*
 * send - a registry in a hurry: makes uses up, sends them over one ingest
 * connection, and times from the first byte written to the last ack.
 *
 *     send [-n uses] [-t tokens] [-i] socket
 *
 * Tokens are "harbor-N", chosen by Zipf (s = 1) as real tokens are used, each
 * with a few repositories of its own, so that no shipped rule fires; -i
 * gives every use an id, as registries do.  All lines are made before the
 * clock starts.  Prints one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE_ROOM 512

static uint64_t seed = 88172645463325252u;

/* xorshift64: the same uses in every run. */
static uint64_t
draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Zipf with s = 1 over 1..n, by inverting the continuous distribution. */
static unsigned
draw_token(unsigned n)
{
	double u = (double)(draw() >> 11) / 9007199254740992.0;

	return (unsigned)exp(u * log((double)n));
}

static size_t
make_line(char *out, unsigned i, unsigned tokens, bool ids)
{
	static const char *const agents[] = {"docker/24.0.5", "skopeo/1.9.3",
	    "containerd/1.6.20", "Docker-Client/28.2.2"};
	unsigned		 t = draw_token(tokens);
	uint64_t		 r = draw();
	char			 id[64] = "";

	if (ids)
		snprintf(id, sizeof id, "\"id\":\"%08x-0000-4000-8000-%012x\",",
		    (unsigned)(draw() >> 32), i);
	return (size_t)snprintf(out, LINE_ROOM,
	    "{%s\"token\":\"harbor-%u\",\"action\":\"%s\",\"outcome\":"
	    "\"success\",\"repository\":\"team-%u/app-%u\",\"tag\":\"v%u\","
	    "\"media_type\":\"application/vnd.oci.image.manifest.v1+json\","
	    "\"source.ip\":\"10.%u.%u.%u\",\"user_agent\":\"%s\","
	    "\"bytes\":%u}\n",
	    id, t, r % 10 == 0 ? "push" : "pull", t % 1000,
	    (unsigned)(r >> 8) % 6, (unsigned)(r >> 16) % 50, t / 65536 % 256,
	    t / 256 % 256, t % 256, agents[t % 4],
	    (unsigned)(r >> 24) % 100000);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
dial(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int		   fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof sun) == -1) {
		perror(path);
		exit(1);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

struct replies {
	char	 buf[65536];
	size_t	 n;
	uint64_t acked, rejected;
};

static void
read_replies(int fd, struct replies *r)
{
	ssize_t got = read(fd, r->buf + r->n, sizeof r->buf - r->n);
	char   *line = r->buf, *nl;

	if (got <= 0)
		return;
	r->n += (size_t)got;
	while (
	    (nl = memchr(line, '\n', (size_t)(r->buf + r->n - line))) != NULL) {
		if (strncmp(line, "{\"ack\":", 7) == 0)
			r->acked = strtoull(line + 7, NULL, 10);
		else
			r->rejected++;
		line = nl + 1;
	}
	r->n = (size_t)(r->buf + r->n - line);
	memmove(r->buf, line, r->n);
}

int
main(int argc, char **argv)
{
	static struct replies replies;
	unsigned	      n = 1000000, tokens = 100000, i;
	bool		      ids = false;
	size_t		      len = 0, done = 0;
	struct pollfd	      pfd;
	double		      start, took;
	ssize_t		      w;
	char		     *text;
	int		      c;

	while ((c = getopt(argc, argv, "n:t:i")) != -1) {
		if (c == 'n')
			n = (unsigned)atoi(optarg);
		else if (c == 't')
			tokens = (unsigned)atoi(optarg);
		else if (c == 'i')
			ids = true;
		else
			return 64;
	}
	if (optind + 1 != argc ||
	    (text = malloc((size_t)n * LINE_ROOM)) == NULL)
		return 64;
	for (i = 0; i < n; i++)
		len += make_line(text + len, i, tokens, ids);
	pfd.fd = dial(argv[optind]);
	start = now();
	while (replies.acked < n) {
		pfd.events = POLLIN | (done < len ? POLLOUT : 0);
		if (poll(&pfd, 1, 60000) <= 0 || (pfd.revents & POLLERR)) {
			fprintf(stderr, "send: no reply for a minute\n");
			return 1;
		}
		if (pfd.revents & POLLIN)
			read_replies(pfd.fd, &replies);
		if ((pfd.revents & POLLOUT) && done < len) {
			w = write(pfd.fd, text + done, len - done);
			if (w > 0)
				done += (size_t)w;
			else if (errno != EAGAIN)
				return 1;
		}
	}
	took = now() - start;
	printf("{\"uses\":%u,\"seconds\":%.4f,\"uses_per_second\":%.0f,"
	       "\"rejected\":%" PRIu64 ",\"bytes_per_use\":%zu}\n",
	    n, took, n / took, replies.rejected, len / n);
	free(text);
	return 0;
}
