# patrol: watches personal access tokens of container registries.
#
#   make            builds patrold and patrolctl under build/
#   make run        a guided demo against a real registry (KEEP=1: stays up)
#   make check      all tests       make asan   the same under ASan + UBSan
#                   make tsan       the same under ThreadSanitizer
#   make torture    kills it and takes its power away, ROUNDS=200 times each
#   make fuzz       looks for faults in all that reads foreign bytes, TIME=60
#                   seconds for each target (TARGETS="rules doors")
#   make bench      measures, ten minutes; OPTIONS=--quick: one (--help: all)
#   make install    DESTDIR=... PREFIX=/usr
#   make deps       installs what it builds with; deps-check: and is tested
#                   with.  The others do this themselves, where needed.
#
# CC, CXX, CFLAGS, LDFLAGS are the user's; B is where everything built goes.

VERSION = 0.1
PREFIX = /usr/local
SYSCONFDIR = /etc
B = build

CFLAGS = -O3 -g
CXXFLAGS = $(CFLAGS)
WARN = -Wall -Wextra -Wshadow -Wformat=2 -Wwrite-strings
WARN_C = $(WARN) -Wstrict-prototypes -Wmissing-prototypes
HARDEN = -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
HARDEN_LD = -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
SAN =

PKGS = libevent_core libevent_extra libevent_openssl libevent_pthreads \
	yaml-0.1 sqlite3 libcrypto libssl libxxhash simdjson re2 zlib
# Asked once, at the first recipe: `deps` may only just have brought
# pkg-config and the libraries.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)

CPPFLAGS_ALL = -Isrc -I. -D_GNU_SOURCE -DPATROL_VERSION='"$(VERSION)"' \
	$(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL = -std=c11 $(WARN_C) $(HARDEN) $(CFLAGS) $(SAN)
CXXFLAGS_ALL = -std=c++17 $(WARN) $(HARDEN) $(CXXFLAGS) $(SAN)
LDFLAGS_ALL = $(HARDEN_LD) $(LDFLAGS) $(SAN)
LIBS = $(PKG_LIBS) -lcrypt -lpthread

# ---- sources, one list a folder, floors from the bottom -------------------
SRC_BASE = error mem slice arena buf clock addr text map intern jsonw number \
	isjson complain tally histogram rate
SRC_CONF = yaml yaml-node options value value-format check conf
SRC_USE = level use fault unescape json decode envelope
SRC_PROTO = line msg
SRC_TOKEN = token scope secret finder table tids pages evict seen lastused \
	rotation lifecycle pause limits policy notice impact filter scan \
	order
SRC_STREAM = silence series window values distinct figures measure presence \
	records keyed
SRC_RULE = fold source uuid literal decimal value dialect encode timepart node \
	modifier detect condition filter never known instant event fields \
	predicate witness needles nets index memo correlate correlate-read \
	expression alias testcase extension about sigma resolve load ruleset \
	testing explain explain-detect explain-window
SRC_ALERT = batch alert format
SRC_ENGINE = dedup brake enrich road respond leak modes limits notices \
	manage edit rotate load engine
SRC_STORE = db stmt chain chain-writer chain-verify feed schema store row \
	commit load match names read history scan range trim wal fdfile \
	backup check recount log
SRC_AUTH = basic htpasswd throttle repeats grant access v2path ossl bundle \
	pubkeys jwt jwt-generate jwt-read leakbody
SRC_CXX = use/tokens rule/regex
SRC_PATROLCTL = main ctl client answer send grammar args commands help \
	complete glyph table print csv progress placeholders feeders history \
	hits reorder jsonplace explanation reports cmd-account cmd-token \
	cmd-token-bulk cmd-show cmd-impact cmd-alert cmd-activity cmd-audit \
	cmd-verify cmd-rule cmd-rule-mode cmd-match cmd-backtest cmd-explain \
	cmd-policy cmd-leak cmd-scan cmd-auth cmd-status cmd-backup \
	cmd-check
SRC_DAEMON = log listener descriptor file wiping settings committer \
	committer-thread retention reader work stored ingest peer control \
	control-request control-answer control-await request presented list \
	cmd cmd-account cmd-token cmd-token-edit cmd-token-filter \
	cmd-token-list cmd-token-bulk cmd-rotate cmd-policy cmd-impact \
	cmd-show cmd-list cmd-alert cmd-watch cmd-activity cmd-tail \
	cmd-explain cmd-rule cmd-leak cmd-auth cmd-daemon cmd-status \
	cmd-backup cmd-check chain \
	http http-reply http-token http-token-parse http-token-grant \
	http-verify http-notify http-uses http-leak http-metrics expose \
	signin offline verifier leaks sinks keys replay-read replay boot \
	reload patrold main

LIB_C = $(SRC_BASE:%=base/%) $(SRC_CONF:%=conf/%) $(SRC_USE:%=use/%) \
	$(SRC_PROTO:%=proto/%) $(SRC_TOKEN:%=token/%) \
	$(SRC_STREAM:%=stream/%) $(SRC_RULE:%=rule/%) \
	$(SRC_ALERT:%=alert/%) $(SRC_ENGINE:%=engine/%) \
	$(SRC_STORE:%=store/%) $(SRC_AUTH:%=auth/%)

# ---- unit tests: all that are there; those that link more than the library -
UNIT = $(patsubst tests/unit/test-%.c,%,$(wildcard tests/unit/test-*.c))
TEST_CTL = ctl-answer ctl-glyph ctl-grammar ctl-print ctl-send ctl-table \
	ctl-reorder ctl-jsonplace ctl-csv
TEST_DAEMON = request expose retention

# ---- fuzz targets: tests/fuzz/fuzz-NAME.c ----------------------------------
FUZZ = rules match arrival json use envelope conf control auth alert answer \
	screen regex values leak signin

LIB_OBJS = $(LIB_C:%=$(B)/src/%.o) $(SRC_CXX:%=$(B)/src/%.o)
CTL_OBJS = $(SRC_PATROLCTL:%=$(B)/src/patrolctl/%.o)
DAEMON_OBJS = $(SRC_DAEMON:%=$(B)/daemon/%.o)
UNIT_BINS = $(UNIT:%=$(B)/tests/unit/test-%)
FUZZ_BINS = $(FUZZ:%=$(B)/tests/fuzz/fuzz-%)

.PHONY: all
all: $(B)/patrold $(B)/patrolctl

$(B)/patrold: $(DAEMON_OBJS) $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) -o $@ $(DAEMON_OBJS) $(B)/libpatrol.a $(LIBS)

$(B)/patrolctl: $(CTL_OBJS) $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) -o $@ $(CTL_OBJS) $(B)/libpatrol.a $(LIBS)

$(B)/libpatrol.a: $(LIB_OBJS)
	rm -f $@
	$(AR) rcs $@ $(LIB_OBJS)

$(B)/%.o: %.c | deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/%.o: %.cc | deps
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/tests/unit/test-%: $(B)/tests/unit/test-%.o $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) -o $@ $< $(B)/libpatrol.a -lcmocka $(LIBS)

# Those of patrolctl link all of it but its main.
CTL_TEST_OBJS = $(filter-out %/main.o,$(CTL_OBJS))
$(TEST_CTL:%=$(B)/tests/unit/test-%): $(B)/tests/unit/test-%: \
    $(B)/tests/unit/test-%.o $(CTL_TEST_OBJS) $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) -o $@ $< $(CTL_TEST_OBJS) $(B)/libpatrol.a \
	    -lcmocka $(LIBS)

# Those of the daemon link the one file they test.
$(TEST_DAEMON:%=$(B)/tests/unit/test-%): $(B)/tests/unit/test-%: \
    $(B)/tests/unit/test-%.o $(B)/daemon/%.o $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) -o $@ $< $(B)/daemon/$*.o $(B)/libpatrol.a \
	    -lcmocka $(LIBS)

# Without libFuzzer a target only replays what it is given.
FUZZ_MAIN = $(B)/tests/fuzz/replay.o
FUZZ_OBJS = $(B)/tests/fuzz/oracle.o $(FUZZ_MAIN)
$(FUZZ_BINS): %: %.o $(FUZZ_OBJS) $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) $(FUZZ_LD) -o $@ $(filter %.o,$^) \
	    $(B)/libpatrol.a $(LIBS)
$(B)/tests/fuzz/fuzz-answer: $(B)/src/patrolctl/answer.o
$(B)/tests/fuzz/fuzz-screen: $(patsubst %,$(B)/src/patrolctl/%.o,answer glyph \
    print table)
$(B)/tests/fuzz/fuzz-control: $(B)/daemon/request.o

.SECONDARY:
-include $(LIB_OBJS:.o=.d) $(CTL_OBJS:.o=.d) $(DAEMON_OBJS:.o=.d) \
	$(UNIT:%=$(B)/tests/unit/test-%.d) $(FUZZ_BINS:=.d) $(FUZZ_OBJS:.o=.d)

.PHONY: unit
unit: $(UNIT_BINS)
	@for t in $(UNIT_BINS); do $$t || exit 1; done

# ---- what it is built and tested with --------------------------------------
.PHONY: deps deps-check
deps:
	@tests/deps.sh build
deps-check:
	@tests/deps.sh check

# ---- tests, demo ------------------------------------------------------------
# Debian's python3, which has Debian's pytest, before any other in the PATH.
PYTHON = $(firstword $(wildcard /usr/bin/python3) python3)

# What the tests put under patrold, a disk and a witness of the order in which
# it works: no sanitizer, they are loaded first.
SHIM = $(B)/tests/shim/faultydisk.so $(B)/tests/shim/order.so
$(SHIM): $(B)/tests/shim/%.so: tests/shim/%.c | deps
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN_C) $(PKG_CFLAGS) -O2 -g -fPIC \
		-shared -fvisibility=hidden -o $@ $< -lcrypto

.PHONY: check check-built torture torture-built asan tsan fuzz fuzz-built run \
	bench bench-built
check: deps-check
	+@$(MAKE) --no-print-directory check-built

# The programs of the bench are built too: else they would fall behind.
check-built: all $(UNIT_BINS) $(FUZZ_BINS) $(SHIM) bench-programs
	@$(PYTHON) tests/check.py --build $(B) $(UNIT_BINS) $(FUZZ_BINS)

# What check does for a moment, for longer.
ROUNDS = 200
torture: deps-check
	+@$(MAKE) --no-print-directory torture-built

torture-built: all $(SHIM)
	@PATROL_ROUNDS=$(ROUNDS) $(PYTHON) tests/check.py --build $(B) \
		--only torture

asan:
	+@$(MAKE) --no-print-directory check B=build/asan CFLAGS="-O1 -g" \
		HARDEN="-fPIE -fno-omit-frame-pointer" \
		SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined"

tsan:
	+@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan.supp" \
		$(MAKE) --no-print-directory check B=build/tsan CFLAGS="-O1 -g" \
		HARDEN="-fPIE -fno-omit-frame-pointer" SAN="-fsanitize=thread"

# What it finds, and the corpora, stay under build/fuzz.
CLANG = clang
TIME = 60
TARGETS = $(FUZZ) doors
JOBS = $(shell nproc)
fuzz:
	@tests/deps.sh fuzz
	+@$(MAKE) --no-print-directory fuzz-built B=build/fuzz \
		CC="$(CLANG)" CXX="$(CLANG)++" CFLAGS="-O1 -g" \
		HARDEN="-fPIE -fno-omit-frame-pointer" \
		FUZZ_MAIN= FUZZ_LD=-fsanitize=fuzzer \
		SAN="-fsanitize=address,undefined,fuzzer-no-link \
		-fno-sanitize-recover=undefined"

fuzz-built: $(patsubst %,$(B)/tests/fuzz/fuzz-%,\
	$(filter-out doors,$(TARGETS)))
fuzz-built: $(if $(filter doors,$(TARGETS)),all)
	@$(PYTHON) tests/fuzz/fuzz.py --build $(B) --time $(TIME) \
		--jobs $(JOBS) $(TARGETS)

run: deps-check
	+@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/demo/demo.py --build $(B) $(if $(KEEP),--keep)

# bench.py measures the whole, with these; each bench-* a part.
BENCH_TOOLS = $(patsubst %,$(B)/tests/bench/%,alert exchange fill loader \
	refusal send)
BENCH_BINS = $(patsubst %.c,$(B)/%,$(wildcard tests/bench/bench-*.c))

$(BENCH_TOOLS) $(BENCH_BINS): %: %.o $(B)/libpatrol.a
	$(CXX) $(LDFLAGS_ALL) -o $@ $< $(B)/libpatrol.a $(LIBS)

-include $(BENCH_TOOLS:=.d) $(BENCH_BINS:=.d)

bench:
	@tests/deps.sh bench
	+@$(MAKE) --no-print-directory bench-built

.PHONY: bench-programs
bench-programs: $(BENCH_TOOLS) $(BENCH_BINS)

bench-built: all bench-programs
	@$(PYTHON) tests/bench/bench.py --build $(B) $(OPTIONS)
	@for b in $(BENCH_BINS); do \
		echo; echo "$${b##*/}:"; $$b || exit 1; \
	done

# ---- the tree ---------------------------------------------------------------
MAN1 = $(wildcard etc/man/*.1)
MAN5 = $(wildcard etc/man/*.5)
MAN7 = $(wildcard etc/man/*.7)
MAN8 = $(wildcard etc/man/*.8)

.PHONY: install format man-lint clean distclean
# Configuration and rules that are there already are kept, as they were edited.
install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(B)/patrold $(DESTDIR)$(PREFIX)/sbin/patrold
	install -m 755 $(B)/patrolctl $(DESTDIR)$(PREFIX)/bin/patrolctl
	install -d $(DESTDIR)$(SYSCONFDIR)/patrol/rules
	set -e; for f in rules/*.yml etc/patrold.yaml; do \
		to=$(DESTDIR)$(SYSCONFDIR)/patrol/$${f#etc/}; \
		[ -e $$to ] || install -m 644 $$f $$to; \
	done
	install -D -m 644 etc/completions/patrolctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/patrolctl
	install -D -m 644 etc/completions/_patrolctl \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_patrolctl
	install -D -m 644 etc/completions/patrolctl.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/patrolctl.fish
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	set -e; for unit in patrold.service patrold.socket; do \
		sed 's,/usr/sbin/,$(PREFIX)/sbin/,' etc/$$unit > \
			$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit; \
	done
	set -e; for page in $(MAN1) $(MAN5) $(MAN7) $(MAN8); do \
		dir=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
		install -d $$dir; install -m 644 $$page $$dir; \
	done

format:
	clang-format -i $(wildcard src/*/*.[ch] src/*/*.cc daemon/*.[ch] \
		tests/*/*.[ch])

man-lint:
	mandoc -T lint -W warning $(MAN1) $(MAN5) $(MAN7) $(MAN8)

# What was unpacked aside for the tests stays; distclean takes that too.
clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name aside \
		-exec rm -rf {} +

distclean:
	rm -rf build
