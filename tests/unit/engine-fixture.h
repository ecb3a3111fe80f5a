/*
 * engine-fixture - an engine with rules and an account, and the batches that
 * it fills, for the tests of engine/.
 */
#ifndef PATROL_TESTS_ENGINE_FIXTURE_H
#define PATROL_TESTS_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/engine.h"

static const struct engine_actor root = {"uid:0(root)", 0, 42};

/* Rules from text, which may be empty; the test fails with any fault. */
static inline struct ruleset *
fixture_rules(const char *text, usec_t lateness)
{
	struct ruleset_limits lim = {.keys_per_rule = 1000,
	    .lateness = lateness};
	struct complaints     c;
	struct ruleset	     *rs;

	complain_init(&c);
	rs = ruleset_load_text("test.yml", slice_of(text), &lim, &c);
	if (rs == NULL)
		fail_msg("%s", c.list[0].text);
	complain_clear(&c);
	return rs;
}

/* With an empty batch to take the place of a full one, and alice. */
static inline void
fixture_engine(const struct engine_opts *o, const char *rules, usec_t now,
    struct engine **e, struct batch **other)
{
	struct account *a;

	*e = engine_new(o, fixture_rules(rules, o->lateness));
	*other = xcalloc(1, sizeof **other);
	batch_init(*other);
	assert_int_equal(engine_account_add(*e, SLICE("alice"), false, now,
			     &root, &a, NULL),
	    ENGINE_OK);
}

static inline void
fixture_engine_free(struct engine **e, struct batch **other)
{
	engine_free(e);
	batch_clear(*other);
	free(*other);
	*other = NULL;
}

/* The batch so far, with `rows` of a checkpoint that has begun; the engine
 * goes on with an empty one. */
static inline struct batch *
fixture_take(struct engine *e, struct batch **other, size_t rows)
{
	batch_reset(*other);
	*other = engine_take(e, *other, rows);
	return *other;
}

/* The same with a checkpoint whole. */
static inline struct batch *
fixture_take_all(struct engine *e, struct batch **other)
{
	batch_reset(*other);
	*other = engine_take_all(e, *other);
	return *other;
}
#endif
