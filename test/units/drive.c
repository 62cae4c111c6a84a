/* drive: the loop, turned by a unit test until its wait has ended. */
#include "units/drive.h"

#include <unistd.h>

#include "core/buf.h"

struct driven {
	struct wait wait;
	bool ended;
	int status;
};

static void
driven_done(struct wait *w, int status)
{
	struct driven *d = (struct driven *)w;

	d->ended = true;
	d->status = status;
}

struct wait *
drive_new(void)
{
	struct driven *d = xcalloc(1, sizeof(*d));

	d->wait.done = driven_done;
	return &d->wait;
}

bool
drive_ended(const struct wait *w)
{
	return ((const struct driven *)w)->ended;
}

int
drive_wait(struct wait *w)
{
	struct driven *d = (struct driven *)w;
	int status;

	while (!d->ended)
		loop_turn(false);
	status = d->status;
	free(d);
	return status;
}

void
drive_until(bool (*done)(void *arg), void *arg)
{
	while (!done(arg))
		loop_turn(false);
}

void
drive_turns(int n)
{
	for (int i = 0; i < n; i++)
		loop_turn(true);
}

void
drive_close(struct scope *s)
{
	struct res *r = &s->res;
	struct wait *w = drive_new();

	res_hold(r);
	res_await(r, w, 60.0);
	res_close(r);
	drive_wait(w);
	res_drop(r);
}
