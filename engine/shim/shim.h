/* shim: shared by the files of the shim. */
#ifndef SHIM_H
#define SHIM_H

#include <lauxlib.h>
#include <lua.h>

extern const luaL_Reg shim_sockets[];

/* Pushes nil and errno's words; returns 2. */
int shim_failed(lua_State *L);

/* Pushes n; fails as above where n is negative. */
int shim_number(lua_State *L, int n);

#endif
