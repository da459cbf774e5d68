"""The vendors, each with its wire format: a new one is a file here and a line below."""

from collections.abc import Mapping

from salesboost.lab.vendors.base import Vendor

VENDORS: Mapping[str, Vendor] = {}
