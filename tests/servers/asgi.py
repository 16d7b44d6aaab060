"""An ASGI application, for uvicorn."""
import asyncio
import os

GENERATION = f"generation={os.environ.get('BATON_GENERATION')}\n".encode()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(0.3)
    lines = 5 if scope["path"] == "/stream" else 1
    length = str(lines * len(GENERATION)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    for line in range(lines):
        if line > 0:
            await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": GENERATION, "more_body": line < lines - 1})
