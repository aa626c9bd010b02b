"""The `edits` of `overlay.yaml`: structural changes to upstream's files, each with an asserted number of matches."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from difykit.workspace.manifest.base import JsonObject, Model, Pattern, Specifier, TreePath

Count = Annotated[int, Field(ge=1)]
_WAYS = ("replace", "insert", "json", "i18n")


class When(Model):
    """A condition on the release: its version, or a path that exists in it; both must hold when both are given."""

    dify: Specifier | None = Field(
        default=None, description="A range of Dify versions, as in PEP 440; a pre-release counts by its number."
    )
    exists: TreePath | None = Field(
        default=None, description="A file or folder of the source as the patches and overlays before this one left it."
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.dify is None and self.exists is None:
            raise ValueError("needs `dify` or `exists`")
        return self


class Replace(Model):
    """A literal text that stands exactly `count` times in the file, and what takes its place."""

    find: Annotated[str, Field(min_length=1)] = Field(
        description="The text to find, character by character; it may span lines. No regular expression."
    )
    text: str = Field(alias="with", description="What takes its place.")
    count: Count = Field(default=1, description="How often `find` stands in the file; anything else is an error.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.find == self.text:
            raise ValueError("`find` and `with` are the same, so it changes nothing")
        return self


class Insert(Model):
    """Whole lines put after or before the line or lines that hold an anchor."""

    after: str | None = Field(
        default=None, description="The anchor: literal text in the line, or the lines, after which `text` goes."
    )
    before: str | None = Field(
        default=None, description="The anchor: literal text in the line, or the lines, before which `text` goes."
    )
    text: Annotated[str, Field(min_length=1)] = Field(
        description="The lines to insert, with their own indentation; the file's line ending is used."
    )
    count: Count = Field(default=1, description="How many places hold the anchor; anything else is an error.")

    @property
    def anchor(self) -> str:
        """The literal text that finds the place, without line ends around it."""
        return (self.after if self.after is not None else self.before or "").replace("\r\n", "\n").strip("\n")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.after is None) == (self.before is None):
            raise ValueError("needs exactly one of `after`, `before`")
        if not self.anchor.strip():
            raise ValueError("the anchor is blank, so it finds no place")
        return self


class Json(Model):
    """Keys set in a JSON file; the file's own layout and order are kept."""

    merge: JsonObject = Field(
        description="Keys and values to set: mappings are merged, everything else is replaced, new keys are added."
    )


class I18n(Model):
    """One text of Dify's pages, in whichever layout the release keeps its texts."""

    locale: Annotated[str, Pattern(r"[a-z]{2,3}-[A-Za-z]{2,4}", "a locale such as en-US")] = Field(
        description="A folder of web/i18n, such as en-US."
    )
    key: Annotated[str, Pattern(r"[A-Za-z0-9_-]+\..+", "a namespace, a dot and a key, such as login.signBtn")] = Field(
        description="A namespace (the name of its file) and a key in it: login.signBtn or common.menus.apps."
    )
    value: str = Field(description="The new text.")


class Edit(Model):
    """One structural change to one upstream file."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [operation] if operation == "i18n" else ["file", operation]} for operation in _WAYS],
        }
    )

    when: When | None = Field(default=None, description="When it applies; always, where this is left out.")
    file: TreePath | None = Field(default=None, description="The file to change; `i18n` finds its own.")
    replace: Replace | None = Field(default=None, description="Put a literal text in the place of another.")
    insert: Insert | None = Field(default=None, description="Insert lines after or before the line of an anchor.")
    json_: Json | None = Field(default=None, alias="json", description="Set keys in a JSON file.")
    i18n: I18n | None = Field(default=None, description="Change one text of Dify's pages.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.replace, self.insert, self.json_, self.i18n].count(None) != len(_WAYS) - 1:
            raise ValueError("needs exactly one of `replace`, `insert`, `json`, `i18n`")
        if self.i18n and self.file is not None:
            raise ValueError("`i18n` finds the file by itself: leave out `file`")
        if not self.i18n and self.file is None:
            raise ValueError("needs `file`, the file to change")
        return self


class OneOf(Model):
    """Alternatives of which exactly one must hold for the release."""

    one_of: Annotated[tuple[Edit, ...], Field(min_length=1)] = Field(
        description="Edits with a `when` each; exactly one of the conditions must hold."
    )


def _branch(value: Any) -> str:
    return "one_of" if isinstance(value, OneOf) or (isinstance(value, dict) and "one_of" in value) else "edit"


AnyEdit = Annotated[Annotated[Edit, Tag("edit")] | Annotated[OneOf, Tag("one_of")], Discriminator(_branch)]
