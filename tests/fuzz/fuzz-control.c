/*
 * fuzz-control - lines that claim to be requests, from whoever may connect to
 * the control socket.
 *
 * Reaches: daemon/request, use/json with the control socket's limits.
 *
 * An accepted request has a command and no argument but those of its entry,
 * each once and each one value; a refused one is told why.
 */
#include "daemon/request.h"
#include "fuzz.h"

static const char *const names[] = {"id", "reason", "limit", NULL};

static void
check_args(const struct json_field *f, size_t n)
{
	struct slice name, value;
	size_t	     i, given = 0;
	unsigned     k;

	for (k = 0; names[k] != NULL; k++) {
		value = request_arg(f, n, names[k]);
		FUZZ_CHECK(value.p == NULL || slice_is_utf8(value));
	}
	for (i = 0; i < n; i++) {
		if (!slice_starts(f[i].key, SLICE("args.")))
			continue;
		given++;
		name = (struct slice){f[i].key.p + 5, f[i].key.n - 5};
		FUZZ_CHECK(slice_is(name, "id") || slice_is(name, "reason") ||
		    slice_is(name, "limit"));
		FUZZ_CHECK(!f[i].member);
	}
	FUZZ_CHECK(given <= 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct json_reader *r;
	const struct json_field	  *f;
	struct request		   q;
	struct error		   err = {.text = ""};
	size_t			   m;

	if (r == NULL)
		r = json_reader_new(&request_limits);
	if (json_read_copy(r, fuzz_input(data, n), &f, &m, &err) != JSON_OK ||
	    request_parse(f, m, &q, &err) != 0 ||
	    request_check_args(f, m, "token.show", names, &err) != 0) {
		fuzz_check_reason(err.text);
		return 0;
	}
	FUZZ_CHECK(q.cmd.p != NULL && q.id >= 0);
	check_args(f, m);
	return 0;
}
