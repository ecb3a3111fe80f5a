/* patrolctl/csv: rows for spreadsheets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "patrolctl/csv.h"

static void
cell_is(const char *text, bool number, const char *want)
{
	struct buf b;

	buf_init(&b);
	csv_cell(&b, slice_of(text), number);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
a_plain_text_stays_as_it_is(void **state)
{
	(void)state;
	cell_is("", false, "");
	cell_is("alice/app", false, "alice/app");
	cell_is("a b'c;d", false, "a b'c;d");
	cell_is("\xc3\xa4", false, "\xc3\xa4");
}

static void
what_would_end_a_cell_is_quoted(void **state)
{
	(void)state;
	cell_is("a,b", false, "\"a,b\"");
	cell_is("say \"hi\"", false, "\"say \"\"hi\"\"\"");
	cell_is("\"", false, "\"\"\"\"");
}

static void
no_text_moves_the_cursor(void **state)
{
	(void)state;
	cell_is("a\nb", false, "a\\x0ab");
	cell_is("\x1b[31m,", false, "\"\\x1b[31m,\"");
}

static void
no_text_becomes_a_formula(void **state)
{
	(void)state;
	cell_is("=1+1", false, "'=1+1");
	cell_is("+1", false, "'+1");
	cell_is("-1", false, "'-1");
	cell_is("@SUM(A1)", false, "'@SUM(A1)");
	cell_is("\t=1", false, "'\\x09=1");
	cell_is("\r=1", false, "'\\x0d=1");
	cell_is("=HYPERLINK(\"x\",1)", false, "\"'=HYPERLINK(\"\"x\"\",1)\"");
	cell_is("a=1", false, "a=1");
	cell_is("-1", true, "-1");
}

static void
the_head_has_the_names(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	csv_head(&b, SLICE("seq source.ip other"));
	assert_string_equal(buf_str(&b), "seq,source.ip,other\r\n");
	buf_clear(&b);
}

static void
a_row_has_the_fields_in_their_order(void **state)
{
	static char line[512 + JSON_PADDING] =
	    "{\"id\":1,\"item\":{\"labels\":[\"ci\",\"fleet\"],\"n\":-5,"
	    "\"source.ip\":\"192.0.2.7\",\"on\":true,\"none\":null,"
	    "\"empty\":[],\"before\":{\"a\":\"x,y\",\"b\":{\"c\":1}}}}";
	struct json_reader *r = answer_reader_new();
	struct answer	    a;
	struct error	    err;
	struct buf	    b;

	(void)state;
	buf_init(&b);
	assert_int_equal(answer_parse(r, slice_of(line), &a, &err), 0);
	csv_row(&b, SLICE("source.ip n missing none empty on labels before"),
	    &a.body);
	assert_string_equal(buf_str(&b),
	    "192.0.2.7,-5,,,,true,ci fleet,"
	    "\"{\"\"a\"\":\"\"x,y\"\",\"\"b\"\":{\"\"c\"\":1}}\"\r\n");
	buf_clear(&b);
	json_reader_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_text_stays_as_it_is),
	    cmocka_unit_test(what_would_end_a_cell_is_quoted),
	    cmocka_unit_test(no_text_moves_the_cursor),
	    cmocka_unit_test(no_text_becomes_a_formula),
	    cmocka_unit_test(the_head_has_the_names),
	    cmocka_unit_test(a_row_has_the_fields_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
