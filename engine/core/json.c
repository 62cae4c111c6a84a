/* json: JSON text, read by jansson. A number that a double does not hold exactly is kept as text.
 *
 * jansson refuses a whole text for one number above 2^63, and reads one above 2^53 for a double to
 * round. So those are made strings first, which begin with NUL; a string that begins with NUL gets
 * a second one. */
#include "core/json.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"

#define EXACT      9007199254740992.0 /* 2^53 */
#define DIGITS_MAX 800                /* no double has more */
#define NUL_TEXT   "\\u0000"

/* ---- numbers ---- */

static size_t
digits_at(const char *s, const char *end)
{
	const char *at = s;

	while (at < end && isdigit((unsigned char)*at))
		at++;
	return (size_t)(at - s);
}

/* JSON's grammar of a number. */
static bool
is_number(const char *s, const char *end)
{
	size_t n;

	s += s < end && *s == '-';
	n = digits_at(s, end);
	if (n == 0 || (n > 1 && *s == '0'))
		return false;
	s += n;
	if (s < end && *s == '.') {
		n = digits_at(++s, end);
		if (n == 0)
			return false;
		s += n;
	}
	if (s < end && (*s == 'e' || *s == 'E')) {
		s += s + 1 < end && (s[1] == '+' || s[1] == '-') ? 2 : 1;
		n = digits_at(s, end);
		if (n == 0)
			return false;
		s += n;
	}
	return s == end;
}

/* What C, Python and JavaScript write for what is no number. */
static bool
is_nan_or_inf(const char *s, const char *end)
{
	static const char *const words[] = { "nan", "inf", "infinity" };

	s += s < end && *s == '-';
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == (size_t)(end - s) &&
		    strncasecmp(words[i], s, (size_t)(end - s)) == 0)
			return true;
	return false;
}

/* The digits that count, from the first that is not 0 to the last that is not; false: too many. */
static bool
significant(const char *s, const char *end, char digits[DIGITS_MAX + 1])
{
	size_t n = 0, last = 0;

	for (; s < end && *s != 'e' && *s != 'E'; s++) {
		if (!isdigit((unsigned char)*s) || (n == 0 && *s == '0'))
			continue;
		if (n == DIGITS_MAX)
			return false;
		digits[n++] = *s;
		if (*s != '0')
			last = n;
	}
	digits[last] = '\0';
	return true;
}

/* Has the double all the digits of the text? */
static bool
has_digits(double n, const char *wanted)
{
	char printed[DIGITS_MAX + 16], has[DIGITS_MAX + 1];

	if (!isfinite(n))
		return false;
	snprintf(printed, sizeof(printed), "%.*e", (int)strlen(wanted) - 1, n);
	significant(printed, printed + strlen(printed), has);
	return strcmp(wanted, has) == 0;
}

bool
json_fits(const char *text, size_t len)
{
	char digits[DIGITS_MAX + 1];
	const char *end = text + len;
	bool is_whole = len > 0 && digits_at(text + (*text == '-'), end) + (*text == '-') == len;
	char *copy;
	double n;

	if (!is_number(text, end) || !significant(text, end, digits))
		return false;
	copy = xstrndup(text, len);
	n = fabs(strtod(copy, NULL));
	free(copy);
	/* fractions are rounded as everywhere, but not to 0 */
	if (n < EXACT)
		return n > 0 || digits[0] == '\0';
	/* 2^53 + 1 is read as 2^53 */
	if (is_whole)
		return n == EXACT && strcmp(digits, "9007199254740992") == 0;
	return has_digits(n, digits);
}

/* ---- text ---- */

static bool
is_token(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '+' || c == '.';
}

/* The next byte that is no blank. */
static char
next_byte(const char *s, const char *end)
{
	while (s < end && isspace((unsigned char)*s))
		s++;
	return s < end ? *s : '\0';
}

/* Behind the string that begins at s; NULL where it has no end. */
static const char *
string_end(const char *s, const char *end, bool *has_nul)
{
	for (s++; s < end && *s != '"'; s++) {
		if (*s != '\\')
			continue;
		if ((size_t)(end - s) >= strlen(NUL_TEXT) &&
		    memcmp(s, NUL_TEXT, strlen(NUL_TEXT)) == 0)
			*has_nul = true;
		s++;
	}
	return s < end ? s + 1 : NULL;
}

/* A text that is read, and what is made of it. */
struct text {
	const char *s, *end; /* s: what is still to be read; NULL: it is no JSON */
	struct buf out;
	bool is_changed;
	bool has_nul; /* in a string */
};

static void
copy_string(struct text *t)
{
	bool has_nul = false;
	const char *behind = string_end(t->s, t->end, &has_nul);

	t->has_nul = t->has_nul || has_nul;
	if (has_nul && memcmp(t->s + 1, NUL_TEXT, strlen(NUL_TEXT)) == 0) {
		buf_add(&t->out, "\"" NUL_TEXT, 1 + strlen(NUL_TEXT));
		t->s++;
		t->is_changed = true;
	}
	if (behind != NULL)
		buf_add(&t->out, t->s, (size_t)(behind - t->s));
	t->s = behind;
}

static void
copy_token(struct text *t)
{
	const char *behind = t->s;

	while (behind < t->end && is_token(*behind))
		behind++;
	/* a number is no key */
	if (next_byte(behind, t->end) != ':' &&
	    (is_nan_or_inf(t->s, behind) ||
	     (is_number(t->s, behind) && !json_fits(t->s, (size_t)(behind - t->s))))) {
		buf_printf(&t->out, "\"" NUL_TEXT "%.*s\"", (int)(behind - t->s), t->s);
		t->is_changed = true;
	} else {
		buf_add(&t->out, t->s, (size_t)(behind - t->s));
	}
	t->s = behind;
}

/* Up to the next string or token. */
static void
copy_between(struct text *t)
{
	const char *from = t->s;

	while (t->s < t->end && *t->s != '"' && !is_token(*t->s))
		t->s++;
	buf_add(&t->out, from, (size_t)(t->s - from));
}

json_t *
json_read(const char *bytes, size_t len, size_t flags, json_error_t *err)
{
	struct text t = { .s = bytes, .end = bytes + len };
	json_t *v;

	while (t.s != NULL && t.s < t.end) {
		copy_between(&t);
		if (t.s < t.end && *t.s == '"')
			copy_string(&t);
		else if (t.s < t.end)
			copy_token(&t);
	}
	/* a NUL in a string is refused as ever, unless it is allowed */
	if (t.s == NULL || !t.is_changed || (t.has_nul && !(flags & JSON_ALLOW_NUL)))
		v = json_loadb(bytes, len, flags, err);
	else
		v = json_loadb(t.out.data, t.out.len, flags | JSON_ALLOW_NUL, err);
	buf_free(&t.out);
	return v;
}

const char *
json_unfit(const json_t *value)
{
	const char *s = json_string_value(value);

	return s != NULL && json_string_length(value) > 1 && s[0] == '\0' && s[1] != '\0' ? s + 1
											  : NULL;
}

const char *
json_bytes(const json_t *string, size_t *len)
{
	const char *s = json_string_value(string);
	bool has_mark;

	*len = json_string_length(string);
	has_mark = *len > 1 && s[0] == '\0' && s[1] == '\0';
	*len -= has_mark;
	return s + has_mark;
}
