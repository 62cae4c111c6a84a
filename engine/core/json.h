/* json: JSON text, read by jansson. A number that a double does not hold exactly is kept as text.
 */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* As json_loadb. nan and inf are taken as such numbers, too. */
json_t *json_read(const char *bytes, size_t len, size_t flags, json_error_t *err);

/* The text of a number that does not fit; NULL for other values. */
const char *json_unfit(const json_t *value);
/* A string's bytes, for which json_string_value has one more where they begin with NUL. */
const char *json_bytes(const json_t *string, size_t *len);

/* Is it the text of a number that a double holds? Written without fraction and exponent: up to
 * 2^53. Others: below 2^53 the nearest double, but not 0 for what is not 0; above it with all
 * digits. */
bool json_fits(const char *text, size_t len);

#endif
