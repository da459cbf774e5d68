"""The admin pages of the sales tools' data. Every edit keeps its history."""

from tools.catalog.sales.admin.access import ProfileAccessAdmin
from tools.catalog.sales.admin.competition import FeatureAdmin, VendorAdmin
from tools.catalog.sales.admin.crm import ContactAdmin, CustomerAdmin, DealAdmin

__all__ = ["ContactAdmin", "CustomerAdmin", "DealAdmin", "FeatureAdmin", "ProfileAccessAdmin", "VendorAdmin"]
