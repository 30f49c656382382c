# make demo                       a scripted drive of the virtual driver, live; RECORDING=path replays one of yours
# make test                       all tests
# make test-hil                   firmware in an emulator, real CAN, GPIO and camera drivers in kernels of their own (the VM as root)
# make test-arm64                 as root: replay on emulated Raspberry Pi 4 and 5 processors
# Each target sets up what it needs; the second time that takes less than a second.

BIN := .venv/bin

.PHONY: install demo test test-tools test-hil test-arm64 check bench lock clean

install:
	@sh deploy/setup.sh

demo: install
	@mkdir -p out
ifdef RECORDING
	$(BIN)/driver-monitor replay "$(RECORDING)" --reports out/replay.jsonl --video out/replay.mp4
else
	$(BIN)/driver-monitor bench demo --out out
endif

test: test-tools
	$(BIN)/python -m pytest

# one test watches a process with strace, one speaks to a D-Bus of its own, some need a voice that says the words
test-tools:
	@TOOLS="strace dbus-daemon flite" sh deploy/setup.sh

# PARTS="uno uml vcan vm" chooses; docs/hil.md tells what each wants
test-hil: install
	@tests/hil/run

# minutes a case; CASES="bookworm:cortex-a72" runs one
test-arm64: install
	@tests/arm64/run

check: install
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# make bench ARGS="--json --video drive.mp4"
bench: install
	$(BIN)/driver-monitor bench speed $(ARGS)

# constraints.txt: exact versions and hashes of all that is installed, for every platform and Python; no index is named in it.
# constraints-extras.txt: versions that fit them for the optional extras, for "pip install .[EXTRA] -c constraints-extras.txt" (pip
# takes no hashes beside a package that has none). The extra oracles is left out: it wants another setuptools.
COMPILE := -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-header --no-emit-index-url \
	--no-emit-find-links
EXTRAS := ble live mf4 parquet rerun seal speech
lock: install
	@$(BIN)/python -c "import uv" 2>/dev/null || $(BIN)/python -m pip install --quiet uv
	@echo "# Made by 'make lock' from pyproject.toml." > constraints.new
	@$(BIN)/python $(COMPILE) --generate-hashes --extra dev --upgrade >> constraints.new
	@mv constraints.new constraints.txt
	@echo "# Made by 'make lock' from pyproject.toml." > constraints.new
	@$(BIN)/python $(COMPILE) --no-annotate --constraint constraints.txt $(EXTRAS:%=--extra %) >> constraints.new
	@mv constraints.new constraints-extras.txt

clean:
	rm -rf .venv out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks constraints.new
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
