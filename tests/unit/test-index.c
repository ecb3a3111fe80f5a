#include "rule-fixture.h"

#include <string.h>

#include "base/mem.h"
#include "rule/event.h"

/*
 * A rule among so many others that they are indexed: must it be asked about
 * an event, and does it hold?
 */
#define OTHERS 40

static const struct {
	const char *detection; /* of the rule */
	const char *event;
	bool	    asked, holds;
} cases[] = {
    /* Exact values: folded, numbers by what they are worth. */
    {"s: {a: Value}", "{\"a\":\"vaLUE\"}", true, true},
    {"s: {a: Value}", "{\"a\":\"values\"}", false, false},
    {"s: {a: Value}", "{\"b\":\"value\"}", false, false},
    {"s: {a|cased: Value}", "{\"a\":\"Value\"}", true, true},
    {"s: {a|cased: Value}", "{\"a\":\"value\"}", true, false},
    {"s: {a: [x, y]}", "{\"a\":\"y\"}", true, true},
    {"s: {a: ''}", "{\"a\":\"\"}", true, true},
    {"s: {a: ''}", "{\"a\":\"x\"}", false, false},
    {"s: {a: 10}", "{\"a\":10}", true, true},
    {"s: {a: 10}", "{\"a\":\"10\"}", true, true},
    {"s: {a: 10}", "{\"a\":1e1}", true, true},
    {"s: {a: 10}", "{\"a\":10.0}", true, true},
    {"s: {a: 10}", "{\"a\":11}", false, false},
    {"s: {a: 0}", "{\"a\":-0.0}", true, true},
    {"s: {a: 2.5}", "{\"a\":25e-1}", true, true},
    {"s: {a: 12345678901234567890}", "{\"a\":12345678901234567890}", true,
	true},
    {"s: {a: '1.0'}", "{\"a\":1.0}", true, true},
    {"s: {a: true}", "{\"a\":true}", true, true},
    {"s: {a: true}", "{\"a\":\"TRUE\"}", true, true},
    {"s: {a: true}", "{\"a\":false}", false, false},
    /* Lists and nested names. */
    {"s: {a: x}", "{\"a\":[1,\"X\"]}", true, true},
    {"s: {a.b: x}", "{\"a\":{\"b\":\"x\"}}", true, true},
    {"s: {a.b: x}", "{\"a.b\":\"x\"}", true, true},
    {"s: {a.b: x}", "{\"a.b\":\"y\",\"a\":{\"b\":\"x\"}}", false, false},
    {"s: {a.b: x}", "{\"a\":[{\"b\":\"y\"},{\"b\":\"x\"}]}", true, true},
    /* Substrings. */
    {"s: {a|contains: Needle}", "{\"a\":\"a nEEdle.\"}", true, true},
    {"s: {a|contains: Needle}", "{\"b\":\"a needle.\"}", false, false},
    {"s: {a|startswith: Nee}", "{\"a\":\"needle\"}", true, true},
    {"s: {a|startswith: Nee}", "{\"a\":\"a needle\"}", true, false},
    {"s: {a|endswith: '\\x.exe'}", "{\"a\":\"c:\\\\X.EXE\"}", true, true},
    {"s: {a: 'be*fore?x'}", "{\"a\":\"be and fore.x\"}", true, true},
    {"s: {a: 'be*fore?x'}", "{\"a\":\"be and for.x\"}", false, false},
    {"s: {a: '*'}", "{\"a\":\"x\"}", true, true},
    {"s: {a: '*'}", "{\"b\":\"x\"}", false, false},
    {"s: {a: '?'}", "{\"a\":\"\\u00e9\"}", true, true},
    {"s: {a|contains: ''}", "{\"a\":\"x\"}", true, true},
    {"s: {a|contains|all: [ab, bc]}", "{\"a\":\"abc\"}", true, true},
    {"s: {a|contains|all: [long needle, bc]}", "{\"a\":\"abc\"}", false, false},
    {"s: {a|contains: a needle of more than sixteen bytes}",
	"{\"a\":\"here: A NEEDLE OF MORE THAN SIXTEEN BYTES\"}", true, true},
    {"s: {a|contains: \"x\\0y\"}", "{\"a\":\"wx\\u0000yz\"}", true, true},
    {"s: {a|windash|contains: ' -enc '}", "{\"a\":\"x \\u2013enc y\"}", true,
	true},
    {"s: {a|wide|base64offset|contains: foobar}",
	"{\"a\":\"xxZgBvAG8AYgBhAHIAxx\"}", true, true},
    /* Folding may change how many bytes there are. */
    {"s: {a|contains: stra\xc3\x9f"
     "e}",
	"{\"a\":\"STRA\xe1\xba\x9e"
	"E 1\"}",
	true, true},
    {"s: {a: \xc8\xba}", "{\"a\":\"\xe2\xb1\xa5\"}", true, true},
    {"s: {a: k}", "{\"a\":\"\xe2\x84\xaa\"}", true, true},
    /* Networks. */
    {"s: {a|cidr: 10.0.0.0/8}", "{\"a\":\"10.1.2.3\"}", true, true},
    {"s: {a|cidr: 10.0.0.0/8}", "{\"a\":\"11.1.2.3\"}", false, false},
    {"s: {a|cidr: '2001:db8::/32'}", "{\"a\":[\"x\",\"2001:DB8::1\"]}", true,
	true},
    /* What only needs the field. */
    {"s: {a|re: 'x+'}", "{\"a\":\"axx\"}", true, true},
    {"s: {a|re: 'x+'}", "{\"b\":\"axx\"}", false, false},
    /* By what each text that it finds has, whatever its case. */
    {"s: {a|re: '^Ab+cdE'}", "{\"a\":\"AbbbcdE\"}", true, true},
    {"s: {a|re: '^Ab+cdE'}", "{\"a\":\"xabbcde\"}", true, false},
    {"s: {a|re: '^Ab+cdE'}", "{\"a\":\"abbcxde\"}", false, false},
    {"s: {a|re|i: 'wget|curl'}", "{\"a\":\"CURL/8\"}", true, true},
    {"s: {a|re|i: 'wget|curl'}", "{\"a\":\"skopeo\"}", false, false},
    {"s: {a|re: 'wget|[0-9]'}", "{\"a\":\"skopeo1\"}", true, true},
    {"s: {a|re: 'gr\u00fcn+en'}", "{\"a\":\"gr\u00fcnen\"}", true, true},
    {"s: {a|re: 'task'}", "{\"a\":\"task\"}", true, true},
    {"s: {a|re: 'task'}", "{\"a\":\"ta\u017f\u212a\"}", true, false},
    {"s: {a|gte: 3}", "{\"a\":3}", true, true},
    {"s: {a|fieldref: b}", "{\"a\":\"x\",\"b\":\"X\"}", true, true},
    {"s: {a|hour: 10}", "{\"a\":\"2026-11-24T10:00:00Z\"}", true, true},
    /* What holds for a field that is not there. */
    {"s: {a: null}", "{}", true, true},
    {"s: {a: [x, null]}", "{\"b\":1}", true, true},
    {"s: {a|neq: x}", "{\"b\":1}", true, true},
    {"s: {a|exists: false}", "{}", true, true},
    {"s: {a|exists: true}", "{\"a\":{\"c\":1}}", true, true},
    /* Keywords: anywhere, also where no rule names the field. */
    {"s: [Key, other]", "{\"zz\":{\"y\":[\"a KEY b\"]}}", true, true},
    {"s: [Key, other]", "{\"a\":\"none\"}", false, false},
    {"s: [7]", "{\"zz\":17}", true, true},
    {"s: {'|all': [one, two]}", "{\"y\":\"one\",\"z\":\"two\"}", true, true},
    {"s: {'|all': [one, two]}", "{\"y\":\"tw one\"}", true, false},
    {"s: {'|all': [one, two]}", "{\"y\":\"none, twice\"}", true, false},
    {"s: {'|all': [one, two]}", "{\"y\":\"on\"}", false, false},
    /* Conditions. */
    {"s: {a: x, b: y}", "{\"a\":\"x\",\"b\":\"y\"}", true, true},
    {"s: [{a: x}, {b: y}]", "{\"b\":\"y\"}", true, true},
    {"s: {a: x}, t: {b: y}, condition: not s and t", "{\"b\":\"y\"}", true,
	true},
    {"s: {a: x}, t: {b: y}, condition: not s and t", "{\"c\":\"y\"}", false,
	false},
    {"s: {a: x}, t: {b: y}, condition: not s or t", "{\"c\":\"y\"}", true,
	true},
    {"s1: {a: x}, s2: {b: y}, condition: 1 of s*", "{\"b\":\"y\"}", true, true},
    {"s1: {a: x}, s2: {b: y}, condition: all of s*", "{\"b\":\"y\"}", false,
	false},
};

static struct ruleset *
load(const char *detection, bool no_index)
{
	struct ruleset_limits lim = fixture_limits;
	struct complaints     c;
	struct ruleset	     *rs;
	struct buf	      b;
	unsigned	      i;

	buf_init(&b);
	buf_addf(&b, "title: it\nlogsource: {product: x}\ndetection: {%s%s}\n",
	    detection,
	    strstr(detection, "condition:") != NULL ? "" : ", condition: s");
	for (i = 0; i < OTHERS; i++)
		buf_addf(&b,
		    "---\ntitle: o%u\nlogsource: {product: x}\n"
		    "detection: {s: {other.f%u: v%u}, condition: s}\n",
		    i, i % 7, i);
	lim.no_index = no_index;
	complain_init(&c);
	rs = ruleset_load_text("r.yml", buf_slice(&b), &lim, &c);
	if (rs == NULL)
		fail_msg("%s: %s", detection, c.list[0].text);
	complain_clear(&c);
	buf_clear(&b);
	return rs;
}

static bool
judge_event(struct ruleset *rs, const char *text, bool *asked)
{
	struct json_reader   *r = json_reader_new(&event_limits);
	const struct verdict *v;
	struct rule_stats     s;
	struct event	      ev;
	struct error	      err;
	size_t		      n;
	bool		      holds;

	event_init(&ev);
	if (event_read(&ev, r, slice_of(text), &err) != JSON_OK)
		fail_msg("%s: %s", text, err.text);
	n = ruleset_match(rs, &ev, T0, &v);
	holds = n > 0 && v[0].rule->index == 0;
	ruleset_stats(rs, 0, &s);
	*asked = s.candidates > 0;
	event_clear(&ev);
	json_reader_free(&r);
	return holds;
}

static void
a_rule_is_asked_where_it_may_hold(void **state)
{
	struct ruleset *rs;
	bool		asked, holds;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		rs = load(cases[i].detection, false);
		holds = judge_event(rs, cases[i].event, &asked);
		if (holds != cases[i].holds || asked != cases[i].asked)
			fail_msg("%s with %s: asked %d, holds %d",
			    cases[i].detection, cases[i].event, asked, holds);
		ruleset_free(&rs);
		rs = load(cases[i].detection, true);
		holds = judge_event(rs, cases[i].event, &asked);
		if (holds != cases[i].holds || !asked)
			fail_msg("%s with %s, all asked: holds %d",
			    cases[i].detection, cases[i].event, holds);
		ruleset_free(&rs);
	}
}

/* What one event found is forgotten at the next. */
static void
nothing_stays_from_the_event_before(void **state)
{
	struct ruleset *rs = load("s: {a: x}", false);
	bool		asked;

	(void)state;
	assert_true(judge_event(rs, "{\"a\":\"x\"}", &asked));
	assert_false(judge_event(rs, "{\"a\":\"y\"}", &asked));
	assert_false(judge_event(rs, "{}", &asked));
	assert_true(judge_event(rs, "{\"a\":\"x\"}", &asked));
	ruleset_free(&rs);
}

static char *
filled(const char *before, size_t n, const char *after)
{
	struct buf b;
	char	  *s;

	buf_init(&b);
	buf_addf(&b, "%s", before);
	while (n-- > 0)
		buf_addc(&b, 'k');
	buf_addf(&b, "%s", after);
	s = xstrdup(buf_str(&b));
	buf_clear(&b);
	return s;
}

/* And one byte more than any rule names is not looked up. */
static void
an_exact_value_is_found_however_long(void **state)
{
	static const size_t sizes[] = {1, 4096, 4097, 20000};
	struct ruleset	   *rs;
	char		   *rule, *same, *longer;
	bool		    asked;
	size_t		    i;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		rule = filled("s: {a: ", sizes[i], "}");
		same = filled("{\"a\":\"", sizes[i], "\"}");
		longer = filled("{\"a\":\"", sizes[i] + 1, "\"}");
		rs = load(rule, false);
		assert_true(judge_event(rs, same, &asked));
		ruleset_free(&rs);
		rs = load(rule, false);
		assert_false(judge_event(rs, longer, &asked));
		assert_false(asked);
		ruleset_free(&rs);
		free(rule);
		free(same);
		free(longer);
	}
}

/* What all rules name is a bad witness: the rarer one is taken. */
static void
the_rarest_witness_is_taken(void **state)
{
	struct ruleset_limits lim = fixture_limits;
	struct complaints     c;
	struct ruleset	     *rs;
	struct rule_stats     s;
	struct buf	      b;
	unsigned	      i;
	bool		      asked;

	(void)state;
	buf_init(&b);
	for (i = 0; i < OTHERS; i++)
		buf_addf(&b,
		    "---\ntitle: r%u\nlogsource: {product: x}\ndetection:\n"
		    "  s: {image|endswith: powershell.exe,"
		    " line|contains: word%u}\n  condition: s\n",
		    i, i + 10);
	complain_init(&c);
	rs = ruleset_load_text("r.yml", buf_slice(&b), &lim, &c);
	assert_non_null(rs);
	complain_clear(&c);
	(void)judge_event(rs,
	    "{\"image\":\"c:powershell.exe\",\"line\":\"a word17\"}", &asked);
	assert_false(asked);
	for (i = 0; i < OTHERS; i++) {
		ruleset_stats(rs, i, &s);
		assert_int_equal(s.candidates, i == 7);
		assert_int_equal(s.hits, i == 7);
	}
	ruleset_free(&rs);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_is_asked_where_it_may_hold),
	    cmocka_unit_test(nothing_stays_from_the_event_before),
	    cmocka_unit_test(an_exact_value_is_found_however_long),
	    cmocka_unit_test(the_rarest_witness_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
