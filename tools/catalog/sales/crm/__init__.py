"""The parts of ``crm_integration``: what it takes, finds and writes."""
