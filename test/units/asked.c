/* asked: a request to a client, and what came of it. */
#include "units/asked.h"

#include "units/lab.h"

int
answer(struct asked *a)
{
	int status = drive_wait(a->w);

	assert_int_equal(request_finish(a->call, &a->result, &a->error), status);
	assert_int_equal(status == 0, a->error == NULL);
	return status;
}

void
forget(struct asked *a)
{
	json_decref(a->result);
	free(a->error);
}
