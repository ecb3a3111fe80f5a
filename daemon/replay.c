#include "daemon/replay.h"

#include "daemon/log.h"
#include "daemon/replay-read.h"

/* One use after the other, with what the next ones need fetched ahead. */
static void
replay_block(struct engine *e, struct replayed *u, size_t n, int64_t checkpoint)
{
	struct engine_ahead ahead[ENGINE_WARM + 1]; /* a ring */
	size_t		    turn, i;
	unsigned	    step;

	for (turn = 0; turn < n + ENGINE_WARM; turn++) {
		for (step = 0; step < ENGINE_WARM; step++) {
			i = turn - step; /* before the first: far beyond n */
			if (i < n)
				engine_replay_ahead(e, &u[i].use,
				    &ahead[i % (ENGINE_WARM + 1)], step);
		}
		i = turn - ENGINE_WARM;
		if (i < n)
			engine_replay(e, &u[i].use, &u[i].row,
			    &ahead[i % (ENGINE_WARM + 1)],
			    u[i].row.seq > checkpoint);
	}
}

int
replay(struct engine *e, const char *path, int64_t after, int64_t checkpoint,
    struct error *err)
{
	struct replay_read *r;
	struct replayed	   *at;
	uint64_t	    uses = 0;
	size_t		    n;
	int		    code;

	if ((code = replay_read_open(path, e, after, &r, err)) != 0)
		return code;
	while ((code = replay_read_next(r, &at, &n, err)) == 0 && n > 0) {
		replay_block(e, at, n, checkpoint);
		uses += n;
	}
	replay_read_close(&r);
	log_debug("read %llu stored uses again", (unsigned long long)uses);
	return code;
}
