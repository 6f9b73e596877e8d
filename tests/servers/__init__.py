# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real S3 servers on loopback, for tests and for the demo: each starts on free ports and is stopped by its own pid."""

from __future__ import annotations

from tests.servers.moto import moto
from tests.servers.rclone import rclone
from tests.servers.s3 import Credentials, S3Server
from tests.servers.seaweedfs import seaweedfs

__all__ = ["Credentials", "S3Server", "moto", "rclone", "seaweedfs"]
