"""What the sales tools read and write: the CRM, who may see which profile field, and the competition."""

from tools.catalog.sales.models.access import PROFILE_FIELDS, ProfileAccess
from tools.catalog.sales.models.competition import Feature, Plan, Point, Source, Support, Vendor, VendorFeature
from tools.catalog.sales.models.crm import Contact, Customer, Deal, Versioned, VersionedQuerySet

__all__ = [
    "PROFILE_FIELDS",
    "Contact",
    "Customer",
    "Deal",
    "Feature",
    "Plan",
    "Point",
    "ProfileAccess",
    "Source",
    "Support",
    "Vendor",
    "VendorFeature",
    "Versioned",
    "VersionedQuerySet",
]
