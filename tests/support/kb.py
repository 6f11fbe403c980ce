"""The command `kb` with the tiny encoder: `python -m tests.support.kb import FOLDER`."""

from kb.cli import main
from tests.support.tiny import TinyShelf

if __name__ == "__main__":
    main(shelf=TinyShelf)
