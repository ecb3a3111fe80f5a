/*
 * addr - IPv4 and IPv6 addresses and networks as values.
 */
#ifndef PATROL_BASE_ADDR_H
#define PATROL_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

#define ADDR_TEXT_MAX 56 /* an address or a network in text, with the NUL */

struct addr {
	uint8_t family; /* 4, 6, or 0 for none */
	uint8_t b[16];	/* network order; the first 4 for IPv4 */
};

struct cidr {
	struct addr net;  /* host bits are zero */
	uint8_t	    bits; /* prefix length */
};

/*
 * The textual forms of RFC 4291 section 2.2 and dotted decimal without
 * leading zeros; no zone, no port.  0, or -1.
 */
int addr_parse(struct slice s, struct addr *a) MUSTCHECK;
/* Dotted decimal alone: there is no other way to write such an address. */
int addr_parse_v4(struct slice s, struct addr *a) MUSTCHECK;
/*
 * As registries and proxies write a peer: "1.2.3.4:567", "[::1]:567",
 * "[::1]", or bare; port and brackets are taken off.  0, or -1.
 */
int addr_parse_peer(struct slice s, struct addr *a) MUSTCHECK;
/* RFC 5952 text; returns its length.  Family 0 gives "". */
size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]);
bool   addr_eq(const struct addr *a, const struct addr *b);
/* The network around `a`: the first 24 (IPv4) or 48 (IPv6) bits. */
struct cidr addr_net(const struct addr *a);
/* Its text; returns its length.  Family 0 gives "". */
size_t addr_net_format(const struct addr *a, char out[ADDR_TEXT_MAX]);
/*
 * That network as a number, in the order of addresses and never 0; family 0
 * gives 0.  And back: what is no such number gives family 0.
 */
uint64_t    addr_net_key(const struct addr *a);
struct cidr addr_net_of_key(uint64_t key);

/*
 * "10.0.0.0/8", or an address alone (/32, /128).  Host bits that are set are
 * an error that names the network meant.  0, or -1 with *err set.
 */
int    cidr_parse(struct slice s, struct cidr *c, struct error *err) MUSTCHECK;
size_t cidr_format(const struct cidr *c, char out[ADDR_TEXT_MAX]);
/* Same family and inside; an IPv4 network never holds a v4-mapped IPv6
 * address. */
bool cidr_has(const struct cidr *c, const struct addr *a);
#endif
