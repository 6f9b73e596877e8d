# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM user or role, as it is and as it should be: two values of one type, whose difference is the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

USER = "user"
ROLE = "role"
KINDS = (USER, ROLE)

EC2_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
"""Who may assume a role by default: EC2 instances, and so the gateway on them (fact 2.4)."""


@dataclass(frozen=True)
class Identity:
    """A user or role as it is or should be. None: it does not exist, or was not asked for.

    ``trust`` and ``instance_profile`` are for roles only.
    """

    arn: str | None = None
    policy: Mapping[str, Any] | None = None
    permissions_boundary: str | None = None
    tags: Mapping[str, str] | None = None
    trust: Mapping[str, Any] | None = None
    instance_profile: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The identity as a diff shows it; without the ARN, which is not known before the identity exists."""
        return {name: value for name, value in self.__dict__.items() if value and name != "arn"}


@dataclass(frozen=True)
class IdentityWish:
    """What is asked of an identity; ``path`` counts only when it is created, None leaves a property as it is."""

    kind: str
    policy: Mapping[str, Any]
    path: str = "/"
    permissions_boundary: str | None = None
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True
    trust: Mapping[str, Any] | None = None
    instance_profile: bool = False

    def on(self, found: Identity) -> Identity:
        """The identity that fulfils this wish, from what was found; equal to it when there is nothing to do."""
        return replace(
            found,
            policy=_unless_same(found.policy, self.policy),
            permissions_boundary=self.permissions_boundary or found.permissions_boundary,
            tags=self._tags(found.tags or {}) if self.tags is not None else found.tags,
            trust=self._trust(found),
            instance_profile=self.instance_profile or found.instance_profile,
        )

    def _trust(self, found: Identity) -> Mapping[str, Any] | None:
        if self.trust:
            return _unless_same(found.trust, self.trust)
        return found.trust or (EC2_TRUST if self.kind == ROLE else None)

    def _tags(self, found: Mapping[str, str]) -> dict[str, str]:
        wanted = {str(name): str(value) for name, value in (self.tags or {}).items()}
        kept = {name: value for name, value in found.items() if not self.purge_tags or name.startswith("aws:")}
        return {**kept, **wanted}


def _unless_same(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return found if found is not None and not compare_policies(found, wanted) else wanted
