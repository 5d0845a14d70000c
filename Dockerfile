# One image for every role; the sub-command chooses: boxoffice serve, relay, project,
# react, migrate. Health is asked by whoever runs it, so there is no HEALTHCHECK.
# The tests read this file; none of them builds or runs an image.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python -m venv /opt/boxoffice
COPY requirements/run.txt requirements/build.txt requirements/
RUN /opt/boxoffice/bin/pip install --no-deps --only-binary :all: --require-hashes \
        -r requirements/run.txt \
    && pip install --no-deps --only-binary :all: --require-hashes \
        -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY docs/reference/problems.md docs/reference/
COPY migrations migrations
COPY src src
RUN pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && /opt/boxoffice/bin/pip install --no-deps --no-index /wheels/boxoffice-*.whl \
    && /opt/boxoffice/bin/pip uninstall --yes pip

FROM python:${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="boxoffice" \
      org.opencontainers.image.description="An event-sourced box office" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Some libraries ask for the name of the user they run as.
RUN groupadd --gid 65532 boxoffice \
    && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /tmp \
        --shell /usr/sbin/nologin boxoffice
COPY --from=build /opt/boxoffice /opt/boxoffice
ENV PATH=/opt/boxoffice/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
EXPOSE 8000 9000
ENTRYPOINT ["boxoffice"]
CMD ["--help"]
