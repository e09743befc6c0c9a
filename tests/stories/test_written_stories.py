"""The written stories: each `.feature` file beside this one is a page that an official can read, and a test."""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios

from tests.stories.steps_actors import *  # noqa: F403 - a step is found by its words, not by a name
from tests.stories.steps_desk import *  # noqa: F403 - the same
from tests.stories.steps_outcomes import *  # noqa: F403 - the same
from tests.stories.steps_plan import *  # noqa: F403 - the same

pytestmark = pytest.mark.usefixtures("stage")

scenarios(".")
