#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"

static struct slice
format_account(const struct account *a, struct buf *out)
{
	struct jsonw w;

	out->n = 0;
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "name", slice_of(a->name));
	jsonw_field_bool(&w, "two_factor", a->two_factor);
	jsonw_field_bool(&w, "disabled", a->disabled);
	jsonw_field_time(&w, "created", a->created);
	jsonw_field_int(&w, "tokens", a->ntokens);
	jsonw_field_int(&w, "active", a->nactive);
	jsonw_end(&w);
	return buf_slice(out);
}

static void
cmd_account_add(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	struct account	   *a;
	struct error	    err;
	struct buf	    b;
	int		    code, two_factor;

	if (!control_arg_bool(r, "two_factor", &two_factor))
		return;
	code = engine_account_add(r->p->engine, control_arg(r, "name"),
	    two_factor == 1, r->now, &by, &a, &err);
	if (code != ENGINE_OK) {
		cmd_fail_engine(r, code, &err);
		return;
	}
	buf_init(&b);
	control_done_durably(r, format_account(a, &b));
	buf_clear(&b);
}

/* The account of args.name that the peer may see, or answered and NULL. */
static struct account *
account_arg(struct control_request *r)
{
	struct slice	name = control_arg(r, "name");
	struct account *a;
	struct buf	shown;

	a = name.n == 0 ?
	    NULL :
	    token_table_account(engine_tokens(r->p->engine), name);
	if (a != NULL && cmd_may(r, a, false))
		return a;
	buf_init(&shown);
	buf_addescaped(&shown, name, 64);
	control_fail(r, MSG_NOT_FOUND, "no account '%s'", buf_str(&shown));
	buf_clear(&shown);
	return NULL;
}

static void
cmd_account_show(struct control_request *r)
{
	struct account *a = account_arg(r);
	struct buf	b;

	if (a == NULL)
		return;
	buf_init(&b);
	control_done(r, format_account(a, &b));
	buf_clear(&b);
}

static void
cmd_account_set(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	struct account	   *a = account_arg(r);
	struct buf	    b;
	int		    disabled, two_factor;

	if (a == NULL || !control_arg_bool(r, "disabled", &disabled) ||
	    !control_arg_bool(r, "two_factor", &two_factor))
		return;
	if (disabled == -1 && two_factor == -1) {
		control_fail(r, MSG_BAD_REQUEST,
		    "disabled or two_factor: what is to be changed?");
		return;
	}
	(void)engine_account_set(r->p->engine, a, disabled, two_factor, r->now,
	    &by);
	buf_init(&b);
	control_done_durably(r, format_account(a, &b));
	buf_clear(&b);
}

static bool
more_accounts(struct control_request *r)
{
	struct account *a;
	struct buf	b;
	unsigned	n;

	buf_init(&b);
	for (n = 0; n < 100; n++) {
		a = token_table_next_account(engine_tokens(r->p->engine),
		    r->cursor);
		if (a == NULL) {
			b.n = 0;
			buf_addf(&b, "{\"accounts\":%llu}",
			    (unsigned long long)r->told);
			control_done(r, buf_slice(&b));
			break;
		}
		r->cursor = a->aid;
		control_item(r, format_account(a, &b));
	}
	buf_clear(&b);
	return n < 100;
}

static void
cmd_account_list(struct control_request *r)
{
	control_stream(r, more_accounts);
}

/* clang-format off */
const struct cmd_entry cmd_account_entries[] = {
	{"account.add", ROLE_ADMIN, cmd_account_add, {"name", "two_factor"}},
	{"account.list", ROLE_VIEWER, cmd_account_list, {NULL}},
	{"account.show", ROLE_VIEWER | ROLE_OWNER, cmd_account_show, {"name"}},
	{"account.set", ROLE_ADMIN, cmd_account_set,
	    {"name", "disabled", "two_factor"}},
	{.name = NULL},
};
/* clang-format on */
