"""The tools that ship. A new tool is a module here and its line below."""

CATALOG = [
    "tools.catalog.sales.crm_integration",
    "tools.catalog.sales.profile_reader",
    "tools.catalog.pricing.price_calculator",
    "tools.catalog.sales.competitor_analysis",
    "tools.catalog.conversation.stage_classifier",
    "tools.catalog.knowledge.knowledge_retriever",
    "tools.catalog.compliance.compliance_check",
    "tools.catalog.outreach.sms_outreach",
]
