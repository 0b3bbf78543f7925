"""Tables of the plain things of a shop, and the side table that finds objects by their metadata."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Table

from stacktill.sql.tables.columns import (
    METADATA,
    WORDS,
    body,
    fixed_number,
    fixed_words,
    flag,
    identity,
    index,
    number,
    owner,
    words,
)

__all__ = [
    "checkout_sessions",
    "customers",
    "metadata_entries",
    "payment_links",
    "payment_methods",
    "prices",
    "products",
]

customers = Table(
    "customers",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    words("name", null=True),
    words("email", null=True),
    words("phone", null=True),
    words("description", null=True),
    flag("deleted"),
    body(),
    index("ix_customers_list", "merchant_id", "livemode", "id"),
    index(
        "ix_customers_email", "merchant_id", "livemode", "email", "id", where="email IS NOT NULL"
    ),
)

payment_methods = Table(
    "payment_methods",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    words("customer", null=True),
    body(),
    index("ix_payment_methods_list", "merchant_id", "livemode", "id"),
    index("ix_payment_methods_customer", "customer", "id", where="customer IS NOT NULL"),
)

products = Table(
    "products",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    words("name"),
    flag("active"),
    words("description", null=True),
    words("url", null=True),
    words("default_price", null=True),
    flag("shippable", null=True),
    flag("deleted"),
    body(),
    index("ix_products_list", "merchant_id", "livemode", "id"),
)

prices = Table(
    "prices",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_words("product"),
    number("unit_amount_sats"),
    words("currency"),
    flag("active"),
    words("nickname", null=True),
    words("lookup_key", null=True),
    body(),
    index("ix_prices_list", "merchant_id", "livemode", "id"),
    index("ix_prices_product", "product", "id"),
    index(
        "ix_prices_lookup_key",
        "merchant_id",
        "livemode",
        "lookup_key",
        unique=True,
        where="lookup_key IS NOT NULL",
    ),
)

payment_links = Table(
    "payment_links",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    flag("active"),
    body(),
    index("ix_payment_links_list", "merchant_id", "livemode", "id"),
)

checkout_sessions = Table(
    "checkout_sessions",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    number("expires_at"),
    words("status", literals=("open",)),
    words("payment_status"),
    words("payment_intent", null=True),
    words("payment_link", null=True),
    words("customer", null=True),
    words("customer_email", null=True),
    words("client_secret"),
    words("client_reference_id", null=True),
    body(),
    index("ix_checkout_sessions_list", "merchant_id", "livemode", "id"),
    index(
        "ix_checkout_sessions_payment_intent",
        "payment_intent",
        "id",
        where="payment_intent IS NOT NULL",
    ),
    index(
        "ix_checkout_sessions_customer",
        "merchant_id",
        "livemode",
        "customer",
        "id",
        where="customer IS NOT NULL",
    ),
    index("ix_checkout_sessions_expiry", "livemode", "expires_at", "id", where="status = 'open'"),
)

# One row per pair of an object's metadata. Its key is its only index, in the order a search reads:
# whose, which pair, newest object first.
metadata_entries = Table(
    "metadata_entries",
    METADATA,
    sa.Column("table_name", WORDS, primary_key=True),
    sa.Column("merchant_id", WORDS, primary_key=True),
    sa.Column("livemode", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("key", WORDS, primary_key=True),
    sa.Column("value", WORDS, primary_key=True),
    sa.Column("object_id", WORDS, primary_key=True),
    sqlite_with_rowid=False,
)
