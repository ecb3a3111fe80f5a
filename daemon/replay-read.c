/*
 * Two blocks go round: the thread fills one while the other is judged.
 */
#include "daemon/replay-read.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/arena.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/stored.h"

#define BLOCK	128 /* uses; of 6 KiB each */
#define STOPPED (-1)

struct block {
	struct replayed use[BLOCK]; /* texts of the store lie in the arena */
	size_t		n;
	struct arena	text;
};

struct replay_read {
	const struct engine *engine;
	int64_t		     after;
	struct block	     block[2];
	unsigned	     filling, taking; /* the thread's; the taker's */
	/* The thread's, while it runs. */
	pthread_t	     thread;
	struct store_reader *reader;
	struct decoder	    *decoder;
	/* Under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t	cond;
	bool		full[2]; /* the taker's; else the thread's */
	bool		ended;	 /* no further block comes */
	bool		stop;
	int		result; /* of reading */
	struct error	err;
};

/* ---- the thread: from rows to uses -------------------------------------- */

/* A name of `b`; one that the engine does not know (any more) is asked for. */
static int
find_name(struct replay_read *r, struct block *b, enum store_names what,
    uint32_t number, struct slice *out)
{
	struct slice s;
	int	     code;

	*out = (struct slice){NULL, 0};
	if (number == 0)
		return 0;
	*out = what == STORE_STRING ? engine_loaded_string(r->engine, number) :
				      engine_loaded_token(r->engine, number);
	if (out->p != NULL)
		return 0;
	code = store_read_name(r->reader, what, number, &s, &r->err);
	if (code == 0)
		*out = arena_slice(&b->text, s);
	return code;
}

static int
find_names(struct replay_read *r, struct block *b, const struct use_row *row,
    struct stored_use *s)
{
	const struct {
		uint32_t      id;
		struct slice *text;
	} strings[] = {
	    {row->account, &s->account},
	    {row->registry, &s->registry},
	    {row->action, &s->action},
	    {row->outcome, &s->outcome},
	    {row->reason, &s->reason},
	    {row->repository, &s->repository},
	    {row->tag, &s->tag},
	    {row->digest, &s->digest},
	    {row->media_type, &s->media_type},
	    {row->ip, &s->ip},
	    {row->user_agent, &s->user_agent},
	};
	size_t i;
	int    code;

	code = find_name(r, b, STORE_TOKEN_ID, row->token, &s->token_id);
	for (i = 0; i < sizeof strings / sizeof strings[0] && code == 0; i++)
		code = find_name(r, b, STORE_STRING, strings[i].id,
		    strings[i].text);
	return code;
}

/* What was decoded lives until the next use is. */
static void
keep_others(struct block *b, struct use *u)
{
	struct use_other *o;
	struct slice	  text;
	unsigned	  i;

	for (i = 0; i < u->nother; i++) {
		o = &u->other[i];
		o->key = arena_slice(&b->text, o->key);
		text = arena_slice(&b->text,
		    (struct slice){o->value.p, o->value.n});
		o->value.p = text.p;
	}
}

static int
make_use(struct replay_read *r, struct block *b, struct replayed *u)
{
	const struct use_row *row = &u->row;
	struct stored_use     s = {.time = row->time,
		.arrival = row->arrival,
		.id = row->id,
		.other = row->other,
		.bytes = row->bytes,
		.count = row->count};
	struct error	      fault;
	int		      code;

	if ((code = find_names(r, b, row, &s)) != 0)
		return code;
	if (stored_fill(r->decoder, &s, &u->use, &fault) == -1)
		log_warnx("stored use %lld: %s, ignoring", (long long)row->seq,
		    fault.text);
	keep_others(b, &u->use);
	engine_replay_enrich(r->engine, &u->use, row);
	return 0;
}

/* What their rows name lies all over the memory: it is fetched some ahead. */
static int
make_uses(struct replay_read *r, struct block *b)
{
	size_t	 turn, i;
	unsigned step;
	int	 code = 0;

	for (turn = 0; turn < b->n + ENGINE_WARM_ROW && code == 0; turn++) {
		for (step = 0; step < ENGINE_WARM_ROW; step++) {
			i = turn - step; /* before the first: far beyond n */
			if (i < b->n)
				engine_warm_row(r->engine, &b->use[i].row,
				    step);
		}
		i = turn - ENGINE_WARM_ROW;
		if (i < b->n)
			code = make_use(r, b, &b->use[i]);
	}
	return code;
}

/* ---- the thread: blocks ------------------------------------------------- */

/* Hands over the block and waits for the other; STOPPED: it has to end. */
static int
pass(struct replay_read *r)
{
	int code;

	if ((code = make_uses(r, &r->block[r->filling])) != 0)
		return code;
	pthread_mutex_lock(&r->lock);
	r->full[r->filling] = true;
	pthread_cond_signal(&r->cond);
	r->filling ^= 1;
	while (r->full[r->filling] && !r->stop)
		pthread_cond_wait(&r->cond, &r->lock);
	if (r->stop)
		code = STOPPED;
	pthread_mutex_unlock(&r->lock);
	return code;
}

/* Its texts are the statement's, which goes on. */
static int
take_row(const struct use_row *row, void *arg)
{
	struct replay_read *r = arg;
	struct block	   *b = &r->block[r->filling];
	struct use_row	   *to = &b->use[b->n++].row;

	*to = *row;
	to->id = arena_slice(&b->text, row->id);
	to->other = arena_slice(&b->text, row->other);
	return b->n < BLOCK ? 0 : pass(r);
}

static void *
read_all(void *arg)
{
	struct replay_read *r = arg;
	int		    code;

	code = store_read_rows(r->reader, r->after, take_row, r, &r->err);
	if (code == 0 && r->block[r->filling].n > 0)
		code = pass(r);
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	r->result = code;
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- who takes ---------------------------------------------------------- */

int
replay_read_open(const char *path, const struct engine *e, int64_t after,
    struct replay_read **out, struct error *err)
{
	struct decode_opts  o = {.ignore_age = true};
	struct replay_read *r = xcalloc(1, sizeof *r);
	int		    code;

	code = store_reader_open(path, &r->reader, err);
	if (code != STORE_OK) {
		free(r);
		return code;
	}
	r->engine = e;
	r->after = after;
	r->decoder = decoder_new(&o);
	r->taking = 1; /* which the first replay_read_next gives back */
	r->full[1] = true;
	arena_init(&r->block[0].text);
	arena_init(&r->block[1].text);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->cond, NULL);
	if (pthread_create(&r->thread, NULL, read_all, r) != 0)
		fatalx(EX_OSERR, "no thread to read the uses");
	(void)pthread_setname_np(r->thread, "replay");
	*out = r;
	return STORE_OK;
}

int
replay_read_next(struct replay_read *r, struct replayed **at, size_t *n,
    struct error *err)
{
	struct block *b = &r->block[r->taking];
	int	      code = STORE_OK;

	b->n = 0;
	arena_reset(&b->text);
	pthread_mutex_lock(&r->lock);
	r->full[r->taking] = false;
	pthread_cond_signal(&r->cond);
	r->taking ^= 1;
	b = &r->block[r->taking];
	while (!r->full[r->taking] && !r->ended)
		pthread_cond_wait(&r->cond, &r->lock);
	*at = b->use;
	*n = r->full[r->taking] ? b->n : 0;
	if (*n == 0 && r->result != STORE_OK) {
		code = r->result;
		*err = r->err;
	}
	pthread_mutex_unlock(&r->lock);
	return code;
}

void
replay_read_close(struct replay_read **rp)
{
	struct replay_read *r = *rp;

	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	store_reader_close(&r->reader);
	decoder_free(&r->decoder);
	arena_clear(&r->block[0].text);
	arena_clear(&r->block[1].text);
	pthread_cond_destroy(&r->cond);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*rp = NULL;
}
