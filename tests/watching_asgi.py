"""The application, whose server looks after the health of tools from its first second on."""

from salesboost.asgi import application
from tools.health import watching

__all__ = ["application"]

watching.FIRST_AFTER_S = 0.0
watching.LOOK_EVERY_S = 0.2
