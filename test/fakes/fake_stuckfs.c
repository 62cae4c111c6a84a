/* fake_stuckfs: a file system that never answers. A process that opens a file on it hangs in the
 * kernel, where SIGKILL has no effect.
 *
 * fake_stuckfs DIR SECONDS PROGRAM ARG...: only PROGRAM has it mounted on DIR. Its server exits
 * after SECONDS, or with PROGRAM; then hanging processes continue. Exit status 77: we may not
 * mount. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "fake_stuckfs: %s: %s\n", what, strerror(errno));
	exit(77);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		give_up(path);
	if (fputs(text, f) < 0 || fclose(f) != 0)
		give_up(path);
}

/* Our own id stays what it is. */
static void
put_map(const char *path, unsigned int id)
{
	char text[64];

	snprintf(text, sizeof(text), "%u %u 1", id, id);
	put(path, text);
}

/* Without root, a user namespace of our own allows the mount. */
static void
enter(void)
{
	unsigned int uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) < 0)
		give_up("unshare");
	if (uid != 0) {
		put("/proc/self/setgroups", "deny");
		put_map("/proc/self/uid_map", uid);
		put_map("/proc/self/gid_map", gid);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		give_up("mount /");
}

/* Answers the kernel's first request (FUSE_INIT), and none of the others. */
static _Noreturn void
answer(int fd, unsigned int seconds)
{
	static char request[FUSE_MIN_READ_BUFFER * 32];
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} reply = { .head = { .len = sizeof(reply) },
		    .init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 } };
	const struct fuse_in_header *in = (const void *)request;

	alarm(seconds);
	setsid();
	for (int i = 0; i < 3; i++)
		close(i);
	while (read(fd, request, sizeof(request)) > 0 || errno == EINTR) {
		reply.head.unique = in->unique;
		if (in->opcode == FUSE_INIT && write(fd, &reply, sizeof(reply)) < 0)
			break;
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	char options[128];
	pid_t parent = getpid();
	int fd;

	if (argc < 4)
		return 4;
	enter();
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		give_up("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fd,
		 getuid(), getgid());
	if (mount("stuckfs", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		give_up(argv[1]);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		answer(fd, (unsigned int)atoi(argv[2]));
	}
	execvp(argv[3], argv + 3);
	give_up(argv[3]);
}
