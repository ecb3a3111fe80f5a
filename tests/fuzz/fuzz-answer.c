/*
 * fuzz-answer - a line that claims to be patrold's answer, as patrolctl gets
 * it.  A hostile daemon is no threat to who can talk to it, but robust anyway.
 *
 * Reaches: patrolctl/answer, use/json with numbered lists.
 *
 * What is taken out of a valid answer as text is a JSON value itself; nothing
 * is read beyond the line.
 */
#include "fuzz.h"
#include "oracle.h"
#include "patrolctl/answer.h"

static void
check_raw(struct slice raw)
{
	struct buf b;
	unsigned   depth;

	if (raw.p == NULL)
		return;
	buf_init(&b);
	buf_adds(&b, "{\"v\":");
	buf_addslice(&b, raw);
	buf_adds(&b, "}");
	FUZZ_CHECK(oracle_is_object(buf_slice(&b), &depth));
	buf_clear(&b);
}

static void
walk(const struct fields *f)
{
	const struct json_field *field;
	struct slice		 key;
	size_t			 at = 0, n = 0;

	while (answer_next(f, &at, &key, &field)) {
		FUZZ_CHECK(slice_ends(field->key, key));
		n++;
	}
	FUZZ_CHECK(n <= f->n);
	(void)answer_text(f, "id");
	(void)answer_int(f, "count");
	(void)answer_time(f, "created");
	(void)answer_bool(f, "simulated");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct json_reader *r;
	struct slice		   line = fuzz_input(data, n);
	struct error		   err = {.text = ""};
	struct answer		   a;
	struct fields		   sub;
	char			   room[64], *p;

	if (r == NULL)
		r = answer_reader_new();
	p = fuzz_padded(line, '\n');
	line.p = p;
	if (answer_parse(r, line, &a, &err) != 0) {
		fuzz_check_reason(err.text);
	} else {
		check_raw(a.body.raw);
		walk(&a.body);
		sub = answer_sub(&a.body, "token", room);
		if (a.body.raw.p != NULL)
			check_raw(sub.raw);
		walk(&sub);
	}
	free(p);
	return 0;
}
