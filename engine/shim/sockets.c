/* sockets: the shim's: unix ones, stream or "packet" for SEQPACKET; TCP on 127.0.0.1. */
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim/shim.h"

static int
unix_socket(lua_State *L, struct sockaddr_un *at)
{
	bool packet = lua_toboolean(L, 2);

	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(at->sun_path, luaL_checkstring(L, 1), sizeof at->sun_path - 1);
	return socket(AF_UNIX, (packet ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0);
}

/* sh.listen(path, packet) → fd */
static int
l_listen(lua_State *L)
{
	struct sockaddr_un at;
	int fd = unix_socket(L, &at);

	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 8) < 0)
		return shim_failed(L);
	return shim_number(L, fd);
}

/* sh.connect(path, packet) → fd */
static int
l_connect(lua_State *L)
{
	struct sockaddr_un at;
	int fd = unix_socket(L, &at);

	if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		close(fd);
		return shim_failed(L);
	}
	return shim_number(L, fd);
}

static int
tcp_socket(struct sockaddr_in *at, int port)
{
	*at = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* sh.listen_tcp() → fd, port */
static int
l_listen_tcp(lua_State *L)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int fd = tcp_socket(&at, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 8) < 0)
		return shim_failed(L);
	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return shim_failed(L);
	lua_pushinteger(L, fd);
	lua_pushinteger(L, ntohs(at.sin_port));
	return 2;
}

/* sh.connect_tcp(port) → fd */
static int
l_connect_tcp(lua_State *L)
{
	struct sockaddr_in at;
	int fd = tcp_socket(&at, (int)luaL_checkinteger(L, 1));

	if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		close(fd);
		return shim_failed(L);
	}
	return shim_number(L, fd);
}

/* sh.accept(fd) → fd */
static int
l_accept(lua_State *L)
{
	return shim_number(L, accept4((int)luaL_checkinteger(L, 1), NULL, NULL, SOCK_CLOEXEC));
}

const luaL_Reg shim_sockets[] = {
	{ "listen", l_listen },           { "connect", l_connect }, { "listen_tcp", l_listen_tcp },
	{ "connect_tcp", l_connect_tcp }, { "accept", l_accept },   { NULL, NULL },
};
