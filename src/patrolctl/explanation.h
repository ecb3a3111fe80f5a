/*
 * explanation - what rule/explain.h says in JSON, for people.
 */
#ifndef PATROL_PATROLCTL_EXPLANATION_H
#define PATROL_PATROLCTL_EXPLANATION_H

#include "patrolctl/ctl.h"

/* Appends it to ctl->out; `json` is one explanation. */
void explanation_print(struct ctl *ctl, struct slice json);
#endif
