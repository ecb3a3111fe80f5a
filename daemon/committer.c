#include "daemon/committer.h"

#include <assert.h>
#include <event2/event.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/committer-thread.h"
#include "daemon/log.h"

#define CHECKPOINT_EVERY USEC_SEC /* last-used goes to the store, */
#define CHECKPOINT_ROW	 20	  /* or after so many usec for each row */
#define CHECKPOINT_PART	 16 /* rows with a batch, and one for each use of it */
#define CHECKPOINT_IDLE	 64 /* or so many when there is nothing else */
#define STUCK_TIMES	 4  /* as much as a batch should hold */

/* A commit costs an fsync at least, and seconds on a disk in trouble. */
static const uint64_t took_bounds[] = {500, 1000, 2500, 5000, 10000, 25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
static const uint64_t size_bounds[] = {0, 1, 10, 100, 1000, 2500, 5000,
    COMMITTER_USES_MAX, 2 * COMMITTER_USES_MAX, 4 * COMMITTER_USES_MAX};

static const uint64_t trim_bounds[] = {500, 1000, 2500, 5000, 10000, 25000,
    50000, 100000, 250000, 500000, 1000000};

#define NBOUNDS(b) (sizeof(b) / sizeof(b)[0])

static void
fire(struct settle_list *list)
{
	struct settle *s;

	while ((s = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, s, entry);
		s->state = SETTLE_NONE;
		s->fn(s, s->arg);
	}
}

/* All that waits now waits for the batch that goes to the thread. */
static void
board(struct committer *c)
{
	struct settle *s;

	TAILQ_FOREACH (s, &c->waiting, entry)
		s->state = SETTLE_INFLIGHT;
	TAILQ_CONCAT(&c->inflight, &c->waiting, entry);
}

/* Tells when a trouble begins, what it means, and when it has ended. */
static void
note_trouble(char **known, const char *text, const char *means,
    const char *ended)
{
	if (text[0] == '\0') {
		if (*known != NULL)
			log_info("%s", ended);
		free(*known);
		*known = NULL;
	} else if (*known == NULL) {
		*known = xstrdup(text);
		log_warnx("%s: %s", text, means);
	}
}

static void
note_troubles(struct committer *c, const struct error *failure,
    const struct error *log_failure)
{
	note_trouble(&c->trouble, failure->text,
	    "nothing is acknowledged until it can be written",
	    "the store can be written again");
	note_trouble(&c->log_trouble, log_failure->text,
	    "what is acknowledged is safe in its log, which grows",
	    "the store's log can be moved into it again");
}

/* Takes back a batch that the thread has written. */
static void
reap(struct committer *c)
{
	struct batch *b = NULL;
	struct error  failure, log_failure;

	pthread_mutex_lock(&c->lock);
	if (c->state == WRITER_DONE) {
		b = c->work;
		c->work = NULL;
		c->state = WRITER_IDLE;
		c->counts.last_usec = c->took;
		histogram_add(&c->counts.took, (uint64_t)c->took);
	}
	failure = c->failure;
	log_failure = c->log_failure;
	c->counts.failures = c->failures;
	c->counts.trims = c->trims;
	c->counts.trimmed = c->trimmed;
	pthread_mutex_unlock(&c->lock);
	note_troubles(c, &failure, &log_failure);
	if (b == NULL)
		return;
	c->counts.commits++;
	c->counts.uses += b->nuses;
	histogram_add(&c->counts.size, b->nuses);
	c->writing = (struct committer_queue){0};
	c->hooks.committed(b, c->hooks.arg);
	batch_reset(b);
	c->next = b;
	fire(&c->inflight);
}

static void
wake_cb(evutil_socket_t fd, short what, void *arg)
{
	struct committer *c = arg;
	uint64_t	  n;

	(void)what;
	if (read(fd, &n, sizeof n) == -1)
		return;
	reap(c);
}

/* Waits are spans: a clock that is set must not make them longer. */
static void
init_lock(struct committer *c)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->cond, &attr);
	pthread_condattr_destroy(&attr);
}

struct committer *
committer_new(struct event_base *base, struct store *st, struct engine *e,
    const struct committer_keep *keep, const struct committer_hooks *hooks)
{
	struct committer *c = xcalloc(1, sizeof *c);

	c->engine = e;
	histogram_init(&c->counts.took, took_bounds, NBOUNDS(took_bounds));
	histogram_init(&c->counts.size, size_bounds, NBOUNDS(size_bounds));
	c->hooks = *hooks;
	c->store = st;
	c->keep = *keep;
	c->next = xcalloc(1, sizeof *c->next);
	batch_init(c->next);
	TAILQ_INIT(&c->waiting);
	TAILQ_INIT(&c->inflight);
	histogram_init(&c->trims, trim_bounds, NBOUNDS(trim_bounds));
	c->counts.trims = c->trims;
	retention_init(&c->retention);
	init_lock(c);
	c->efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->efd == -1)
		fatalx(EX_OSERR, "eventfd failed");
	c->wake = event_new(base, c->efd, EV_READ | EV_PERSIST, wake_cb, c);
	event_add(c->wake, NULL);
	if (pthread_create(&c->thread, NULL, committer_thread, c) != 0)
		fatalx(EX_OSERR, "no thread for the committer");
	(void)pthread_setname_np(c->thread, "committer");
	return c;
}

void
committer_configure(struct committer *c, const struct committer_keep *keep)
{
	pthread_mutex_lock(&c->lock);
	c->keep = *keep;
	pthread_mutex_unlock(&c->lock);
}

static bool
is_idle(struct committer *c)
{
	bool idle;

	pthread_mutex_lock(&c->lock);
	idle = c->state == WRITER_IDLE;
	pthread_mutex_unlock(&c->lock);
	return idle;
}

/* Rows are added in order of arrival. */
static void
queue_of(const struct batch *b, struct committer_queue *out)
{
	*out =
	    (struct committer_queue){b->nuses, b->nrefused, b->arena.total, 0};
	if (b->nuses > 0)
		out->oldest = b->uses[0].arrival;
	if (b->nrefused > 0 &&
	    (out->oldest == 0 || b->refused[0].time < out->oldest))
		out->oldest = b->refused[0].time;
}

static void
hand_over(struct committer *c, struct batch *full)
{
	c->next = NULL;
	queue_of(full, &c->writing);
	board(c);
	pthread_mutex_lock(&c->lock);
	c->work = full;
	c->state = WRITER_BUSY;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->lock);
	if (c->was_full) {
		c->was_full = false;
		c->hooks.room(c->hooks.arg);
	}
}

/*
 * One a second; fewer when there are so many rows that writing them would take
 * a good part of the time: the more uses they sum up, the fewer they are.
 */
static void
begin_checkpoint(struct committer *c)
{
	usec_t now = committer_clock();
	usec_t pause;

	if (engine_has_checkpoint(c->engine) || now < c->next_checkpoint ||
	    !engine_needs_checkpoint(c->engine))
		return;
	pause = (usec_t)engine_begin_checkpoint(c->engine) * CHECKPOINT_ROW;
	c->next_checkpoint =
	    now + (pause > CHECKPOINT_EVERY ? pause : CHECKPOINT_EVERY);
}

/*
 * Rows of last-used lie all over the store: each batch takes but a few along,
 * for its alerts and acknowledgements wait until they are written.  Yet as many
 * as it has uses, so that a checkpoint ends.
 */
static size_t
rows_with(const struct batch *b)
{
	return batch_is_empty(b) ? CHECKPOINT_IDLE : b->nuses + CHECKPOINT_PART;
}

void
committer_turn(struct committer *c)
{
	const struct batch *b = engine_batch(c->engine);

	if (c->next == NULL || !is_idle(c))
		return;
	begin_checkpoint(c);
	if (!engine_has_checkpoint(c->engine) && batch_is_empty(b)) {
		/* Only duplicates, say: all they wait for is written. */
		board(c);
		fire(&c->inflight);
		return;
	}
	hand_over(c, engine_take(c->engine, c->next, rows_with(b)));
}

bool
committer_stop(struct committer *c)
{
	struct pollfd pfd = {.fd = c->efd, .events = POLLIN};
	bool	      clean;

	/* What is being written, then what has come since. */
	while (!is_idle(c) && c->trouble == NULL) {
		(void)poll(&pfd, 1, -1);
		wake_cb(c->efd, EV_READ, c);
	}
	if (c->next != NULL &&
	    (!batch_is_empty(engine_batch(c->engine)) ||
		engine_has_checkpoint(c->engine) ||
		engine_needs_checkpoint(c->engine)))
		hand_over(c, engine_take_all(c->engine, c->next));
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	reap(c);
	clean = c->next != NULL;
	if (clean) {
		board(c);
		fire(&c->inflight);
	}
	return clean;
}

void
committer_free(struct committer **cp)
{
	struct committer *c = *cp;
	struct batch	 *b;

	if (c == NULL)
		return;
	event_free(c->wake);
	close(c->efd);
	/* The engine frees the batch that it holds, we the other. */
	b = c->next != NULL ? c->next : c->work;
	batch_clear(b);
	free(b);
	store_close(&c->store);
	pthread_cond_destroy(&c->cond);
	pthread_mutex_destroy(&c->lock);
	free(c->trouble);
	free(c->log_trouble);
	free(c);
	*cp = NULL;
}

void
committer_wait(struct committer *c, struct settle *s)
{
	assert(s->state == SETTLE_NONE);
	s->state = SETTLE_WAITING;
	TAILQ_INSERT_TAIL(&c->waiting, s, entry);
}

void
committer_forget(struct committer *c, struct settle *s)
{
	if (s->state == SETTLE_WAITING)
		TAILQ_REMOVE(&c->waiting, s, entry);
	else if (s->state == SETTLE_INFLIGHT)
		TAILQ_REMOVE(&c->inflight, s, entry);
	s->state = SETTLE_NONE;
}

/* Has the batch that fills so many times what it should hold? */
static bool
holds_times(const struct committer *c, unsigned times)
{
	const struct batch *b = engine_batch(c->engine);

	return b->nuses + b->nrefused >= times * COMMITTER_USES_MAX ||
	    b->arena.total >= times * (size_t)COMMITTER_BYTES_MAX;
}

bool
committer_is_stuck(const struct committer *c)
{
	return holds_times(c, STUCK_TIMES);
}

bool
committer_is_full(struct committer *c)
{
	if (!holds_times(c, 1))
		return false;
	c->was_full = true;
	return true;
}

const char *
committer_trouble(const struct committer *c)
{
	return c->trouble;
}

const char *
committer_log_trouble(const struct committer *c)
{
	return c->log_trouble;
}

const struct committer_counts *
committer_counts(const struct committer *c)
{
	return &c->counts;
}

void
committer_queue(const struct committer *c, struct committer_queue *out)
{
	queue_of(engine_batch(c->engine), out);
	out->uses += c->writing.uses;
	out->refused += c->writing.refused;
	out->bytes += c->writing.bytes;
	if (c->writing.oldest != 0)
		out->oldest = c->writing.oldest;
}
