"""The stages that a call goes through, each thin and on its own; ``TOOL_STAGES`` has their order."""
