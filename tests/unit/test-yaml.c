#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/yaml.h"

struct fixture {
	struct arena	  arena;
	struct complaints c;
	struct buf	  text; /* a file under construction */
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	arena_init(&f->arena);
	complain_init(&f->c);
	buf_init(&f->text);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	arena_clear(&f->arena);
	complain_clear(&f->c);
	buf_clear(&f->text);
	free(f);
	return 0;
}

static struct yaml_doc *
parse(struct fixture *f, const char *text)
{
	return yaml_parse(&f->arena, "f.yaml", slice_of(text), &f->c);
}

/* The root of a text that must be right. */
static struct yaml_node *
root_of(struct fixture *f, const char *text)
{
	struct yaml_doc *d = parse(f, text);

	assert_int_equal(f->c.n, 0);
	assert_non_null(d);
	assert_null(d->next);
	return d->root;
}

static void
assert_fault(struct fixture *f, size_t i, const char *want)
{
	struct buf b;

	assert_true(i < f->c.n);
	buf_init(&b);
	complain_format(&f->c.list[i], &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

/* A text with one fault, which it must tell like this. */
static void
assert_refused(struct fixture *f, const char *text, const char *want)
{
	assert_null(parse(f, text));
	assert_int_equal(f->c.errors, 1);
	assert_fault(f, 0, want);
	complain_clear(&f->c);
}

static void
nodes_know_their_places(void **state)
{
	struct yaml_node *root, *n;

	root = root_of(*state, "a: 1\nlist:\n  - x\n  - {y: 'é', z: w}\n");
	assert_int_equal(root->type, YAML_MAP);
	assert_int_equal(root->nchild, 2);
	n = yaml_get(root, "a");
	assert_int_equal(n->line, 1);
	assert_int_equal(n->col, 4);
	assert_int_equal(n->key->col, 1);
	n = yaml_get(root, "list");
	assert_int_equal(n->type, YAML_LIST);
	assert_int_equal(n->nchild, 2);
	assert_true(slice_is(n->child->text, "x"));
	assert_null(n->child->key);
	n = yaml_get(n->child->next, "z");
	assert_int_equal(n->line, 4);
	assert_int_equal(n->col, 17);
	assert_int_equal(n->key->col, 14);
	assert_true(slice_is(n->text, "w"));
	assert_null(n->next);
}

static void
quotes_make_text_of_a_number(void **state)
{
	struct yaml_node *root;

	root = root_of(*state,
	    "a: 10\nb: '10'\nc: |\n  10\nd: !!str 10\ne: !!int 10\n");
	assert_true(yaml_is_number(yaml_get(root, "a")));
	assert_false(yaml_is_number(yaml_get(root, "b")));
	assert_false(yaml_is_number(yaml_get(root, "c")));
	assert_true(slice_is(yaml_get(root, "c")->text, "10\n"));
	assert_false(yaml_is_number(yaml_get(root, "d")));
	assert_true(yaml_is_number(yaml_get(root, "e")));
}

static void
scalars_end_with_a_nul(void **state)
{
	struct yaml_node *root = root_of(*state, "a: \"x\\0y\"\nb:\n");
	struct yaml_node *n = yaml_get(root, "a");

	assert_int_equal(n->text.n, 3);
	assert_memory_equal(n->text.p, "x\0y", 4);
	assert_string_equal(yaml_get(root, "b")->text.p, "");
}

static void
a_file_holds_several_documents(void **state)
{
	struct yaml_doc *d = parse(*state, "a: 1\n---\n---\n- 2\n...\n");

	assert_non_null(d);
	assert_int_equal(d->root->type, YAML_MAP);
	assert_null(d->next->root);
	assert_int_equal(d->next->next->root->type, YAML_LIST);
	assert_null(d->next->next->next);
}

static void
nothing_is_no_document_and_no_fault(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(f, ""));
	assert_null(parse(f, "# words\n"));
	assert_null(yaml_parse(&f->arena, "f", (struct slice){NULL, 0}, &f->c));
	assert_int_equal(f->c.n, 0);
}

static void
assert_text(const struct yaml_node *n, const char *want)
{
	assert_non_null(n);
	assert_string_equal(n->text.p, want);
}

static void
an_alias_is_a_copy_of_what_it_names(void **state)
{
	struct fixture	 *f = *state;
	struct yaml_node *root, *c;

	root = root_of(f,
	    "a: &x {k: [1, '2'], l: &y b}\nb: *x\nc:\n- *y\n- *x\n"
	    "d: &y 7\ne: *y\n*y : 8\n");
	c = yaml_get(root, "b");
	assert_int_equal(c->nchild, 2);
	assert_text(c->key, "b");
	assert_text(c->next->key, "c");
	assert_int_equal(yaml_get(c, "k")->nchild, 2);
	assert_false(yaml_get(c, "k")->child->next->plain);
	assert_text(yaml_get(c, "l"), "b");
	c = yaml_get(root, "c");
	assert_int_equal(c->nchild, 2);
	assert_text(c->child, "b");
	assert_null(c->child->key);
	assert_text(yaml_get(c->child->next, "l"), "b");
	/* The same name for another node, and as a key. */
	assert_text(yaml_get(root, "e"), "7");
	assert_text(yaml_get(root, "7"), "8");
	/* Faults in it are told where it is written. */
	assert_int_equal(yaml_get(yaml_get(root, "b"), "l")->line, 1);
	root_of(f, "a: &x 1\n");
}

static void
an_alias_without_what_it_names_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "a: *x\nb: &x 1\n",
	    "f.yaml:1:4: alias 'x': nothing before it has that anchor");
	/* Anchors are their document's own. */
	assert_refused(f, "a: &x 1\n---\nb: *x\n",
	    "f.yaml:3:4: alias 'x': nothing before it has that anchor");
	assert_refused(f, "a: &x [1, {b: *x}]\n",
	    "f.yaml:1:15: alias 'x': it stands inside of what it repeats");
	assert_refused(f, "a: &x {k: 1}\n*x : 2\n",
	    "f.yaml:2:1: a key must be a scalar");
	assert_refused(f, "a: &x k\nk: 1\n*x : 2\n",
	    "f.yaml:3:1: duplicate key 'k', first in line 2");
}

/* "a0: &a0 [1 x 10]", then each line ten of the one before. */
static void
what_aliases_copy_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct buf	b;
	int		i, k;

	buf_init(&b);
	/* Three levels in the copy, at the deepest place for them and below. */
	for (k = 0; k < 2; k++) {
		b.n = 0;
		buf_adds(&b, "a: &x [[[1]]]\nb: ");
		for (i = 0; i < YAML_DEPTH_MAX - 4 + k; i++)
			buf_addc(&b, '[');
		buf_adds(&b, "*x");
		for (i = 0; i < YAML_DEPTH_MAX - 4 + k; i++)
			buf_addc(&b, ']');
		if (k == 0)
			(void)root_of(f, buf_str(&b));
		else
			assert_refused(f, buf_str(&b),
			    "f.yaml:2:33: nested too deep");
	}
	b.n = 0;
	for (i = 0; i < 9; i++) {
		buf_addf(&b, "a%d: &a%d [", i, i);
		for (k = 0; k < 10; k++)
			buf_addf(&b, i == 0 ? "1," : "*a%d,", i - 1);
		buf_adds(&b, "]\n");
	}
	assert_null(parse(f, buf_str(&b)));
	assert_fault(f, f->c.n - 1, "f.yaml:6:10: too many values in one file");
	buf_clear(&b);
}

static void
a_key_twice_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "a: 1\nb: 2\n'a': 3\n",
	    "f.yaml:3:1: duplicate key 'a', first in line 1");
	root_of(f, "a: {a: 1}\nb: {a: 1}\n");
}

static void
all_faults_of_shape_are_told(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(f, "a: *x\na: 2\n? [b]\n: 1\nc: !include x\n"));
	assert_int_equal(f->c.errors, 4);
	assert_fault(f, 0,
	    "f.yaml:1:4: alias 'x': nothing before it has that anchor");
	assert_fault(f, 1, "f.yaml:2:1: duplicate key 'a', first in line 1");
	assert_fault(f, 2, "f.yaml:3:3: a key must be a scalar");
	assert_fault(f, 3, "f.yaml:5:4: the tag '!include' is not supported");
}

static void
a_syntax_error_has_its_place(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "a: [1\nb: 2\n",
	    "f.yaml:2:2: did not find expected ',' or ']' "
	    "while parsing a flow sequence from line 1");
	assert_refused(f, "a: 1\n\tb: 2\n",
	    "f.yaml:2:1: found a tab character that violates indentation "
	    "while scanning a plain scalar from line 1");
}

static void
control_characters_have_their_place(void **state)
{
	assert_refused(*state, "a: 1\nb: x\001\n",
	    "f.yaml:2:5: control characters are not allowed");
}

static void
bytes_that_are_not_utf8_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "a: 1\nb: \xc3\xa9\xff\n", "f.yaml:2:5: not UTF-8");
	assert_refused(f, "a: \xc3", "f.yaml:1:4: not UTF-8");
	root_of(f,
	    "\xef\xbb\xbf"
	    "a: \xc3\xa9\n");
}

/* `n` lists in one another. */
static const char *
nested(struct fixture *f, unsigned n)
{
	unsigned i;

	buf_clear(&f->text);
	for (i = 0; i < n; i++)
		buf_addc(&f->text, '[');
	for (i = 0; i < n; i++)
		buf_addc(&f->text, ']');
	return buf_str(&f->text);
}

static void
a_byte_order_mark_in_front_is_none_of_the_text(void **state)
{
	struct fixture	 *f = *state;
	struct yaml_node *n = root_of(f,
	    "\xEF\xBB\xBF"
	    "a: b\nc: d\n");

	assert_int_equal(n->child->key->col, 1);
	assert_int_equal(yaml_get(n, "a")->col, 4);
	assert_true(slice_is(n->child->key->text, "a"));
	n = root_of(f,
	    "\xEF\xBB\xBF"
	    "---\na: b\n");
	assert_true(slice_is(n->child->key->text, "a"));
	assert_null(parse(f,
	    "\xEF\xBB\xBF"
	    "a: b\na: c\n"));
	assert_int_equal(f->c.list[0].line, 2);
	assert_int_equal(f->c.list[0].col, 1);
}

static void
a_byte_order_mark_alone_is_no_document(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(f, "\xEF\xBB\xBF"));
	assert_int_equal(f->c.n, 0);
}

static void
depth_is_bounded(void **state)
{
	struct fixture *f = *state;

	root_of(f, nested(f, YAML_DEPTH_MAX));
	assert_refused(f, nested(f, YAML_DEPTH_MAX + 1),
	    "f.yaml:1:33: nested too deep");
	assert_null(parse(f, nested(f, 100000)));
	assert_int_equal(f->c.errors, 1);
}

/* A list of `n` - 2 scalars in a document: counts `n`. */
static const char *
listed(struct fixture *f, unsigned n)
{
	unsigned i;

	buf_clear(&f->text);
	for (i = 2; i < n; i++)
		buf_adds(&f->text, "- 1\n");
	return buf_str(&f->text);
}

static void
the_number_of_nodes_is_bounded(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(root_of(f, listed(f, YAML_NODES_MAX))->nchild,
	    YAML_NODES_MAX - 2);
	assert_refused(f, listed(f, YAML_NODES_MAX + 1),
	    "f.yaml:199999:3: too many values in one file");
}

static void
the_number_of_documents_is_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	for (i = 0; i < YAML_NODES_MAX; i++)
		buf_adds(&f->text, "---\n");
	assert_non_null(parse(f, buf_str(&f->text)));
	buf_adds(&f->text, "---\n");
	assert_refused(f, buf_str(&f->text),
	    "f.yaml:200001:1: too many values in one file");
}

/* A comment that makes a text of `n` bytes. */
static const char *
filled(struct fixture *f, size_t n)
{
	buf_clear(&f->text);
	memset(buf_reserve(&f->text, n), '#', n);
	f->text.n = n;
	return buf_str(&f->text);
}

static void
the_size_is_bounded(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(f, filled(f, YAML_FILE_MAX)));
	assert_int_equal(f->c.n, 0);
	assert_refused(f, filled(f, YAML_FILE_MAX + 1),
	    "f.yaml: larger than 16777216 bytes");
}

static void
many_keys_are_told_apart(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	for (i = 0; i < YAML_NODES_MAX / 2 - 2; i++)
		buf_addf(&f->text, "k%u: 1\n", i);
	buf_adds(&f->text, "k7: 2\n");
	assert_refused(f, buf_str(&f->text),
	    "f.yaml:99999:1: duplicate key 'k7', first in line 8");
}

static void
a_strange_key_is_shown_escaped(void **state)
{
	assert_refused(*state, "\"a\\e\": 1\n\"a\\e\": 1\n",
	    "f.yaml:2:1: duplicate key 'a\\x1b', first in line 1");
}

static void
null_and_bool_are_only_what_is_plain(void **state)
{
	struct yaml_node *l, *n;
	int		  bools[] = {1, 0, 1, 0, 1, 0, -1, -1, -1, -1};
	unsigned	  i;

	l = root_of(*state,
	    "[true, false, True, False, TRUE, FALSE,"
	    " yes, 'true', tRue, [true]]");
	for (n = l->child, i = 0; n != NULL; n = n->next, i++)
		assert_int_equal(yaml_bool(n), bools[i]);
	l = root_of(*state, "[~, null, Null, NULL, '', 'null', nil, {}]");
	for (n = l->child, i = 0; n != NULL; n = n->next, i++)
		assert_int_equal(yaml_is_null(n), i < 4);
	assert_true(yaml_is_null(yaml_get(root_of(*state, "a:"), "a")));
	assert_false(yaml_is_null(NULL));
}

static void
numbers_are_those_of_json(void **state)
{
	static const char *const right[] = {"0", "-0", "10", "1.5", "1e3",
	    "1E+3", "-1.25e-7"};
	static const char *const wrong[] = {"01", "+1", "1.", ".5", "-", "1e",
	    "1e+", "0x10", "1_000", ".inf", "1 2"};
	struct yaml_node	 n = {.type = YAML_SCALAR, .plain = true};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof right / sizeof *right; i++) {
		n.text = slice_of(right[i]);
		assert_true(yaml_is_number(&n));
	}
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		n.text = slice_of(wrong[i]);
		assert_false(yaml_is_number(&n));
	}
}

static void
get_of_what_is_no_map_is_null(void **state)
{
	struct yaml_node *root = root_of(*state, "- a\n");

	assert_null(yaml_get(root, "a"));
	assert_null(yaml_get(NULL, "a"));
	assert_null(yaml_get(root_of(*state, "b: 1"), "a"));
}

static void
a_file_is_read(void **state)
{
	struct fixture	*f = *state;
	char		 path[] = "/tmp/patrol-yaml-XXXXXX";
	int		 fd = mkstemp(path);
	struct yaml_doc *d;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: b\n", 5), 5);
	close(fd);
	d = yaml_parse_file(&f->arena, path, &f->c);
	unlink(path);
	assert_non_null(d);
	assert_true(slice_is(yaml_get(d->root, "a")->text, "b"));
}

static void
a_file_that_cannot_be_read_is_a_complaint(void **state)
{
	struct fixture *f = *state;

	assert_null(yaml_parse_file(&f->arena, "/nonexistent/x", &f->c));
	assert_fault(f, 0, "/nonexistent/x: No such file or directory");
	assert_null(yaml_parse_file(&f->arena, "/", &f->c));
	assert_fault(f, 1, "/: Is a directory");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(nodes_know_their_places),
	    T(quotes_make_text_of_a_number),
	    T(scalars_end_with_a_nul),
	    T(a_file_holds_several_documents),
	    T(nothing_is_no_document_and_no_fault),
	    T(an_alias_is_a_copy_of_what_it_names),
	    T(an_alias_without_what_it_names_is_refused),
	    T(what_aliases_copy_is_bounded),
	    T(a_key_twice_is_refused),
	    T(all_faults_of_shape_are_told),
	    T(a_syntax_error_has_its_place),
	    T(control_characters_have_their_place),
	    T(bytes_that_are_not_utf8_are_refused),
	    T(a_byte_order_mark_in_front_is_none_of_the_text),
	    T(a_byte_order_mark_alone_is_no_document),
	    T(depth_is_bounded),
	    T(the_number_of_nodes_is_bounded),
	    T(the_number_of_documents_is_bounded),
	    T(the_size_is_bounded),
	    T(many_keys_are_told_apart),
	    T(a_strange_key_is_shown_escaped),
	    T(null_and_bool_are_only_what_is_plain),
	    T(numbers_are_those_of_json),
	    T(get_of_what_is_no_map_is_null),
	    T(a_file_is_read),
	    T(a_file_that_cannot_be_read_is_a_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
