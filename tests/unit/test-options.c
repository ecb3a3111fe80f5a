#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "conf/value.h"
#include "conf/yaml.h"

#define YAML_PATH   "etc/patrold.yaml"
#define MANUAL_PATH "etc/man/patrold.yaml.5"

/* The table is the truth; file and manual must follow it. */
static struct slice
read_text(const char *path, struct buf *b)
{
	FILE  *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		fail_msg("%s: run the tests from the top of the tree", path);
	do {
		n = fread(buf_reserve(b, 4096), 1, 4096, f);
		b->n += n;
	} while (n > 0);
	fclose(f);
	return buf_slice(b);
}

static struct conf *
load(struct slice text)
{
	struct complaints c;
	struct conf	 *conf;
	struct buf	  b;

	complain_init(&c);
	conf = conf_load_text("f", text, &c);
	if (c.n > 0) {
		buf_init(&b);
		complain_format(&c.list[0], &b);
		fail_msg("%s", buf_str(&b));
	}
	complain_clear(&c);
	return conf;
}

/* All options as patrolctl status shows them; the caller frees. */
static char *
shown(struct slice text)
{
	struct conf *conf = load(text);
	struct buf   b;

	buf_init(&b);
	conf_format(conf, &b);
	conf_free(&conf);
	buf_str(&b);
	return b.p;
}

/*
 * The lines of patrold.yaml with those turned on that are options behind a
 * `#`; words have a blank after it.
 */
static void
turn_on(struct slice text, struct buf *out)
{
	struct slice line;

	while (slice_cut(&text, '\n', &line)) {
		if (line.n > 2 && line.p[0] == '#' &&
		    (line.p[1] != ' ' || line.p[2] == ' ')) {
			line.p++;
			line.n--;
		}
		buf_addslice(out, line);
		buf_addc(out, '\n');
	}
}

/* The node of an option in a tree; of lists the first entry counts. */
static struct yaml_node *
find_option(struct yaml_node *root, const char *path)
{
	struct slice rest = slice_of(path), part;
	char	    *key;

	while (root != NULL && slice_cut(&rest, '.', &part)) {
		key = slice_dup(part);
		key[strcspn(key, "[")] = '\0';
		root = yaml_get(root, key);
		free(key);
		if (slice_ends(part, SLICE("[]")) && root != NULL)
			root = root->child;
	}
	return root;
}

static void
every_path_stands_once(void **state)
{
	const struct option *o;
	size_t		     i, j, n;

	(void)state;
	o = options_all(&n);
	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			assert_string_not_equal(o[i].path, o[j].path);
	}
}

static void
every_option_has_help_and_is_described(void **state)
{
	const struct option *o;
	struct buf	     b;
	size_t		     i, n;

	(void)state;
	o = options_all(&n);
	buf_init(&b);
	for (i = 0; i < n; i++) {
		b.n = 0;
		value_describe(&o[i], &b);
		assert_true(b.n > 0);
		assert_true(strlen(o[i].help) > 0);
		assert_int_equal(o[i].help[strlen(o[i].help) - 1], '.');
	}
	buf_clear(&b);
}

static void
every_default_is_in_range(void **state)
{
	struct {
		struct conf	   conf;
		struct conf_ingest ingest;
		struct conf_http   http;
		struct conf_access access;
	} *s = xcalloc(1, sizeof *s);
	struct complaints    c;
	struct arena	     a;
	struct value_ctx     ctx = {&a, "preset", &c};
	const struct option *o;
	void		    *base;
	size_t		     i, n;

	(void)state;
	arena_init(&a);
	complain_init(&c);
	o = options_all(&n);
	for (i = 0; i < n; i++) {
		base = &s->conf;
		if (slice_starts(slice_of(o[i].path), SLICE("ingest[]")))
			base = &s->ingest;
		if (slice_starts(slice_of(o[i].path), SLICE("http[]")))
			base = &s->http;
		if (slice_starts(slice_of(o[i].path), SLICE("auth.access[]")))
			base = &s->access;
		if (o[i].preset != NULL)
			value_parse(&ctx, &o[i],
			    yaml_parse(&a, "preset", slice_of(o[i].preset), &c)
				->root,
			    base);
		if (c.n > 0)
			fail_msg("%s", c.list[0].text);
	}
	complain_clear(&c);
	arena_clear(&a);
	free(s);
}

static void
a_step_tells_values_sections_and_lists(void **state)
{
	const struct option *o;
	struct slice	     below;

	(void)state;
	assert_int_equal(options_step(SLICE(""), SLICE("user"), &o, &below),
	    STEP_VALUE);
	assert_string_equal(o->path, "user");
	assert_int_equal(options_step(SLICE(""), SLICE("store"), &o, &below),
	    STEP_SECTION);
	assert_true(slice_is(below, "store."));
	assert_int_equal(options_step(below, SLICE("retain"), &o, &below),
	    STEP_SECTION);
	assert_true(slice_is(below, "store.retain."));
	assert_int_equal(options_step(below, SLICE("uses"), &o, &below),
	    STEP_VALUE);
	assert_string_equal(o->path, "store.retain.uses");
	assert_int_equal(options_step(SLICE(""), SLICE("http"), &o, &below),
	    STEP_LIST);
	assert_true(slice_is(below, "http[]."));
	assert_int_equal(options_step(below, SLICE("tls"), &o, &below),
	    STEP_SECTION);
	assert_true(slice_is(below, "http[].tls."));
}

static void
a_part_or_more_of_a_name_is_unknown(void **state)
{
	static const char *const wrong[] = {"", "use", "users", "store.",
	    "store.path", "ingest[]", "path"};
	const struct option	*o;
	struct slice		 below;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(options_step(SLICE(""), slice_of(wrong[i]), &o,
				     &below),
		    STEP_UNKNOWN);
}

static void
the_nearest_key_is_of_the_same_section(void **state)
{
	(void)state;
	assert_true(slice_is(options_nearest(SLICE("store."), SLICE("retian")),
	    "retain"));
	assert_true(
	    slice_is(options_nearest(SLICE(""), SLICE("stroe")), "store"));
	assert_true(
	    slice_is(options_nearest(SLICE("http[]."), SLICE("secret_file")),
		"secret-file"));
	assert_null(options_nearest(SLICE(""), SLICE("retian")).p);
	assert_null(options_nearest(SLICE("store."), SLICE("zebra")).p);
}

static void
only_sinks_are_switched_off(void **state)
{
	(void)state;
	assert_string_equal(options_switch(SLICE("alerts.syslog."))->path,
	    "alerts.syslog.facility");
	assert_string_equal(options_switch(SLICE("alerts.file."))->path,
	    "alerts.file.path");
	assert_null(options_switch(SLICE("alerts.")));
	assert_null(options_switch(SLICE("store.")));
}

static void
the_shipped_file_says_the_same_as_an_empty_one(void **state)
{
	struct buf b;
	char	  *empty, *file;

	(void)state;
	buf_init(&b);
	file = shown(read_text(YAML_PATH, &b));
	empty = shown(SLICE(""));
	assert_string_equal(file, empty);
	assert_null(strstr(file, "# set"));
	free(file);
	free(empty);
	buf_clear(&b);
}

static void
the_shipped_file_has_every_option(void **state)
{
	struct complaints    c;
	const struct option *o;
	struct yaml_doc	    *d;
	struct arena	     a;
	struct buf	     b, on;
	size_t		     i, n;

	(void)state;
	arena_init(&a);
	complain_init(&c);
	buf_init(&b);
	buf_init(&on);
	turn_on(read_text(YAML_PATH, &b), &on);
	d = yaml_parse(&a, YAML_PATH, buf_slice(&on), &c);
	assert_non_null(d);
	o = options_all(&n);
	for (i = 0; i < n; i++) {
		if (find_option(d->root, o[i].path) == NULL)
			fail_msg("%s: no %s", YAML_PATH, o[i].path);
	}
	buf_clear(&on);
	buf_clear(&b);
	arena_clear(&a);
}

static void
what_is_commented_out_is_at_its_default_too(void **state)
{
	struct buf   b, on;
	struct slice rest, line;
	char	    *text;

	(void)state;
	buf_init(&b);
	buf_init(&on);
	turn_on(read_text(YAML_PATH, &b), &on);
	text = shown(buf_slice(&on));
	assert_non_null(strstr(text, "http[0].listen"));
	rest = slice_of(text);
	while (slice_cut(&rest, '\n', &line)) {
		/* What has no default needs an example. */
		if (slice_ends(line, SLICE("# set")) &&
		    !slice_starts(line, SLICE("http[0].listen:")) &&
		    !slice_starts(line, SLICE("http[0].serve:")) &&
		    !slice_starts(line, SLICE("auth.access[0].who:")) &&
		    !slice_starts(line, SLICE("auth.access[0].repositories:")))
			fail_msg("%.*s", SLICE_ARG(line));
	}
	free(text);
	buf_clear(&on);
	buf_clear(&b);
}

/* The lines of the manual from an option's item up to the next. */
static struct slice
find_item(struct slice manual, const char *path)
{
	char	   *head = xasprintf("\n.It Cm %s\n", path);
	const char *p = strstr(manual.p, head), *end;
	size_t	    n = strlen(head);

	free(head);
	if (p == NULL)
		fail_msg("%s: no %s", MANUAL_PATH, path);
	end = strstr(p + n, "\n.It ");
	return (struct slice){p, end != NULL ? (size_t)(end - p) : strlen(p)};
}

/* Is this a line of the item, as it is? */
static bool
has_line(struct slice item, const char *want)
{
	struct slice line;

	while (slice_cut(&item, '\n', &line)) {
		if (slice_is(line, want))
			return true;
	}
	return false;
}

static void
the_manual_has_every_option_with_its_default(void **state)
{
	const struct option *o;
	struct slice	     item;
	struct buf	     b, want;
	size_t		     i, n;

	(void)state;
	buf_init(&b);
	buf_init(&want);
	read_text(MANUAL_PATH, &b);
	buf_str(&b);
	o = options_all(&n);
	for (i = 0; i < n; i++) {
		item = find_item(buf_slice(&b), o[i].path);
		want.n = 0;
		if (o[i].flags & OPTION_REQUIRED)
			buf_adds(&want, "Required.");
		else
			buf_addf(&want, "Default: %s.",
			    o[i].preset != NULL ? o[i].preset : "none");
		if (!has_line(item, buf_str(&want)))
			fail_msg("%s: %s: want '%s'", MANUAL_PATH, o[i].path,
			    buf_str(&want));
		assert_int_equal(has_line(item, "It takes a restart."),
		    (o[i].flags & OPTION_RELOAD) == 0);
	}
	buf_clear(&want);
	buf_clear(&b);
}

/* Lines of the manual are filled; so are blanks taken as one. */
static void
add_squeezed(struct buf *out, struct slice s)
{
	size_t i;
	char   c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i] == '\n' ? ' ' : s.p[i];
		if (c != ' ' || out->n == 0 || out->p[out->n - 1] != ' ')
			buf_addc(out, c);
	}
}

static void
the_manual_has_what_every_option_allows(void **state)
{
	const struct option *o;
	struct buf	     b, want, item;
	size_t		     i, n;

	(void)state;
	buf_init(&b);
	buf_init(&want);
	buf_init(&item);
	read_text(MANUAL_PATH, &b);
	buf_str(&b);
	o = options_all(&n);
	for (i = 0; i < n; i++) {
		item.n = want.n = 0;
		add_squeezed(&item, find_item(buf_slice(&b), o[i].path));
		buf_adds(&want, "Allowed: ");
		value_describe(&o[i], &want);
		buf_addc(&want, '.');
		if (strstr(buf_str(&item), buf_str(&want)) == NULL)
			fail_msg("%s: %s: want '%s'", MANUAL_PATH, o[i].path,
			    buf_str(&want));
	}
	buf_clear(&item);
	buf_clear(&want);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_path_stands_once),
	    cmocka_unit_test(every_option_has_help_and_is_described),
	    cmocka_unit_test(every_default_is_in_range),
	    cmocka_unit_test(a_step_tells_values_sections_and_lists),
	    cmocka_unit_test(a_part_or_more_of_a_name_is_unknown),
	    cmocka_unit_test(the_nearest_key_is_of_the_same_section),
	    cmocka_unit_test(only_sinks_are_switched_off),
	    cmocka_unit_test(the_shipped_file_says_the_same_as_an_empty_one),
	    cmocka_unit_test(the_shipped_file_has_every_option),
	    cmocka_unit_test(what_is_commented_out_is_at_its_default_too),
	    cmocka_unit_test(the_manual_has_every_option_with_its_default),
	    cmocka_unit_test(the_manual_has_what_every_option_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
