#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define ARENA_BLOCK_MIN 4096
#define ARENA_BLOCK_MAX (1024 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t		    size;
	alignas(max_align_t) char data[];
};

void
arena_init(struct arena *a)
{
	memset(a, 0, sizeof *a);
}

static void
free_blocks(struct arena_block *b)
{
	struct arena_block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
}

void
arena_clear(struct arena *a)
{
	free_blocks(a->blocks);
	arena_init(a);
}

static void
add_block(struct arena *a, size_t size)
{
	struct arena_block *b = xmalloc(sizeof *b + size);

	b->next = a->blocks;
	b->size = size;
	a->blocks = b;
	a->at = b->data;
	a->end = b->data + size;
}

/* Blocks double from 4 KiB to 1 MiB: few mallocs, little waste. */
static void
grow(struct arena *a, size_t n)
{
	size_t size = ARENA_BLOCK_MIN;

	if (a->blocks != NULL)
		size = a->blocks->size * 2;
	if (size > ARENA_BLOCK_MAX)
		size = ARENA_BLOCK_MAX;
	if (size < n + sizeof(max_align_t))
		size = n + sizeof(max_align_t);
	add_block(a, size);
}

/* What took many blocks takes one the next time. */
void
arena_reset(struct arena *a)
{
	struct arena_block *b = a->blocks;
	size_t		    size = 0;

	a->total = 0;
	if (b != NULL && b->next != NULL) {
		for (; b != NULL; b = b->next)
			size += b->size;
		arena_clear(a);
		add_block(a, size);
	} else if (b != NULL) {
		a->at = b->data;
		a->end = b->data + b->size;
	}
}

char *
arena_bytes(struct arena *a, size_t n)
{
	char *p;

	if ((size_t)(a->end - a->at) < n)
		grow(a, n);
	p = a->at;
	a->at += n;
	a->total += n;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t pad;

	if (a->at == NULL)
		grow(a, n);
	pad = -(uintptr_t)a->at & (alignof(max_align_t) - 1);
	if ((size_t)(a->end - a->at) < n + pad) {
		grow(a, n);
		pad = 0;
	}
	a->at += pad;
	return arena_bytes(a, n);
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

struct slice
arena_slice(struct arena *a, struct slice s)
{
	char *p;

	if (s.p == NULL)
		return s;
	p = arena_bytes(a, s.n + 1);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct slice){p, s.n};
}

char *
arena_str(struct arena *a, const char *s)
{
	return (char *)arena_slice(a, slice_of(s)).p;
}
