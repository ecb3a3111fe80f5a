#include "patrolctl/history.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "patrolctl/placeholders.h"
#include "use/decode.h"

/* --- rules ------------------------------------------------------------- */

/* What a daemon loads: texts in parts, put together by file. */
struct source {
	struct buf		*text; /* owned; one a file */
	struct rule_text	*file; /* owned; names in the arena */
	size_t			 n, cap_text, cap_file;
	struct rule_placeholder *place; /* owned; with their values' lists */
	size_t			 nplace, cap_place, cap_values;
	struct arena		 arena;
};

/* Values of one name come one after the other. */
static void
take_placeholder(struct source *s, struct slice name, struct slice value)
{
	struct rule_placeholder *p = NULL;
	const char	       **values;

	if (s->nplace > 0)
		p = &s->place[s->nplace - 1];
	if (p == NULL || !slice_eq(slice_of(p->name), name)) {
		s->place =
		    xgrow(s->place, s->nplace, &s->cap_place, sizeof *s->place);
		p = &s->place[s->nplace++];
		*p = (struct rule_placeholder){
		    .name = arena_slice(&s->arena, name).p};
		s->cap_values = 0;
	}
	values = xgrow((void *)(uintptr_t)p->values, p->n, &s->cap_values,
	    sizeof *values);
	values[p->n++] = arena_slice(&s->arena, value).p;
	p->values = values;
}

static void
take_part(const struct fields *item, void *arg)
{
	struct source *s = arg;
	struct slice   file = answer_text(item, "file");
	struct slice   name = answer_text(item, "placeholder");

	if (name.p != NULL) {
		take_placeholder(s, name, answer_text(item, "value"));
		return;
	}
	if (s->n == 0 || !slice_eq(file, slice_of(s->file[s->n - 1].file))) {
		s->text = xgrow(s->text, s->n, &s->cap_text, sizeof *s->text);
		s->file = xgrow(s->file, s->n, &s->cap_file, sizeof *s->file);
		buf_init(&s->text[s->n]);
		s->file[s->n].file = arena_slice(&s->arena, file).p;
		s->n++;
	}
	buf_addslice(&s->text[s->n - 1], answer_text(item, "text"));
}

static void
source_clear(struct source *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		buf_clear(&s->text[i]);
	for (i = 0; i < s->nplace; i++)
		free((void *)(uintptr_t)s->place[i].values);
	free(s->place);
	free(s->text);
	free(s->file);
	arena_clear(&s->arena);
}

/* What the daemon has loaded, and how: the limits point into *s. */
static int
source_ask(struct ctl *ctl, struct source *s, struct ruleset_limits *lim)
{
	struct answer a;
	size_t	      i;
	int	      code;

	code = ctl_ask(ctl, "rule.source", SLICE("{}"), take_part, s, &a);
	if (code != CTL_DONE)
		return code;
	lim->lateness = answer_int(&a.body, "lateness_seconds") * USEC_SEC;
	for (i = 0; i < s->n; i++)
		s->file[i].text = buf_slice(&s->text[i]);
	lim->placeholders = s->place;
	lim->nplaceholders = s->nplace;
	return code;
}

int
history_rules(struct ctl *ctl, struct ruleset **out)
{
	struct ruleset_limits lim = {.keys_per_rule = HISTORY_KEYS_MAX};
	struct source	      s = {.n = 0};
	struct complaints     faults;
	int		      code;

	arena_init(&s.arena);
	code = source_ask(ctl, &s, &lim);
	if (code == CTL_DONE) {
		complain_init(&faults);
		*out = ruleset_load_texts(s.file, s.n, &lim, &faults);
		if (*out == NULL) {
			cmd_rule_tell_faults(ctl, &faults);
			code = CTL_REFUSED;
		}
		complain_clear(&faults);
	}
	source_clear(&s);
	return code;
}

int
history_load(struct ctl *ctl, const char *const *paths, size_t n,
    const char *placeholders, bool asked, struct ruleset **out)
{
	struct ruleset_limits lim = {.keys_per_rule = HISTORY_KEYS_MAX,
	    .lateness = USEC_DAY};
	struct source	      s = {.n = 0};
	struct complaints     faults;
	int		      code = CTL_DONE;

	arena_init(&s.arena);
	complain_init(&faults);
	if (asked)
		code = source_ask(ctl, &s, &lim);
	if (code == CTL_DONE &&
	    (placeholders == NULL ||
		placeholders_read(&s.arena, placeholders, &lim, &faults) == 0))
		*out = ruleset_load(paths, n, &lim, &faults);
	cmd_rule_tell_faults(ctl, &faults);
	if (faults.errors > 0)
		code = CTL_REFUSED;
	complain_clear(&faults);
	source_clear(&s);
	return code;
}

/* --- uses -------------------------------------------------------------- */

int
history_range(struct ctl *ctl, usec_t since, usec_t until,
    struct history_range *r)
{
	struct answer a;
	struct buf    args;
	int	      code;

	buf_init(&args);
	buf_addf(&args, "{\"since\":%" PRId64 ",\"until\":%" PRId64 "}", since,
	    until);
	code = ctl_ask(ctl, "activity.ends", buf_slice(&args), NULL, NULL, &a);
	if (code == CTL_DONE) {
		r->from = answer_int(&a.body, "from");
		r->to = answer_int(&a.body, "to");
	}
	buf_clear(&args);
	return code;
}

struct walk {
	struct decoder *decoder;
	struct use     *use;
	history_fn	fn;
	void	       *arg;
};

/* Takes "KEY":NUMBER off the front, with the character behind it. */
static bool
cut_number(struct slice *s, struct slice key, int64_t *out)
{
	struct slice number;
	ptrdiff_t    end;

	if (!slice_starts(*s, key))
		return false;
	s->p += key.n;
	s->n -= key.n;
	if ((end = slice_index(*s, ',')) == -1)
		return false;
	number = (struct slice){s->p, (size_t)end};
	s->p += end;
	s->n -= (size_t)end;
	return slice_int(number, INT64_MIN, INT64_MAX, out) == 0;
}

/* {"seq":1,"arrival":2,"use":{..}}, as patrold writes it. */
static int
walk_item(struct slice item, void *arg, struct error *err)
{
	struct walk *w = arg;
	int64_t	     seq, arrival;

	if (!cut_number(&item, SLICE("{\"seq\":"), &seq) ||
	    !cut_number(&item, SLICE(",\"arrival\":"), &arrival) ||
	    !slice_starts(item, SLICE(",\"use\":")) || item.n < 8) {
		error_set(err, "what came is no stored use");
		return -1;
	}
	item.p += 7;
	item.n -= 8;
	if (decode_use(w->decoder, item, (struct slice){NULL, 0}, arrival,
		w->use, err) != USE_OK) {
		error_prefix(err, "stored use %" PRId64, seq);
		return -1;
	}
	w->fn(seq, w->use, w->arg);
	return 0;
}

int
history_walk(struct ctl *ctl, const struct history_range *r, history_fn fn,
    void *arg)
{
	struct decode_opts o = {.ignore_age = true, .added = true};
	struct walk	   w = {.fn = fn, .arg = arg};
	struct answer	   a;
	struct buf	   args;
	int		   code;

	w.decoder = decoder_new(&o);
	w.use = xcalloc(1, sizeof *w.use);
	buf_init(&args);
	buf_addf(&args, "{\"from\":%" PRId64 ",\"to\":%" PRId64 "}", r->from,
	    r->to);
	code = ctl_ask_raw(ctl, "activity.stream", buf_slice(&args), walk_item,
	    &w, &a);
	buf_clear(&args);
	free(w.use);
	decoder_free(&w.decoder);
	return code;
}
