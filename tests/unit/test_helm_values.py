# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values for Kong's chart, rendered by Helm: each variable reaches the gateway under its own name.

Kong's chart is in no registry that the tests use, so a chart of ours does with ``env``, ``customEnv`` and ``envFrom``
what the documentation of Kong's says. With KONG_CHART, a folder with Kong's chart, that is rendered too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._container.diagnosis import diagnosis_of
from ansible_collections.kongops.fallback.plugins.module_utils._container.manifest import Container, gateways
from tests import helm
from tests.checkout import CHECKOUT
from tests.debian import Unavailable
from tests.manifests import DATA_PLANE

VALUES = CHECKOUT / "docs/examples/manifests/helm-values.yml"
CHART = "apiVersion: v2\nname: kong\nversion: 0.1.0\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  template:
    spec:
      containers:
        - name: proxy
          image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
          env:
            {{- range $name, $value := .Values.customEnv }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
            {{- range $name, $value := .Values.env }}
            - {name: KONG_{{ $name | upper }}, value: {{ $value | quote }}}
            {{- end }}
          envFrom:
            {{- toYaml .Values.envFrom | nindent 12 }}
"""


def rendered(chart: Path) -> Container:
    """The gateway that a chart makes of the values of the example."""
    try:
        manifests = helm.template(chart, VALUES)
    except Unavailable as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"No Helm: {error}")
    proxy = [each for each in gateways(list(yaml.safe_load_all(manifests))) if "proxy" in each.name]
    assert len(proxy) == 1
    return proxy[0]


def is_right(gateway: Container) -> bool:
    """Whether a gateway has all that the settings give it, and whether nothing is wrong with it."""
    assert DATA_PLANE["plain"].items() <= gateway.variables.items()
    return [finding.code for finding in diagnosis_of(gateway).findings] == ["environment-unknown"]


def test_helm_gives_the_gateway_every_variable(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(CHART)
    (tmp_path / "templates/deployment.yaml").write_text(DEPLOYMENT)
    assert is_right(rendered(tmp_path))


@pytest.mark.skipif("KONG_CHART" not in os.environ, reason="KONG_CHART names no folder with Kong's chart")
def test_kongs_own_chart_gives_the_gateway_every_variable() -> None:
    assert is_right(rendered(Path(os.environ["KONG_CHART"])))
