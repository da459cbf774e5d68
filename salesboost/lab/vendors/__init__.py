"""The vendors, each with its wire format: a new one is a file here and a line below."""

from collections.abc import Mapping

from salesboost.lab.vendors.anthropic import Anthropic
from salesboost.lab.vendors.base import Vendor
from salesboost.lab.vendors.gemini import Gemini
from salesboost.lab.vendors.groq import GROQ
from salesboost.lab.vendors.openai import OPENAI
from salesboost.lab.vendors.openrouter import OPENROUTER
from salesboost.lab.vendors.xai import XAI

VENDORS: Mapping[str, Vendor] = {
    vendor.name: vendor for vendor in (OPENAI, Anthropic(), Gemini(), GROQ, XAI, OPENROUTER)
}
