import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** What the tests ask of a service; compose's own schema is wider. */
const serviceSchema = z.object({
  image: z.string(),
  user: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  profiles: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  container_name: z.string().optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  logging: z.object({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  healthcheck: z
    .object({ disable: z.boolean().default(false), test: z.array(z.string()).default([]) })
    .optional(),
  mem_limit: z.string().optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
});

export const composeText = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');

export const { services, secrets } = z
  .object({
    services: z.record(z.string(), serviceSchema),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(parse(composeText, { merge: true }));

export function service(name: string) {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The value as compose passes it on when `env` is the caller's environment: `${A}`, `${A:-b}`, `${A:+b}`, `$$`. */
export function interpolate(value: string, env: Readonly<Record<string, string>>): string {
  return value.replace(
    /\$(?:\$|\{(\w+)(?::([-+])([^}]*))?\})/g,
    (whole, name?: string, operator?: string, word = '') => {
      if (name === undefined) return whole.slice(1);
      const given = env[name] ?? '';
      if (operator === '+') return given === '' ? '' : word;
      return given === '' ? word : given;
    },
  );
}

/** What a service's container finds in its environment when `env` is the caller's. */
export function environmentOf(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const entries = Object.entries(service(name).environment);
  return Object.fromEntries(entries.map(([key, value]) => [key, interpolate(String(value), env)]));
}
