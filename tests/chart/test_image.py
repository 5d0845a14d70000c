import pytest

from tests.chart.release import Release, Values, render

DIGEST = "sha256:" + "ab" * 32


def images(release: Release) -> set[str]:
    return {container["image"] for _, container in release.containers()}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "boxoffice:0.1.0"),
        ({"tag": "2.3.4"}, "boxoffice:2.3.4"),
        ({"digest": DIGEST}, f"boxoffice@{DIGEST}"),
        ({"tag": "2.3.4", "digest": DIGEST}, f"boxoffice@{DIGEST}"),
        (
            {"repository": "registry.example:5000/house/boxoffice", "tag": "1"},
            "registry.example:5000/house/boxoffice:1",
        ),
    ],
    ids=["chart's own", "tag", "digest", "digest over tag", "registry with port"],
)
def test_one_image_serves_every_role(image: Values, expected: str) -> None:
    assert images(render({"image": image})) == {expected}


def test_each_role_is_a_command_of_the_image(release: Release) -> None:
    first = {
        role: container["args"][0]
        for role, container in release.containers()
        if role != "test"
    }

    assert first == {
        "api": "serve",
        "relay": "relay",
        "projector": "project",
        "reactor": "react",
        "migration": "migrate",
        "migrate-post": "migrate",
    }
    for role, container in release.containers():
        assert ("command" in container) is (role == "test")


def test_the_notes_ask_for_a_digest_until_there_is_one(
    default_release: Release, full_release: Release
) -> None:
    assert "image.digest" in default_release.notes
    assert "image.digest" not in full_release.notes
