# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of an audit: which finding belongs to which column of the report."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OUTCOME_OF

NODE = "node"
CLUSTER = "cluster"

ANSWERS = "answers"
IMPORT = "import"
CERTIFICATE = "certificate"
PLUGINS = "plugins"
SNAPSHOT = "snapshot"
SERVED = "served"
LISTED = "listed"
RUNS = "runs"
FILES_IN_USE = "files-in-use"
EXPORTERS = "exporters"
BUCKET = "bucket"
ACCESS = "access"
CONTROL_PLANES = "control-planes"
STORED = "stored"
REPLICA = "replica"
ARCHIVE = "archive"
CREDENTIALS = "keys"
DRILLED = "drilled"
OTHER = "other"


@dataclass(frozen=True)
class Check:
    """One thing that an audit checks; ``codes`` are those of its findings."""

    id: str
    title: str
    group: str
    about: str
    codes: tuple[str, ...]

    def as_dict(self) -> dict[str, str]:
        """The check in the model."""
        return {"id": self.id, "title": self.title, "group": self.group, "about": self.about}


def _snapshot_codes(*outcomes: str) -> tuple[str, ...]:
    return tuple(code for code, outcome in OUTCOME_OF.items() if outcome in outcomes)


CHECKS = (
    Check(ANSWERS, "Answers", "Gateway", NODE, ("node-silent",)),
    Check("edition", "Edition and release", "Gateway", NODE, ("open-source-gateway", "feature-missing")),
    Check("licence", "Licence of its own", "Gateway", NODE, ("licence",)),
    Check("accepted", "Gateway accepts its settings", "Gateway", NODE, ("gateway-refuses", "gateway-not-asked")),
    Check(RUNS, "Runs and is ready", "Gateway", NODE, ("gateway-stopped", "gateway-not-ready")),
    Check(FILES_IN_USE, "Uses its current files", "Gateway", NODE, ("restart-pending",)),
    Check("export", "Exports without an error", "Gateway", NODE, ("export-failed",)),
    Check(
        "configured",
        "Fallback turned on",
        "Settings",
        NODE,
        ("not-configured", "draft-name", "boolean-value"),
    ),
    Check(
        "role",
        "Role",
        "Settings",
        NODE,
        ("role", "import-on-control-plane", "import-and-export", "konnect", "proxying-exporter", "proxy-listen"),
    ),
    Check(
        "storage", "Storage", "Settings", NODE, ("storage-missing", "storage-url", "storage-scheme", "storage-differs")
    ),
    Check(
        "export-settings",
        "Export settings",
        "Settings",
        NODE,
        (
            "export-delay",
            "s3-config-ignored",
            "s3-config-scheme",
            "s3-config-json",
            "incremental-sync",
            "workspace-ids",
        ),
    ),
    Check("source", "No other configuration", "Settings", NODE, ("declarative-config", "local-cache")),
    Check("status", "Status listener", "Settings", NODE, ("status-listen",)),
    Check(
        "data-plane",
        "Settings of a data plane",
        "Settings",
        NODE,
        ("data-plane-setting", "control-plane-address", "empty-setting", "vault-reference"),
    ),
    Check(CERTIFICATE, "Certificate of the cluster", "Settings", NODE, ("cluster-certificate",)),
    Check("conf", "File exists", "kong.conf", NODE, ("conf-missing",)),
    Check(
        "lines",
        "Lines",
        "kong.conf",
        NODE,
        ("ignored-line", "section", "continuation", "byte-order-mark", "duplicate-setting", "unknown-setting"),
    ),
    Check(
        "values",
        "Values",
        "kong.conf",
        NODE,
        ("unreadable-value", "hash-in-value", "quoted-value", "variable-in-value", "partial-vault-reference"),
    ),
    Check(
        "environment",
        "File",
        "Environment",
        NODE,
        ("environment-file-missing", "environment-file-mode", "environment-unknown"),
    ),
    Check(
        "variables",
        "Lines",
        "Environment",
        NODE,
        ("environment-line", "environment-prefix", "environment-quote"),
    ),
    Check(
        "override", "One place per setting", "Environment", NODE, ("environment-override", "credentials-in-kong-conf")
    ),
    Check("region", "Region", "Environment", NODE, ("region-missing",)),
    Check("endpoint", "Endpoint and proxy", "Environment", NODE, ("endpoint-url", "endpoint-path", "proxy")),
    Check("authority", "Trusted certificate", "Environment", NODE, ("trusted-certificate",)),
    Check(
        "credentials",
        "Credentials",
        "Environment",
        NODE,
        (
            *("credentials-missing", "credentials-hidden", "credential-source-failed", "credential-process"),
            *("service-account", "metadata-disabled"),
        ),
    ),
    Check(PLUGINS, "Plugins of the snapshot", "Snapshot", NODE, ("plugin-not-allowed",)),
    Check(IMPORT, "Can import it", "Snapshot", NODE, ("refused-by-gateway",)),
    Check(SERVED, "Serves it", "Snapshot", NODE, ("configuration-differs",)),
    Check(SNAPSHOT, "Snapshots readable", "Snapshots", CLUSTER, _snapshot_codes("missing", "denied", "unreachable")),
    Check("readable", "One configuration per cluster", "Snapshots", CLUSTER, _snapshot_codes("corrupt")),
    Check("importable", "Importable", "Snapshots", CLUSTER, _snapshot_codes("unimportable")),
    Check("complete", "Complete", "Snapshots", CLUSTER, _snapshot_codes("empty", "shrunk")),
    Check("current", "Current", "Snapshots", CLUSTER, _snapshot_codes("stale")),
    Check("encrypted", "Encrypted", "Snapshots", CLUSTER, _snapshot_codes("unencrypted")),
    Check(STORED, "All in use", "Snapshots", CLUSTER, ("snapshot-unused",)),
    Check("history", "History readable", "Snapshots", CLUSTER, ("history-unknown",)),
    Check(REPLICA, "Replica", "Snapshots", CLUSTER, ("replica-bad", "replica-behind", "replica-current")),
    Check(EXPORTERS, "Exporter alive", "Cluster", CLUSTER, ("exporter-silent", "exporters-unknown")),
    Check(CONTROL_PLANES, "One control plane", "Cluster", CLUSTER, ("several-control-planes",)),
    Check(LISTED, "Listed data planes serve it", "Cluster", CLUSTER, ("configuration-differs",)),
    Check(BUCKET, "Bucket as requested", "Cluster", CLUSTER, ("bucket-posture",)),
    Check(
        ACCESS,
        "Access of the keys",
        "Cluster",
        CLUSTER,
        ("access-missing", "access-excess", "access-unproven", "probe-left"),
    ),
    Check(DRILLED, "Drilled lately", "Cluster", CLUSTER, ("not-drilled",)),
    Check(CREDENTIALS, "Keys young enough", "Cluster", CLUSTER, ("credential-old",)),
    Check(
        ARCHIVE,
        "Archive as signed",
        "Cluster",
        CLUSTER,
        (
            *("archive-missing", "archive-unreadable", "archive-unsigned", "archive-forged", "archive-replayed"),
            *("archive-forked", "archive-reordered", "archive-truncated", "archive-back-dated", "archive-altered"),
            *("archive-replaced", "archive-deleted", "archive-unlisted"),
        ),
    ),
    Check(OTHER, "Other", "Cluster", CLUSTER, ()),
)

NODE_CHECKS = tuple(check for check in CHECKS if check.about == NODE)
CLUSTER_CHECKS = tuple(check for check in CHECKS if check.about == CLUSTER)

_BY_CODE = {
    about: {code: check.id for check in CHECKS if check.about == about for code in check.codes}
    for about in (NODE, CLUSTER)
}


def check_of(code: str, about: str) -> str:
    """The check that a finding belongs to. What is not about the node itself, such as a missing snapshot, it found when
    it tried the import."""
    return _BY_CODE[about].get(code, IMPORT if about == NODE else OTHER)
