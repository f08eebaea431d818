# Two stages: the first builds with everything, the second holds only what runs. The base is the Node LTS of the day.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
# The build needs the sources, so the install runs no scripts and the build is a step of its own.
RUN npm ci --ignore-scripts
COPY schemas schemas
COPY config config
COPY adapters adapters
COPY templates templates
COPY src src
# Tests stay outside (.dockerignore), and nobody debugs in the image: no source maps, no types.
RUN npx tsc --sourceMap false --declaration false --incremental false --tsBuildInfoFile null \
  && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules node_modules
COPY --from=build --chown=root:root /app/dist dist
COPY --from=build --chown=root:root /app/config config
COPY --from=build --chown=root:root /app/templates templates
# Only /data is written to: blobs, and the embedded store where it is used.
RUN mkdir /data && chown node:node /data
ENV HUB__HTTP__HOST=0.0.0.0 HUB__BLOBS__DIRECTORY=/data/blobs HUB__STORE__DATA_DIRECTORY=/data/store
VOLUME /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HUB__HTTP__PORT ?? 8080}/health/ready`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No npm and no shell between the signal and the hub.
# Requests make much short-lived garbage: with a larger nursery it is collected in half the time, for 50 MB.
ENTRYPOINT ["node", "--max-semi-space-size=32", "/app/dist/src/cli.js"]
CMD ["start"]
