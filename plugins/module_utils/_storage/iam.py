# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM users and roles, each with the one inline policy that is ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)

from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import CallFailed, call
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import ROLE, Identity, IdentityWish

POLICY_NAME = "kong-fallback"
NO_SUCH_ENTITY = "NoSuchEntity"
"""What IAM answers about an identity that does not exist, or that it has only just created."""


@dataclass(frozen=True)
class Iam:
    """One user or role by its name; all methods raise CallFailed."""

    client: Any
    kind: str
    name: str

    def find(self, wish: IdentityWish, known_arn: str | None = None) -> Identity:
        """The identity as it is. If its ARN is known, only what the wish asks about is read."""
        policy = self._inline_policy()
        asks_more = wish.kind == ROLE or wish.tags is not None or wish.permissions_boundary
        if policy is not None and known_arn and not asks_more:
            return Identity(arn=known_arn, policy=policy)
        found = self._described()
        if found.arn is None:
            return found
        return replace(found, policy=policy, instance_profile=wish.instance_profile and self._has_instance_profile())

    def change(self, found: Identity, target: Identity, path: str) -> str:
        """Turn what was found into the target; returns the ARN."""
        arn = found.arn
        if arn is None:
            arn = self._create(target, path)
        else:
            self._amend(found, target)
        if found.policy != target.policy:
            document = {"PolicyName": POLICY_NAME, "PolicyDocument": json.dumps(target.policy)}
            self._call(f"put_{self.kind}_policy", "set the policy of", retry_on=(NO_SUCH_ENTITY,), **document)
        if target.instance_profile and not found.instance_profile:
            self._create_instance_profile(path)
        return arn

    def remove(self, instance_profile: bool) -> None:
        """Remove the identity, its policy and, of a role, the instance profile; a user's keys must be deleted
        before."""
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
            entity = self._call(f"get_{self.kind}", "read")[self.kind.capitalize()]
        except CallFailed as error:
            if error.code == NO_SUCH_ENTITY:
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
            if error.code == NO_SUCH_ENTITY:
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
            self._call("update_assume_role_policy", "set the trust policy of", PolicyDocument=document)
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
            trying = f"read the instance profile {self.name}"
            profile = call(self.client.get_instance_profile, trying, InstanceProfileName=self.name)["InstanceProfile"]
        except CallFailed as error:
            if error.code == NO_SUCH_ENTITY:
                return False
            raise
        return any(role["RoleName"] == self.name for role in profile["Roles"])

    def _create_instance_profile(self, path: str) -> None:
        profile = {"InstanceProfileName": self.name}
        try:
            call(self.client.create_instance_profile, f"create the instance profile {self.name}", Path=path, **profile)
        except CallFailed as error:
            if error.code != "EntityAlreadyExists":
                raise
        trying = "fill the instance profile of"
        self._call("add_role_to_instance_profile", trying, retry_on=(NO_SUCH_ENTITY,), **profile)
