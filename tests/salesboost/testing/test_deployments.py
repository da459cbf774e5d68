"""Models of the lab, by the vendor's name."""

import pytest


def test_a_vendor_that_the_lab_has_not_is_a_sentence(lab_deployment):
    with pytest.raises(ValueError, match="The lab has no vendor 'nope': there are openai, "):
        lab_deployment("nope")
