# One image for all commands: the sidecar (`run`, the default), the registry (`docker run IMAGE registry`) and the bot's sidecar (`docker run IMAGE connect`).
# No step knows the distribution, so any image with Node.js serves as a base: Alpine, slim, distroless.
# The tests build it as it stands. It needs BuildKit, as any Docker from 20.10 on has it.
ARG BUILD_IMAGE=node:24-alpine
ARG BASE_IMAGE=node:24-alpine
# `wget` asks with the base's busybox, for next to nothing; `node` starts this program for each check, on any base.
ARG HEALTHCHECK=wget

# The bundle is the same for every platform: it is built on the builder's own.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts scripts
COPY src src
RUN npm run --silent build && mkdir bin && ln -s /app/main.js bin/puppet-registrar

FROM ${BASE_IMAGE} AS runtime
# Distroless images keep node in a folder of its own.
ENV PATH=$PATH:/nodejs/bin
# What runs needs no package manager. By node, because there may be no shell; by root, because the base may have another user.
USER 0:0
RUN --mount=type=bind,source=docker/without-npm.mjs,target=/mnt/without-npm.mjs ["node", "/mnt/without-npm.mjs"]
COPY --from=build /build/dist /app
COPY --from=build /build/bin /usr/local/bin
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="puppet-registrar" \
  org.opencontainers.image.description="Registers a co-located Wechaty puppet, exactly while it can answer" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}"
# Probes and Prometheus ask from outside of the container. With the host's network, set both back to 127.0.0.1.
ENV NODE_ENV=production REGISTRAR_ADMIN_HOST=0.0.0.0 REGISTRY_ADMIN_HOST=0.0.0.0 CONNECT_ADMIN_HOST=0.0.0.0
# The endpoints of the sidecar, the registry and connect, and the registry. Bots reach connect on loopback, not from outside.
EXPOSE 9788 9789 9790 8080
# Belongs to nobody, and needs no entry in /etc/passwd.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/main.js"]
CMD ["run"]

# Healthy is ready: registered, and the puppet well. Which of the servers is asked depends on what the container runs (its first
# process), and never on a proxy that Docker puts into every container.
FROM runtime AS healthcheck-wget
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD \
  case "$(tr '\0' ' ' </proc/1/cmdline)" in \
    *"/main.js registry "*) port=${REGISTRY_ADMIN_PORT:-9789} ;; *"/main.js connect "*) port=${CONNECT_ADMIN_PORT:-9790} ;; \
    *) port=${REGISTRAR_ADMIN_PORT:-9788} ;; \
  esac; wget -q -Y off -O /dev/null "http://127.0.0.1:$port/readyz"

FROM runtime AS healthcheck-node
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/main.js", "healthcheck"]

FROM healthcheck-${HEALTHCHECK}
