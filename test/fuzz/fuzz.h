/* fuzz: what the harnesses share: the input in pieces, a promise, work that is counted. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chan/chan.h"
#include "core/buf.h"
#include "core/wait.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold. Where it does not, the process ends and libFuzzer keeps the input. */
#define MUST(cond) ((cond) ? (void)0 : fuzz_broken(#cond, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *promise, const char *file, int line);

/* Some bytes of the input; not ours. */
struct span {
	const char *p;
	size_t len;
};

/* The first line, without its end; `in` goes on behind it. */
struct span span_line(struct span *in);

/* At most `len` bytes; `in` goes on behind them. */
struct span span_take(struct span *in, size_t len);

/* How a stream is cut into what single reads bring: all at once, byte by byte, or
 * pieces of 1 to 32 bytes, as this number has them. */
enum { CUT_NOT, CUT_ALL, CUT_SOME };
struct span span_piece(struct span *in, uint32_t *cut);

/* The work done so far by the engine's code: each piece of straight code counts one, bytes that
 * memmove, memcpy and memchr went over an eighth. The result is the same on every machine, however
 * busy. */
uint64_t fuzz_work(void);

/* Since `before`, no more than `each` for each byte of the input, `once` not counted. */
void fuzz_linear(uint64_t before, size_t len, uint64_t each, uint64_t once);

/* A channel without a peer: the harness feeds its input, and reads what was written. */
struct fuzz_chan {
	struct chan chan;
	struct buf written;
	bool gone; /* its user let go of it */
};
struct fuzz_chan *fuzz_chan_new(void);
/* False once the channel is closed. */
bool fuzz_chan_feed(struct fuzz_chan *c, enum chan_which which, struct span bytes);
void fuzz_chan_end(struct fuzz_chan *c);
void fuzz_chan_free(struct fuzz_chan *c);

/* A conversation in words, from a line of letters and the bytes of the peer, cut into pieces. */
typedef struct buf (*fuzz_converse)(struct span letters, struct span in, uint32_t cut);

/* The same words come of it, however the bytes are cut. At most `max` letters count. */
int fuzz_in_pieces(const uint8_t *bytes, size_t len, size_t max, fuzz_converse converse);

/* Turn the loop until all that was closed is freed. No timer has run out by then. */
void fuzz_settle(void);

#endif
