"""One world for each test of this folder; ``life`` beside this file says what a world is."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from life import World

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory: durable writes there cost nothing


@pytest.fixture
def new_world() -> Iterator[Callable[..., World]]:
    """Make a world; it ends with the test."""
    made: list[World] = []

    def make(**options: str) -> World:
        place = Path(tempfile.mkdtemp(prefix="oa-world-", dir=MEMORY if MEMORY.is_dir() else None))
        made.append(World(place, **options))
        return made[-1]

    yield make
    for world in made:
        world.close()
        shutil.rmtree(world.place)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A world with the sample product loaded."""
    return new_world()
