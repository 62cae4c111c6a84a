/* run: a command that runs until its exit, with its output captured. */
#include "node/run.h"

#include <errno.h>
#include <signal.h>

#include "core/log.h"
#include "core/signals.h"

#define CAPTURE_MAX (16u << 20)
/* as much of it is on the timeline */
#define SHOWN_MAX 4096

static void
capture_trim(struct run *r, struct buf *b, size_t limit)
{
	if (b->len <= limit)
		return;
	r->dropped += b->len - CAPTURE_MAX;
	buf_drop(b, b->len - CAPTURE_MAX);
}

static void
run_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct run *r = owner;
	struct buf *b = which == CHAN_OUT ? &r->out : &r->err;

	buf_add(b, bytes, len);
	/* twice the size before it moves: moving is then a constant cost a byte */
	capture_trim(r, b, 2 * CAPTURE_MAX);
}

static json_t *
shown(const struct buf *b)
{
	return log_text(b->data, b->len < SHOWN_MAX ? b->len : SHOWN_MAX);
}

static void
run_ended(void *owner)
{
	struct run *r = owner;

	capture_trim(r, &r->out, CAPTURE_MAX);
	capture_trim(r, &r->err, CAPTURE_MAX);
	r->exit = r->chan->exit;
	r->chan->ops->destroy(r->chan);
	r->chan = NULL;
	log_event("ran", json_pack("{s:s, s:b, s:i, s:s*, s:f, s:o, s:o}", "what", r->res.name,
				   "exited", r->exit.exited, "code", r->exit.code, "signal",
				   signal_name(r->exit.signal), "seconds", loop_now() - r->since,
				   "out", shown(&r->out), "err", shown(&r->err)));
	/* the waiter goes first: the scope may close it next (devbind's steps) */
	wait_end_all(&r->wait, r->exit.lost ? -EPIPE : r->dropped > 0 ? -EOVERFLOW : 0);
	res_closed(&r->res);
}

static void
run_hard(struct res *res)
{
	struct run *r = (struct run *)res;

	if (r->chan != NULL)
		chan_kill(r->chan, SIGKILL);
}

static void
run_destroy(struct res *res)
{
	struct run *r = (struct run *)res;

	if (r->chan != NULL)
		r->chan->ops->destroy(r->chan);
	buf_free(&r->out);
	buf_free(&r->err);
	free(r);
}

static const struct res_ops run_ops = { .kind = "command",
					.hard = run_hard,
					.destroy = run_destroy };

static void
run_forget(void *owner, struct wait *w)
{
	struct run *r = owner;

	(void)w;
	r->wait = NULL;
	res_harden(&r->res);
}

int
run_start(struct run **out, struct scope *s, struct node *n, const struct chan_spec *spec,
	  const char *input, size_t input_len, double seconds, struct wait *w)
{
	struct run *r = xcalloc(1, sizeof(*r));
	int rc = n->ops->spawn(n, &r->chan, spec);
	json_t *args;

	if (rc < 0) {
		free(r);
		return rc;
	}
	buf_add(&r->out, "", 0);
	buf_add(&r->err, "", 0);
	r->since = loop_now();
	r->chan->data = run_data;
	r->chan->ended = run_ended;
	r->chan->owner = r;
	res_open(&r->res, &run_ops, s, spec->argv[0], 0);
	res_hold(&r->res);
	args = json_array();
	for (char *const *a = spec->argv; *a != NULL; a++)
		json_array_append_new(args, log_text(*a, strlen(*a)));
	log_event("run", json_pack("{s:s, s:o}", "node", n->res.name, "argv", args));
	r->wait = w;
	wait_arm(w, seconds, run_forget, r);
	if (input != NULL)
		r->chan->ops->write(r->chan, input, input_len);
	r->chan->ops->eof(r->chan);
	*out = r;
	return 0;
}
