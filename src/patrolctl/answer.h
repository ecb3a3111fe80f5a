/*
 * answer - one line of the control protocol, taken apart.
 *
 * Read-only; all slices point into the line or belong to the reader, until
 * the next line is read.
 */
#ifndef PATROL_PATROLCTL_ANSWER_H
#define PATROL_PATROLCTL_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"
#include "use/json.h"

/* An object inside an answer. */
struct fields {
	const struct json_field *field; /* of the whole answer */
	size_t			 n;
	struct slice		 prefix; /* "item." or "result.token." */
	struct slice		 raw;	 /* its JSON, byte for byte */
};

/* ANSWER_OTHER is the greeting, or an ack, or a later protocol's word. */
enum answer_kind { ANSWER_ITEM, ANSWER_OK, ANSWER_ERROR, ANSWER_OTHER };

struct answer {
	enum answer_kind kind;
	int64_t		 id;		/* -1: none */
	struct fields	 body;		/* item, result, or all of it */
	struct slice	 code, message; /* of an error */
};

/* A reader for lines of MSG_ANSWER_MAX. */
struct json_reader *answer_reader_new(void);
/*
 * `line` has JSON_PADDING readable bytes behind its end.  0, or -1 with *err
 * set if it is no JSON object.
 */
int answer_parse(struct json_reader *r, struct slice line, struct answer *a,
    struct error *err) MUSTCHECK;
/*
 * The text of the value of a key of the object `json`, which is valid JSON;
 * absent if there is no such key at its top.
 */
struct slice answer_raw(struct slice json, const char *key);

/* The object under a key: answer_sub(result, "token"). */
struct fields answer_sub(const struct fields *f, const char *key,
    char room[64]);
/* Absent when missing or null; a list's first member. */
struct slice answer_text(const struct fields *f, const char *key);
/* 0 when missing or no integer. */
int64_t answer_int(const struct fields *f, const char *key);
bool	answer_bool(const struct fields *f, const char *key);
/* 0 when missing, null or no time. */
usec_t answer_time(const struct fields *f, const char *key);
/*
 * Walks the object's fields in their order: *at begins at 0; the key comes
 * without the prefix.  False at the end.
 */
bool answer_next(const struct fields *f, size_t *at, struct slice *key,
    const struct json_field **field);
#endif
