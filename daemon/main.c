/*
 * main - the entrance: options, configuration, and into the background.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/htpasswd.h"
#include "base/map.h"
#include "base/mem.h"
#include "daemon/leaks.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/settings.h"

#define CONF_PATH "/etc/patrol/patrold.yaml"

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: patrold [-fnvV] [-c file]\n"
	    "  -c file  the configuration, default " CONF_PATH "\n"
	    "  -f       stay in the foreground and log to stderr\n"
	    "  -n       check configuration and rules, then exit\n"
	    "  -v       log more\n"
	    "  -V       print the version\n");
}

static void
print_faults(const struct complaints *c)
{
	struct buf b;
	size_t	   i;

	buf_init(&b);
	for (i = 0; i < c->n; i++) {
		b.n = 0;
		complain_format(&c->list[i], &b);
		fprintf(stderr, "%s\n", buf_str(&b));
	}
	buf_clear(&b);
}

/* -n: both are read whole, so that all faults are told at once. */
static int
check(const char *path)
{
	struct complaints faults;
	struct conf	 *conf;
	struct ruleset	 *rs = NULL;
	struct pubkeys	 *keys = NULL;
	struct htpasswd	 *passwords = NULL;
	int		  r;

	complain_init(&faults);
	conf = conf_survey(path, &faults);
	if (conf != NULL && faults.errors == 0) {
		keys = leaks_load_keys(conf, path, &faults);
		if (conf->auth_htpasswd != NULL)
			passwords = htpasswd_load(conf->auth_htpasswd, &faults);
	}
	if (conf != NULL)
		rs = settings_load_rules(conf, &faults);
	print_faults(&faults);
	r = faults.errors > 0 || rs == NULL ? EX_CONFIG : EX_OK;
	if (r == EX_OK)
		printf("%s: in order, %zu rules\n", path, ruleset_count(rs));
	else
		fprintf(stderr, "patrold: %zu faults\n", faults.errors);
	pubkeys_free(&keys);
	htpasswd_free(&passwords);
	ruleset_free(&rs);
	conf_free(&conf);
	complain_clear(&faults);
	return r;
}

static struct conf *
load_conf(const char *path)
{
	struct complaints faults;
	struct conf	 *conf;

	complain_init(&faults);
	conf = conf_load(path, &faults);
	print_faults(&faults);
	complain_clear(&faults);
	return conf;
}

int
main(int argc, char **argv)
{
	struct patrold p = {.conf_path = CONF_PATH};
	bool	       only_check = false;
	int	       c;

	while ((c = getopt(argc, argv, "c:fhnvV")) != -1) {
		switch (c) {
		case 'c':
			p.conf_path = optarg;
			break;
		case 'f':
			p.foreground = true;
			break;
		case 'n':
			only_check = true;
			break;
		case 'v':
			log_set_verbose(true);
			break;
		case 'V':
			printf("patrold %s\n", PATROL_VERSION);
			return EX_OK;
		case 'h':
			usage(stdout);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EX_USAGE;
	}
	map_seed();
	mem_prefer_huge_pages();
	if (only_check)
		return check(p.conf_path);
	p.conf = load_conf(p.conf_path);
	if (p.conf == NULL)
		return EX_CONFIG;
	if (!p.foreground && daemon(1, 0) == -1)
		err(EX_OSERR, "daemon");
	return patrold_run(&p);
}
