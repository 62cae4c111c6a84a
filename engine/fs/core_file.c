/* core_file: what a core file tells of its program: its ELF notes (core(5), fs/binfmt_elf.c). */
#include "fs/core_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/procfs.h>
#include <unistd.h>

/* A program of DPDK's has some 20 KiB of notes, and 3 KiB more for each thread. */
#define NOTES_MAX (16u << 20)

struct notes {
	struct core_file *core;
	uint64_t entry; /* the program's first instruction */
	bool has_signal;
};

static bool
has_file(const struct argv *files, const char *path)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->v[i], path) == 0)
			return true;
	return false;
}

/* NT_FILE: a count, a page size, so many { begin, end, offset }, then so many paths. */
static void
take_files(struct notes *n, const char *desc, size_t size)
{
	const uint64_t *words = (const uint64_t *)(const void *)desc;
	uint64_t count = size >= 16 ? words[0] : 0;
	const char *at, *end = desc + size;

	if (count > (size - 16) / 24)
		return;
	at = desc + 16 + count * 24;
	for (uint64_t i = 0; i < count && at < end; i++) {
		const uint64_t *area = words + 2 + 3 * i;
		size_t len = strnlen(at, (size_t)(end - at));
		char *path = xstrndup(at, len);

		if (!has_file(&n->core->files, path))
			argv_add(&n->core->files, path);
		for (size_t k = 0;
		     area[0] <= n->entry && n->entry < area[1] && k < n->core->files.n; k++)
			if (strcmp(n->core->files.v[k], path) == 0)
				n->core->program = k;
		free(path);
		at += len + 1;
	}
}

static void
take_auxv(struct notes *n, const char *desc, size_t size)
{
	const Elf64_auxv_t *aux = (const Elf64_auxv_t *)(const void *)desc;

	for (size_t i = 0; i < size / sizeof(*aux); i++)
		if (aux[i].a_type == AT_ENTRY)
			n->entry = aux[i].a_un.a_val;
}

static void
take_note(struct notes *n, unsigned type, const char *desc, size_t size)
{
	struct core_file *c = n->core;

	/* of the threads, the first is the one with the signal */
	if (type == NT_PRSTATUS && size >= sizeof(struct elf_prstatus) && !n->has_signal) {
		c->signal = ((const struct elf_prstatus *)(const void *)desc)->pr_cursig;
		n->has_signal = true;
	} else if (type == NT_PRPSINFO && size >= sizeof(struct elf_prpsinfo)) {
		const struct elf_prpsinfo *ps = (const void *)desc;

		c->pid = ps->pr_pid;
		c->sid = ps->pr_sid;
		memcpy(c->name, ps->pr_fname, sizeof(ps->pr_fname));
	} else if (type == NT_AUXV) {
		take_auxv(n, desc, size);
	} else if (type == NT_FILE) {
		take_files(n, desc, size);
	}
}

static size_t
padded(uint32_t size)
{
	return ((size_t)size + 3) & ~(size_t)3;
}

static void
take_notes(struct notes *n, const char *text, size_t size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *head = (const Elf64_Nhdr *)(const void *)text;
		size_t name = padded(head->n_namesz), desc = padded(head->n_descsz);

		if (name + desc > size - sizeof(*head))
			return;
		take_note(n, head->n_type, text + sizeof(*head) + name, head->n_descsz);
		text += sizeof(*head) + name + desc;
		size -= sizeof(*head) + name + desc;
	}
}

static int
read_at(int fd, void *out, size_t size, uint64_t at)
{
	ssize_t n = pread(fd, out, size, (off_t)at);

	return n < 0 ? -errno : (size_t)n == size ? 0 : -ENOEXEC;
}

static int
read_segment(int fd, struct notes *n, const Elf64_Phdr *segment)
{
	char *text;
	int rc;

	if (segment->p_type != PT_NOTE || segment->p_filesz > NOTES_MAX)
		return 0;
	text = xrealloc(NULL, segment->p_filesz + 8);
	rc = read_at(fd, text, segment->p_filesz, segment->p_offset);
	if (rc == 0)
		take_notes(n, text, segment->p_filesz);
	free(text);
	return rc;
}

static int
read_segments(int fd, struct notes *n)
{
	Elf64_Ehdr head;
	int rc = read_at(fd, &head, sizeof(head), 0);

	if (rc == 0 && (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
			head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_CORE))
		rc = -ENOEXEC;
	for (unsigned i = 0; rc == 0 && i < head.e_phnum; i++) {
		Elf64_Phdr segment;

		rc = read_at(fd, &segment, sizeof(segment), head.e_phoff + i * sizeof(segment));
		if (rc == 0)
			rc = read_segment(fd, n, &segment);
	}
	return rc;
}

int
core_file_read(struct core_file *c, const char *path)
{
	struct notes n = { .core = c };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	*c = (struct core_file){ .program = SIZE_MAX };
	if (fd < 0)
		return -errno;
	rc = read_segments(fd, &n);
	close(fd);
	if (c->program >= c->files.n)
		c->program = c->files.n;
	return rc;
}

void
core_file_free(struct core_file *c)
{
	argv_free(&c->files);
}
