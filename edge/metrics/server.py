"""Serves metrics over HTTP while the station runs."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from edge.errors import BusError
from edge.health.watchdog import Watchdog
from edge.inspection.inspector import Inspector
from edge.inspection.models import LoadedModel
from edge.log import log_event
from edge.messaging.messages import Result
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.metrics.measured import Measured
from edge.metrics.station_metrics import Sources, StationMetrics
from edge.security.authenticator import Authenticator

ENDS_WITHIN_S = 0.1
log = logging.getLogger(__name__)


class Metrics:
    """Measures from the start and answers once it knows the station; as a context manager it ends with it.

    Args:
        address: HOST:PORT; port 0 takes a free one.

    Attributes:
        url: where Prometheus reads.

    Raises:
        BusError: the address cannot be bound.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._registry = CollectorRegistry()
        self._measured = Measured(self._registry)
        ProcessCollector(registry=self._registry)
        try:
            self._server = make_server(
                host.strip("[]"),
                int(port),
                make_wsgi_app(self._registry),
                server_class=_ServerV6 if host.startswith("[") else ThreadingWSGIServer,
                handler_class=_Quiet,
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BusError(
                f"cannot serve metrics at {address}: {reason}", hint="change metrics.address"
            ) from error
        self.url = f"http://{host}:{self._server.server_port}/metrics"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(ENDS_WITHIN_S,), name="metrics", daemon=True
        )

    def take(self, result: Result) -> None:
        """Takes in a result that was sent."""
        self._measured.take(result)

    def serve(
        self,
        inspectors: Sequence[Inspector],
        models: Mapping[str, LoadedModel],
        publisher: Publisher,
        outbox: Outbox,
        watchdog: Watchdog,
        access: Authenticator | None,
    ) -> None:
        """From now on requests are answered; see ``Sources``."""
        self._registry.register(StationMetrics(Sources(inspectors, models, publisher, outbox, watchdog, access)))
        self._thread.start()
        log_event(log, "metrics_served", url=self.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    timeout = 5  # a client that says nothing is left

    def log_message(self, *_: object) -> None:
        """Requests are not logged."""


class _ServerV6(ThreadingWSGIServer):
    address_family = socket.AF_INET6
