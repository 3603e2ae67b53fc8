"""/docs with Swagger UI's own files, served from here: no browser has to reach a CDN. Nothing to change."""

from importlib import resources
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")


def add_docs(app: FastAPI) -> None:
    """Every address begins with the path that the load balancer takes off, and names no host."""

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        script, style, icon = (f"{root}/docs/{name}" for name in _FILES)
        return get_swagger_ui_html(
            title=app.title,
            openapi_url=f"{root}{app.openapi_url}",
            swagger_js_url=script,
            swagger_css_url=style,
            swagger_favicon_url=icon,
        )

    @app.get("/docs/{name}", include_in_schema=False)
    def docs_file(name: str) -> FileResponse:
        if name not in _FILES:
            raise HTTPException(404)
        return FileResponse(Path(str(resources.files("fastapi_swagger.resources") / name)))
