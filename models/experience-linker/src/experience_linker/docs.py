"""/docs with Swagger UI's own files, served from here: no browser has to reach a CDN.

Every address carries the prefix that the load balancer strips, and no host: what the
app sees as its host behind two proxies is not what the reader's browser can reach.
"""

from importlib import resources
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

_SCRIPT, _STYLE, _ICON = "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"


def add_docs(app: FastAPI, prefix: str) -> None:
    """Give the app /docs, its assets below it, and a way there from its base URL."""
    assets = {name: _asset(name) for name in (_SCRIPT, _STYLE, _ICON)}

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return _page(app, prefix)

    @app.get("/docs/{name}", include_in_schema=False)
    def docs_asset(name: str) -> FileResponse:
        if name not in assets:
            raise HTTPException(404)
        return FileResponse(assets[name], headers={"Cache-Control": "public, max-age=3600"})

    @app.get("/", include_in_schema=False)
    def base() -> RedirectResponse:
        return RedirectResponse(f"{prefix}/docs")


def _page(app: FastAPI, prefix: str) -> HTMLResponse:
    return get_swagger_ui_html(
        title=app.title,
        openapi_url=f"{prefix}{app.openapi_url}",
        swagger_js_url=f"{prefix}/docs/{_SCRIPT}",
        swagger_css_url=f"{prefix}/docs/{_STYLE}",
        swagger_favicon_url=f"{prefix}/docs/{_ICON}",
        # Else Swagger UI asks validator.swagger.io about the document of every public host.
        swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True},
    )


def _asset(name: str) -> Path:
    return Path(str(resources.files("fastapi_swagger.resources") / name))
