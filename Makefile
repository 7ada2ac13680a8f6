.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-interop web test-web fuzz durability screenshots clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\): ## /make \1\t/p' Makefile

run: ## open the window with the guide model (without a display: the chat in the terminal)
	@installer/linux/setup.sh
	@.venv/bin/baichuan-desktop start

# Every check runs, whatever the others say; pytest is last, so that its summary ends the output.
# mypy uses one core, half a minute and more without its caches: what it says of this system, Windows
# and macOS is found out at once, and kept in caches of their own. Bytecode is kept, wherever the
# person has it turned off: tests start hundreds of engines and terminals, and each would compile the
# product anew. A test that waits for an engine leaves its core to another one: two of them at a time
# for each core, but no more than four, which need a gigabyte of memory each. A test that hangs ends
# its process, is named as failed, and another process goes on.
test: ## run every check: ruff, mypy, import-linter, pytest
	@installer/linux/setup.sh --dev
	@export QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=; failed=; \
	check() { echo "== $$*"; .venv/bin/"$$@" || failed="$$failed, $$*"; }; \
	check ruff check .; \
	check ruff format --check .; \
	echo "== mypy; mypy --platform win32 and mypy --platform darwin, over the product"; \
	mypy_for() { .venv/bin/mypy --platform $$1 --cache-dir .mypy_cache/$$1 backends baichuan_desktop; }; \
	mypy_for win32 & windows=$$!; \
	mypy_for darwin & macos=$$!; \
	.venv/bin/mypy || failed="$$failed, mypy"; \
	wait $$windows || failed="$$failed, mypy --platform win32"; \
	wait $$macos || failed="$$failed, mypy --platform darwin"; \
	check lint-imports --no-cache --no-logo; \
	if [ -n "$$failed" ]; then echo "== failed: $${failed#, }"; fi; \
	workers=$$(.venv/bin/python -c 'import os; print(min(2 * (os.cpu_count() or 1), 4))'); \
	check pytest --numprocesses $$workers --dist worksteal \
		-o faulthandler_exit_on_timeout=true; \
	[ -z "$$failed" ]

# Each takes more than 20 seconds; `make test` leaves them out.
test-slow: ## run the tests that take long
	@installer/linux/setup.sh --dev
	@QT_QPA_PLATFORM=offscreen .venv/bin/pytest -m slow

test-interop: ## run exports in optimum and onnxruntime-genai, in an environment of their own
	@installer/linux/setup.sh --dev
	@$(MAKE) --no-print-directory .venv-interop/installed
	@INTEROP_PYTHON=$(CURDIR)/.venv-interop/bin/python .venv/bin/pytest tests/interop

PAGE = baichuan_desktop/server/page
NPM = .venv-web/bin/python tools/npm.py

web: ## build the server's web page from its sources, and say whether its files changed
	@installer/linux/setup.sh --dev
	@$(MAKE) --no-print-directory node_modules/.package-lock.json
	@rm -rf build/page-before && mkdir -p build && cp -R $(PAGE)/built build/page-before
	@$(NPM) run check
	@$(NPM) run build
	@if diff --recursive --brief build/page-before $(PAGE)/built; \
	then echo "The page is as it was, byte for byte."; \
	else echo "The page has changed: commit $(PAGE)/built with its sources."; fi

test-web: ## test the page in Chromium, and the server with OpenAI's and LangChain's clients
	@installer/linux/setup.sh --dev
	@$(MAKE) --no-print-directory node_modules/.package-lock.json
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] || as=sudo; \
		$$as apt-get update && $$as apt-get install --yes chromium fonts-noto-cjk; }
	@WEB_PYTHON=$(CURDIR)/.venv-web/bin/python .venv/bin/pytest -rP tests/web

node_modules/.package-lock.json: package-lock.json .venv-web/installed
	$(NPM) ci --no-audit --no-fund
	touch $@

.venv-web/installed: requirements-web.lock
	.venv/bin/python -m venv --clear .venv-web
	.venv-web/bin/python -m pip --disable-pip-version-check install --quiet \
		--only-binary :all: --requirement requirements-web.lock
	touch $@

fuzz: ## change valid models of every format in 20,000 ways (under half an hour on two quiet cores)
	@installer/linux/setup.sh --dev
	@.venv/bin/python -m tests.fuzz.run

.venv-interop/installed: requirements-interop.lock
	.venv/bin/python -m venv --clear .venv-interop
	.venv-interop/bin/python -m pip --disable-pip-version-check install --quiet \
		--only-binary :all: --requirement requirements-interop.lock
	touch $@

# Under Xvfb fonts, menus and dialogs are as on a person's screen; `offscreen` needs no X server.
screenshots: ## draw the window in every main state, both themes and languages, into build/screenshots
	@installer/linux/setup.sh --dev
	@QT_QPA_PLATFORM=offscreen PYTHONPATH=. .venv/bin/python tools/screenshots.py build/screenshots/offscreen
	@if command -v xvfb-run >/dev/null; then QT_QPA_PLATFORM=xcb PYTHONPATH=. \
		xvfb-run -a -s "-screen 0 1920x1200x24" \
		.venv/bin/python tools/screenshots.py build/screenshots/xvfb; fi

durability: ## kill what saves, what imports, and the app, 200 times each, cut the power 1,000 times (25 minutes)
	@installer/linux/setup.sh --dev
	@.venv/bin/python -m tests.durability.kill --count 200
	@.venv/bin/python -m tests.durability.kill --count 200 --window
	@.venv/bin/python -m tests.durability.import_kill --count 200
	@.venv/bin/python -m tests.durability.power --points 1000

clean: ## remove .venv and what the checks left
	rm -rf .venv .venv-interop .venv-web node_modules .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
