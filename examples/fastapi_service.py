# FastAPI without a proxy: LATCHKEY_URL=http://127.0.0.1:8000 python3 -m uvicorn --port 8100 fastapi_service:app
import os
from urllib.parse import unquote

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request

# httpx follows no redirect and keeps nothing unless it is told to.
client = httpx.AsyncClient(base_url=os.environ["LATCHKEY_URL"], timeout=7, trust_env=False)


def needs(scope):
    """Lets a request on whose token has the scope. It passes the client's Authorization on, and has no credential of its own."""

    async def check(request: Request):
        # Two headers stay two, and bytes bytes, for Latchkey to refuse.
        headers = [(name, value) for name, value in request.headers.raw if name == b"authorization"]
        headers.append((b"x-forwarded-for", request.client.host.encode()))
        try:
            response = await client.get(f"/api/checks/{scope}", headers=headers)
        except httpx.HTTPError:
            raise HTTPException(503, headers={"Retry-After": "2"})
        user_id = response.headers.get("x-latchkey-user-id", "")
        if response.status_code == 200 and user_id.isdigit():
            return {"id": int(user_id), "name": unquote(response.headers["x-latchkey-user"])}
        # An outage, or something else in Latchkey's place, is never 401 or 403.
        if response.status_code not in (401, 403, 429, 503):
            raise HTTPException(503, headers={"Retry-After": "2"})
        handed = ("www-authenticate", "retry-after")
        raise HTTPException(response.status_code, headers={k: v for k, v in response.headers.items() if k in handed})

    return check


app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.api_route("/{path:path}", methods=["GET", "HEAD"])
async def read(user=Depends(needs("reports:read"))):
    return user
