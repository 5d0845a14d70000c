import pytest

from boxoffice.infrastructure.kafka.topics import topic_name
from boxoffice.settings import Settings
from boxoffice_projectors.registry import Row, rows
from tests.chart.release import ROLES, Manifest, Release, Values, render, selects

KEDA = {"enabled": True, "bootstrapServers": "kafka:9092"}


def scalers(release: Release, deployment: Manifest) -> list[str]:
    target = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    return [
        kind
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for manifest in release.of_kind(kind)
        if manifest["spec"]["scaleTargetRef"] == target
    ]


def triggers(release: Release) -> list[Manifest]:
    scaled = release.the("ScaledObject", "projector")
    return list(scaled["spec"]["triggers"])


@pytest.mark.parametrize("hpa", [False, True], ids=["api fixed", "api scaled"])
@pytest.mark.parametrize("keda", [False, True], ids=["keda off", "keda on"])
def test_one_hand_at_most_sets_the_replicas_of_a_role(*, hpa: bool, keda: bool) -> None:
    release = render(
        {
            "api": {"autoscaling": {"enabled": hpa}},
            "projector": {"keda": KEDA | {"enabled": keda}},
        }
    )

    found = {r: scalers(release, release.the("Deployment", r)) for r in ROLES}
    fixed = {r for r in ROLES if "replicas" in release.the("Deployment", r)["spec"]}

    assert found == {
        "api": ["HorizontalPodAutoscaler"] if hpa else [],
        "relay": [],
        "projector": ["ScaledObject"] if keda else [],
        "reactor": [],
    }
    assert fixed == {role for role, hands in found.items() if not hands}


def test_the_api_scales_on_cpu(default_release: Release) -> None:
    spec = default_release.the("HorizontalPodAutoscaler", "api")["spec"]

    (metric,) = spec["metrics"]

    assert metric["resource"]["name"] == "cpu"
    assert metric["resource"]["target"]["averageUtilization"] == 70
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 10)


def test_the_api_may_scale_on_its_queue_too(full_release: Release) -> None:
    spec = full_release.the("HorizontalPodAutoscaler", "api")["spec"]

    _, metric = spec["metrics"]

    assert metric["pods"] == {
        "metric": {"name": "boxoffice_writer_queue_depth"},
        "target": {"type": "AverageValue", "averageValue": "200"},
    }


def test_the_api_grows_at_once_and_shrinks_slowly(default_release: Release) -> None:
    spec = default_release.the("HorizontalPodAutoscaler", "api")["spec"]
    behavior = spec["behavior"]

    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 300


def test_projectors_scale_on_the_lag_of_their_groups(full_release: Release) -> None:
    scaled = full_release.the("ScaledObject", "projector")
    trigger, *_ = scaled["spec"]["triggers"]

    assert scaled["apiVersion"] == "keda.sh/v1alpha1"
    assert scaled["spec"]["minReplicaCount"] == 2
    assert trigger["type"] == "kafka"
    assert trigger["authenticationRef"] == {"name": "house-kafka"}
    assert trigger["metadata"] == {
        "bootstrapServers": "kafka-0.kafka.house:9092,kafka-1.kafka.house:9092",
        "topic": "boxoffice.house.e2.performance",
        "consumerGroup": "boxoffice.house.e2.performance.performance-documents",
        "lagThreshold": "500",
        "activationLagThreshold": "0",
        "offsetResetPolicy": "earliest",
    }


def test_the_groups_are_the_ones_that_the_projectors_join() -> None:
    release = render({"projector": {"keda": KEDA}})
    settings = Settings()

    def topic(row: Row) -> str:
        family = row.models[0].family
        return topic_name(settings.topic_prefix, settings.log_name, 1, family)

    watched = [
        (trigger["metadata"]["topic"], trigger["metadata"]["consumerGroup"])
        for trigger in triggers(release)
    ]

    assert watched == [(topic(row), f"{topic(row)}.{row.group}") for row in rows()]


def test_no_projector_is_made_that_would_have_no_partition() -> None:
    scaled = render({"projector": {"keda": KEDA}}).the("ScaledObject", "projector")

    assert scaled["spec"]["maxReplicaCount"] == Settings().partitions


def test_a_great_lag_keeps_its_digits() -> None:
    """Helm's numbers are floats: a million would otherwise be written 1e+06."""
    release = render({"projector": {"keda": KEDA | {"lagThreshold": 2_000_000}}})

    thresholds = {t["metadata"]["lagThreshold"] for t in triggers(release)}

    assert thresholds == {"2000000"}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"projector": {"keda": KEDA}},
        {"api": {"autoscaling": {"enabled": False}, "replicas": 1}},
        {"relay": {"replicas": 1}, "reactor": {"replicas": 1}},
    ],
    ids=["default", "keda", "one api", "one relay and reactor"],
)
def test_whatever_may_have_two_pods_keeps_one_during_disruptions(
    values: Values,
) -> None:
    release = render(values)
    replicated = {
        role
        for role in ROLES
        if scalers(release, release.the("Deployment", role))
        or release.the("Deployment", role)["spec"]["replicas"] > 1
    }

    budgets = {
        role: [
            budget["spec"]["maxUnavailable"]
            for budget in release.of_kind("PodDisruptionBudget")
            if selects(budget["spec"]["selector"]["matchLabels"], pod)
        ]
        for role, pod in release.pod_templates().items()
    }

    assert {role: found for role, found in budgets.items() if found} == {
        role: [1] for role in replicated
    }
