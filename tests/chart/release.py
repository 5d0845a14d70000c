"""The chart as a real Helm engine renders it.

A `Release` holds the parsed manifests of one rendering. Nothing is contacted: no
cluster, no registry. CRDs are not looked up, so what needs them hangs on values.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python
import msgspec
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "boxoffice"
ROLES = ("api", "relay", "projector", "reactor")

Manifest = dict[str, Any]
Values = Mapping[str, Any]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What one `helm install` would send to a cluster, hooks included."""

    manifests: tuple[Manifest, ...]
    notes: str

    def of_kind(self, kind: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def of_role(self, kind: str, role: str) -> list[Manifest]:
        return [m for m in self.of_kind(kind) if label(m, "component") == role]

    def the(self, kind: str, role: str) -> Manifest:
        (found,) = self.of_role(kind, role)
        return found

    def pod_templates(self) -> dict[str, Manifest]:
        """Whatever becomes a pod, by role: metadata and spec."""
        deployments = {
            label(m, "component"): m["spec"]["template"]
            for m in [*self.of_kind("Deployment"), *self.of_kind("Job")]
        }
        return deployments | {label(m, "component"): m for m in self.of_kind("Pod")}

    def containers(self) -> list[tuple[str, Manifest]]:
        return [
            (role, container)
            for role, pod in self.pod_templates().items()
            for key in ("initContainers", "containers")
            for container in pod["spec"].get(key, [])
        ]


def label(manifest: Manifest, name: str) -> str:
    return str(manifest["metadata"]["labels"].get(f"app.kubernetes.io/{name}", ""))


def render(
    values: Values | None = None, *, name: str = "house", namespace: str = "tickets"
) -> Release:
    """Render with `values` over the defaults.

    Raises:
        helm_python.HelmError: when the schema or a template refuses the values.
    """
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(dict(values or {}))
        files = chart.render(dict(values or {}), name=name, namespace=namespace)
    manifests = [
        manifest
        for path, text in sorted(files.items())
        if path.endswith(".yaml")
        for manifest in yaml.safe_load_all(text)
        if manifest
    ]
    notes = "".join(t for path, t in files.items() if path.endswith("NOTES.txt"))
    return Release(manifests=tuple(manifests), notes=notes)


def full_values() -> dict[str, Any]:
    """Everything that can be switched on."""
    text = (CHART / "ci" / "full-values.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def selects(selector: Mapping[str, str], pod: Manifest) -> bool:
    return bool(selector.items() <= pod["metadata"]["labels"].items())
