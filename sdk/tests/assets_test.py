"""Assets as DAG files make them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow.sdk import Asset, AssetAlias


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Asset("s3://b/k", name="n"), TypeError, "multiple values for argument 'name'"),
        (lambda: Asset("n", "s3://b/k", "g"), TypeError, "takes from 1 to 3 positional arguments"),
        (lambda: Asset("n", colour="red"), TypeError, "unexpected keyword argument 'colour'"),
        (lambda: Asset(), TypeError, "requires either 'name' or 'uri'"),
        (lambda: Asset(""), ValueError, "Asset name cannot be empty"),
        (lambda: Asset(3), ValueError, "Asset name must be a string"),
        (lambda: Asset("n", "u" * 1501), ValueError, "Asset uri cannot exceed 1500 characters"),
        (lambda: Asset("n", group=3), ValueError, "Asset group must be a string"),
        (lambda: AssetAlias("x", "g"), TypeError, "takes 2 positional arguments"),
        (lambda: AssetAlias(" "), ValueError, "AssetAlias name cannot be just whitespace"),
    ],
)
def test_an_asset_is_made_as_airflow_makes_it(make: Any, error: type[Exception], text: str) -> None:
    """Signatures and messages of Airflow 3.3.2."""
    with pytest.raises(error, match=text):
        make()


def test_an_assets_name_may_be_any_text() -> None:
    asset = Asset("Jahresübersicht")
    assert (asset.name, asset.uri, asset.access_control.allow_global) == (
        "Jahresübersicht",
        "Jahresübersicht",
        True,
    )
    assert repr(AssetAlias("x")) == "AssetAlias(name='x', group='asset')"
