/*
 * nets - many networks: which of them hold an address?
 *
 * A binary trie a family over the bits of the prefixes; an address walks down
 * once and meets all networks that it lies in.
 */
#ifndef PATROL_RULE_NETS_H
#define PATROL_RULE_NETS_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct nets;

struct nets *nets_new(void);
void	     nets_free(struct nets **nets);
/* `number` is found for addresses inside of that network. */
void nets_add(struct nets *nets, const struct cidr *net, uint32_t number);
/* Sets the bits of all numbers found. */
void nets_find(const struct nets *nets, const struct addr *a, uint64_t *set);
#endif
