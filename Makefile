# moonrig: `make run` installs what is needed and runs the plan's cases; `make test` does so with the tests. `make help`
# lists the other targets.

VERSION   := 0.1.0
PREFIX    ?= /usr/local
ZSH_COMPLETIONS := zsh/site-functions
BUILD     := build
ifeq ($(origin CC),default)
CC        := gcc
endif
LIBS      := luajit libuv jansson libssh2 libedit
CFLAGS    ?= -O2 -g
WARN      := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Iengine -DMOONRIG_VERSION='"$(VERSION)"' $(WARN) $(CFLAGS) $(COUNT) \
	     $(shell pkg-config --cflags $(LIBS))
ALL_LIBS   = $(shell pkg-config --libs $(LIBS)) -lutil
# moonrig links its libraries statically: a run starts it twice, and the dynamic linker took half of each start.
# `make STATIC=` links them dynamically, and so is a library of which this machine has no static one. All of Lua's
# functions are exported, for modules in C. The address is fixed: relocating 18,000 pointers of libcrypto in each process
# took a tenth of an empty run.
STATIC    ?= yes
libraries  = $(shell CC='$(CC)' sh engine/tools/libraries.sh $(1))
ifeq ($(STATIC),)
MAIN_LIBS  = $(ALL_LIBS)
else
MAIN_LIBS  = -no-pie -static-libgcc -Wl,--whole-archive $(call libraries,luajit) -Wl,--no-whole-archive \
	     -Wl,--export-dynamic-symbol=lua_* -Wl,--export-dynamic-symbol=luaL_* \
	     $(call libraries,$(filter-out luajit,$(LIBS))) -lm -ldl -lpthread -lutil
endif

CORE := $(filter-out engine/main.c,$(wildcard engine/*.c engine/*/*.c))
SHIM := $(wildcard engine/shim/*.c)
CORE := $(filter-out $(SHIM),$(CORE))
OBJS := $(CORE:%.c=$(BUILD)/%.o)
BENCHES := $(patsubst test/bench/%.c,$(BUILD)/%,$(wildcard test/bench/bench_*.c))
UNITS := $(patsubst test/units/%.c,$(BUILD)/%,$(wildcard test/units/test_*.c))
# A fake without a header is a program that tests run; the others are linked into each test.
FAKES := $(filter-out $(wildcard test/fakes/*.h),$(patsubst %.c,%.h,$(wildcard test/fakes/fake_*.c)))
FAKES := $(patsubst test/fakes/%.h,$(BUILD)/%,$(FAKES))
UNIT_HELP := $(filter-out test/units/test_%.c,$(wildcard test/units/*.c)) \
	     $(filter-out $(FAKES:$(BUILD)/%=test/fakes/%.c),$(wildcard test/fakes/*.c))
UNIT_HELP := $(UNIT_HELP:%.c=$(BUILD)/%.o)

.PHONY: all run test units specs cases matrix browser charts found crash sabotage kvm bench lint lint-format lint-c lint-lua lint-page format \
	asan asan-programs valgrind fuzz fuzz-programs man docs deb deb-check install clean setup setup-test setup-bench \
	setup-build setup-fuzz setup-whole setup-valgrind setup-lint help
.SECONDARY:

all: setup-build moonrig

help:
	@echo 'make run      install packages, build, and run the plan of scripts/vdev_primary_secondary'
	@echo 'make test     install packages, build, and run all tests (units, specs, real cases)'
	@echo 'make units | specs | browser | cases   run a part of the tests'
	@echo 'make matrix   run the plan with DPDK and QEMU of several Debian releases (MATRIX_DPDK=, MATRIX_QEMU=, MATRIX=)'
	@echo 'make found    run the scenarios of the bug reports in docs/found, and compare (FOUND=)'
	@echo 'make sabotage inject faults, and check that each is caught and named'
	@echo 'make fuzz     fuzz each parser, $(FUZZ_SECONDS) s each (FUZZ_SECONDS=, FUZZ=console for one)'
	@echo 'make crash    kill real runs at random moments, 220 times, and count their leftovers'
	@echo 'make bench    compare with pexpect, paramiko, pytest, a stock guest and C loops (BENCH=, BENCH_ROUNDS=, BENCH_AGAINST=, BENCH_BEFORE=)'
	@echo 'make kvm      run doctor, smoke/vm and the plan under KVM, in an emulated machine that has one (5 minutes; KVM_STEPS=doctor for a part)'
	@echo 'make lint | asan | format    check the source; run units, specs and smoke under ASan and UBSan; format the C'
	@echo 'make valgrind run units, specs and smoke under memcheck (about 20 minutes)'
	@echo 'make deb | deb-check        build a Debian package; test it in a minimal Debian'
	@echo 'make install [PREFIX=$(PREFIX)] [DESTDIR=]    make man | docs | clean'

run: setup moonrig
	./moonrig setup
	./moonrig run scripts/vdev_primary_secondary

# ---- packages ----

# What each needs is in engine/tools/needs/table.
setup-build:    NEEDS = build
setup-test:     NEEDS = build run test
setup-bench:    NEEDS = build run bench
setup-fuzz:     NEEDS = build fuzz
setup-whole:    NEEDS = build run test fuzz bench
setup-valgrind: NEEDS = build run test valgrind
setup-lint:     NEEDS = build test lint
setup-man:      NEEDS = build run man
setup-deb:      NEEDS = build run deb
setup:          NEEDS = build run

setup setup-build setup-test setup-bench setup-fuzz setup-whole setup-valgrind setup-lint setup-man setup-deb:
	@CC='$(CC)' sh engine/tools/needs/need.sh $(NEEDS)

# ---- build ----

moonrig: $(BUILD)/moonrig $(BUILD)/shim $(BUILD)/lib.bytecode $(BUILD)/options.lua $(BUILD)/charts/tried
	@[ "$$(readlink $@)" = $(BUILD)/moonrig ] || ln -sf $(BUILD)/moonrig $@ || $(NO_RIGHT)

$(BUILD)/moonrig: $(BUILD)/engine/main.o $(OBJS)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(MAIN_LIBS)

# lib/ compiled. moonrig loads a source that is newer than this file instead.
$(BUILD)/lib.bytecode: $(BUILD)/moonrig engine/tools/bytecode.lua $(wildcard lib/*/*.lua)
	@echo "  BC $@"
	@$(BUILD)/moonrig _lua engine/tools/bytecode.lua $@

# The options of primitives, for editors (docs/api/README.md).
$(BUILD)/options.lua: $(BUILD)/moonrig engine/tools/options_stub.lua lib/help/api.lua lib/base/kind.lua
	@echo "  STUB $@"
	@$(BUILD)/moonrig _lua engine/tools/options_stub.lua $@

# uPlot, for the charts in report.html, by npm. Without npm reports have no charts. Tried once; `make charts` tries again.
NPM_FILES := engine/tools/npm/package.json engine/tools/npm/package-lock.json
NPM       := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=20000

$(BUILD)/charts/tried: $(NPM_FILES)
	@echo "  NPM $(@D)"
	@mkdir -p $(@D) && cp $(NPM_FILES) $(@D)/ && \
		{ (cd $(@D) && $(NPM) --omit=dev --omit=optional >npm.log 2>&1) && \
		cp $(@D)/node_modules/uplot/dist/uPlot.iife.min.js $(@D)/node_modules/uplot/dist/uPlot.min.css \
			$(@D)/node_modules/uplot/LICENSE $(@D)/ || \
		echo '  no uPlot, so report.html has no charts: npm failed, see $(@D)/npm.log; try again: make charts'; }
	@rm -rf $(@D)/node_modules $(@D)/package*.json
	@touch $@

charts:
	@rm -f $(BUILD)/charts/tried
	@$(MAKE) --no-print-directory $(BUILD)/charts/tried

# npm may have been installed since it was tried.
WITH_CHARTS = [ -e $(BUILD)/charts/uPlot.iife.min.js ] || $(MAKE) --no-print-directory charts

# The tools that test report.html. Biome, which lints its source, is ten times larger, so it is separate.
$(BUILD)/npm/made: $(NPM_FILES) | $(filter setup setup-test setup-bench setup-lint,$(MAKECMDGOALS))
	@echo "  NPM $(@D)"
	@mkdir -p $(@D) && cp $(NPM_FILES) $(@D)/ && cd $(@D) && $(NPM) && touch made

BIOME := @biomejs/biome@2.6.8

$(BUILD)/biome/made: Makefile | $(filter setup-lint,$(MAKECMDGOALS))
	@echo "  NPM $(@D)"
	@mkdir -p $(@D) && npm install --prefix $(@D) --no-save --ignore-scripts --loglevel=error $(BIOME) && touch $@

# The program between moonrig and a real one (moonrig sabotage). Guests run it, too, and have no libluajit.
$(BUILD)/shim: $(SHIM:%.c=$(BUILD)/%.o)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libraries,luajit) -lm -ldl -lutil

NO_RIGHT = { echo 'moonrig: cannot write to this folder: copy it to a folder of your own, and run make there' >&2; exit 1; }

# Packages first, if the same command installs them.
FIRST := $(or $(filter setup setup-test setup-bench setup-lint,$(MAKECMDGOALS)),$(if $(filter-out all,$(MAKECMDGOALS)),,setup-build))

$(BUILD)/%.o: %.c Makefile | $(FIRST)
	@mkdir -p $(@D) || $(NO_RIGHT)
	@echo "  CC $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJS:.o=.d) $(BUILD)/engine/main.d $(SHIM:%.c=$(BUILD)/%.d)

# ---- tests ----

$(BUILD)/test_%: $(BUILD)/test/units/test_%.o $(UNIT_HELP) $(OBJS) | $(FAKES)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS) -lcmocka

$(BUILD)/fake_%: $(BUILD)/test/fakes/fake_%.o
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

-include $(wildcard $(BUILD)/test/*/*.d)

$(BUILD)/test/%.o: override CFLAGS += -Itest

test: setup-whole moonrig $(UNITS) $(FAKES) $(BENCHES) $(BUILD)/npm/made
	@$(MAKE_FUZZ)
	@$(WITH_CHARTS)
	./moonrig setup
	@sh test/all.sh units specs browser fuzz crash sabotage targets bench cases suites kvm

units: setup-test $(UNITS)
	@sh test/all.sh units

specs: setup-test moonrig $(FAKES)
	@sh test/all.sh specs

# report.html in Chromium
browser: setup-test moonrig $(BUILD)/npm/made
	@$(WITH_CHARTS)
	@sh test/all.sh browser

cases: setup-test moonrig
	./moonrig setup
	@sh test/all.sh cases

# Each DPDK with each QEMU, and a table of the verdicts.
MATRIX      ?= scripts/vdev_primary_secondary
MATRIX_DPDK ?= debian:bookworm debian:trixie debian:sid
MATRIX_QEMU ?= debian:bookworm debian:trixie debian:sid

matrix: setup moonrig
	./moonrig setup
	./moonrig run $(MATRIX_DPDK:%=--dpdk %) $(MATRIX_QEMU:%=--qemu %) $(MATRIX)

# Does each bug report in docs/found show what it says? FOUND: names of reports, and behind -- options of run.
found: setup-test moonrig
	./moonrig setup
	$(BUILD)/moonrig _lua test/found.lua $(FOUND)

# Kills real runs at random moments, and counts their leftovers.
crash: setup-test moonrig
	./moonrig setup
	./moonrig _lua test/crash.lua smoke/loopback 200 5
	./moonrig _lua test/crash.lua smoke/vm 20 16

# Injects faults, also on the real VM; a run that still passes is a survivor. Takes 15 minutes.
sabotage: setup-test moonrig
	./moonrig setup
	./moonrig sabotage --vm

# KVM where this machine has none that works: in a Debian under emulation, whose CPU has SVM. Its disk stays in the cache.
kvm: setup-test moonrig
	./moonrig setup
	./moonrig _lua test/kvm/kvm.lua $(KVM_STEPS)

# Compares moonrig with other tools. `make bench BENCH=consoles BENCH_ROUNDS=9` runs a part;
# BENCH_AGAINST=results/ID/bench.json compares with a stored run; BENCH=before BENCH_BEFORE=../old/moonrig measures
# another moonrig in the same run.
BENCH         :=
BENCH_ROUNDS  ?= 5
BENCH_AGAINST :=
BENCH_BEFORE  :=

bench: setup-bench moonrig $(BENCHES)
	./moonrig setup
	./moonrig _lua test/bench.lua --rounds $(BENCH_ROUNDS) $(BENCH_AGAINST:%=--against %) $(BENCH_BEFORE:%=--before %) $(BENCH)

$(BUILD)/bench_%: $(BUILD)/test/bench/bench_%.o $(BUILD)/test/bench/pty.o
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lutil

# Units, specs and a real case with the sanitizers.
SANITIZE := -fsanitize=address,undefined -fno-omit-frame-pointer

asan: setup-test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-asan STATIC= CFLAGS='-O1 -g $(SANITIZE)' asan-programs
	@BUILD=$(BUILD)-asan STATIC= CFLAGS='-O1 -g $(SANITIZE)' MOONRIG_LEAK_CHECK=1 ASAN_OPTIONS=detect_leaks=1 \
		LSAN_OPTIONS=suppressions=$(CURDIR)/test/lsan.supp:print_suppressions=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		sh test/all.sh units specs smoke

asan-programs: $(BUILD)/moonrig $(BUILD)/shim $(BUILD)/options.lua $(UNITS) $(FAKES)

valgrind: setup-valgrind moonrig $(UNITS) $(FAKES)
	@BUILD=$(BUILD) sh test/valgrind.sh

# Hostile bytes for each parser; `make fuzz FUZZ=console FUZZ_SECONDS=600` fuzzes one of them. Only the fuzzed files are
# instrumented, not the harnesses. guard/act is left out: the journal's harness must not be able to act on a journal.
FUZZ         :=
FUZZ_SECONDS ?= 60
FUZZERS      := $(patsubst test/fuzz/%.c,$(BUILD)/%,$(wildcard test/fuzz/fuzz_*.c))
FUZZED       := bind/bind_arg bind/bind_json bind/bind_result bind/bind_rows bind/bind_unfit chan/chan chan/fdio chan/packets \
		chan/sock client/qmp client/request client/telemetry console/chatter console/console console/match console/next \
		console/passthrough console/reply console/strip console/torn core/buf core/error core/json core/limits core/log \
		core/loop core/scope core/signals core/task core/wait guard/journal guard/proc guard/undo
FUZZED       := $(FUZZED:%=$(BUILD)/engine/%.o)
FUZZ_WRAP    := -Wl,--wrap=__asan_memmove,--wrap=__asan_memcpy,--wrap=memchr,--wrap=connect
FUZZ_COUNT   := -fprofile-instr-generate -fsanitize-coverage=inline-8bit-counters,pc-table \
		-DWINDOW_MAX=512 -DWINDOW_IDLE=64
MAKE_FUZZ     = $(MAKE) --no-print-directory BUILD=$(BUILD)-fuzz CC=clang \
		CFLAGS='-O1 -g $(SANITIZE) -fno-sanitize-recover=undefined' COUNT='$(FUZZ_COUNT)' fuzz-programs

fuzz: setup-fuzz
	@$(MAKE_FUZZ)
	@BUILD=$(BUILD)-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) sh test/fuzz/run.sh $(FUZZ)

fuzz-programs: $(FUZZERS)

$(BUILD)/test/fuzz/%.o: override COUNT :=

$(BUILD)/fuzzed.a: $(FUZZED)
	@rm -f $@
	@ar rc $@ $^

$(BUILD)/fuzz_%: $(BUILD)/test/fuzz/fuzz_%.o $(BUILD)/test/fuzz/fuzz.o $(BUILD)/fuzzed.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -fsanitize=fuzzer $(FUZZ_WRAP) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

# ---- checks of the source ----

SOURCES := $(wildcard engine/*.[ch] engine/*/*.[ch] test/*/*.[ch])

lint: setup-lint lint-format lint-c lint-lua lint-page

# clang-format 14 and 19 (Debian 12 and 13) agree on this source.
lint-format:
	clang-format --dry-run -Werror $(SOURCES)

# cppcheck reads no system headers, but has to know the macros of lists. Later versions say where they gave up on the many
# branches of a function, which is no finding.
lint-c:
	cppcheck -q --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--include=/usr/include/$(shell $(CC) -print-multiarch)/sys/queue.h --suppress=missingIncludeSystem \
		--suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE -Iengine -Itest $(filter %.c,$(SOURCES))

lint-lua:
	luacheck -q lib scripts vm engine test

lint-page: $(BUILD)/biome/made
	$(BUILD)/biome/node_modules/.bin/biome lint --config-path=engine/tools/npm --error-on-warnings \
		lib/report/page/*.js lib/report/page/*.css test/browser/*.mjs

format: setup-lint
	clang-format -i $(SOURCES)

# ---- install ----

# The man page needs scdoc (`make man` installs it); without it the rest is installed.
HAS_SCDOC := $(shell command -v scdoc)

man: setup-man $(BUILD)/moonrig.1

$(BUILD)/moonrig.1: $(BUILD)/moonrig lib/help/moonrig.1.scd engine/tools/man.lua $(wildcard lib/verb/*.lua)
	@echo "  MAN $@"
	@$(BUILD)/moonrig _lua engine/tools/man.lua >$@.scd && scdoc <$@.scd >$@.part && mv $@.part $@

# docs/api, the verbs in docs/cli.md, and the coverage in docs/plans.md.
docs: moonrig
	$(BUILD)/moonrig _lua engine/tools/docs.lua
	$(BUILD)/moonrig _lua engine/tools/docs_cli.lua
	$(BUILD)/moonrig _lua engine/tools/docs_plans.lua

install: moonrig $(if $(HAS_SCDOC),$(BUILD)/moonrig.1)
	install -D -m 755 $(BUILD)/moonrig $(DESTDIR)$(PREFIX)/bin/moonrig
	install -D -m 755 $(BUILD)/shim $(DESTDIR)$(PREFIX)/lib/moonrig/shim
	for dir in lib scripts vm; do \
		find $$dir -type f ! -name '*.scd' \
			-exec install -D -p -m 644 {} $(DESTDIR)$(PREFIX)/share/moonrig/{} \; ; \
	done
	install -D -p -m 644 $(BUILD)/options.lua $(DESTDIR)$(PREFIX)/share/moonrig/lib/help/stubs/options.lua
	for file in $$(find docs -type f); do \
		install -D -p -m 644 $$file $(DESTDIR)$(PREFIX)/share/doc/moonrig/$${file#docs/} || exit 1; \
	done
	for file in uPlot.iife.min.js uPlot.min.css LICENSE; do \
		[ ! -e $(BUILD)/charts/$$file ] || \
			install -D -m 644 $(BUILD)/charts/$$file $(DESTDIR)$(PREFIX)/lib/moonrig/charts/$$file || exit 1; \
	done
	$(if $(HAS_SCDOC),install -D -m 644 $(BUILD)/moonrig.1 $(DESTDIR)$(PREFIX)/share/man/man1/moonrig.1,\
		@echo 'no man page: scdoc is missing (make man installs it)')
	$(BUILD)/moonrig _lua engine/tools/bytecode.lua $(DESTDIR)$(PREFIX)/lib/moonrig/lib.bytecode \
		$(PREFIX)/share/moonrig
	for to in bash:bash-completion/completions/moonrig zsh:$(ZSH_COMPLETIONS)/_moonrig \
		fish:fish/vendor_completions.d/moonrig.fish; do \
		mkdir -p "$(DESTDIR)$(PREFIX)/share/$$(dirname "$${to#*:}")" && \
		$(BUILD)/moonrig completion "$${to%%:*}" >"$(DESTDIR)$(PREFIX)/share/$${to#*:}" || exit 1; \
	done

# A Debian package in build/deb, and its test in a minimal Debian.
deb: setup-deb $(BUILD)/charts/tried
	@sh engine/tools/deb/build.sh $(BUILD)/deb $(VERSION)

deb-check: deb
	@lintian --fail-on error --suppress-tags bad-distribution-in-changes-file,bogus-mail-host,bogus-mail-host-in-debian-changelog \
		$(BUILD)/deb/moonrig_$(VERSION)_*.changes
	@sh engine/tools/deb/check.sh $(BUILD)/deb/moonrig_$(VERSION)_*.deb

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-fuzz moonrig
