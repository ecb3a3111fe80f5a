/*
 * uuid - the ids of rules: UUIDs, which compare without case.
 */
#ifndef PATROL_RULE_UUID_H
#define PATROL_RULE_UUID_H

#include <stdbool.h>

#include "base/slice.h"

#define UUID_LEN 36

bool uuid_is(struct slice s);
/*
 * What names are looked up by: a UUID in lower case, which lies in the room,
 * and any other name as it is.
 */
struct slice uuid_key(struct slice name, char room[UUID_LEN]);
#endif
