#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "auth/v2path.h"
#include "conf/conf.h"

#define DIGEST "sha256:0123456789abcdef"

static void
assert_is(const char *method, const char *uri, const char *action,
    unsigned needs, const char *repository)
{
	struct v2path p;
	struct error  err;

	if (v2path_parse(slice_of(method), slice_of(uri), &p, &err) != 0)
		fail_msg("%s %s: %s", method, uri, err.text);
	assert_string_equal(p.action, action);
	assert_int_equal(p.needs, needs);
	assert_true(slice_eq(p.repository, slice_of(repository)));
	assert_true((p.repository.p == NULL) == (repository == NULL));
}

static void
assert_not(const char *method, const char *uri)
{
	struct v2path p;
	struct error  err = {.text = ""};

	if (v2path_parse(slice_of(method), slice_of(uri), &p, &err) == 0)
		fail_msg("%s %s is taken", method, uri);
	assert_true(err.text[0] != '\0');
	assert_null(p.repository.p);
}

static void
each_request_has_its_action_and_what_it_needs(void **state)
{
	(void)state;
	assert_is("GET", "/v2/", "login", 0, NULL);
	assert_is("HEAD", "/v2/", "login", 0, NULL);
	assert_is("GET", "/v2", "login", 0, NULL);
	assert_is("GET", "/v2/_catalog", "admin", 0, NULL);
	assert_is("GET", "/v2/_catalog?n=100&last=x", "admin", 0, NULL);
	assert_is("GET", "/v2/a/b/manifests/v1", "pull", ACCESS_PULL, "a/b");
	assert_is("HEAD", "/v2/a/b/manifests/v1", "check", ACCESS_PULL, "a/b");
	assert_is("PUT", "/v2/a/manifests/v1", "push", ACCESS_PUSH, "a");
	assert_is("DELETE", "/v2/a/manifests/" DIGEST, "delete", ACCESS_DELETE,
	    "a");
	assert_is("GET", "/v2/a/blobs/" DIGEST, "pull", ACCESS_PULL, "a");
	assert_is("HEAD", "/v2/a/blobs/" DIGEST, "check", ACCESS_PULL, "a");
	assert_is("DELETE", "/v2/a/blobs/" DIGEST, "delete", ACCESS_DELETE,
	    "a");
	assert_is("POST", "/v2/a/blobs/uploads/", "push", ACCESS_PUSH, "a");
	assert_is("PATCH", "/v2/a/blobs/uploads/1b-2_3?_state=x%3D", "push",
	    ACCESS_PUSH, "a");
	assert_is("PUT", "/v2/a/blobs/uploads/1b?digest=sha256%3Aab", "push",
	    ACCESS_PUSH, "a");
	assert_is("GET", "/v2/a/blobs/uploads/1b", "push", ACCESS_PUSH, "a");
	assert_is("DELETE", "/v2/a/blobs/uploads/1b", "push", ACCESS_PUSH, "a");
	assert_is("GET", "/v2/a/tags/list?n=5", "list", ACCESS_PULL, "a");
	assert_is("GET", "/v2/a/referrers/" DIGEST, "list", ACCESS_PULL, "a");
}

static void
what_of_it_is_told(void **state)
{
	struct v2path p;

	(void)state;
	assert_int_equal(v2path_parse(SLICE("GET"),
			     SLICE("/v2/a/manifests/v1.2-x_Y"), &p, NULL),
	    0);
	assert_true(slice_is(p.tag, "v1.2-x_Y"));
	assert_null(p.digest.p);
	assert_int_equal(v2path_parse(SLICE("GET"),
			     SLICE("/v2/a/manifests/" DIGEST), &p, NULL),
	    0);
	assert_true(slice_is(p.digest, DIGEST));
	assert_null(p.tag.p);
}

static void
words_of_paths_are_names_too(void **state)
{
	(void)state;
	assert_is("GET", "/v2/manifests/manifests/manifests", "pull",
	    ACCESS_PULL, "manifests");
	assert_is("GET", "/v2/a/manifests/b/tags/list", "list", ACCESS_PULL,
	    "a/manifests/b");
	assert_is("GET", "/v2/a/blobs/uploads/tags/list", "list", ACCESS_PULL,
	    "a/blobs/uploads");
	assert_is("POST", "/v2/blobs/uploads/blobs/uploads/", "push",
	    ACCESS_PUSH, "blobs/uploads");
	assert_is("GET", "/v2/tags/list/manifests/list", "pull", ACCESS_PULL,
	    "tags/list");
}

static void
names_are_those_of_the_specification(void **state)
{
	static const char *const good[] = {"a", "0", "a.b", "a_b", "a__b",
	    "a-b", "a---b", "a/b/c", "a1/0b"},
				 *const bad[] = {"", "A", "a..b", "a___b", ".a",
				     "a.", "-a", "a-", "_a", "a_", "a//b", "/a",
				     "a/", "a._b", "a b", "a%62", "a/../b",
				     "a/./b", "..", "a\\b", "ä", "a:b", "a@b"};
	char				name[V2PATH_NAME_MAX + 2];
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!v2path_is_name(slice_of(good[i])))
			fail_msg("'%s' is no name", good[i]);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (v2path_is_name(slice_of(bad[i])))
			fail_msg("'%s' is a name", bad[i]);
	memset(name, 'a', sizeof name);
	assert_true(v2path_is_name((struct slice){name, V2PATH_NAME_MAX}));
	assert_false(v2path_is_name((struct slice){name, V2PATH_NAME_MAX + 1}));
}

static void
what_a_registry_does_not_know_is_refused(void **state)
{
	static const char *const uris[] = {"", "/", "v2/", "/v1/", "/v2/a",
	    "/v2/a/b", "/v2/a/manifests", "/v2/a/manifests/", "/v2//",
	    "/v2/manifests/v1", "/v2/a/blobs/uploads", "/v2/a/blobs/v1",
	    "/v2/a/tags/lists", "/v2/a/referrers/v1", "/v2/_catalog/",
	    "/v2/a/manifests/v1/", "/v2/a/manifests/v%31",
	    "/v2/a/manifests/../v1", "/v2/a/../b/manifests/v1",
	    "/v2/a/manifests/..", "/v2/a/manifests/.", "/v2/a/manifests/-v",
	    "/v2/a/blobs/" DIGEST "/..", "/v2/a/blobs/:ab",
	    "/v2/a/blobs/a:", "/v2/a/blobs/uploads/..", "/v2/a/blobs/uploads/.",
	    "/v2/a/blobs/uploads/a/b", "/V2/a/manifests/v1",
	    "http://x/v2/a/manifests/v1", "/v2/a/manifests/v1#x",
	    "/v2/a/manifests/v1;x"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		assert_not("GET", uris[i]);
		assert_not("POST", uris[i]);
	}
	assert_not("POST", "/v2/");
	assert_not("GET ", "/v2/");
	assert_not("get", "/v2/");
	assert_not("", "/v2/");
	assert_not("POST", "/v2/a/manifests/v1");
	assert_not("PATCH", "/v2/a/manifests/v1");
	assert_not("OPTIONS", "/v2/a/blobs/uploads/");
	assert_not("PUT", "/v2/a/tags/list");
}

static void
a_tag_has_128_bytes_and_not_129(void **state)
{
	char uri[200] = "/v2/a/manifests/";

	(void)state;
	memset(uri + strlen(uri), 'x', 128);
	assert_is("GET", uri, "pull", ACCESS_PULL, "a");
	uri[strlen(uri)] = 'x';
	assert_not("GET", uri);
}

static void
a_mount_says_where_from(void **state)
{
	struct v2path p;

	(void)state;
	assert_int_equal(v2path_parse(SLICE("POST"),
			     SLICE("/v2/a/blobs/uploads/"
				   "?mount=sha256%3Aab&from=bob%2Fapp"),
			     &p, NULL),
	    0);
	assert_string_equal(p.action, "mount");
	assert_int_equal(p.needs, ACCESS_PUSH);
	assert_true(slice_is(p.from, "bob/app"));
	assert_int_equal(v2path_parse(SLICE("POST"),
			     SLICE("/v2/a/blobs/uploads/?from=bob/app"), &p,
			     NULL),
	    0);
	assert_string_equal(p.action, "push");
	assert_true(slice_is(p.from, "bob/app"));
}

static void
a_mount_that_could_be_read_in_two_ways_is_refused(void **state)
{
	(void)state;
	assert_not("POST", "/v2/a/blobs/uploads/?from=b&from=c");
	assert_not("POST", "/v2/a/blobs/uploads/?mount=x;from=c");
	assert_not("POST", "/v2/a/blobs/uploads/?fro%6d=c");
	assert_not("POST", "/v2/a/blobs/uploads/?from");
	assert_not("POST", "/v2/a/blobs/uploads/?from=");
	assert_not("POST", "/v2/a/blobs/uploads/?from=%");
	assert_not("POST", "/v2/a/blobs/uploads/?from=b%2");
	assert_not("POST", "/v2/a/blobs/uploads/?from=b%zz");
	assert_not("POST", "/v2/a/blobs/uploads/?from=b%00");
	assert_not("POST", "/v2/a/blobs/uploads/?from=../b");
	assert_not("POST", "/v2/a/blobs/uploads/?from=b+c");
}

static void
a_mounts_name_has_255_bytes_and_not_256(void **state)
{
	char	      uri[400] = "/v2/a/blobs/uploads/?mount=x&from=";
	struct v2path p;

	(void)state;
	memset(uri + strlen(uri), 'x', V2PATH_NAME_MAX);
	assert_int_equal(v2path_parse(SLICE("POST"), slice_of(uri), &p, NULL),
	    0);
	assert_int_equal(p.from.n, V2PATH_NAME_MAX);
	uri[strlen(uri)] = 'x';
	assert_not("POST", uri);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_request_has_its_action_and_what_it_needs),
	    cmocka_unit_test(what_of_it_is_told),
	    cmocka_unit_test(words_of_paths_are_names_too),
	    cmocka_unit_test(names_are_those_of_the_specification),
	    cmocka_unit_test(what_a_registry_does_not_know_is_refused),
	    cmocka_unit_test(a_tag_has_128_bytes_and_not_129),
	    cmocka_unit_test(a_mount_says_where_from),
	    cmocka_unit_test(a_mount_that_could_be_read_in_two_ways_is_refused),
	    cmocka_unit_test(a_mounts_name_has_255_bytes_and_not_256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
