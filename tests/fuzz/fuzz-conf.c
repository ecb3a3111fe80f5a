/*
 * fuzz-conf - text that claims to be patrold.yaml.
 *
 * Reaches: libyaml and conf/yaml, the table of options, every type of value,
 * what must hold between options, and the way back to YAML.
 *
 * A refused text has reasons with places that cannot move a terminal's
 * cursor; an accepted one, written out, is YAML, and needs no restart to become
 * itself.
 */
#include "conf/conf.h"
#include "conf/yaml.h"
#include "fuzz.h"

static void
check_complaints(const struct complaints *c, bool loaded)
{
	struct buf b;
	size_t	   i;

	FUZZ_CHECK(loaded == (c->errors == 0));
	for (i = 0; i < c->n; i++) {
		buf_init(&b);
		complain_format(&c->list[i], &b);
		fuzz_check_reason(buf_str(&b));
		buf_clear(&b);
	}
}

static struct conf *
load(struct slice text)
{
	struct complaints c;
	struct conf	 *conf;

	complain_init(&c);
	conf = conf_load_text("p.yaml", text, &c);
	check_complaints(&c, conf != NULL);
	complain_clear(&c);
	return conf;
}

/* As `status --config` shows it: YAML, a line an option. */
static void
check_format(const struct conf *conf)
{
	struct complaints c;
	struct arena	  arena;
	struct buf	  b;

	buf_init(&b);
	arena_init(&arena);
	complain_init(&c);
	conf_format(conf, &b);
	FUZZ_CHECK(yaml_parse(&arena, "p.yaml", buf_slice(&b), &c) != NULL);
	complain_clear(&c);
	arena_clear(&arena);
	buf_clear(&b);
}

static void
check_reload(const struct conf *a, const struct conf *b)
{
	struct complaints c;

	complain_init(&c);
	conf_check_reload(a, b, "p.yaml", &c);
	FUZZ_CHECK(c.errors == 0);
	complain_clear(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = fuzz_input(data, n);
	struct conf *conf = load(text), *again;

	if (conf == NULL)
		return 0;
	check_format(conf);
	again = load(text);
	FUZZ_CHECK(again != NULL);
	check_reload(conf, again);
	conf_free(&again);
	conf_free(&conf);
	return 0;
}
