"""Vendors, agents, accounts of agents, agreed prices."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Nouns, once
from audit.api.filters import ActorFilters, AgentFilters, RateCardFilters, VendorFilters
from audit.models import Vendor
from audit.operations import parties
from audit.queries import catalogue
from audit.queries.parties import rate_cards
from audit.serializers.nouns import ActorSerializer, AgentSerializer, RateCardSerializer, VendorSerializer


class Vendors(Nouns):
    """Who claims."""

    rows = staticmethod(catalogue.vendors)
    serializer_class = VendorSerializer
    filterset_class = VendorFilters
    ordering = ("name", "id")
    ordering_fields = ("id", "key", "name", "created_at")

    def get_object(self) -> Vendor:
        """The vendor with the id, or the key, of the path."""
        found = catalogue.vendor(self.kwargs["id"])
        if found is None:
            raise Http404
        return found

    @once
    def create(self, request: Request) -> Response:
        """Enter a vendor under the word that its claims carry."""
        given = self.given()
        return self.show(parties.add_vendor(given["key"], given.get("name", ""), self.by), 201)

    def partial_update(self, request: Request, **kwargs: object) -> Response:
        """Change how a vendor is shown."""
        vendor = self.get_object()
        given = self.changes(vendor, "name")
        return self.show(parties.rename_vendor(vendor, given.get("name", vendor.name), self.by))


class Agents(Nouns):
    """Agents of vendors."""

    rows = staticmethod(catalogue.agents)
    serializer_class = AgentSerializer
    filterset_class = AgentFilters
    ordering = ("agent_id", "id")
    ordering_fields = ("id", "agent_id", "name", "created_at")

    @once
    def create(self, request: Request) -> Response:
        """Enter an agent by hand; those seen in claims are entered by themselves."""
        given = self.given()
        return self.show(parties.add_agent(given["vendor"], given["agent_id"], given.get("name", ""), self.by), 201)

    def partial_update(self, request: Request, **kwargs: object) -> Response:
        """Change how an agent is shown."""
        agent = self.get_object()
        given = self.changes(agent, "name")
        return self.show(parties.rename_agent(agent, given.get("name", agent.name), self.by))


class Actors(Nouns):
    """Which account in which system is which agent."""

    rows = staticmethod(catalogue.actors)
    serializer_class = ActorSerializer
    filterset_class = ActorFilters
    ordering = ("system", "actor", "id")
    ordering_fields = ("id", "system", "actor", "agent_id", "created_at")

    @once
    def create(self, request: Request) -> Response:
        """Bind an account to an agent."""
        given = self.given()
        vendor = given["vendor"]
        agent_id = catalogue.agent_word(vendor, given["agent_id"])
        return self.show(parties.bind_actor(given["system"], given["actor"], vendor, agent_id, self.by), 201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: object) -> Response:
        """Take a binding back; runs that read it keep it."""
        parties.unbind_actor(self.get_object(), self.by)
        return Response(status=204)


class RateCards(Nouns):
    """Agreed prices."""

    rows = staticmethod(rate_cards)
    serializer_class = RateCardSerializer
    filterset_class = RateCardFilters
    ordering = ("-starts_on", "id")
    ordering_fields = ("id", "starts_on", "action", "price_micros", "currency", "created_at")

    @once
    def create(self, request: Request) -> Response:
        """Enter the price agreed for an action from a day on."""
        return self.show(parties.add_rate_card(**self.given(), by=self.by), 201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: object) -> Response:
        """Take a price back."""
        parties.drop_rate_card(self.get_object(), self.by)
        return Response(status=204)
