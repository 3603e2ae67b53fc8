"""Images, really built: the operator's and the models', by an engine found here or started for the time.

    with engine(directory) as docker:
        base = base_image(docker)
        tag = operator_image(docker, base)
        docker.save([tag], directory / "images.tar")

`engine` finds a Docker engine that answers or, as root on Debian, starts one of its own that leaves nothing;
`base_image` pulls what the Dockerfiles name or makes a stand-in for it. All of it blocks, tells how far it
is, and raises `ImagingError`, which says what to do. `python -m localcloud.imaging` is the same for a shell.
"""

from localcloud.imaging.base import base_image
from localcloud.imaging.docker import Docker
from localcloud.imaging.engines import engine
from localcloud.imaging.errors import ImagingError
from localcloud.imaging.images import MODELS, OPERATOR, model_image, operator_image

__all__ = [
    "MODELS",
    "OPERATOR",
    "Docker",
    "ImagingError",
    "base_image",
    "engine",
    "model_image",
    "operator_image",
]
