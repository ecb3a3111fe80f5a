/*
 * seen - the networks and clients that a token was used from and with last.
 *
 * The SEEN_MAX latest of each kind, with first and last time and a count; a
 * new one takes the place of the one seen longest ago, whose count is lost.
 * There may be millions of these: an entry takes 20 bytes, times are kept in
 * whole seconds, counts up to 2^32 - 1.
 */
#ifndef PATROL_TOKEN_SEEN_H
#define PATROL_TOKEN_SEEN_H

#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/intern.h"

#define SEEN_MAX	20
#define SEEN_CLIENT_MAX 64 /* bytes of a client; the rest is cut */

enum seen_kind { SEEN_NETWORK, SEEN_CLIENT, SEEN_KINDS };

struct seen; /* NULL: nothing yet */

/*
 * "docker/20.10.24" of "docker/20.10.24 go/go1.19.8 ...": the first product
 * of a User-Agent (RFC 9110 section 10.1.5), cut at SEEN_CLIENT_MAX bytes.
 */
struct slice seen_product(struct slice user_agent);
/* Counts a use.  Network 0 (see addr_net_key) and client NULL are none; the
 * symbol is held. */
void seen_add(struct seen **s, uint64_t network, struct sym *client,
    usec_t time, uint64_t count);
/* Lets go of the symbols too, and sets *s to NULL. */
void seen_free(struct seen **s);
/* Asks the cache for the entries. */
void seen_warm(const struct seen *s);

struct seen_view {
	struct cidr  network; /* of SEEN_NETWORK */
	struct slice client;  /* of SEEN_CLIENT; borrowed */
	usec_t	     first, last;
	uint64_t     count;
};

/* All of a kind, the latest first; returns how many. */
unsigned seen_list(const struct seen *s, enum seen_kind kind,
    struct seen_view out[SEEN_MAX]);

/*
 * As the store keeps it; returns how many bytes, 0 for NULL.  Little-endian:
 * a byte 1 (the form), the number of networks and of clients; of each entry
 * u64 network or u8 length and text, then u32 first, last, count.
 */
#define SEEN_PACKED_MAX (3 + SEEN_MAX * (8 + 12 + 1 + SEEN_CLIENT_MAX + 12))
size_t seen_pack(const struct seen *s, char out[SEEN_PACKED_MAX]);
/* Makes it again; clients become symbols of `clients`.  The absent slice
 * gives NULL.  0, or -1 for bytes that seen_pack does not write. */
int seen_unpack(struct slice packed, struct intern *clients,
    struct seen **out) MUSTCHECK;
#endif
