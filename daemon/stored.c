#include "daemon/stored.h"

#include "base/jsonw.h"

/*
 * The text of its time is not kept.  One that differs from the arrival was
 * sent, and rules that look at `time` must find it.
 */
static void
fill_time(const struct stored_use *s, struct use *u)
{
	char   text[TIME_TEXT_MAX];
	size_t n;

	u->time = s->time;
	if (s->time == s->arrival)
		return;
	n = time_format(s->time, text);
	use_set_copy(u, USE_TIME, (struct slice){text, n});
}

static void
fill_numbers(const struct stored_use *s, struct use *u)
{
	u->bytes = s->bytes;
	u->count = s->count;
	if (s->bytes >= 0)
		use_set_int(u, USE_BYTES, s->bytes);
	if (s->count != 1)
		use_set_int(u, USE_COUNT, s->count);
}

int
stored_fill(struct decoder *d, const struct stored_use *s, struct use *u,
    struct error *err)
{
	int r = 0;

	use_init(u, s->arrival);
	if (s->other.n > 0 && decode_other(d, s->other, u, err) != USE_OK)
		r = -1;
	fill_time(s, u);
	fill_numbers(s, u);
	use_set(u, USE_ID, s->id);
	use_set(u, USE_REGISTRY, s->registry);
	use_set(u, USE_TOKEN, s->token_id);
	use_set(u, USE_ACCOUNT, s->account);
	use_set(u, USE_ACTION, s->action);
	use_set(u, USE_OUTCOME, s->outcome);
	use_set(u, USE_REASON, s->reason);
	use_set(u, USE_REPOSITORY, s->repository);
	use_set(u, USE_TAG, s->tag);
	use_set(u, USE_DIGEST, s->digest);
	use_set(u, USE_MEDIA_TYPE, s->media_type);
	use_set(u, USE_USER_AGENT, s->user_agent);
	use_set(u, USE_SOURCE_IP, s->ip);
	if (s->ip.n > 0 && addr_parse(s->ip, &u->ip) != 0)
		u->ip.family = 0;
	return r;
}

void
stored_json(const struct stored_use *u, struct slice owner, struct buf *out)
{
	struct slice account = u->account;
	struct jsonw w;

	if (owner.p != NULL && !slice_eq(account, owner))
		account = (struct slice){NULL, 0};
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "seq", u->seq);
	jsonw_field_time(&w, "time", u->time);
	jsonw_field_time(&w, "arrival", u->arrival);
	jsonw_field_opt(&w, "id", u->id);
	jsonw_field_opt(&w, "registry", u->registry);
	jsonw_field_opt(&w, "token", u->token_id);
	jsonw_field_opt(&w, "account", account);
	jsonw_field_opt(&w, "action", u->action);
	jsonw_field_opt(&w, "outcome", u->outcome);
	jsonw_field_opt(&w, "reason", u->reason);
	jsonw_field_opt(&w, "repository", u->repository);
	jsonw_field_opt(&w, "tag", u->tag);
	jsonw_field_opt(&w, "digest", u->digest);
	jsonw_field_opt(&w, "media_type", u->media_type);
	jsonw_field_opt(&w, "source.ip", u->ip);
	jsonw_field_opt(&w, "user_agent", u->user_agent);
	if (u->bytes >= 0)
		jsonw_field_int(&w, "bytes", u->bytes);
	if (u->count != 1)
		jsonw_field_int(&w, "count", u->count);
	if (u->other.n > 0) {
		jsonw_key(&w, "other");
		jsonw_stored(&w, u->other);
	}
	jsonw_end(&w);
}

void
stored_audit_json(int64_t seq, const struct audit_row *r, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "seq", seq);
	jsonw_field_time(&w, "time", r->time);
	jsonw_field_str(&w, "actor", r->actor);
	if (r->uid >= 0)
		jsonw_field_int(&w, "uid", r->uid);
	if (r->pid >= 0)
		jsonw_field_int(&w, "pid", r->pid);
	jsonw_field_str(&w, "action", r->action);
	jsonw_field_str(&w, "object", r->object);
	jsonw_key(&w, "before");
	jsonw_stored(&w, r->before.n > 0 ? r->before : SLICE("null"));
	jsonw_key(&w, "after");
	jsonw_stored(&w, r->after.n > 0 ? r->after : SLICE("null"));
	jsonw_end(&w);
}
