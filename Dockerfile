# SPDX-License-Identifier: GPL-2.0-or-later
#
# The box. `docker claudex build` builds it; by hand:
#
#   docker build -t claudex:"$(cat VERSION)" --build-arg CLAUDEX_VERSION="$(cat VERSION)" \
#       $(sed -n 's/^[A-Z]/--build-arg &/p' image/versions) .
#
# Build arguments
#   BASE                       a Debian trixie or newer; without a registry scripts/base-image
#                              makes debian:trixie-slim
#   CLAUDEX_VERSION            the label
#   CLAUDE_CODE_VERSION, CODEX_VERSION, NPM_VERSION, NPM_SHA256
#                              as in image/versions, which alone knows their values
#   AGENTS_KEY                 any new value installs the agents anew
#   HTTP_PROXY, HTTPS_PROXY, NO_PROXY
#                              docker's own, used while building, not kept in the image
#
# Files ca/*.crt in the context, if there are any (PEM, one certificate a file), are trusted
# while building and in the box.
#
# It has to build with the classic builder as well, so there is no syntax of BuildKit's here.

ARG BASE=debian:trixie-slim

# --- claudex-init, from this source ---------------------------------------------------

FROM ${BASE} AS init
WORKDIR /src
# The libraries take longest and change least.
COPY scripts/deps scripts/lib.sh scripts/
COPY scripts/patches scripts/patches/
RUN scripts/deps init
COPY Makefile VERSION ./
COPY mk mk/
COPY shared shared/
COPY init init/
RUN make -j"$(nproc)" init

# --- the box --------------------------------------------------------------------------

FROM ${BASE}

# The pattern may match nothing (and BuildKit wants the folder unless it is a pattern, too).
COPY image/install-packages ca*/*.crt /tmp/build/
RUN /tmp/build/install-packages

# One store for everything: Debian's, with the extra authorities in it. Debian's programs look
# there by themselves; what an agent adds (another Node, requests, pip in a venv, Rust programs)
# brings a list of its own unless it is told.
ENV LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt

RUN useradd --create-home --user-group --uid 1000 --shell /bin/bash node && \
    install -d -m 0755 /workspace /context /run/claudex && \
    install -d -m 0700 /run/claudex/private

COPY image/known_hosts /etc/ssh/ssh_known_hosts

ARG NPM_VERSION
ARG NPM_SHA256
COPY image/install-npm /tmp/build/
RUN /tmp/build/install-npm

# The agents, in a layer of their own: `docker claudex update` makes this one anew and keeps all
# above.
COPY image/install-agents /tmp/build/
ARG AGENTS_KEY
ARG CLAUDE_CODE_VERSION
ARG CODEX_VERSION
RUN /tmp/build/install-agents

# The skills that every box has.
COPY skills /usr/local/share/claudex/skills/

# Last, because it is small and changes with every line of ours: a developer does not wait for
# the agents, and after an update this is a copy from the cache.
COPY --from=init /src/build/claudex-init /usr/local/bin/claudex-init
# The same inside, for the agent. (PID 1 makes it in images that are not ours.)
RUN ln -s claudex-init /usr/local/bin/claudex

ARG CLAUDEX_VERSION
ARG BASE
LABEL io.claudex.version="${CLAUDEX_VERSION}" \
      io.claudex.base="${BASE}" \
      io.claudex.claude-code="${CLAUDE_CODE_VERSION}" \
      io.claudex.codex="${CODEX_VERSION}"

# The agents lie in folders that only root can write, and claudex updates them.
ENV DISABLE_AUTOUPDATER=1
WORKDIR /workspace
# No USER: PID 1 is root until the session has given everything up.
ENTRYPOINT ["/usr/local/bin/claudex-init"]
