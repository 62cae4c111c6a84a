/* hotplug: commands to the prompt of DPDK's hotplug_mp example. */
#ifndef HOTPLUG_H
#define HOTPLUG_H

/* The line for list, attach or detach (devargs NULL for list); free() it. NULL
 * for a verb that is none, or devargs that the prompt cannot take: its line is
 * cut at 512 bytes, and a blank or control character would end the word. */
char *hotplug_line(const char *verb, const char *devargs);

#endif
