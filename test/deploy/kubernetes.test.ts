import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { durable } from '../../src/embedded-redis/server-process.ts';
import { configSchema, loadConfig, SIMULATED_MODEL } from '../../src/shared/config.ts';
import { queueNameOf } from '../../src/shared/jobs.ts';
import { SETTINGS_BY_FILE } from '../../src/shared/secret-files.ts';
import { createFleetMetrics } from '../../src/shared/telemetry/metrics.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CLOSING_MS } from './closing.ts';
import { service as composeService } from './compose-file.ts';
import { all } from './docker-file.ts';
import {
  disruptionBudgets,
  environmentOf,
  folder,
  kustomizations,
  type Manifest,
  manifests,
  networkPolicies,
  redis,
  scaledObject,
  serve,
  services,
  settings,
  validate,
  worker,
  workload,
  workloads,
} from './kubernetes-files.ts';

const run = promisify(execFile);
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('every manifest is what its schema asks for', () => {
  assert.ok(manifests.length >= 13);
  for (const { path, manifest } of manifests) assert.doesNotThrow(() => validate(manifest), path);
});

test('a manifest with a fault is refused', () => {
  const broken = (change: (manifest: Record<string, never>) => void): Manifest => {
    const manifest = structuredClone(manifests.find(({ path }) => path.endsWith('worker.yaml'))?.manifest);
    change(manifest as Record<string, never>);
    return manifest as Manifest;
  };
  const pod = (manifest: Record<string, never>) => Object(manifest).spec.template.spec;
  validate(broken(() => {}));
  const faults: [RegExp, (manifest: Record<string, never>) => void][] = [
    [
      /terminationGracePeriodSeconds must be integer/,
      (m) => Object.assign(pod(m), { terminationGracePeriodSeconds: '2m' }),
    ],
    [/required property name/, (m) => delete pod(m).containers[0].name],
    [/no such field: .*enableServiceLink$/, (m) => Object.assign(pod(m), { enableServiceLink: false })],
    [/no such field: .*limit$/, (m) => Object.assign(pod(m).containers[0].resources, { limit: {} })],
    [/unknown kind apps\/v1beta1/, (m) => Object.assign(m, { apiVersion: 'apps/v1beta1' })],
  ];
  for (const [message, change] of faults) assert.throws(() => validate(broken(change)), message);
});

test('the kustomizations list every file there is', () => {
  const listed = [...kustomizations].flatMap(([path, { resources, components }]) =>
    [...resources, ...components].map((entry) => join(path, entry)),
  );
  for (const entry of listed) assert.ok(existsSync(join(folder, entry)), entry);
  assert.equal(new Set(listed).size, listed.length);
  const files = globSync('{base,components}/**/*.yaml', { cwd: folder }).filter(
    (path) => !path.endsWith('kustomization.yaml'),
  );
  assert.deepEqual(
    files.filter((path) => !listed.includes(path)),
    [],
  );
  // A Redis of the fleet's own is for whoever adds it.
  const folders = [...kustomizations.keys()].filter((path) => path !== '.' && path !== 'components/redis');
  assert.deepEqual(
    folders.filter((path) => !listed.includes(path)),
    [],
  );
});

test('images, ports and commands are those of the Dockerfile and of compose', () => {
  const { version } = JSON.parse(read('package.json'));
  assert.deepEqual(
    kustomizations.get('.')?.images.map(({ name, newTag }) => [name, newTag]),
    [['persona-fleet', version]],
  );
  const images = workloads.map(({ container }) => container.image);
  assert.deepEqual(images, ['persona-fleet', 'persona-fleet', composeService('redis').image]);
  const ports = workloads.slice(0, 2).map(({ container }) => container.ports?.[0]?.containerPort);
  assert.deepEqual(all('EXPOSE'), [ports.join(' ')]);
  assert.equal(environmentOf('persona-fleet-serve').PERSONA_FLEET_SERVE_PORT, String(ports[1]));
  for (const [index, command] of ['worker', 'serve'].entries()) {
    assert.deepEqual(workloads[index]?.container.args, [command]);
    assert.equal(workloads[index]?.container.command, undefined);
  }
});

test('what is probed, routed or let in is a port that the container names', () => {
  for (const { name, labels, container } of workloads) {
    const ports = (container.ports ?? []).map((port) => port.name);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      if (probe?.httpGet !== undefined) assert.ok(ports.includes(String(probe.httpGet.port)), name);
    }
    const selects = (selector: Readonly<Record<string, string>> = {}) =>
      Object.entries(selector).every(([label, value]) => labels[label] === value);
    for (const { spec } of services.filter((each) => selects(each.spec?.selector))) {
      for (const { targetPort } of spec?.ports ?? []) assert.ok(ports.includes(String(targetPort)), name);
    }
    const policies = networkPolicies.filter((each) => selects(each.spec?.podSelector?.matchLabels));
    const letIn = policies.flatMap(({ spec }) => spec?.ingress ?? []).flatMap((rule) => rule.ports ?? []);
    assert.deepEqual(
      letIn.map(({ port }) => port),
      ports,
      name,
    );
  }
});

test('selectors find the pods that they are meant for, and nothing is open to all', () => {
  const names = workloads.map(({ name }) => name);
  for (const { name, selector, labels } of workloads) {
    assert.deepEqual(selector, { 'app.kubernetes.io/name': name });
    assert.equal(labels['app.kubernetes.io/name'], name);
  }
  const nameOf = (selector: Readonly<Record<string, string>> = {}) => selector['app.kubernetes.io/name'];
  assert.deepEqual(services.map(({ spec }) => nameOf(spec?.selector)).sort(), [
    'persona-fleet-redis',
    'persona-fleet-serve',
  ]);
  assert.deepEqual(
    disruptionBudgets.map(({ spec }) => nameOf(spec?.selector?.matchLabels)),
    [worker.metadata?.name],
  );
  const { topologySpreadConstraints } = workload('persona-fleet-worker').pod;
  assert.deepEqual(
    topologySpreadConstraints?.map(({ labelSelector }) => nameOf(labelSelector?.matchLabels)),
    ['persona-fleet-worker'],
  );
  const { pairs = {}, includeTemplates } = kustomizations.get('base')?.labels[0] ?? {};
  assert.equal(includeTemplates, true);
  const selected = networkPolicies.map(({ spec }) => spec?.podSelector?.matchLabels ?? {});
  assert.deepEqual(
    selected.filter((labels) => nameOf(labels) === undefined),
    [pairs],
  );
  assert.deepEqual(selected.flatMap((labels) => nameOf(labels) ?? []).sort(), [...names].sort());
  for (const { spec } of networkPolicies) {
    assert.deepEqual(spec?.policyTypes, ['Ingress', 'Egress']);
    for (const rule of spec?.ingress ?? []) assert.ok((rule.from ?? []).length > 0);
  }
});

test('no pod is root, writes to its image, talks to the cluster, or is told of services', () => {
  for (const { name, pod, container } of workloads) {
    assert.equal(pod.enableServiceLinks, false, name);
    assert.equal(pod.automountServiceAccountToken, false, name);
    assert.equal(pod.securityContext?.runAsNonRoot, true, name);
    assert.equal(pod.securityContext?.seccompProfile?.type, 'RuntimeDefault', name);
    assert.deepEqual(
      container.securityContext,
      {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      name,
    );
    assert.ok(container.resources?.limits?.memory !== undefined, name);
    assert.ok(container.resources?.requests?.memory !== undefined, name);
    assert.ok(container.startupProbe !== undefined && container.livenessProbe !== undefined, name);
  }
  for (const { pod } of workloads.slice(0, 2)) {
    const { runAsUser, runAsGroup } = pod.securityContext ?? {};
    assert.deepEqual(all('USER'), [`${runAsUser}:${runAsGroup}`]);
  }
});

test('settings are known ones, secrets are files that are mounted, and only workers hold the key', () => {
  const files = SETTINGS_BY_FILE.map((name) => `${name}_FILE`);
  for (const name of ['persona-fleet-worker', 'persona-fleet-serve']) {
    const env = environmentOf(name);
    const { pod, container } = workload(name);
    for (const variable of Object.keys(env)) {
      assert.ok(variable in configSchema.shape || files.includes(variable), `${name}: ${variable}`);
      assert.ok(!SETTINGS_BY_FILE.some((secret) => secret === variable), `${name}: ${variable} is no file`);
    }
    loadConfig(Object.fromEntries(Object.entries(env).filter(([variable]) => !files.includes(variable))));
    const secret = pod.volumes?.find((volume) => volume.name === 'secrets')?.secret;
    const mountPath = container.volumeMounts?.find((mount) => mount.name === 'secrets')?.mountPath;
    const mounted = (secret?.items ?? []).map(({ path }) => `${mountPath}/${path}`);
    assert.deepEqual(
      Object.entries(env).flatMap(([variable, path]) => (files.includes(variable) ? [path] : [])),
      mounted,
      name,
    );
    assert.equal(mounted.join().includes('openai-api-key'), name === 'persona-fleet-worker');
    assert.ok(
      container.volumeMounts?.some((mount) => mount.mountPath === '/tmp'),
      name,
    );
  }
});

test('a pod that ends has time to finish its calls, and to close after them', () => {
  const config = loadConfig(settings.data ?? {});
  const { terminationGracePeriodSeconds = 0 } = workload('persona-fleet-worker').pod;
  assert.ok(config.PERSONA_FLEET_SHUTDOWN_GRACE_MS > config.PERSONA_FLEET_MODEL_TIMEOUT_MS);
  assert.ok(terminationGracePeriodSeconds * 1_000 > config.PERSONA_FLEET_SHUTDOWN_GRACE_MS + CLOSING_MS);
});

test('one exporter; workers by the backlog, as many as the rate limit can use', () => {
  assert.deepEqual([serve.spec?.replicas, serve.spec?.strategy?.type], [1, 'Recreate']);
  assert.equal(worker.spec?.replicas, undefined);
  const { metadata, spec } = scaledObject;
  assert.equal(spec?.scaleTargetRef.name, worker.metadata?.name);
  const { PERSONA_FLEET_RPM, PERSONA_FLEET_CONCURRENCY } = loadConfig(settings.data ?? {});
  const secondsPerCall = Number(metadata?.annotations?.['persona-fleet/seconds-per-call']);
  const callsPerMinute = (PERSONA_FLEET_CONCURRENCY * 60) / secondsPerCall;
  assert.equal(spec?.maxReplicaCount, Math.ceil(PERSONA_FLEET_RPM / callsPerMinute));
});

test('the backlog is a metric that the exporter has, in states that it tells', async () => {
  const [trigger, ...others] = scaledObject.spec?.triggers ?? [];
  assert.equal(others.length, 0);
  const query = trigger?.metadata.query ?? '';
  const { registry, queueJobs } = createFleetMetrics();
  const [name = '', ...more] = query.match(/\bpersona_fleet_\w+/g) ?? [];
  assert.deepEqual(more, []);
  const metric = (await registry.getMetricsAsJSON()).find((each) => each.name === name);
  assert.ok(metric !== undefined, `no metric ${name}`);
  const [, queue = '', states = ''] = /\{queue="([^"]+)",state=~"([a-z|]+)"\}/.exec(query) ?? [];
  assert.deepEqual(states.split('|'), ['waiting', 'prioritized', 'active', 'delayed']);
  assert.equal(queue, queueNameOf(loadConfig(settings.data ?? {}).OPENAI_MODEL));
  assert.notEqual(queue, queueNameOf(SIMULATED_MODEL));
  for (const state of states.split('|')) {
    assert.ok(metric.help.includes(state), state);
    queueJobs.set({ queue, state }, 1);
  }
  assert.ok((await registry.metrics()).includes(`${name}{queue="${queue}",state="active"} 1`));
});

test('the Redis of its own keeps what the private server keeps, within the memory it has', () => {
  const { container } = workload('persona-fleet-redis');
  const expected = durable.flatMap(([name, value]) => [`--${name}`, value === '""' ? '' : value]);
  const args = container.args ?? [];
  assert.deepEqual(container.command, ['redis-server']);
  assert.deepEqual(args.slice(0, expected.length), expected);
  const maxmemory = Number(/^(\d+)gb$/.exec(args[args.indexOf('--maxmemory') + 1] ?? '')?.[1]);
  const gibibytes = (amount: unknown) => Number(/^(\d+)Gi$/.exec(String(amount))?.[1]);
  const requested = gibibytes(container.resources?.requests?.memory);
  const limit = gibibytes(container.resources?.limits?.memory);
  // A pod that uses more than it requests goes first where a node runs short of memory.
  assert.ok(
    maxmemory > 0 && maxmemory < requested && requested <= limit,
    `${maxmemory}, ${requested}, ${limit}`,
  );
  assert.equal(redis.spec?.replicas, 1);
  assert.equal(redis.spec?.serviceName, 'persona-fleet-redis');
});

test('the scrape configuration names the jobs of compose, and the pods and the port that there are', () => {
  type Job = { job_name: string; static_configs?: { targets: string[] }[]; relabel_configs?: object[] };
  const jobsOf = (text: string): Job[] => parse(text).scrape_configs;
  const jobs = jobsOf(read('deploy/k8s/prometheus-scrape.yml'));
  const inCompose = jobsOf(read('deploy/prometheus/prometheus.yml'));
  assert.deepEqual(
    jobs.map((job) => job.job_name),
    inCompose.map((job) => job.job_name),
  );
  const [workers, exporter] = jobs;
  const port = workload('persona-fleet-worker').container.ports?.[0]?.name;
  const [keep] = workers?.relabel_configs ?? [];
  assert.equal(Object(keep).regex, `${worker.metadata?.name};${port}`);
  const [service] = services.filter(({ metadata }) => metadata?.name === 'persona-fleet-serve');
  assert.deepEqual(exporter?.static_configs?.[0]?.targets, [
    `${service?.metadata?.name}.default.svc:${service?.spec?.ports?.[0]?.port}`,
  ]);
});

test('the handbook names what is to be edited, and says of Redis what it is started with', () => {
  const handbook = read('docs/operating.md');
  const [, section = ''] = /^### Kubernetes\n([\s\S]*?)(?=^### )/m.exec(handbook) ?? [];
  assert.ok(section.includes(`\`${scaledObject.spec?.triggers[0]?.metadata.serverAddress}\``));
  for (const [, file = ''] of section.matchAll(/^\| `([\w/-]+\.yaml)` \|/gm)) {
    assert.ok(existsSync(join(folder, file)), file);
  }
  const args = workload('persona-fleet-redis').container.args ?? [];
  const fsync = args[args.indexOf('--appendfsync') + 1];
  assert.match(handbook, new RegExp(`^\\| .*\`appendfsync ${fsync}\` \\(.*compose, Kubernetes\\)`, 'm'));
});

test('the exporter is scraped while it is not ready, which it is while Redis is away', () => {
  const [service] = services.filter(({ metadata }) => metadata?.name === 'persona-fleet-serve');
  assert.equal(service?.spec?.publishNotReadyAddresses, true);
  const { readinessProbe } = workload('persona-fleet-serve').container;
  assert.equal(readinessProbe?.httpGet?.path, '/readyz');
});

test('pruned people go to a volume that outlives the pod, by the rules of every pod of the fleet', () => {
  const documents = parseAllDocuments(read('deploy/k8s/examples/export-people.yaml')).map((one) =>
    one.toJS(),
  );
  for (const manifest of documents) validate(manifest);
  const [claim, job, policy] = documents;
  assert.deepEqual([claim.kind, job.kind, policy.kind], ['PersistentVolumeClaim', 'Job', 'NetworkPolicy']);
  const { metadata, spec } = job.spec.template;
  const [container] = spec.containers;
  const mounted = container.volumeMounts.find(({ name }: { name: string }) => name === 'people');
  const volume = spec.volumes.find(({ name }: { name: string }) => name === 'people');
  assert.equal(volume.persistentVolumeClaim.claimName, claim.metadata.name);
  assert.equal(container.args.at(-1), join(mounted.mountPath, 'people.jsonl'));
  assert.ok(container.args.includes('--prune'));
  const { version } = JSON.parse(read('package.json'));
  assert.equal(container.image, `persona-fleet:${version}`);
  const exporter = workload('persona-fleet-serve');
  assert.deepEqual(container.securityContext, exporter.container.securityContext);
  assert.equal(spec.securityContext.runAsUser, exporter.pod.securityContext?.runAsUser);
  assert.equal(spec.enableServiceLinks, false);
  // Redis lets in what is part of the fleet; the fleet's default lets nothing out, so this has a policy of its own.
  assert.equal(metadata.labels['app.kubernetes.io/part-of'], 'persona-fleet');
  const egress = networkPolicies.find(({ metadata: of }) => of?.name === 'persona-fleet-serve')?.spec?.egress;
  assert.deepEqual(policy.spec.egress, egress);
  assert.deepEqual(Object.entries(policy.spec.podSelector.matchLabels), [
    ['app.kubernetes.io/name', metadata.labels['app.kubernetes.io/name']],
  ]);
});

test('kustomize builds it, with and without what is optional, and every image has its tag', async (t) => {
  if (await isMissing('kubectl', t, 'not checked: that kustomize builds deploy/k8s, and the tags of images'))
    return;
  const copy = join(await temporaryFolder(t), 'k8s');
  await cp(folder, copy, { recursive: true });
  /** The kinds that come of the file as it is shipped, with these components. */
  const kinds = async (components: readonly string[]) => {
    const shipped = parse(read('deploy/k8s/kustomization.yaml'));
    await writeFile(join(copy, 'kustomization.yaml'), stringify({ ...shipped, components }));
    const { stdout } = await run('kubectl', ['kustomize', copy]);
    const built = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
    for (const manifest of built) validate(manifest);
    const images = [...stdout.matchAll(/^\s+(?:- )?image: (\S+)$/gm)].map(([, image = '']) => image);
    assert.ok(images.length >= 2);
    for (const image of images) assert.match(image, /:\d+\.\d+\.\d+(-[a-z]+)?$/);
    return built.map(({ kind }) => kind).sort();
  };
  const withKeda = await kinds(kustomizations.get('.')?.components ?? []);
  const alone = await kinds([]);
  assert.deepEqual(withKeda, [...alone, 'ScaledObject'].sort());
  const withRedis = await kinds(['components/redis']);
  assert.deepEqual(withRedis, [...alone, 'NetworkPolicy', 'Service', 'StatefulSet'].sort());
});

async function isMissing(command: string, t: TestContext, unchecked: string): Promise<boolean> {
  try {
    await run(command, ['version', '--client']);
    return false;
  } catch {
    t.skip(`${command} is not installed; ${unchecked}`);
    return true;
  }
}
