# A thin face over tools/: run `make help`.
PYTHON ?= python3
IN_VENV := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check bench assets translations format clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## set everything up, then serve http://127.0.0.1:8000/ with demo data (PORT, HOST, DATABASE_URL, WORKERS, DEMO=0)
	@$(PYTHON) -m tools.environment && exec $(IN_VENV) -m tools.serve

test: ## everything: style, types, import contracts, tests with both databases and a browser
	@$(PYTHON) -m tools.environment --dev && exec $(IN_VENV) -m tools.checks

check: ## the fast inner loop: the same without browser, PostgreSQL and long searches
	@$(PYTHON) -m tools.environment --dev && exec $(IN_VENV) -m tools.checks --quick

bench: ## measure; prints figures
	@$(PYTHON) -m tools.environment --dev && exec $(IN_VENV) -m tests.bench

assets: ## build the styles, scripts and fonts
	@$(PYTHON) -m tools.environment && exec $(IN_VENV) -m tools.assets

translations: ## bring new texts into the English catalogue and compile it
	@$(PYTHON) -m tools.environment && $(IN_VENV) -m tools.translations update && $(IN_VENV) -m tools.translations compile

format: ## rewrite the Python sources in the common style
	@$(PYTHON) -m tools.environment --dev && .venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format --quiet .

clean: ## remove what was built (not the database, not .venv)
	@rm -rf app/static/dist app/static/dist.new app/fonts node_modules instance/*.stamp .mypy_cache .ruff_cache .pytest_cache
