/*
 * A table by number in which each has one place; who comes later takes it.
 */
#include "store/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/db.h"
#include "store/row.h"
#include "store/store.h"

#define PLACES 8192 /* for each kind: some MiB, with texts of usual length */

struct name {
	uint32_t number; /* 0: nothing is here */
	uint32_t n;
	char	*text; /* owned; NULL: there is none of that number */
};

struct names {
	struct name place[STORE_NAMES][PLACES];
};

static int
take_text(sqlite3_stmt *st, void *arg)
{
	struct name *at = arg;
	struct slice s = row_slice(st, 0);

	if (s.p == NULL || s.n > UINT32_MAX)
		return 0;
	at->text = xmalloc(s.n + 1);
	memcpy(at->text, s.p, s.n); /* a NUL may be in it */
	at->n = (uint32_t)s.n;
	return 0;
}

int
store_read_name(struct store_reader *r, enum store_names what, uint32_t number,
    struct slice *out, struct error *err)
{
	static const enum stmt_id by_number[STORE_NAMES] =
	    {[STORE_STRING] = STMT_STRING, [STORE_TOKEN_ID] = STMT_TOKEN_ID};
	enum stmt_id id = by_number[what];
	struct name *at;
	int	     code;

	if (r->names == NULL)
		r->names = xcalloc(1, sizeof *r->names);
	at = &r->names->place[what][number % PLACES];
	if (at->number != number) {
		free(at->text);
		*at = (struct name){0};
		sqlite3_bind_int64(r->db.stmt[id], 1, number);
		code = db_walk(&r->db, id, take_text, at, err,
		    "reading the names");
		if (code != 0)
			return code;
		at->number = number;
	}
	*out = (struct slice){at->text, at->n};
	return 0;
}

void
names_free(struct names **np)
{
	size_t i, j;

	if (*np == NULL)
		return;
	for (i = 0; i < STORE_NAMES; i++)
		for (j = 0; j < PLACES; j++)
			free((*np)->place[i][j].text);
	free(*np);
	*np = NULL;
}
