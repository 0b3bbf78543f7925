"""The README is true: what it tells people to type is typed, against a served appliance."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.reader import Reader
from tests.served import Served, Shop

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tour_works_from_its_first_line_to_its_last(
    served: Served, shop: Shop, tmp_path: Path
) -> None:
    reader = Reader(served, shop, tmp_path)
    said = reader.follow(TEXT)
    assert json.loads(said[0])["status"] == "requires_action"
    assert said[1].rstrip().endswith("is succeeded")
    assert "requires_action" in said[2]
    assert f"{shop.url}/pay/pi_" in said[2]
    assert said[3].rstrip().endswith("is succeeded")
    assert said[4].split() == ["payment_intent.succeeded", "5000"]
    assert '"status":"succeeded"' in said[5].replace(" ", "")
    assert "payment_intent.reversed" in said[6]
    assert (tmp_path / "stacktill.toml").is_file()
    assert str(served.port) in said[7]


def test_the_two_commands_exist() -> None:
    verbs = re.findall(r"^    make (\w+)", TEXT, re.MULTILINE)
    assert verbs == ["run", "test"]
    for verb in verbs:
        command = ["make", "--dry-run", verb]
        planned = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert planned.returncode == 0


def test_every_promise_names_something_that_exists() -> None:
    rows = re.findall(r"^\| [^|]+ \| (\[[^|]+) \|$", TEXT, re.MULTILINE)
    assert len(rows) >= 8
    for place in re.findall(r"\]\(([^)]+)\)", " ".join(rows)):
        path = ROOT / place
        assert path.exists(), place
        if path.is_dir():
            held_by = [*path.glob("**/*.py"), *path.glob("**/*.mjs")]
            assert held_by, f"{place} holds nothing"


def test_what_it_is_takes_three_sentences() -> None:
    first = TEXT.split("\n\n")[1].replace("\n", " ")
    assert len(re.findall(r"\.(?: |$)", first)) == 3
