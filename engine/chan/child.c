/* child: a program started on a pty or on pipes, known to the guard before it runs. */
#include "chan/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/buf.h"
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
child_main(const struct chan_spec *spec, const int fds[3], int tty, int go, int failed)
{
	sigset_t none;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (tty >= 0)
		ioctl(tty, TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(fds[i] >= 0 ? fds[i] : fds[0], i);
	/* wait until our pid is registered with the guard */
	if (read(go, &c, 1) != 1)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	if (spec->keep > 0 && fcntl(spec->keep, F_SETFD, 0) < 0)
		child_fail(failed, errno);
	if (spec->cwd != NULL && chdir(spec->cwd) < 0)
		child_fail(failed, errno);
	for (char *const *e = spec->env; e != NULL && *e != NULL; e++)
		putenv(*e);
	execvp(spec->argv[0], spec->argv);
	child_fail(failed, exec_error(spec->argv[0]));
}

/* ---- our side ---- */

void
child_ends_close(struct child_ends *e)
{
	int all[] = { e->child[0], e->child[1], e->child[2], e->in, e->out, e->err };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
}

int
child_ends_open(struct child_ends *e, bool pty)
{
	int p[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } }, rc = 0;
	struct winsize size = { .ws_row = 50, .ws_col = 200 };
	struct termios tio;

	*e = (struct child_ends){ { -1, -1, -1 }, -1, -1, -1, -1 };
	if (pty) {
		int master, slave;

		if (openpty(&master, &slave, NULL, NULL, &size) < 0)
			return -errno;
		fcntl(master, F_SETFD, FD_CLOEXEC);
		fcntl(slave, F_SETFD, FD_CLOEXEC);
		/* DPDK's command line prints its first prompt before it turns the
		 * terminal's own echo off */
		tcgetattr(slave, &tio);
		tio.c_lflag &= ~(tcflag_t)ECHO;
		/* \r is of no use, and the kernel adds it byte by byte: half of the cost of much
		 * output */
		tio.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(slave, TCSANOW, &tio);
		e->child[0] = e->tty = slave;
		e->out = master;
		return 0;
	}
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = pipe2(p[i], O_CLOEXEC) < 0 ? -errno : 0;
	*e = (struct child_ends){ { p[0][0], p[1][1], p[2][1] }, p[0][1], p[1][0], p[2][0], -1 };
	if (rc < 0)
		child_ends_close(e);
	return rc;
}

int
child_start(struct child *c, const struct chan_spec *spec, const struct child_ends *e)
{
	int go[2] = { -1, -1 }, failed[2] = { -1, -1 }, err = 0;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(failed, O_CLOEXEC) < 0 || (c->pid = fork()) < 0) {
		err = errno;
		goto out;
	}
	if (c->pid == 0) {
		close(go[1]);
		child_main(spec, e->child, e->tty, go[0], failed[1]);
	}
	close(failed[1]);
	failed[1] = -1;
	c->guard_id = guard_group(c->pid, proc_start_time(c->pid));
	if (write(go[1], "", 1) != 1 || read(failed[0], &err, sizeof(err)) <= 0)
		err = 0;
	if (err != 0) {
		waitpid(c->pid, NULL, 0);
		guard_drop(c->guard_id);
	}
out:
	close(go[0]);
	close(go[1]);
	if (failed[0] >= 0)
		close(failed[0]);
	if (failed[1] >= 0)
		close(failed[1]);
	return -err;
}
