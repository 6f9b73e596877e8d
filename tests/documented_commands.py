# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that the pages tell a reader to type."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tests.checkout import CHECKOUT

PAGES = [CHECKOUT / "README.md", *sorted(CHECKOUT.glob("docs/*.md")), *sorted(CHECKOUT.glob("*/README.md"))]
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# A block without a language shows output, or what to type: these are the programs that a reader types.
_TYPED = re.compile(r"(export |ansible|make|git|python3|openssl|podman)")
_OF_THE_SHELL = ("export", "umask")


def blocks(page: Path) -> Iterator[str]:
    """The blocks of a page with something to type."""
    for indentation, language, block in _BLOCK.findall(page.read_text()):
        text = textwrap.dedent(indentation + block)
        if language in ("shell", "sh") or (language in ("", "text") and _TYPED.match(text)):
            yield text


def commands(page: Path) -> Iterator[str]:
    """The commands of a page, one per line; a script counts as one by its first line."""
    for block in blocks(page):
        if block.startswith("#!"):
            yield block.splitlines()[0]
            continue
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] not in _OF_THE_SHELL:
                yield " ".join(words)


def block_with(page: str, word: str) -> str:
    """The block of a page in which a word occurs."""
    (found,) = (block for block in blocks(CHECKOUT / page) if word in block)
    return found
