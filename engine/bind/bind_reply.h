/* bind_reply: waits of a task at a console: for a text, its prompt, the reply to a command. */
#ifndef BIND_REPLY_H
#define BIND_REPLY_H

#include <lua.h>

/* Methods of a console (bind_console.c). */
int l_console_expect(lua_State *L);
int l_console_set_prompt(lua_State *L);
int l_console_await_prompt(lua_State *L);
int l_console_command(lua_State *L);

#endif
