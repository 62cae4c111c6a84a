/* sockets: the shim's. An address is a path, and true for SEQPACKET, or a port on 127.0.0.1. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim/shim.h"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_un path;
		struct sockaddr_in port;
	};
	socklen_t len;
};

/* A new socket for the address in L's arguments. */
static int
socket_for(lua_State *L, struct address *at)
{
	int type = lua_toboolean(L, 2) ? SOCK_SEQPACKET : SOCK_STREAM;

	if (lua_type(L, 1) == LUA_TNUMBER) {
		at->port = (struct sockaddr_in){ .sin_family = AF_INET,
						 .sin_port = htons((uint16_t)lua_tointeger(L, 1)),
						 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		at->len = sizeof at->port;
	} else {
		at->path = (struct sockaddr_un){ .sun_family = AF_UNIX };
		strncpy(at->path.sun_path, luaL_checkstring(L, 1), sizeof at->path.sun_path - 1);
		at->len = sizeof at->path;
	}
	return socket(at->any.sa_family, type | SOCK_CLOEXEC, 0);
}

/* sh.listen(address) → fd, and the port, which the kernel selects for port 0 */
static int
l_listen(lua_State *L)
{
	struct address at;
	int fd = socket_for(L, &at);

	if (bind(fd, &at.any, at.len) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, &at.any, &at.len) < 0)
		return shim_failed(L);
	lua_pushinteger(L, fd);
	lua_pushinteger(L, at.any.sa_family == AF_INET ? ntohs(at.port.sin_port) : 0);
	return 2;
}

/* sh.connect(address) → fd */
static int
l_connect(lua_State *L)
{
	struct address at;
	int fd = socket_for(L, &at);

	if (connect(fd, &at.any, at.len) == 0)
		return shim_number(L, fd);
	close(fd);
	return shim_failed(L);
}

/* sh.accept(fd) → fd */
static int
l_accept(lua_State *L)
{
	return shim_number(L, accept4((int)luaL_checkinteger(L, 1), NULL, NULL, SOCK_CLOEXEC));
}

const luaL_Reg shim_sockets[] = {
	{ "listen", l_listen },
	{ "connect", l_connect },
	{ "accept", l_accept },
	{ NULL, NULL },
};
