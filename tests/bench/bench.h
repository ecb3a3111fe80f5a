/*
 * bench - what the benchmarks share: a clock, draws, loading rules.
 * Each is a program of its own; none is a timed test.
 */
#ifndef PATROL_TESTS_BENCH_H
#define PATROL_TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "rule/ruleset.h"

/* Seconds, of the monotonic clock. */
static inline double
bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 0 .. n - 1, by xorshift64: the same draws in every run. */
static inline unsigned
bench_draw(unsigned n)
{
	static uint64_t seed = 88172645463325252u;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 20) % n);
}

/* Rules of `n` paths or, if that is 0, of a text; ends the program at a fault. */
static inline struct ruleset *
bench_load(const char *const *paths, size_t n, struct slice text,
    const struct ruleset_limits *lim)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;
	size_t		  i;

	complain_init(&c);
	rs = n > 0 ? ruleset_load(paths, n, lim, &c) :
		     ruleset_load_text("made-up", text, lim, &c);
	buf_init(&b);
	for (i = 0; i < c.n && rs == NULL; i++) {
		b.n = 0;
		complain_format(&c.list[i], &b);
		if (!c.list[i].warning)
			fprintf(stderr, "%s\n", buf_str(&b));
	}
	buf_clear(&b);
	complain_clear(&c);
	if (rs == NULL)
		exit(1);
	return rs;
}
#endif
