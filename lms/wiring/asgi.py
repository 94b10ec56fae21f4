"""The ASGI application: Django for HTTP, published files before it, the study socket for WebSockets, and around all of
them what operation needs.

It does not load with settings that are unsafe where others are served (safety.py), whatever server loads it.
"""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
django_http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (Django must be ready before apps' modules)

from lms.wiring.bodies import BoundedBodies  # noqa: E402
from lms.wiring.operation import Operation  # noqa: E402
from lms.wiring.routing import websocket_urlpatterns  # noqa: E402
from lms.wiring.safety import refuse_unsafe_settings  # noqa: E402
from lms.wiring.threads import SharedThreads  # noqa: E402
from media_pipeline.views.door import PublishedFiles  # noqa: E402

refuse_unsafe_settings()

http = PublishedFiles(BoundedBodies(SharedThreads(django_http)))
application = Operation(ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)}))

# A collection that walks all connections costs a third of the processor when thousands of sockets live. What
# is loaded now lives as long as the process; what a beat leaves behind is freed by counting references.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 50, 100)
