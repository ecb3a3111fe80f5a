/*
 * fuzz-alert - alerts full of strangers' text, on their way to the sinks.
 *
 * The input is texts between lines "%%": title, rule, key, its value, token,
 * account, what was done, an agent, an address.
 *
 * Reaches: alert/format, base/jsonw, base/buf's escapes, use/json.
 *
 * As JSON it is one valid object on one line that has every text in it; as
 * key=value it is one line of at most ALERT_LINE_MAX bytes without any control
 * character that falls into pairs again, and nobody's text makes a pair.
 */
#include "alert/format.h"
#include "base/jsonw.h"
#include "fuzz.h"
#include "oracle.h"
#include "use/level.h"

static const struct json_limits limits = {.text = 256 * 1024,
    .string = 64 * 1024,
    .fields = 256,
    .depth = 8};

static struct slice
next(struct slice *rest)
{
	struct slice part = {NULL, 0};

	(void)fuzz_part(rest, &part);
	return part;
}

static void
one_field(struct buf *b, struct slice key, struct slice value)
{
	struct jsonw w;

	jsonw_init(&w, b);
	jsonw_object(&w);
	jsonw_keyslice(&w, key);
	jsonw_str(&w, value);
	jsonw_end(&w);
}

/*
 * Pairs of KEY=BARE or KEY="TEXT", a blank before each: how many, or -1.
 */
static int
count_pairs(struct slice s)
{
	size_t i = 0;
	int    n;

	for (n = 0; i < s.n; n++) {
		if (s.p[i++] != ' ')
			return -1;
		while (i < s.n && s.p[i] != '=' && s.p[i] != ' ')
			i++;
		if (i == s.n || s.p[i++] != '=')
			return -1;
		if (i < s.n && s.p[i] == '"') {
			for (i++; i < s.n && s.p[i] != '"'; i++)
				if (s.p[i] == '\\')
					i++;
			if (i++ >= s.n)
				return -1;
		} else {
			while (i < s.n && s.p[i] != ' ')
				if (s.p[i++] == '"')
					return -1;
		}
	}
	return n;
}

static void
check_kv(const struct json_field *f, size_t n)
{
	struct buf   b;
	struct slice s;
	size_t	     i;
	int	     most = 0, pairs;

	for (i = 0; i < n; i++)
		most += !f[i].member;
	buf_init(&b);
	buf_adds(&b, "<before>");
	alert_format_kv(f, n, &b);
	s = buf_slice(&b);
	FUZZ_CHECK(slice_starts(s, SLICE("<before>alert id=alr_x ")));
	s.p += 13;
	s.n -= 13;
	FUZZ_CHECK(s.n + 5 <= ALERT_LINE_MAX);
	FUZZ_CHECK(fuzz_is_tame(s));
	pairs = count_pairs(s);
	FUZZ_CHECK(pairs > 0 && pairs <= most);
	buf_clear(&b);
}

static void
check_json(const struct alert_row *row)
{
	static struct json_reader *r;
	const struct json_field	  *f;
	struct error		   err;
	struct buf		   b;
	unsigned		   depth;
	size_t			   n;

	if (r == NULL)
		r = json_reader_new(&limits);
	buf_init(&b);
	alert_format_json(row, &b);
	FUZZ_CHECK(oracle_is_object(buf_slice(&b), &depth));
	FUZZ_CHECK(memchr(b.p, '\n', b.n) == NULL);
	FUZZ_CHECK(json_read_copy(r, buf_slice(&b), &f, &n, &err) == JSON_OK);
	if (slice_is_utf8(row->title))
		FUZZ_CHECK(
		    slice_eq(json_find(f, n, "title")->value, row->title));
	check_kv(f, n);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice	 rest = fuzz_input(data, n), key;
	struct alert_row row = {.id = "alr_x",
	    .level = RULE_HIGH,
	    .mode = RULE_ALERT,
	    .count = n,
	    .nuses = 1};
	struct buf	 keys, summary;

	buf_init(&keys);
	buf_init(&summary);
	row.title = next(&rest);
	row.rule = next(&rest);
	key = next(&rest);
	one_field(&keys, key, next(&rest));
	row.key = buf_slice(&keys);
	row.token = next(&rest);
	row.account = next(&rest);
	row.done = next(&rest);
	one_field(&summary, SLICE("user_agent"), next(&rest));
	row.summary = buf_slice(&summary);
	check_json(&row);
	buf_clear(&keys);
	buf_clear(&summary);
	return 0;
}
