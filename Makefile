# Every target sets itself up: a virtual environment in .venv, made and kept current from requirements.lock.
PYTHON  ?= python3
EDITION ?=
RENDERER ?= auto
UV      := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN     := PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/
READY   := .venv/.ready
VERSION := -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
THERE   := $(if $(wildcard $(READY)),$(or $(shell .venv/bin/python $(VERSION)),gone))
ASKED   := $(if $(filter-out file,$(origin PYTHON)),$(or $(shell $(PYTHON) $(VERSION)),$(error PYTHON=$(PYTHON) does not run: name a Python 3.11 or newer)))

# Compiled modules are kept: every notebook and many tests start a Python of their own, which has them at once then.
unexport PYTHONDONTWRITEBYTECODE

# Work is shared out among processes; threads of each, for arrays as small as these, would wait for one another.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup lock report site watch test check verify refresh lab bench study clean

# An environment is made anew whose Python is gone, or is not the one that PYTHON asks for.
FRESH := $(if $(THERE),,anew)
ifeq ($(THERE),gone)
$(info The Python that .venv was made with is gone: making .venv anew.)
FRESH := anew
.PHONY: $(READY)
else ifneq ($(and $(THERE),$(ASKED)),)
ifneq ($(THERE),$(ASKED))
$(info .venv was made with Python $(THERE), and PYTHON=$(PYTHON) is $(ASKED): making .venv anew.)
FRESH := anew
.PHONY: $(READY)
endif
endif

help:            ## Show what there is to run
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16
	@echo "Choose an edition with EDITION=2025FY, a renderer with RENDERER=auto|quarto|embedded."

setup: $(READY)  ## Make or update the virtual environment

lock: | $(UV)    ## Write requirements.lock anew from pyproject.toml; ARGS=--upgrade takes the newest versions
	@$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet $(ARGS) --output-file requirements.lock

report: $(READY) ## Build the report (HTML and PDF) into build/<edition>/
	@$(RUN)tokenecon build $(if $(EDITION),--edition $(EDITION)) --renderer $(RENDERER)

site: $(READY)   ## Put all published editions into build/site/, as they are served
	@$(RUN)tokenecon site --renderer $(RENDERER)

watch: $(READY)  ## Show the pages in a browser, and build them again whenever a file is saved
	@$(RUN)tokenecon build --watch $(if $(EDITION),--edition $(EDITION)) --renderer $(RENDERER)

test: $(READY)   ## Run all tests, the notebooks among them
	@$(RUN)pytest -n auto $(ARGS)

check: $(READY)  ## Check the data; each finding is one line
	@$(RUN)tokenecon check

verify: $(READY) ## Check the built report: references, alt text, links, no request to another host
	@$(RUN)tokenecon verify $(if $(EDITION),--edition $(EDITION))

refresh: $(READY) ## Bring prices, tokens and exchange rates up to date; WHAT=prices, tokens or fx for one of them
	@$(RUN)tokenecon refresh $(WHAT)

lab: $(READY)    ## Open the notebooks in JupyterLab
	@$(if $(EDITION),TOKENECON_EDITION=$(EDITION)) $(RUN)jupyter lab notebooks

bench: $(READY)  ## Time a build and its parts against the plain way to do it; ARGS=--cheap leaves out what takes minutes
	@$(RUN)python tests/bench.py $(ARGS)

study: $(READY)  ## Simulate what each headline interval covers; writes data/study.csv in some minutes
	@$(RUN)tokenecon study $(if $(EDITION),--edition $(EDITION)) $(ARGS)

clean:           ## Remove what was built; keep the environment
	rm -rf build report/_book report/.quarto

$(READY): pyproject.toml requirements.lock | $(UV)
	@$(if $(FRESH),$(UV) venv --quiet --clear --python $(PYTHON) .venv)
	@$(UV) pip sync --quiet --python .venv --require-hashes requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps --editable .
	@command -v quarto >/dev/null || $(UV) pip install --quiet --python .venv quarto-cli 2>/dev/null || true
	@touch $@
	@$(RUN)tokenecon renderer

.uv/bin/uv:
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9'
