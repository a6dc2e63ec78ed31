"""Secrets are found by their digest or compared by hmac.compare_digest; == would end at the first difference."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import services

SERVICES = Path(services.__file__).parent
SECRET = re.compile(r"(^|_)(secret|password|token|ticket|cookie|signature)$")
EMPTY = ("", None)


def named(side: ast.expr) -> str:
    """What a side of a comparison is called; nothing for a literal or an expression."""
    match side:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def comparisons(tree: ast.AST) -> Iterator[int]:
    """The lines on which something called a secret is compared with something that is not empty."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sides = [node.left, *node.comparators]
            harmless = any(isinstance(side, ast.Constant) and side.value in EMPTY for side in sides)
            if not harmless and any(SECRET.search(named(side)) for side in sides):
                yield node.lineno


def test_no_secret_is_compared_character_by_character() -> None:
    found = [
        f"{file.relative_to(SERVICES)}:{line}"
        for file in SERVICES.rglob("*.py")
        for line in comparisons(ast.parse(file.read_text(encoding="utf-8")))
    ]

    assert found == []


def test_such_a_comparison_would_be_found() -> None:
    for compared in ("given == settings.link_secret", "cookie != known", "row.token == given"):
        assert list(comparisons(ast.parse(compared))) == [1], compared
    assert list(comparisons(ast.parse('cookie == ""'))) == []
