"""The admin's sidebar: what belongs together, in the words of those who edit it."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse_lazy

# Title of a group: each entry's title, its icon (Material Symbols) and its model.
GROUPS: dict[str, list[tuple[str, str, str]]] = {
    "Running tools": [
        ("Tools", "build", "tools_tool"),
        ("Groups of choice", "shuffle", "selection_selectiongroup"),
        ("Cache", "cached", "tools_cache"),
        ("API keys", "key", "tools_apikey"),
        ("Batch jobs", "dynamic_feed", "jobs_job"),
        ("Dead letters", "report", "jobs_deadletter"),
    ],
    "Models": [
        ("Prompts", "edit_note", "prompts_prompt"),
        ("Rungs of prompts", "stairs", "adjusting_rungstanding"),
        ("Prompts that mend themselves", "healing", "evolution_evolution"),
        ("Candidates", "science", "evolution_candidate"),
        ("Ledger of candidates", "history_edu", "evolution_deed"),
        ("Runs of the optimiser", "auto_fix_high", "evolution_optimiserrun"),
        ("Moves of rungs", "swap_vert", "adjusting_rungmove"),
        ("Experiments", "science", "experiments_experiment"),
        ("Deployments", "dns", "providers_deployment"),
        ("Routes of models", "fork_right", "providers_route"),
        ("Models", "neurology", "providers_model"),
        ("Evaluations", "fact_check", "evaluation_run"),
    ],
    "Alerts": [
        ("Rules", "rule", "alerts_rule"),
        ("Routes", "alt_route", "alerts_route"),
        ("Incidents", "e911_emergency", "alerts_incident"),
        ("Deliveries", "outgoing_mail", "alerts_delivery"),
    ],
    "Recording": [
        ("Sampling rules", "filter_alt", "sampling_samplingrule"),
    ],
    "Costs": [
        ("Model prices", "payments", "cost_price"),
    ],
    "Customers and competitors": [
        ("Customers", "groups", "sales_customer"),
        ("Contacts", "contacts", "sales_contact"),
        ("Deals", "handshake", "sales_deal"),
        ("Profile access", "visibility", "sales_profileaccess"),
        ("Vendors", "storefront", "sales_vendor"),
    ],
    "Prices": [
        ("Price books", "menu_book", "pricing_pricebook"),
        ("Products", "inventory_2", "pricing_product"),
        ("Discount levels", "percent", "pricing_discountlevel"),
        ("Tax rates", "account_balance", "pricing_taxrate"),
    ],
    "Knowledge and conversations": [
        ("Documents", "description", "knowledge_document"),
        ("Compliance rules", "gavel", "compliance_compliancerule"),
        ("Stage cues", "psychology", "conversation_stagecue"),
        ("Campaigns", "campaign", "outreach_campaign"),
        ("Opt-outs", "do_not_disturb_on", "outreach_optout"),
    ],
    "Pages": [
        ("Saved views", "bookmark", "dashboard_savedview"),
    ],
    "People": [
        ("Users", "person", "auth_user"),
        ("Groups", "group", "auth_group"),
        ("Wrong passwords", "lock_clock", "axes_accessattempt"),
    ],
}


def is_here(model: str, request: HttpRequest) -> bool:
    """Whether the page is one of *model*'s: by its name, for one model's address may begin another's."""
    match = request.resolver_match
    return match is not None and (match.url_name or "").startswith(f"{model}_")


def may_see(model: str, request: HttpRequest) -> bool:
    """Whether who asks may open *model*'s page: a link to a refusal helps nobody."""
    pages = {
        f"{each._meta.app_label}_{each._meta.model_name}": page for each, page in admin.site._registry.items()
    }
    if model not in pages:  # the cache's, which has no rows
        return request.user.has_perm("tools.view_tool")
    return pages[model].has_view_or_change_permission(request)


def sidebar() -> dict[str, Any]:
    """The setting ``UNFOLD["SIDEBAR"]``; what has no entry of its own is under "All applications"."""
    return {
        "show_search": True,
        "show_all_applications": True,
        "navigation": [
            {
                "title": title,
                "separator": True,
                "items": [
                    {
                        "title": name,
                        "icon": icon,
                        "link": reverse_lazy(f"admin:{model}_changelist"),
                        "active": partial(is_here, model),
                        "permission": partial(may_see, model),
                    }
                    for name, icon, model in entries
                ],
            }
            for title, entries in GROUPS.items()
        ],
    }
