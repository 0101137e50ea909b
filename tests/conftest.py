"""What all tests share."""

import os

pytest_plugins = ["tests.lab.fixtures"]

# Items are watched for 30 s where they arrive, which a test says if it is about that.
os.environ["PODFERRY_DWELL"] = "0"
