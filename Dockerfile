# One image for every part of the fleet; without arguments it is a worker.
#   docker build -t persona-fleet .
#   docker run --rm persona-fleet --help

# The Node that package-lock.json pins for development (a test holds the two together).
FROM node:24.21.0-bookworm-slim AS node
WORKDIR /app

FROM node AS manifest
COPY package.json package-lock.json .npmrc ./

FROM manifest AS build
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY bin bin
COPY src src
RUN npm run build

# The optional packages are a second Node and native code that has a JavaScript fallback. Declarations and source
# maps, a third of the rest, are for editors and debuggers.
FROM manifest AS dependencies
RUN npm ci --ignore-scripts --omit=dev --omit=optional \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.[cm]ts' -o -name '*.map' \) -delete

FROM node
ENV NODE_ENV=production \
    PERSONA_FLEET_METRICS_HOST=0.0.0.0 \
    PERSONA_FLEET_METRICS_PORT=9464
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY examples examples
RUN ln -s /app/bin/persona-fleet.js /usr/local/bin/persona-fleet

# The base image's user `node`, as a number: Kubernetes' runAsNonRoot cannot check a name.
USER 1000:1000
EXPOSE 9464
# Not whether the process answers but whether its people get finished: see src/worker/progress-watch.ts.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.PERSONA_FLEET_METRICS_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Exec form, so that node is PID 1 and gets SIGTERM itself; npm or a shell in between would swallow it.
ENTRYPOINT ["persona-fleet"]
CMD ["worker"]
