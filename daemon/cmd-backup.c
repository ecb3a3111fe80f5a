/*
 * backup - a copy of the store, into a file that the admin's patrolctl has
 * opened and lends.
 *
 * The daemon could not do it by name: it runs as its own user, may write
 * nowhere but beside its store, and a path from a peer would make it write
 * with its rights where the peer has none.  So patrolctl opens the file with
 * the rights of who runs it, and the daemon gets a descriptor of one empty
 * file and nothing else.
 *
 * The audit entry is durable before the first byte leaves: nobody takes a
 * copy of everything without a trace, and the copy has its own entry.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/work.h"

#define STEP_PAGES 256 /* 2 MiB: between two it may be cancelled */
#define TO_MAX	   4096

struct backup {
	struct work		  work; /* first: work's part */
	struct patrold		 *p;
	char			 *to; /* owned: where, as the peer says */
	int			  fd; /* owned; -1: not there yet */
	bool			  audited;
	struct store_backup_state state;
};

static void
backup_free(struct backup *b)
{
	b->p->backing_up = false;
	if (b->fd != -1)
		close(b->fd);
	free(b->to);
	free(b);
}

/* Of a request that ends before the copying has begun. */
static void
drop(struct control_request *r)
{
	backup_free(r->job);
}

static int
run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct backup	    *b = (struct backup *)job;
	struct store_backup *sb;
	int		     code;

	(void)sr;
	code = store_backup_open(b->p->boot_conf->store_path, b->fd, &sb, err);
	if (code != STORE_OK)
		return code;
	do {
		if (atomic_load(&job->cancelled)) {
			error_set(err, "the backup was cancelled");
			code = STORE_E_OTHER;
			break;
		}
		code = store_backup_step(sb, STEP_PAGES, &b->state, err);
		atomic_store(&b->work.done, b->state.done);
		atomic_store(&b->work.total, b->state.total);
	} while (code == STORE_OK && b->state.more);
	store_backup_close(&sb);
	return code;
}

static void
end(struct work *w)
{
	struct backup *b = (struct backup *)w;
	struct jsonw   j;
	struct buf     out;

	if (w->job.result != STORE_OK) {
		control_fail(w->r, MSG_INTERNAL, "%s", w->job.error.text);
	} else {
		buf_init(&out);
		jsonw_init(&j, &out);
		jsonw_object(&j);
		jsonw_field_int(&j, "bytes", (int64_t)b->state.total);
		jsonw_end(&j);
		control_done(w->r, buf_slice(&out));
		buf_clear(&out);
	}
	backup_free(b);
}

/* First to the audit; the descriptor is here. */
static bool
more(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	struct backup	   *b = r->job;

	if (!b->audited) {
		engine_audit(b->p->engine, patrold_now(), &by, "backup", b->to,
		    (struct slice){NULL, 0}, (struct slice){NULL, 0});
		b->audited = true;
		control_await(r, AWAIT_COMMIT);
		return false;
	}
	r->drop = NULL; /* it is the thread's now */
	control_await(r, AWAIT_THREAD);
	work_start(&b->work, r, run, end);
	return false;
}

static void
take_descriptor(struct control_request *r, int fd)
{
	struct backup *b = r->job;

	b->fd = fd;
	if (fd == -1) {
		control_fail(r, MSG_BAD_REQUEST,
		    "backup: lend the descriptor of a file, as patrolctl does");
		return;
	}
	control_stream(r, more);
}

static void
cmd_backup(struct control_request *r)
{
	struct slice   to = control_arg(r, "to");
	const char    *trouble = committer_trouble(r->p->committer);
	struct backup *b;

	if (to.n == 0 || to.n > TO_MAX) {
		control_fail(r, MSG_BAD_REQUEST,
		    "to: where the copy goes, for the audit");
		return;
	}
	if (r->p->backing_up) {
		control_fail(r, MSG_CONFLICT, "a backup is being made");
		return;
	}
	if (trouble != NULL) {
		control_fail(r, MSG_UNAVAILABLE,
		    "a backup is audited, and nothing can be stored (%s)",
		    trouble);
		return;
	}
	b = xcalloc(1, sizeof *b);
	b->p = r->p;
	b->to = slice_dup(to);
	b->fd = -1;
	r->p->backing_up = true;
	r->job = b;
	r->drop = drop;
	control_borrow(r, take_descriptor);
}

/* clang-format off */
const struct cmd_entry cmd_backup_entries[] = {
	{"backup", ROLE_ADMIN, cmd_backup, {"to"}},
	{.name = NULL},
};
/* clang-format on */
