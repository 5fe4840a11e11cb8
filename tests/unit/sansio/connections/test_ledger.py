"""The ledger decides without threads, sockets or clocks: connections are plain strings here, time is a number."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_lite.sansio.connections.ledger import NEW, Ledger, Limits, Ticket


class Books:
    """A ledger with the arguments that most tests do not care for filled in."""

    def __init__(self, **limits: Any) -> None:
        self.ledger = Ledger(Limits(**limits))
        self.evicted: list[Any] = []

    def out(self, key: str, now: float = 0.0, fresh: bool = False) -> Any:
        return self.ledger.checkout(key, now, self.evicted, fresh)

    def back(self, key: str, connection: str, now: float = 0.0, born: float = 0.0, idle: float | None = None) -> Any:
        return self.ledger.checkin(key, connection, now, self.evicted, born=born, idle_limit=idle)

    def gone(self, key: str) -> Any:
        return self.ledger.discard(key, self.evicted)


def test_the_first_checkout_opens_and_the_next_one_gets_what_was_checked_in() -> None:
    books = Books()
    assert books.out("a") is NEW
    books.back("a", "a1")
    assert books.out("a") == "a1"
    assert books.ledger.open == 1


def test_a_connection_is_never_handed_out_under_another_key() -> None:
    books = Books()
    books.out("a")
    books.back("a", "a1")
    assert books.out("b") is NEW


def test_the_last_one_used_is_handed_out_first() -> None:
    books = Books()
    books.out("a"), books.out("a")
    books.back("a", "a1"), books.back("a", "a2")
    assert [books.out("a"), books.out("a")] == ["a2", "a1"]


def test_fresh_passes_over_an_idle_connection() -> None:
    books = Books()
    books.out("a")
    books.back("a", "a1")
    assert books.out("a", fresh=True) is NEW


def test_a_fresh_one_at_the_limit_of_its_key_takes_the_place_of_the_longest_idle() -> None:
    books = Books(per_key=2)
    books.out("a"), books.out("a")
    books.back("a", "a1"), books.back("a", "a2")
    assert books.out("a", fresh=True) is NEW
    assert books.evicted == ["a1"]


def test_an_idle_connection_expires_after_idle_timeout() -> None:
    books = Books(idle_timeout=60.0)
    books.out("a")
    books.back("a", "a1", now=100.0)
    assert books.out("a", now=160.0) is NEW
    assert books.evicted == ["a1"]
    assert books.ledger.open == 1


def test_the_peers_own_idle_limit_counts_when_it_is_shorter() -> None:
    books = Books(idle_timeout=60.0)
    books.out("a")
    books.back("a", "a1", now=0.0, idle=4.0)
    assert books.out("a", now=4.0) is NEW


def test_a_connection_that_its_peer_will_not_keep_is_not_kept() -> None:
    books = Books()
    books.out("a")
    books.back("a", "a1", idle=0.0)
    assert books.evicted == ["a1"]
    assert books.ledger.open == 0


def test_a_connection_beyond_max_age_is_not_taken_back_nor_handed_out() -> None:
    books = Books(max_age=10.0, idle_timeout=None)
    books.out("a")
    books.back("a", "a1", now=9.0, born=0.0)
    assert books.out("a", now=10.0) is NEW
    books.back("a", "a2", now=25.0, born=10.0)
    assert books.evicted == ["a1", "a2"]


def test_a_connection_of_any_birth_is_kept_until_it_is_max_age_old() -> None:
    books = Books(max_age=10.0, idle_timeout=None)
    books.out("a")
    books.back("a", "a1", now=109.0, born=100.0)
    assert books.out("a", now=109.5) == "a1"


def test_ten_idle_connections_of_an_origin_are_kept_unless_said_otherwise() -> None:
    books = Books()
    for _ in range(11):
        books.out("a")
    for number in range(11):
        books.back("a", f"a{number}")
    assert books.evicted == ["a0"]


def test_idle_per_key_closes_the_longest_idle_of_that_key() -> None:
    books = Books(idle_per_key=1)
    books.out("a"), books.out("a")
    books.back("a", "a1"), books.back("a", "a2")
    assert books.evicted == ["a1"]
    assert books.ledger.idle == 1


def test_idle_closes_the_longest_idle_of_all() -> None:
    books = Books(idle=2)
    for key in "abc":
        books.out(key)
        books.back(key, f"{key}1")
    assert books.evicted == ["a1"]


def test_keys_bounds_the_keys_that_keep_idle_connections() -> None:
    books = Books(keys=2)
    for key in ("a", "a", "b", "c"):
        books.out(key, fresh=True)
    for key, connection in (("a", "a1"), ("a", "a2"), ("b", "b1"), ("c", "c1")):
        books.back(key, connection)
    assert books.evicted == ["a1", "a2"]
    assert books.ledger.open == 2


def test_at_the_limit_of_a_key_the_next_one_waits_and_is_granted_what_comes_back() -> None:
    books = Books(per_key=1)
    assert books.out("a") is NEW
    ticket = books.out("a")
    assert isinstance(ticket, Ticket)
    assert books.back("a", "a1") == [ticket]
    assert ticket.granted == "a1"
    assert books.ledger.idle == 0


def test_a_newcomer_does_not_overtake_a_waiter() -> None:
    books = Books(per_key=1)
    books.out("a")
    first = books.out("a")
    books.gone("a")
    assert first.granted is NEW
    second = books.out("a")
    assert isinstance(second, Ticket)


def test_a_newcomer_under_another_key_does_not_overtake_a_waiter_for_any_slot() -> None:
    books = Books(total=1, per_key=1)
    books.out("a")
    first, second = books.out("b"), books.out("c")
    assert isinstance(second, Ticket)
    assert books.gone("a") == [first]
    assert second.granted is None


def test_tickets_are_served_in_the_order_in_which_they_came() -> None:
    books = Books(per_key=1)
    books.out("a")
    tickets = [books.out("a") for _ in range(3)]
    for ticket in tickets:
        assert books.back("a", "a1") == [ticket]


def test_a_discarded_connection_grants_its_slot_and_never_itself() -> None:
    books = Books(per_key=1)
    books.out("a")
    ticket = books.out("a")
    assert books.gone("a") == [ticket]
    assert ticket.granted is NEW
    assert books.ledger.open == 1


def test_a_cancelled_ticket_is_granted_nothing() -> None:
    books = Books(per_key=1)
    books.out("a")
    ticket = books.out("a")
    books.ledger.cancel(ticket)
    assert books.back("a", "a1") == []
    assert ticket.granted is None
    assert books.ledger.waiting == 0


def test_at_the_total_limit_an_idle_connection_of_another_key_gives_way() -> None:
    books = Books(total=1)
    books.out("a")
    books.back("a", "a1")
    assert books.out("b") is NEW
    assert books.evicted == ["a1"]
    assert books.ledger.open == 1


def test_at_the_total_limit_a_returning_connection_gives_way_to_a_waiter_for_another_key() -> None:
    books = Books(total=1)
    books.out("a")
    ticket = books.out("b")
    assert books.back("a", "a1") == [ticket]
    assert ticket.granted is NEW
    assert books.evicted == ["a1"]
    assert books.ledger.open == 1


@pytest.mark.parametrize("total", [None, 2])
def test_a_waiter_of_a_full_key_does_not_hold_up_another_key(total: int | None) -> None:
    books = Books(per_key=1, total=total)
    books.out("a")
    assert isinstance(books.out("a"), Ticket)
    assert books.out("b") is NEW


def test_a_waiter_of_a_full_key_costs_another_key_no_connection() -> None:
    books = Books(per_key=1, total=2)
    books.out("a"), books.out("b")
    assert isinstance(books.out("a"), Ticket)
    assert books.back("b", "b1") == []
    assert books.evicted == []
    assert books.out("b") == "b1"


def test_clear_gives_every_idle_connection_and_counts_them_out() -> None:
    books = Books()
    books.out("a"), books.out("b")
    books.back("a", "a1"), books.back("b", "b1")
    assert books.ledger.clear() == ["a1", "b1"]
    assert (books.ledger.open, books.ledger.idle) == (0, 0)


def test_expire_gives_only_what_is_over() -> None:
    books = Books(idle_timeout=10.0)
    books.out("a"), books.out("b")
    books.back("a", "a1", now=0.0), books.back("b", "b1", now=5.0)
    assert books.ledger.expire(12.0) == ["a1"]
    assert books.out("b", now=12.0) == "b1"


@pytest.mark.parametrize("total", [1, 2, 5])
def test_never_more_connections_are_open_than_total_allows(total: int) -> None:
    books = Books(total=total, idle_timeout=None)
    in_use: list[str] = []
    waiting: list[Ticket] = []
    for step in range(200):
        if step % 3 and in_use:
            key = in_use.pop(0)
            woken = books.gone(key) if step % 2 else books.back(key, f"{key}{step}")
            for ticket in woken:
                waiting.remove(ticket)
                in_use.append(str(ticket.key))
        else:
            key = "abc"[step % 3 :][0] if step % 2 else "a"
            found = books.out(key)
            if isinstance(found, Ticket):
                waiting.append(found)
            else:
                in_use.append(key)
        assert books.ledger.open <= total
        assert len(in_use) + books.ledger.idle == books.ledger.open
        assert not (waiting and books.ledger.idle)


@pytest.mark.parametrize("limits", [{"per_key": 1}, {"total": 1}])
def test_a_waiter_for_a_fresh_one_is_never_granted_one_that_was_used(limits: dict[str, int]) -> None:
    books = Books(**limits)
    books.out("a")
    first, second = books.out("a", fresh=True), books.out("a")
    assert type(first) is type(second) is Ticket
    assert books.back("a", "a1") == [first]
    assert (first.granted, second.granted, books.evicted) == (NEW, None, ["a1"])
    assert books.ledger.open == 1
    # A waiter that comes after them is served as ever.
    assert books.back("a", "a2") == [second]
    assert (second.granted, books.ledger.open) == ("a2", 1)


def test_a_waiter_for_a_fresh_one_does_not_hold_up_others() -> None:
    books = Books(per_key=1)
    books.out("a"), books.out("b")
    ticket = books.out("a", fresh=True)
    assert books.back("b", "b1") == []
    assert books.out("b") == "b1"
    assert books.gone("a") == [ticket]
    assert ticket.granted is NEW
