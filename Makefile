# Thin over CMake, so that a fresh machine needs two commands: make demo, make test.
# What each target does is `make help`; how it is built is CMakeLists.txt.

BUILD = build
PREFIX = /usr/local
RELEASE = $(BUILD)/release
DEV = $(BUILD)/dev
CTEST = ctest --preset dev --parallel 2

.PHONY: all help demo test test-fast soak bench install deb packages clean

all: ## build what is installed, in build/release
	@scripts/install-packages.sh run build
	@cmake --preset release -D CMAKE_INSTALL_PREFIX=$(PREFIX)
	@cmake --build --preset release

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## from a commit to a model, on real data, in a folder of its own
	@$(MAKE) --no-print-directory all
	@scripts/demo.sh $(RELEASE)/cli/ingot $(BUILD)/demo

test: dev ## every test: unit, simulator, fuzz corpora, scenarios
	@$(CTEST)

test-fast: dev ## the tests that need no scheduler: under a minute
	@$(CTEST) --label-regex '^(unit|lib|fuzz)$$'

soak: dev ## the kill loop and the simulator, for long: what a night is for
	@$(DEV)/tests/sim/sim --seeds 100000
	@tests/fault/kill-loop --kills 1000 --ingot $(DEV)/cli/ingot

bench: all ## ours, the limit of the same run, their ratio, the target
	@bench/run

install: all ## into PREFIX, /usr/local by default; DESTDIR is respected
	@cmake --install $(RELEASE)

deb: all ## a Debian package, build/release/ingot_*.deb
	@scripts/install-packages.sh package
	@cmake --build --preset release --target package

packages: ## install what building, testing and packaging need (Debian)
	@scripts/install-packages.sh run build test package

clean: ## remove everything built, the demo too
	@rm -rf $(BUILD)

.PHONY: dev
dev:
	@scripts/install-packages.sh run build test
	@cmake --preset dev
	@cmake --build --preset dev
