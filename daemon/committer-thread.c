/*
 * committer-thread - writes a batch after the other, and tidies up between.
 */
#include "daemon/committer-thread.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/patrold.h"

#define RETRY_MSEC	1000
#define TRIM_IDLE_MSEC	60000 /* without a commit: a step of deleting */
#define TRIM_PAUSE_MSEC 10    /* between two, likewise */

usec_t
committer_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000;
}

static void
wake_loop(struct committer *c)
{
	uint64_t one = 1;

	/* It fails only if the counter is full: then the loop is awake. */
	if (write(c->efd, &one, sizeof one) == -1)
		return;
}

/* Called with the lock held. */
static void
empty_log(struct committer *c)
{
	const char *trouble;

	pthread_mutex_unlock(&c->lock);
	trouble = store_empty_log(c->store);
	pthread_mutex_lock(&c->lock);
	if (strcmp(c->log_failure.text, trouble) == 0)
		return;
	error_set(&c->log_failure, "%s", trouble);
	wake_loop(c);
}

/* Called with the lock held: one step; how many rows went. */
static uint64_t
trim(struct committer *c)
{
	struct committer_keep keep = c->keep;
	usec_t		      start = committer_clock(), took;
	uint64_t	      rows;
	struct error	      err;

	pthread_mutex_unlock(&c->lock);
	if (retention_step(&c->retention, c->store, &keep, patrold_now(), &rows,
		&err) != STORE_OK)
		log_warnx("%s, ignoring", err.text);
	took = committer_clock() - start;
	if (rows > 0)
		retention_adapt(&c->retention, took);
	pthread_mutex_lock(&c->lock);
	histogram_add(&c->trims, (uint64_t)took);
	c->trimmed += rows;
	if (rows > 0)
		wake_loop(c); /* to count it */
	empty_log(c);
	return rows;
}

/* Waits for work for so long at most; false: none has come. */
static bool
wait_msec(struct committer *c, unsigned msec)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += msec / 1000;
	until.tv_nsec += (long)(msec % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return pthread_cond_timedwait(&c->cond, &c->lock, &until) != ETIMEDOUT;
}

/* Called with the lock held; tries until it is done or has to stop. */
static bool
write_batch(struct committer *c)
{
	struct error err = {""};
	usec_t	     start;
	int	     r;

	for (;;) {
		pthread_mutex_unlock(&c->lock);
		start = committer_clock();
		r = store_commit(c->store, c->work, &err);
		pthread_mutex_lock(&c->lock);
		if (r == STORE_OK) {
			c->took = committer_clock() - start;
			c->failure.text[0] = '\0';
			retention_committed(&c->retention, c->work->nrefused);
			return true;
		}
		c->failure = err;
		c->failures++;
		wake_loop(c);
		if (c->stop)
			return false;
		(void)wait_msec(c, RETRY_MSEC);
	}
}

/*
 * Trims when nothing is to be written, so that what is too old goes also
 * where no use comes any more; a first time soon after the start.
 */
static void
wait_for_batch(struct committer *c)
{
	while (c->state != WRITER_BUSY && !c->stop)
		if (!wait_msec(c,
			c->retention.more ? TRIM_PAUSE_MSEC : TRIM_IDLE_MSEC) &&
		    c->state != WRITER_BUSY && !c->stop)
			(void)trim(c);
}

/*
 * One step now and then; one after each commit while there is more to do.  Of
 * refused lines as many go as came, if need be in more steps than one: what
 * strangers write must not outrun what is deleted.
 */
static void
trim_after_commit(struct committer *c)
{
	uint64_t owed = c->retention.refused, rows = 0;

	if (!retention_is_due(&c->retention))
		return;
	do
		rows += trim(c);
	while (c->retention.more && rows < owed && !c->stop);
}

/* What is durable is told first: no acknowledgement, and no alert, waits for
 * what tidies up. */
void *
committer_thread(void *arg)
{
	struct committer *c = arg;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		wait_for_batch(c);
		if (c->state != WRITER_BUSY)
			break;
		if (!write_batch(c))
			break;
		c->state = WRITER_DONE;
		wake_loop(c);
		empty_log(c);
		trim_after_commit(c);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}
