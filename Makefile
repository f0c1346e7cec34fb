# make run    open the workstation on the built-in sample study (headless without a display)
# make test   lint, types, import contracts and tests
# make help   the rest

.DEFAULT_GOAL := help
BIN := .venv/bin
# Never spin idle threads: see docs/architecture.md.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 0

.PHONY: help run test bench soak screenshots reading i18n lock bundle bundle-test bundle-report

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## open the workstation on the sample study
	@packaging/environment.sh run
	@$(BIN)/thoravue --sample

test: ## everything that must hold
	@packaging/environment.sh test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -m "not long"
	@$(BIN)/python -m coverage combine -q
	@$(BIN)/python -m coverage report --skip-covered --format=total | sed 's/^/branch coverage %: /'

bench: ## figures beside their peers, as ratios
	@packaging/environment.sh test
	$(BIN)/python -m tests.bench

soak: ## long fuzz, kill and monkey runs
	@packaging/environment.sh test
	$(BIN)/python -m pytest -m long

screenshots: ## take the README's pictures (needs a display, or xvfb)
	@packaging/environment.sh test
	xvfb-run -a -s "-screen 0 1920x1080x24" $(BIN)/python packaging/screenshots.py

reading: ## drive the real window through a whole reading, with pictures in build/reading
	@packaging/environment.sh test
	xvfb-run -a -s "-screen 0 1920x1080x24" $(BIN)/python packaging/full_reading.py --out build/reading

i18n: ## collect messages, update and compile both catalogues
	$(BIN)/python packaging/catalogues.py

lock: ## pin what was tested (needs uv)
	packaging/lock.sh

bundle: ## the offline installers, in dist/ (needs apt and dpkg-deb)
	packaging/bundle/build.sh
	packaging/bundle/pack.sh

bundle-report: ## glibc floor and size by library of the last bundle
	@build/bundle/env/bin/python packaging/bundle/report.py

bundle-test: ## install and use what `make bundle` left, in a system without Python and network (as root)
	packaging/bundle/test/run.sh
