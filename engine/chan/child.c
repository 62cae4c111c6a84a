/* child: a program started on a pty or on pipes, known to the guard before it runs. */
#include "chan/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "chan/cores.h"
#include "core/buf.h"
#include "core/signals.h"
#include "guard/guard.h"
#include "guard/proc.h"

/* ---- the child's side, between fork and exec ---- */

static _Noreturn void
child_fail(int fd, int err)
{
	if (write(fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* execvp fails with EACCES for a folder on PATH that may not be searched, although the program does
 * not exist. */
static int
exec_error(const char *program)
{
	const char *path = getenv("PATH");
	int err = errno;

	if (err != EACCES || strchr(program, '/') != NULL || path == NULL)
		return err;
	while (*path != '\0') {
		size_t len = strcspn(path, ":");
		char *file = xsprintf("%.*s/%s", (int)len, path, program);

		if (access(file, F_OK) == 0)
			return EACCES;
		free(file);
		path += len + (path[len] == ':');
	}
	return ENOENT;
}

static _Noreturn void
child_main(const struct chan_spec *spec, const int fds[3], int parent)
{
	char *program = spec->argv[0];
	sigset_t none;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (spec->pty)
		ioctl(fds[0], TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(fds[i] >= 0 ? fds[i] : fds[0], i);
	/* wait until our pid is registered with the guard */
	if (read(parent, &c, 1) != 1)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, signals_is_ignored(sig) ? SIG_IGN : SIG_DFL);
	if (spec->keep > 0 && fcntl(spec->keep, F_SETFD, 0) < 0)
		child_fail(parent, errno);
	if (spec->cwd != NULL && chdir(spec->cwd) < 0)
		child_fail(parent, errno);
	for (char *const *e = spec->env; e != NULL && *e != NULL; e++)
		putenv(*e);
	if (spec->cores != NULL && cores_enter(spec->cores, &program) < 0)
		child_fail(parent, errno);
	execvp(program, spec->argv);
	child_fail(parent, exec_error(program));
}

/* ---- our side ---- */

static void
ends_close(const int fds[3])
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Our end, and the child's: the first is its stdin, stdout and stderr. */
static int
open_pty(int ours[3], int fds[3])
{
	struct winsize size = { .ws_row = 50, .ws_col = 200 };
	struct termios tio;

	if (openpty(&ours[1], &fds[0], NULL, NULL, &size) < 0)
		return -errno;
	fcntl(ours[1], F_SETFD, FD_CLOEXEC);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	/* DPDK's command line prints its first prompt before it turns ECHO off itself */
	tcgetattr(fds[0], &tio);
	tio.c_lflag &= ~(tcflag_t)ECHO;
	/* \r is of no use, and the kernel adds it byte by byte: half of the cost of much output */
	tio.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(fds[0], TCSANOW, &tio);
	return 0;
}

static int
open_pipes(int ours[3], int fds[3])
{
	for (int i = 0; i < 3; i++) {
		int p[2];

		if (pipe2(p, O_CLOEXEC) < 0)
			return -errno;
		fds[i] = i == 0 ? p[0] : p[1];
		ours[i] = i == 0 ? p[1] : p[0];
	}
	return 0;
}

static int
child_fork(struct child *c, const struct chan_spec *spec, const int fds[3])
{
	int pair[2], err = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	c->pid = fork();
	if (c->pid == 0) {
		close(pair[0]);
		child_main(spec, fds, pair[1]);
	}
	if (c->pid < 0)
		err = errno;
	else
		c->guard_id = guard_group(c->pid, proc_start_time(c->pid));
	close(pair[1]);
	/* it goes on, and sends exec's errno where that fails */
	if (c->pid > 0 && write(pair[0], "", 1) == 1 && read(pair[0], &err, sizeof(err)) > 0) {
		waitpid(c->pid, NULL, 0);
		guard_drop(c->guard_id);
	}
	close(pair[0]);
	return -err;
}

int
child_start(struct child *c, const struct chan_spec *spec)
{
	int fds[3] = { -1, -1, -1 }, rc;

	*c = (struct child){ .fds = { -1, -1, -1 } };
	rc = spec->pty ? open_pty(c->fds, fds) : open_pipes(c->fds, fds);
	if (rc == 0)
		rc = child_fork(c, spec, fds);
	ends_close(fds);
	if (rc < 0)
		ends_close(c->fds);
	return rc;
}
