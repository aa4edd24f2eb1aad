"""What is wrong with a value that somebody typed, in words for who typed it."""

from __future__ import annotations

from pydantic_core import ErrorDetails

MUST = {  # by the type of pydantic's error
    **dict.fromkeys(("int_parsing", "int_from_float", "int_type", "int_parsing_size"), "be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "be true or false"),
    "string_type": "be text",
    "literal_error": "be {expected}",
    "greater_than_equal": "be at least {ge}",
    "greater_than": "be more than {gt}",
    "less_than_equal": "be at most {le}",
    "less_than": "be less than {lt}",
    "multiple_of": "be a multiple of {multiple_of}",
}


def wrong(error: ErrorDetails) -> str:
    """E.g. "must be at most 0.25, not 5"; for one error of a validation."""
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    words = MUST.get(error["type"], "have another value").format_map(error.get("ctx", {}))
    return f"must {words}, not {error['input']}"
