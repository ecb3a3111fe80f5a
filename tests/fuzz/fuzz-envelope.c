/*
 * fuzz-envelope - bodies that claim to be a registry's notifications.
 *
 * Reaches: use/envelope, use/json with numbered lists, the checks of single
 * fields in use/decode.
 *
 * A body that is bad as a whole makes no callback; events come in their order
 * and each is a use that keeps the limits of use.h, or is refused with a
 * reason; a door's registry cannot be claimed away.
 */
#include "oracle.h"
#include "use-check.h"
#include "use/envelope.h"

struct seen {
	unsigned	n;
	bool		fixed; /* by the door: to "hub" */
	struct decoder *decoder;
};

static void
take_event(struct use *u, unsigned index, int refusal, const struct error *err,
    void *arg)
{
	struct seen *seen = arg;

	FUZZ_CHECK(index == seen->n);
	seen->n++;
	if (refusal != USE_OK) {
		FUZZ_CHECK(u == NULL && refusal < USE_REFUSALS);
		fuzz_check_reason(err->text);
		return;
	}
	use_check_known(u);
	use_check_stored(u, seen->decoder);
	FUZZ_CHECK(slice_is(use_text(u, USE_OUTCOME), "success"));
	FUZZ_CHECK(use_text(u, USE_ACTION).n > 0);
	if (seen->fixed)
		FUZZ_CHECK(slice_is(use_text(u, USE_REGISTRY), "hub"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct envelope_reader *r;
	static struct decoder	      *d;
	struct decode_opts	       opts = {.ignore_age = true};
	struct slice		       body = fuzz_input(data, n);
	struct seen		       seen = {.fixed = body.n % 2 == 1};
	struct error		       err = {.text = ""};
	unsigned		       depth;
	int			       e;
	char			      *p;

	if (r == NULL) {
		r = envelope_reader_new(USE_CHECK_LATENESS);
		d = decoder_new(&opts);
	}
	seen.decoder = d;
	p = fuzz_padded(body, 0);
	secret_mask_json(p, body.n);
	body.p = p;
	e = envelope_read(r, body,
	    seen.fixed ? SLICE("hub") : (struct slice){NULL, 0}, FUZZ_NOW,
	    take_event, &seen, &err);
	if (e != USE_OK) {
		FUZZ_CHECK(e < USE_REFUSALS && seen.n == 0);
		fuzz_check_reason(err.text);
	} else {
		FUZZ_CHECK(oracle_is_object(body, &depth));
	}
	free(p);
	return 0;
}
