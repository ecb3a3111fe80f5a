/* patrolctl/table: columns that fit the terminal there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "patrolctl/glyph.h"
#include "patrolctl/table.h"

static const struct table_column columns[] = {{.head = "NAME", .shrink = 5},
    {.head = "ID"}, {.head = "USES", .right = true},
    {.head = "WITH", .shrink = 6, .below = "with"}};

static void
add(struct table *t, const char *name, const char *id, const char *uses,
    const char *with)
{
	table_add(t, slice_of(name), STYLE_PLAIN);
	table_add(t, slice_of(id), STYLE_GOOD);
	table_add(t, slice_of(uses), STYLE_PLAIN);
	table_add(t, slice_of(with), STYLE_PLAIN);
}

static void
prints(unsigned width, bool color, const char *want)
{
	struct table t;
	struct buf   b;

	buf_init(&b);
	table_init(&t, columns, 4, width, color);
	add(&t, "laptop of alice", "pat_a", "7", "docker/24.0.5");
	add(&t, "ci", "pat_b", "1234", "");
	table_print(&t, &b);
	assert_string_equal(buf_str(&b), want);
	table_clear(&t);
	buf_clear(&b);
}

static void
off_a_terminal_nothing_is_cut(void **state)
{
	(void)state;
	prints(0, false,
	    "NAME             ID     USES  WITH\n"
	    "laptop of alice  pat_a     7  docker/24.0.5\n"
	    "ci               pat_b  1234\n");
}

static void
what_just_fits_is_not_cut(void **state)
{
	(void)state;
	prints(43, false,
	    "NAME             ID     USES  WITH\n"
	    "laptop of alice  pat_a     7  docker/24.0.5\n"
	    "ci               pat_b  1234\n");
}

static void
one_column_less_shrinks_the_widest(void **state)
{
	(void)state;
	prints(42, false,
	    "NAME            ID     USES  WITH\n"
	    "laptop of ali…  pat_a     7  docker/24.0.5\n"
	    "ci              pat_b  1234\n");
}

static void
the_narrowest_single_line_is_used_to_the_end(void **state)
{
	(void)state;
	prints(26, false,
	    "NAME   ID     USES  WITH\n"
	    "lapt…  pat_a     7  docke…\n"
	    "ci     pat_b  1234\n");
}

static void
below_that_rows_get_a_second_line(void **state)
{
	(void)state;
	prints(25, false,
	    "NAME          ID     USES\n"
	    "laptop of a…  pat_a     7\n"
	    "    with docker/24.0.5\n"
	    "ci            pat_b  1234\n");
}

static void
colours_are_there_only_when_asked_for(void **state)
{
	(void)state;
	prints(0, true,
	    "\033[1mNAME\033[0m             \033[1mID\033[0m     "
	    "\033[1mUSES\033[0m  \033[1mWITH\033[0m\n"
	    "laptop of alice  \033[32mpat_a\033[0m     7  docker/24.0.5\n"
	    "ci               \033[32mpat_b\033[0m  1234\n");
}

static void
a_foreign_escape_cannot_colour_a_cell(void **state)
{
	struct table t;
	struct buf   b;

	(void)state;
	buf_init(&b);
	table_init(&t, columns, 1, 0, false);
	table_add(&t, SLICE("\033[31mred\n"), STYLE_PLAIN);
	table_print(&t, &b);
	assert_string_equal(buf_str(&b), "NAME\n\\x1b[31mred\\x0a\n");
	table_clear(&t);
	buf_clear(&b);
}

static void
no_rows_print_no_head(void **state)
{
	struct table t;
	struct buf   b;

	(void)state;
	buf_init(&b);
	table_init(&t, columns, 4, 80, false);
	table_print(&t, &b);
	assert_int_equal(b.n, 0);
	table_clear(&t);
	buf_clear(&b);
}

static void
a_long_list_has_one_head_and_bounded_memory(void **state)
{
	struct table t;
	struct buf   b;
	unsigned     i, prints_made = 0;

	(void)state;
	buf_init(&b);
	table_init(&t, columns, 1, 10, false);
	for (i = 0; i < 2 * TABLE_ROWS + 1; i++) {
		assert_false(table_is_full(&t));
		table_add(&t, SLICE("x"), STYLE_PLAIN);
		if (table_is_full(&t)) {
			table_print(&t, &b);
			prints_made++;
		}
	}
	table_print(&t, &b);
	assert_int_equal(prints_made, 2);
	assert_int_equal(b.n, 5 + 2 * (2 * TABLE_ROWS + 1));
	table_clear(&t);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
					       off_a_terminal_nothing_is_cut),
	    cmocka_unit_test(what_just_fits_is_not_cut),
	    cmocka_unit_test(one_column_less_shrinks_the_widest),
	    cmocka_unit_test(the_narrowest_single_line_is_used_to_the_end),
	    cmocka_unit_test(below_that_rows_get_a_second_line),
	    cmocka_unit_test(colours_are_there_only_when_asked_for),
	    cmocka_unit_test(a_foreign_escape_cannot_colour_a_cell),
	    cmocka_unit_test(no_rows_print_no_head),
	    cmocka_unit_test(a_long_list_has_one_head_and_bounded_memory)};

	glyph_init();
	return cmocka_run_group_tests_name("patrolctl/table", tests, NULL,
	    NULL);
}
