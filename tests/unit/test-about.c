#include "rule-fixture.h"

/* A rule with a line more, its second; what is not its value begins there. */
#define WITH(line)                                                  \
	"title: t\n" line "\nlogsource: {product: p}\ndetection:\n" \
	"  s: {a: b}\n  condition: s\n"

static void
what_the_specification_allows_is_loaded(void **state)
{
	static const char *const all[] = {"status: stable", "status: test",
	    "status: Experimental", "status: deprecated", "status: unsupported",
	    "status:", "date: 2026-01-31", "date: '2024-02-29'",
	    "date: 2026/1/31", "date: 2026/01/3", "date: 2026-01-31 10:00:00",
	    "date: ~", "modified: 1999/12/31", "tags: []",
	    "tags:", "tags: [attack.t1110, cve.2026-0001]", "author: me",
	    "author: 5", "license: MIT", "taxonomy: sigma",
	    "references: [a, b]", "references: []", "fields: [a]",
	    "falsepositives: [rare]", "falsepositives: rare", "scope: [x]",
	    "related: []",
	    "related: [{id: 5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b11, type: "
	    "similar}]",
	    "custom: {status: x}"};
	struct ruleset		*rs;
	char			 yaml[500];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(yaml, sizeof(yaml), WITH("%s"), all[i]);
		rs = rules_load(yaml);
		ruleset_free(&rs);
	}
}

static void
what_it_does_not_is_refused(void **state)
{
	static const struct {
		const char *line, *begin;
	} all[] = {
	    {"status: stabel",
		"9: 'status' is one of stable, test, experimental, "
		"deprecated, unsupported, did you mean 'stable'?"},
	    {"status: []", "9: 'status' is one of"},
	    {"date: 2026-13-01", "7: 'date' is a date as in 2026-01-31"},
	    {"date: 2026-02-29", "7: 'date' is a date"},
	    {"date: 2026-1-31", "7: 'date' is a date"},
	    {"date: 2026/001/1", "7: 'date' is a date"},
	    {"date: 2026-01/31", "7: 'date' is a date"},
	    {"date: 2026-01-31x", "7: 'date' is a date"},
	    {"date: 26-01-31", "7: 'date' is a date"},
	    {"date: 2026", "7: 'date' is a date"},
	    {"date: 2026-", "7: 'date' is a date"},
	    {"date: 2026-01-", "7: 'date' is a date"},
	    {"date: today", "7: 'date' is a date"},
	    {"date: [2026-01-31]", "7: 'date' is a date"},
	    {"modified: today", "11: 'modified' is a date"},
	    {"tags: attack.t1110", "7: 'tags' must be a list"},
	    {"tags: [attack.t1110, t1110]", "22: a tag has a namespace"},
	    {"tags: [{a.b: c}]", "8: a tag has a namespace"},
	    {"author: [me]", "9: 'author' must be text"},
	    {"license: {a: b}", "10: 'license' must be text"},
	    {"taxonomy: []", "11: 'taxonomy' must be text"},
	    {"taxonomy: ''", "11: the 'taxonomy' is empty: leave it out"},
	    {"references: a", "13: 'references' must be a list"},
	    {"fields: a", "9: 'fields' must be a list"},
	    {"falsepositives: {a: b}", "17: 'falsepositives' must be a list"},
	    {"scope: a", "8: 'scope' must be a list"},
	    {"related: a", "10: 'related' must be a list"},
	    {"related: [a]", "11: a related rule needs its 'id', a UUID"},
	    {"related: [{id: x, type: similar}]", "16: a related rule needs"},
	    {"related: [{id: 5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b11}]",
		"11: a related rule needs a 'type'"},
	    {"related: [{id: 5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b11, type: x}]",
		"60: a related rule needs a 'type'"},
	};
	char   yaml[500], begin[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(yaml, sizeof(yaml), WITH("%s"), all[i].line);
		snprintf(begin, sizeof(begin), "r.yml:2:%s", all[i].begin);
		assert_refused(yaml, begin);
	}
}

static void
rules_of_all_kinds_say_it_of_themselves(void **state)
{
	(void)state;
	assert_refused(WITH(
			   "name: a") "---\ntitle: c\nstatus: x\ncorrelation:\n"
				      "  type: event_count\n  rules: a\n"
				      "  timespan: 1m\n  condition: {gte: 2}\n",
	    "r.yml:9:9: 'status' is one of");
	assert_refused(WITH("name: a") "---\ntitle: f\ndate: x\n"
				       "logsource: {product: p}\nfilter:\n"
				       "  rules: a\n  s: {a: b}\n"
				       "  condition: not s\n",
	    "r.yml:9:7: 'date' is a date");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_specification_allows_is_loaded),
	    cmocka_unit_test(what_it_does_not_is_refused),
	    cmocka_unit_test(rules_of_all_kinds_say_it_of_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
