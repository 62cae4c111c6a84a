/* ssh_key: the file of a private key, looked at before it is used. */
#ifndef SSH_KEY_H
#define SSH_KEY_H

/* Why this is no private key that can be used without a passphrase, with its path; NULL where it
 * seems to be one. The caller frees it. */
char *ssh_key_flaw(const char *path);

#endif
