"""`python -m tui_migrate.demo`: the dashboard on a sample migration; with `--headless`, the same without a screen."""

import argparse
import sys

from tui_migrate.demo.run import run_demo

parser = argparse.ArgumentParser(prog="python -m tui_migrate.demo", description=__doc__)
parser.add_argument("--headless", action="store_true", help="copy at once and print a summary, as `tui-migrate run`")
sys.exit(run_demo(headless=parser.parse_args().headless or not sys.stdout.isatty()))
