"""The API's page for people who write programs: the OpenAPI document as a page of its own, without scripts from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from domain.policy import Label
from web.languages import locale_of
from web.site import site_of


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, or a field of a body or of an answer: its name, where it stands or what it is, and what it means."""

    name: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a program may ask."""

    method: str
    path: str
    summary: str
    says: str
    parameters: tuple[Part, ...]
    takes: tuple[Part, ...]
    example: str
    gives: tuple[Part, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What belongs together."""

    says: Label
    operations: tuple[Operation, ...]


def chapters(document: Mapping[str, Any]) -> tuple[Chapter, ...]:
    """The operations by their tags, in the document's order."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            found[said["tags"][-1]].append(_operation(document, method, path, said))
    return tuple(Chapter(_title(tag["description"]), tuple(found[tag["name"]])) for tag in document["tags"])


def _title(said: str) -> Label:
    """A chapter's title from its description, which gives the Chinese name in brackets."""
    english, _, chinese = said.rstrip(")").partition(" (")
    return Label(chinese or english, english)


def _operation(document: Mapping[str, Any], method: str, path: str, said: Mapping[str, Any]) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    taken = _resolved(document, body) if body else {}
    good = next(one for status, one in said["responses"].items() if status.startswith("2"))
    given = _resolved(document, good.get("content", {}).get("application/json", {}).get("schema", {}))
    examples = taken.get("examples", [])
    return Operation(
        method.upper(), f"/api{path}", said["summary"], said.get("description", ""),
        tuple(
            Part(one["name"], one["in"], one.get("required", False), one.get("description", ""))
            for one in said.get("parameters", ())
        ),
        tuple(_fields(document, taken)), json.dumps(examples[0], ensure_ascii=False, indent=2) if examples else "",
        tuple(_fields(document, given)), tuple((status, one.get("description", "")) for status, one in said["responses"].items()),
    )  # fmt: skip


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any], prefix: str = "") -> Iterable[Part]:
    """The fields of a shape; of lists and of shapes inside one level, by their path."""
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(document, field.get("items", field))
        mark = "[]" if field.get("type") == "array" else ""
        yield Part(f"{prefix}{name}{mark}", _kind(field), name in needed, field.get("description", ""))
        if not prefix and inner.get("properties") and set(inner["properties"]) != {"zh", "en"}:
            yield from _fields(document, inner, f"{name}{mark}.")


def _kind(field: Mapping[str, Any]) -> str:
    """What a field is, in a word or two."""
    if "anyOf" in field:
        return " | ".join(dict.fromkeys(_kind(one) for one in field["anyOf"]))
    if "enum" in field:
        return " | ".join(str(one) for one in field["enum"])
    if "$ref" in field:
        name = str(field["$ref"].rpartition("/")[2])
        return "{zh, en}" if name == "Name" else "object"
    if field.get("type") == "array":
        return f"[{_kind(field.get('items', {}))}]"
    return str(field.get("format") or field.get("type", "any"))


def show(request: Request) -> HTMLResponse:
    """The page. It says nothing of the office, so that whoever is to write a program may read it without a key."""
    from web.api_app import document

    site, locale = site_of(request), locale_of(request)
    said = document(request.app)
    html = site.environments[locale].get_template("api.html").render(
        clock=site.office.now(), mailbox=False, here="/api/docs", switch=f"/api/docs?lang={'en' if locale == 'zh' else 'zh'}",
        intro=[line.replace("\n", " ") for line in said["info"]["description"].strip().split("\n\n")],
        chapters=chapters(said), format=f"OpenAPI {said['openapi']}",
        first=f'curl -H "Authorization: Bearer $KEY" "{site.address("/api/v1/cases")}?status=in_progress&limit=10"',
    )  # fmt: skip
    language = {"content-language": "zh-CN" if locale == "zh" else "en", "vary": "accept-language, cookie"}
    return HTMLResponse(html, headers=language)
