/*
 * check - what must hold between options, beyond what each one takes.
 */
#ifndef PATROL_CONF_CHECK_H
#define PATROL_CONF_CHECK_H

#include "base/complain.h"
#include "conf/conf.h"
#include "conf/yaml.h"

/*
 * Complains of what does not go together in a configuration that was read
 * from `root` (NULL: an empty file), with the places there.
 */
void check_conf(const struct conf *conf, const struct yaml_node *root,
    const char *file, struct complaints *c);
#endif
