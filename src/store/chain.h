/*
 * chain - a hash chain over what is only ever added, so that a rewritten
 * file shows.
 *
 * Private to src/store.  A link stands for the uses, strings and audit
 * entries that were written since the link before it: it keeps a SHA-256
 * (FIPS 180-4) of each kind, and a hash over those, its own numbers and the
 * hash of the link before.  Who changes a row must change its link and all
 * after it, up to the newest, the head; and heads are told to syslog now and
 * then.  A link is written with the transaction that makes it due: when
 * CHAIN_ROWS are waiting, or CHAIN_SPAN has gone by since the link before.
 *
 * What is hashed of a row is written down in chain.c.
 */
#ifndef PATROL_STORE_CHAIN_H
#define PATROL_STORE_CHAIN_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "alert/batch.h"
#include "base/clock.h"
#include "store/row.h"
#include "store/store.h"

#define CHAIN_ROWS 10000
#define CHAIN_SPAN USEC_SEC

/* The kinds of rows; each counts up its own keys. */
enum chain_kind { CHAIN_USES, CHAIN_STRINGS, CHAIN_AUDIT, CHAIN_KINDS };

struct chain_link {
	int64_t seq;		   /* 0: where the chain begins */
	usec_t	time;		   /* newest arrival in it */
	int64_t last[CHAIN_KINDS]; /* newest key of each kind up to here */
	bool	has[CHAIN_KINDS];  /* any row of that kind in this link? */
	uint8_t digest[CHAIN_KINDS][STORE_HASH]; /* of those rows */
	uint8_t hash[STORE_HASH];
};

/* A digest of rows of one kind that goes on over several transactions. */
struct chain_digest;

struct chain_digest *chain_digest_new(void);
void		     chain_digest_free(struct chain_digest **d);
/* To what it was when nothing had been added. */
void chain_digest_reset(struct chain_digest *d);
void chain_digest_copy(struct chain_digest *to,
    const struct chain_digest		   *from);
/* What was added since the reset; the digest goes on. */
void chain_digest_read(const struct chain_digest *d, uint8_t out[STORE_HASH]);

/* Each adds one row, as it is or will be stored. */
void chain_add_use(struct chain_digest *d, const struct row_use *u);
void chain_add_string(struct chain_digest *d, uint32_t id, struct slice text);
void chain_add_audit(struct chain_digest *d, int64_t seq,
    const struct audit_row *r);

/* A row of the table `chain`. */
void chain_link_read(sqlite3_stmt *st, struct chain_link *l);
/* The hash of a link whose other members are set, after a link of `before`. */
void chain_link_hash(struct chain_link *l, const uint8_t before[STORE_HASH]);
#endif
