"""The bot of docs/sdks.md. Its exit codes are the SDK's: where a program has other tasks, asyncio has a say in them too."""

import asyncio

from wechaty_puppet import PuppetOptions

PuppetOptions.__hash__ = object.__hash__

from wechaty import Wechaty  # noqa: E402


class Bot(Wechaty):
    async def on_message(self, message):
        print(message.text())


asyncio.run(Bot().start())
