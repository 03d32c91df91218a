"""Pages compose and do nothing else."""

import ast
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "apps").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_defines_nothing(page):
    tree = ast.parse(page.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body[1:]:
        assert isinstance(node, ast.Import | ast.ImportFrom | ast.Expr), ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[:2] == ["workbench", "views"]


def test_there_is_a_desk():
    assert "desk" in {page.stem for page in PAGES}
