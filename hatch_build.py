"""The newest release that was not yanked goes into the wheel, and into the sdist from which a wheel can be built."""

import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NewestRelease(BuildHookInterface):
    """Adds the newest good folder of data/releases: for the wheel into the package, for the sdist where it lies."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a build; an editable install reads data/releases itself."""
        if version == "editable":
            return
        releases = Path(self.root) / "data" / "releases"
        versions = [folder.name for folder in releases.iterdir() if (folder / "manifest.json").is_file()]
        yanked = releases / "yanked.json"
        bad = json.loads(yanked.read_text(encoding="utf-8")) if yanked.is_file() else {}
        good = [name for name in versions if name not in bad] or versions
        newest = max(good, key=lambda name: [int(part) for part in name.split(".")])
        inside = f"rightsdata/releases/{newest}" if self.target_name == "wheel" else f"data/releases/{newest}"
        build_data["force_include"][str(releases / newest)] = inside
