#include "rule/uuid.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'F' ? (char)(c + 32) : c;
}

bool
uuid_is(struct slice s)
{
	size_t i;
	char   c;

	if (s.n != UUID_LEN)
		return false;
	for (i = 0; i < s.n; i++) {
		c = lower(s.p[i]);
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
		} else if (!((c >= '0' && c <= '9') ||
			       (c >= 'a' && c <= 'f'))) {
			return false;
		}
	}
	return true;
}

struct slice
uuid_key(struct slice name, char room[UUID_LEN])
{
	size_t i;

	if (!uuid_is(name))
		return name;
	for (i = 0; i < UUID_LEN; i++)
		room[i] = lower(name.p[i]);
	return (struct slice){room, UUID_LEN};
}
