"""A store's logo: taken as bytes, never as an address, so that pages load nothing from elsewhere."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from stacktill.application.merchants import account_of, change_account
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.merchants import Logo, Merchant
from stacktill.domain.pictures import NotAPicture, Picture, Shape, measure
from stacktill.plugin.storage import UnitOfWork

__all__ = ["LONGEST_TEXT", "MAX_BYTES", "MAX_SIDE", "remove_logo", "set_logo"]

MAX_BYTES = 64 * 1024
"""A logo is a part of every page that a payer waits for."""
MAX_SIDE = 1_024
"""Pixels of either side."""
LONGEST_TEXT = -(-MAX_BYTES // 3) * 4
"""Letters of base64."""


def set_logo(uow: UnitOfWork, services: Services, caller: Caller, data: str) -> Merchant:
    """Show the picture ``data`` (base64) on the store's pages, in the place of the one before."""
    shape = _examined(data)
    merchant = account_of(uow, caller)
    picture = Picture(
        id=services.ids.new("file"),
        merchant_id=merchant.id,
        created=services.clock.now(),
        kind=shape.kind,
        width=shape.width,
        height=shape.height,
        content=data,
    )
    uow.pictures.add(picture)
    logo = Logo(id=picture.id, kind=shape.kind, width=shape.width, height=shape.height)
    return _change(uow, services, caller, merchant, logo)


def remove_logo(uow: UnitOfWork, services: Services, caller: Caller) -> Merchant:
    """Show no logo any more; having none is fine."""
    return _change(uow, services, caller, account_of(uow, caller), None)


def _change(
    uow: UnitOfWork, services: Services, caller: Caller, merchant: Merchant, logo: Logo | None
) -> Merchant:
    settings = merchant.settings
    if settings.branding.logo is not None:
        uow.pictures.remove(settings.branding.logo.id)
    branding = replace(settings.branding, logo=logo)
    after = replace(merchant, settings=replace(settings, branding=branding))
    return change_account(uow, services, caller, merchant, after)


def _examined(data: str) -> Shape:
    try:
        content = base64.b64decode(data, validate=True)
        shape = measure(content)
    except binascii.Error:
        raise _refused("It is no base64.") from None
    except NotAPicture as error:
        raise _refused(str(error)) from None
    if len(content) > MAX_BYTES:
        raise _refused(f"It has {len(content):,} bytes; at most {MAX_BYTES:,} are taken.")
    if max(shape.width, shape.height) > MAX_SIDE:
        size = f"{shape.width} x {shape.height}"
        raise _refused(f"It has {size} pixels; at most {MAX_SIDE} x {MAX_SIDE} are taken.")
    return shape


def _refused(why: str) -> InvalidParameter:
    return InvalidParameter(
        f"This cannot be a logo. {why} Send the bytes of a PNG, JPEG or WebP file in base64.",
        param="data",
    )
