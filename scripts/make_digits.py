"""Write the test digits for the pages: the first thousand images of MNIST's test set and their labels.

    python scripts/make_digits.py        # needs MNIST (inkling data fetch) and zopfli: pip install zopfli

The file is in zlib's format; Zopfli makes it 5 % smaller. It contains 1,000 labels 0 to 9 as bytes, then the 1,000
images of 28 x 28 bytes, row by row, 0 paper to 255 ink. It is not an image file, because browsers can convert colors,
and the values must stay exact.
"""

from __future__ import annotations

from pathlib import Path

import zopfli.zlib

from inkling.training.data.mnist import load_mnist

FILE = Path(__file__).parents[1] / "src/inkling/server/static/data/mnist-test-1000.zlib"
COUNT = 1000


def main() -> None:
    """Write the file."""
    mnist = load_mnist()
    content = mnist.y_test[:COUNT].tobytes() + mnist.x_test[:COUNT].tobytes()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(zopfli.zlib.compress(content, numiterations=5))


if __name__ == "__main__":
    main()
