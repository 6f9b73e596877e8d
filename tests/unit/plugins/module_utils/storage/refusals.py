# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of AWS that answer or refuse as a test tells them to."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


def refusal(code: str, message: str = "", status: int = 400) -> ClientError:
    """What botocore raises when AWS refuses a call."""
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


class Client:
    """A client whose methods give the answers of a test in turn, or raise them; it notes what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[str] = []
        self._answers = {
            name: list(answer) if isinstance(answer, list) else [answer] for name, answer in answers.items()
        }

    def __getattr__(self, name: str) -> Any:
        def method(**arguments: Any) -> Any:
            self.asked.append(name)
            answer = self._answers[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return method
