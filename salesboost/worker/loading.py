"""What the first task of a kind has its worker load.

By the worker's own thread: two that load at once would see each other's modules half done. And no sooner, for most
workers never have such a task.
"""

from importlib import import_module

OF_TASKS = {
    "tools.jobs.tasks.run_turn": ("tools.jobs.runner", "tools.cache.warming"),
    "telemetry.exports.tasks.run_next": ("telemetry.exports.runner",),
    "tools.llm.evolution.tasks.optimise": ("tools.llm.evolution.optimising.running",),
    "telemetry.alerts.tasks.tell_heartbeat": ("telemetry.alerts.outward_request",),
}


def load_for(task: str) -> None:
    """Import what the *task* of that name will; from the second time on that is nothing."""
    for module in OF_TASKS.get(task, ()):
        import_module(module)
