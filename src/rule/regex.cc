#include "rule/regex.h"

#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include <re2/filtered_re2.h>
#include <re2/re2.h>

extern "C" {
#include "base/buf.h"
#include "rule/dialect.h"
}

struct regex {
	RE2			 re;
	bool			 has_atoms = false; /* they are known */
	std::vector<std::string> atoms;

	regex(const struct buf *b, const RE2::Options &o) : re({b->p, b->n}, o)
	{
	}
};

struct regex *
regex_new(const char *p, size_t n, unsigned flags, char *why, size_t size)
{
	RE2::Options  o;
	struct regex *re;
	struct buf    b;
	size_t	      inner;

	/* The flags are in the text, see dialect.c. */
	o.set_log_errors(false);
	o.set_never_capture(true);
	buf_init(&b);
	inner = dialect_translate({p, n}, flags, &b);
	re = new struct regex(&b, o);
	buf_clear(&b);
	if (!re->re.ok()) {
		snprintf(why, size, "%s", re->re.error().c_str());
		delete re;
		return nullptr;
	}
	if (inner != 0) {
		snprintf(why, size,
		    "a '$' must end its branch, and behind that at byte %zu "
		    "comes more; '\\$' is a dollar sign",
		    inner);
		delete re;
		return nullptr;
	}
	return re;
}

void
regex_free(struct regex **re)
{
	delete *re;
	*re = nullptr;
}

bool
regex_search(const struct regex *re, const char *p, size_t n)
{
	return re->re.Match({p, n}, 0, n, RE2::UNANCHORED, nullptr, 0);
}

/* Beyond ASCII RE2's lower case may not be that of rule/fold.h. */
static bool
is_ascii(const std::string &s)
{
	for (char c : s)
		if ((unsigned char)c >= 0x80)
			return false;
	return true;
}

/*
 * RE2 names the atoms of an expression's filter, a tree of ANDs and ORs of
 * them, as FilteredRE2 has it: without any of them no such tree holds.
 */
static void
find_atoms(struct regex *re)
{
	RE2::Options	 o;
	re2::FilteredRE2 filter(REGEX_ATOM_MIN);
	int		 id;

	re->has_atoms = true;
	o.Copy(re->re.options());
	if (filter.Add(re->re.pattern(), o, &id) != RE2::NoError)
		return;
	filter.Compile(&re->atoms);
	for (const std::string &a : re->atoms)
		if (!is_ascii(a)) {
			re->atoms.clear();
			return;
		}
}

size_t
regex_atoms(struct regex *re, void (*fn)(struct slice, void *), void *arg)
{
	if (!re->has_atoms)
		find_atoms(re);
	for (const std::string &a : re->atoms)
		fn({a.data(), a.size()}, arg);
	return re->atoms.size();
}
