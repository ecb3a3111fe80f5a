/*
 * progress - a bar on the terminal, while something takes its time.
 *
 * On stderr, and only if that is a terminal; drawn ten times a second at
 * most, and gone when it is done.
 */
#ifndef PATROL_PATROLCTL_PROGRESS_H
#define PATROL_PATROLCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct progress {
	const char *noun;  /* "uses" */
	bool	    shown; /* there is a terminal */
	bool	    drawn; /* there is a bar on it */
	usec_t	    next;  /* when to draw again */
};

/* `noun` is borrowed. */
void progress_begin(struct progress *p, const char *noun);
/* `done` of `total`; 0: nobody knows of how many. */
void progress_show(struct progress *p, uint64_t done, uint64_t total);
/* Takes the bar away. */
void progress_end(struct progress *p);
#endif
