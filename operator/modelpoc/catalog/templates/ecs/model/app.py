"""The service: `python app.py` answers POST /predict, GET /health and GET /docs."""

import os
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

from docs import add_docs
from model import Model

Measure = Annotated[float, Field(gt=0, lt=100_000)]


class Penguin(BaseModel):
    """What is asked."""

    bill_length_mm: Measure = Field(examples=[47.5])
    bill_depth_mm: Measure = Field(examples=[15.0])
    flipper_length_mm: Measure = Field(examples=[217])
    body_mass_g: Measure = Field(examples=[5200])


class Answer(BaseModel):
    """What is answered."""

    species: str
    probabilities: dict[str, float]


model = Model.load(Path(__file__).with_name("weights.json"))
app = FastAPI(title="my-model", docs_url=None, redoc_url=None)
add_docs(app)


@app.get("/health")
def health() -> dict[str, str]:
    """Asked by the load balancer: an answer other than 200 takes this container out of service."""
    return {"status": "ok"}


@app.post("/predict")
def predict(penguin: Penguin) -> Answer:
    """The likeliest species of a penguin."""
    return Answer.model_validate(model.predict(penguin.model_dump()))


if __name__ == "__main__":
    # The path under which the world sees the service; the load balancer takes it off.
    root = os.environ.get("ROOT_PATH", "").strip("/")
    uvicorn.run(
        app,
        host=os.environ.get("HOST", "0.0.0.0"),
        port=int(os.environ.get("PORT", "8080")),
        root_path=f"/{root}" if root else "",
        access_log=False,
        timeout_keep_alive=75,  # longer than a load balancer keeps an idle connection (60 s)
    )
