/* spawn: a process of this machine as a channel, on a pty or on pipes. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "chan/chan.h"
#include "chan/fdio.h"
#include "guard/guard.h"

/* Output may go on after the leader's exit, held open by a child of its own;
 * that long we listen on before we call it over. */
#define LINGER_SECONDS 1.0

struct spawned {
	struct chan chan;
	struct fdio *in, *out, *err; /* on a pty: out is all */
	pid_t pid;
	int guard_id;
	bool reaped, out_over, err_over, pty;
	struct timer *linger;
	struct spawned *next;
};

static struct spawned *running;
static uv_signal_t sigchld;
static bool sigchld_is_on;

static void
spawned_check(struct spawned *s)
{
	if (!s->reaped || !s->out_over || !s->err_over || s->chan.is_over)
		return;
	s->chan.is_over = true;
	timer_stop(&s->linger);
	if (s->chan.ended != NULL)
		s->chan.ended(s->chan.owner);
}

static void
spawned_lingered(void *arg)
{
	struct spawned *s = arg;

	timer_stop(&s->linger);
	s->out_over = s->err_over = true;
	spawned_check(s);
}

/* True when it had ended. */
static bool
spawned_reap(struct spawned *s)
{
	int status;
	pid_t pid = waitpid(s->pid, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	s->reaped = true;
	if (pid < 0)
		s->chan.exit.lost = true;
	else if (WIFEXITED(status))
		s->chan.exit = (struct chan_exit){ .exited = true, .code = WEXITSTATUS(status) };
	else
		s->chan.exit = (struct chan_exit){ .signal = WTERMSIG(status) };
	/* what its group still holds goes with it: a leader that ended is done */
	kill(-s->pid, SIGKILL);
	guard_drop(s->guard_id);
	s->guard_id = 0;
	s->linger = timer_start(LINGER_SECONDS, spawned_lingered, s);
	spawned_check(s);
	return true;
}

static void
on_sigchld(uv_signal_t *uv, int sig)
{
	(void)uv;
	(void)sig;
	/* an end told may destroy others: from the beginning again */
	for (struct spawned *s = running; s != NULL;)
		s = !s->reaped && spawned_reap(s) ? running : s->next;
}

static void
watch_children(void)
{
	if (sigchld_is_on && uv_is_active((uv_handle_t *)&sigchld))
		return;
	uv_signal_init(loop(), &sigchld);
	/* not unreferenced: an idle loop would spin, and never hear of an end */
	uv_signal_start(&sigchld, on_sigchld, SIGCHLD);
	sigchld_is_on = true;
}

static void
out_data(void *arg, const char *bytes, size_t len)
{
	struct spawned *s = arg;

	if (s->chan.data != NULL)
		s->chan.data(s->chan.owner, CHAN_OUT, bytes, len);
}

static void
err_data(void *arg, const char *bytes, size_t len)
{
	struct spawned *s = arg;

	if (s->chan.data != NULL)
		s->chan.data(s->chan.owner, CHAN_ERR, bytes, len);
}

static void
out_end(void *arg)
{
	struct spawned *s = arg;

	s->out_over = true;
	spawned_check(s);
}

static void
err_end(void *arg)
{
	struct spawned *s = arg;

	s->err_over = true;
	spawned_check(s);
}

static int
spawned_write(struct chan *c, const char *bytes, size_t len)
{
	struct spawned *s = (struct spawned *)c;

	if (s->reaped)
		return -EPIPE;
	return fdio_write(s->pty ? s->out : s->in, bytes, len);
}

static void
spawned_eof(struct chan *c)
{
	struct spawned *s = (struct spawned *)c;

	if (s->pty)
		fdio_write(s->out, "\004", 1);
	else
		fdio_eof(s->in);
}

static int
spawned_signal(struct chan *c, int sig)
{
	struct spawned *s = (struct spawned *)c;

	if (s->reaped)
		return -ESRCH;
	return kill(-s->pid, sig) < 0 ? -errno : 0;
}

static void
spawned_destroy(struct chan *c)
{
	struct spawned *s = (struct spawned *)c, **p = &running;

	if (!s->reaped) {
		int status;

		kill(-s->pid, SIGKILL);
		/* dies at once unless the kernel holds it; then the guard goes on trying */
		for (int i = 0; i < 200 && waitpid(s->pid, &status, WNOHANG) == 0; i++)
			usleep(1000);
		if (kill(-s->pid, 0) < 0)
			guard_drop(s->guard_id);
	}
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	timer_stop(&s->linger);
	fdio_close(&s->in);
	fdio_close(&s->out);
	fdio_close(&s->err);
	free(s);
}

static const struct chan_ops spawned_ops = {
	.write = spawned_write,
	.eof = spawned_eof,
	.signal = spawned_signal,
	.destroy = spawned_destroy,
};

/* ---- the child's side, between fork and exec ---- */

static _Noreturn void
child_fail(int fd, int err)
{
	if (write(fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* execvp says EACCES for a folder on PATH that may not be searched, though the
 * program is simply not there. */
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
		dup2(fds[i], i);
	/* the guard is told who we are before we become it */
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

struct ends {
	int child[3]; /* stdin, stdout, stderr of the child */
	int in, out, err;
	int tty;
};

static void
ends_close(struct ends *e)
{
	int all[] = { e->child[0], e->child[1], e->child[2], e->in, e->out, e->err };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
}

static int
ends_open(struct ends *e, bool pty)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	struct winsize size = { .ws_row = 50, .ws_col = 200 };
	struct termios tio;

	*e = (struct ends){ { -1, -1, -1 }, -1, -1, -1, -1 };
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
		/* nobody sees a carriage go back, and the kernel puts it in front of
		 * each \n byte by byte: half of what much output costs */
		tio.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(slave, TCSANOW, &tio);
		e->child[0] = e->child[1] = e->child[2] = e->tty = slave;
		e->out = master;
		return 0;
	}
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) {
		int rc = -errno;

		*e = (struct ends){ { in[0], out[1], err[1] }, in[1], out[0], err[0], -1 };
		ends_close(e);
		return rc;
	}
	*e = (struct ends){ { in[0], out[1], err[1] }, in[1], out[0], err[0], -1 };
	return 0;
}

/* Fork, tell the guard, let it go, and hear whether exec worked. */
static int
fork_and_exec(struct spawned *s, const struct chan_spec *spec, const struct ends *e)
{
	int go[2] = { -1, -1 }, failed[2] = { -1, -1 }, err = 0;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(failed, O_CLOEXEC) < 0 || (s->pid = fork()) < 0) {
		err = errno;
		goto out;
	}
	if (s->pid == 0) {
		close(go[1]);
		child_main(spec, e->child, e->tty, go[0], failed[1]);
	}
	close(failed[1]);
	failed[1] = -1;
	s->guard_id = guard_group(s->pid);
	if (write(go[1], "", 1) != 1 || read(failed[0], &err, sizeof(err)) <= 0)
		err = 0;
	if (err != 0) {
		waitpid(s->pid, NULL, 0);
		guard_drop(s->guard_id);
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

int
chan_spawn(struct chan **out, const struct chan_spec *spec)
{
	struct spawned *s = xcalloc(1, sizeof(*s));
	struct ends e;
	int rc = ends_open(&e, spec->pty);

	if (rc < 0)
		goto undo;
	watch_children();
	rc = fork_and_exec(s, spec, &e);
	if (rc < 0) {
		if (spec->pty)
			e.child[1] = e.child[2] = -1;
		ends_close(&e);
		goto undo;
	}
	close(e.child[0]);
	if (!spec->pty) {
		close(e.child[1]);
		close(e.child[2]);
	}
	s->chan.ops = &spawned_ops;
	s->chan.pid = s->pid;
	s->pty = spec->pty;
	s->err_over = spec->pty;
	s->next = running;
	running = s;
	rc = fdio_open(&s->out, e.out, out_data, out_end, s);
	if (rc == 0 && !spec->pty) {
		rc = fdio_open(&s->in, e.in, NULL, NULL, s);
		if (rc == 0)
			rc = fdio_open(&s->err, e.err, err_data, err_end, s);
	}
	if (rc < 0) {
		spawned_destroy(&s->chan);
		return rc;
	}
	*out = &s->chan;
	return 0;
undo:
	free(s);
	return rc;
}
