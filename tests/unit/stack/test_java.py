from boxoffice.stack.java import NEEDED_MODULES, why_unfit


def runtime(version: str) -> dict[str, str]:
    return dict.fromkeys(NEEDED_MODULES, version)


def test_java_17_with_every_module_will_do() -> None:
    assert why_unfit(runtime("17.0.15")) is None


def test_an_early_access_build_is_read_by_its_number() -> None:
    assert why_unfit(runtime("26-ea")) is None


def test_an_older_java_is_unfit() -> None:
    assert why_unfit(runtime("11.0.2")) == "is Java 11"


def test_a_trimmed_runtime_is_unfit_and_says_what_it_lacks() -> None:
    modules = runtime("21.0.8")
    del modules["java.security.jgss"], modules["jdk.unsupported"]
    assert why_unfit(modules) == "lacks java.security.jgss, jdk.unsupported"


def test_a_runtime_that_lists_nothing_does_not_run() -> None:
    assert why_unfit({}) == "does not run here"
