"""A stranger's plugin: installed with pip from a folder of its own, it is worth as much as ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.served import Refusal, Served, until

pytestmark = pytest.mark.xdist_group("thirdparty")


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which pip has installed the plugin."""
    source = tmp_path_factory.mktemp("source") / "stacktill_tip_jar"
    shutil.copytree(repository / "tests/thirdparty/stacktill_tip_jar", source)
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    subprocess.run([*command, str(source)], check=True)
    return target


@pytest.fixture(scope="module")
def box(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a served appliance with the plugin on, beside the default ones."""
    settings = {
        "PYTHONPATH": str(site),
        "STACKTILL__PLUGINS__TIP_JAR__MAX_TIP_SATS": "5000",
        "STACKTILL__PLUGINS__TIP_JAR__THANKS": "You are kind.",
    }
    folder = tmp_path_factory.mktemp("tips") / "data"
    with pytest.MonkeyPatch.context() as here, Served.running(folder, **settings) as served:
        # Shops are made by this process, so it must see the plugin too.
        here.syspath_prepend(site)
        yield served


def test_it_is_listed_with_its_own_version(box: Served) -> None:
    found = {one["name"]: one for one in json.loads(box.run("plugins", "--json"))["on"]}
    assert list(found) == ["storage_sqlite", "chain_sandbox", "notify_webhook", "tip_jar"]
    assert found["tip_jar"]["origin"] == "stacktill-tip-jar"
    assert found["tip_jar"]["version"] == "2.1.0"
    assert "max_tip_sats = 5000" in box.run("check")


def test_its_decision_is_the_callers_answer(box: Served) -> None:
    shop = box.shop()
    with pytest.raises(Refusal) as refused:
        shop.intent(5_001, metadata={"tip": "yes"})
    assert refused.value.status == 400
    assert refused.value.error["code"] == "tip_too_large"
    assert refused.value.error["message"] == "A tip may be at most 5000 sats."
    assert shop.intent(5_001)["status"] == "requires_action"


def test_its_event_hook_and_its_route_work(box: Served) -> None:
    shop = box.shop()
    shop.pay(shop.intent(2_000, metadata={"tip": "yes"}))
    shop.pay(shop.intent(3_000, metadata={"tip": "yes"}))
    shop.pay(shop.intent(9_000))

    def jar() -> dict[str, object]:
        found: dict[str, object] = box.http.get(f"{box.url}/plugins/tip_jar").json()
        return found

    until(lambda: jar()["tips"] == 2)
    assert jar() == {"tips": 2, "sats": 5_000, "says": "You are kind."}


def test_without_it_its_table_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "stacktill.toml").write_text("[plugins.storage_sqlite]\n[plugins.tip_jar]\n")
    command = [sys.executable, "-m", "stacktill.cli", "check"]
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == (
        "stacktill: stacktill.toml [plugins.tip_jar]: no plugin of the name 'tip_jar' is installed\n"
    )
