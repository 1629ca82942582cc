"""The channels of a real service, made from its settings."""

from __future__ import annotations

from piket.alerts.channels.email import EmailChannel
from piket.alerts.channels.webhook import WebhookChannel
from piket.deps import Channel
from piket.settings import Settings


def real_channels(settings: Settings) -> dict[str, Channel]:
    """E-mail and webhook, as `app.create_app` wants them."""
    return {
        "email": EmailChannel(settings.smtp, settings.mail_from, settings.base_url),
        "webhook": WebhookChannel(settings.webhook_allowed_networks),
    }
