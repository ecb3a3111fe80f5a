#include "use/fault.h"

#include "base/buf.h"

void
fault_key(struct error *err, struct slice key, const char *what)
{
	struct buf b;

	buf_init(&b);
	buf_addescaped(&b, key, FAULT_QUOTE_MAX);
	error_set(err, "%s: %s", buf_str(&b), what);
	buf_clear(&b);
}

void
fault_text(struct error *err, const char *name, struct slice text,
    const char *what)
{
	struct buf b;

	buf_init(&b);
	buf_addescaped(&b, text, FAULT_QUOTE_MAX);
	error_set(err, "%s: '%s' %s", name, buf_str(&b), what);
	buf_clear(&b);
}
