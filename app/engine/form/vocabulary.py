"""The words a schema may use: keys of form-js 1.23 (schemaVersion 19) and our properties."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMON_KEYS = _words(
    "id type key path label description layout conditional properties appearance readonly disabled validate "
    "defaultValue"
)
TYPE_KEYS: dict[str, frozenset[str]] = {
    "textfield": frozenset(),
    "textarea": frozenset(),
    "number": frozenset({"decimalDigits", "increment", "serializeToString"}),
    "datetime": _words(
        "subtype dateLabel timeLabel timeInterval timeSerializingFormat use24h disallowPassedDates"
    ),
    "checkbox": frozenset(),
    "radio": frozenset({"values", "valuesKey", "valuesExpression"}),
    "select": frozenset({"values", "valuesKey", "valuesExpression", "searchable"}),
    "checklist": frozenset({"values", "valuesKey", "valuesExpression"}),
    "taglist": frozenset({"values", "valuesKey", "valuesExpression"}),
    "filepicker": frozenset({"accept", "multiple"}),
    "expression": frozenset({"expression", "computeOn"}),
    "text": frozenset({"text"}),
    "html": frozenset({"content"}),
    "separator": frozenset(),
    "spacer": frozenset({"height"}),
    "table": frozenset({"columns", "columnsExpression", "dataSource", "rowCount"}),
    "documentPreview": frozenset({"dataSource", "title", "endpointKey", "maxHeight"}),
    "image": frozenset({"source", "alt"}),
    "group": frozenset({"components", "showOutline", "verticalAlignment"}),
    "dynamiclist": _words(
        "components isRepeating allowAddRemove defaultRepetitions showOutline disableCollapse "
        "nonCollapsedItems verticalAlignment"
    ),
}
VALIDATE_KEYS = _words(
    "required min max minLength maxLength minItems maxItems pattern patternErrorMessage validationType"
)

_ANY = "label_en description_en clauseRef columns width"
_CHECK = "check check_message check_message_en"
_ADORNED = "prefix_en suffix_en"
_VALUE = f"{_CHECK} default autocomplete mask"
PROPERTIES: dict[str, frozenset[str]] = {
    "textfield": _words(
        f"{_VALUE} {_ADORNED} rule max_zi min_zi zi_group zi_group_max zi_group_label zi_group_label_en "
        "pattern_error_en duplicate_key"
    ),
    "textarea": _words(
        f"{_VALUE} {_ADORNED} rows rule max_zi min_zi zi_group zi_group_max zi_group_label zi_group_label_en "
        "pattern_error_en"
    ),
    "number": _words(f"{_VALUE} {_ADORNED} rule unit"),
    "datetime": _words(_VALUE),
    "checkbox": _words(_VALUE),
    "radio": _words(_VALUE),
    "select": _words(_VALUE),
    "checklist": _words(_VALUE),
    "taglist": _words(_VALUE),
    "filepicker": _words(f"{_CHECK} max_files max_size"),
    "expression": _words("label format unit decimals mask"),
    "text": frozenset({"text_en"}),
    "html": frozenset({"content_en"}),
    "table": frozenset({"label"}),
    "documentPreview": frozenset({"title_en"}),
    "image": frozenset({"alt_en"}),
    "dynamiclist": _words(
        f"{_CHECK} default min_rows max_rows row_label row_label_en add_label add_label_en display"
    ),
}
ANY_PROPERTIES = _words(_ANY)

FORMATS = frozenset({"number", "amount", "percent", "text", "date", "boolean", "year"})
WIDTHS = frozenset({"short", "medium", "full"})
DISPLAYS = frozenset({"auto", "table", "cards"})
SUBTYPES = frozenset({"date", "time", "datetime"})


def unknown_keys(kind: str, keys: frozenset[str]) -> list[str]:
    """Keys of a component that mean nothing for its type."""
    return sorted(keys - COMMON_KEYS - TYPE_KEYS[kind])


def unknown_properties(kind: str, names: frozenset[str]) -> list[str]:
    """Names in `properties` that mean nothing for that type; `x_…` are the author's own."""
    known = ANY_PROPERTIES | PROPERTIES.get(kind, frozenset())
    return sorted(name for name in names - known if not name.startswith("x_"))
