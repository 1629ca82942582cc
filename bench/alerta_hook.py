"""A plugin for Alerta that posts each alert to webhooks, the way Alerta's own plugins for chat and telephone do it.

Runs inside Alerta. The attribute `fan` of an alert says how many of the addresses in the file `BENCH_URLS` hear of it.
"""

import os

import requests
from alerta.plugins import PluginBase

with open(os.environ["BENCH_URLS"], encoding="utf-8") as file:
    URLS = file.read().split()


class Hook(PluginBase):
    def pre_receive(self, alert, **kwargs):
        return alert

    def post_receive(self, alert, **kwargs):
        for url in URLS[: alert.attributes.get("fan", 0)]:
            requests.post(url, json=alert.get_body(history=False), timeout=5)
        return alert

    def status_change(self, alert, status, text, **kwargs):
        return None
