# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM users and roles with the one inline policy that is ours.

What is and what should be are values of one type; what differs between them is what there is to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)

from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import CallFailed, call

USER = "user"
ROLE = "role"
KINDS = (USER, ROLE)

POLICY_NAME = "kong-fallback"

EC2_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
"""Who may take a role on by default: EC2 instances, and so the gateway on them (fact 2.4)."""

_FRESH = ("NoSuchEntity",)
"""What IAM answers about an identity that it has only just made."""


@dataclass(frozen=True)
class Identity:
    """A user or role as it is or should be. None: it is not there, or nobody asked.

    ``trust`` and ``instance_profile`` are for roles only.
    """

    arn: str | None = None
    policy: Mapping[str, Any] | None = None
    permissions_boundary: str | None = None
    tags: Mapping[str, str] | None = None
    trust: Mapping[str, Any] | None = None
    instance_profile: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The identity as a diff shows it; without the ARN, which nobody knows beforehand."""
        return {name: value for name, value in self.__dict__.items() if value and name != "arn"}


@dataclass(frozen=True)
class Wish:
    """What is asked of an identity; ``path`` counts only when it is made, None leaves a thing as it is."""

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


@dataclass(frozen=True)
class Iam:
    """One user or role by its name; all methods raise CallFailed."""

    client: Any
    kind: str
    name: str

    def find(self, wish: Wish, known_arn: str | None = None) -> Identity:
        """The identity as it is. With its ARN known from before, only what the wish speaks of is read."""
        policy = self._inline_policy()
        asks_more = wish.kind == ROLE or wish.tags is not None or wish.permissions_boundary
        if policy is not None and known_arn and not asks_more:
            return Identity(arn=known_arn, policy=policy)
        found = self._described()
        if found.arn is None:
            return found
        return replace(found, policy=policy, instance_profile=wish.instance_profile and self._has_instance_profile())

    def bring(self, found: Identity, target: Identity, path: str) -> str:
        """Turn what was found into the target; returns the ARN."""
        arn = found.arn
        if arn is None:
            arn = self._create(target, path)
        else:
            self._amend(found, target)
        if found.policy != target.policy:
            document = {"PolicyName": POLICY_NAME, "PolicyDocument": json.dumps(target.policy)}
            self._call(f"put_{self.kind}_policy", "set the policy of", retry_on=_FRESH, **document)
        if target.instance_profile and not found.instance_profile:
            self._make_instance_profile(path)
        return arn

    def remove(self, instance_profile: bool) -> None:
        """Remove the identity, its policy and, of a role, the instance profile; the keys of a user are gone before."""
        if instance_profile and self._has_instance_profile():
            profile = {"InstanceProfileName": self.name}
            self._call("remove_role_from_instance_profile", "empty the instance profile of", **profile)
            call(self.client.delete_instance_profile, f"delete the instance profile {self.name}", **profile)
        if self._inline_policy() is not None:
            self._call(f"delete_{self.kind}_policy", "delete the policy of", PolicyName=POLICY_NAME)
        self._call(f"delete_{self.kind}", "delete")

    def _call(self, method: str, trying: str, **arguments: Any) -> dict[str, Any]:
        who = {f"{self.kind.capitalize()}Name": self.name}
        return call(getattr(self.client, method), f"{trying} the IAM {self.kind} {self.name}", **who, **arguments)

    def _described(self) -> Identity:
        try:
            entity = self._call(f"get_{self.kind}", "look at")[self.kind.capitalize()]
        except CallFailed as error:
            if error.code == "NoSuchEntity":
                return Identity()
            raise
        return Identity(
            arn=entity["Arn"],
            permissions_boundary=entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            tags=boto3_tag_list_to_ansible_dict(entity.get("Tags", [])),
            trust=entity.get("AssumeRolePolicyDocument"),
        )

    def _inline_policy(self) -> Mapping[str, Any] | None:
        try:
            answer = self._call(f"get_{self.kind}_policy", "read the policy of", PolicyName=POLICY_NAME)
        except CallFailed as error:
            if error.code == "NoSuchEntity":
                return None
            raise
        document: Mapping[str, Any] = answer["PolicyDocument"]
        return document

    def _create(self, target: Identity, path: str) -> str:
        arguments: dict[str, Any] = {"Path": path}
        if target.permissions_boundary:
            arguments["PermissionsBoundary"] = target.permissions_boundary
        if target.tags:
            arguments["Tags"] = ansible_dict_to_boto3_tag_list(target.tags)
        if self.kind == ROLE:
            arguments["AssumeRolePolicyDocument"] = json.dumps(target.trust)
        return str(self._call(f"create_{self.kind}", "create", **arguments)[self.kind.capitalize()]["Arn"])

    def _amend(self, found: Identity, target: Identity) -> None:
        if found.trust != target.trust:
            document = json.dumps(target.trust)
            self._call("update_assume_role_policy", "set who may take on", PolicyDocument=document)
        if found.permissions_boundary != target.permissions_boundary:
            boundary = {"PermissionsBoundary": target.permissions_boundary}
            self._call(f"put_{self.kind}_permissions_boundary", "set the permissions boundary of", **boundary)
        to_set, to_remove = compare_aws_tags(found.tags or {}, target.tags or {})
        if to_remove:
            self._call(f"untag_{self.kind}", "untag", TagKeys=to_remove)
        if to_set:
            self._call(f"tag_{self.kind}", "tag", Tags=ansible_dict_to_boto3_tag_list(to_set))

    def _has_instance_profile(self) -> bool:
        try:
            trying = f"look at the instance profile {self.name}"
            profile = call(self.client.get_instance_profile, trying, InstanceProfileName=self.name)["InstanceProfile"]
        except CallFailed as error:
            if error.code == "NoSuchEntity":
                return False
            raise
        return any(role["RoleName"] == self.name for role in profile["Roles"])

    def _make_instance_profile(self, path: str) -> None:
        profile = {"InstanceProfileName": self.name}
        try:
            call(self.client.create_instance_profile, f"make the instance profile {self.name}", Path=path, **profile)
        except CallFailed as error:
            if error.code != "EntityAlreadyExists":
                raise
        self._call("add_role_to_instance_profile", "put into its instance profile", retry_on=_FRESH, **profile)
