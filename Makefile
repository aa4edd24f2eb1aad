# edge-ad: `make demo` shows the whole chain on real pictures; `make test` sets up and tests.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
WORKERS ?= 3
# These measure times: nothing may run beside them.
ALONE  := tests/faults tests/benchmarks tests/edge/cameras tests/edge/test_daemon_start.py tests/edge/test_daemon_stops.py tests/edge/test_cli.py
STAMP  := $(VENV)/.installed

.PHONY: help setup demo check test test-long faults soak format benchmark-accuracy benchmark-models benchmark-speed benchmark-line benchmark-slowed benchmark-faults benchmark-calibration benchmark-drift benchmark-teach clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[train,demo,dev]'
	@touch $@

setup: $(STAMP) ## virtual environment with every extra, at the tested versions

demo: $(STAMP) ## train, export, calibrate, run and subscribe on real solar-cell pictures
	$(BIN)/edge-ad demo --output demo-output

check: $(STAMP) ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) ## the tests, without the long ones
	$(BIN)/pytest -m "not long" --numprocesses $(WORKERS) --dist loadfile $(ALONE:%=--ignore=%)
	$(BIN)/pytest -m "not long" $(ALONE)

test-long: $(STAMP) ## the long tests too, one after the other
	$(BIN)/pytest

FAULT_TESTS := FAULT_CYCLES=50 FAULT_RESULTS=benchmarks/results/faults.json $(BIN)/pytest

faults: $(STAMP) soak ## every fault test in its long form, an hour and a half; 'make test' has the short one
	$(FAULT_TESTS) tests/faults -m "not long" --ignore=tests/faults/test_soak.py
	$(BIN)/python -m benchmarks.faults

soak: $(STAMP) ## a station in constant trouble for 30 minutes; SOAK_SEED= plays a run again
	SOAK_MINUTES=30 $(FAULT_TESTS) tests/faults/test_soak.py
	$(BIN)/python -m benchmarks.faults

format: $(STAMP) ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark-accuracy: $(STAMP) ## MVTec bottle and capsule, INT8, run by the runtime
	$(BIN)/python -m benchmarks.accuracy

benchmark-models: $(STAMP) ## every model on bottle and capsule, beside what was published; hours, and it goes on where it was
	$(BIN)/python -m benchmarks.models

benchmark-speed: $(STAMP) ## 1080p frame to verdict and heatmap, per precision
	$(BIN)/python -m benchmarks.speed

benchmark-line: $(STAMP) ## the daemon on a line: throughput, latency, eight cameras, memory, start
	$(BIN)/python -m benchmarks.line

benchmark-slowed: $(STAMP) ## ten minutes with inference slowed ten times
	$(BIN)/python -m benchmarks.line --parts slowed

benchmark-faults: $(STAMP) ## camera faults found, sound pictures called one, milliseconds per look
	$(BIN)/python -m benchmarks.camera_faults

benchmark-calibration: $(STAMP) ## whether thresholds keep the false-alarm rate that was stated; an hour
	$(BIN)/python -m benchmarks.calibration

benchmark-drift: $(STAMP) ## drift found, and sound parts called drift
	$(BIN)/python -m benchmarks.drift

benchmark-teach: $(STAMP) ## a product taught on the device: seconds, memory, accuracy, learning curve
	$(BIN)/python -m benchmarks.teach

clean: ## remove what make made
	rm -rf $(VENV) build demo-output
