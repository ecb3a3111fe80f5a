/*
 * decimal - JSON's numbers as they are written: compared exactly.
 *
 * Pure, and nothing is allocated: a decimal points into its text.
 */
#ifndef PATROL_RULE_DECIMAL_H
#define PATROL_RULE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "base/slice.h"

struct decimal {
	/* From the first digit that is not zero to the last one; a point may
	 * be among them.  Empty: the number is zero.  Borrowed. */
	struct slice digits;
	int64_t	     exp; /* the first digit counts 10^exp */
	bool	     neg;
};

/* A JSON number, the whole slice, of any length: 0, or -1. */
int decimal_parse(struct slice s, struct decimal *out);
/* Less than 0, 0, or more, as a is less than b, equal, or more. */
int decimal_cmp(const struct decimal *a, const struct decimal *b);

/*
 * The canonical text, which equal numbers share: "1000", "-3", "0.00001"; and
 * "1.5e70" where that would be of more than DECIMAL_PLAIN_MAX characters.
 * Returns its length; 0 if the number has more than DECIMAL_DIGITS_MAX digits.
 */
#define DECIMAL_PLAIN_MAX  60
#define DECIMAL_DIGITS_MAX 500
#define DECIMAL_TEXT_MAX   (DECIMAL_DIGITS_MAX + 40)
size_t decimal_format(const struct decimal *d, char out[DECIMAL_TEXT_MAX]);
/*
 * Its whole part, rounded down, in units of 10^-shift: of "1.29" 12 with a
 * shift of 1, of "-1.29" -13.  0; or -1 if that has more than 18 digits.
 */
int decimal_floor(const struct decimal *d, int shift, int64_t *out);
#endif
