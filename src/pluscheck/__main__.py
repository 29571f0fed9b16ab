"""`python -m pluscheck`."""

import sys

from pluscheck.cli.main import main

sys.exit(main())
