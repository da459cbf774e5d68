"""How operations are named in the OpenAPI document, by which clients are generated."""

from ninja import NinjaAPI
from ninja.operation import Operation

# A name begins with the place where its operation first stood, wherever it has moved since.
FIRST_PLACES = {
    "tools.api.rest": "tools.api",
    "tools.api.jobs": "tools.jobs.api",
    "tools.api.quotas": "tools.quotas.api",
}


class Api(NinjaAPI):
    """Its operations keep their names when their modules move."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        function = operation.view_func
        place = FIRST_PLACES.get(function.__module__, function.__module__)
        return f"{place}_{function.__name__}".replace(".", "_")
