#include "daemon/retention.h"

#include "store/store.h"

#define EVERY_COMMITS 256   /* between two steps */
#define EVERY_REFUSED 1000  /* or so many refused lines: they can be long */
#define STEP_USEC     20000 /* that a step should take at most */
#define ROWS_MIN      50
#define ROWS_MAX      20000
#define ROWS_FIRST    500

void
retention_init(struct retention *t)
{
	/* Perhaps there is something: it looks soon. */
	*t = (struct retention){.rows = ROWS_FIRST, .more = true};
}

void
retention_committed(struct retention *t, size_t refused)
{
	t->commits++;
	t->refused += refused;
}

bool
retention_is_due(const struct retention *t)
{
	return t->more || t->commits >= EVERY_COMMITS ||
	    t->refused >= EVERY_REFUSED;
}

static usec_t
since(usec_t now, usec_t span)
{
	return span == 0 ? 0 : now - span;
}

int
retention_step(struct retention *t, struct store *st,
    const struct committer_keep *k, usec_t now, uint64_t *rows,
    struct error *err)
{
	struct store_keep    keep = {.refused_max = k->refused_max,
	       .uses_since = since(now, k->uses),
	       .alerts_since = since(now, k->alerts),
	       .refused_since = since(now, k->refused),
	       .now = now,
	       .step = t->rows};
	struct store_trimmed done;
	int		     r = store_trim(st, &keep, &done, err);

	t->commits = 0;
	t->refused = 0;
	t->more = done.more;
	*rows = done.rows;
	return r;
}

/*
 * How many rows a step has time for: uses are short, a refused line may have
 * 64 KiB, and SQLite writes zeros over what it deletes.
 */
void
retention_adapt(struct retention *t, usec_t took)
{
	if (took > STEP_USEC)
		t->rows = t->rows > 2 * ROWS_MIN ? t->rows / 2 : ROWS_MIN;
	else if (took < STEP_USEC / 4)
		t->rows = t->rows < ROWS_MAX / 2 ? t->rows * 2 : ROWS_MAX;
}
