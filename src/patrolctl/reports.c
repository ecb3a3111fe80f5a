#include "patrolctl/reports.h"

#include "base/jsonw.h"
#include "base/text.h"
#include "token/secret.h"

void
reports_init(struct reports *r)
{
	buf_init(&r->words);
	r->n = 0;
}

void
reports_clear(struct reports *r)
{
	buf_clear(&r->words);
}

static void
next_word(struct reports *r)
{
	if (r->n++ > 0)
		buf_addc(&r->words, ' ');
}

void
reports_add_secret(struct reports *r, struct slice secret)
{
	uint8_t hash[SECRET_HASH];
	char	hex[2 * SECRET_HASH + 1];

	secret_hash(secret, hash);
	hex_encode(hash, sizeof hash, hex);
	next_word(r);
	buf_addf(&r->words, "sha256:%s", hex);
}

void
reports_add_id(struct reports *r, struct slice id)
{
	next_word(r);
	buf_addslice(&r->words, id);
}

bool
reports_is_id(struct slice text)
{
	size_t i;

	if (text.n != TOKEN_ID_MAX - 1 || !slice_starts(text, SLICE("pat_")))
		return false;
	for (i = 4; i < text.n; i++)
		if (!(text.p[i] >= 'a' && text.p[i] <= 'z') &&
		    !(text.p[i] >= '2' && text.p[i] <= '7'))
			return false;
	return true;
}

int
reports_ask(struct reports *r, struct ctl *ctl, const char *cmd,
    const char *source, const char *url, client_item_fn fn, void *arg)
{
	struct answer a;
	struct jsonw  w;
	struct buf    args;
	int	      code;

	if (r->n == 0)
		return CTL_DONE;
	buf_init(&args);
	jsonw_init(&w, &args);
	jsonw_object(&w);
	jsonw_field_str(&w, "reports", buf_slice(&r->words));
	jsonw_field_opt(&w, "source", slice_of(source));
	jsonw_field_opt(&w, "url", slice_of(url));
	jsonw_end(&w);
	code = ctl_ask(ctl, cmd, buf_slice(&args), fn, arg, &a);
	buf_clear(&args);
	r->words.n = r->n = 0;
	return code;
}
