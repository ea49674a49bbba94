"""`python -m aboveboard` is the `aboveboard` command."""

import sys

from aboveboard.cli import main

sys.exit(main())
