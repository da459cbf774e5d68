"""Whether what the tools of this family read is there."""

from tools.catalog.sales.models import Customer


def crm_answers() -> None:
    """Look one customer up. Raises ``django.db.Error``."""
    Customer.objects.exists()
