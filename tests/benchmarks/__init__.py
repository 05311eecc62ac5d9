"""Our times against named yardsticks, as ratios within one run: `python -m tests.benchmarks`."""
