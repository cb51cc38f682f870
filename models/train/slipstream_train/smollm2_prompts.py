"""Prompts of great variety for SmolLM2 to answer.

Kinds: self (the model writes the user's turn, Magpie, arXiv 2406.08464), templates (filled from word lists), code (raw
beginnings of Python functions), corpus (passages to continue, or chats about them).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from . import smollm2_words as words
from .smollm2_tokenizer import chat_start
from .turns import ASSISTANT, NOBODY, TO_USER, USER

KINDS = ["self", "templates", "code", "corpus"]
SHARES = [0.45, 0.25, 0.15, 0.15]


@dataclass(frozen=True)
class Prompt:
    text: str
    kind: int
    speaker: int
    after_answer: int = TO_USER


def make_prompt(random: Random, chapters: list[str]) -> Prompt:
    kind = random.choices(range(len(KINDS)), SHARES)[0]
    if KINDS[kind] == "self":
        return Prompt(chat_start(None), kind, USER)
    if KINDS[kind] == "templates":
        follow_up = TO_USER + 1 + random.randrange(len(words.FOLLOW_UPS)) if random.random() < 0.6 else TO_USER
        return Prompt(chat_start(from_template(random)), kind, ASSISTANT, follow_up)
    if KINDS[kind] == "code":
        return Prompt(function_start(random), kind, NOBODY)
    text = passage(random, chapters)
    if random.random() < 0.5:
        return Prompt(text, kind, NOBODY)
    return Prompt(chat_start(random.choice(words.PASSAGE_REQUESTS).format(text=text)), kind, ASSISTANT)


def from_template(random: Random) -> str:
    topic, topic2 = random.sample(words.TOPICS, 2)
    person, person2 = random.sample(words.PEOPLE, 2)
    name, name2 = random.sample(words.NAMES, 2)
    structure, structure2 = random.sample(words.STRUCTURES, 2)
    filled = random.choice(words.TEMPLATES).format(
        topic=topic, topic2=topic2, person=person, person2=person2, name=name, name2=name2, structure=structure,
        structure2=structure2, things=random.choice(words.THINGS), task=random.choice(words.TASKS),
        number=random.randint(3, 9), words=", ".join(random.sample(words.NOUNS, 6)), a=random.randint(20, 99),
        b=random.randint(2, 12), c=random.randint(2, 19), d=random.randint(1, 200),
    )  # fmt: skip
    return filled[0].upper() + filled[1:]


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
