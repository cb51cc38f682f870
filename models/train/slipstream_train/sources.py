"""Where prompts get their variety from: WordNet's nouns with their definitions, and the functions of a Python library."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Term:
    name: str
    definition: str


@dataclass(frozen=True)
class Function:
    head: str  # from `def`, its decorators left out, to the end of its docstring
    sentence: str  # the docstring's first


class Terms:
    """Nouns by their field (WordNet's lexicographer files: act, animal, artifact, ...): each field is drawn as often."""

    def __init__(self, path: Path):
        """`path`: data.noun of WordNet 3.0 (wndb(5WN)): offset, field, type, number of words, words, ... | gloss."""
        fields: dict[str, list[Term]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence
                continue
            columns, _, gloss = line.partition(" | ")
            _, field, _, _, word, *_ = columns.split(" ")
            definition = gloss.split(";")[0].strip()
            if len(definition) > 10:
                fields.setdefault(field, []).append(Term(word.replace("_", " "), definition))
        if not fields:
            raise ValueError(f"{path} holds no nouns of WordNet")
        self.fields = list(fields.values())

    def draw(self, random: Random) -> Term:
        return random.choice(random.choice(self.fields))


def read_functions(folder: Path, longest: int = 1600) -> list[Function]:
    """Functions with a docstring in the .py files of a folder, its tests left out; `longest` in characters."""
    functions = []
    for path in sorted(folder.rglob("*.py")):
        if {"test", "tests", "site-packages", "dist-packages"} & set(path.relative_to(folder).parts):
            continue
        try:
            source = path.read_text(encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
        except (SyntaxError, UnicodeDecodeError):
            continue
        lines = source.split("\n")
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef) or not (docstring := ast.get_docstring(node)):
                continue
            end = node.body[0].end_lineno
            head = "".join(f"{dedent(line, node.col_offset)}\n" for line in lines[node.lineno - 1 : end])
            if len(head) <= longest and len(docstring) > 20:
                functions.append(Function(head, docstring.split("\n\n")[0].split(". ")[0].replace("\n", " ").rstrip(".")))
    if not functions:
        raise ValueError(f"{folder} holds no Python functions with docstrings")
    return functions


def dedent(line: str, columns: int) -> str:
    """Without that many leading blanks, or as many as it has: a docstring may go on further to the left than its `def`."""
    return line[min(columns, len(line) - len(line.lstrip(" \t"))) :]
