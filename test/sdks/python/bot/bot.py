"""A bot as the documentation of `wechaty` says, which tells what becomes of it: ../../README.md."""

import asyncio
import logging
import os
import signal
import sys

from wechaty_puppet import PuppetOptions

# From Python 3.11 on `import wechaty` fails without this line: a default value there has to have a hash.
PuppetOptions.__hash__ = object.__hash__

from wechaty import Wechaty  # noqa: E402


def say(line):
    print(str(line).replace("\n", " "), flush=True)


class Bot(Wechaty):
    async def on_message(self, msg):
        say("event message")

    async def on_login(self, contact):
        say("event login")

    async def on_logout(self, contact):
        say("event logout")

    async def on_scan(self, *_):
        say("event scan")

    async def on_heartbeat(self, payload):
        say("event heartbeat")

    async def on_error(self, payload):
        say(f"error {payload}")


class Log(logging.Handler):
    """`start` does not return while the connection lives, and swallows its errors: what becomes of it is in the log alone."""

    def emit(self, record):
        first = record.getMessage().split("\n")[0]
        if first.startswith("puppet has started"):
            say("started")
        if record.levelno >= logging.ERROR:
            say(f"error {first} {sys.exc_info()[1]!r}")


async def obey(bot):
    """Reads what the bot is told, and returns when that is to stop, or when nobody is there any more."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    loop.add_signal_handler(signal.SIGTERM, reader.feed_data, b"stop\n")
    async for line in reader:
        if line == b"stop\n":
            return
        if line == b"ding\n":
            try:
                await bot.puppet.ding("ding")
            except Exception as error:
                say(f"error {error!r}")


async def main():
    bot = Bot()
    bot.on("dong", lambda _: say("event dong"))
    for name in ("Wechaty", "PuppetService"):
        logging.getLogger(name).addHandler(Log())

    run = asyncio.create_task(bot.start())
    told = asyncio.create_task(obey(bot))
    await asyncio.wait({run, told}, return_when=asyncio.FIRST_COMPLETED)
    try:
        # An SDK that has given up returns here, and an exit code of 0 is all that it leaves.
        if run.done():
            return await run
        # It may take its own end for a bad network, and say so.
        logging.disable()
        await bot.stop()
    except Exception as error:
        say(f"failed {error!r}")
        sys.exit(1)
    say("stopped")
    # Where the SDK takes its own end for a bad network, it waits for 60 s, cancelled or not.
    os._exit(0)


asyncio.run(main())
