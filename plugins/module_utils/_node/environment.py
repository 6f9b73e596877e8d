# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment file of the gateway, read as systemd reads an ``EnvironmentFile``.

What it writes means the same to systemd, to a shell that sources the file and to Docker Compose's ``env_file``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import AZURE, GOOGLE, S3

REGION = "AWS_REGION"
DEFAULT_REGION = "AWS_DEFAULT_REGION"
ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"
SESSION_TOKEN = "AWS_SESSION_TOKEN"
ENDPOINT = "AWS_CONFIG_STORAGE_ENDPOINT"
GATEWAY_VARIABLES = (REGION, DEFAULT_REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, ENDPOINT)
"""Everything that the gateway reads for its fallback storage (facts 2.1 and 2.2), in the order in which it is
written."""

MARK = "KONG_VAULT_FALLBACK_ENVIRONMENT"
"""Names its environment file to the gateway, which keeps it in ``<prefix>/.kong_env``: so it shows what the gateway
started with, while the environment of its process does not (fact 2.12). The gateway accepts any ``vault_*`` (fact
5.10)."""

SERVICE_ACCOUNT = "GCP_SERVICE_ACCOUNT"
SERVICE_PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
STORE_VARIABLES = (*GATEWAY_VARIABLES, SERVICE_ACCOUNT, *SERVICE_PRINCIPAL)
"""The same plus what the gateway reads for storages outside S3 (facts 2.8 and 2.9); vaults of the gateway may
need those too."""

PUBLIC_VARIABLES = (REGION, DEFAULT_REGION, ENDPOINT)
"""Those that are not secret."""

_HEADER = "# The gateway reads its fallback storage credentials here when it starts. Written by kongops.fallback.\n"
_MASK = "********"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MENTION = re.compile(r"^(?P<lead>[\s#;]*(?:export\s+)?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<separator>\s*[:=]|\s)")
_BARE = re.compile(r"[A-Za-z0-9_./:+=@%,-]*")
# Docker Compose takes a backslash before the closing quote for an escaped quote.
_QUOTABLE = re.compile(r"[^'\x00-\x1f\x7f\ud800-\udfff]*(?<!\\)")
_KEY = re.compile(r"[ \t\r]*(?P<name>[^=\n#; \t\r][^=\n]*)=")
_QUOTED = re.compile(r"[ \t\r]*(?:'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\")", re.DOTALL)
_OPENING_QUOTE = re.compile(r"[ \t\r]*['\"]")
_ESCAPED_IN_DOUBLE_QUOTES = re.compile(r"\\([\"\\`$])|\\\n")
_BARE_VALUE = re.compile(r"(?:\\.|[^\\\n])*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_GLOB = re.compile(r"[*?\[\\]")
_ENDPOINT = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?P<rest>(?:[/?#]\S*)?)")


@dataclass(frozen=True)
class Variable:
    """One assignment that systemd accepts; lines are 1-based; ``closed`` is false if its quote is never closed."""

    name: str
    value: str
    line: int
    last_line: int
    closed: bool = True


@dataclass(frozen=True)
class IgnoredLine:
    """A line that systemd skips although it was meant to set something; ``name`` is the variable that it seems to
    set."""

    name: str
    line: int


@dataclass(frozen=True)
class EnvironmentFile:
    """An environment file: its text, what systemd reads from it and what it skips."""

    text: str
    variables: tuple[Variable, ...]
    ignored: tuple[IgnoredLine, ...]

    @property
    def data(self) -> bytes:
        """The file as bytes."""
        return self.text.encode("utf-8", "surrogateescape")

    @property
    def values(self) -> dict[str, str]:
        """The variables as the process gets them: the last assignment wins."""
        return {variable.name: variable.value for variable in self.variables}

    def line_of(self, name: str) -> int | None:
        """The line of the assignment that counts."""
        return next((variable.line for variable in reversed(self.variables) if variable.name == name), None)


def read_environment(data: bytes) -> EnvironmentFile:
    """Read an environment file by the grammar of systemd.exec(5), ``EnvironmentFile=``; any bytes can be read."""
    text = data.decode("utf-8", "surrogateescape")
    variables = tuple(variable for variable in _assignments(text) if _NAME.fullmatch(variable.name))
    taken = {number for variable in variables for number in range(variable.line, variable.last_line + 1)}
    ignored = tuple(
        IgnoredLine(mention.group("name"), number)
        for number, line in enumerate(text.split("\n"), start=1)
        for mention in [_MENTION.match(line)]
        if mention and number not in taken and not _is_comment(line)
    )
    return EnvironmentFile(text, variables, ignored)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", ";"))


def _assignments(text: str) -> Iterator[Variable]:
    """Everything before an ``=`` with what follows it, quotes and escapes resolved, valid name or not."""
    position, line = 0, 1
    while position < len(text):
        key = _KEY.match(text, position)
        if not key:
            position, line = (text.find("\n", position) + 1) or len(text), line + 1
            continue
        value, end, closed = _value(text, key.end())
        last_line = line + text.count("\n", position, end)
        yield Variable(key.group("name").rstrip(), value, line, last_line, closed)
        position, line = end + 1, last_line + 1


def _value(text: str, position: int) -> tuple[str, int, bool]:
    """The value that begins at ``position``, where it ends, and whether its last quote is closed."""
    parts = []
    while True:
        quoted = _QUOTED.match(text, position)
        if not quoted:
            break
        parts.append(quoted.group("single") or _ESCAPED_IN_DOUBLE_QUOTES.sub(r"\1", quoted.group("double") or ""))
        position = quoted.end()
    if _OPENING_QUOTE.match(text, position):
        return "".join(parts), len(text), False
    bare = _BARE_VALUE.match(text, position)
    end = bare.end() if bare else position
    parts.append(_ESCAPED.sub(lambda escape: escape.group(1).strip("\n"), text[position:end].strip(" \t\r")))
    return "".join(parts), end, True


def edit_environment(file: EnvironmentFile, assign: Mapping[str, str], remove: Collection[str] = ()) -> EnvironmentFile:
    """Set and remove variables; every other line stays as it is.

    An assignment is changed in place; lines that only seem to set one of the names (``export NAME: value``) are fixed
    or removed. Raises InvalidInput when a value cannot be written, or when an unclosed quote prevents the
    edit.
    """
    unclosed = next((variable for variable in file.variables if not variable.closed), None)
    if unclosed:
        raise InvalidInput(
            f"Line {unclosed.line} opens a quote that is never closed and swallows the rest of the file: close it."
        )
    written = {name: f"{name}={_quoted(name, value)}" for name, value in assign.items()}
    places = _places(file, {*assign, *remove})
    lines: list[str | None] = [*file.text.split("\n")]
    for name, spans in places.items():
        keep = spans.pop(_kept(file, name, spans)) if name in written else None
        if keep and file.values.get(name) != assign[name]:
            lines[keep[0] - 1 : keep[1]] = [written[name]] + [None] * (keep[1] - keep[0])
        for first, last in spans:
            lines[first - 1 : last] = [None] * (last - first + 1)
    text = "\n".join(line for line in lines if line is not None)
    missing = [line for name, line in written.items() if name not in places]
    return _proven(file, read_environment(_append(text, missing).encode("utf-8", "surrogateescape")), assign, remove)


def further_variables(variables: Mapping[str, Any]) -> dict[str, str]:
    """Further variables besides ours, as strings; an empty one is to be removed.

    What Ansible parsed as JSON becomes JSON again, and the key file of a service account loses its line breaks (fact
    2.8). Raises InvalidInput, which never repeats a value.
    """
    for name in variables:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"'{name}' is not the name of a variable: use letters, digits and underscores.")
        if name.startswith("KONG_CLUSTER_FALLBACK"):
            raise InvalidInput(f"{name} would override kong.conf: leave it out and set the equivalent option.")
        if name.startswith("KONG_AWS_"):
            raise InvalidInput(f"The gateway does not read {name}: leave KONG_ out.", fact="2.1")
    return {name: _as_text(name, value) for name, value in variables.items()}


def _as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == SERVICE_ACCOUNT and isinstance(value, str):
        value = _json(value) or value
    return json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else str(value)


def _json(text: str) -> dict[str, Any] | None:
    """The text as a mapping, if it is JSON."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _places(file: EnvironmentFile, names: Collection[str]) -> dict[str, list[tuple[int, int]]]:
    """First and last line of everything that sets, or seems to set, one of the names."""
    places: dict[str, list[tuple[int, int]]] = {}
    for variable in file.variables:
        if variable.name in names:
            places.setdefault(variable.name, []).append((variable.line, variable.last_line))
    for ignored in file.ignored:
        if ignored.name in names:
            places.setdefault(ignored.name, []).append((ignored.line, ignored.line))
    return places


def _kept(file: EnvironmentFile, name: str, spans: list[tuple[int, int]]) -> int:
    """Which of the places stays: the assignment that counts, or else the first line that seems to be one."""
    lines = [first for first, last in spans]
    counts = file.line_of(name)
    return lines.index(counts) if counts is not None else 0


def _append(text: str, lines: list[str]) -> str:
    if not lines:
        return text
    if text and not text.endswith("\n"):
        text += "\n"
    return (text or _HEADER) + "".join(line + "\n" for line in lines)


def _quoted(name: str, value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    if _QUOTABLE.fullmatch(value):
        return f"'{value}'"
    raise InvalidInput(
        f"The value for {name} contains a single quote or a control character, or ends with a backslash, which the"
        " readers of an environment file treat differently: use another value."
    )


def _proven(
    before: EnvironmentFile, after: EnvironmentFile, assign: Mapping[str, str], remove: Collection[str]
) -> EnvironmentFile:
    """The edited file, if it reads back as intended and every other variable as before."""
    touched = {*assign, *remove}
    expected = {**{name: value for name, value in before.values.items() if name not in touched}, **assign}
    if after.values != expected:
        raise InvalidInput(
            "The environment file has lines that swallow others: put every variable on a line of its own as NAME=value."
        )
    return after


def redacted_environment(file: EnvironmentFile, changed: Collection[str] = ()) -> str:
    """The text for a diff: values and comments that could contain a secret are masked; those in ``changed`` say that
    they are new."""
    lines = file.text.split("\n")
    for variable in file.variables:
        for number in range(variable.line + 1, variable.last_line + 1):
            lines[number - 1] = _MASK
    return "\n".join(_redacted_line(line, changed) for line in lines)


def _redacted_line(line: str, changed: Collection[str]) -> str:
    mention = _MENTION.match(line)
    if (
        not mention
        or mention.group("name") in PUBLIC_VARIABLES
        or (_is_comment(line) and "=" not in line and ":" not in line)
    ):
        return line
    mark = " (new)" if mention.group("name") in changed else ""
    return f"{mention.group('lead')}{mention.group('name')}{mention.group('separator')}{_MASK}{mark}"


def holds_nothing(file: EnvironmentFile) -> bool:
    """Whether the file could be removed: it is empty, or contains only the line that the collection put
    above its variables."""
    return file.text in ("", _HEADER)


def drop_in_text(path: str) -> str:
    """The systemd drop-in that hands an environment file to the gateway's service (fact 2.7).

    systemd reads a pattern of glob(7) there, after its own specifiers. Raises InvalidInput for a path that it would
    not accept: one that is not absolute or ends with a blank.
    """
    if not path.startswith("/") or path != path.strip():
        raise InvalidInput(
            f"path is {path!r}, and systemd takes only an absolute path that does not end with a blank: correct it."
        )
    escaped = _GLOB.sub(r"\\\g<0>", path).replace("%", "%%")
    return f"# Written by kongops.fallback.\n[Service]\nEnvironmentFile={escaped}\n"


def environment_traps(file: EnvironmentFile) -> tuple[Finding, ...]:
    """Lines that look right but do nothing, and variables that the gateway does not read (facts 2.1 and 2.2)."""
    return (*_ignored_lines(file), *_prefixed(file), *_unclosed(file))


def _ignored_lines(file: EnvironmentFile) -> Iterator[Finding]:
    for ignored in file.ignored:
        severity = ERROR if ignored.name in GATEWAY_VARIABLES else WARNING
        message = (
            f"Line {ignored.line} does not set {ignored.name}: write {ignored.name}=value, without `export` and without"
            " a colon."
        )
        yield Finding("environment-line", severity, message, setting=ignored.name, line=ignored.line, fact="2.1")


def _prefixed(file: EnvironmentFile) -> Iterator[Finding]:
    for variable in file.variables:
        if variable.name.startswith("KONG_AWS_"):
            name = variable.name[len("KONG_") :]
            message = f"The gateway does not read {variable.name}: the variable is {name}, without KONG_."
            yield Finding("environment-prefix", WARNING, message, setting=variable.name, line=variable.line, fact="2.1")


def _unclosed(file: EnvironmentFile) -> Iterator[Finding]:
    for variable in file.variables:
        if not variable.closed:
            message = (
                f"Line {variable.line} opens a quote that is never closed and swallows the rest of the file: close it."
            )
            yield Finding("environment-quote", ERROR, message, setting=variable.name, line=variable.line, fact="2.1")


def region_of(values: Mapping[str, str]) -> str:
    """The region that the gateway signs its requests for, empty without one (facts 2.1, 2.3)."""
    return values.get(REGION) or values.get(DEFAULT_REGION, "")


def access_findings(values: Mapping[str, str], instance_role: bool, scheme: str = S3) -> tuple[Finding, ...]:
    """What keeps these variables from reaching the fallback storage (facts 2.1 to 2.4, 2.8, 2.9).

    ``instance_role`` says that the host has a role that gives it keys, so that none are expected here.
    """
    return tuple(_ACCESS[scheme](values, instance_role))


def _aws(values: Mapping[str, str], instance_role: bool) -> Iterator[Finding]:
    yield from _region(values)
    yield from _keys(values, instance_role)
    yield from _endpoint(values)


def _region(values: Mapping[str, str]) -> Iterator[Finding]:
    if not region_of(values):
        message = (
            f"No {REGION} reaches the gateway: it logs one error, runs, and never uses the fallback storage; set the"
            " region."
        )
        yield Finding("region-missing", ERROR, message, setting=REGION, fact="2.3")


def _keys(values: Mapping[str, str], instance_role: bool) -> Iterator[Finding]:
    missing = [name for name in (ACCESS_KEY_ID, SECRET_ACCESS_KEY) if not values.get(name)]
    if len(missing) == 1:
        message = f"{missing[0]} is missing, so the gateway cannot sign requests: set both halves of the key."
        yield Finding("credentials-missing", ERROR, message, setting=missing[0], fact="2.1")
    elif missing and not instance_role:
        message = (
            f"No {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY} reach the gateway: set both, or say that the host has an"
            " instance role."
        )
        yield Finding("credentials-missing", ERROR, message, setting=ACCESS_KEY_ID, fact="2.4")


def _endpoint(values: Mapping[str, str]) -> Iterator[Finding]:
    endpoint = values.get(ENDPOINT, "")
    if not endpoint:
        return
    address = _ENDPOINT.fullmatch(endpoint)
    if not address:
        message = (
            f"{ENDPOINT} is not the address of a server: write http://host:port/ or https://host:port/, without a user."
        )
        yield Finding("endpoint-url", ERROR, message, setting=ENDPOINT, fact="2.2")
    elif address.group("rest") not in ("", "/"):
        message = (
            f"{ENDPOINT} has a path, which the gateway ignores, so it would use a different address from the one"
            " you mean: give only scheme, host and port."
        )
        yield Finding("endpoint-path", ERROR, message, setting=ENDPOINT, fact="2.2")


def _service_account(values: Mapping[str, str], instance_role: bool) -> Iterator[Finding]:
    key = values.get(SERVICE_ACCOUNT, "")
    if key and _json(key) is None:
        message = f"{SERVICE_ACCOUNT} is not JSON: give the text of the key file of a service account, not its path."
        yield Finding("service-account", ERROR, message, setting=SERVICE_ACCOUNT, fact="2.8")
    elif not key and not instance_role:
        message = (
            f"No {SERVICE_ACCOUNT} reaches the gateway: set it to the text of the key file of a service account, or say"
            " that the host has an instance role."
        )
        yield Finding("credentials-missing", ERROR, message, setting=SERVICE_ACCOUNT, fact="2.8")


def _service_principal(values: Mapping[str, str], instance_role: bool) -> Iterator[Finding]:
    missing = [name for name in SERVICE_PRINCIPAL if not values.get(name)]
    if missing and not instance_role:
        message = (
            f"No {' and no '.join(missing)} reaches the gateway: set all three, or say that the host has an instance"
            " role."
        )
        yield Finding("credentials-missing", WARNING, message, setting=missing[0], fact="2.9")


# What each scheme of a storage requires of the environment.
_ACCESS = {S3: _aws, **dict.fromkeys(GOOGLE, _service_account), AZURE: _service_principal}
