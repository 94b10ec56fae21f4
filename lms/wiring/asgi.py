"""The ASGI application: Django for HTTP, the study socket for WebSockets, and around both what operation needs.

It does not load with settings that are unsafe where others are served (safety.py), whatever server loads it.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (Django must be ready before apps' modules)

from lms.wiring.operation import Operation  # noqa: E402
from lms.wiring.routing import websocket_urlpatterns  # noqa: E402
from lms.wiring.safety import refuse_unsafe_settings  # noqa: E402

refuse_unsafe_settings()

application = Operation(ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)}))
