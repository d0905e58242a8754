# The commands that people and machines use. README tells what each does.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo demo-reset test check format types contracts test-pure test-services faults bench clean

demo: $(VENV)/installed
	@$(BIN)/python manage.py demo

demo-reset: $(VENV)/installed
	@$(BIN)/python manage.py demo --reset

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup -rs -m "not services" $(if $(REST),$(PURE:%=--ignore %) --ignore tests/test_tidy.py)

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy awu_portal tenants audit
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not services" tests/test_tidy.py

# The kernel and intake on their own: no Django in sight. Bombs, fuzzers and most worlds are left to `make test`;
# `make test-pure WHOLE=1` does them too, and `make test REST=1` then what is left: CI does every test once.
PURE := tests/kernel tests/intake tests/sample
test-pure: $(VENV)/installed-pure
	$(if $(WHOLE),,AWU_TWIN_WORLDS=$${AWU_TWIN_WORLDS:-250}) $(VENV)-pure/bin/python -m pytest -n 2 -rs -p no:cacheprovider \
		-c tests/pure.ini $(if $(WHOLE),,--ignore tests/intake/test_bombs.py --ignore tests/intake/fuzz) $(PURE)

# Needs servers; `.ci/services` starts them and says where they are: `. .ci/services && make test-services`.
test-services: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m services -rs tests/services
	@if [ -n "$$AWU_TEST_DATABASE_URL" ]; then $(BIN)/python -m pytest -n 2 tests/tenants tests/audit/test_jobs.py; \
	else echo "AWU_TEST_DATABASE_URL is not set: the isolation suite was not run against a server"; fi

# The portal's processes die while clients send; KILLS=100 SEED=7 make faults.
faults: $(VENV)/installed-dev
	@$(BIN)/python -m tests.faults --kills $${KILLS:-20} $${SEED:+--seed $$SEED}

bench: $(VENV)/installed-dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	$(BIN)/python -m bench

$(VENV)/installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/installed-pure: Makefile requirements.txt requirements-dev.txt $(VENV)/installed-dev
	@test -x $(VENV)-pure/bin/python || $(PYTHON) -m venv $(VENV)-pure
	@$(VENV)-pure/bin/python -m pip install --quiet --disable-pip-version-check \
		$$(grep -hE '^(duckdb|pyarrow|numpy|numba|python-calamine|XlsxWriter|tzdata|opentelemetry-proto|googleapis-common-protos|protobuf|pytest|pytest-timeout|pytest-xdist|hypothesis|opentelemetry-sdk|opentelemetry-exporter-otlp-proto-http|cloudevents|PyYAML)==' requirements.txt requirements-dev.txt)
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-pure var .mypy_cache .ruff_cache .pytest_cache
