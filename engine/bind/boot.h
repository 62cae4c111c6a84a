/* boot: a Lua state that has the engine's module and finds those of lib/. */
#ifndef BOOT_H
#define BOOT_H

#include <lua.h>

/* `home` is the folder of lib/. NULL without memory. Later, what Lua cannot do for want of memory
 * outside of a pcall ends the process with one line. */
lua_State *boot_lua(const char *home);

/* home, as a Lua string on the stack. */
void boot_push_home(lua_State *L);

#endif
