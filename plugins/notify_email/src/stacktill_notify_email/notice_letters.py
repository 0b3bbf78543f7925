"""What a notice says to a merchant: what happened, what it means, and what to do if it was somebody else.

Whoever reads it may be under attack, and whoever wrote its store's name may be the attacker. So it has no
link, comes from ``stacktill`` and not from the store, and says its title in English as well: the language
of a store is among the things that a stolen key can change.
"""

from __future__ import annotations

from stacktill.domain.addresses import AddressChange
from stacktill.domain.notices import EmailChange, Notice
from stacktill_notify_email.languages import Tongue, tongue
from stacktill_notify_email.letters import NAME_MAX, Letter, Row
from stacktill_notify_email.words import one_line

__all__ = ["notice_letter"]

AUTHOR = "stacktill"
VALUE_MAX = 254


def notice_letter(notice: Notice, words: Tongue) -> Letter:
    """The letter that a notice becomes."""
    store = one_line(notice.store_name, NAME_MAX) or notice.store_id
    title = _title(notice, words)
    subject = f"{store}: {title}"
    if not notice.livemode:
        subject = words.say("Test: %(subject)s", subject=subject)
    return Letter(
        language=words.code,
        direction=words.direction,
        author=AUTHOR,
        store=store,
        subject=subject,
        title=title,
        when=_when(notice, words),
        warning=None if notice.livemode else words.say("This is a test: no money has moved."),
        paragraphs=(*_paragraphs(notice, words), *_in_english(notice, words)),
        rows=tuple(_rows(notice, words)),
        closing=words.say(
            "There is no link in this e-mail, on purpose. Nobody who helps you needs an API key of "
            "yours, or the words of your wallet."
        ),
        footer=words.say(
            "You get this e-mail because notices about %(store)s go to this address, or did until "
            "lately.",
            store=store,
        ),
    )


def _title(notice: Notice, words: Tongue) -> str:
    if notice.kind == "scheduled":
        return words.say("The address you are paid at will change")
    if notice.kind == "will_activate":
        return words.say("The address you are paid at changes soon")
    if notice.kind == "activated":
        return words.say("The address you are paid at has changed")
    if notice.kind == "canceled":
        return words.say("The change of the address you are paid at is canceled")
    return words.say("Notices go to another e-mail address now")


def _when(notice: Notice, words: Tongue) -> str:
    moment = words.moment(notice.moment)
    if notice.kind in ("scheduled", "will_activate"):
        return words.say("From %(moment)s on", moment=moment)
    return words.say("Since %(moment)s", moment=moment)


def _in_english(notice: Notice, words: Tongue) -> tuple[str, ...]:
    english = tongue("en")
    if words is english:
        return ()
    said = f"In English: {_title(notice, english)}. {_when(notice, english)}."
    return (f"\u2066{said}\u2069" if words.direction == "rtl" else said,)


def _paragraphs(notice: Notice, words: Tongue) -> list[str]:
    if isinstance(notice.news, EmailChange):
        return [
            words.say(
                "Until %(moment)s, this address too is told when the address you are paid at changes.",
                moment=words.moment(notice.news.told_until),
            ),
            _if_it_was_nobody(words),
        ]
    if notice.kind == "canceled":
        return [
            words.say("You are paid at the same address as before."),
            _if_it_was_nobody(words),
        ]
    if notice.kind == "activated":
        return [
            _why(notice.news, words),
            words.say(
                "If you do not know the new address, your payments go to somebody else. Revoke the API "
                "keys of your store, and set your own address again."
            ),
        ]
    return [
        words.say(
            "The wallet of the old address has not signed for this. So it waits, and until then you "
            "can cancel it."
        ),
        words.say(
            "If you do not know the new address, cancel the change. Then look in the audit log which "
            "API key asked for it, and revoke that key."
        ),
    ]


def _if_it_was_nobody(words: Tongue) -> str:
    return words.say(
        "If none of you did this, somebody else has an API key of your store. Look in the audit log "
        "which one, and revoke it."
    )


def _why(change: AddressChange, words: Tongue) -> str:
    if change.authority == "current_wallet":
        return words.say("The wallet of the old address has signed for it.")
    if change.authority == "delay":
        return words.say("It was announced, and nobody canceled it.")
    return words.say("It is the first address of the store.")


def _rows(notice: Notice, words: Tongue) -> list[Row]:
    news = notice.news
    rows = [Row(words.say("Store"), notice.store_id, is_code=True)]
    if isinstance(news, EmailChange):
        name = words.say("New e-mail address")
        return [*rows, Row(name, one_line(news.address or "-", VALUE_MAX), is_code=True)]
    rows.append(Row(words.say("New address"), news.address, is_code=True))
    if news.replaces is not None:
        rows.append(Row(words.say("Old address"), news.replaces, is_code=True))
    rows.append(Row(words.say("Network"), news.chain_id, is_code=True))
    rows.append(Row(words.say("Change"), news.id, is_code=True))
    if notice.kind in ("scheduled", "will_activate"):
        live = " --live" if notice.livemode else ""
        command = f"stacktill merchant address cancel {news.id} --merchant {notice.store_id}{live}"
        rows.append(Row(words.say("Cancel it with"), command, is_code=True))
        rows.append(Row("API", f"POST /v1/settlement_addresses/{news.id}/cancel", is_code=True))
    return rows
