.PHONY: check test lint types imports update-golden

check:
	tools/check

test:
	tools/check tests

lint:
	tools/check lint format

types:
	tools/check types

imports:
	tools/check imports

# Write the golden results anew; read the difference before you commit it.
update-golden:
	$(or $(PYTHON),.venv/bin/python) -m pytest --update
