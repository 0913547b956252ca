"""Words of the form pages, in the language of the form."""

from __future__ import annotations

from app.engine.form import Language, Text

_WORDS = {
    "optional": Text("（选填）", " (optional)"),
    "error": Text("错误：", "Error: "),
    "choose": Text("请选择", "Choose"),
    "add": Text("添加一行", "Add a row"),
    "remove": Text("删除", "Remove"),
    "upload": Text("上传", "Upload"),
    "uploaded": Text("已上传的文件", "Uploaded files"),
    "refresh": Text("按已填内容更新表单", "Update the form"),
    "none": Text("—", "—"),
    "row": Text("第 {number} 行", "Row {number}"),
    "rows": Text("{count} 行", "{count} rows"),
    "no_rows": Text("尚无内容", "Nothing yet"),
    "dispute": Text("两人填写不一致", "Filled in differently"),
    "in_form": Text("现在填写的是", "Filled in now:"),
    "also": Text("另一人填写的是", "Another value:"),
    "removed_by": Text(
        "这一行有修改，已保留；另一人删除了它：", "This row was changed and is kept; it was removed by"
    ),
    "emptied": Text("（清空）", "(emptied)"),
    "use": Text("改用这个值", "Use this value"),
    "keep": Text("保留现有内容", "Keep what is there"),
    "problems": Text("请修改 {count} 处", "Correct {count} entries"),
    "problem": Text("请修改 1 处", "Correct one entry"),
    "expired": Text("页面停留过久，请再提交一次。", "The page has expired. Submit it once more."),
    "zi": Text("{count} 字", "{count} characters"),
    "zi_of": Text("{count} / {most} 字", "{count} / {most} characters"),
    "total_zi_of": Text("合计 {count} / {most} 字", "{count} / {most} characters in total"),
    "accepted_files": Text("可上传 {kinds}，每个不超过 {size}", "{kinds}, at most {size} each"),
    "any_kind": Text("PDF、DOCX、XLSX、OFD、PNG、JPG", "PDF, DOCX, XLSX, OFD, PNG, JPG"),
    "with_unit": Text("{label}（{unit}）", "{label} ({unit})"),
}


def word(name: str, language: Language, **values: object) -> str:
    """The word `name` in `language`, its placeholders filled in."""
    return _WORDS[name].said(language).format(**values)


def words_of(language: Language) -> dict[str, str]:
    """All words without placeholders, for templates."""
    return {name: text.said(language) for name, text in _WORDS.items() if "{" not in text.zh}
