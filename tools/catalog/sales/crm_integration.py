"""``crm_integration``: customers, contacts and deals, read and written by a model."""

from typing import Any

from tools.calls.call import Caller
from tools.catalog.sales.crm import finding, tags, writing
from tools.catalog.sales.crm import parameters as given
from tools.catalog.sales.crm.entities import ENTITIES
from tools.catalog.sales.crm.request import Ids, Page, Request
from tools.catalog.sales.probing import crm_answers
from tools.definition.decorators import tool
from tools.definition.schema import Injected

_ACTIONS = {
    "read": finding.read,
    "list": finding.list_records,
    "search": finding.search,
    "create": writing.create,
    "update": writing.update,
}


@tool(
    roles={"coach"},
    rate="5/min",
    retries=2,
    timeout_s=5,
    probe=crm_answers,
    cache_ttl_s=60,
    cache_scope="role",  # the caller only signs what it writes
    cache_when=tags.only_reads,
    reads=tags.tags_of_read,
    writes=tags.tags_of_write,
)
def crm_integration(
    action: given.Action,
    *,
    entity: given.EntityName = None,
    customer_id: given.CustomerIdParameter = None,
    contact_id: given.ContactIdParameter = None,
    deal_id: given.DealIdParameter = None,
    query: given.Query = None,
    filters: given.Filters = None,
    values: given.Values = None,
    version: given.Version = None,
    fields: given.Fields = None,
    sort: given.Sort = None,
    limit: given.Limit = 20,
    cursor: given.Cursor = None,
    caller: Injected[Caller],
) -> dict[str, Any]:
    """Read and change the CRM: customers (companies), contacts (people there) and deals (open or closed sales).

    Choose an action:
    - read: one record in full, by its id.
    - list: records page by page, narrowed by `filters`; with `customer_id` the contacts or deals of one customer.
    - search: records by words of a name, company, e-mail address or id, best match first. Beginnings of words
      match; accents and case do not matter.
    - create: a new record from `values`. Contacts and deals also need `customer_id`.
    - update: change the fields in `values`. Read the record first and send the `version` that you read: if it was
      changed meanwhile, nothing is written and the error `version_conflict` says what the record holds now.

    Examples: {"action": "read", "customer_id": "CUST001"};
    {"action": "list", "entity": "deal", "filters": {"open": true, "min_amount": 50000}, "sort": "-amount"};
    {"action": "search", "entity": "contact", "query": "keller"};
    {"action": "update", "deal_id": "DEAL001", "version": 1, "values": {"stage": "negotiation"}}.

    Amounts come as decimal strings ("48000.00") in the record's currency and are never converted: to compare them,
    filter by one currency. Dates are YYYY-MM-DD, times UTC.
    Credit limits, discounts and other confidential fields are not here: use profile_reader.
    """
    kind = entity or ("deal" if deal_id else "contact" if contact_id else "customer")
    ids = Ids(customer_id, contact_id, deal_id)
    page = Page(sort, limit, cursor)
    request = Request(action, ENTITIES[kind], caller, ids, query, filters, values, version, fields, page)
    return _ACTIONS[action](request)
