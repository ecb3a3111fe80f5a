#include "stream/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
figures_clear(struct figures *f)
{
	free(f->sorted);
	*f = (struct figures){0};
}

void
figures_copy(struct figures *to, const struct figures *from)
{
	*to = *from;
	if (from->sorted == NULL)
		return;
	to->sorted = xreallocarray(NULL, from->cap, sizeof(double));
	memcpy(to->sorted, from->sorted, from->n * sizeof(double));
}

void
figures_reset(struct figures *f)
{
	f->sum = f->carry = 0;
	f->n = 0;
}

/* What the addition to the sum loses goes into the carry. */
static void
sum_add(struct figures *f, double x)
{
	double sum = f->sum + x;

	f->carry +=
	    fabs(f->sum) >= fabs(x) ? (f->sum - sum) + x : (x - sum) + f->sum;
	f->sum = sum;
}

/* The first place whose number is not less. */
static size_t
sorted_find(const struct figures *f, double x)
{
	size_t lo = 0, hi = f->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->sorted[mid] < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
figures_add(struct figures *f, enum figure what, double x)
{
	size_t i;

	if (what == FIGURE_PERCENTILE) {
		f->sorted = xgrow(f->sorted, f->n, &f->cap, sizeof(double));
		i = sorted_find(f, x);
		memmove(f->sorted + i + 1, f->sorted + i,
		    (f->n - i) * sizeof(double));
		f->sorted[i] = x;
	} else {
		sum_add(f, x);
	}
	f->n++;
}

void
figures_remove(struct figures *f, enum figure what, double x)
{
	size_t i;

	f->n--;
	if (what == FIGURE_PERCENTILE) {
		i = sorted_find(f, x);
		memmove(f->sorted + i, f->sorted + i + 1,
		    (f->n - i) * sizeof(double));
	} else if (f->n == 0) {
		f->sum = f->carry = 0;
	} else {
		sum_add(f, -x);
	}
}

static double
percentile(const struct figures *f, double rank)
{
	/* In hundredths, and divided once at the end: 3 must not become
	 * 3.0000000000000004. */
	double at = rank * (double)(f->n - 1);
	size_t i = (size_t)(at / 100);

	if (i + 1 >= f->n)
		return f->sorted[f->n - 1];
	return f->sorted[i] +
	    (f->sorted[i + 1] - f->sorted[i]) * (at - 100 * (double)i) / 100;
}

double
figures_value(const struct figures *f, enum figure what, double rank)
{
	if (what == FIGURE_PERCENTILE)
		return percentile(f, rank);
	if (what == FIGURE_AVG)
		return (f->sum + f->carry) / (double)f->n;
	return f->sum + f->carry;
}

bool
figures_hold(const struct figure_bounds *b, double x)
{
	return (b->lo_open ? x > b->lo : x >= b->lo) &&
	    (b->hi_open ? x < b->hi : x <= b->hi) && x != b->except;
}
