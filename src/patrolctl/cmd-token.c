#include <inttypes.h>

#include "patrolctl/ctl.h"

#define SOON (7 * USEC_DAY) /* an end that is worth a colour */

static enum style
state_style(struct slice state)
{
	if (slice_is(state, "active"))
		return STYLE_GOOD;
	return slice_is(state, "inactive") ? STYLE_BAD : STYLE_DIM;
}

/* "16:24Z" within a day, else "2026-11-29"; of the time in RFC 3339. */
static void
add_until(usec_t until, usec_t now, struct buf *out)
{
	char text[TIME_TEXT_MAX];

	(void)time_format(until, text);
	if (until - now < USEC_DAY)
		buf_addf(out, "%.5sZ", text + 11);
	else
		buf_addf(out, "%.10s", text);
}

static enum style
cell_state(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	struct slice s = answer_text(f, field);
	usec_t	     until = answer_time(f, "until");

	buf_addslice(out, s);
	if (until != 0) {
		buf_adds(out, " until ");
		add_until(until, ctl->now, out);
	}
	if (!answer_bool(f, "superseded_tried"))
		return state_style(s);
	buf_adds(out, ", old secret tried");
	return STYLE_BAD;
}

/* All members of a list of texts, a blank between them. */
static void
add_list(const struct fields *f, const char *field, struct buf *out)
{
	const struct json_field *j;
	struct slice		 key;
	size_t			 at = 0, start = out->n;

	while (answer_next(f, &at, &key, &j)) {
		if (!slice_is(key, field) || j->type != JSON_STRING)
			continue;
		if (out->n > start)
			buf_addc(out, ' ');
		buf_addslice(out, j->value);
	}
}

static enum style
cell_kind(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	struct slice s = answer_text(f, field);

	(void)ctl;
	if (slice_is(s, "auto"))
		buf_adds(out, "auto-generated");
	else
		buf_addslice(out, s);
	return slice_is(s, "honey") ? STYLE_WARN : STYLE_PLAIN;
}

static enum style
cell_expires(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	usec_t t = answer_time(f, field);

	print_when(out, t, ctl->now);
	return t != 0 && t - ctl->now < SOON ? STYLE_WARN : STYLE_PLAIN;
}

static enum style
cell_description(const struct ctl *ctl, const struct fields *f,
    const char *field, struct buf *out)
{
	struct slice s = answer_text(f, field);

	(void)ctl;
	if (s.n > 0) {
		buf_addslice(out, s);
		return STYLE_PLAIN;
	}
	buf_adds(out, "(none)");
	return STYLE_DIM;
}

static const struct view_column token_columns[] = {{{.head = "DESCRIPTION",
							.shrink = 12},
						       "description",
						       cell_description},
    {{.head = "ID"}, "id", NULL},
    {{.head = "ACCOUNT", .shrink = 7}, "account", NULL},
    {{.head = "KIND"}, "kind", cell_kind},
    {{.head = "SCOPE", .shrink = 6}, "scope", NULL},
    {{.head = "STATE"}, "state", cell_state},
    {{.head = "LAST USED", .below = "last used"}, "last_used.time",
	ctl_cell_when},
    {{.head = "FROM", .below = "from"}, "last_used.ip", NULL},
    {{.head = "ON", .shrink = 12, .below = "on"}, "last_used.repository", NULL},
    {{.head = "WITH", .shrink = 10, .below = "with"}, "last_used.client", NULL},
    {{.head = "CREATED", .below = "created"}, "created", ctl_cell_when},
    {{.head = "EXPIRES", .below = "expires"}, "expires", cell_expires}};

/*
 * "2 of 3 tokens: 1 active, 2 not active": of all that match, or where that
 * was not counted, of those above.
 */
static void
foot_tokens(struct ctl *ctl, const struct fields *result, const struct shown *s)
{
	int64_t all = (int64_t)s->items, active = (int64_t)s->active;

	if (answer_text(result, "matched").p != NULL) {
		all = answer_int(result, "matched");
		active = answer_int(result, "active");
	}
	buf_addc(&ctl->out, '\n');
	if (all != (int64_t)s->items)
		buf_addf(&ctl->out, "%" PRIu64 " of ", s->items);
	print_count(&ctl->out, all, "token");
	buf_addf(&ctl->out, ": %" PRId64 " active, %" PRId64 " not active\n",
	    active, all - active);
	if (answer_bool(result, "more"))
		buf_addf(&ctl->out, "more: --after %.*s\n",
		    SLICE_ARG(answer_text(result, "next")));
}

const struct view view_tokens = {.column = token_columns,
    .ncolumn = sizeof token_columns / sizeof token_columns[0],
    .id = "id",
    .csv = "id account kind description state scope labels until created "
	   "expires changed cause actor uses refused first_used last_used.time "
	   "last_used.ip last_used.client last_used.action "
	   "last_used.repository last_used.registry last_used.outcome",
    .noun = "token",
    .result = foot_tokens};

/* --- one token ------------------------------------------------------- */

static const char *
kind_words(struct slice kind)
{
	if (slice_is(kind, "auto"))
		return "auto-generated";
	if (slice_is(kind, "honey"))
		return "honey (a trap: any use is an alarm)";
	if (slice_is(kind, "foreign"))
		return "foreign (issued elsewhere)";
	return "manual";
}

/* The members of a list of texts, parted by blanks. */
static void
card_list(struct card *c, const char *name, const struct fields *f,
    const char *list)
{
	struct buf b;

	buf_init(&b);
	add_list(f, list, &b);
	card_text(c, name, buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
}

/* What bounds it beside its end; mostly nothing does. */
static void
card_limits(struct card *c, const struct fields *f)
{
	usec_t	   idle = answer_int(f, "idle_expires_seconds") * USEC_SEC;
	char	   text[TIME_TEXT_MAX];
	struct buf b;

	if (idle != 0)
		card_text(c, "idle limit",
		    (struct slice){text, span_words(idle, text)}, STYLE_PLAIN);
	if (answer_int(f, "max_uses") != 0) {
		buf_init(&b);
		buf_addf(&b, "%" PRId64 " of %" PRId64 " taken",
		    answer_int(f, "used"), answer_int(f, "max_uses"));
		card_text(c, "sign-ins", buf_slice(&b), STYLE_PLAIN);
		buf_clear(&b);
	}
	card_list(c, "allowed from", f, "allow_from");
}

/* "inactive until 2026-11-27T20:11:35Z (in 2 h)" */
static void
card_state(struct card *c, const struct fields *f)
{
	struct slice state = answer_text(f, "state");
	usec_t	     until = answer_time(f, "until");
	struct buf   b;

	buf_init(&b);
	buf_addslice(&b, state);
	if (until != 0) {
		buf_adds(&b, " until ");
		print_exactly(&b, until, c->now);
	}
	card_text(c, "state", buf_slice(&b), state_style(state));
	buf_clear(&b);
}

/* What a token is, without what it did. */
static void
card_token(struct card *c, const struct fields *f)
{
	card_field(c, "id", f, "id");
	card_field(c, "description", f, "description");
	card_field(c, "account", f, "account");
	card_text(c, "kind", slice_of(kind_words(answer_text(f, "kind"))),
	    STYLE_PLAIN);
	card_field(c, "scope", f, "scope");
	card_list(c, "labels", f, "labels");
	card_state(c, f);
}

static void
card_last_used(struct card *c, const struct fields *f)
{
	card_time(c, "last used", answer_time(f, "last_used.time"));
	if (answer_time(f, "last_used.time") == 0)
		return;
	card_field(c, "  from", f, "last_used.ip");
	card_field(c, "  with", f, "last_used.client");
	card_field(c, "  action", f, "last_used.action");
	card_field(c, "  repository", f, "last_used.repository");
	card_field(c, "  registry", f, "last_used.registry");
	card_text(c, "  outcome", answer_text(f, "last_used.outcome"),
	    slice_is(answer_text(f, "last_used.outcome"), "success") ?
		STYLE_GOOD :
		STYLE_BAD);
	/* What came last need not have happened last. */
	if (!slice_eq(answer_text(f, "last_used.time"),
		answer_text(f, "last_use.time")))
		return;
	card_field(c, "  reason", f, "last_use.reason");
	card_field(c, "  tag", f, "last_use.tag");
	card_field(c, "  digest", f, "last_use.digest");
	card_field(c, "  bytes", f, "last_use.bytes");
	card_field(c, "  seq", f, "last_use.seq");
}

struct sighting {
	struct slice what;
	int64_t	     count;
	usec_t	     first;
};

/* A line for a network or a client, once its last field has come. */
static void
card_sighting(struct card *c, const char *key, const struct sighting *s,
    usec_t last)
{
	struct buf b;

	buf_init(&b);
	buf_addslice(&b, s->what);
	buf_adds(&b, ": ");
	print_number(&b, s->count);
	buf_adds(&b, s->count == 1 ? " use, last " : " uses, last ");
	print_when(&b, last, c->now);
	buf_adds(&b, ", first ");
	print_when(&b, s->first, c->now);
	card_text(c, key, buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
}

static usec_t
field_time(const struct json_field *j)
{
	usec_t t;

	return time_parse(j->value, &t) == 0 ? t : 0;
}

static struct slice
field_text(const struct json_field *j)
{
	return j->type == JSON_STRING ? j->value : (struct slice){NULL, 0};
}

/* The fields of all members come one behind the other: "0.what", ... */
static void
card_sightings(struct card *c, const struct fields *f, const char *list,
    const char *key)
{
	struct sighting		 s = {0};
	const struct json_field *j;
	struct slice		 name, number;
	struct fields		 sub;
	size_t			 at = 0;
	char			 room[64];

	sub = answer_sub(f, list, room);
	while (answer_next(&sub, &at, &name, &j)) {
		slice_cut(&name, '.', &number);
		if (slice_is(name, "what"))
			s.what = j->value;
		else if (slice_is(name, "uses"))
			(void)slice_int(j->value, 0, INT64_MAX, &s.count);
		else if (slice_is(name, "first"))
			s.first = field_time(j);
		else if (slice_is(name, "last"))
			card_sighting(c, key, &s, field_time(j));
	}
}

/* --- its secrets, if it was ever given another ------------------------ */

struct secret_line {
	int64_t	     number, uses;
	struct slice state, ip, client;
	usec_t	     until, last;
};

/* "last 2 min ago from 192.0.2.1 with docker/24.0" */
static void
add_sighting(struct card *c, struct buf *b, usec_t last, struct slice ip,
    struct slice client)
{
	buf_adds(b, "last ");
	print_when(b, last, c->now);
	if (ip.n > 0)
		buf_addf(b, " from %.*s", SLICE_ARG(ip));
	if (client.n > 0)
		buf_addf(b, " with %.*s", SLICE_ARG(client));
}

/* Whoever still shows the one before has not moved yet. */
static void
card_secret(struct card *c, const struct secret_line *s)
{
	bool	   previous = slice_is(s->state, "previous");
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "number %" PRId64 ", %.*s", s->number,
	    SLICE_ARG(s->state));
	if (previous) {
		buf_adds(&b, ", works until ");
		print_when(&b, s->until, c->now);
	}
	buf_adds(&b, ": ");
	print_count(&b, s->uses, "use");
	if (s->uses > 0) {
		buf_adds(&b, ", ");
		add_sighting(c, &b, s->last, s->ip, s->client);
	}
	card_text(c, "secret", buf_slice(&b),
	    previous ? STYLE_WARN : STYLE_PLAIN);
	buf_clear(&b);
}

static void
card_secrets(struct card *c, const struct fields *f)
{
	struct secret_line	 s = {0};
	const struct json_field *j;
	struct slice		 name, number;
	struct fields		 sub;
	size_t			 at = 0;
	char			 room[64];

	sub = answer_sub(f, "secrets", room);
	while (answer_next(&sub, &at, &name, &j)) {
		slice_cut(&name, '.', &number);
		if (slice_is(name, "number"))
			(void)slice_int(j->value, 0, INT64_MAX, &s.number);
		else if (slice_is(name, "state"))
			s.state = j->value;
		else if (slice_is(name, "until"))
			s.until = field_time(j);
		else if (slice_is(name, "uses"))
			(void)slice_int(j->value, 0, INT64_MAX, &s.uses);
		else if (slice_is(name, "last"))
			s.last = field_time(j);
		else if (slice_is(name, "ip"))
			s.ip = field_text(j);
		else if (slice_is(name, "client")) {
			s.client = field_text(j);
			card_secret(c, &s);
		}
	}
	if (answer_int(f, "secrets_forgotten") > 0)
		card_int(c, "  forgotten", answer_int(f, "secrets_forgotten"));
}

/* The sign of a theft: somebody has what was taken out of service. */
static void
card_superseded(struct card *c, const struct fields *f)
{
	int64_t	   tries = answer_int(f, "superseded.uses");
	struct buf b;

	if (tries <= 0)
		return;
	buf_init(&b);
	buf_addf(&b, "number %" PRId64 " was tried when it was superseded: ",
	    answer_int(f, "superseded.number"));
	print_number(&b, tries);
	buf_adds(&b, tries == 1 ? " try, " : " tries, ");
	add_sighting(c, &b, answer_time(f, "superseded.last"),
	    answer_text(f, "superseded.ip"),
	    answer_text(f, "superseded.client"));
	card_text(c, "  suspect", buf_slice(&b), STYLE_BAD);
	buf_clear(&b);
}

static void
show_token(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 15);

	(void)s;
	card_token(&c, f);
	card_time(&c, "  since", answer_time(f, "changed"));
	card_field(&c, "  because", f, "cause");
	card_field(&c, "  by", f, "actor");
	card_time(&c, "created", answer_time(f, "created"));
	card_time(&c, "expires", answer_time(f, "expires"));
	card_limits(&c, f);
	if (answer_time(f, "idle_ends") != 0)
		card_time(&c, "  if unused", answer_time(f, "idle_ends"));
	card_int(&c, "uses", answer_int(f, "uses"));
	card_int(&c, "  refused", answer_int(f, "refused"));
	card_time(&c, "first used", answer_time(f, "first_used"));
	card_last_used(&c, f);
	card_sightings(&c, f, "networks", "network");
	card_sightings(&c, f, "clients", "client");
	card_secrets(&c, f);
	card_superseded(&c, f);
	token_record(&c, f);
}

const struct view view_token = {.id = "id",
    .apart = true,
    .result = show_token};

/* "token pat_... (laptop) is inactive until ..." */
static void
show_change(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct slice description = answer_text(f, "description");
	usec_t	     until = answer_time(f, "until");
	struct buf   b;

	(void)s;
	buf_init(&b);
	buf_adds(&b, "token ");
	buf_addslice(&b, answer_text(f, "id"));
	if (description.n > 0)
		buf_addf(&b, " (%.*s)", SLICE_ARG(description));
	buf_adds(&b, " is ");
	buf_addslice(&b, answer_text(f, "state"));
	if (until != 0) {
		buf_adds(&b, " until ");
		print_exactly(&b, until, ctl->now);
	}
	print_line(&ctl->out, buf_slice(&b));
	buf_clear(&b);
}

const struct view view_token_change = {.id = "id", .result = show_change};

static void
show_secret(struct ctl *ctl, const struct fields *f)
{
	struct card   c = ctl_card(ctl, 15);
	struct fields token;
	char	      room[64];

	buf_adds(&ctl->out, "Token (shown once):\n");
	/* Growing would leave a copy of the secret behind. */
	buf_reserve(&ctl->out, 4096);
	print_line(&ctl->out, answer_text(f, "secret"));
	buf_addc(&ctl->out, '\n');
	token = answer_sub(f, "token", room);
	card_token(&c, &token);
	card_time(&c, "expires", answer_time(&token, "expires"));
	card_limits(&c, &token);
	card_text(&c, "note", answer_text(f, "clamped"), STYLE_WARN);
	if (answer_text(f, "replaced").n > 0) {
		card_text(&c, "gave way", answer_text(f, "replaced"),
		    STYLE_WARN);
	}
}

static void
show_new(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	(void)s;
	show_secret(ctl, f);
}

const struct view view_token_new = {.id = "secret",
    .apart = true,
    .result = show_new};

/* A new secret, or (--end-overlap) the end of the one before it. */
static void
show_rotated(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 15);

	(void)s;
	if (answer_text(f, "secret").n == 0) {
		buf_addf(&ctl->out,
		    "token %.*s: the old secret works no "
		    "longer\n",
		    SLICE_ARG(answer_text(f, "token.id")));
		return;
	}
	show_secret(ctl, f);
	if (answer_time(f, "previous_until") != 0)
		card_time(&c, "old one until",
		    answer_time(f, "previous_until"));
	else
		card_text(&c, "old one", SLICE("works no longer"), STYLE_WARN);
}

const struct view view_token_rotated = {.id = "secret", .result = show_rotated};
