#include <inttypes.h>
#include <string.h>

#include "patrolctl/ctl.h"
#include "patrolctl/glyph.h"

#define INDENT 12 /* where a section's facts begin */
#define GAP    2

/* --- status ---------------------------------------------------------- */

struct status {
	struct ctl  *ctl;
	struct slice section; /* the one being written */
	struct slice bucket;  /* value of the histogram's last one shown */
	size_t	     at;      /* columns of the line in use */
};

/*
 * "registry.example.time_late" as "registry.example time late": names of
 * strangers stand as they are, ours behind their last dot become words.
 */
static void
spell(struct buf *out, struct slice name)
{
	ptrdiff_t dot = slice_rindex(name, '.');
	size_t	  i;

	if (dot == 0)
		buf_adds(out, "(none)");
	else if (dot > 0)
		glyph_escape(out, (struct slice){name.p, (size_t)dot});
	if (dot != -1)
		buf_addc(out, ' ');
	i = out->n;
	glyph_escape(out,
	    (struct slice){name.p + dot + 1, name.n - (size_t)(dot + 1)});
	for (; i < out->n; i++)
		if (out->p[i] == '_')
			out->p[i] = ' ';
}

static void
open_section(struct status *s, struct slice name)
{
	struct buf *out = &s->ctl->out;
	struct buf  b;

	if (s->at > 0)
		buf_addc(out, '\n');
	buf_init(&b);
	spell(&b, name);
	s->at = glyph_width(buf_slice(&b));
	style_add(out, buf_slice(&b), STYLE_BOLD, s->ctl->color);
	do
		buf_addc(out, ' ');
	while (++s->at < INDENT);
	s->section = name;
	s->bucket = SLICE("0");
	buf_clear(&b);
}

/* "NAME VALUE" behind the last one, or on the next line. */
static void
add_fact(struct status *s, struct slice name, struct slice value,
    enum style style)
{
	struct buf *out = &s->ctl->out;
	struct buf  b;
	size_t	    w, width;

	width = s->ctl->width != 0 ? s->ctl->width : 80;
	buf_init(&b);
	spell(&b, name);
	w = b.n + 1 + glyph_width(value);
	if (s->at > INDENT && s->at + GAP + w > width) {
		buf_addf(out, "\n%*s", INDENT, "");
		s->at = INDENT;
	} else if (s->at > INDENT) {
		buf_addf(out, "%*s", GAP, "");
		s->at += GAP;
	}
	style_add(out, buf_slice(&b), STYLE_DIM, s->ctl->color);
	buf_addc(out, ' ');
	b.n = 0;
	glyph_escape(&b, value);
	style_add(out, buf_slice(&b), style, s->ctl->color);
	s->at += w;
	buf_clear(&b);
}

/* What happened never, or is not the matter, needs no room. */
static bool
is_silent(struct status *s, struct slice section, struct slice name,
    const struct json_field *j)
{
	static const char *const quiet[] = {"refused", "windows", "commit_usec",
	    "commit_uses", "trim_usec", "evicted"};
	size_t			 i;

	if (j->type == JSON_NULL || j->type == JSON_EMPTY)
		return true;
	/* A bucket that adds nothing to the one before. */
	if (slice_starts(name, SLICE("<="))) {
		if (slice_eq(j->value, s->bucket))
			return true;
		s->bucket = j->value;
	}
	if (!slice_is(j->value, "0"))
		return false;
	for (i = 0; i < sizeof quiet / sizeof quiet[0]; i++)
		if (slice_is(section, quiet[i]))
			return true;
	return false;
}

static void
add_field(struct status *s, struct slice key, const struct json_field *j)
{
	struct slice section, name = key;
	struct buf   b;
	usec_t	     t;

	(void)slice_cut(&name, '.', &section);
	if (name.p == NULL)
		return; /* stands in the first line */
	if (is_silent(s, section, name, j))
		return;
	if (!slice_eq(section, s->section))
		open_section(s, section);
	if (j->type == JSON_STRING && time_parse(j->value, &t) == 0) {
		buf_init(&b);
		print_when(&b, t, s->ctl->now);
		add_fact(s, name, buf_slice(&b), STYLE_PLAIN);
		buf_clear(&b);
	} else {
		add_fact(s, name, j->value,
		    slice_ends(name, SLICE("trouble")) ? STYLE_LOUD :
							 STYLE_PLAIN);
	}
}

static void
shout(struct ctl *ctl, const char *what, struct slice text)
{
	struct buf b;

	buf_init(&b);
	buf_adds(&b, what);
	glyph_escape(&b, text);
	style_add(&ctl->out, buf_slice(&b), STYLE_LOUD, ctl->color);
	buf_addc(&ctl->out, '\n');
	buf_clear(&b);
}

static void
status_head(struct ctl *ctl, const struct fields *f)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b,
	    "patrold %.*s, pid %" PRId64 ", %" PRId64 " rules, started ",
	    SLICE_ARG(answer_text(f, "version")), answer_int(f, "pid"),
	    answer_int(f, "rules"));
	print_exactly(&b, answer_time(f, "started"), ctl->now);
	print_line(&ctl->out, buf_slice(&b));
	buf_clear(&b);
	if (answer_bool(f, "brake.on"))
		shout(ctl,
		    "THE BRAKE IS ON: rules change no token until "
		    "'patrolctl brake release'",
		    SLICE(""));
	if (answer_text(f, "store.trouble").n > 0)
		shout(ctl, "THE STORE IS IN TROUBLE: ",
		    answer_text(f, "store.trouble"));
}

static void
show_status(struct ctl *ctl, const struct fields *f)
{
	struct status		 s = {.ctl = ctl};
	const struct json_field *j;
	struct slice		 key;
	size_t			 at = 0;

	status_head(ctl, f);
	while (answer_next(f, &at, &key, &j))
		add_field(&s, key, j);
	if (s.at > 0)
		buf_addc(&ctl->out, '\n');
}

/* YAML keeps its lines; the rest of it may be foreign. */
static void
show_config(struct ctl *ctl, const struct fields *f)
{
	struct slice yaml = answer_text(f, "yaml"), line;

	while (slice_cut(&yaml, '\n', &line))
		if (line.n > 0)
			print_line(&ctl->out, line);
}

static void
no_item(const struct fields *item, void *arg)
{
	(void)item, (void)arg;
}

int
cmd_status(struct ctl *ctl, const struct grammar_call *call)
{
	bool	      config = grammar_get(call, "--config") != NULL;
	struct answer a;
	int	      code;

	code = ctl_ask(ctl, config ? "status.config" : "status", SLICE("{}"),
	    no_item, NULL, &a);
	if (code != CTL_DONE)
		return code;
	if (ctl->json) {
		ctl_print_raw(ctl, a.body.raw);
	} else if (config)
		show_config(ctl, &a.body);
	else if (!ctl->quiet)
		show_status(ctl, &a.body);
	ctl_flush(ctl);
	return CTL_DONE;
}

/* --- small answers --------------------------------------------------- */

static void
show_brake(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	(void)f, (void)s;
	buf_adds(&ctl->out,
	    "the brake is released: rules change tokens "
	    "again\n");
}

const struct view view_brake = {.result = show_brake};

/* The rules that are named under `key`, a line each; returns how many. */
static int64_t
show_rules(struct ctl *ctl, const struct fields *f, const char *key,
    const char *what)
{
	const struct json_field *j;
	struct fields		 sub;
	struct slice		 id;
	int64_t			 n = 0;
	struct buf		 b;
	size_t			 at = 0;
	char			 room[64];

	buf_init(&b);
	sub = answer_sub(f, key, room);
	for (; answer_next(&sub, &at, &id, &j); n++) {
		b.n = 0;
		buf_addf(&b, "  %s: %.*s (%.*s)", what, SLICE_ARG(j->value),
		    SLICE_ARG(id));
		print_line(&ctl->out, buf_slice(&b));
	}
	buf_clear(&b);
	return n;
}

static void
show_reload(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	int64_t n;

	(void)s;
	buf_adds(&ctl->out, "reloaded: ");
	print_count(&ctl->out, answer_int(f, "rules"), "rule");
	buf_addf(&ctl->out,
	    ", %" PRId64 " new, %" PRId64 " gone; windows of %" PRId64
	    " carried over, %" PRId64 " begin anew\n",
	    answer_int(f, "added"), answer_int(f, "gone"),
	    answer_int(f, "carried"), answer_int(f, "reset"));
	n = show_rules(ctl, f, "reset_rules", "anew");
	if (answer_int(f, "reset") > n)
		buf_addf(&ctl->out, "  ... and %" PRId64 " more\n",
		    answer_int(f, "reset") - n);
	(void)show_rules(ctl, f, "void_modes",
	    "means something else, and has the mode of its file");
}

const struct view view_reload = {.result = show_reload};

static void
show_whoami(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 7);

	(void)s;
	card_field(&c, "user", f, "user");
	card_field(&c, "uid", f, "uid");
	card_field(&c, "role", f, "role");
}

const struct view view_whoami = {.id = "user", .result = show_whoami};
