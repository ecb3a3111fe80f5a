/*
 * memo - which detections held at uses that look the same to the rules.
 *
 * Most of what rules look at has few values: the action, the outcome, the
 * client.  What a use is to all detections is then a short text, its looks:
 * which fields it has, and the values of those that some item compares.  If a
 * use of the same looks was judged lately, the same detections hold, and none
 * needs to be asked.  Where the looks hardly ever come again (rules that
 * compare repositories, say) that is found out, and it rests.
 *
 * Exact: looks are compared byte by byte.  Of fixed size, made at once.
 */
#ifndef PATROL_RULE_MEMO_H
#define PATROL_RULE_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/fields.h"

#define MEMO_HELD 14 /* more than so many that hold are not remembered */

struct memo;

/*
 * For rules whose detections compare the values of these slots, and of the
 * others only whether they are there.  The fields are borrowed.
 */
struct memo *memo_new(const struct fields *f, const unsigned *slots, size_t n);
void	     memo_free(struct memo **m);
/*
 * What held at a use of the same looks as the one that the fields are of, by
 * numbers, until the next call; false: not known.
 */
bool memo_find(struct memo *m, const uint32_t **held, size_t *n);
/* What holds at the use that was last looked for and not known. */
void memo_add(struct memo *m, const uint32_t *held, size_t n);
#endif
