"""That what is asked is not known is an answer, where nothing else is."""

from dataclasses import replace

import pytest

from qa.evidence import Evidence
from qa.unknown import leaves_open, not_known
from tests.support.rooms import make_evidence


@pytest.mark.parametrize(
    ("question", "sentence", "open_"),
    [
        ("What caused the fire?", "The cause is not known.", True),
        ("How did the fire start?", "The cause of the fire is still under investigation.", True),
        ("What caused the crash?", "Officials said it was too early to say what caused the crash.", True),
        ("Why did the train derail?", "It wasn’t immediately clear why the train derailed.", True),
        ("What was the motive for the attack?", "The motive remains unclear.", True),
        ("Who was killed?", "The names of the dead have not been released.", True),
        ("Who was the gunman?", "His identity has not been disclosed.", True),
        ("How many people were killed?", "The number of dead is unknown.", True),
        ("How many were hurt?", "Police would not say how many people were hurt.", True),
        ("How old was the driver?", "Police did not say how old the driver was.", True),
        ("How much did the yard fetch?", "The price was not disclosed.", True),
        ("How much will it cost?", "The cost has yet to be determined.", True),
        ("Where is the minister?", "His whereabouts are unknown.", True),
        ("Who died in the fire?", "The cause is not known.", False),
        ("Where did the fire begin?", "The cause of the fire is not known.", False),
        ("When did the fire start?", "It is not clear how the fire started.", False),
        ("How many were hurt?", "Police would not say why the people were hurt.", False),
        ("What did the police say?", "Police did not say how old the driver was.", False),
        ("What caused the fire?", "The cause was a broken lamp.", False),
        ("What caused the fire?", "The cause, which was not a lamp, is now known.", False),
    ],
)
def test_a_sentence_leaves_open_what_it_says_is_not_known(question: str, sentence: str, open_: bool) -> None:
    assert leaves_open(question, sentence) is open_


def scored(item: Evidence, span: float, held: float) -> Evidence:
    return replace(item, scores=(span, 0.0, held, 0.0))


def test_it_answers_only_where_no_words_answer_and_its_story_is_the_one_asked_of() -> None:
    asked = "What caused the fire at the mill?"
    text = "A fire broke out at the mill on Monday. Two engines came. The cause is not known. Nobody was hurt."
    near = scored(make_evidence(text, "Two engines came.", title="Fire at the mill"), -4.0, 0.5)
    found = not_known(asked, [near.hit], [near])
    assert found is not None and (found.quote, found.words) == ("The cause is not known.", "The cause is not known")
    assert found.score == near.score
    assert not_known(asked, [near.hit], [scored(near, 0.1, 0.5)]) is None, "words were found that answer"
    bare = scored(make_evidence(text, "Two engines came."), -4.0, 0.8)  # neither fire nor mill stands in its view
    assert not_known(asked, [bare.hit], [bare]) is None, "the likeliest is nearer to the question"
    assert not_known("Who owns the mill?", [near.hit], [near]) is None
    assert not_known(asked, [near.hit], []) is None
