"""Our times against named yardsticks within one run, in one table: `python -m tests.benchmarks`."""
