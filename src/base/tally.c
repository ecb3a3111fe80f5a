#include "base/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

/*
 * Rows are found by their hashes, which lie in a line: with one name, the
 * usual case, that is one comparison, and a stranger who sends another name
 * each time costs two walks over half a kilobyte.
 */
struct tally {
	uint64_t hash[TALLY_ROWS + 1];
	uint64_t when[TALLY_ROWS + 1]; /* counted in last, by `clock` */
	uint64_t count[TALLY_ROWS + 1][TALLY_COLUMNS];
	size_t	 length[TALLY_ROWS + 1];
	char	 name[TALLY_ROWS + 1][TALLY_NAME];
	unsigned columns, rows; /* row 0: the others */
	unsigned last;		/* that was counted in */
	uint64_t clock, evicted;
};

static struct slice
row_name(const struct tally *t, unsigned row)
{
	return (struct slice){t->name[row], t->length[row]};
}

static void
set_name(struct tally *t, unsigned row, struct slice name)
{
	t->length[row] = name.n;
	if (name.n > 0)
		memcpy(t->name[row], name.p, name.n);
}

struct tally *
tally_new(unsigned columns)
{
	struct tally *t = xcalloc(1, sizeof *t);

	assert(columns > 0 && columns <= TALLY_COLUMNS);
	t->columns = columns;
	t->rows = 1;
	set_name(t, 0, SLICE(TALLY_OTHERS));
	return t;
}

void
tally_free(struct tally **tp)
{
	free(*tp);
	*tp = NULL;
}

/* The row with that name, or that of the others if there is none. */
static unsigned
find(const struct tally *t, struct slice name, uint64_t hash)
{
	unsigned i;

	for (i = 1; i < t->rows; i++)
		if (t->hash[i] == hash && slice_eq(row_name(t, i), name))
			return i;
	return 0;
}

/* The row whose name was counted longest ago becomes free. */
static unsigned
give_way(struct tally *t)
{
	unsigned i, oldest = 1;

	for (i = 2; i < t->rows; i++)
		if (t->when[i] < t->when[oldest])
			oldest = i;
	for (i = 0; i < t->columns; i++) {
		t->count[0][i] += t->count[oldest][i];
		t->count[oldest][i] = 0;
	}
	t->evicted++;
	return oldest;
}

static unsigned
add_row(struct tally *t, struct slice name, uint64_t hash)
{
	unsigned row;

	if (name.n > TALLY_NAME || slice_is(name, TALLY_OTHERS) ||
	    !slice_is_utf8(name))
		return 0;
	row = t->rows <= TALLY_ROWS ? t->rows++ : give_way(t);
	t->hash[row] = hash;
	set_name(t, row, name);
	return row;
}

void
tally_add(struct tally *t, struct slice name, unsigned column, uint64_t n)
{
	unsigned row = t->last;
	uint64_t hash;

	if (row == 0 || !slice_eq(row_name(t, row), name)) {
		hash = map_hash(name);
		row = find(t, name, hash);
		if (row == 0)
			row = add_row(t, name, hash);
		t->last = row;
	}
	t->when[row] = ++t->clock;
	t->count[row][column] += n;
}

unsigned
tally_rows(const struct tally *t)
{
	return t->rows;
}

struct slice
tally_name(const struct tally *t, unsigned row)
{
	return row_name(t, row);
}

uint64_t
tally_get(const struct tally *t, unsigned row, unsigned column)
{
	return t->count[row][column];
}

uint64_t
tally_evicted(const struct tally *t)
{
	return t->evicted;
}
