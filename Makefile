# baton: `make help` lists the targets.
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
BUILD   ?= build
PKGS     = libseccomp-dev libinih-dev libcriterion-dev libmicrohttpd-dev
TEST_PKGS = python3 procps iproute2 curl git
MATRIX_PKGS = nginx-light gunicorn python3-uvicorn golang-go openjdk-17-jdk-headless puma lighttpd apache2 php-fpm
INIT_PKGS = tini dumb-init catatonit s6 runit strace procps
BENCH_PKGS = nginx-light haproxy gunicorn entr inotify-tools $(if $(shell command -v npm),,nodejs npm)

WARN    = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
          -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wswitch-enum
HARDEN  = -fstack-protector-strong -fstack-clash-protection -fPIE
DEFINE  = -D_GNU_SOURCE -DBATON_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
STATIC  = -static-pie -Wl,-z,relro,-z,now,-z,noexecstack
ifdef SAN
BUILD   := build/san
CFLAGS  := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SAN)
HARDEN  :=
STATIC  :=
else
DEFINE  += -D_FORTIFY_SOURCE=2
endif
VERSION := 0.1.0
ALL_C    = -std=gnu11 $(CFLAGS) $(WARN) $(HARDEN) $(DEFINE) -I. -MMD -MP

ROOMS   := base handoff watcher init
SRC     := $(foreach room,$(ROOMS),$(sort $(wildcard $(room)/*.c)))
OBJ     := $(SRC:%.c=$(BUILD)/%.o)
LIB_OBJ := $(filter-out $(BUILD)/init/main.o,$(OBJ))
LOAD    := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/load/*.c)))
UNIT    := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/unit/*.c)))
ATTACK  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/attack/*.c)))
SIM_BUILDS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/sim/builds/*.c)) tests/sim/random.c \
           watcher/release.c watcher/intent.c init/newest.c init/moving.c)
SIM     := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/sim/*.c)))
# made for x86-64: it writes that machine's registers
FAULT   := $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),$(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/fault/*.c))))
CRASH   := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/crash/*.c)))
BENCH   := $(patsubst tests/bench/%.c,$(BUILD)/bench-%,$(sort $(wildcard tests/bench/*.c)))
WORKERS := $(patsubst tests/workers/%.c,$(BUILD)/workers/%,$(sort $(wildcard tests/workers/*.c)))

.PHONY: all libhandoff objects tools demo test fault crash bench soak matrix builds interleave lint fmt install clean deps help
all: $(BUILD)/baton		## the binary

libhandoff: $(BUILD)/libhandoff.a $(BUILD)/handoff-example	## what servers ask for their sockets with

objects: $(OBJ)

tools: libhandoff $(BUILD)/load $(BUILD)/attack $(BUILD)/baton-next $(BUILD)/baton-later $(WORKERS) $(BUILD)/demo-worker $(BUILD)/unit $(BUILD)/sim $(BUILD)/sim-builds $(BUILD)/seen $(FAULT:%main.o=$(BUILD)/fault) $(BUILD)/crash	## what tests use

$(BUILD)/baton: $(OBJ)
	$(CC) $(CFLAGS) $(STATIC) -o $@ $^ -linih -lseccomp
# the same baton as another version, and as one whose state no other understands: for `baton upgrade`
VERSIONED := $(patsubst %.c,$(BUILD)/%.o,$(shell grep -l BATON_VERSION $(SRC)))
$(BUILD)/next/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_C) -UBATON_VERSION -DBATON_VERSION='"$(VERSION)+next"' -c -o $@ $<
$(BUILD)/later/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_C) -DCARRYOVER_FORMAT=2 -c -o $@ $<
$(BUILD)/baton-next: $(filter-out $(VERSIONED),$(OBJ)) $(VERSIONED:$(BUILD)/%=$(BUILD)/next/%)
	$(CC) $(CFLAGS) $(STATIC) -o $@ $^ -linih -lseccomp
$(BUILD)/baton-later: $(filter-out $(BUILD)/init/carryover.o,$(OBJ)) $(BUILD)/later/init/carryover.o
	$(CC) $(CFLAGS) $(STATIC) -o $@ $^ -linih -lseccomp
# a library of its own: nothing of baton's is in it, and it is C99
$(BUILD)/handoff/lib/%.o: handoff/lib/%.c handoff/lib/handoff.h
	@mkdir -p $(@D)
	$(CC) -std=c99 $(CFLAGS) $(WARN) -Wextra -pedantic -fPIC -c -o $@ $<
$(BUILD)/libhandoff.a: $(BUILD)/handoff/lib/libhandoff.o
	$(AR) rcs $@ $^
PC       = sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' handoff/lib/libhandoff.pc.in
$(BUILD)/handoff-example: $(BUILD)/handoff/lib/example.o $(BUILD)/libhandoff.a
	$(CC) $(CFLAGS) -o $@ $^
$(BUILD)/load: $(LOAD)
	$(CC) $(CFLAGS) -o $@ $^ -lm
$(BUILD)/attack: $(ATTACK)
	$(CC) $(CFLAGS) $(STATIC) -o $@ $^
$(BUILD)/unit: $(UNIT) $(LIB_OBJ)
	$(CC) $(CFLAGS) -o $@ $^ -lcriterion -linih -lseccomp
$(BUILD)/sim: $(SIM) $(filter $(BUILD)/handoff/%,$(OBJ)) $(filter $(BUILD)/base/%,$(OBJ))
	$(CC) $(CFLAGS) -o $@ $^ -lseccomp
$(BUILD)/sim-builds: $(SIM_BUILDS) $(filter $(BUILD)/handoff/% $(BUILD)/base/%,$(OBJ))
	$(CC) $(CFLAGS) -o $@ $^ -lseccomp
$(BUILD)/seen: $(BUILD)/tests/patterns/main.o $(filter $(BUILD)/watcher/% $(BUILD)/base/%,$(OBJ))
	$(CC) $(CFLAGS) -o $@ $^ -lseccomp
$(BUILD)/fault: $(FAULT)
	$(CC) $(CFLAGS) -o $@ $^ -lseccomp
$(BUILD)/crash: $(CRASH)
	$(CC) $(CFLAGS) -o $@ $^ -lseccomp
$(BUILD)/workers/%: tests/workers/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_C) -o $@ $< $(if $(SAN),,-static-pie)
$(BUILD)/demo-worker: images/demo/worker.c
	@mkdir -p $(@D)
	$(CC) $(ALL_C) -o $@ $< -lmicrohttpd
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_C) -c -o $@ $<
-include $(OBJ:.o=.d) $(OBJ:$(BUILD)/%.o=$(BUILD)/next/%.d) $(BUILD)/later/init/carryover.d $(LOAD:.o=.d) $(ATTACK:.o=.d) $(UNIT:.o=.d) $(SIM:.o=.d) $(SIM_BUILDS:.o=.d) $(FAULT:.o=.d) $(CRASH:.o=.d)

demo: deps			## a real handoff under load, with a count of what was lost
	@$(MAKE) --no-print-directory all tools
	BUILD=$(BUILD) images/demo/demo

test: deps			## unit, simulation and system tests
	@tests/deps $(TEST_PKGS)
	@$(MAKE) --no-print-directory all tools
	BUILD=$(BUILD) tests/run

$(BUILD)/bench-%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_C) -o $@ $< $(if $(SAN),,-static-pie)

fault: all tools		## PID 1 with every system call failing once, each way
	BUILD=$(BUILD) tests/fault/run --all

crash: all tools		## killed at every step on the disk, of all that write there, and started again
	BUILD=$(BUILD) tests/crash/run --all

bench: deps			## figures in one run; beside other inits, pm2, nginx, HAProxy, gunicorn, nodemon; PART=reload alone
	-@tests/deps $(INIT_PKGS)
	-@tests/deps $(BENCH_PKGS)
	@$(MAKE) --no-print-directory all tools $(BENCH)
	BUILD=$(BUILD) tests/bench/all $(PART)

soak: all tools			## the Astro blog: 20 edits and 20 reloads under load
	RATE=150 EDITS=20 RELOADS=20 BUILD=$(BUILD) bash tests/system/astro.sh

matrix: all tools		## every server of tests/servers/table handed over 50 times under load, C 1,000 times
	@tests/deps $(TEST_PKGS) $(MATRIX_PKGS)
	@[ -e $(BUILD)/blog/dist ] || EDITS=1 RELOADS=1 BUILD=$(BUILD) bash tests/system/astro.sh
	FORM=long HANDOFFS=$(or $(HANDOFFS),50) BUILD=$(BUILD) bash tests/system/matrix.sh
	FORM=long HANDOFFS=$(or $(C_HANDOFFS),1000) BUILD=$(BUILD) bash tests/system/matrix.sh "c epoll"
	FORM=long HANDOFFS=5 HOT=on BUILD=$(BUILD) bash tests/system/matrix.sh

interleave: all tools		## 200 rounds of saves, failures, orders and kills, for real
	ROUNDS=$(or $(ROUNDS),200) BUILD=$(BUILD) bash tests/system/interleave.sh

builds: all			## what the sandbox costs real builds: make, Python, Node, Go, Hugo, Vite, Astro, npm ...
	tests/builds/run

lint:				## clang-tidy, cppcheck
	tests/lint

fmt:				## format the sources
	clang-format -i $(shell git ls-files '*.c' '*.h')

install: all libhandoff		## into $(DESTDIR)$(PREFIX)
	install -D -m 755 $(BUILD)/baton $(DESTDIR)$(PREFIX)/bin/baton
	$(BUILD)/baton help --man >$(BUILD)/baton.1
	install -D -m 644 $(BUILD)/baton.1 $(DESTDIR)$(PREFIX)/share/man/man1/baton.1
	install -D -m 644 $(BUILD)/libhandoff.a $(DESTDIR)$(PREFIX)/lib/libhandoff.a
	install -D -m 644 handoff/lib/handoff.h $(DESTDIR)$(PREFIX)/include/handoff.h
	$(PC) >$(BUILD)/libhandoff.pc
	install -D -m 644 $(BUILD)/libhandoff.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/libhandoff.pc

deps:				## install what is missing (Debian)
	@tests/deps $(PKGS)

clean:				## remove what was built
	rm -rf build

help:				## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
