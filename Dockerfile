# One image for every part of the fleet; without arguments it is a worker.
#   docker build -t persona-fleet .
#   docker run --rm persona-fleet --help

# The Node that package-lock.json pins for development (a test holds the two together). By tag: the official image is
# built anew under it when its Debian mends something, which a digest would keep out.
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

# The optional packages are a second Node and native code that has a JavaScript fallback. TypeScript cannot run below
# node_modules, and source maps are for debuggers. What follows is never loaded: bundles for browsers and for `require`,
# data of other tools, tests. It goes by name, so that the build fails when a package is laid out anew.
FROM manifest AS dependencies
RUN npm ci --ignore-scripts --omit=dev --omit=optional \
 && find node_modules -type f \( -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' \) -delete \
 && cd node_modules \
 && rm -r echarts/dist echarts/theme zrender/dist gpt-tokenizer/cjs gpt-tokenizer/data bintrees/test fastify/test

FROM node
ENV NODE_ENV=production \
    PERSONA_FLEET_METRICS_HOST=0.0.0.0 \
    PERSONA_FLEET_METRICS_PORT=9464
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY examples examples
# Loads every module once: one that needs what was left out above fails the build and not, some day, a command.
RUN ["node", "--input-type=module", "-e", \
  "import { globSync } from 'node:fs'; for (const file of globSync('dist/**/*.js', { exclude: ['dist/cli.js'] })) await import(`/app/${file}`)"]
# A named volume that is mounted here belongs to whoever the processes run as.
RUN ln -s /app/bin/persona-fleet.js /usr/local/bin/persona-fleet \
 && install -d -o 1000 -g 1000 /run/persona-fleet

# The base image's user `node`, as a number: Kubernetes' runAsNonRoot cannot check a name.
USER 1000:1000
# /metrics and /healthz of a worker; `serve`.
EXPOSE 9464 9465
# Not whether the process answers but whether its people get finished: see src/worker/progress-watch.ts.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.PERSONA_FLEET_METRICS_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Exec form, so that node is PID 1 and gets SIGTERM itself; npm or a shell in between would swallow it.
ENTRYPOINT ["persona-fleet"]
CMD ["worker"]
