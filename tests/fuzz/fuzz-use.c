/*
 * fuzz-use - lines that claim to be uses, as the ingest socket, POST /v1/uses
 * and `activity send` get them.
 *
 * The input is a stream: two bytes say how it arrives in pieces.
 *
 * Reaches: proto/line, use/decode, use/json, base/clock, base/addr,
 * token/secret (masks), base/jsonw.
 *
 * However the stream is cut, its lines are the same; a refusal has a reason
 * and a name; an accepted use keeps the limits of use.h, has tame known
 * fields without a secret however that was written, and what is stored of its
 * other fields reads back the same.
 */
#include "oracle.h"
#include "proto/line.h"
#include "use-check.h"

#define LINE_LIMIT 1000 /* shorter than in service: to be met */

static struct decoder *decoder, *second;

/* ---- one line ---------------------------------------------------------- */

static void
take_line(struct slice line)
{
	static struct use u;
	struct error	  err = {.text = ""};
	unsigned	  depth;
	char		 *p = fuzz_padded(line, '\n');
	int		  e;

	secret_mask_json(p, line.n);
	line.p = p;
	e = decode_use(decoder, line, (struct slice){NULL, 0}, FUZZ_NOW, &u,
	    &err);
	if (e == USE_OK) {
		FUZZ_CHECK(oracle_is_object(line, &depth));
		use_check_known(&u);
		use_check_stored(&u, second);
	} else {
		FUZZ_CHECK(e > 0 && e < USE_REFUSALS);
		FUZZ_CHECK(strcmp(use_refusal_name(e), "unknown") != 0);
		fuzz_check_reason(err.text);
		FUZZ_CHECK(!fuzz_has_secret(slice_of(err.text)));
		if (e == USE_E_SYNTAX || e == USE_E_UTF8)
			FUZZ_CHECK(!oracle_is_object(line, &depth));
	}
	free(p);
}

/* ---- a stream ---------------------------------------------------------- */

/* The lines of `s` into `out`, each with its length; it comes in pieces. */
static void
cut_stream(struct slice s, size_t piece, struct buf *out)
{
	struct line_cutter lc;
	struct slice	   in = {s.p, 0}, line;
	const char	  *end = s.p + s.n;
	enum line_result   r;
	size_t		   used;

	line_init(&lc, LINE_LIMIT);
	while (in.p + in.n < end) {
		in.n += piece < (size_t)(end - in.p) - in.n ?
		    piece :
		    (size_t)(end - in.p) - in.n;
		do {
			r = line_next(&lc, in, &line, &used);
			FUZZ_CHECK(
			    used <= in.n && (r == LINE_MORE || used > 0));
			in.p += used;
			in.n -= used;
			if (r == LINE_MORE)
				continue;
			FUZZ_CHECK(line.n <= LINE_LIMIT);
			buf_addf(out, "%d:%zu:", (int)r, line.n);
			buf_addslice(out, line);
		} while (r != LINE_MORE || (used > 0 && in.n > 0));
	}
	if (line_last(&lc, in, &line)) {
		buf_addf(out, "%d:%zu:", (int)LINE_OK, line.n);
		buf_addslice(out, line);
	}
}

static void
check_stream(struct slice s, size_t piece)
{
	struct buf whole, parts;

	buf_init(&whole);
	buf_init(&parts);
	cut_stream(s, s.n, &whole);
	cut_stream(s, piece, &parts);
	FUZZ_CHECK(slice_eq(buf_slice(&whole), buf_slice(&parts)));
	buf_clear(&whole);
	buf_clear(&parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct decode_opts opts = {.lateness = USE_CHECK_LATENESS};
	struct slice	   s = fuzz_input(data, n), line;

	if (s.n < 2)
		return 0;
	if (decoder == NULL) {
		decoder = decoder_new(&opts);
		second = decoder_new(&opts);
	}
	check_stream(s, 1 + ((size_t)data[0] * 256 + data[1]) % LINE_LIMIT);
	while (slice_cut(&s, '\n', &line))
		take_line(line);
	return 0;
}
