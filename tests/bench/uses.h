/*
 * uses - the same made-up uses for all that sends or stores them.
 *
 * Tokens are "harbor-N" or those of a file of names, chosen by Zipf (s = 1)
 * as real tokens are used, or each in turn.  Each has a few repositories, one
 * address and one client of its own, so that no rule that ships fires.
 */
#ifndef PATROL_TESTS_BENCH_USES_H
#define PATROL_TESTS_BENCH_USES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BENCH_LINE 512 /* no line is longer */
#define BENCH_NAME 16  /* bytes of a name in a file of them, a line each */

struct bench_uses {
	unsigned    tokens;
	const char *names; /* borrowed; NULL: "harbor-N" */
	bool	    ids;   /* every use has one, as registries send them */
	/* Each token in turn, from 3 networks with 2 clients. */
	bool	 in_turn;
	uint64_t seed; /* not 0: the same uses in every run */
	unsigned made;
};

/* xorshift64 */
static inline uint64_t
bench_uses_draw(struct bench_uses *u)
{
	u->seed ^= u->seed << 13;
	u->seed ^= u->seed >> 7;
	u->seed ^= u->seed << 17;
	return u->seed;
}

/* Zipf with s = 1 over 1..n, by inverting the continuous distribution. */
static inline unsigned
bench_uses_token(struct bench_uses *u)
{
	double x = (double)(bench_uses_draw(u) >> 11) / 9007199254740992.0;

	return (unsigned)exp(x * log((double)u->tokens));
}

static inline void
bench_uses_name(const struct bench_uses *u, unsigned t, char *out, size_t n)
{
	if (u->names != NULL)
		snprintf(out, n, "%.*s", BENCH_NAME,
		    u->names + (size_t)(t - 1) * (BENCH_NAME + 1));
	else
		snprintf(out, n, "harbor-%u", t);
}

/* One line with its newline into out[BENCH_LINE]; returns its length. */
static inline size_t
bench_uses_line(struct bench_uses *u, char *out)
{
	static const char *const agents[] = {"docker/24.0.5", "skopeo/1.9.3",
	    "containerd/1.6.20", "Docker-Client/28.2.2"};
	unsigned		 i = u->made++;
	unsigned		 turn = u->in_turn ? i / u->tokens : 0;
	unsigned t = u->in_turn ? i % u->tokens + 1 : bench_uses_token(u);
	uint64_t r = bench_uses_draw(u);
	char	 id[64] = "", name[32];

	bench_uses_name(u, t, name, sizeof name);
	if (u->ids)
		snprintf(id, sizeof id, "\"id\":\"%08x-0000-4000-8000-%012x\",",
		    (unsigned)(bench_uses_draw(u) >> 32), i);
	return (size_t)snprintf(out, BENCH_LINE,
	    "{%s\"token\":\"%s\",\"action\":\"%s\",\"outcome\":"
	    "\"success\",\"repository\":\"team-%u/app-%u\",\"tag\":\"v%u\","
	    "\"media_type\":\"application/vnd.oci.image.manifest.v1+json\","
	    "\"source.ip\":\"%u.%u.%u.%u\",\"user_agent\":\"%s\","
	    "\"bytes\":%u}\n",
	    id, name, r % 10 == 0 ? "push" : "pull", t % 1000,
	    (unsigned)(r >> 8) % 6, (unsigned)(r >> 16) % 50, 10 + turn % 3,
	    t / 65536 % 256, t / 256 % 256, t % 256, agents[(t + turn % 2) % 4],
	    (unsigned)(r >> 24) % 100000);
}

/* A file of names, whole; how many there are goes to *n. */
static inline char *
bench_uses_names(const char *path, unsigned *n)
{
	FILE *fp = fopen(path, "r");
	char *all;
	long  size;

	if (fp == NULL || fseek(fp, 0, SEEK_END) == -1 ||
	    (size = ftell(fp)) <= 0 || fseek(fp, 0, SEEK_SET) == -1 ||
	    (all = malloc((size_t)size)) == NULL ||
	    fread(all, 1, (size_t)size, fp) != (size_t)size) {
		perror(path);
		exit(1);
	}
	fclose(fp);
	*n = (unsigned)((size_t)size / (BENCH_NAME + 1));
	return all;
}
#endif
