import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, PersistentVolumeClaim, Service, ServiceAccount } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

interface Kind<T> {
  readonly apiVersion: string;
  readonly kind: string;
  new (data: never): T;
}

/** Every kind that deploy/k8s has; another one is a fault until it is added here. */
const kinds: readonly Kind<{ validate(): void }>[] = [
  ConfigMap,
  Deployment,
  Job,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ScaledObject,
  Service,
  ServiceAccount,
  StatefulSet,
];

export const folder = fileURLToPath(new URL('../../deploy/k8s/', import.meta.url));

const kustomizationSchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(['Kustomization', 'Component']),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  labels: z
    .array(z.strictObject({ pairs: z.record(z.string(), z.string()), includeTemplates: z.boolean() }))
    .default([]),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
});

/** The kustomizations by the path of their folder below deploy/k8s. */
export const kustomizations = new Map(
  globSync('**/kustomization.yaml', { cwd: folder }).map((path) => [
    dirname(path),
    kustomizationSchema.parse(parse(readFileSync(join(folder, path), 'utf8'))),
  ]),
);

export type Manifest = Readonly<Record<string, unknown>>;

/** Every document of every file that a kustomization lists. */
export const manifests: readonly { readonly path: string; readonly manifest: Manifest }[] = [
  ...kustomizations,
].flatMap(([path, { resources }]) =>
  resources
    .map((resource) => join(path, resource))
    .filter((file) => file.endsWith('.yaml') && existsSync(join(folder, file)))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => ({
        path: file,
        manifest: document.toJS() as Manifest,
      })),
    ),
);

/**
 * Holds a manifest against its kind's schema. Throws for a kind that is not known, a value of another type, a field that is
 * missing, and a field that the schema does not have: as the API server it passes those over, and
 * `enableServiceLink: false` would change nothing.
 */
export function validate(manifest: Manifest): void {
  const model = kinds.find(
    ({ kind, apiVersion }) => kind === manifest.kind && apiVersion === manifest.apiVersion,
  );
  if (model === undefined) throw new Error(`unknown kind ${manifest.apiVersion} ${manifest.kind}`);
  const unread = new Set<string>();
  const instance = new model(manifest as never);
  recordReads(instance, '', unread).validate();
  if (unread.size > 0) throw new Error(`no such field: ${[...unread].join(', ')}`);
}

/** The value; all paths below it are in `unread` until somebody reads them, as a validator does with every field it knows. */
function recordReads<T>(value: T, path: string, unread: Set<string>): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const key of Object.keys(value)) unread.add(`${path}/${key}`);
  const recorded = new Map<string, unknown>();
  return new Proxy(value, {
    get(target, key) {
      const held: unknown = Reflect.get(target, key);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return held;
      unread.delete(`${path}/${key}`);
      if (!recorded.has(key)) recorded.set(key, recordReads(held, `${path}/${key}`, unread));
      return recorded.get(key);
    },
  });
}

/** The one manifest of that kind and name. */
function named<T>(model: Kind<T>, name: string): T {
  const found = manifests.filter(
    ({ manifest }) =>
      manifest.kind === model.kind && (manifest.metadata as { name?: string } | undefined)?.name === name,
  );
  if (found.length !== 1) throw new Error(`expected one ${model.kind} ${name}, found ${found.length}`);
  return new model(found[0]?.manifest as never);
}

const allOf = <T>(model: Kind<T>): T[] =>
  manifests.flatMap(({ manifest }) => (manifest.kind === model.kind ? [new model(manifest as never)] : []));

export const worker = named(Deployment, 'persona-fleet-worker');
export const serve = named(Deployment, 'persona-fleet-serve');
export const redis = named(StatefulSet, 'persona-fleet-redis');
export const settings = named(ConfigMap, 'persona-fleet');
export const scaledObject = named(ScaledObject, 'persona-fleet-worker');
export const services = allOf(Service);
export const networkPolicies = allOf(NetworkPolicy);
export const disruptionBudgets = allOf(PodDisruptionBudget);

/** What runs pods, by the name. */
export const workloads = [worker, serve, redis].map((workload) => {
  const { metadata, spec } = workload;
  const pod = spec?.template.spec;
  const [container, ...others] = pod?.containers ?? [];
  if (pod === undefined || container === undefined || others.length > 0)
    throw new Error('expected one container');
  const labels: Readonly<Record<string, string>> = spec?.template.metadata?.labels ?? {};
  return { name: metadata?.name ?? '', selector: spec?.selector.matchLabels ?? {}, labels, pod, container };
});

export function workload(name: string) {
  const found = workloads.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no workload ${name}`);
  return found;
}

/** The environment of a workload's container: its ConfigMap, then its own variables. */
export function environmentOf(name: string): Record<string, string> {
  const { container } = workload(name);
  const own = (container.env ?? []).map(({ name: variable, value = '' }) => [variable, value]);
  const shared = (container.envFrom ?? []).length > 0 ? settings.data : {};
  return { ...shared, ...Object.fromEntries(own) };
}
