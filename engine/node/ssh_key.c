/* ssh_key: the file of a private key, looked at before it is used. */
#include "node/ssh_key.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"

/* A key of RSA with 16384 bits is shorter. */
#define KEY_MAX 65536

#define NO_PASSPHRASE                                                                                  \
	"the private key %s has a passphrase, which nobody is asked for: take one without, or remove " \
	"it with `ssh-keygen -p -N '' -f %s`"

/* A new text, or NULL and why there is none. */
static char *
read_key(const char *path, char **flaw)
{
	struct buf text = { 0 };
	char bytes[4096];
	struct stat st;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	buf_add(&text, "", 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		*flaw = xsprintf("cannot read the private key %s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		*flaw = xsprintf("the private key %s is no file", path);
	else
		while (text.len <= KEY_MAX && (n = read(fd, bytes, sizeof(bytes))) > 0)
			buf_add(&text, bytes, (size_t)n);
	if (n < 0)
		*flaw = xsprintf("cannot read the private key %s: %s", path, strerror(errno));
	else if (*flaw == NULL && text.len == 0)
		*flaw = xsprintf("the private key %s is empty", path);
	if (fd >= 0)
		close(fd);
	if (*flaw == NULL)
		return text.data;
	buf_free(&text);
	return NULL;
}

static int
base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* The first bytes that a base64 text stands for; their number. */
static size_t
decode_head(const char *text, unsigned char *out, size_t max)
{
	uint32_t bits = 0;
	size_t len = 0;
	int n = 0;

	for (; *text != '\0' && len < max; text++) {
		int digit = base64_digit(*text);

		if (digit < 0 && isspace((unsigned char)*text))
			continue;
		if (digit < 0)
			break;
		bits = bits << 6 | (uint32_t)digit;
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		out[len++] = (unsigned char)(bits >> n);
	}
	return len;
}

/* OpenSSH's PROTOCOL.key: "openssh-key-v1", a zero byte, the cipher's name behind its length. */
static bool
is_encrypted_openssh(const char *body)
{
	static const char magic[] = "openssh-key-v1\0\0\0\0\4none";
	unsigned char head[sizeof(magic) - 1];

	return decode_head(body, head, sizeof(head)) == sizeof(head) &&
	       memcmp(head, magic, 15) == 0 && memcmp(head, magic, sizeof(head)) != 0;
}

char *
ssh_key_flaw(const char *path)
{
	static const char openssh[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
	char *flaw = NULL, *text = read_key(path, &flaw), *begin;

	if (text == NULL)
		return flaw;
	begin = strstr(text, "-----BEGIN ");
	if (strncmp(text, "ssh-", 4) == 0 || strncmp(text, "ecdsa-", 6) == 0 ||
	    strncmp(text, "sk-", 3) == 0 || strstr(text, "PUBLIC KEY") != NULL)
		flaw = xsprintf("%s is a public key: name the file of the private one", path);
	else if (strncmp(text, "PuTTY-User-Key-File", 19) == 0)
		flaw = xsprintf("%s is a key of PuTTY: `puttygen -O private-openssh` converts it",
				path);
	else if (begin == NULL || strstr(begin, "PRIVATE KEY-----") == NULL)
		flaw = xsprintf("%s is no private key: it has no line \"-----BEGIN ... PRIVATE "
				"KEY-----\"",
				path);
	else if (strstr(begin, "-----END ") == NULL)
		flaw = xsprintf("the private key %s is cut: it has no line \"-----END ...\"", path);
	else if (strstr(begin, "ENCRYPTED") != NULL ||
		 (strncmp(begin, openssh, sizeof(openssh) - 1) == 0 &&
		  is_encrypted_openssh(begin + sizeof(openssh) - 1)))
		flaw = xsprintf(NO_PASSPHRASE, path, path);
	free(text);
	return flaw;
}
