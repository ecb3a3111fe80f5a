#include "daemon/reader.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/log.h"

STAILQ_HEAD(job_list, reader_job);

struct reader {
	struct event   *wake;
	char	       *path;
	int		efd;
	pthread_t	thread;
	pthread_mutex_t lock;
	pthread_cond_t	cond;
	/* Under the lock. */
	struct job_list	   todo, done;
	struct reader_job *running;
	bool		   stop;
};

/* Opened at the first question: the file is there by then. */
static void
run_job(struct reader *r, struct store_reader **sr, struct reader_job *job)
{
	job->result = STORE_OK;
	if (*sr == NULL && r->path != NULL)
		job->result = store_reader_open(r->path, sr, &job->error);
	if (job->result == STORE_OK)
		job->result = job->run(job, *sr, &job->error);
}

static void *
reader_main(void *arg)
{
	struct reader	    *r = arg;
	struct store_reader *sr = NULL;
	struct reader_job   *job;
	uint64_t	     one = 1;
	bool		     first;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (STAILQ_EMPTY(&r->todo) && !r->stop)
			pthread_cond_wait(&r->cond, &r->lock);
		if (r->stop)
			break;
		job = STAILQ_FIRST(&r->todo);
		STAILQ_REMOVE_HEAD(&r->todo, entry);
		r->running = job;
		pthread_mutex_unlock(&r->lock);
		run_job(r, &sr, job);
		pthread_mutex_lock(&r->lock);
		r->running = NULL;
		/* With others before it that the loop has not taken yet, it
		 * was woken for them. */
		first = STAILQ_EMPTY(&r->done);
		STAILQ_INSERT_TAIL(&r->done, job, entry);
		/* It fails only if the counter is full: the loop is awake. */
		if (first && write(r->efd, &one, sizeof one) == -1)
			continue;
	}
	pthread_mutex_unlock(&r->lock);
	store_reader_close(&sr);
	return NULL;
}

static void
finish_jobs(struct reader *r)
{
	struct job_list	   done = STAILQ_HEAD_INITIALIZER(done);
	struct reader_job *job;

	pthread_mutex_lock(&r->lock);
	STAILQ_CONCAT(&done, &r->done);
	pthread_mutex_unlock(&r->lock);
	while ((job = STAILQ_FIRST(&done)) != NULL) {
		STAILQ_REMOVE_HEAD(&done, entry);
		job->done(job);
	}
}

static void
wake_cb(evutil_socket_t fd, short what, void *arg)
{
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof n) == -1)
		return;
	finish_jobs(arg);
}

struct reader *
reader_new(struct event_base *base, const char *path, const char *name)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->path = path != NULL ? xstrdup(path) : NULL;
	STAILQ_INIT(&r->todo);
	STAILQ_INIT(&r->done);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->cond, NULL);
	r->efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->efd == -1)
		fatalx(EX_OSERR, "eventfd failed");
	r->wake = event_new(base, r->efd, EV_READ | EV_PERSIST, wake_cb, r);
	event_add(r->wake, NULL);
	if (pthread_create(&r->thread, NULL, reader_main, r) != 0)
		fatalx(EX_OSERR, "no thread for the reader");
	(void)pthread_setname_np(r->thread, name);
	return r;
}

void
reader_free(struct reader **rp)
{
	struct reader	  *r = *rp;
	struct reader_job *job;

	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	if (r->running != NULL)
		atomic_store(&r->running->cancelled, true);
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	STAILQ_FOREACH (job, &r->todo, entry) {
		job->result = STORE_E_OTHER;
		error_set(&job->error, "patrold is stopping");
	}
	STAILQ_CONCAT(&r->done, &r->todo);
	finish_jobs(r);
	event_free(r->wake);
	close(r->efd);
	pthread_cond_destroy(&r->cond);
	pthread_mutex_destroy(&r->lock);
	free(r->path);
	free(r);
	*rp = NULL;
}

void
reader_submit(struct reader *r, struct reader_job *job)
{
	pthread_mutex_lock(&r->lock);
	STAILQ_INSERT_TAIL(&r->todo, job, entry);
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
}
