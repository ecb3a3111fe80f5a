#include "daemon/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"

#define ROWS_DEFAULT 200000 /* of one request */
#define ROWS_MAX     1000000
#define FAULTS_MAX   100 /* told of one request */

struct chain_job {
	struct reader_job	job;
	struct control_request *r; /* NULL: for the log */
	struct patrold	       *p;
	struct store_verify	want;
	struct store_verified	found;
	struct buf		out; /* faults, as items */
	unsigned		told;
};

static struct chain_job *
job_new(struct patrold *p, struct control_request *r)
{
	struct chain_job *j = xcalloc(1, sizeof *j);

	j->p = p;
	j->r = r;
	buf_init(&j->out);
	return j;
}

static void
job_free(struct chain_job *j)
{
	buf_clear(&j->out);
	free(j);
}

static void
add_fault(int64_t link, const char *text, void *arg)
{
	struct chain_job *j = arg;
	struct jsonw	  w;
	struct buf	  b;

	if (j->r == NULL || j->told++ >= FAULTS_MAX)
		return;
	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "link", link);
	jsonw_field_str(&w, "fault", slice_of(text));
	jsonw_end(&w);
	msg_item(&j->out, j->r->id, buf_slice(&b));
	buf_clear(&b);
}

static int
run_job(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct chain_job *j = (struct chain_job *)job;

	return store_verify(sr, &j->want, &j->found, add_fault, j, err);
}

/* "17:9f86d081..." */
static void
format_head(const struct store_verified *v, struct buf *out)
{
	unsigned i;

	buf_addf(out, "%lld:", (long long)v->head_seq);
	for (i = 0; i < STORE_HASH; i++)
		buf_addf(out, "%02x", v->head[i]);
}

/* ---- asked ---- */

static void
format_found(const struct store_verified *v, struct buf *out)
{
	struct jsonw w;
	struct buf   head;

	buf_init(&head);
	format_head(v, &head);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "links", (int64_t)v->links);
	jsonw_field_int(&w, "rows", (int64_t)v->rows);
	jsonw_field_int(&w, "faults", (int64_t)v->faults);
	jsonw_field_bool(&w, "more", v->more);
	jsonw_field_int(&w, "at", v->at);
	jsonw_field_int(&w, "at_use", v->at_use);
	jsonw_field_int(&w, "gone", v->gone);
	jsonw_field_time(&w, "gone_time", v->gone_time);
	jsonw_field_str(&w, "head", buf_slice(&head));
	jsonw_field_int(&w, "head_use", v->head_use);
	jsonw_field_time(&w, "head_time", v->head_time);
	jsonw_field_int(&w, "waiting", (int64_t)v->waiting);
	jsonw_field_bool(&w, "head_found", v->head_found);
	jsonw_end(&w);
	buf_clear(&head);
}

static void
verify_done(struct reader_job *job)
{
	struct chain_job *j = (struct chain_job *)job;
	struct buf	  b;

	if (job->result != STORE_OK) {
		control_fail(j->r, MSG_INTERNAL, "%s", job->error.text);
	} else {
		buf_init(&b);
		format_found(&j->found, &b);
		buf_addslice(&j->r->answer, buf_slice(&j->out));
		control_done(j->r, buf_slice(&b));
		buf_clear(&b);
	}
	job_free(j);
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* "SEQ:HASH", as format_head writes it. */
static bool
parse_head(struct slice s, struct store_verify *want)
{
	struct slice rest = s, seq;
	unsigned     i;
	int	     hi, lo;

	if (!slice_cut(&rest, ':', &seq) ||
	    slice_int(seq, 1, INT64_MAX, &want->head_seq) != 0 ||
	    rest.n != (size_t)2 * STORE_HASH)
		return false;
	for (i = 0; i < STORE_HASH; i++) {
		hi = hex_digit(rest.p[2 * i]);
		lo = hex_digit(rest.p[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return false;
		want->head[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static void
cmd_audit_verify(struct control_request *r)
{
	struct slice	    head = control_arg(r, "head");
	struct store_verify want = {0};
	struct chain_job   *j;
	int64_t		    rows;

	if (!control_arg_int(r, "after", 0, INT64_MAX, 0, &want.after) ||
	    !control_arg_int(r, "rows", 1, ROWS_MAX, ROWS_DEFAULT, &rows))
		return;
	if (head.p != NULL && !parse_head(head, &want)) {
		control_fail(r, MSG_BAD_REQUEST,
		    "head: not as patrold logs it, like 17:9f86d0...");
		return;
	}
	want.rows = (uint64_t)rows;
	want.now = r->now;
	want.kept_since = r->now - r->p->conf->retain_uses;
	j = job_new(r->p, r);
	j->want = want;
	j->job.run = run_job;
	j->job.done = verify_done;
	reader_submit(r->p->reader, &j->job);
}

/* clang-format off */
const struct cmd_entry cmd_chain_entries[] = {
	{"audit.verify", ROLE_ADMIN, cmd_audit_verify,
	    {"head", "after", "rows"}},
	{.name = NULL},
};
/* clang-format on */

/* ---- told ---- */

static void
tell_done(struct reader_job *job)
{
	struct chain_job *j = (struct chain_job *)job;
	struct buf	  b;

	buf_init(&b);
	format_head(&j->found, &b);
	if (job->result == STORE_OK && j->found.head_seq != j->p->chain_told) {
		j->p->chain_told = j->found.head_seq;
		log_info("audit: the head of the hash chain is %s, up to use "
			 "%lld",
		    buf_str(&b), (long long)j->found.head_use);
	}
	buf_clear(&b);
	job_free(j);
}

void
chain_tick(struct patrold *p)
{
	usec_t		  now = patrold_now(), every = p->conf->store_announce;
	struct chain_job *j;

	if (every == 0 || now < p->chain_next)
		return;
	p->chain_next = now + every;
	j = job_new(p, NULL);
	j->want.rows = 0; /* only the head */
	j->job.run = run_job;
	j->job.done = tell_done;
	reader_submit(p->reader, &j->job);
}
