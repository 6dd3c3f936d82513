# The portal's commands. `make run` and `make test` do their whole set-up themselves, so that a
# machine with Python 3.11+, venv and make needs nothing else done first. `make` alone lists them.

VENV      := .venv
PY        := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
VAR_DIR   ?= var
# The browser tests and `make shots` look for this program on PATH.
CHROMIUM  ?= chromium
export CHROMIUM

# Tools run as modules (`python -m pip`): the scripts in .venv/bin name the folder they were
# installed into and break when the clone is moved.
PIP := $(PY) -m pip --disable-pip-version-check --no-input

# A virtual environment whose Python went away (an upgrade) is rebuilt, and then everything in it
# has to be installed again: without this line make would still believe the old stamps.
$(shell test -x $(PY) || rm -f $(RUN_STAMP) $(DEV_STAMP))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# `make -j run test` would install into one environment twice at once.
.NOTPARALLEL:
.PHONY: help run demo test test-fast fuzz lint fmt lock messages bench bench-import shots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Set-up -----------------------------------------------------------------------------------

# The first Python that is new enough and has venv wins; PYTHON=python3.12 names one. What is
# missing is said in one line with the command that installs it. ensurepip is asked for by itself
# because Debian ships `venv` without it, and `python3 -m venv` then leaves half an environment.
$(PY):
	@old=; bare=; \
	for p in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
	    v=$$("$$p" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	    if ! "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	        old="$${old:-$$p is Python $$v}"; \
	    elif ! "$$p" -c 'import venv, ensurepip' 2>/dev/null; then \
	        bare="$${bare:-$$p}"; \
	        case "$$p" in *python3) deb=python3-venv;; *) deb=python$$v-venv;; esac; \
	        apt="$${apt:-$$deb}"; \
	    else \
	        echo "Making $(VENV) with $$p (Python $$v)"; \
	        "$$p" -m venv --clear $(VENV) && exit 0; \
	        rm -rf $(VENV); exit 1; \
	    fi; \
	done; \
	if [ -n "$$bare" ]; then \
	    echo "$$bare lacks venv. Install it: sudo apt-get install $$apt" >&2; \
	elif [ -n "$$old" ]; then \
	    echo "Kylien needs Python 3.11 or newer, $$old. Install one: sudo apt-get install python3.11 python3.11-venv (another place: make PYTHON=/path/to/python3.12 ...)" >&2; \
	else \
	    echo "$(or $(PYTHON),python3) is not there or does not start; Kylien needs Python 3.11 or newer. Install it: sudo apt-get install python3 python3-venv" >&2; \
	fi; exit 1

# An environment made by hand or long ago may hold an older Python; pip's complaint about that
# would be about some part's version.
new_enough = $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "$(VENV) holds a Python older than 3.11. Remove it (make clean) and start again." >&2; exit 1; }

$(RUN_STAMP): requirements.txt | $(PY)
	@$(new_enough)
	@echo "Installing the parts the portal runs on (about 10 s)"
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

# The development lock holds the run lock whole, so one install serves both stamps.
$(DEV_STAMP): requirements-dev.txt requirements.txt | $(PY)
	@$(new_enough)
	@echo "Installing the parts the portal is developed and tested with (about 25 s)"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $(RUN_STAMP) $@

# --- Run --------------------------------------------------------------------------------------

# Collecting takes seconds, so only when a source is newer than the stamp. Folders are listed too:
# theirs is the time that moves when a file is deleted. The stamp lies among the collected files,
# so that it goes when they go.
STATIC_STAMP := $(VAR_DIR)/static/.stamp
STATIC_FILES := $(shell find static $(filter-out $(VAR_DIR)/%,$(wildcard */static */*/static)) \
	-not -name '* *' 2>/dev/null)
$(STATIC_STAMP): $(RUN_STAMP) kylien/settings.py $(STATIC_FILES)
	@mkdir -p $(@D)
	@$(PY) manage.py collectstatic --noinput --verbosity 0
	@touch $@

# Both are demonstrations whatever the caller's environment says: invented people, plain http on
# loopback. A station starts `python -m kylien.serve` itself, with DEMO unset.
run demo bench bench-import shots: export DEMO := true

# The port is checked first: a mistake in it should not wait for the demo ward.
run: $(STATIC_STAMP) ## set up and start the portal with the demo ward (PORT=8000)
	@$(PY) -m kylien.serve --check
	@$(PY) manage.py migrate --noinput
	@$(PY) manage.py demo --if-empty
	@exec $(PY) -m kylien.serve

demo: $(RUN_STAMP) ## load the demo ward (ARGS="--scale 15")
	@$(PY) manage.py migrate --noinput
	@$(PY) manage.py demo $(ARGS)

# --- Checks -----------------------------------------------------------------------------------

# The caller's database is not the tests' business; tests/environment.py sets everything else.
TEST_ENV := env -u DATABASE_URL
PYTEST   := $(PY) -m pytest
IN_CI    := $(filter true 1,$(CI))

has_postgres := $(PY) tests/withpg.py --check >/dev/null 2>&1
has_chromium := command -v "$(CHROMIUM)" >/dev/null
apt_postgres := sudo apt-get install --no-install-recommends postgresql
apt_chromium := sudo apt-get install --no-install-recommends chromium

# $(call phase,NAME,COMMAND): a heading, the command, its time; a failure ends the recipe.
define phase
printf '\n==== %s\n' "$(1)"; begun=$$(date +%s); \
if $(2); then \
    printf '==== %s: passed in %s s\n' "$(1)" "$$(($$(date +%s) - begun))"; \
else \
    printf '==== %s: FAILED after %s s\n' "$(1)" "$$(($$(date +%s) - begun))" >&2; exit 1; \
fi
endef

# $(call missing,NAME,WHAT,APT LINE): by hand a skip that cannot be overlooked, in CI a failure.
define missing
printf '\n%s\n** %s: %s (this machine has no %s)\n**          %s\n%s\n' \
    '****************************************************************************' \
    $(if $(IN_CI),FAILED,SKIPPED) "$(1)" "$(2)" "$(3)" \
    '****************************************************************************' >&2
endef
missing_phase = $(missing)$(if $(IN_CI),; echo 'CI=true: a skipped part is a failure.' >&2; exit 1)

test: $(DEV_STAMP) ## everything: lint, tests on SQLite, on PostgreSQL, in a browser
	@$(call phase,lint,$(PY) -m ruff check . && $(PY) -m ruff format --check .)
	@$(call phase,tests on SQLite,$(TEST_ENV) $(PYTEST) -m "not browser" -n 2 $(ARGS))
	@if $(has_postgres); then \
	    $(call phase,tests on PostgreSQL,$(TEST_ENV) $(PY) tests/withpg.py $(PYTEST) -m "not browser" -n 2 $(ARGS)); \
	else $(call missing_phase,tests on PostgreSQL,PostgreSQL,$(apt_postgres)); fi
	@if $(has_chromium); then \
	    $(call phase,tests in a browser,$(TEST_ENV) $(PYTEST) -m browser $(ARGS)); \
	else $(call missing_phase,tests in a browser,$(CHROMIUM),$(apt_chromium)); fi
	@# Said again at the end: a skip that scrolled away is a silent one.
	@$(has_postgres) || { $(call missing,tests on PostgreSQL,PostgreSQL,$(apt_postgres)); }
	@$(has_chromium) || { $(call missing,tests in a browser,$(CHROMIUM),$(apt_chromium)); }
	@if $(has_postgres) && $(has_chromium); then echo; echo "All passed."; \
	else echo "What ran has passed; the parts above were SKIPPED."; fi

test-fast: $(DEV_STAMP) ## tests on SQLite without the browser (ARGS="tests/households -x")
	@$(TEST_ENV) $(PYTEST) -m "not browser" -n 2 $(ARGS)

# Other requests each time; a failure names its seed, and FUZZ_SEED=that sends the same ones again.
fuzz: $(DEV_STAMP) ## 10,000 odd requests to every form and list (FUZZ_REQUESTS= FUZZ_SEED=)
	@$(TEST_ENV) FUZZ_REQUESTS="$${FUZZ_REQUESTS:-10000}" FUZZ_SEED="$${FUZZ_SEED:-$$(date +%s)}" \
	    $(PYTEST) tests/fuzz -n 2 $(ARGS)

lint: $(DEV_STAMP) ## ruff: rules and format, changing nothing
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

fmt: $(DEV_STAMP) ## ruff: format, and mend what it can mend safely
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

# The development lock is constrained by the run lock: what is tested is what runs. Neither file
# names a registry, so that each machine's own pip settings decide where the parts come from.
LOCK := $(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet $(if $(UPGRADE),--upgrade)
lock: | $(PY) ## write both lock files from the .in files (UPGRADE=1 takes newer versions)
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PIP) install --quiet uv
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) --constraints requirements.txt requirements-dev.in -o requirements-dev.txt

# --- Looking and measuring --------------------------------------------------------------------

# Each has a database of its own, so that the ward of `make run` is not measured, filled or changed.
messages: $(DEV_STAMP) ## compile locale/ after its .po was edited (fetches babel)
	@$(PIP) install --quiet babel
	@$(PY) -m babel.messages.frontend compile -i locale/vi/LC_MESSAGES/django.po -o locale/vi/LC_MESSAGES/django.mo

bench: $(DEV_STAMP) ## measure the pages on SQLite and PostgreSQL; prints tables, is no test (ARGS=--quick)
	@$(TEST_ENV) $(PY) -m scripts.bench $(ARGS)

bench-import: $(DEV_STAMP) ## measure bringing workbooks in, beside django-import-export (ARGS=--quick)
	@$(TEST_ENV) $(PY) -m scripts.bench_import $(ARGS)

shots: $(DEV_STAMP) ## pictures of every page as every role, in shots/ (ARGS="--only cskv1")
	@$(has_chromium) || { echo "shots need $(CHROMIUM): $(apt_chromium)" >&2; exit 1; }
	@$(PY) -m scripts.shots $(ARGS)

# What somebody typed in is not ours to remove: the databases and the secret in var/ stay.
clean: ## remove the environment, caches and pictures; databases stay
	rm -rf $(VENV) $(VAR_DIR)/static $(VAR_DIR)/test-results shots .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
