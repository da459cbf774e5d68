"""When two names mean one tool: a prefix counts only where it is known to name the server."""

import pytest

from telemetry.spans.tool_names import is_same_tool, server_in


@pytest.mark.parametrize(
    ("one", "other", "servers", "same"),
    [
        ("crm", "crm", (), True),
        ("crm", "CRM", (), True),
        ("weather_get_forecast", "get_forecast", {"weather"}, True),
        ("weather.get_forecast", "get_forecast", {"weather"}, True),
        ("Weather-API__get_forecast", "get_forecast", {"weather_api"}, True),
        ("mcp_crm_search", "search", {"crm"}, True),
        ("mcp__weather__forecast", "forecast", (), True),
        ("mcp__weather__get_forecast", "forecast", (), False),
        ("mcp__forecast", "forecast", (), False),
        ("weather_get_forecast", "get_forecast", (), False),
        ("web_search", "search", (), False),
        ("web_search", "search", {"crm"}, False),
        ("crm_web_search", "search", {"crm"}, False),
        ("crmsearch", "search", {"crm"}, False),
        ("research", "search", {"re"}, False),
        ("search", "summarise", {"search"}, False),
        ("", "search", {"search"}, False),
    ],
)
def test_a_tool_of_a_known_server_is_the_same_tool(one, other, servers, same):
    assert is_same_tool(one, other, lambda: servers) is same
    assert is_same_tool(other, one, lambda: servers) is same


@pytest.mark.parametrize(
    ("attributes", "server"),
    [
        ({"fastmcp.server.name": "weather"}, "weather"),
        ({"mcp.server.name": "crm", "fastmcp.server.name": "weather"}, "crm"),
        ({"mcp.server.name": ["crm"]}, ""),
        ({"server.address": "crm"}, ""),
    ],
)
def test_the_server_is_named_by_an_attribute(attributes, server):
    assert server_in(attributes) == server
