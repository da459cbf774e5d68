"""What users thought of conversations. Queries."""

from django.utils import timezone

from tools.llm.experiments.models import Feedback


def give(session_id: str, score: float, *, sender: str, comment: str = "") -> None:
    """*score* from 0 (bad) to 1 (good), of *sender*'s user; said again it holds in place of the first.

    It counts in an experiment if it is said within the window of its unit.
    """
    about = {"score": score, "comment": comment, "at": timezone.now()}
    Feedback.objects.update_or_create(session_id=session_id, sender=sender, defaults=about)
