"""OTLP/HTTP traces: a request's bytes become spans, and a client is answered as the specification says.

Source: the OTLP specification 1.x. `read` takes an unpacked body; `genai.rows` makes claims or evidence of its spans;
`answer` and `failure` are the bodies of answers, `spoken` is their Content-Type.
"""

from audit.intake.mediatypes import UnknownMediaType, media_type
from audit.intake.otlp import jsontraces, protobuf
from audit.intake.otlp.answers import JSON, PROTOBUF, answer, failure, spoken
from audit.intake.otlp.spans import CALLED, Span, Spans

__all__ = ["JSON", "PROTOBUF", "Span", "Spans", "UnknownMediaType", "answer", "failure", "read", "spoken"]


def read(content_type: str, body: bytes) -> Spans:
    """The spans of an unpacked request, in order. An empty request has none.

    Raises BadInput for a body that cannot be parsed (HTTP 400) and UnknownMediaType, which is one, for a content type
    that is neither Protobuf nor JSON (HTTP 415).
    """
    media = media_type(content_type)
    if media.name == PROTOBUF:
        return protobuf.read(body)
    if media.name == JSON:
        return jsontraces.read(body, media)
    raise UnknownMediaType(CALLED, f"is {media.name[:60] or 'of no content type'}: send {PROTOBUF} or {JSON}")
