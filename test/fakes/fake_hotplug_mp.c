/* fake_hotplug_mp: DPDK's hotplug_mp example without DPDK: processes that share one list of
 * devices, the file FAKE_DEVICES. Echo, prompt and replies are those of
 * examples/multi_process/hotplug_mp/commands.c. FAKE_FAULT is a fault:
 * - detach-noop: prints "detached", detaches nothing; attach-noop: the same for attach
 * - twice: lists the first device twice
 * - cut: exits in the middle of a list
 * - noisy: prints an EAL line after each prompt
 * - die: exits with 0 in the middle of attach
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PORTS 8

static char devices[PORTS][64];
static const char *store;

static bool
fault(const char *name)
{
	const char *is = getenv("FAKE_FAULT");

	return is != NULL && strcmp(is, name) == 0;
}

static void
load(void)
{
	FILE *f = fopen(store, "r");
	char name[64];
	int port;

	memset(devices, 0, sizeof(devices));
	while (f != NULL && fscanf(f, "%d %63s", &port, name) == 2)
		if (port >= 0 && port < PORTS)
			snprintf(devices[port], sizeof(devices[port]), "%s", name);
	if (f != NULL)
		fclose(f);
}

static void
save(void)
{
	FILE *f = fopen(store, "w");

	for (int port = 0; f != NULL && port < PORTS; port++)
		if (devices[port][0] != '\0')
			fprintf(f, "%d %s\n", port, devices[port]);
	if (f != NULL)
		fclose(f);
}

static int
find(const char *name)
{
	for (int port = 0; port < PORTS; port++)
		if (strcmp(devices[port], name) == 0)
			return port;
	return -1;
}

static void
list(void)
{
	bool again = fault("twice");

	printf("list all etherdev\n");
	for (int port = 0; port < PORTS; port++) {
		if (devices[port][0] == '\0')
			continue;
		if (fault("cut")) {
			printf("%d\t%.4s", port, devices[port]);
			fflush(stdout);
			exit(0);
		}
		printf("%d\t%s\n", port, devices[port]);
		if (again)
			printf("%d\t%s\n", port, devices[port]);
		again = false;
	}
	printf("\n");
}

static void
attach(const char *name)
{
	int port = find("");

	if (strchr(name, ',') == name) {
		printf("cannot parse devargs\n");
	} else if (strncmp(name, "absent", 6) == 0 || port < 0) {
		printf("failed to attached device %s\n", name);
	} else {
		if (fault("die"))
			exit(0);
		if (find(name) < 0 && !fault("attach-noop"))
			snprintf(devices[port], sizeof(devices[port]), "%.63s", name);
		save();
		printf("attached device %s\n", name);
	}
}

static void
detach(const char *name)
{
	int port = find(name);

	printf("detaching...\n");
	if (port < 0) {
		printf("failed to detach device %s\n", name);
		return;
	}
	if (!fault("detach-noop"))
		devices[port][0] = '\0';
	save();
	printf("detached device %s\n", name);
}

static void
prompt(void)
{
	printf("example> ");
	if (fault("noisy"))
		printf("EAL: Probe PCI driver: net_virtio (1af4:1000) device: 0000:00:05.0 (socket -1)\n");
	fflush(stdout);
}

int
main(void)
{
	char line[512];
	struct termios tio;

	store = getenv("FAKE_DEVICES");
	if (store == NULL)
		return 2;
	prompt();
	if (tcgetattr(0, &tio) == 0) {
		tio.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
		tcsetattr(0, TCSANOW, &tio);
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		printf("%s\r\n", line);
		load();
		if (strcmp(line, "quit") == 0)
			return 0;
		if (strcmp(line, "list") == 0)
			list();
		else if (strncmp(line, "attach ", 7) == 0)
			attach(line + 7);
		else if (strncmp(line, "detach ", 7) == 0)
			detach(line + 7);
		else
			printf("Command not found\n");
		prompt();
	}
	return 0;
}
