/*
 * jsonplace - where a text stops being JSON, for a person to look at.
 */
#ifndef PATROL_PATROLCTL_JSONPLACE_H
#define PATROL_PATROLCTL_JSONPLACE_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * The line and column (both from 1, columns in bytes) of the first byte that
 * cannot stand in one JSON value (RFC 8259); false if it is one.
 */
bool json_fault_place(struct slice text, unsigned *line, unsigned *col);
#endif
