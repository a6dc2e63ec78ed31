# One recipe for all services: `docker build --build-arg SERVICE=booking .` (or notifier, reporting).
ARG PYTHON_IMAGE=python:3.13-slim


FROM ${PYTHON_IMAGE} AS build

ARG UV_VERSION=0.13.9
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore "uv==${UV_VERSION}"

WORKDIR /app
ENV UV_PYTHON=python3 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1

# Layers from what changes seldom to what changes often: what all services need, what one needs, our own code.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-default-groups --no-install-project
ARG SERVICE
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-default-groups --no-install-project --extra "${SERVICE:?booking, notifier or reporting}"
COPY README.md ./
COPY services services
# Without the cache of builds before: for a folder, uv takes an unchanged pyproject.toml for an unchanged package.
RUN uv sync --frozen --no-default-groups --no-editable --no-cache --extra "${SERVICE}"


FROM ${PYTHON_IMAGE}

ARG SERVICE
LABEL org.opencontainers.image.title="tyonohjaus ${SERVICE}" \
      org.opencontainers.image.description="Runs the practice of a Finnish työnohjaaja: ${SERVICE} service"

# A fixed number, so that the rights on a mounted folder can be set before the first start.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tyonohjaus
COPY --from=build /app/.venv /app/.venv
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SERVICE=${SERVICE}

USER 10001:10001
CMD ["sh", "-c", "exec tyonohjaus serve \"$SERVICE\" --host 0.0.0.0 --port 8000"]
