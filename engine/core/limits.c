/* limits: what the system must allow before anything starts. */
#include "core/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STATUS_BROKEN    3
#define RESOLVER_THREADS 4

bool
limits_allow_files(int needed)
{
	struct rlimit limit;
	int unused = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return true;
	for (rlim_t fd = 0; fd < limit.rlim_cur && unused < needed; fd++)
		unused += fcntl((int)fd, F_GETFD) < 0;
	if (unused >= needed)
		return true;
	fprintf(stderr,
		"moonrig: too many open files: the limit is %llu (ulimit -n) and %d are free, moonrig "
		"needs at least %d; raise it, for example with `ulimit -n 1024`\n",
		(unsigned long long)limit.rlim_cur, unused, needed);
	return false;
}

static void *
pass(void *held)
{
	pthread_mutex_lock(held);
	pthread_mutex_unlock(held);
	return NULL;
}

/* As many at a time as libuv starts. */
bool
limits_allow_resolver(void)
{
	pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[RESOLVER_THREADS];
	int n = 0;

	pthread_mutex_lock(&held);
	while (n < RESOLVER_THREADS && pthread_create(&threads[n], NULL, pass, &held) == 0)
		n++;
	pthread_mutex_unlock(&held);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return n == RESOLVER_THREADS;
}

const char *
limits_no_start(int err)
{
	if (err == -EAGAIN)
		return "no more processes are allowed; raise the limit (ulimit -u)";
	if (err == -EMFILE)
		return "too many open files; raise the limit (ulimit -n)";
	if (err == -ENOMEM)
		return "out of memory";
	return strerror(-err);
}

void
limits_end(const char *why)
{
	static const char head[] = "moonrig: ", tail[] = "\n";

	/* stdio may need memory */
	if (write(STDERR_FILENO, head, sizeof(head) - 1) < 0 ||
	    write(STDERR_FILENO, why, strlen(why)) < 0 ||
	    write(STDERR_FILENO, tail, sizeof(tail) - 1) < 0)
		_exit(STATUS_BROKEN);
	_exit(STATUS_BROKEN);
}
