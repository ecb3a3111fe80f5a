/*
 * tokens - the only file that knows simdjson.
 *
 * Its stage 1 is called by the class that its own parsers use.  Their second
 * stage is not: it skips what nobody asks for, unchecked, and asks for more
 * than a walk from token to token does.
 */
#include <stdlib.h>

#include <memory>
#include <new>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include "use/tokens.h"

#define CAPACITY_MIN 4096 /* of the buffer; then it doubles */

using stages = simdjson::internal::dom_parser_implementation;

static_assert(TOKENS_PADDING >= simdjson::SIMDJSON_PADDING,
    "simdjson reads further than callers are told");

struct tokens {
	std::unique_ptr<stages> parser;
};

/* Room for a text of n bytes; doubling, so that growing ends soon. */
static void
make_room(struct tokens *t, size_t n)
{
	size_t room = CAPACITY_MIN;

	while (room < n)
		room *= 2;
	/* As in base/mem: without memory there is no way on. */
	if (t->parser->set_capacity(room) != simdjson::SUCCESS)
		abort();
}

struct tokens *
tokens_new(void)
{
	struct tokens *t = new (std::nothrow) tokens();

	if (t == NULL ||
	    simdjson::get_active_implementation()
		    ->create_dom_parser_implementation(CAPACITY_MIN, 1,
			t->parser) != simdjson::SUCCESS)
		abort();
	return t;
}

void
tokens_free(struct tokens **t)
{
	delete *t;
	*t = NULL;
}

static enum tokens_fault
fault_of(simdjson::error_code e)
{
	switch (e) {
	case simdjson::SUCCESS:
		return TOKENS_OK;
	case simdjson::EMPTY:
		return TOKENS_EMPTY;
	case simdjson::UTF8_ERROR:
		return TOKENS_UTF8;
	case simdjson::UNCLOSED_STRING:
		return TOKENS_UNCLOSED;
	case simdjson::UNESCAPED_CHARS:
		return TOKENS_CONTROL;
	default:
		return TOKENS_OTHER;
	}
}

enum tokens_fault
tokens_find(struct tokens *t, struct slice text, const uint32_t **start,
    size_t *n)
{
	stages	 *p;
	uint32_t *at;

	if (t->parser->capacity() < text.n)
		make_room(t, text.n);
	p = t->parser.get();
	auto e = p->stage1((const uint8_t *)text.p, text.n,
	    simdjson::stage1_mode::regular);
	at = p->structural_indexes.get();
	*start = at;
	*n = p->n_structural_indexes;
	/* Stage 1 leaves room for three more, and uses it for its own ends. */
	if (e == simdjson::SUCCESS)
		at[*n] = (uint32_t)text.n;
	return fault_of(e);
}
