/* proc: a process as /proc shows it. */
#include "guard/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "core/loop.h"

static struct proc
proc_read(pid_t pid)
{
	char path[64], text[1024], *end;
	struct proc p = { .pid = pid };
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	if (f == NULL)
		return p;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	/* field 2 is the command's name in brackets, which may hold blanks */
	end = strrchr(text, ')');
	if (end == NULL)
		return p;
	sscanf(end + 1,
	       " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
	       &p.state, &p.parent, &p.group, &p.start);
	snprintf(p.text, sizeof(p.text), "%.*s", (int)(end + 3 - text), text);
	return p;
}

bool
proc_next(DIR *d, struct proc *p)
{
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		*p = proc_read(atoi(e->d_name));
		if (p->state != 0)
			return true;
	}
	return false;
}

unsigned long long
proc_start_time(pid_t pid)
{
	return proc_read(pid).start;
}

static bool
is_alive(const struct proc *p)
{
	return p->state != 0 && p->state != 'Z';
}

bool
proc_is_running(pid_t pid, unsigned long long start)
{
	struct proc p = proc_read(pid);

	return is_alive(&p) && p.start == start;
}

bool
proc_group_is_running(pid_t group)
{
	DIR *d = opendir("/proc");
	struct proc p;
	bool any = false;

	while (!any && proc_next(d, &p))
		any = p.group == group && is_alive(&p);
	if (d != NULL)
		closedir(d);
	return any;
}

bool
proc_pause(double until)
{
	struct timespec ms = { .tv_nsec = 2000000 };

	nanosleep(&ms, NULL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return loop_now() < until;
}
