"""What forms say to people, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in both languages."""

    zh: str
    en: str

    def said(self, language: Language) -> str:
        """The text in `language`; the Chinese where no English was written."""
        return self.zh if language == "zh" or not self.en else self.en


@dataclass(frozen=True, slots=True)
class Message:
    """Something wrong with one value; `rows` are the numbers (from 1) of its rows, outermost first."""

    text: Text
    rows: tuple[int, ...] = ()

    @property
    def zh(self) -> str:
        """The whole sentence in Chinese, with its row."""
        return "".join(f"第 {row} 行：" for row in self.rows) + self.text.zh

    @property
    def en(self) -> str:
        """The whole sentence in English, with its row."""
        return "".join(f"Row {row}: " for row in self.rows) + (self.text.en or self.text.zh)

    def said(self, language: Language, *, with_row: bool = True) -> str:
        """The sentence in `language`, without the row for places that show the row themselves."""
        if with_row:
            return self.zh if language == "zh" else self.en
        return self.text.said(language)


YES_NO = {True: Text("是", "Yes"), False: Text("否", "No")}
UNITS = {
    "yuan": Text("元", "yuan"),
    "wan": Text("万元", "× 10,000 yuan"),
    "yi": Text("亿元", "× 100 million yuan"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a value, before the field's label is put in for `{label}`."""

    zh: str
    en: str
    is_missing: bool = False

    def about(self, label: Text) -> Text:
        """The sentence about the field `label`."""
        return Text(self.zh.replace("{label}", label.zh), self.en.replace("{label}", label.en or label.zh))
