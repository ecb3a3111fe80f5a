/*
 * fuzz-json - text that claims to be one JSON object.
 *
 * Reaches: use/json with each of its three shapes (flat, numbered lists, the
 * tree), padded and copied, with wide and with narrow limits; simdjson below.
 *
 * What is taken and what is refused is what RFC 8259 says (oracle.h), however
 * the text lies in memory; a refusal has a reason; flat fields written out as
 * JSON are read back as the same fields.
 */
#include "base/jsonw.h"
#include "fuzz.h"
#include "oracle.h"

static const struct json_limits flat = {.text = 8 * FUZZ_MAX,
    .string = 8 * FUZZ_MAX,
    .fields = FUZZ_MAX,
    .depth = ORACLE_DEPTH_MAX};
static const struct json_limits narrow = {.text = 300,
    .string = 12,
    .fields = 5,
    .depth = 3};

static int
read_it(struct json_reader *r, struct slice s, const struct json_field **f,
    size_t *n)
{
	struct error err = {.text = ""};
	int	     e = json_read_copy(r, s, f, n, &err);

	if (e != JSON_OK)
		fuzz_check_reason(err.text);
	return e;
}

/* ---- and back ---------------------------------------------------------- */

static void
write_value(struct jsonw *w, const struct json_field *f)
{
	if (f->type == JSON_STRING)
		jsonw_str(w, f->value);
	else if (f->type == JSON_NULL)
		jsonw_null(w);
	else
		jsonw_raw(w, f->value);
}

static void
write_fields(const struct json_field *f, size_t n, struct buf *out)
{
	struct jsonw w;
	size_t	     i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	for (i = 0; i < n; i++) {
		if (!f[i].more)
			jsonw_keyslice(&w, f[i].key);
		if (f[i].member && !f[i].more)
			jsonw_array(&w);
		write_value(&w, &f[i]);
		if (f[i].member && (i + 1 == n || !f[i + 1].more))
			jsonw_end(&w);
	}
	jsonw_end(&w);
}

static void
check_round(const struct json_field *f, size_t n)
{
	struct json_reader	*r = json_reader_new(&flat);
	const struct json_field *g;
	struct buf		 b;
	size_t			 i, m;

	buf_init(&b);
	write_fields(f, n, &b);
	FUZZ_CHECK(memchr(b.p, '\n', b.n) == NULL);
	FUZZ_CHECK(read_it(r, buf_slice(&b), &g, &m) == JSON_OK);
	FUZZ_CHECK(m == n);
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(slice_eq(f[i].key, g[i].key));
		FUZZ_CHECK(slice_eq(f[i].value, g[i].value));
		FUZZ_CHECK(f[i].type == g[i].type && f[i].more == g[i].more);
		FUZZ_CHECK(f[i].member == g[i].member);
	}
	buf_clear(&b);
	json_reader_free(&r);
}

/* ---- each shape -------------------------------------------------------- */

/* The same in place, with any bytes behind. */
static void
check_padded(struct json_reader *r, struct slice s, int behind, int want)
{
	const struct json_field *f;
	char			*p = fuzz_padded(s, behind);
	struct error		 err;
	size_t			 n;

	FUZZ_CHECK(json_read(r, (struct slice){p, s.n}, &f, &n, &err) == want);
	free(p);
}

static void
check_flat(struct slice s, bool valid)
{
	struct json_reader	*r = json_reader_new(&flat);
	const struct json_field *f;
	size_t			 n;
	int			 e = read_it(r, s, &f, &n);

	if (e == JSON_OK) {
		FUZZ_CHECK(valid);
		check_round(f, n);
	} else if (e != JSON_E_NESTED && e != JSON_E_LIMIT) {
		FUZZ_CHECK(!valid);
	}
	check_padded(r, s, '\n', e);
	check_padded(r, s, '}', e);
	check_padded(r, s, '"', e);
	check_padded(r, s, '0', e);
	json_reader_free(&r);
}

static void
check_shape(struct slice s, bool valid, bool tree)
{
	struct json_limits	 lim = flat;
	struct json_reader	*r;
	const struct json_field *f;
	size_t			 n, i, depth = 0;

	lim.tree = tree;
	lim.index_lists = !tree;
	r = json_reader_new(&lim);
	switch (read_it(r, s, &f, &n)) {
	case JSON_OK:
		FUZZ_CHECK(valid);
		for (i = 0; i < n && tree; i++) {
			depth +=
			    f[i].type == JSON_OBJECT || f[i].type == JSON_LIST;
			FUZZ_CHECK(f[i].type != JSON_END || depth-- > 0);
		}
		FUZZ_CHECK(depth == 0);
		break;
	case JSON_E_NESTED:
		FUZZ_CHECK(false);
		break;
	case JSON_E_LIMIT:
		break;
	default:
		FUZZ_CHECK(!valid);
	}
	json_reader_free(&r);
}

static void
check_narrow(struct slice s, bool valid)
{
	struct json_reader	*r = json_reader_new(&narrow);
	const struct json_field *f;
	size_t			 n, i;

	if (read_it(r, s, &f, &n) == JSON_OK) {
		FUZZ_CHECK(valid && s.n <= narrow.text);
		FUZZ_CHECK(n <= narrow.fields);
		for (i = 0; i < n; i++)
			FUZZ_CHECK(f[i].key.n <= narrow.string &&
			    f[i].value.n <= narrow.string);
	}
	json_reader_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice s = fuzz_input(data, n);
	unsigned     depth;
	bool	     valid = oracle_is_object(s, &depth);

	check_flat(s, valid);
	check_shape(s, valid, true);
	check_shape(s, valid, false);
	check_narrow(s, valid);
	return 0;
}
