"""The two stores, given or our own, and what everybody has to know of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from salesboost import checks, credentials
from salesboost.env import read_list, read_str
from salesboost.services import Postgres, Valkey
from salesboost.starting.plan import Plan
from salesboost.supervisor import embedded_valkey


@dataclass(frozen=True)
class Stores:
    """``own``: those to start. ``former_keys``: with which what is sealed can be opened, comma-separated."""

    own: list[Postgres | Valkey]
    environment: dict[str, str]
    former_keys: str
    credentials_path: Path

    @classmethod
    def choose(cls, plan: Plan) -> Self:
        """By the environment; writes the credentials. A store that is given has answered then.

        Raises StartError and ServiceError.
        """
        data_dir = plan.data_dir
        given = {
            "database_url": read_str("DATABASE_URL"),
            "redis_url": read_str("REDIS_URL"),
            "admin_password": read_str("SALESBOOST_ADMIN_PASSWORD"),
            "api_key": read_str("SALESBOOST_API_KEY"),
            "secret_key": read_str("SALESBOOST_SECRET_KEY"),
            "url": f"{plan.url}/",
        }
        stored = credentials.complete(data_dir, given)
        # The start that brings another key still opens what the one before sealed, and seals it anew.
        former = credentials.former_keys(data_dir, stored["secret_key"])
        own: list[Postgres | Valkey] = []
        if given["redis_url"]:
            checks.check_valkey(given["redis_url"])
        else:
            own.append(embedded_valkey(data_dir, *credentials.valkey_place(stored.get("redis_url", ""))))
            stored["redis_url"] = own[-1].url
        if given["database_url"]:
            checks.check_database(given["database_url"])
        else:
            postgres = Postgres(data_dir)
            postgres.settle()
            own.append(postgres)
            stored["database_url"] = postgres.url
        environment = {
            "DATABASE_URL": stored["database_url"],
            "REDIS_URL": stored["redis_url"],
            "SALESBOOST_SECRET_KEY": stored["secret_key"],
            "DATA_DIR": str(data_dir),
            "PYTHONUNBUFFERED": "1",
        }
        former_keys = ",".join([*read_list("SALESBOOST_SECRET_KEY_FALLBACKS"), *former])
        return cls(own, environment, former_keys, credentials.write(data_dir, stored))
