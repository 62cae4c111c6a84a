/* test_ssh: an SSH node against a real sshd and dropbear on 127.0.0.1.
 * Both that are installed, or the one that is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "node/ssh.h"
#include "units/lab.h"

#define SECONDS 20.0

static char *host_key, *user_key, *other_host_key, *stranger_key;
static const char *user;
static pid_t server;
static int server_port;
static bool with_dropbear;

/* ---- the server ---- */

static void
sh(const char *fmt, ...)
{
	char cmd[2048];
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	rc = system(cmd);
	if (rc != 0)
		fprintf(stderr, "failed: %s\n", cmd);
	assert_int_equal(rc, 0);
}

static char *
read_line(const char *name)
{
	char *path = xsprintf("%s/%s", lab_home(), name), line[2048];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	free(path);
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(line);
}

/* A free port: bound, read, closed. */
static int
listen_any(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
server_argv(struct argv *a)
{
	if (with_dropbear) {
		/* it reads authorized_keys at home and nowhere else: be at home in our folder */
		argv_add(a, "env");
		argv_add(a, "LD_PRELOAD=libnss_wrapper.so");
		argv_printf(a, "NSS_WRAPPER_PASSWD=%s/passwd", lab_home());
		/* without a group tty it leaves a pty to its user's: others' are root's to give */
		argv_printf(a, "NSS_WRAPPER_GROUP=%s/group", lab_home());
		argv_add(a, "/usr/sbin/dropbear");
		argv_add(a, "-F");
		argv_add(a, "-E");
		argv_add(a, "-s");
		argv_printf(a, "-r");
		argv_printf(a, "%s/dropbear_host", lab_home());
		argv_add(a, "-p");
		argv_printf(a, "127.0.0.1:%d", server_port);
		return;
	}
	argv_add(a, "/usr/sbin/sshd");
	argv_add(a, "-D");
	argv_add(a, "-e");
	argv_add(a, "-f");
	argv_printf(a, "%s/sshd_config", lab_home());
	argv_printf(a, "-oPort=%d", server_port);
}

static void
server_start(void)
{
	struct argv a = { 0 };
	int fd = listen_any(&server_port);

	close(fd);
	server_argv(&a);
	server = fork();
	if (server == 0) {
		char *log = xsprintf("%s/server.log", lab_home());
		int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out, 1);
		dup2(out, 2);
		/* its children die with it when the group is killed */
		setpgid(0, 0);
		execvp(a.v[0], a.v);
		_exit(127);
	}
	argv_free(&a);
	for (;;) {
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					  .sin_port = htons((uint16_t)server_port) };
		int rc;

		fd = socket(AF_INET, SOCK_STREAM, 0);
		rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
		close(fd);
		if (rc == 0)
			return;
		assert_int_equal(waitpid(server, NULL, WNOHANG), 0);
		poll(NULL, 0, 10);
	}
}

/* The children of a process, by its /proc entry. */
static void
kill_tree(pid_t pid)
{
	char *path = xsprintf("/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "r");
	int child;

	free(path);
	kill(pid, SIGSTOP);
	while (f != NULL && fscanf(f, "%d", &child) == 1)
		kill_tree(child);
	if (f != NULL)
		fclose(f);
	kill(pid, SIGKILL);
}

static void
server_stop(void)
{
	if (server <= 0)
		return;
	kill_tree(server);
	waitpid(server, NULL, 0);
	server = 0;
}

static void
set_up_dropbear(void)
{
	sh("dropbearconvert openssh dropbear %s/host %s/dropbear_host 2>/dev/null", lab_home(),
	   lab_home());
	sh("mkdir -m 700 %s/.ssh && cp %s/authorized_keys %s/.ssh && chmod 600 %s/.ssh/*",
	   lab_home(), lab_home(), lab_home(), lab_home());
	sh("echo %s:x:%d:%d::%s:/bin/sh > %s/passwd", user, (int)getuid(), (int)getgid(),
	   lab_home(), lab_home());
	sh("echo %s:x:%d: > %s/group", user, (int)getgid(), lab_home());
}

static int
set_up(void **state)
{
	(void)state;
	user = getpwuid(getuid())->pw_name;
	sh("cd %s && for k in host other user stranger; do ssh-keygen -q -t ed25519 -N '' -C '' -f $k; done",
	   lab_home());
	host_key = read_line("host.pub");
	other_host_key = read_line("other.pub");
	user_key = xsprintf("%s/user", lab_home());
	stranger_key = xsprintf("%s/stranger", lab_home());
	sh("cp %s/user.pub %s/authorized_keys", lab_home(), lab_home());
	sh("cd %s && { echo HostKey $PWD/host; echo ListenAddress 127.0.0.1; echo PidFile none;"
	   " echo AuthorizedKeysFile $PWD/authorized_keys; echo StrictModes no; echo UsePAM no;"
	   " echo PasswordAuthentication no; echo PermitRootLogin yes; echo KbdInteractiveAuthentication no;"
	   " echo MaxStartups 100;"
	   " echo SetEnv HOME=$PWD; } > sshd_config",
	   lab_home());
	if (with_dropbear)
		set_up_dropbear();
	else if (getuid() == 0)
		sh("mkdir -p /run/sshd");
	server_start();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	server_stop();
	free(host_key);
	free(user_key);
	free(other_host_key);
	free(stranger_key);
	return 0;
}

/* ---- a node and what runs there ---- */

static struct node *
node_with(const struct ssh_opts *o, double seconds, int want)
{
	struct wait *w = drive_new();
	struct node *n = NULL;
	int status;

	assert_int_equal(ssh_node_open(&n, scope_root(), "box", o, seconds, w), 0);
	status = drive_wait(w);
	if (status != want)
		fprintf(stderr, "%s\n", ssh_node_error(n));
	assert_int_equal(status, want);
	if (want != 0) {
		char *at = xsprintf("%s:%d", o->host, o->port);

		assert_non_null(strstr(ssh_node_error(n), at));
		free(at);
	}
	return n;
}

static struct ssh_opts
opts(void)
{
	return (struct ssh_opts){ "127.0.0.1", server_port, user, user_key, host_key };
}

static struct node *up;

static struct node *
node_up(void)
{
	struct ssh_opts o = opts();

	/* dropbear takes five at once that have not logged in, and has just been
	 * left by some */
	for (int status = -ECONNRESET; status == -ECONNRESET; poll(NULL, 0, 20)) {
		struct wait *w = drive_new();

		if (up != NULL)
			res_close(&up->res);
		assert_int_equal(ssh_node_open(&up, scope_root(), "box", &o, SECONDS, w), 0);
		status = drive_wait(w);
		if (status < 0 && status != -ECONNRESET)
			fail_msg("%d: %s", status, ssh_node_error(up));
	}
	res_hold(&up->res);
	return up;
}

static void
node_down(void)
{
	drive_close(scope_root());
	if (up != NULL)
		res_drop(&up->res);
	up = NULL;
	drive_turns(3);
	loop_fini();
}

struct job {
	struct chan *chan;
	struct buf out, err;
	bool ended;
	bool destroy_at_end, destroy_at_data;
};

static void
job_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct job *j = owner;

	assert_false(j->ended);
	buf_add(which == CHAN_OUT ? &j->out : &j->err, bytes, len);
	if (j->destroy_at_data) {
		j->chan->ops->destroy(j->chan);
		j->chan = NULL;
		j->ended = true;
	}
}

static void
job_ended(void *owner)
{
	struct job *j = owner;

	assert_false(j->ended);
	assert_true(j->chan->is_over);
	j->ended = true;
	if (j->destroy_at_end) {
		j->chan->ops->destroy(j->chan);
		j->chan = NULL;
	}
}

static void
job_spec(struct job *j, struct node *n, const struct chan_spec *spec)
{
	int rc = n->ops->spawn(n, &j->chan, spec);

	if (rc < 0)
		fail_msg("cannot spawn: %d, %s", rc, ssh_node_error(n));
	j->chan->data = job_data;
	j->chan->ended = job_ended;
	j->chan->owner = j;
}

static void
job_sh(struct job *j, struct node *n, bool pty, const char *script)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	struct chan_spec spec = { .argv = argv, .pty = pty };

	*j = (struct job){ 0 };
	buf_add(&j->out, "", 0);
	buf_add(&j->err, "", 0);
	job_spec(j, n, &spec);
}

static bool
job_is_over(void *arg)
{
	return ((struct job *)arg)->ended;
}

static void
job_free(struct job *j)
{
	if (j->chan != NULL)
		j->chan->ops->destroy(j->chan);
	buf_free(&j->out);
	buf_free(&j->err);
}

struct want {
	struct job *job;
	const char *text;
};

static bool
has_printed(void *arg)
{
	struct want *w = arg;

	return strstr(w->job->out.data, w->text) != NULL;
}

static void
until_said(struct job *j, const char *text)
{
	struct want w = { j, text };

	drive_until(has_printed, &w);
}

static bool
is_gone(void *arg)
{
	long pid = *(long *)arg;
	char *path = xsprintf("/proc/%ld/stat", pid), state = 'Z';
	FILE *f = fopen(path, "r");

	free(path);
	if (f != NULL && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	if (f != NULL)
		fclose(f);
	return state == 'Z' || state == 'X';
}

static void
until_gone(long pid)
{
	double until = loop_now() + SECONDS;

	while (!is_gone(&pid)) {
		if (loop_now() > until)
			fail_msg("process %ld still runs", pid);
		loop_turn(true);
		poll(NULL, 0, 5);
	}
}

/* ---- the tests ---- */

static void
outputs_are_apart(void **state)
{
	struct node *n = node_up();
	struct job j;

	(void)state;
	job_sh(&j, n, false, "echo out; echo err >&2; exit 7");
	drive_until(job_is_over, &j);
	assert_string_equal(j.out.data, "out\n");
	assert_string_equal(j.err.data, "err\n");
	assert_true(j.chan->exit.exited);
	assert_int_equal(j.chan->exit.code, 7);
	assert_true(j.chan->pid > 1);
	assert_int_equal(j.chan->ops->write(j.chan, "x", 1), -EPIPE);
	assert_int_equal(j.chan->ops->signal(j.chan, SIGTERM), -ESRCH);
	job_free(&j);
	node_down();
}

static void
words_environment_and_folder_are_set(void **state)
{
	struct node *n = node_up();
	char *argv[] = { "sh",    "-c",   "printf '%s|' \"$@\" \"$MOON\" \"$PWD\"",
			 "-",     "it's", "a  b",
			 "$HOME", "",     "\n;`ls`",
			 NULL };
	char *env[] = { "MOON=full 'n bright", NULL };
	struct chan_spec spec = { .argv = argv, .env = env, .cwd = "/usr/lib" };
	struct job j = { 0 };

	(void)state;
	job_spec(&j, n, &spec);
	drive_until(job_is_over, &j);
	assert_string_equal(j.out.data, "it's|a  b|$HOME||\n;`ls`|full 'n bright|/usr/lib|");
	job_free(&j);
	node_down();
}

static void
an_absent_program_is_127(void **state)
{
	struct node *n = node_up();
	char *argv[] = { "moonrig-no-such-program", NULL };
	struct chan_spec spec = { .argv = argv },
			 nowhere = { .argv = argv, .cwd = "/no/such/folder" };
	struct job j = { 0 }, k = { 0 };

	(void)state;
	job_spec(&j, n, &spec);
	job_spec(&k, n, &nowhere);
	drive_until(job_is_over, &j);
	drive_until(job_is_over, &k);
	assert_int_equal(j.chan->exit.code, 127);
	assert_non_null(strstr(j.err.data, "moonrig-no-such-program"));
	assert_int_equal(k.chan->exit.code, 127);
	assert_non_null(strstr(k.err.data, "/no/such/folder"));
	job_free(&j);
	job_free(&k);
	node_down();
}

static void
a_signal_ends_it(void **state)
{
	struct node *n = node_up();
	struct job j, k;

	(void)state;
	job_sh(&j, n, false, "kill -SEGV $$");
	job_sh(&k, n, false, "sleep 1000 & echo up $!; wait");
	until_said(&k, "up ");
	assert_int_equal(k.chan->ops->signal(k.chan, SIGTERM), 0);
	drive_until(job_is_over, &j);
	drive_until(job_is_over, &k);
	assert_int_equal(j.chan->exit.signal, SIGSEGV);
	assert_int_equal(k.chan->exit.signal, SIGTERM);
	assert_false(k.chan->exit.exited);
	/* the whole group */
	until_gone(atol(k.out.data + 3));
	job_free(&j);
	job_free(&k);
	node_down();
}

static void
an_early_signal_waits_for_the_pid(void **state)
{
	struct node *n = node_up();
	struct job j;

	(void)state;
	job_sh(&j, n, true, "sleep 1000");
	assert_int_equal(j.chan->ops->signal(j.chan, SIGKILL), 0);
	drive_until(job_is_over, &j);
	assert_int_equal(j.chan->exit.signal, SIGKILL);
	job_free(&j);
	node_down();
}

static void
a_pty_is_one_without_echo(void **state)
{
	struct node *n = node_up();
	struct job j;

	(void)state;
	job_sh(&j, n, true,
	       "test -t 0 && test -t 2 && echo $TERM; stty size; "
	       "echo go; read x; echo got $x >&2; cat; echo over");
	until_said(&j, "go\r\n");
	j.chan->ops->write(j.chan, "typed\n", 6);
	until_said(&j, "got ");
	j.chan->ops->eof(j.chan);
	drive_until(job_is_over, &j);
	assert_string_equal(j.out.data, "dumb\r\n50 200\r\ngo\r\ngot typed\r\nover\r\n");
	assert_int_equal(j.chan->exit.code, 0);
	job_free(&j);
	node_down();
}

static void
a_pty_takes_signals(void **state)
{
	struct node *n = node_up();
	struct job j;

	(void)state;
	job_sh(&j, n, true, "trap 'echo int; exit 3' INT; echo up; while :; do sleep 0.05; done");
	until_said(&j, "up");
	assert_int_equal(j.chan->ops->signal(j.chan, SIGINT), 0);
	drive_until(job_is_over, &j);
	assert_non_null(strstr(j.out.data, "int\r\n"));
	assert_int_equal(j.chan->exit.code, 3);
	job_free(&j);
	node_down();
}

#define CHANNELS 8
#define MEGABYTE (1024 * 1024)

static void
eight_channels_move_a_megabyte_each_way(void **state)
{
	struct node *n = node_up();
	struct job jobs[CHANNELS];
	char *bytes = malloc(MEGABYTE);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < MEGABYTE; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (int i = 0; i < CHANNELS; i++) {
		/* every second one mostly on its stderr, which must not stall the rest */
		job_sh(&jobs[i], n, false, i % 2 ? "cat >&2; echo done" : "cat; echo done >&2");
		assert_int_equal(jobs[i].chan->ops->write(jobs[i].chan, bytes, MEGABYTE), 0);
		jobs[i].chan->ops->eof(jobs[i].chan);
		assert_int_equal(jobs[i].chan->ops->write(jobs[i].chan, "x", 1), -EPIPE);
	}
	for (int i = 0; i < CHANNELS; i++) {
		struct job *j = &jobs[i];
		struct buf *big = i % 2 ? &j->err : &j->out, *small = i % 2 ? &j->out : &j->err;

		drive_until(job_is_over, j);
		assert_int_equal(big->len, MEGABYTE);
		assert_memory_equal(big->data, bytes, MEGABYTE);
		assert_string_equal(small->data, "done\n");
		assert_true(j->chan->exit.exited && j->chan->exit.code == 0);
		job_free(j);
	}
	free(bytes);
	node_down();
}

static void
much_output_does_not_block_others(void **state)
{
	struct node *n = node_up();
	struct job flood, j;

	(void)state;
	job_sh(&flood, n, false, "yes | tr '\\n' x");
	until_said(&flood, "yxyx");
	for (int i = 0; i < 3; i++) {
		job_sh(&j, n, false, "read x; echo $x");
		j.chan->ops->write(j.chan, "here\n", 5);
		drive_until(job_is_over, &j);
		assert_string_equal(j.out.data, "here\n");
		job_free(&j);
	}
	job_free(&flood);
	node_down();
}

static void
many_run_in_a_row(void **state)
{
	struct node *n = node_up();
	struct job j[40];

	(void)state;
	for (int i = 0; i < 40; i += 4) {
		for (int k = i; k < i + 4; k++)
			job_sh(&j[k], n, k & 1, "echo one; exit 5");
		for (int k = i; k < i + 4; k++) {
			drive_until(job_is_over, &j[k]);
			if (j[k].chan->exit.lost)
				fail_msg("lost: %s; %s", j[k].err.data, ssh_node_error(n));
			assert_string_equal(j[k].out.data, k & 1 ? "one\r\n" : "one\n");
			assert_int_equal(j[k].chan->exit.code, 5);
			job_free(&j[k]);
		}
	}
	node_down();
}

static void
a_destroy_leaves_no_process(void **state)
{
	struct node *n = node_up();
	struct job j, k;
	long pid, child;

	(void)state;
	for (int pty = 0; pty < 2; pty++) {
		job_sh(&j, n, pty, "trap '' HUP PIPE TERM; sleep 1000 & echo up $!; wait");
		until_said(&j, "up ");
		until_said(&j, "\n");
		pid = j.chan->pid;
		child = atol(j.out.data + 3);
		assert_int_equal(kill((pid_t)pid, 0), 0);
		job_free(&j);
		until_gone(pid);
		until_gone(child);
	}
	/* before it was opened, and from inside its callbacks */
	job_sh(&j, n, false, "echo never");
	job_free(&j);
	job_sh(&j, n, false, "echo $$; exec sleep 1000");
	j.destroy_at_data = true;
	job_sh(&k, n, true, "exit 0");
	k.destroy_at_end = true;
	drive_until(job_is_over, &j);
	drive_until(job_is_over, &k);
	until_gone(atol(j.out.data));
	job_free(&j);
	job_free(&k);
	node_down();
}

/* Destroyed while open and exec are under way: what still starts is killed. */
static void
a_destroy_is_possible_at_any_moment(void **state)
{
	struct node *n = node_up();
	char *name = xstrdup(lab_path("started"));
	char *script = xsprintf("echo $$ >>%s; exec sleep 1000", name);
	struct job j;
	FILE *f;
	long pid;

	(void)state;
	sh(": >%s", name);
	for (int turns = 0; turns < 60; turns++) {
		job_sh(&j, n, turns % 3 == 0, script);
		for (int i = 0; i < turns; i++) {
			loop_turn(true);
			poll(NULL, 0, turns > 30);
		}
		job_free(&j);
	}
	job_sh(&j, n, false, "echo ok");
	drive_until(job_is_over, &j);
	assert_string_equal(j.out.data, "ok\n");
	job_free(&j);
	drive_close(scope_root());
	f = fopen(name, "r");
	while (fscanf(f, "%ld", &pid) == 1)
		until_gone(pid);
	fclose(f);
	free(name);
	free(script);
	node_down();
}

/* Its end must be noticed though nothing is left to read. */
static void
a_program_may_close_its_output_first(void **state)
{
	struct node *n = node_up();
	struct job j, k;

	(void)state;
	job_sh(&k, n, false, "sleep 1000");
	job_sh(&j, n, false, "exec >/dev/null 2>&1 </dev/null; sleep 0.3; exit 3");
	drive_until(job_is_over, &j);
	assert_int_equal(j.chan->exit.code, 3);
	job_free(&j);
	job_free(&k);
	node_down();
}

static void
a_group_ends_with_its_leader(void **state)
{
	struct node *n = node_up();
	struct job j;

	(void)state;
	job_sh(&j, n, false, "sleep 1000 >/dev/null 2>&1 </dev/null & echo $!");
	drive_until(job_is_over, &j);
	until_gone(atol(j.out.data));
	job_free(&j);
	node_down();
}

static void
a_soft_close_ends_all(void **state)
{
	struct node *n = node_up();
	struct job j, k;
	struct chan_spec spec = { 0 };
	struct chan *none;
	long pid;

	(void)state;
	job_sh(&j, n, false, "trap '' HUP; echo up; while :; do sleep 1000; done");
	job_sh(&k, n, true, "trap '' HUP; echo up; while :; do sleep 1000; done");
	k.destroy_at_end = true;
	until_said(&j, "up");
	until_said(&k, "up");
	pid = j.chan->pid;
	drive_close(scope_root());
	assert_true(j.ended && j.chan->exit.lost);
	assert_true(k.ended);
	assert_int_equal(n->ops->spawn(n, &none, &spec), -ENOTCONN);
	assert_int_equal(j.chan->ops->write(j.chan, "x", 1), -EPIPE);
	assert_int_equal(j.chan->ops->signal(j.chan, SIGKILL), -ESRCH);
	j.chan->ops->eof(j.chan);
	until_gone(pid);
	job_free(&j);
	job_free(&k);
	node_down();
}

/* Starts a program that ignores a hangup and one that leaves its session; reports the pids; dies.
 */
static _Noreturn void
client_that_is_killed(int fd)
{
	struct node *n = node_up();
	struct job j[4];

	for (int i = 0; i < 4; i++) {
		long pids[2];

		job_sh(&j[i], n, i & 1,
		       i < 2 ? "trap '' HUP PIPE TERM; sleep 1000 & echo up $!; wait"
			     : "setsid sleep 1000 & echo up $!; exec sleep 1000");
		until_said(&j[i], "up ");
		until_said(&j[i], "\n");
		pids[0] = j[i].chan->pid;
		pids[1] = atol(strstr(j[i].out.data, "up ") + 3);
		if (write(fd, pids, sizeof(pids)) < 0)
			_exit(1);
	}
	raise(SIGKILL);
	_exit(1);
}

static void
a_killed_client_leaves_no_process(void **state)
{
	int fd[2], status;
	long pids[8];
	pid_t client;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	client = fork();
	if (client == 0)
		client_that_is_killed(fd[1]);
	waitpid(client, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(fd[0], pids, sizeof(pids)), sizeof(pids));
	for (int i = 0; i < 8; i++)
		until_gone(pids[i]);
	close(fd[0]);
	close(fd[1]);
}

/* Registers three undos, drops one. */
static void
say_undos(struct node *n, const char *file)
{
	char *code = xsprintf("echo \"it's $0\" >>%s", file);
	char *argv[] = { "sh", "-c", code, "one", NULL }, *bad[] = { "echo", "two\nlines", NULL };
	int second;

	assert_true(n->ops->undo(n, argv) > 0);
	argv[3] = "two";
	second = n->ops->undo(n, argv);
	assert_true(second > 0);
	argv[3] = "three \\";
	assert_true(n->ops->undo(n, argv) > second);
	n->ops->drop(n, second);
	n->ops->drop(n, 0);
	assert_int_equal(n->ops->undo(n, bad), 0);
	free(code);
}

static bool
has_undone(void *arg)
{
	char text[256] = "";
	FILE *f = fopen(arg, "r");

	if (f == NULL)
		return false;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return strcmp(text, "it's three \\\nit's one\n") == 0;
}

static void
the_node_runs_the_undos(void **state)
{
	char *file = xstrdup(lab_path("undone"));
	double until;
	pid_t client = fork();
	struct job j;

	(void)state;
	if (client == 0) {
		struct node *n = node_up();

		say_undos(n, file);
		/* later ones end later */
		job_sh(&j, n, false, "echo up");
		until_said(&j, "up");
		raise(SIGKILL);
	}
	waitpid(client, NULL, 0);
	for (until = loop_now() + SECONDS; !has_undone(file) && loop_now() < until;)
		poll(NULL, 0, 5);
	assert_true(has_undone(file));
	unlink(file);
	/* in peace, too */
	say_undos(node_up(), file);
	drive_close(scope_root());
	drive_until(has_undone, file);
	assert_int_equal(up->ops->undo(up, (char *[]){ "true", NULL }), 0);
	up->ops->drop(up, 1);
	node_down();
	unlink(file);
	free(file);
}

static struct node *to_close;

static void
close_node_hard(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	(void)owner;
	(void)which;
	(void)bytes;
	(void)len;
	res_harden(&to_close->res);
}

static void
a_callback_may_close_the_hard_way(void **state)
{
	struct job j, k;

	(void)state;
	to_close = node_up();
	job_sh(&j, to_close, false, "echo hello; exec sleep 20");
	job_sh(&k, to_close, false, "exec sleep 20");
	j.chan->data = close_node_hard;
	drive_until(job_is_over, &j);
	assert_true(j.chan->exit.lost);
	assert_true(k.ended);
	assert_int_equal(to_close->res.state, RES_CLOSED);
	job_free(&j);
	job_free(&k);
	node_down();
}

static void
another_host_key_is_rejected(void **state)
{
	struct ssh_opts o = opts();
	struct chan_spec spec = { 0 };
	struct chan *none;
	struct node *n;

	(void)state;
	o.host_key = other_host_key;
	n = node_with(&o, SECONDS, -EKEYREJECTED);
	assert_int_equal(n->ops->spawn(n, &none, &spec), -ENOTCONN);
	res_close(&n->res);
	node_down();
}

static void
any_host_key_is_taken_of_a_guest(void **state)
{
	struct ssh_opts o = opts();
	struct wait *w = drive_new();
	struct node *n;

	(void)state;
	o.host_key = "any";
	res_close(&node_with(&o, SECONDS, 0)->res);
	o.host = "localhost";
	assert_int_equal(ssh_node_open(&n, scope_root(), "box", &o, 1, w), -EINVAL);
	free(w);
	node_down();
}

static void
invalid_options_are_refused(void **state)
{
	struct ssh_opts o = opts();
	struct wait *w = drive_new();
	struct node *n;

	(void)state;
	o.host_key = NULL;
	assert_int_equal(ssh_node_open(&n, scope_root(), "box", &o, 1, w), -EINVAL);
	o.host_key = "ssh-ed25519";
	assert_int_equal(ssh_node_open(&n, scope_root(), "box", &o, 1, w), -EINVAL);
	free(w);
	o.host_key = "ssh-moon AAAA";
	node_with(&o, SECONDS, -EINVAL);
	o.host_key = "ssh-ed25519 ????";
	node_with(&o, SECONDS, -EKEYREJECTED);
	node_down();
}

static void
an_unknown_key_is_refused(void **state)
{
	struct ssh_opts o = opts();

	(void)state;
	o.key = stranger_key;
	node_with(&o, SECONDS, -EACCES);
	o.key = "/no/such/key";
	node_with(&o, SECONDS, -ENOKEY);
	node_down();
}

static void
a_refused_connection_is_an_error(void **state)
{
	struct ssh_opts o = opts();
	int fd = listen_any(&o.port);

	(void)state;
	close(fd);
	node_with(&o, SECONDS, -ECONNREFUSED);
	o.host = "no-such-host.invalid";
	node_with(&o, SECONDS, -ENOENT);
	node_down();
}

static void
a_server_without_a_banner_times_out(void **state)
{
	struct ssh_opts o = opts();
	int fd = listen_any(&o.port);
	struct node *n;

	(void)state;
	n = node_with(&o, 0.2, -ETIMEDOUT);
	assert_non_null(strstr(ssh_node_error(n), "got no SSH banner"));
	close(fd);
	node_down();
}

static void
a_close_before_the_login_is_an_error(void **state)
{
	struct ssh_opts o = opts();
	int fd = listen_any(&o.port);
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		close(accept(fd, NULL, NULL));
		_exit(0);
	}
	node_with(&o, SECONDS, -ECONNRESET);
	waitpid(pid, NULL, 0);
	close(fd);
	node_down();
}

static void
a_server_without_ssh_is_an_error(void **state)
{
	struct ssh_opts o = opts();
	int fd = listen_any(&o.port);
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		static const char text[] =
			"SSH-2.0-fake\r\nHTTP/1.1 400 Bad Request\r\n\r\nno no no no no\r\n";
		int c = accept(fd, NULL, NULL);
		ssize_t n = write(c, text, sizeof(text) - 1);

		while (n > 0 && read(c, &n, 1) > 0)
			n = 1;
		_exit(0);
	}
	node_with(&o, SECONDS, -EPROTO);
	loop_fini();
	close(fd);
	drive_close(scope_root());
	waitpid(pid, NULL, 0);
	loop_fini();
}

static void
a_login_can_be_cancelled(void **state)
{
	struct ssh_opts o = opts();
	struct wait *w = drive_new();
	struct node *n;

	(void)state;
	for (int turns = 0; turns < 40; turns++) {
		assert_int_equal(ssh_node_open(&n, scope_root(), "box", &o, SECONDS, w), 0);
		drive_turns(turns);
		drive_close(scope_root());
		assert_true(drive_ended(w));
		drive_wait(w);
		w = drive_new();
	}
	free(w);
	node_down();
}

static void
a_killed_server_ends_all_as_lost(void **state)
{
	struct node *n = node_up();
	struct job j, k;

	(void)state;
	job_sh(&j, n, false, "echo last words; exec sleep 1000");
	job_sh(&k, n, true, "exec sleep 1000");
	until_said(&j, "last words");
	server_stop();
	drive_until(job_is_over, &j);
	drive_until(job_is_over, &k);
	assert_true(j.chan->exit.lost && !j.chan->exit.exited);
	assert_true(k.chan->exit.lost);
	assert_int_equal(n->res.state, RES_CLOSED);
	assert_string_not_equal(ssh_node_error(n), "");
	job_free(&j);
	job_free(&k);
	node_down();
}

static void
sshd_needs_root_and_to_be_there(void **state)
{
	(void)state;
	skip();
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_apart),
		cmocka_unit_test(words_environment_and_folder_are_set),
		cmocka_unit_test(an_absent_program_is_127),
		cmocka_unit_test(a_signal_ends_it),
		cmocka_unit_test(an_early_signal_waits_for_the_pid),
		cmocka_unit_test(a_pty_is_one_without_echo),
		cmocka_unit_test(a_pty_takes_signals),
		cmocka_unit_test(eight_channels_move_a_megabyte_each_way),
		cmocka_unit_test(much_output_does_not_block_others),
		cmocka_unit_test(many_run_in_a_row),
		cmocka_unit_test(a_destroy_leaves_no_process),
		cmocka_unit_test(a_destroy_is_possible_at_any_moment),
		cmocka_unit_test(a_program_may_close_its_output_first),
		cmocka_unit_test(a_group_ends_with_its_leader),
		cmocka_unit_test(a_soft_close_ends_all),
		cmocka_unit_test(a_killed_client_leaves_no_process),
		cmocka_unit_test(the_node_runs_the_undos),
		cmocka_unit_test(a_callback_may_close_the_hard_way),
		cmocka_unit_test(another_host_key_is_rejected),
		cmocka_unit_test(any_host_key_is_taken_of_a_guest),
		cmocka_unit_test(invalid_options_are_refused),
		cmocka_unit_test(an_unknown_key_is_refused),
		cmocka_unit_test(a_refused_connection_is_an_error),
		cmocka_unit_test(a_server_without_a_banner_times_out),
		cmocka_unit_test(a_close_before_the_login_is_an_error),
		cmocka_unit_test(a_server_without_ssh_is_an_error),
		cmocka_unit_test(a_login_can_be_cancelled),
		/* the last: no server is left */
		cmocka_unit_test(a_killed_server_ends_all_as_lost),
	};
	static const struct CMUnitTest without_sshd[] = {
		cmocka_unit_test(sshd_needs_root_and_to_be_there),
	};

	const char *only = argc > 1 ? argv[1] : "";
	int failed = 0;

	/* an sshd that is not root's has no ptys to give where devpts names no group for them */
	bool has_sshd = getuid() == 0 && access("/usr/sbin/sshd", X_OK) == 0;

	if (strcmp(only, "dropbear") != 0 && has_sshd)
		failed += LAB_RUN("ssh (sshd)", tests, set_up, tear_down);
	else if (strcmp(only, "dropbear") != 0)
		failed += LAB_RUN("ssh (sshd)", without_sshd, NULL, NULL);
	with_dropbear = true;
	if (strcmp(only, "sshd") == 0)
		return failed;
	return failed + LAB_RUN("ssh (dropbear)", tests, set_up, tear_down);
}
