# Every target makes what it needs, the virtual environment first, so any of them may come first.

PYTHON ?= python3
PRESET ?= quick
TESTS ?= most
ifeq ($(filter most all,$(TESTS)),)
$(error TESTS=$(TESTS) must be most or all)
endif

# Where the checkout is public, if it is: the book then has buttons that run its notebooks there.
REPOSITORY ?=
BRANCH ?= main
PUBLIC := $(if $(REPOSITORY),--repository $(REPOSITORY) --branch $(BRANCH))

VENV := .venv
RUN := $(VENV)/bin/python -m
INSTALLED := $(VENV)/.installed
BENCH_INSTALLED := $(VENV)/.installed-bench
PIP := $(RUN) pip --disable-pip-version-check

# Nothing here may depend on what a shell happens to have set for another environment.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup reproduce book pdf labs test lint format bench clean

help: ## Show this list
	@echo "make TARGET [PRESET=smoke|quick|published|paper] [TESTS=most|all] [PYTHON=python3.12] [REPOSITORY=https://github.com/OWNER/regimekit]"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make the virtual environment .venv and install everything (1-3 minutes)
	@echo "Ready: $(VENV)/bin/regimekit, and every other target of \`make help\`."

reproduce: $(INSTALLED) ## Run every notebook at PRESET, then build the book from its results
	$(VENV)/bin/regimekit reproduce --preset $(PRESET)
	@echo
	@echo "Datasets:  results/$(PRESET)/"
	@echo "Notebooks: results/notebooks/"
	@echo "Book:      results/book/_build/html/index.html"

book: $(INSTALLED) ## Build the book from the published datasets in data/
	$(VENV)/bin/regimekit book --data data --output _build/book $(PUBLIC)
	@echo
	@echo "Book: _build/book/_build/html/index.html"

pdf: $(INSTALLED) ## Build the book and print it, if there is Chromium
	$(VENV)/bin/regimekit book --data data --output _build/book --pdf $(PUBLIC)

labs: $(INSTALLED) ## Write the labs for coursework, for students and with solutions
	$(VENV)/bin/regimekit labs --output _build/labs/students
	$(VENV)/bin/regimekit labs --output _build/labs/instructors --solutions

PYTEST := $(RUN) pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: $(INSTALLED) ## Run the tests but the slow ones (8 minutes on 2 cores); TESTS=all those too, and of the built book (22)
ifeq ($(TESTS),all)
	REGIMEKIT_SITE=$${REGIMEKIT_SITE:-beside} $(PYTEST)
else
	@echo "Slow tests, and those of the built book, are left out: \`make test TESTS=all\` has them."
	$(PYTEST) -m "not slow or main_path"
endif

lint: $(INSTALLED) ## Check style (ruff) and types (mypy); changes nothing
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	@echo "No complaints."

format: $(INSTALLED) ## Put code in shape, and strip outputs from notebooks
	$(RUN) ruff check --fix-only .
	$(RUN) ruff format .
	@if [ -d notebooks ]; then find notebooks -name '*.ipynb' -exec $(VENV)/bin/nbstripout {} +; fi

bench: $(BENCH_INSTALLED) ## Measure speed as ratios to PyTorch (installs PyTorch; 8 to 15 minutes)
	$(RUN) benchmarks --output results/bench
	@echo
	@echo "Ratios: results/bench/"

clean: ## Remove what builds and tests left; keeps .venv and results
	rm -rf _build build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
	@echo "Kept: $(VENV) and results; remove them with \`rm -r $(VENV) results\`."

$(INSTALLED): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no '$(PYTHON)' here: install Python" \
	  "3.11 or newer, or name it, as in \`make PYTHON=python3.12\`." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "regimekit needs" \
	  "Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1): name a newer one, as in" \
	  "\`make PYTHON=python3.12\`." >&2; exit 1; }
	@if ! $(PIP) --version >/dev/null 2>&1 || ! $(VENV)/bin/python -c \
	  'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  echo "Making $(VENV) with $$($(PYTHON) -V) ..."; $(PYTHON) -m venv --clear $(VENV); fi
	@echo "Installing the packages of constraints.txt into $(VENV) (about 1.3 GB, once) ..."
	$(PIP) install --no-compile -c constraints.txt -e '.[book,test,cluster]'
	@# Compiled by all cores at once, which pip does one file after the other; some are for other Pythons.
	@$(RUN) compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

$(BENCH_INSTALLED): $(INSTALLED) constraints-bench.txt
	$(PIP) install -c constraints.txt -c constraints-bench.txt -e '.[bench]'
	@touch $@
