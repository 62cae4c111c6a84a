/* core_file: what a core file tells of its program: its ELF notes (core(5), fs/binfmt_elf.c). */
#include "fs/core_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

/* A program of DPDK's has some 20 KiB of notes, and 3 KiB more for each thread. */
#define NOTES_MAX (16u << 20)

/* The stack of the failed thread that is searched for return addresses. */
#define STACK_MAX (256u << 10)

struct area {
	uint64_t begin, end;
	size_t file;
};

struct notes {
	struct core_file *core;
	uint64_t entry;     /* the program's first instruction */
	uint64_t at, stack; /* the failed thread's */
	struct area *areas;
	size_t n;
	bool has_signal;
};

/* The number of a file, which is added where it is new. */
static size_t
file_number(struct argv *files, const char *path)
{
	size_t i = 0;

	while (i < files->n && strcmp(files->v[i], path) != 0)
		i++;
	if (i == files->n)
		argv_add(files, path);
	return i;
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
	n->areas = xrealloc(n->areas, (count + 1) * sizeof(*n->areas));
	for (n->n = 0; n->n < count && at < end; n->n++) {
		const uint64_t *area = words + 2 + 3 * n->n;
		size_t len = strnlen(at, (size_t)(end - at));
		char *path = xstrndup(at, len);

		n->areas[n->n] =
			(struct area){ area[0], area[1], file_number(&n->core->files, path) };
		free(path);
		at += len + 1;
	}
}

/* The file with this address; files.n: none. */
static size_t
file_at(const struct notes *n, uint64_t address)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->areas[i].begin <= address && address < n->areas[i].end)
			return n->areas[i].file;
	return n->core->files.n;
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
		const struct elf_prstatus *status = (const void *)desc;
		const struct user_regs_struct *regs = (const void *)&status->pr_reg;

		c->signal = status->pr_cursig;
		n->at = regs->rip;
		n->stack = regs->rsp;
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
read_notes(int fd, struct notes *n, const Elf64_Phdr *segment)
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

static void
use(const struct notes *n, uint64_t address)
{
	size_t file = file_at(n, address);

	if (file < n->core->files.n)
		n->core->is_used[file] = true;
}

/* Marks the files with an address in the failed thread's stack, which this segment may have. */
static int
read_stack(int fd, struct notes *n, const Elf64_Phdr *segment)
{
	uint64_t from = n->stack - segment->p_vaddr, words[512];
	uint64_t end = segment->p_filesz;

	if (segment->p_type != PT_LOAD || n->stack < segment->p_vaddr || from >= end)
		return 0;
	if (end - from > STACK_MAX)
		end = from + STACK_MAX;
	for (uint64_t at = from; at < end; at += sizeof(words)) {
		ssize_t got = pread(fd, words, sizeof(words), (off_t)(segment->p_offset + at));

		for (ssize_t i = 0; i < got / (ssize_t)sizeof(*words); i++)
			use(n, words[i]);
	}
	return 0;
}

static int
each_segment(int fd, struct notes *n, int (*visit)(int fd, struct notes *n, const Elf64_Phdr *))
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
			rc = visit(fd, n, &segment);
	}
	return rc;
}

static int
read_core(int fd, struct notes *n)
{
	struct core_file *c = n->core;
	int rc = each_segment(fd, n, read_notes);

	if (rc < 0)
		return rc;
	c->program = file_at(n, n->entry);
	c->is_used = xcalloc(c->files.n + 1, sizeof(*c->is_used));
	c->bases = xcalloc(c->files.n + 1, sizeof(*c->bases));
	for (size_t i = 0; i < n->n; i++)
		if (c->bases[n->areas[i].file] == 0)
			c->bases[n->areas[i].file] = n->areas[i].begin;
	use(n, n->at);
	use(n, n->entry);
	return each_segment(fd, n, read_stack);
}

int
core_file_read(struct core_file *c, const char *path)
{
	struct notes n = { .core = c };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	*c = (struct core_file){ 0 };
	if (fd < 0)
		return -errno;
	rc = read_core(fd, &n);
	close(fd);
	free(n.areas);
	return rc;
}

void
core_file_free(struct core_file *c)
{
	argv_free(&c->files);
	free(c->is_used);
	free(c->bases);
}
