"""What the worker does now and then, and how often: seconds, or a step of the clock."""

from typing import Any

from salesboost.step import Step

SCHEDULE: dict[str, dict[str, Any]] = {
    "evaluate-rules": {"task": "telemetry.alerts.tasks.evaluate_rules", "schedule": Step(5, after_s=2)},
    "send-deliveries": {"task": "telemetry.alerts.tasks.send_deliveries", "schedule": 5.0},
    "worker-heartbeat": {"task": "telemetry.tasks.beat_heart", "schedule": 5.0},
    "make-partitions": {"task": "telemetry.tasks.maintain_partitions", "schedule": 3600.0},
    "end-overruns-of-readers": {"task": "telemetry.readers.tasks.end_overruns", "schedule": 10.0},
    "thin-closed-hours": {"task": "telemetry.sampling.tasks.thin_closed_hours", "schedule": 600.0},
    "call-due-jobs": {"task": "tools.jobs.tasks.call_due_jobs", "schedule": 2.0},
    "delete-old-jobs": {"task": "tools.jobs.tasks.delete_old_jobs", "schedule": 3600.0},
    "call-due-exports": {"task": "telemetry.exports.tasks.call_due_exports", "schedule": 5.0},
    "delete-old-exports": {"task": "telemetry.exports.tasks.delete_old_exports", "schedule": 600.0},
    "delete-old-conversations": {"task": "tools.llm.chat.tasks.delete_old_conversations", "schedule": 3600.0},
    "delete-old-decisions": {"task": "tools.selection.tasks.delete_old_decisions", "schedule": 3600.0},
    "judge-experiments": {"task": "tools.llm.experiments.tasks.judge_experiments", "schedule": 10.0},
    "forget-old-sessions": {"task": "tools.llm.experiments.tasks.forget_old_sessions", "schedule": 3600.0},
    "evolve-prompts": {"task": "tools.llm.evolution.tasks.evolve", "schedule": 3600.0},
    "delete-old-logins": {"task": "salesboost.tasks.delete_old_logins", "schedule": 3600.0},
}
