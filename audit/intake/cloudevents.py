"""CloudEvents 1.0 over HTTP: structured, batched and binary messages become rows.

Sources: the CloudEvents specification 1.0.2, its JSON event format and its HTTP protocol binding.

An event gives one row: the members of its `data`, a JSON object, with every number the digits that were written. What
the data does not say the envelope says: `id` is the row's own id (`event_id` of evidence, `claim_id` of claims),
`time` is `occurred_at`, `subject` is `target`, and an extension that is called like a column (`actor`, `outcome`) is
that column. **The data wins**: the row is what the sender would also send in a file, and one row stays one row
whatever envelope a relay puts around it. Absent, null and empty data say nothing.

In CloudEvents `source` and `id` together name an event. Rows are told apart within one source of the portal, so what
several CloudEvents sources send into one source of the portal needs ids that differ, or an id in its data.

Of `time`, whatever is finer than a microsecond is cut off: the specification allows any number of places. Extensions
that are not columns are tolerated and not looked into. 0.3 is refused: its events mean other things by the same names.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from audit.intake.mediatypes import MediaType, UnknownMediaType, media_type, text
from audit.kernel import effects
from audit.kernel.inputs import BadInput, Fault
from audit.kernel.inputs.faults import shown
from audit.kernel.inputs.instants import instant
from audit.kernel.terms import INPUTS

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
REQUIRED: Final = ("id", "source", "specversion", "type")
CALLED: Final = "the request"
"""What refusals of a whole request call it."""

_IDS: Final = {"claims": "claim_id", "evidence": "event_id"}
_COLUMNS: Final = {kind: frozenset(column.name for column in INPUTS[kind]) for kind in _IDS}
_FILLS: Final = {"time": "occurred_at", "subject": "target"}
_TEXTS: Final = (*REQUIRED, "datacontenttype", "dataschema", "subject", "time")
_NAME: Final = re.compile(r"[a-z0-9]+")
_URI_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-]+\s*(?:;.*)?")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:(\.[0-9]{1,6})[0-9]*)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_LAST: Final = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_FORBIDDEN: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_LAST}]")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_kinds: Final = json.JSONDecoder(parse_int=len, parse_float=len).decode
"""JSON with every number an int: what was a number and what a text, where `effects.parse` makes both texts."""


@dataclass(frozen=True, slots=True)
class Event:
    """A good event: its number in the request, from 1, its identity (`source` and `id`), and its row."""

    number: int
    source: str
    id: str
    row: dict[str, Any]


class _Refused(Exception):
    """What is wrong with one event: the attribute, its value, and why."""

    def __init__(self, attribute: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.attribute, self.value, self.reason = attribute, value, reason


def is_cloudevent(content_type: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is of CloudEvents: by its media type, or by a header of what every event has."""
    if media_type(content_type).name.startswith("application/cloudevents"):
        return True
    return any(name.lower().removeprefix("ce-") in REQUIRED for name in headers if name.lower().startswith("ce-"))


def read(content_type: str, headers: Mapping[str, str], body: bytes, kind: str) -> list[Event | Fault]:
    """The events of a request, in order; in place of each bad one a fault with its number from 1 and the attribute.

    `kind` is `claims` or `evidence`. The names of `headers` are taken in any case. Raises UnknownMediaType for an
    event format that is not JSON, and BadInput for a body that is no JSON or, as a batch, no array.
    """
    media = media_type(content_type)
    if media.name == BATCH:
        return _batch(body, media, kind)
    if media.name == STRUCTURED:
        value, kinds = _parsed(text(body, media, CALLED))
        return [_event(1, value, kinds, kind)]
    if media.name.startswith("application/cloudevents"):
        raise UnknownMediaType(CALLED, f"is {media.name[:60]}: send {STRUCTURED}, {BATCH} or binary mode with JSON")
    return [_binary(content_type, media, headers, body, kind)]


def _batch(body: bytes, media: MediaType, kind: str) -> list[Event | Fault]:
    values, kinds = _parsed(text(body, media, CALLED))
    if not isinstance(values, list):
        raise BadInput(CALLED, f"is no JSON array: send a batch as an array of events, or one event as {STRUCTURED}")
    return [_event(at, value, kinds[at - 1], kind) for at, value in enumerate(values, 1)]


def _parsed(body: str) -> tuple[Any, Any]:
    try:
        return effects.parse(body), _kinds(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(CALLED, f"{error}: send JSON") from None


def _event(number: int, value: Any, kinds: Any, kind: str) -> Event | Fault:
    """An event of the JSON format. `kinds` is the same value with its numbers as ints."""
    if not isinstance(value, dict):
        return Fault(number, "", shown(value), "is no JSON object: an event is an object with its attributes and data")
    try:
        attributes = {
            name: _attribute(name, value[name], kinds[name])
            for name in value
            if value[name] is not None and name not in ("data", "data_base64")
        }
        _check(attributes)
        return _made(number, attributes, _data(value, attributes), kind)
    except _Refused as refused:
        return Fault(number, refused.attribute, shown(refused.value), refused.reason)


def _binary(content_type: str, media: MediaType, headers: Mapping[str, str], body: bytes, kind: str) -> Event | Fault:
    """The event of a binary message: attributes are headers, the body is its data."""
    try:
        attributes = _headers(headers)
        if content_type.strip():
            attributes["datacontenttype"] = content_type.strip()
        _check(attributes)
        _check_json(attributes)
        data = effects.parse(text(body, media, CALLED))
        return _made(1, attributes, data, kind)
    except _Refused as refused:
        return Fault(1, refused.attribute, shown(refused.value), refused.reason)
    except ValueError as error:
        raise BadInput(CALLED, f"{error}: send JSON") from None


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The attributes of the `ce-` headers, decoded."""
    found: dict[str, str] = {}
    for header, value in headers.items():
        name = header.lower()
        if not name.startswith("ce-"):
            continue
        name = name.removeprefix("ce-")
        if name in ("datacontenttype", "data"):
            raise _Refused(header, value, "must not be sent in binary mode: Content-Type and the body say it")
        _check_name(name)
        found[name] = _decoded(name, value.strip(" \t"))
    return found


def _decoded(name: str, value: str) -> str:
    """A header value as the attribute value: double quotes first, then one round of percent-decoding."""
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    if not value.isascii():
        raise _Refused(name, value, "is not ASCII: percent-encode the UTF-8 of header values")
    if _BAD_PERCENT.search(value):
        raise _Refused(name, value, "holds a % that begins no %xy: percent-encode % itself as %25")
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise _Refused(name, value, "does not percent-decode to UTF-8: encode the bytes of its UTF-8") from None


def _attribute(name: str, value: Any, kind: Any) -> str:
    """One attribute of the JSON format as its canonical string."""
    _check_name(name)
    if name in _TEXTS and not isinstance(kind, str):
        raise _Refused(name, value, f"is no string: write {name} in double quotes")
    if isinstance(value, dict | list):
        raise _Refused(name, value, "is no string, integer or boolean: put objects and lists into data")
    if isinstance(kind, bool):
        return "true" if kind else "false"
    return str(value)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise _Refused(name, name, "is no attribute name: use lower-case letters a to z and digits only")


def _check(attributes: dict[str, str]) -> None:
    """Raise for what no event of version 1.0 may lack or hold."""
    version = attributes.get("specversion")
    if version == "0.3":
        raise _Refused("specversion", version, "is CloudEvents 0.3, which is not read: send specversion 1.0")
    for name in REQUIRED:
        if not attributes.get(name):
            raise _Refused(name, "", f"is missing or empty: every event needs {', '.join(REQUIRED)}")
    if version != "1.0":
        raise _Refused("specversion", version, "is no version that is read: send specversion 1.0")
    for name in _TEXTS:
        _check_text(name, attributes.get(name))
    for name, form, what in _FORMS:
        if name in attributes and not form.fullmatch(attributes[name]):
            raise _Refused(name, attributes[name], what)
    if not _SCHEME.match(attributes.get("dataschema", "urn:")):
        raise _Refused("dataschema", attributes["dataschema"], "is no URI: begin it with a scheme such as https:")


_FORMS: Final = (
    (
        "source",
        _URI_REFERENCE,
        "is no URI reference: write it like /own/crm, and percent-encode what a URI may not hold",
    ),
    ("dataschema", _URI_REFERENCE, "is no URI: percent-encode what a URI may not hold"),
    ("datacontenttype", _MEDIA_TYPE, "is no media type: write it like application/json"),
    ("time", _TIME, "is not a date and time of RFC 3339: write it like 2026-09-14T08:15:03Z"),
)


def _check_text(name: str, value: str | None) -> None:
    if value == "":
        raise _Refused(name, value, f"is empty: leave {name} out or give it a value")
    if value and _FORBIDDEN.search(value):
        raise _Refused(name, value, "holds a control character, half a surrogate pair or a noncharacter: take it out")


def _check_json(attributes: dict[str, str]) -> None:
    said = attributes.get("datacontenttype", "application/json")
    if not media_type(said).is_json:
        raise _Refused("datacontenttype", said, "is not JSON: send data as a JSON object whose members are columns")


def _data(value: dict[str, Any], attributes: dict[str, str]) -> Any:
    """The data of an event of the JSON format, whether it stands there as JSON or in Base64."""
    packed = value.get("data_base64")
    if packed is None:
        _check_json(attributes)
        return value.get("data")
    if "data" in value:
        raise _Refused("data_base64", packed, "stands beside data: send one of them")
    _check_json(attributes)
    try:
        body = base64.b64decode(packed, validate=True)
        return effects.parse(text(body, media_type(attributes.get("datacontenttype", "")), "data_base64"))
    except (TypeError, binascii.Error):
        raise _Refused("data_base64", packed, "is not Base64: encode the bytes of the JSON object") from None
    except BadInput as error:
        raise _Refused("data_base64", packed, error.what) from None
    except ValueError as error:
        raise _Refused("data_base64", packed, f"{error}: encode a JSON object") from None


def _made(number: int, attributes: dict[str, str], data: Any, kind: str) -> Event:
    """The event with its row: what the data says, and where it says nothing, what the envelope says."""
    if not isinstance(data, dict):
        raise _Refused("data", data, "is no JSON object: send data as an object whose members are columns")
    said = {name: value for name, value in attributes.items() if name not in _TEXTS and name in _COLUMNS[kind]}
    said[_IDS[kind]] = attributes["id"]
    said |= {column: attributes[name] for name, column in _FILLS.items() if name in attributes}
    if "time" in attributes:
        said["occurred_at"] = _cut(attributes["time"])
    row = data | {name: value for name, value in said.items() if data.get(name) in (None, "")}
    return Event(number, attributes["source"], attributes["id"], row)


def _cut(time: str) -> str:
    """A time of RFC 3339 without what is finer than a microsecond; refused if no calendar has it."""
    match = _TIME.fullmatch(time)
    cut = "".join(part or "" for part in match.groups()) if match else time
    try:
        instant(cut, None)
    except ValueError as error:
        raise _Refused("time", time, str(error)) from None
    return cut
