#include "token/filter.h"

#include "token/lifecycle.h"

static bool
is_in(const struct token_span *s, usec_t t)
{
	if (s->after == 0 && s->before == 0)
		return true;
	return t != 0 && t >= s->after && (s->before == 0 || t < s->before);
}

static bool
times_match(const struct token_filter *f, const struct token *t)
{
	usec_t used = t->last.time != 0 ? t->last.time : t->created;

	return is_in(&f->created, t->created) &&
	    is_in(&f->expires, t->expires) && is_in(&f->used, t->last.time) &&
	    (f->unused_since == 0 || used < f->unused_since) &&
	    (!f->never_used || t->last.time == 0) &&
	    (!f->never_expires || t->expires == 0);
}

static bool
labels_match(const struct token_filter *f, const struct token *t)
{
	struct slice rest = f->labels, label;

	while (slice_cut(&rest, ' ', &label))
		if (label.n > 0 && !token_has_label(t, label))
			return false;
	return true;
}

static bool
address_matches(const struct token_filter *f, const struct token *t)
{
	struct addr a;

	return f->from.net.family == 0 ||
	    (t->last.ip != NULL && addr_parse(sym_text(t->last.ip), &a) == 0 &&
		cidr_has(&f->from, &a));
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* `text` is in lower case already, and not empty. */
static bool
has_text(struct slice in, struct slice text)
{
	size_t i, k;

	for (i = 0; i + text.n <= in.n; i++) {
		for (k = 0; k < text.n && lower(in.p[i + k]) == text.p[k];)
			k++;
		if (k == text.n)
			return true;
	}
	return false;
}

static bool
text_matches(const struct token_filter *f, const struct token *t)
{
	struct slice text = slice_of(f->text);

	return text.n == 0 || has_text(slice_of(t->id), text) ||
	    has_text(slice_of(t->description), text) ||
	    has_text(slice_of(t->labels), text) ||
	    (t->account != NULL &&
		has_text(slice_of(t->account->name), text)) ||
	    has_text(sym_text(t->cause), text) ||
	    has_text(sym_text(t->last.ip), text) ||
	    has_text(sym_text(t->last.client), text) ||
	    has_text(sym_text(t->last.repository), text);
}

void
token_filter_set_text(struct token_filter *f, struct slice text)
{
	size_t i;

	for (i = 0; i < text.n && i < TOKEN_TEXT_MAX; i++)
		f->text[i] = lower(text.p[i]);
	f->text[i] = '\0';
}

void
token_filter_warm(const struct token_filter *f, const struct token *t)
{
	if (f->text[0] != '\0') {
		__builtin_prefetch(t->description);
		__builtin_prefetch(t->account);
		__builtin_prefetch(t->last.client);
		__builtin_prefetch(t->last.repository);
	}
	if (f->text[0] != '\0' || f->from.net.family != 0)
		__builtin_prefetch(t->last.ip);
	if (f->labels.n > 0)
		__builtin_prefetch(t->labels);
}

static bool
state_matches(const struct token_filter *f, const struct token *t, usec_t now)
{
	if (f->states == 0)
		return t->state != TOKEN_DELETED;
	return f->states & 1U << lifecycle_state(t, now);
}

/* What lies in the token itself first: a million may be looked at. */
bool
token_filter_match(const struct token_filter *f, const struct token *t,
    usec_t now)
{
	if (f->none || (t->kind == TOKEN_HONEY && !f->honey))
		return false;
	if (f->kinds != 0 && !(f->kinds & 1U << t->kind))
		return false;
	if (f->scope != SCOPE_NONE && t->scope.level != f->scope)
		return false;
	if (f->account != NULL && t->account != f->account)
		return false;
	if (!state_matches(f, t, now) || !times_match(f, t))
		return false;
	if (f->registry.p != NULL &&
	    !slice_eq(sym_text(t->last.registry), f->registry))
		return false;
	return labels_match(f, t) && address_matches(f, t) &&
	    text_matches(f, t);
}
