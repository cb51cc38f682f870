"""Prompts of great variety for SmolLM2 to answer.

Kinds: self (the model writes the user's turn, Magpie, arXiv 2406.08464, half of them from a beginning), templates
(filled from word lists and a dictionary), code (beginnings of Python functions, and questions about some), corpus
(passages to continue, or chats about them).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from . import smollm2_words as words
from .smollm2_tokenizer import chat_start
from .sources import Function, Terms
from .turns import ASSISTANT, NOBODY, TO_USER, USER

KINDS = ["self", "templates", "code", "corpus"]
SHARES = [0.42, 0.26, 0.20, 0.12]


@dataclass(frozen=True)
class Prompt:
    text: str
    kind: int
    speaker: int
    after_answer: int = TO_USER


@dataclass(frozen=True)
class Sources:
    chapters: list[str]
    terms: Terms
    functions: list[Function]


def make_prompt(random: Random, sources: Sources) -> Prompt:
    kind = random.choices(range(len(KINDS)), SHARES)[0]
    if KINDS[kind] == "self":
        opening = ""
        if random.random() < 0.5:
            opening = random.choice(words.OPENINGS).format(term=sources.terms.draw(random).name)
        return Prompt(chat_start(None) + opening, kind, USER)
    if KINDS[kind] == "templates":
        follow_up = TO_USER + 1 + random.randrange(len(words.FOLLOW_UPS)) if random.random() < 0.6 else TO_USER
        return Prompt(chat_start(from_template(random, sources.terms)), kind, ASSISTANT, follow_up)
    if KINDS[kind] == "code":
        return from_code(random, kind, sources.functions)
    text = passage(random, sources.chapters)
    if random.random() < 0.5:
        return Prompt(text, kind, NOBODY)
    return Prompt(chat_start(random.choice(words.PASSAGE_REQUESTS).format(text=text)), kind, ASSISTANT)


def from_template(random: Random, terms: Terms) -> str:
    term, term2 = terms.draw(random), terms.draw(random)
    topic, topic2 = random.sample(words.TOPICS, 2)
    if random.random() < 0.6:
        topic, topic2 = term.name, term2.name
    person, person2 = random.sample(words.PEOPLE, 2)
    name, name2 = random.sample(words.NAMES, 2)
    structure, structure2 = random.sample(words.STRUCTURES, 2)
    filled = random.choice(words.TEMPLATES + words.TERM_TEMPLATES).format(
        topic=topic, topic2=topic2, person=person, person2=person2, name=name, name2=name2, structure=structure,
        structure2=structure2, things=random.choice(words.THINGS), task=random.choice(words.TASKS),
        number=random.randint(3, 9), words=", ".join(random.sample(words.NOUNS, 6)), a=random.randint(20, 99),
        b=random.randint(2, 12), c=random.randint(2, 19), d=random.randint(1, 200),
        term=term.name, term2=term2.name, definition=term.definition,
        terms=", ".join(terms.draw(random).name for _ in range(6)),
    )  # fmt: skip
    return filled[0].upper() + filled[1:]


def from_code(random: Random, kind: int, functions: list[Function]) -> Prompt:
    choice = random.random()
    if choice < 0.35:
        return Prompt(function_start(random), kind, NOBODY)
    function = random.choice(functions)
    if choice < 0.75:
        return Prompt(random.choice(words.CODE_HEADS) + function.head, kind, NOBODY)
    request = random.choice(words.CODE_REQUESTS).format(head=function.head.strip(), sentence=function.sentence)
    return Prompt(chat_start(request), kind, ASSISTANT)


def function_start(random: Random) -> str:
    """Up to some place in the docstring; the model writes the rest of it and the body."""
    verb, adjective, noun = random.choice(words.VERBS), random.choice(words.ADJECTIVES), random.choice(words.NOUNS)
    arguments = ", ".join(random.sample(words.ARGUMENTS, random.randint(1, 2)))
    start = f"{random.choice(words.CODE_HEADS)}def {verb}_{adjective}_{noun}({arguments})"
    start += f" -> {random.choice(words.RESULTS)}:\n" if random.random() < 0.8 else ":\n"
    start += "    " + random.choice(['""" ', '"""', '"""\n    '])
    sentence = f"{verb.capitalize()} the {adjective} {noun}"
    return start + random.choice(["", verb.capitalize(), sentence, f"{sentence}, given {arguments.split(':')[0]}."])


def passage(random: Random, chapters: list[str]) -> str:
    """One to a few paragraphs of the corpus, at most 1,000 characters, ending with a word."""
    paragraphs = random.choice(chapters).split("\n")
    first = random.randrange(len(paragraphs))
    text = "\n".join(paragraphs[first : first + random.randint(1, 5)]).strip() or "Once upon a time"
    size = random.randint(150, 1000)
    return text if len(text) <= size else text[:size].rsplit(" ", 1)[0]
