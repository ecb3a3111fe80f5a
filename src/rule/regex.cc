#include "rule/regex.h"

#include <cstdio>
#include <new>

#include <re2/re2.h>

extern "C" {
#include "base/buf.h"
#include "rule/dialect.h"
}

struct regex {
	RE2 re;

	regex(const struct buf *b, const RE2::Options &o) : re({b->p, b->n}, o)
	{
	}
};

struct regex *
regex_new(const char *p, size_t n, unsigned flags, char *why, size_t size)
{
	RE2::Options  o;
	struct regex *re;
	struct buf    b;
	size_t	      inner;

	/* The flags are in the text, see dialect.c. */
	o.set_log_errors(false);
	o.set_never_capture(true);
	buf_init(&b);
	inner = dialect_translate({p, n}, flags, &b);
	re = new struct regex(&b, o);
	buf_clear(&b);
	if (!re->re.ok()) {
		snprintf(why, size, "%s", re->re.error().c_str());
		delete re;
		return nullptr;
	}
	if (inner != 0) {
		snprintf(why, size,
		    "a '$' must end its branch, and behind that at byte %zu "
		    "comes more; '\\$' is a dollar sign",
		    inner);
		delete re;
		return nullptr;
	}
	return re;
}

void
regex_free(struct regex **re)
{
	delete *re;
	*re = nullptr;
}

bool
regex_search(const struct regex *re, const char *p, size_t n)
{
	return re->re.Match({p, n}, 0, n, RE2::UNANCHORED, nullptr, 0);
}
