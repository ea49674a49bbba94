"""Datasets and models for everybody: lists of all of them, and a card of each with its terms, what it comes from, what
came of it, and whether a deletion or a withdrawal has reached it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from aboveboard.collector.figures import PEOPLE_MIN
from aboveboard.collector.http.requests import Serving
from aboveboard.collector.service import Service
from aboveboard.core.policy import Policy
from aboveboard.portal import lineage
from aboveboard.portal.cards import Card, Cards
from aboveboard.portal.lineage import Dataset
from aboveboard.portal.programme import published_policies
from aboveboard.portal.render import page, pages

router = pages()


def cards_of(request: Request) -> Cards:
    found: Cards = request.app.state.cards
    return found


Shown = Annotated[Cards, Depends(cards_of)]


@router.get("/datasets")
def datasets(request: Request, service: Serving, cards: Shown) -> Response:
    """All of them, newest first."""
    found = lineage.newest_datasets(service, lineage.before(request.query_params.get("before", "")))
    return page(request, "datasets.html", found=found, cards=cards.all())


@router.get("/datasets/{manifest}")
def dataset(request: Request, service: Serving, cards: Shown, manifest: str) -> Response:
    """Its builder's manifest fills the card; without, it holds what the log and the grant say."""
    one, models = lineage.dataset_of(service, manifest)
    known = cards.all()
    return page(
        request, "dataset.html", one=one, card=known.get(manifest), cards=known, people_min=PEOPLE_MIN, models=models,
        policies=_policies(service), since=cards.made_since(manifest), given_under=_given_under(one, known),
    )  # fmt: skip


@router.get("/models")
def models(request: Request, service: Serving, cards: Shown) -> Response:
    """All of them, newest first."""
    found = lineage.newest_models(service, lineage.before(request.query_params.get("before", "")))
    return page(request, "models.html", found=found, cards=cards.all())


@router.get("/models/{model}")
def model(request: Request, service: Serving, cards: Shown, model: str) -> Response:
    """What it was trained on, under which terms, and what was trained on the datasets that came in the place of its."""
    one, trained_on = lineage.model_of(service, model)
    known = cards.all()
    since = [name for each in trained_on for name in cards.made_since(each.manifest)]
    given_under = {name: None for each in trained_on for name in _given_under(each, known)}
    return page(
        request, "model.html", one=one, trained_on=trained_on, cards=known, people_min=PEOPLE_MIN, since=since,
        later=[each for each in lineage.models_from(service, since) if each.model != model],
        policies=_policies(service), given_under=list(given_under),
    )  # fmt: skip


def _policies(service: Service) -> dict[str, Policy]:
    return {each.policy.policy_id: each.policy for each in published_policies(service)}


def _given_under(one: Dataset, cards: dict[str, Card]) -> tuple[str, ...]:
    """The policies of its sources, by its manifest; those that its grant names where that was not shown."""
    card = cards.get(one.manifest)
    return one.terms.policies if card is None else card.policies
