"""Many connections at once from one thread: each uploads an object, deletes it, and begins again."""

import asyncio
import re

from . import data, raw


class Uploader:
    def __init__(self, server, bucket, connections, size, rounds=1, seconds=1800, piece=256 * 1024):
        self.server, self.bucket, self.connections, self.size, self.rounds = server, bucket, connections, size, rounds
        self.seconds, self.piece = seconds, piece
        self.body = data.body("upload", size)
        self.stored = self.slowed = 0
        self.failures = []

    async def exchange(self, reader, writer, method, key, body=b""):
        client = self.server.raw()
        path = f"/{self.bucket}/{key}"
        headers = client.signed_headers(method, path, [], {}, raw.UNSIGNED)
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        writer.write((head + f"content-length: {len(body)}\r\n\r\n").encode())
        view = memoryview(body)
        answer = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
        for at in range(0, len(body), self.piece):
            if answer.done():  # refused before all of it was sent
                break
            writer.write(view[at:at + self.piece])
            await writer.drain()
        text = (await answer).decode("latin-1")
        status = int(text.split(" ", 2)[1])
        length = re.search(r"content-length: (\d+)", text, re.I)
        if length and int(length.group(1)):
            await reader.readexactly(int(length.group(1)))
        return status, "close" in text.lower()

    async def worker(self, number):
        reader = writer = None
        left = self.rounds
        while left:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port, limit=1 << 16)
                status, closed = await self.exchange(reader, writer, "PUT", f"up-{number}", self.body)
                if status == 200:
                    self.stored += 1
                    left -= 1
                    status, closed = await self.exchange(reader, writer, "DELETE", f"up-{number}")
                    assert status == 204, f"DELETE: {status}"
                elif status == 503:
                    self.slowed += 1
                    closed = True
                else:
                    self.failures.append(f"PUT: {status}")
                    return
            except (OSError, asyncio.IncompleteReadError) as error:
                # A refusal while the body is still coming may be seen as a reset.
                self.slowed += 1
                closed = True
                if self.slowed > 200 * self.connections:
                    self.failures.append(repr(error))
                    return
            if closed and writer is not None:
                writer.close()
                reader = writer = None
                await asyncio.sleep(0.5)  # what a client does when it is told to slow down
        if writer is not None:
            writer.close()

    async def all(self):
        await asyncio.wait_for(asyncio.gather(*(self.worker(n) for n in range(self.connections))), self.seconds)

    def run(self):
        asyncio.run(self.all())
        return self
