/* asked: a request to a client, and what came of it. */
#ifndef ASKED_H
#define ASKED_H

#include "client/request.h"

struct asked {
	struct wait *w;
	struct request *call;
	json_t *result;
	char *error;
};

/* Turn the loop until it has its reply. Returns its status. */
int answer(struct asked *a);
void forget(struct asked *a);

#endif
