/* loop: the one libuv loop of this process, its clock, timers, and watches of fds and folders. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* A libuv handle is freed only after uv_close's callback; these wrappers hide
 * that: after *_stop the pointer is NULL and the callback never runs again. */
struct timer;
struct watch;
struct folder;

typedef void (*timer_fn)(void *arg);
typedef void (*watch_fn)(void *arg, int events);
typedef void (*folder_fn)(void *arg);

uv_loop_t *loop(void);

/* Seconds of CLOCK_MONOTONIC now, not at the loop's last turn, without those for which this process
 * was stopped (loop_watch_stops). */
double loop_now(void);

/* From here on the time between a stop (Ctrl-Z, SIGSTOP) and its SIGCONT does not count: the clock
 * stands and all deadlines move, by up to HEARTBEAT_SECONDS more. */
void loop_watch_stops(void);
/* For how long this process was stopped, and its parent before it was started (loop_set_stopped).
 */
double loop_stopped(void);
void loop_set_stopped(double seconds);

/* One turn of the loop; waits for an event unless `poll`. */
void loop_turn(bool poll);

/* Close all open handles and free the loop. For tests and the end of main. */
void loop_fini(void);

/* Call fn once, after these seconds; the pointer is NULL by then. */
void timer_start(struct timer **t, double seconds, timer_fn fn, void *arg);
void timer_stop(struct timer **t);

/* Watch fd for UV_READABLE | UV_WRITABLE. An error fires all that is watched for, until fn has read
 * or written up to it, or stops the watch. -errno when the fd cannot be polled. */
int watch_start(struct watch **w, int fd, int events, watch_fn fn, void *arg);
/* The same for an fd that other programs share (the terminal): it stays blocking. */
int watch_start_shared(struct watch **w, int fd, int events, watch_fn fn, void *arg);
void watch_set(struct watch *w, int events);
void watch_stop(struct watch **w);

/* `fn` is called when `path` or one of its entries changes, not for files in its folders. -ENOENT:
 * no such folder; -ENOSPC or -EMFILE: the kernel gives no more watches. */
int folder_start(struct folder **f, const char *path, folder_fn fn, void *arg);
void folder_stop(struct folder **f);

#endif
