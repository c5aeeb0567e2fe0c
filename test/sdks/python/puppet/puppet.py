"""A puppet in Python: the service that wechaty-grpc generates, of which a puppet implements what it can do. This one starts, stops, says its
version, and answers a ding with a dong event. It cannot ask for the token: grpclib does not hand over :authority, where bots send it."""

import asyncio
import json
import os
import signal

from grpclib.server import Server
from wechaty_grpc.wechaty import PuppetBase
from wechaty_grpc.wechaty.puppet import (
    DingResponse,
    EventResponse,
    EventType,
    StartResponse,
    StopResponse,
    VersionResponse,
)


class DongPuppet(PuppetBase):
    def __init__(self):
        self.listeners = set()

    async def start(self, _request):
        return StartResponse()

    async def stop(self, _request):
        self.tell(None)
        return StopResponse()

    async def version(self, _request):
        return VersionResponse(version="0.0.0")

    async def ding(self, request):
        payload = json.dumps({"data": request.data})
        self.tell(EventResponse(type=EventType.EVENT_TYPE_DONG, payload=payload))
        return DingResponse()

    async def event(self, _request):
        events = asyncio.Queue()
        self.listeners.add(events)
        try:
            while (event := await events.get()) is not None:
                yield event
        finally:
            self.listeners.remove(events)

    def tell(self, event):
        """Gives an event to every bot that listens; None ends their streams."""
        for events in self.listeners:
            events.put_nowait(event)


async def main():
    server = Server([DongPuppet()])
    await server.start("127.0.0.1", int(os.environ["WECHATY_PUPPET_SERVER_PORT"]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
    print("listening", flush=True)
    await server.wait_closed()


asyncio.run(main())
