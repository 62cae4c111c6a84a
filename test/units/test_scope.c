/* test_scope: resources close in reverse order, softly first, then hard. */
#include "units/lab.h"

#include <errno.h>

enum manner { AT_ONCE, LATER, NEVER };

struct thing {
	struct res res;
	enum manner soft, hard;
	struct timer *later;
};

static struct buf events;
static int alive;

static void
note(const char *what, const struct res *r)
{
	buf_printf(&events, "%s%s %s", events.len > 0 ? ", " : "", what, r->name);
}

static void
thing_later(void *arg)
{
	struct thing *t = arg;

	note("gone", &t->res);
	res_closed(&t->res);
}

static void
thing_end(struct thing *t, enum manner how)
{
	if (how == NEVER)
		return;
	timer_stop(&t->later);
	if (how == LATER)
		timer_start(&t->later, 0.01, thing_later, t);
	else
		thing_later(t);
}

static void
thing_soft(struct res *r)
{
	note("ask", r);
	thing_end((struct thing *)r, ((struct thing *)r)->soft);
}

static void
thing_hard(struct res *r)
{
	note("kill", r);
	thing_end((struct thing *)r, ((struct thing *)r)->hard);
}

static void
thing_destroy(struct res *r)
{
	timer_stop(&((struct thing *)r)->later);
	alive--;
	free(r);
}

static const struct res_ops polite = {
	.kind = "thing", .soft = thing_soft, .hard = thing_hard, .destroy = thing_destroy
};
static const struct res_ops rude = { .kind = "thing",
				     .hard = thing_hard,
				     .destroy = thing_destroy };

static struct res *
thing(struct scope *s, const char *name, const struct res_ops *ops, enum manner soft,
      enum manner hard, double grace)
{
	struct thing *t = xcalloc(1, sizeof(*t));

	t->soft = soft;
	t->hard = hard;
	alive++;
	res_open(&t->res, ops, s, name, grace);
	return &t->res;
}

static void
said_was(const char *want)
{
	buf_add(&events, "", 0);
	assert_string_equal(events.data, want);
	buf_free(&events);
}

static void
the_newest_ends_first(void **state)
{
	struct scope *s = lab_scope();

	(void)state;
	thing(s, "a", &polite, AT_ONCE, AT_ONCE, 5);
	thing(s, "b", &polite, LATER, AT_ONCE, 5);
	thing(s, "c", &rude, NEVER, LATER, 5);
	thing(s, "d", &polite, LATER, AT_ONCE, 5);
	assert_string_equal(LIST_FIRST(&s->open)->name, "d");
	lab_close();
	/* one has gone before the next is asked */
	said_was("ask d, gone d, kill c, gone c, ask b, gone b, ask a, gone a");
	assert_int_equal(alive, 0);
}

static void
a_soft_end_without_effect_becomes_hard(void **state)
{
	struct scope *s = lab_scope();

	(void)state;
	thing(s, "a", &polite, AT_ONCE, AT_ONCE, 5);
	thing(s, "b", &polite, NEVER, LATER, 0.02);
	thing(s, "c", &polite, NEVER, AT_ONCE, 0); /* no grace, no question */
	lab_close();
	said_was("kill c, gone c, ask b, kill b, gone b, ask a, gone a");
	assert_int_equal(alive, 0);
}

static void
a_second_close_does_nothing(void **state)
{
	struct scope *s = lab_scope();
	struct res *r = thing(s, "a", &polite, LATER, AT_ONCE, 5);
	struct wait *w = drive_new(), *late = drive_new();

	(void)state;
	res_hold(r);
	res_await(r, w, 10);
	res_close(r);
	res_close(r);
	assert_int_equal(r->state, RES_CLOSING);
	assert_int_equal(drive_wait(w), 0);
	assert_int_equal(r->state, RES_CLOSED);
	res_close(r);
	res_harden(r);
	res_closed(r);
	/* a wait for a closed one ends at once */
	res_await(r, late, 10);
	assert_true(drive_ended(late));
	assert_int_equal(drive_wait(late), 0);
	said_was("ask a, gone a");
	assert_int_equal(alive, 1);
	res_drop(r);
	assert_int_equal(alive, 0);
	assert_null(LIST_FIRST(&s->open));
}

static void
a_closed_one_leaves_its_scope(void **state)
{
	struct scope *s = lab_scope();
	struct res *b;

	(void)state;
	thing(s, "a", &polite, AT_ONCE, AT_ONCE, 5);
	b = thing(s, "b", &polite, AT_ONCE, AT_ONCE, 5);
	thing(s, "c", &polite, AT_ONCE, AT_ONCE, 5);
	res_close(b);
	assert_string_equal(LIST_FIRST(&s->open)->name, "c");
	assert_string_equal(LIST_NEXT(LIST_FIRST(&s->open), older)->name, "a");
	lab_close();
	said_was("ask b, gone b, ask c, gone c, ask a, gone a");
}

static void
scopes_nest(void **state)
{
	struct scope *s = lab_scope(), *inner;

	(void)state;
	thing(s, "a", &polite, LATER, AT_ONCE, 5);
	inner = scope_new(s, "inner");
	thing(inner, "x", &polite, LATER, AT_ONCE, 5);
	thing(inner, "y", &polite, AT_ONCE, AT_ONCE, 5);
	scope_new(inner, "innermost");
	thing(s, "b", &polite, LATER, AT_ONCE, 5);
	lab_close();
	said_was("ask b, gone b, ask y, gone y, ask x, gone x, ask a, gone a");
	assert_int_equal(alive, 0);
}

static void
a_hard_close_has_no_soft_end(void **state)
{
	struct scope *s = lab_scope(), *inner;
	struct wait *w = drive_new();

	(void)state;
	thing(s, "a", &polite, NEVER, LATER, 100);
	inner = scope_new(s, "inner");
	thing(inner, "x", &polite, NEVER, AT_ONCE, 100);
	res_await(&s->res, w, 50);
	res_close(&s->res);
	drive_turns(3);
	said_was("ask x");
	/* the second Ctrl-C */
	res_harden(&s->res);
	assert_int_equal(drive_wait(w), 0);
	said_was("kill x, gone x, kill a, gone a");
	assert_int_equal(alive, 0);
}

/* Even one whose hard end does nothing does not keep the older ones from theirs. */
static void
a_stuck_one_does_not_block_others(void **state)
{
	struct scope *s = lab_scope(), *inner = scope_new(s, "inner");
	struct res *stuck, *stuck2;
	struct wait *w = drive_new();

	(void)state;
	thing(inner, "a", &polite, NEVER, AT_ONCE, 100);
	stuck = thing(inner, "stuck", &rude, NEVER, NEVER, 0);
	stuck2 = thing(inner, "stuck2", &rude, NEVER, NEVER, 0);
	res_hold(stuck);
	res_hold(stuck2);
	res_await(&s->res, w, 100);
	res_harden(&s->res);
	assert_int_equal(drive_wait(w), 0);
	said_was("kill stuck2, kill stuck, kill a, gone a");
	assert_int_equal(stuck->state, RES_CLOSED);
	/* it may end later */
	res_closed(stuck);
	res_drop(stuck);
	res_drop(stuck2);
	assert_int_equal(alive, 0);
}

static void
a_wait_for_an_end_may_be_cancelled(void **state)
{
	struct res *r = thing(lab_scope(), "a", &polite, NEVER, AT_ONCE, 100);
	struct wait *w = drive_new(), *other = drive_new();

	(void)state;
	res_await(r, w, 0.01);
	res_await(r, other, 50);
	res_close(r);
	assert_int_equal(drive_wait(w), -ETIMEDOUT);
	res_harden(r);
	assert_int_equal(drive_wait(other), 0);
	buf_free(&events);
}

static void
the_root_is_opened_on_use(void **state)
{
	struct scope *s = scope_root();

	(void)state;
	assert_ptr_equal(scope_root(), s);
	thing(s, "a", &polite, LATER, AT_ONCE, 5);
	drive_close(s);
	said_was("ask a, gone a");
	s = scope_root();
	assert_null(LIST_FIRST(&s->open));
	assert_int_equal(s->res.state, RES_OPEN);
	drive_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_ends_first),
		cmocka_unit_test(a_soft_end_without_effect_becomes_hard),
		cmocka_unit_test(a_second_close_does_nothing),
		cmocka_unit_test(a_closed_one_leaves_its_scope),
		cmocka_unit_test(scopes_nest),
		cmocka_unit_test(a_hard_close_has_no_soft_end),
		cmocka_unit_test(a_stuck_one_does_not_block_others),
		cmocka_unit_test(a_wait_for_an_end_may_be_cancelled),
		cmocka_unit_test(the_root_is_opened_on_use),
	};

	return LAB_RUN("scope", tests, NULL, NULL);
}
