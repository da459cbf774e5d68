"""What each kind of subject has of its own: what its arms may be, what they are, how a winner goes live."""

from collections.abc import Mapping

from tools.llm.experiments.kinds import SubjectKind
from tools.llm.experiments.subjects.base import Kind
from tools.llm.experiments.subjects.deployments import Deployments
from tools.llm.experiments.subjects.prompts import Prompts
from tools.llm.experiments.subjects.routes import Routes
from tools.llm.experiments.subjects.tools import Tools

KINDS: Mapping[str, Kind] = {
    SubjectKind.PROMPT: Prompts(),
    SubjectKind.MODEL: Deployments(),
    SubjectKind.ROUTE: Routes(),
    SubjectKind.TOOL: Tools(),
}
