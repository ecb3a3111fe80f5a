/*
 * testcase - `patrol.tests` of a rule: uses, and the alerts they must raise.
 */
#ifndef PATROL_RULE_TESTCASE_H
#define PATROL_RULE_TESTCASE_H

#include "base/clock.h"
#include "base/slice.h"
#include "rule/source.h"
#include "use/use.h"

#define TESTCASE_USES_MAX 1000000 /* of one test, repeats counted */
#define TESTCASE_NTH_MAX  10000	  /* of one use whose text is numbered */

/* One value of a use; `known` is an enum use_field, or -1. */
struct test_field {
	struct slice	 key; /* dotted */
	int		 known;
	struct use_value value;
};

/*
 * `repeat` equal uses, `every` apart.  Where a text of theirs has `{n}`, the
 * number of the repetition from 1, there is one of these for each.
 */
struct test_use {
	int64_t		   repeat; /* >= 1 */
	usec_t		   every;
	usec_t		   at; /* since the test began; -1: `every`
					   after the use before */
	struct test_field *fields;
	size_t		   nfields;
	struct test_use	  *next;
};

/* Alerts under a key; what the key leaves out may be anything. */
struct test_expect {
	struct test_field  *key;
	size_t		    nkey;
	int64_t		    count;
	int64_t		    seen; /* while it runs */
	struct test_expect *next;
};

struct rule_test {
	const char	   *name;
	unsigned	    line;
	struct test_use	   *uses;
	struct test_expect *expects; /* none: no alert at all */
	struct rule_test   *next;
};

/* Reads the list; NULL if it is empty or (told) faulty. */
struct rule_test *testcase_parse(const struct source *src,
    const struct yaml_node			     *list);
#endif
