"""Talking to the server that runs on this machine, found and proven through its data folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacktill.domain.errors import ConfigError, RequestError, Unavailable

if TYPE_CHECKING:
    import ssl

    from stacktill.runtime.config import Settings

__all__ = ["ServerLink", "find_server", "running_server"]

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ServerLink:
    """A running server: its process, where it listens, and the secret that it shares with us."""

    pid: int
    url: str
    token: str
    certificate: str | None = None

    def get(self, path: str) -> tuple[int, Any]:
        """Ask; return the status and the decoded answer, whatever the status is."""
        return self._exchange("GET", path, None)

    def post(self, path: str, values: Mapping[str, object]) -> dict[str, Any]:
        """Send an order and return its answer; raise ``RequestError`` with the server's words."""
        status, answer = self._exchange("POST", path, json.dumps(values).encode())
        if status >= 400:
            error = answer.get("error", {}) if isinstance(answer, dict) else {}
            raise RequestError(error.get("message") or f"The server answered {status}.")
        return dict(answer)

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        import httpx

        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with httpx.Client(
                base_url=self.url, verify=self._trust(), timeout=TIMEOUT_SECONDS, trust_env=False
            ) as client:
                response = client.request(method, path, content=body, headers=headers)
                return response.status_code, response.json() if response.content else {}
        except (OSError, httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"The server at {self.url} (process {self.pid}) does not answer: {error}"
            ) from error

    def _trust(self) -> ssl.SSLContext | bool:
        if not self.url.startswith("https:"):
            return False
        import ssl

        # The certificate is for the public name. Here it only has to be the very same certificate.
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False
        return context


def find_server(settings: Settings) -> ServerLink:
    """The server that runs on the data folder; raise ``ConfigError`` when there is none."""
    found = running_server(settings)
    if found is None:
        raise ConfigError(
            f"No server runs on {settings.data_dir}; start one with 'stacktill serve'."
        )
    return found


def running_server(settings: Settings) -> ServerLink | None:
    """The server that runs on the data folder, or None."""
    note = settings.data_dir / "server.json"
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        pid, url = int(said["pid"]), str(said["url"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{note} cannot be understood; restart the server") from error
    if not _is_alive(pid):
        return None
    token = _token(settings.data_dir / "operator.token")
    return ServerLink(pid, url, token, settings.server.tls_certificate)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; run this command as the user that the server runs as"
        ) from error
