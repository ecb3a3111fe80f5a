/*
 * fuzz-regex - regular expressions of strangers' rules over strangers' text.
 *
 * The input is a digit of flags and the expression on the first line, then
 * the text.
 *
 * Reaches: rule/dialect, rule/regex; RE2 below.
 *
 * What does not compile has a reason; in a group of its own an expression
 * finds the same; where it finds something one of its atoms is, if it has any;
 * time is linear (libFuzzer's own limit tells).
 */
#include "fuzz.h"
#include "rule/fold.h"
#include "rule/regex.h"

static struct regex *
compile(struct slice s, unsigned flags)
{
	char	      why[256] = "";
	struct regex *re = regex_new(s.p, s.n, flags, why, sizeof why);

	FUZZ_CHECK(re != NULL || why[0] != '\0');
	return re;
}

struct looking {
	struct slice text; /* folded */
	bool	     found;
};

static void
look_for_atom(struct slice atom, void *arg)
{
	struct looking *l = arg;

	FUZZ_CHECK(atom.n >= REGEX_ATOM_MIN);
	l->found = l->found ||
	    (l->text.n >= atom.n &&
		memmem(l->text.p, l->text.n, atom.p, atom.n) != NULL);
}

static void
check_atoms(struct regex *re, struct slice text)
{
	char	      *room = xmalloc(FOLD_ROOM(text.n) + 1);
	struct looking l = {.text = {room, fold_text(text, room)}};

	if (regex_atoms(re, look_for_atom, &l) > 0 &&
	    regex_search(re, text.p, text.n))
		FUZZ_CHECK(l.found);
	free(room);
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
	check_atoms(re, text);
	regex_free(&re);
	return 0;
}
