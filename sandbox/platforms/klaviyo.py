"""Klaviyo: profiles, imports of profiles (one, or in bulk as a job), lists and events; JSON:API under /api.

`Authorization: Klaviyo-API-Key …` and a `revision` date on every call. Profiles page by an opaque cursor in `links.next`
(20 by default, 100 at most). An import finds a profile by id, email, phone or external id; null clears, absent keeps.
Bulk jobs are answered 202 and done at once, but the answer to the first read still says `processing`, as a client must
be ready for. Events keep the first of each `unique_id` per profile and metric. The vendor's limits differ by endpoint;
here one window stands for class L (700 a minute; the 75 a second are not enforced), and RateLimit-* headers tell its state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import loads
from sandbox.pacing import Window, window
from sandbox.platforms.klaviyo_profiles import Account, Refusal
from sandbox.platforms.klaviyo_requests import bulk_import, create_event, import_one, membership, profile_page

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 700
JSON_API = "application/vnd.api+json"

Handler = Callable[[Request], Awaitable[Response]]


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://a.klaviyo.com."""
    state = world.state("klaviyo")
    state["bucket"] = window("klaviyo", PER_MINUTE)
    account = state["account"] = Account(world)
    return [*_profiles(world, account), *_jobs(world, account), *_lists(world, account), *_events(world, account)]


def _profiles(world: World, account: Account) -> list[BaseRoute]:
    async def several(request: Request) -> Response:
        return _json(profile_page(account, request.query_params, _url(request, "/api/profiles")))

    async def one(request: Request) -> Response:
        profile = account.profiles.get(request.path_params["id"])
        if profile is None:
            raise Refusal(
                404, "not_found", "Not found.", f"A profile with id {request.path_params['id']} does not exist."
            )
        is_full = request.query_params.get("additional-fields[profile]", "")
        return _json({"data": account.show(profile, "subscriptions" in is_full)})

    async def upsert(request: Request) -> Response:
        profile, is_new = import_one(account, await _body(request))
        return _json({"data": account.show(profile, False)}, 201 if is_new else 200)

    return [
        Route("/api/profiles", _guarded(world, several)),
        Route("/api/profiles/{id}", _guarded(world, one)),
        Route("/api/profile-import", _guarded(world, upsert), methods=["POST"]),
    ]


def _jobs(world: World, account: Account) -> list[BaseRoute]:
    async def start(request: Request) -> Response:
        return _json({"data": bulk_import(account, await _body(request))}, 202)

    async def status(request: Request) -> Response:
        job = account.jobs.get(request.path_params["id"])
        if job is None:
            raise Refusal(404, "not_found", "Not found.", f"A job with id {request.path_params['id']} does not exist.")
        reads = job["reads"] = job["reads"] + 1
        return _json({"data": account.show_job(job, is_done=reads > 1)})

    return [
        Route("/api/profile-bulk-import-jobs", _guarded(world, start), methods=["POST"]),
        Route("/api/profile-bulk-import-jobs/{id}", _guarded(world, status)),
    ]


def _lists(world: World, account: Account) -> list[BaseRoute]:
    async def several(request: Request) -> Response:
        if request.method == "POST":
            attributes = (await _body(request)).get("attributes") or {}
            if not attributes.get("name"):
                raise Refusal(400, "invalid", "Invalid input.", "'name' is a required field", "/data/attributes/name")
            return _json({"data": account.show_list(account.add_list(attributes["name"]))}, 201)
        data = [account.show_list(key) for key in account.lists]
        return _json({"data": data, "links": {"self": _url(request, "/api/lists")}})

    async def members(request: Request) -> Response:
        key = request.path_params["id"]
        if key not in account.lists:
            raise Refusal(404, "not_found", "Not found.", f"A list with id {key} does not exist.")
        if request.method == "GET":
            data = [{"type": "profile", "id": item} for item in sorted(account.members[key])]
            return _json({"data": data, "links": {"self": _url(request, f"/api/lists/{key}/relationships/profiles")}})
        membership(account, key, await _body(request, is_list=True), is_removal=request.method == "DELETE")
        return Response(status_code=204)

    return [
        Route("/api/lists", _guarded(world, several), methods=["GET", "POST"]),
        Route("/api/lists/{id}/relationships/profiles", _guarded(world, members), methods=["GET", "POST", "DELETE"]),
    ]


def _events(world: World, account: Account) -> list[BaseRoute]:
    async def create(request: Request) -> Response:
        create_event(account, await _body(request))
        return Response(status_code=202)

    return [Route("/api/events", _guarded(world, create), methods=["POST"])]


def unauthorized(world: World) -> Response:
    """A key that is missing, wrong or withdrawn."""
    return _refused(world, Refusal(401, "not_authenticated", "Authentication credentials were not provided.",
                                   "Missing or invalid private key."))  # fmt: skip


def too_many_requests(world: World) -> Response:
    """The wait is in Retry-After."""
    pace: Window = world.state("klaviyo")["bucket"]
    refusal = Refusal(
        429, "throttled", "Request was throttled.", f"Expected available in {pace.seconds_to_next} second(s)."
    )
    response = _refused(world, refusal)
    response.headers["Retry-After"] = str(pace.seconds_to_next)
    return response


def server_error(world: World) -> Response:
    """Their internal error."""
    return _refused(world, Refusal(500, "error", "A server error occurred.", "A server error occurred."))


def _guarded(world: World, handler: Handler) -> Handler:
    from sandbox.server import CREDENTIALS

    expected = f"Klaviyo-API-Key {CREDENTIALS['klaviyo']['api_key']}"

    async def endpoint(request: Request) -> Response:
        if request.headers.get("authorization") != expected:
            return unauthorized(world)
        pace: Window = world.state("klaviyo")["bucket"]
        if not pace.take():
            return too_many_requests(world)
        try:
            _check_revision(request)
            response = await handler(request)
        except Refusal as refusal:
            response = _refused(world, refusal)
        response.headers["RateLimit-Limit"] = str(int(pace.capacity))
        response.headers["RateLimit-Remaining"] = str(pace.remaining)
        response.headers["RateLimit-Reset"] = str(pace.seconds_to_next)
        return response

    return endpoint


def _check_revision(request: Request) -> None:
    given = request.headers.get("revision", "")
    try:
        date.fromisoformat(given.removesuffix(".pre"))
    except ValueError:
        said = f"'{given}' is not a valid revision." if given else "The revision header is required."
        raise Refusal(400, "invalid_revision", "Invalid revision header.", said) from None


async def _body(request: Request, is_list: bool = False) -> Any:
    """`data` of a JSON:API document."""
    try:
        body = loads(await request.body())
    except ValueError:
        raise Refusal(400, "parse_error", "Invalid JSON.", "The payload provided is not JSON.") from None
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list if is_list else dict):
        raise Refusal(400, "invalid", "Invalid input.", "'data' is a required field", "/data")
    return data


def _url(request: Request, path: str) -> str:
    """The address of a page under the host that was asked, so that links can be followed."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}{path}"


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, media_type=JSON_API)


def _refused(world: World, refusal: Refusal) -> Response:
    state = world.state("klaviyo")
    state["errors"] = state.get("errors", 0) + 1
    error = {
        "id": str(uuid5(NAMESPACE_URL, f"klaviyo error {state['errors']}")),
        "status": refusal.status,
        "code": refusal.code,
        "title": refusal.title,
        "detail": str(refusal),
        "source": {"pointer": refusal.pointer},
        "links": {},
        "meta": {},
    }
    return _json({"errors": [error]}, refusal.status)
