/*
 * fuzz-regex - regular expressions of strangers' rules over strangers' text.
 *
 * The input is a digit of flags and the expression on the first line, then
 * the text.
 *
 * Reaches: rule/dialect, rule/regex; RE2 below.
 *
 * What does not compile has a reason; in a group of its own an expression
 * finds the same; time is linear (libFuzzer's own limit tells).
 */
#include "fuzz.h"
#include "rule/regex.h"

static struct regex *
compile(struct slice s, unsigned flags)
{
	char	      why[256] = "";
	struct regex *re = regex_new(s.p, s.n, flags, why, sizeof why);

	FUZZ_CHECK(re != NULL || why[0] != '\0');
	return re;
}

/* In a group of its own: but \Q and a comment would not end in it. */
static bool
can_group(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] == '\\' && (i + 1 == s.n || s.p[i + 1] == 'Q')) ||
		    s.p[i] == '#')
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice  text = fuzz_input(data, n), pattern;
	struct regex *re, *group;
	struct buf    b;
	unsigned      flags;

	if (!slice_cut(&text, '\n', &pattern) || pattern.n == 0)
		return 0;
	flags = (unsigned)pattern.p[0] & 7;
	pattern.p++;
	pattern.n--;
	if (!slice_is_utf8(pattern) || (re = compile(pattern, flags)) == NULL)
		return 0;
	buf_init(&b);
	buf_adds(&b, "(?:");
	buf_addslice(&b, pattern);
	buf_addc(&b, ')');
	if (can_group(pattern) &&
	    (group = compile(buf_slice(&b), flags)) != NULL) {
		FUZZ_CHECK(regex_search(group, text.p, text.n) ==
		    regex_search(re, text.p, text.n));
		regex_free(&group);
	}
	buf_clear(&b);
	regex_free(&re);
	return 0;
}
