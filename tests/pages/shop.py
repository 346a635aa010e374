"""What stands around a desk that answers: a local receiver of replies, and a customer who wrote in three channels."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.pages.seed import Said

ORDER = "SN-44718822"

CONFIG = """
brand: {{name: Çınar Ev, slug: cinar, handles: [cinarev], contact: destek@cinarev.example}}
desk:
  hours: {{mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"],
          fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}}
  holidays: null
agents:
  - {{name: Elif, role: agent}}
  - {{name: Deniz, role: team_lead, also: [crisis_manager, administrator]}}
approvals:
  rules:
    - {{when: {{kinds: [reply], channels: [email]}}, by: team_lead}}
senders:
  - {{kind: webhook, name: x, url: "{url}/x", takes_once: true, channels: [x], secret_env: NOBET_TEST_OUT}}
  - {{kind: webhook, name: email, url: "{url}/email", takes_once: true, channels: [email], secret_env: NOBET_TEST_OUT}}
sources: []
"""

THREE = (
    Said(
        f"14 Kasım’da verdiğim {ORDER} numaralı sipariş hâlâ gelmedi, kargo şubesi telefonu açmıyor. Dördüncü "
        "gündeyiz, iade edin ya da getirin.", 170, "delivery_delay", "urgent", channel="sikayetvar", author="selin.b",
        name="Selin Büyük", drove={"topic": ("gelmedi", "kargo")}, facts=(("order", ORDER),),
        url="https://sikayetvar.example/cinar-ev/7",
    ),
    Said(
        f"@cinarev {ORDER} nolu siparişim nerede, şikayetvar’a da yazdım kimse bakmıyor", 120, "delivery_delay",
        "urgent", author="selin_byk", name="Selin Büyük", followers=891, drove={"topic": ("nerede",)},
        facts=(("order", ORDER),), url="https://x.example/selin_byk/status/5",
    ),
    Said(
        f"Merhaba, {ORDER} numaralı siparişim için üçüncü kez yazıyorum. Düğün yarın, hediye elimde değil.", 40,
        "delivery_delay", "urgent", channel="email", author="selin.buyuk@mail.example", name="Selin Büyük",
        drove={"urgency": ("yarın",)}, facts=(("order", ORDER),),
    ),
)  # fmt: skip


@contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that takes every reply, and what it took."""
    taken: list[dict[str, Any]] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append({"path": self.path, "key": self.headers["Idempotency-Key"], **body})
            answer = json.dumps(
                {"id": f"r{len(taken)}", "url": f"https://out.example{self.path}/{len(taken)}"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()
