"""Screens: the claims of a batch set against themselves."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audit.models import Screen
from audit.queries.checks import TITLES, Check, Word
from audit.serializers.fields import Instant, PlainObject


class CheckSerializer(serializers.Serializer[Any]):
    """One check. It is no verdict, and changes none."""

    name = serializers.ChoiceField(choices=list(TITLES.items()))
    title = serializers.CharField()
    word = serializers.ChoiceField(choices=[word.value for word in Word])
    lines = serializers.IntegerField(help_text="That it speaks of.")
    units = serializers.IntegerField(help_text="At stake. Of the stated total: the difference.")
    money = serializers.DictField(child=serializers.IntegerField(), help_text="At stake, in micros by currency.")
    formula = serializers.CharField(help_text="How it was computed.")
    facts = PlainObject(help_text="The numbers that it rests on.")


class ScreenSerializer(serializers.Serializer[Any]):
    """The checks of one batch; none before the state is done."""

    batch = serializers.UUIDField(source="batch_id")
    state = serializers.ChoiceField(choices=Screen.State.choices)
    error = serializers.CharField()
    made_at = Instant(source="ended_at", allow_null=True)
    current = serializers.BooleanField(help_text="False: rules, prices or checks have changed since it was made.")
    against = serializers.UUIDField(allow_null=True, help_text="The earlier batch that growth is measured against.")
    checks = CheckSerializer(many=True)


def plain(check: Check) -> dict[str, Any]:
    """A check as it is answered."""
    names = ("name", "title", "lines", "units", "money", "formula", "facts")
    return {name: getattr(check, name) for name in names} | {"word": check.word.value}
