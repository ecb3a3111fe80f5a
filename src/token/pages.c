#include "token/pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PAGE_BITS 10
#define PAGE_SIZE (1u << PAGE_BITS)

struct page {
	unsigned used;
	void	*value[PAGE_SIZE];
};

void
pages_init(struct pages *p)
{
	*p = (struct pages){0};
}

void
pages_clear(struct pages *p)
{
	size_t i;

	for (i = 0; i < p->npages; i++)
		free(p->page[i]);
	free(p->page);
	pages_init(p);
}

void *
pages_find(const struct pages *p, uint32_t n)
{
	size_t i = n >> PAGE_BITS;

	if (i >= p->npages || p->page[i] == NULL)
		return NULL;
	return p->page[i]->value[n % PAGE_SIZE];
}

void
pages_warm(const struct pages *p, uint32_t n)
{
	size_t i = n >> PAGE_BITS;

	if (i < p->npages && p->page[i] != NULL)
		__builtin_prefetch(&p->page[i]->value[n % PAGE_SIZE]);
}

/* Doubles, so that counting up costs nothing to speak of. */
static void
grow(struct pages *p, size_t need)
{
	size_t n = p->npages == 0 ? 8 : p->npages;

	while (n < need)
		n *= 2;
	p->page = xreallocarray(p->page, n, sizeof *p->page);
	memset(p->page + p->npages, 0, (n - p->npages) * sizeof *p->page);
	p->npages = n;
}

void
pages_add(struct pages *p, uint32_t n, void *value)
{
	size_t i = n >> PAGE_BITS;

	assert(value != NULL);
	if (i >= p->npages)
		grow(p, i + 1);
	if (p->page[i] == NULL)
		p->page[i] = xcalloc(1, sizeof *p->page[i]);
	assert(p->page[i]->value[n % PAGE_SIZE] == NULL);
	p->page[i]->value[n % PAGE_SIZE] = value;
	p->page[i]->used++;
}

void
pages_remove(struct pages *p, uint32_t n)
{
	size_t i = n >> PAGE_BITS;

	assert(pages_find(p, n) != NULL);
	p->page[i]->value[n % PAGE_SIZE] = NULL;
	if (--p->page[i]->used == 0) {
		free(p->page[i]);
		p->page[i] = NULL;
	}
}

size_t
pages_some(const struct pages *p, uint32_t after, void **out, size_t max)
{
	uint64_t n = (uint64_t)after + 1, end = p->npages << PAGE_BITS;
	size_t	 got = 0;
	void	*value;

	while (n < end && got < max) {
		if (p->page[n >> PAGE_BITS] == NULL) {
			n = ((n >> PAGE_BITS) + 1) << PAGE_BITS;
			continue;
		}
		value = p->page[n >> PAGE_BITS]->value[n % PAGE_SIZE];
		if (value != NULL)
			out[got++] = value;
		n++;
	}
	return got;
}

static void *
page_next(const struct page *page, size_t from)
{
	size_t i;

	for (i = from; i < PAGE_SIZE; i++)
		if (page->value[i] != NULL)
			return page->value[i];
	return NULL;
}

void *
pages_next(const struct pages *p, uint32_t after)
{
	uint64_t from = (uint64_t)after + 1;
	size_t	 i = from >> PAGE_BITS;
	void	*value;

	for (from %= PAGE_SIZE; i < p->npages; i++, from = 0)
		if (p->page[i] != NULL &&
		    (value = page_next(p->page[i], from)) != NULL)
			return value;
	return NULL;
}
