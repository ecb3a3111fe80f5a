#include "daemon/wiping.h"

#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void
wiping_free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* realloc(3) may leave the old place as it was. */
static void *
wiping_realloc(void *old, size_t size)
{
	void *new;
	size_t had;

	if (old == NULL)
		return malloc(size);
	if (size == 0) {
		wiping_free(old);
		return NULL;
	}
	if ((new = malloc(size)) == NULL)
		return NULL;
	had = malloc_usable_size(old);
	memcpy(new, old, had < size ? had : size);
	wiping_free(old);
	return new;
}

void
wiping_start(void)
{
	event_set_mem_functions(malloc, wiping_realloc, wiping_free);
}
